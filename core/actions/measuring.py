"""Gathering findings: ask the warehouse, then let the pure functions of core.metrics measure."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.evidence.columns import COLUMNS, Kind
from core.metrics.catalogue import CATALOGUE, Metric, Reading, Relation, Shape, metric
from core.metrics.measure import measure_first, measure_quantile, measure_rate, quantile_ranks
from core.metrics.measurement import (
    Finding,
    Measurement,
    NotMeasured,
    Slice,
    Source,
    Tally,
    WeekPoint,
    Window,
)
from core.metrics.requests import FirstRequest, TallyRequest
from core.store.database import Connection
from core.store.features import Feature

_JUST_AFTER = timedelta(microseconds=1)
_NO_COLUMNS = ("week", "day", "bundle")


def window_until(now: datetime, since: datetime | None, days: int | None) -> Window:
    """The window that ends with ``now`` (included) and never begins before ``since``.

    ``days`` is how many whole days (UTC) before today it reaches back at most.
    """
    starts = [] if since is None else [since]
    if days is not None:
        starts.append((now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0))
    return Window(max(starts, default=None), now + _JUST_AFTER)


def find(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    item: MeasuredItem,
    window: Window,
    error: float,
) -> Finding:
    """What the evidence says about a criterion; ``error`` is what its stakes accept each way."""
    asked = metric(item.metric)
    if asked.shape is Shape.NONE_IN_FIRST:
        first = FirstRequest(item.metric, item.source, item.first, item.slice_of, window)
        counts = workspace.warehouse.first(connection, feature, first)
        return measure_first(
            first,
            there=counts.there,
            reviewed=counts.reviewed,
            bad=counts.bad,
            sampling_known=counts.sampling_known,
            error=error,
            newest=counts.newest,
        )
    request = TallyRequest(item.metric, item.source, item.slice_of, window, bar=item.bar)
    tally = workspace.warehouse.tallies(connection, feature, request).get(None)
    return _measure(workspace, connection, feature, asked, request, tally, error)


def by_week(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    item: MeasuredItem,
    window: Window,
    error: float,
) -> tuple[WeekPoint, ...]:
    """The weeks of a criterion from the first with evidence to the last; a week without is a gap."""
    asked = metric(item.metric)
    if asked.shape is Shape.NONE_IN_FIRST:
        return ()
    request = TallyRequest(item.metric, item.source, item.slice_of, window, bar=item.bar, by="week")
    tallies = workspace.warehouse.tallies(connection, feature, request)
    weeks = {date.fromisoformat(group): tally for group, tally in tallies.items() if group is not None}
    if not weeks:
        return ()
    points = []
    week = min(weeks)
    while week <= max(weeks):
        start = datetime.combine(week, datetime.min.time(), tzinfo=UTC)
        one_week = replace(request, by=None, window=_overlap(window, start, start + timedelta(days=7)))
        found = _measure(workspace, connection, feature, asked, one_week, weeks.get(week), error)
        points.append(WeekPoint(week, found))
        week += timedelta(days=7)
    return tuple(points)


def measure_all(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    *,
    error: float,
    window: Window,
    only: str | None = None,
    source: Source | None = None,
    by: str | None = None,
    bars: dict[str, float],
) -> list[tuple[str | None, Measurement | NotMeasured]]:
    """Every metric of the catalogue by every source, grouped by ``by``: (group, finding).

    ``bars`` gives quantile metrics the bar their passes are counted against, by metric id.
    """
    found: list[tuple[str | None, Measurement | NotMeasured]] = []
    for asked in CATALOGUE.values():
        if asked.shape is Shape.NONE_IN_FIRST or (only is not None and asked.id != only):
            continue
        for reading in asked.readings:
            if source is not None and reading.source is not source:
                continue
            if not _has_group(reading, by):
                continue
            request = TallyRequest(
                asked.id, reading.source, Slice(), window, bar=bars.get(asked.id, 0.0), by=by
            )
            counted = workspace.warehouse.tallies(connection, feature, request)
            tallies: dict[str | None, Tally | None] = {**counted} or {None: None}
            for group, tally in tallies.items():
                one = replace(request, by=None, window=_group_window(window, by, group))
                if by is not None and by not in _NO_COLUMNS and group is not None:
                    one = replace(one, slice=Slice(((by, group),)))
                if by == "bundle" and group is not None:
                    one = replace(one, window=replace(window, bundle=group))
                found.append((group, _measure(workspace, connection, feature, asked, one, tally, error)))
    return found


def _measure(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    asked: Metric,
    request: TallyRequest,
    tally: Tally | None,
    error: float,
) -> Measurement | NotMeasured:
    if asked.shape is not Shape.QUANTILE or tally is None or tally.n == 0:
        return measure_rate(request, tally, error)
    ranks = quantile_ranks(tally, asked, error)
    values = workspace.warehouse.values_at(connection, feature, request, ranks)
    return measure_quantile(request, tally, values, error)


def _has_group(reading: Reading, by: str | None) -> bool:
    """Whether the rows that ``reading`` counts can be grouped so."""
    kind = Kind.EVALS if reading.relation is Relation.EVALS else Kind.TRACES
    return by is None or by in _NO_COLUMNS or by in {column.name for column in COLUMNS[kind]}


def _overlap(window: Window, since: datetime, until: datetime) -> Window:
    return Window(
        since if window.since is None else max(window.since, since),
        until if window.until is None else min(window.until, until),
        window.bundle,
    )


def _group_window(window: Window, by: str | None, group: str | None) -> Window:
    if by not in ("week", "day") or group is None:
        return window
    start = datetime.fromisoformat(group).replace(tzinfo=UTC)
    return _overlap(window, start, start + timedelta(days=7 if by == "week" else 1))
