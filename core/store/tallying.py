"""What witnesses say about a group of evidence -> its tally: which of them count, and for how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.metrics.measurement import Cluster, Tally

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Witnesses:
    """So many ``witnesses`` of one kind who each have ``n`` counting rows, ``passes`` of them passing.

    ``rows`` and ``eligible`` are what they have in all, before the limit of one witness.
    """

    kind: str
    standing: str
    n: int
    passes: float
    witnesses: int
    rows: int
    eligible: int
    newest: int | None
    looks: list[int]
    bundles: list[str] | None


def tally_of(said: Sequence[Witnesses]) -> Tally:
    """One tally from what all witnesses of a group say."""
    known = [one for one in said if one.standing == "known"]
    unknown = [one for one in said if one.standing == "but unknown"]
    # A sample of known making stands alone; only where there is none is the rest measured, and marked.
    counted = [one for one in (known if any(one.n for one in known) else unknown or known) if one.n]
    return Tally(
        passes_by_cluster=tuple(float(one.passes) for one in counted for _ in range(one.witnesses)),
        n_by_cluster=tuple(one.n for one in counted for _ in range(one.witnesses)),
        cluster=_coarsest({one.kind for one in counted}),
        rows=sum(one.rows for one in said),
        unscored=sum(one.rows - one.eligible for one in said),
        unanswered=sum(one.witnesses for one in said if not one.eligible),
        capped=sum(one.eligible - one.n * one.witnesses for one in counted),
        worst_first=sum(one.eligible for one in said if one.standing == "as worst"),
        unpicked=sum(one.eligible for one in unknown) if counted and counted[0] in known else 0,
        sampling_known=not counted or counted[0].standing == "known",
        looks=len({sequence for one in counted for sequence in one.looks}) or 1,
        bundles=tuple(sorted({bundle for one in counted for bundle in one.bundles or ()})),
        newest=moment(max((one.newest for one in counted if one.newest is not None), default=None)),
    )


def moment(microseconds: int | None) -> datetime | None:
    """The instant; DuckDB hands times with a zone out only through a library we do not need otherwise."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _coarsest(witnesses: set[str]) -> Cluster:
    for cluster in (Cluster.DAY, Cluster.SESSION, Cluster.CASE):
        if cluster.value in witnesses:
            return cluster
    return Cluster.USER
