"""From which confidence on may answers go out alone? (METHODS 9)

Learn-then-Test (Angelopoulos et al. 2021, arXiv:2110.01052) in a fixed order: widen from the most
confident cases on, test each share of the traffic by the exact binomial, stop at the first that fails.
On traffic like the labelled one, the promise is then broken with a chance of at most the error asked for,
while "the lowest threshold that looks good" breaks it in 42 of 100 trials. Any change of release voids it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.statistics.counts import check_error, check_share
from core.statistics.differences import Difference, difference
from core.statistics.exact import bounds, p_value_above
from core.statistics.interval import Interval
from core.statistics.sample_size import fewest_all_passing

STEP = 0.05
"""The share of traffic that each step adds."""

LEAST_SEPARATION = 0.05
"""If the more confident half is shown to be better by less than this, confidence says next to nothing."""


@dataclass(frozen=True)
class Scored:
    """One case: its confidence (None: not stated, so never above a threshold) and whether it was right.

    ``right`` is None where the feature abstained: that counts as traffic, never as precision.
    """

    confidence: float | None
    right: bool | None


@dataclass(frozen=True)
class Lump:
    """All cases of one confidence (None: not stated): ``right`` of the ``judged`` among ``rows`` of traffic.

    So a million cases are no more objects than the confidences they state.
    """

    confidence: float | None
    rows: int
    judged: int = 0
    right: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.judged <= self.rows:
            raise ValueError(f"{self.right} right of {self.judged} judged of {self.rows} cannot be")


Cases = Sequence[Scored | Lump]


@dataclass(frozen=True)
class Cut:
    """Everything at ``confidence`` or above: a ``share`` of the traffic, ``right`` of ``n`` judged ones.

    ``precision`` is exact and of this cut alone: over a whole curve of cuts it is pointwise.
    """

    confidence: float
    share: float
    right: int
    n: int
    precision: Interval


class Guardrail(StrEnum):
    """Whether confidence can hold back wrong answers."""

    USABLE = "usable"
    NOT_USABLE = "not usable"
    UNDECIDED = "undecided"


class Unusable(StrEnum):
    """Why confidence cannot hold back wrong answers."""

    ALL_EQUAL = "all equal"
    SAYS_NOTHING = "says nothing"
    TOP_MISSES = "top misses"


@dataclass(frozen=True)
class Chosen:
    """The widest ``cut`` that keeps the target (None: none was shown), and the cuts tested on the way.

    ``separation`` is the share of right answers among the more confident half minus that of the rest.
    ``fewest`` labelled cases with a confidence are needed before a threshold can be set at all.
    ``unusable`` says why the guardrail is NOT_USABLE, and is None otherwise.
    """

    cut: Cut | None
    tested: tuple[Cut, ...]
    separation: Difference
    fewest: int
    guardrail: Guardrail
    unusable: Unusable | None


def choose_threshold(cases: Cases, target: float, error: float) -> Chosen:
    """The threshold that keeps a precision above ``target``; the order of the cases changes nothing.

    The judged cases must be a random sample of all: labels from above an older threshold cannot lower it.
    NOT_USABLE where even the most confident cases are shown to miss the target, where the halves are shown to
    differ by less than ``LEAST_SEPARATION``, or where all confidences are equal.
    """
    check_share(target, "target")
    check_error(error)
    cuts = all_cuts(cases, error)
    fewest = 2 * fewest_all_passing(target, error, running=False) + 1
    tested, chosen = list[Cut](), None
    for cut in _in_steps(cuts, fewest - 1):
        tested.append(cut)
        if p_value_above(cut.right, cut.n, target) >= error:
            break
        chosen = cut
    separation = _separation(cuts, error)
    enough = bool(cuts) and cuts[-1].n >= fewest
    unusable = _unusable(chosen, tested, separation, target, lumps=len(cuts)) if enough else None
    if unusable is not None:
        guardrail = Guardrail.NOT_USABLE
    else:
        guardrail = Guardrail.USABLE if enough and chosen is not None else Guardrail.UNDECIDED
    return Chosen(chosen if enough else None, tuple(tested), separation, fewest, guardrail, unusable)


def all_cuts(cases: Cases, error: float) -> tuple[Cut, ...]:
    """The curve of coverage against risk: one cut for each confidence stated, the highest first.

    The error among what is above a cut is 1 minus its precision.
    """
    check_error(error)
    lumps = _lumps(cases)
    rows = sum(lump.rows for lump in lumps)
    cuts, right, n, above = list[Cut](), 0, 0, 0
    for lump in lumps:
        if lump.confidence is None:
            continue
        right, n, above = right + lump.right, n + lump.judged, above + lump.rows
        cuts.append(Cut(lump.confidence, above / rows, right, n, bounds(right, n, error)))
    return tuple(cuts)


def confident_and_wrong(cases: Sequence[Scored], threshold: float) -> tuple[int, ...]:
    """The places (from 0) of wrong cases at or above ``threshold``, the most confident first."""
    check_share(threshold, "threshold")
    wrong = [
        (-case.confidence, place)
        for place, case in enumerate(cases)
        if case.right is False and case.confidence is not None and case.confidence >= threshold
    ]
    return tuple(place for _, place in sorted(wrong))


@dataclass(frozen=True)
class Shift:
    """What changed at a threshold between the cases it was set on and others; all new minus old.

    ``coverage`` is the share above the threshold, ``right`` the share right of all judged, ``precision`` that
    of those above. ``silent``: cases are shown to be wrong more often, and confidence did not notice: no
    smaller share is above the threshold beyond luck. ``broken``: the precision there is shown to have fallen.
    """

    coverage: Difference
    right: Difference
    precision: Difference
    silent: bool
    broken: bool

    @property
    def is_worse(self) -> bool:
        """Whether cases, or those above the threshold, are shown to be wrong more often, noticed or not."""
        return self.broken or (self.right.value is not None and self.right.interval.high < 0)


def shift(before: Cases, after: Cases, threshold: float, error: float) -> Shift:
    """Whether confidence drops where answers get worse: harder questions, a new group, a changed source."""
    check_share(threshold, "threshold")
    old, new = _at(before, threshold), _at(after, threshold)
    coverage = difference(new.above, new.rows, old.above, old.rows, error)
    right = difference(new.right, new.judged, old.right, old.judged, error)
    precision = difference(new.right_above, new.judged_above, old.right_above, old.judged_above, error)
    silent = right.interval.high < 0 and coverage.interval.high >= 0
    return Shift(coverage, right, precision, silent, precision.interval.high < 0)


@dataclass(frozen=True)
class _Counted:
    rows: int
    judged: int
    right: int
    above: int
    judged_above: int
    right_above: int


def _at(cases: Cases, threshold: float) -> _Counted:
    lumps = _lumps(cases)
    above = [lump for lump in lumps if lump.confidence is not None and lump.confidence >= threshold]
    return _Counted(
        rows=sum(lump.rows for lump in lumps),
        judged=sum(lump.judged for lump in lumps),
        right=sum(lump.right for lump in lumps),
        above=sum(lump.rows for lump in above),
        judged_above=sum(lump.judged for lump in above),
        right_above=sum(lump.right for lump in above),
    )


def _lumps(cases: Cases) -> list[Lump]:
    """The cases by the confidence they state, the highest first; those that state none come last."""
    counts: dict[float | None, tuple[int, int, int]] = {}
    for case in cases:
        if case.confidence is not None:
            check_share(case.confidence, "confidence")
        one = case if isinstance(case, Lump) else _alone(case)
        rows, judged, right = counts.get(one.confidence, (0, 0, 0))
        counts[one.confidence] = (rows + one.rows, judged + one.judged, right + one.right)
    stated = sorted((confidence for confidence in counts if confidence is not None), reverse=True)
    return [Lump(confidence, *counts[confidence]) for confidence in [*stated, None] if confidence in counts]


def _alone(case: Scored) -> Lump:
    return Lump(case.confidence, 1, int(case.right is not None), int(case.right is True))


def _in_steps(cuts: Sequence[Cut], start: int) -> list[Cut]:
    """The cuts to test, widening: the first with ``start`` judged cases, then 5 % of the traffic a step."""
    steps, next_share = list[Cut](), 0.0
    for place, cut in enumerate(cuts):
        if cut.n < start or (steps and cut.share < next_share - 1e-12 and place + 1 < len(cuts)):
            continue
        steps.append(cut)
        next_share = cut.share + STEP
    return steps


def _separation(cuts: Sequence[Cut], error: float) -> Difference:
    """The more confident half of what was judged against the rest; equal confidences stay together."""
    if len(cuts) < 2:
        return difference(0, 0, 0, 0, error)
    whole = cuts[-1]
    half = min(cuts[:-1], key=lambda cut: abs(cut.n - whole.n / 2))
    return difference(half.right, half.n, whole.right - half.right, whole.n - half.n, error)


def _unusable(
    chosen: Cut | None, tested: Sequence[Cut], separation: Difference, target: float, *, lumps: int
) -> Unusable | None:
    if lumps == 1:
        return Unusable.ALL_EQUAL
    if separation.interval.high < LEAST_SEPARATION:
        return Unusable.SAYS_NOTHING
    misses = chosen is None and bool(tested) and tested[0].precision.high < target
    return Unusable.TOP_MISSES if misses else None
