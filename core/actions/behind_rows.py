"""What lies behind a row of the decision: the files that its number counts, and where it stands worst."""

from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.gates import decide_on
from core.actions.gauges import FEWEST_IN_A_SLICE
from core.actions.measuring import by_group, has_group, window_until
from core.actions.other_releases import window_of
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.stakes import ACCEPTED_ERROR
from core.criteria.wording import value_words
from core.decision.decide import Decision
from core.errors import WrongUsage
from core.evidence.columns import Kind
from core.metrics.catalogue import Better, Shape, metric
from core.metrics.measurement import Measurement, Source
from core.metrics.requests import TallyRequest
from core.rollout.blast import main_row
from core.store import features, uploads
from core.store.rows_by_upload import rows_by_upload

PART_COLUMNS = ("task_type", "user_segment", "user_role", "channel")
"""What the evidence is parted by to find where it stands worst."""

_JUDGED = (Source.LABEL, Source.JUDGE)


@dataclass(frozen=True)
class FileBehind:
    """A file that a number rests on: ``rows`` of it are counted; None for labels, which count with their
    traces. ``bundle`` is the release named for the whole file."""

    file_name: str
    kind: str
    uploaded_at: datetime
    rows: int | None
    bundle: str


@dataclass(frozen=True)
class WorstPart:
    """The part of the traffic that stands surest on the bad side, of ``looked_at`` parts, for one row."""

    row: Row
    column: str
    value: str
    finding: Measurement
    looked_at: int

    @property
    def sentence(self) -> str:
        """Which part, how it stands, and that the worst of many parts is partly chance."""
        where = self.column.replace("_", " ")
        return (
            f"{self.row.label}, {where} “{self.value}”: {value_words(self.finding)}, n {self.finding.n:,}. "
            f"Worst of {self.looked_at} parts: a hint."
        )


def files_behind(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, item_id: str
) -> tuple[FileBehind, ...]:
    """The files that the number of a measured row counts, in the order of their upload."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        item = next((row.item for row in decision.rows if row.item.id == item_id), None)
        if not isinstance(item, MeasuredItem):
            raise WrongUsage("This row counts nothing.", mend="Choose a measured row of the checklist.")
        counted = rows_by_upload(workspace.warehouse, connection, feature, _request(decision, item))
        live = [one for one in uploads.of_feature(connection, feature.id) if one.state == "done"]
        found = [
            FileBehind(one.file_name, one.kind or "", one.asked_at, rows, one.bundle or "")
            for one in sorted(live, key=lambda one: one.sequence or 0)
            if (rows := counted.get(one.sequence or 0)) is not None
            or (one.kind == Kind.LABELS and item.source in _JUDGED and counted)
        ]
    return tuple(found)


def label_coverage(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, item_id: str
) -> tuple[int, int] | None:
    """(traces with a label, traces there are) of the time and part that a row of labels is about; None for
    other rows. What nobody has looked at is no pass, whatever a file says of its sampling (METHODS 1)."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        row = next((row for row in decision.rows if row.item.id == item_id), None)
        if row is None or not isinstance(row.item, MeasuredItem) or row.item.source not in _JUDGED:
            return None
        if not isinstance(row.finding, Measurement):
            return None
        every = replace(_request(decision, row.item), metric="error_rate", source=Source.TRACE, bar=None)
        tally = workspace.warehouse.tallies(connection, feature, every).get(None)
        return row.finding.tally.rows, tally.rows if tally is not None else 0


def worst_part(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> WorstPart | None:
    """Where the main rate of the checklist stands worst: a part of the traffic; None where nothing parts it.

    Each part is measured as the row itself is. Those worth very few independent cases say nothing. The worst
    is the one whose better bound is worst, so that a small part does not stand first by luck.
    """
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        row = main_row(decision.rows)
        if row is None or not isinstance(row.item, MeasuredItem) or not isinstance(row.finding, Measurement):
            return None
        request, error = _request(decision, row.item), ACCEPTED_ERROR[decision.bar.stakes]
        asked = metric(row.item.metric)
        parts: list[WorstPart] = []
        for column in PART_COLUMNS:
            if has_group(asked.reading(row.item.source), column):
                groups = by_group(workspace, connection, feature, replace(request, by=column), error)
                parts += [
                    WorstPart(row, column, value, found, 0)
                    for value, found in groups.items()
                    if value and isinstance(found, Measurement) and found.effective_n >= FEWEST_IN_A_SLICE
                ]
    if len(parts) < 2:
        return None
    is_higher = asked.better is Better.HIGHER
    worst = min(parts, key=lambda one: (_standing(one.finding, is_higher), one.column, one.value))
    return replace(worst, looked_at=len(parts))


def _standing(found: Measurement, is_higher: bool) -> tuple[float, float]:
    """How good a part can still be, then how good it is; the least is the worst."""
    if is_higher:
        return (found.value if found.high is None else found.high, found.value)
    return (-(found.value if found.low is None else found.low), -found.value)


def _request(decision: Decision, item: MeasuredItem) -> TallyRequest:
    """What the row counts, from when and until when it counts."""
    window = window_until(decision.as_of, decision.bar.since.get(item.id), item.window_days)
    if decision.release is not None:
        window = window_of(item, window, decision.release.releases)
    bar = None if metric(item.metric).shape is Shape.NONE_IN_FIRST else item.bar
    return TallyRequest(item.metric, item.source, item.slice_of, window, bar=bar)
