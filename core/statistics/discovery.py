"""How much is still to be discovered: the chance that the next failure is of a kind nobody has seen.

METHODS 11 (Good 1953, Biometrika 40:237). It stands on consistent names: merge synonyms first, and count
an incident that hit forty cases once. A new release starts anew.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import gammaln, ndtri

from core.statistics.counts import check_error, check_whole
from core.statistics.exact import bounds
from core.statistics.interval import Interval

FEWEST_FAILURES = 20
"""With fewer named failures it is too early to say anything."""


@dataclass(frozen=True)
class Discovery:
    """What ``n`` failures of ``kinds`` kinds say about the next; ``once`` and ``twice`` count rare kinds.

    ``chance_of_new`` is Good and Turing's once/n. ``interval``: each end is wrong with about the error asked
    for (the upper one covered 92 to 95 % at 5 % by simulation). ``kinds_at_least`` is Chao's lower bound of
    the number of kinds there are: never a target. ``too_early`` under ``FEWEST_FAILURES``.
    """

    n: int
    kinds: int
    once: int
    twice: int
    chance_of_new: float | None
    interval: Interval
    kinds_at_least: float
    too_early: bool


def discovery(counts: Sequence[int], error: float) -> Discovery:
    """The chance of a new kind after failures counted by kind; the order of the kinds does not matter.

    The upper bound is the larger of the normal one with Esty's variance and the exact bound on the kinds
    seen once; after none of those, 3/n (at 5 %). Nothing counted leaves everything possible.
    """
    check_whole(counts, "counts of kinds")
    check_error(error)
    seen = [int(count) for count in counts if count > 0]
    n, kinds = sum(seen), len(seen)
    once, twice = seen.count(1), seen.count(2)
    kinds_at_least = chao1(kinds, once, twice)
    if n == 0:
        return Discovery(0, 0, 0, 0, None, Interval(0.0, 1.0), kinds_at_least, True)
    interval = Interval(bounds(once, n, error).low, _highest(n, once, twice, error))
    return Discovery(n, kinds, once, twice, once / n, interval, kinds_at_least, n < FEWEST_FAILURES)


def _highest(n: int, once: int, twice: int, error: float) -> float:
    """The upper bound of the chance of a new kind (Esty 1983, Annals of Statistics 11:905)."""
    if once == 0:
        return min(1.0, -math.log(error) / n)
    share = once / n
    variance = (share * (1 - share) + 2 * twice / n) / n
    normal = share + float(ndtri(1 - error)) * math.sqrt(variance)
    return min(1.0, max(normal, bounds(once, n, error).high))


def chao1(kinds: int, once: int, twice: int, n: int | None = None) -> float:
    """At least so many kinds exist (Chao 1984): kinds + once (once - 1) / (2 (twice + 1)).

    With ``n``, in the form that needs a kind seen twice: kinds + (n - 1)/n once^2 / (2 twice).
    """
    check_whole((kinds, once, twice), "counts of kinds")
    if n is None or twice == 0:
        return kinds + once * (once - 1) / (2 * (twice + 1))
    return kinds + (n - 1) / n * once * once / (2 * twice)


def coverage(n: int, once: int, twice: int) -> float | None:
    """The share of coming failures whose kind is known (Chao & Jost 2012, Ecology 93:2533)."""
    check_whole((n, once, twice), "counts of kinds")
    if n == 0:
        return None
    if once == 0:
        return 1.0
    if twice == 0:
        rest = (n - 1) * (once - 1) / ((n - 1) * (once - 1) + 2) if n > 1 else 1.0
    else:
        rest = (n - 1) * once / ((n - 1) * once + 2 * twice)
    return 1 - once / n * rest


def expected_kinds(counts: Sequence[int], labelled: int) -> float:
    """How many kinds the first ``labelled`` of these failures would show in a random order.

    The expected curve of a discovery chart (Hurlbert 1971): sum over kinds of 1 - C(n - count, m)/C(n, m).
    """
    check_whole(counts, "counts of kinds")
    n = sum(counts)
    if not 0 <= labelled <= n:
        raise ValueError(f"{labelled} of {n} failures cannot be")
    return math.fsum(1 - _none_drawn(count, n, labelled) for count in counts if count > 0)


def _none_drawn(count: int, n: int, drawn: int) -> float:
    if n - count < drawn:
        return 0.0
    logs = gammaln(n - count + 1) - gammaln(n - count - drawn + 1) - gammaln(n + 1) + gammaln(n - drawn + 1)
    return math.exp(float(logs))


def share_of_top_kinds(
    earlier: Mapping[str, int], later: Mapping[str, int], top: int, error: float
) -> tuple[int, int, Interval]:
    """The ``later`` failures that are of the ``top`` kinds of ``earlier`` weeks: (those, all, bounds).

    Chosen and measured on the same failures, such a share flatters: 92 % seen where 77 % are true.
    Equal counts are ordered by name.
    """
    check_whole([*earlier.values(), *later.values()], "counts of kinds")
    ranked = sorted(
        (kind for kind, count in earlier.items() if count), key=lambda kind: (-earlier[kind], kind)
    )
    chosen = sum(later.get(kind, 0) for kind in ranked[:top])
    n = sum(later.values())
    return chosen, n, bounds(chosen, n, error)
