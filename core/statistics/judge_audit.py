"""May an AI judge be believed: how it agrees with people, and the rate corrected for its errors.

METHODS 10. Rates are shares of passing cases. "Caught" is the judge's sensitivity to failures, of all that
people call failed the share that it fails too; "kept" is its specificity, of all that pass the share that it
passes. People must have labelled a random part of the judged cases, blind to the judge.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from core.statistics.counts import check_counts, check_error, check_finite, check_share, check_whole
from core.statistics.exact import bounds
from core.statistics.interval import Interval

FEWEST_LABELS = 30
"""With fewer labels of people, or only passes or only failures among them, a judge is not audited."""

FEWEST_FOR_KAPPA = 100
FEWEST_RARE_FOR_KAPPA = 10
"""Kappa's interval is right from about 100 labels with 10 in the rarer class on."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa with its variance and normal interval; 1 is full agreement, 0 that of chance."""

    value: float
    variance: float
    interval: Interval


@dataclass(frozen=True)
class Agreement:
    """People's label against the judge's: ``pass_fail`` cases are passed by people and failed by the judge.

    ``caught`` and ``kept`` are (0, 1) where there is no case of their kind. ``kappa`` is shown only where
    its interval can be trusted; never gate on it, it falls with skew alone. ``audited``: criteria on a
    judge that is not cannot pass.
    """

    both_pass: int
    pass_fail: int
    fail_pass: int
    both_fail: int
    agreed: Interval
    caught: Interval
    kept: Interval
    kappa: Kappa | None
    audited: bool

    @property
    def n(self) -> int:
        return self.both_pass + self.pass_fail + self.fail_pass + self.both_fail


@dataclass(frozen=True)
class CorrectedRate:
    """The rate of all judged cases, corrected by ``n`` of them that people labelled.

    ``value`` is the prediction-powered estimate, ``effective_n`` the labels that it is worth (feed
    value * effective_n of effective_n into any bound), ``trust`` how far the judge is used (0 to 1).
    ``raw`` is the judge's own rate over all. ``audited`` as in ``Agreement``.
    """

    value: float
    interval: Interval
    effective_n: float
    n: int
    raw: float
    trust: float
    audited: bool


def agreement(both_pass: int, pass_fail: int, fail_pass: int, both_fail: int, error: float) -> Agreement:
    """How judge and people agree; all intervals exact, each end wrong with at most ``error``."""
    check_whole((both_pass, pass_fail, fail_pass, both_fail), "labelled cases")
    check_error(error)
    passed, failed = both_pass + pass_fail, fail_pass + both_fail
    n = passed + failed
    rare = min(passed, failed)
    trusted = n >= FEWEST_FOR_KAPPA and rare >= FEWEST_RARE_FOR_KAPPA
    return Agreement(
        both_pass,
        pass_fail,
        fail_pass,
        both_fail,
        agreed=bounds(both_pass + both_fail, n, error),
        caught=bounds(both_fail, failed, error),
        kept=bounds(both_pass, passed, error),
        kappa=cohens_kappa([[both_pass, pass_fail], [fail_pass, both_fail]], error) if trusted else None,
        audited=n >= FEWEST_LABELS and rare > 0,
    )


def cohens_kappa(table: Sequence[Sequence[float]], error: float) -> Kappa | None:
    """Cohen's kappa of a square table (rows one rater, columns the other), two raters and any classes.

    Variance of Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72:323. ``None`` where it is not
    defined: no case, or both raters always say the same single word.
    """
    check_error(error)
    counts = np.asarray(table, dtype=np.float64)
    check_finite(counts.ravel().tolist(), "the table")
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or (counts < 0).any():
        raise ValueError("the table must be square and hold counts")
    n = float(counts.sum())
    if n == 0:
        return None
    shares = counts / n
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    seen, by_chance = float(np.trace(shares)), float(rows @ columns)
    if by_chance >= 1:
        return None
    value = (seen - by_chance) / (1 - by_chance)
    on_diagonal = np.diag(shares)
    first = np.sum(on_diagonal * (1 - (rows + columns) * (1 - value)) ** 2)
    off = shares * (columns[:, None] + rows[None, :]) ** 2
    second = (1 - value) ** 2 * (off.sum() - np.trace(off))
    third = (value - by_chance * (1 - value)) ** 2
    variance = max(float(first + second - third) / ((1 - by_chance) ** 2 * n), 0.0)
    reach = float(ndtri(1 - error)) * math.sqrt(variance)
    return Kappa(value, variance, Interval(value - reach, value + reach))


def corrected_rate(
    people: Sequence[float],
    judge: Sequence[float],
    judge_elsewhere_passes: float,
    judge_elsewhere_n: int,
    error: float,
) -> CorrectedRate | None:
    """The rate of all judged cases from ``people`` and ``judge`` on the same cases, and the judge elsewhere.

    All scores lie from 0 to 1. The power-tuned estimate of Angelopoulos, Duchi and Zrnic (2023,
    arXiv:2311.01453), then exact bounds at its effective n, because its normal interval covers too seldom:

        value = trust * mean(judge elsewhere) + mean(people - trust * judge)
        trust = cov(people, judge) / (var(judge) (1 + n/N)), within 0 and 1
        effective n = value (1 - value) / variance * (normal / t quantile at n - 1)^2

    Spreads are estimated with half a disagreement of each kind added: fifty labels without one do not show
    that there is none, and would be taken for thousands. The variance elsewhere is that of plain passes and
    failures. ``None`` under two labels. A poor judge gets no trust by itself. An approximation, checked by
    simulation: it covers 96 to 99 % at 95 % from 50 labels on.
    """
    labels, judged = _scores(people, judge)
    check_counts(judge_elsewhere_passes, judge_elsewhere_n)
    check_error(error)
    n = len(labels)
    if n < 2:
        return None
    trust = _trust(labels, judged, judge_elsewhere_n)
    value, _ = predicted_mean(labels, judged, judge_elsewhere_passes, judge_elsewhere_n, trust)
    value = min(max(value, 0.0), 1.0)
    rest = _with_disagreements(labels, 1.0, 0.0) - trust * _with_disagreements(judged, 0.0, 1.0)
    variance = _together(rest, rest) / n
    if judge_elsewhere_n:
        elsewhere = judge_elsewhere_passes / judge_elsewhere_n
        variance += trust**2 * elsewhere * (1 - elsewhere) / judge_elsewhere_n
    worth = _worth(value, variance, n, judge_elsewhere_n, error)
    audited = n >= FEWEST_LABELS and 0 < float(labels.sum()) < n
    raw = (float(judged.sum()) + judge_elsewhere_passes) / (n + judge_elsewhere_n)
    interval = bounds(min(value * worth, worth), worth, error)
    return CorrectedRate(value, interval, worth, n, raw, trust, audited)


def predicted_mean(
    people: Floats, judge: Floats, elsewhere_passes: float, elsewhere_n: int, trust: float
) -> tuple[float, float]:
    """The prediction-powered mean and its variance at a given trust; people's own with nothing elsewhere."""
    if elsewhere_n == 0:
        return float(people.mean()), float(people.var(ddof=1)) / len(people)
    elsewhere = elsewhere_passes / elsewhere_n
    rest = people - trust * judge
    variance = float(rest.var(ddof=1)) / len(rest) + trust**2 * elsewhere * (1 - elsewhere) / elsewhere_n
    return trust * elsewhere + float(rest.mean()), variance


def rate_behind(flagged: float, n: float, caught: float, kept: float, error: float) -> tuple[float, Interval]:
    """The true share behind ``flagged`` of ``n``, by a sensitivity and specificity known from elsewhere.

    (flagged/n + kept - 1) / (caught + kept - 1), within 0 and 1 (Rogan & Gladen 1978, American Journal of
    Epidemiology 107:71); the exact bounds go the same way. Only where both shares come from another data
    set: their own uncertainty is not in the interval.
    """
    check_counts(flagged, n)
    check_share(caught, "caught")
    check_share(kept, "kept")
    worth = caught + kept - 1
    if worth <= 0:
        raise ValueError("a judge that is no better than chance cannot be corrected")
    seen = bounds(flagged, n, error)

    def behind(share: float) -> float:
        return min(max((share + kept - 1) / worth, 0.0), 1.0)

    return behind(flagged / n if n else 0.0), Interval(behind(seen.low), behind(seen.high))


def correlation(both_pass: int, pass_fail: int, fail_pass: int, both_fail: int) -> float:
    """The correlation of people's and the judge's labels (phi, -1 to 1); 0 where either never varies."""
    check_whole((both_pass, pass_fail, fail_pass, both_fail), "counts of labels")
    people = (both_pass + pass_fail) * (fail_pass + both_fail)
    judge = (both_pass + fail_pass) * (pass_fail + both_fail)
    if not (people and judge):
        return 0.0
    return (both_pass * both_fail - pass_fail * fail_pass) / math.sqrt(people * judge)


def labels_needed(rate: float, correlation: float, half_width: float, error: float) -> int:
    """People's labels to plan for an interval of +- ``half_width``: z^2 p (1 - p) (1 - rho^2) / w^2."""
    check_share(rate, "rate")
    check_share(abs(correlation), "correlation")
    check_error(error)
    if not 0 < half_width <= 1:
        raise ValueError(f"half_width must be above 0 and at most 1, not {half_width}")
    z = float(ndtri(1 - error))
    return math.ceil(z * z * rate * (1 - rate) * (1 - correlation**2) / half_width**2)


def _worth(value: float, variance: float, n: int, elsewhere_n: int, error: float) -> float:
    """The n at which plain labels would give ``value`` that variance; the labels' own where all agree."""
    if not 0 < value < 1:
        return float(n)
    few = float(ndtri(1 - error)) / float(stdtrit(n - 1, 1 - error))
    return min(value * (1 - value) / variance * few**2, float(n + elsewhere_n))


def _trust(people: Floats, judge: Floats, elsewhere_n: int) -> float:
    if elsewhere_n == 0 or float(np.ptp(judge)) == 0:
        return 0.0
    labels, judged = _with_disagreements(people, 1.0, 0.0), _with_disagreements(judge, 0.0, 1.0)
    share = _together(labels, judged) / (_together(judged, judged) * (1 + len(people) / elsewhere_n))
    return min(max(share, 0.0), 1.0)


def _with_disagreements(scores: Floats, first: float, second: float) -> Floats:
    """The scores, and two cases on which people and judge disagree, which ``_together`` counts half."""
    return np.append(scores, [first, second])


def _together(one: Floats, other: Floats) -> float:
    """The covariance of scores whose last two count half."""
    weights = np.append(np.ones(len(one) - 2), [0.5, 0.5])
    first, second = (side - np.average(side, weights=weights) for side in (one, other))
    return float(np.sum(weights * first * second)) / (len(one) - 3)


def _scores(people: Sequence[float], judge: Sequence[float]) -> tuple[Floats, Floats]:
    if len(people) != len(judge):
        raise ValueError(f"people labelled {len(people)} cases, but the judge {len(judge)} of them")
    for name, scores in (("people's labels", people), ("the judge's labels", judge)):
        for score in scores:
            check_share(score, name)
    return np.asarray(people, dtype=np.float64), np.asarray(judge, dtype=np.float64)
