"""The situations that bench.simulations plays: users who are alike, harder mixes, judges, costs."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from core.statistics.exact import p_value_above
from core.statistics.like_for_like import Stratum
from core.statistics.search import first_true
from core.statistics.sequential import log_evidence_above
from core.statistics.threshold import Scored

Luck = np.random.Generator
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Kinds = Sequence[tuple[float, float, float]]

FOUR_KINDS: Kinds = ((0.95, 0.55, 0.15), (0.90, 0.25, 0.20), (0.75, 0.15, 0.30), (0.60, 0.05, 0.35))
"""(rate, share in the old group, share in the new one) of each kind: the new group brings harder work."""

EIGHT_KINDS: Kinds = (
    *((0.97, 0.260, 0.060), (0.945, 0.205, 0.075), (0.905, 0.157, 0.095), (0.86, 0.120, 0.120)),
    *((0.80, 0.093, 0.147), (0.735, 0.073, 0.157), (0.667, 0.053, 0.167), (0.60, 0.039, 0.179)),
)


def passes_needed(n: int, target: float, error: float, *, running: bool) -> int:
    """The fewest passes of ``n`` that show a rate above ``target``; n + 1 where not even all do."""

    def shown(passes: int) -> bool:
        if passes > n:
            return True
        if running:
            return log_evidence_above(passes, n, target) > math.log(1 / error)
        return p_value_above(passes, n, target) < error

    return first_true(shown, 0, n + 1) or 0


def users(luck: Luck, count: int, rate: float, alike_by: float) -> tuple[Ints, Ints]:
    """(passes, cases) of each user: appetites with a log-sd of 1, about 7 cases each."""
    sizes = np.maximum(1, np.round(luck.lognormal(math.log(4), 1.0, count))).astype(np.int64)
    return alike(luck, count, sizes, rate, alike_by), sizes


def alike(luck: Luck, count: int, sizes: Ints, rate: float, alike_by: float) -> Ints:
    """Beta-binomial passes: cases of one group share a rate, correlated by ``alike_by``."""
    weight = (1 - alike_by) / alike_by
    return luck.binomial(sizes, luck.beta(rate * weight, (1 - rate) * weight, count))


def capped(luck: Luck, passes: Ints, sizes: Ints, most: int) -> tuple[list[float], list[float]]:
    """At most so many random cases of each user."""
    kept = np.minimum(sizes, most)
    return luck.hypergeometric(passes, sizes - passes, kept).astype(float).tolist(), kept.astype(
        float
    ).tolist()


def two_groups(luck: Luck, old_n: int, new_n: int, kinds: Kinds, worse: float) -> list[Stratum]:
    """Both groups with their own mix; the new one's rates lie ``worse`` beside the old one's."""
    rates, old_share, new_share = (np.array(one) for one in zip(*kinds, strict=True))
    old, new = luck.multinomial(old_n, old_share), luck.multinomial(new_n, new_share)
    old_passes, new_passes = luck.binomial(old, rates), luck.binomial(new, rates + worse)
    return [
        Stratum(float(a), float(b), float(c), float(d))
        for a, b, c, d in zip(new_passes, new, old_passes, old, strict=True)
    ]


def pairs(luck: Luck, n: int, discordant: float, change: float) -> tuple[int, int]:
    """(broke, mended) of ``n`` cases."""
    broke, mended = (discordant - change) / 2, (discordant + change) / 2
    found = luck.multinomial(n, [broke, mended, 1 - discordant])
    return int(found[0]), int(found[1])


def calibrated(luck: Luck, n: int) -> tuple[list[Scored], Callable[[float], float]]:
    """Cases whose confidence is right on average, and the true precision above any threshold."""
    stated = luck.beta(3, 1, n)
    right = luck.random(n) < stated
    grid = np.random.default_rng(0).beta(3, 1, 200_000)

    def precision(at: float) -> float:
        above = grid[grid >= at]
        return float(above.mean()) if above.size else 1.0

    return [Scored(float(c), bool(r)) for c, r in zip(stated, right, strict=True)], precision


def judged(luck: Luck, n: int, total: int) -> tuple[list[float], list[float], float, int]:
    """People's and the judge's labels of ``n`` cases, and the judge's passes of the others."""
    people = luck.random(total) < 0.9
    judge = np.where(people, luck.random(total) < 0.95, luck.random(total) < 0.2)
    return (
        people[:n].astype(float).tolist(),
        judge[:n].astype(float).tolist(),
        float(judge[n:].sum()),
        total - n,
    )


def zipf(kinds: int) -> Floats:
    share = 1 / np.arange(1, kinds + 1)
    return np.asarray(share / share.sum())


def lognormal(spread: float) -> Callable[[Luck, int], Floats]:
    """Costs with a mean of 1."""
    return lambda luck, n: luck.lognormal(-(spread**2) / 2, spread, n)
