"""The metrics of a feature, each by each source, each with its n and interval."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.measuring import measure_all, window_until
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, MeasuredItem, read_checklist
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.errors import WrongUsage
from core.evidence.columns import TRACE_COLUMNS
from core.metrics.catalogue import CATALOGUE
from core.metrics.measurement import Measurement, NotMeasured, Slice, Source
from core.metrics.requests import TallyRequest
from core.statistics.repeats import cases_with, pass_hat_k
from core.store import documents, features

_DEFAULT_BARS = {"latency_p95": 8_000.0}
MOST_REPEATS = 4


@dataclass(frozen=True)
class PassHatK:
    """The chance that all of ``k`` tries of a case pass, over the ``cases`` with at least k tries."""

    k: int
    value: float
    cases: int


def metrics_of(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    only: str | None = None,
    source: Source | None = None,
    by: str | None = None,
    since: datetime | None = None,
) -> list[tuple[str | None, Measurement | NotMeasured]]:
    """(group, finding) for each metric and source; ``by`` is week, day, bundle or a column of traces
    that holds words. Sources whose rows have no such column are left out."""
    require(caller, Act.SEE)
    if only is not None and only not in CATALOGUE:
        raise WrongUsage(f"There is no metric “{only}”.", mend=f"Choose one of: {', '.join(CATALOGUE)}.")
    groups = ["week", "day", "bundle", *(column.name for column in TRACE_COLUMNS if column.can_slice)]
    if by is not None and by not in groups:
        raise WrongUsage(f"Metrics cannot be grouped by “{by}”.", mend=f"Choose one of: {', '.join(groups)}.")
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        newest = documents.newest(connection, feature.id, documents.CHECKLIST)
        checklist = read_checklist(newest.body) if newest else Checklist(stakes=Stakes(feature.stakes))
        return measure_all(
            workspace,
            connection,
            feature,
            error=ACCEPTED_ERROR[checklist.stakes],
            window=window_until(now, since, None),
            only=only,
            source=source,
            by=by,
            bars=_DEFAULT_BARS | _bars(checklist),
        )


def pass_hat(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, *, since: datetime | None = None
) -> list[PassHatK]:
    """pass^1 to pass^4 of the eval results, as far as cases were repeated that often."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        request = TallyRequest("eval_pass_rate", Source.EVAL, Slice(), window_until(now, since, None))
        tally = workspace.warehouse.tallies(connection, feature, request).get(None)
    if tally is None:
        return []
    found = []
    for k in range(1, MOST_REPEATS + 1):
        value = pass_hat_k([round(passes) for passes in tally.passes_by_cluster], tally.n_by_cluster, k)
        if value is not None:
            found.append(PassHatK(k, value, cases_with(tally.n_by_cluster, k)))
    return found


def _bars(checklist: Checklist) -> dict[str, float]:
    return {
        item.metric: item.bar
        for item in checklist.items
        if isinstance(item, MeasuredItem) and item.bar is not None and not item.slice
    }
