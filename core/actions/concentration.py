"""Where failures pile up, and which users meet most of them: one rate, looked at by column."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.gauges import SLICE_COLUMNS, Part
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.splits import PHASE, USER, says, split_of
from core.actions.texts import texts_for
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.metrics.catalogue import metric
from core.metrics.concentration import DECLARED_COLUMNS, ColumnFailures, Piles, piles
from core.metrics.measurement import Source
from core.metrics.requests import TallyRequest
from core.statistics.exact import bounds
from core.store.slice_rows import part_counts, worst_users


@dataclass(frozen=True)
class UserLine:
    """One user: ``failures`` of ``n`` rows; their own rate lies between ``low`` and ``high`` (shares)."""

    user_id: str
    n: int
    failures: int
    low: float
    high: float
    newest: datetime | None


@dataclass(frozen=True)
class WorstUsers:
    """The users with most failures, of the ``failed`` who met any; ``failures`` of ``n`` are of all rows."""

    users: tuple[UserLine, ...] = ()
    failed: int = 0
    failures: int = 0
    n: int = 0


def view_piles(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    metric_id: str,
    source: Source,
    column: str,
) -> Piles | None:
    """The values of ``column`` against the rest, by the failures of a rate; None where it parts no rows.

    All declared columns are looked at with it: those of every feature, and those of the checklist's slices.
    """
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        reading = metric(metric_id).reading(source)
        declared = declared_columns(reader)
        # A column that is not declared is looked at alone, and only as a hypothesis.
        wanted = [column, *declared] if column in declared else [column]
        counted = {}
        for name in dict.fromkeys(wanted):
            if says(reader, reading, name):
                found = _counted(reader, reader.settled(metric(metric_id), source), name)
                if len(found.parts) > 1:
                    counted[name] = found
    return piles(column, declared, counted, reader.error) if column in counted else None


def view_worst_users(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    metric_id: str,
    source: Source,
) -> WorstUsers:
    """The users who met most failures of one rate over ``part``; whoever sees numbers only sees codes."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        if source is Source.EVAL or not says(reader, metric(metric_id).reading(source)):
            # Cases of an eval set are nobody's.
            return WorstUsers()
        asked = reader.settled(metric(metric_id), source)
        found = worst_users(workspace.warehouse, connection, reader.feature, asked)
        error = reader.error
        texts = texts_for(workspace, caller, reader.feature)
    users = []
    for one in found.users:
        interval = bounds(one.failures, one.n, error)
        who = texts.user(one.user_id) or ""
        users.append(UserLine(who, one.n, one.failures, interval.low, interval.high, one.newest))
    return WorstUsers(tuple(users), found.failed, found.failures, found.n)


def declared_columns(reader: PartReader) -> tuple[str, ...]:
    """The columns that were declared beforehand: those of every feature, and the checklist's own."""
    named = {name for item in reader.checklist.items if isinstance(item, MeasuredItem) for name in item.slice}
    own = [name for name in SLICE_COLUMNS if name in named and name not in (*DECLARED_COLUMNS, PHASE, USER)]
    return (*DECLARED_COLUMNS, *own)


def _counted(reader: PartReader, request: TallyRequest, column: str) -> ColumnFailures:
    found = part_counts(
        reader.workspace.warehouse, reader.connection, reader.feature, request, split_of(reader, column)
    )
    return ColumnFailures(
        column,
        found.parts,
        found.n,
        found.failures,
        found.sampling_known,
        found.values,
    )
