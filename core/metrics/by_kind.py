"""Reviews by kind of task become rates of all traffic: each kind weighs what it is of the traffic."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.metrics.measure import counts_faults, weighted_bounds
from core.metrics.measurement import Measurement, Stratum, Weighting
from core.statistics.clusters import Weighted, effective_weighted


@dataclass(frozen=True)
class Part:
    """What a user has of one kind of task: ``n`` reviewed traces, ``passes`` of them passing."""

    kind: str
    n: int
    passes: float


@dataclass(frozen=True)
class AlikeUsers:
    """So many ``users`` (sessions, days) who have just these parts."""

    parts: tuple[Part, ...]
    users: int


@dataclass(frozen=True)
class ReviewByKind:
    """A review of which at least a part was drawn by kind of task, and the traces of each kind there are."""

    sizes: Mapping[str, int]
    seen: Sequence[AlikeUsers]


def weighted(plain: Measurement, review: ReviewByKind) -> Measurement:
    """``plain`` with every reviewed trace standing for as many traces of its kind as there are for it.

    Random and stratified labels count together: within a kind both were drawn at random. Kinds of which
    nothing was reviewed are left out, and said in ``weighting``.
    """
    reviewed: dict[str, int] = defaultdict(int)
    for one in review.seen:
        for part in one.parts:
            reviewed[part.kind] += part.n * one.users
    if not reviewed:
        return plain
    kinds = sorted({*review.sizes, *reviewed})
    strata = tuple(
        # A trace that expired or was withdrawn after its review still stands for itself.
        Stratum(kind, max(review.sizes.get(kind, 0), reviewed[kind]), reviewed[kind])
        for kind in kinds
    )
    covered = sum(one.size for one in strata if one.reviewed)
    scale = sum(reviewed.values()) / covered
    weight = {one.name: one.size / one.reviewed * scale for one in strata if one.reviewed}
    weighting, cases = _weigh(review.seen, weight, strata)
    counted = effective_weighted(cases, plain.error)
    n = plain.tally.n
    interval = weighted_bounds(weighting, n, plain.error, of_faults=counts_faults(plain.metric)).interval
    return replace(
        plain,
        value=counted.passes / counted.n,
        low=interval.low,
        high=interval.high,
        effective_n=counted.n,
        effective_passes=counted.passes,
        weighting=weighting,
    )


def _weigh(
    seen: Sequence[AlikeUsers], weight: Mapping[str, float], strata: tuple[Stratum, ...]
) -> tuple[Weighting, list[Weighted]]:
    passes: list[float] = []
    sizes: list[float] = []
    heaviest: list[float] = []
    cases: list[Weighted] = []
    for one in seen:
        passed = sum(weight[part.kind] * part.passes for part in one.parts)
        size = sum(weight[part.kind] * part.n for part in one.parts)
        for _ in range(one.users):
            cluster = str(len(passes))
            passes.append(min(passed, size))
            sizes.append(size)
            heaviest.append(max(weight[part.kind] for part in one.parts))
            cases += [Weighted(cluster, weight[part.kind], part.passes, part.n) for part in one.parts]
    return Weighting(strata, tuple(passes), tuple(sizes), tuple(heaviest)), cases
