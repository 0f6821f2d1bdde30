"""Gathering findings: ask the warehouse, then let the pure functions of core.metrics measure."""

import math
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.evidence.columns import COLUMNS, RUN_KINDS, Kind
from core.metrics.by_kind import weighted
from core.metrics.catalogue import CATALOGUE, Reading, Shape, metric
from core.metrics.judged import NO_PAIRS, corrected
from core.metrics.measure import (
    measure_first,
    measure_quantile,
    measure_rate,
    quantile_ranks,
    unrecorded,
)
from core.metrics.measure_mean import measure_mean
from core.metrics.measurement import (
    Finding,
    Measurement,
    NotMeasured,
    Slice,
    Source,
    WeekPoint,
    Window,
)
from core.metrics.requests import FirstRequest, TallyRequest
from core.store import uploads
from core.store.cost_rows import spend_by_group
from core.store.database import Connection
from core.store.features import Feature
from core.store.judged_pairs import judged_pairs
from core.store.mean_costs import mean_cost_of
from core.store.strata_rows import reviews_by_kind

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


def clipped(window: Window, began: datetime, ended: datetime | None) -> Window:
    """The part of ``window`` from ``began`` to ``ended`` (exclusive; None: open); it may hold no moment."""
    ends = [end for end in (window.until, ended) if end is not None]
    return replace(
        window,
        since=began if window.since is None else max(window.since, began),
        until=min(ends, default=None),
    )


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
    found = by_group(workspace, connection, feature, request, error)
    return found.get(None) or measure_rate(request, None, error)


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
    return trend(workspace, connection, feature, request, error)


def trend(
    workspace: Workspace, connection: Connection, feature: Feature, request: TallyRequest, error: float
) -> tuple[WeekPoint, ...]:
    """The weeks (or days) of ``request.by`` from the first with evidence to the last; one without is a gap.

    A point's ``week`` is the Monday it begins on, or the day itself.
    """
    found = by_group(workspace, connection, feature, request, error)
    weeks = {date.fromisoformat(group): finding for group, finding in found.items() if group is not None}
    if not weeks:
        return ()
    gap = measure_rate(request, None, error)
    step = 1 if request.by == "day" else 7
    between = range(0, (max(weeks) - min(weeks)).days + 1, step)
    every = [min(weeks) + timedelta(days=days) for days in between]
    return tuple(WeekPoint(week, weeks.get(week, gap)) for week in every)


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
    part: Slice = Slice(),
    bars: dict[str, float],
) -> list[tuple[str | None, Measurement | NotMeasured]]:
    """Every metric of the catalogue by every source, grouped by ``by``: (group, finding).

    ``bars`` gives quantile metrics the bar their passes are counted against, by metric id; without one
    they are counted against the quantile itself.
    """
    columns = [by, *(name for name, _ in part.where)]
    requests = [
        TallyRequest(asked.id, reading.source, part, window, bar=bars.get(asked.id), by=by)
        for asked in CATALOGUE.values()
        if asked.shape is not Shape.NONE_IN_FIRST and only in (None, asked.id)
        for reading in asked.readings
        if source in (None, reading.source) and all(has_group(reading, column) for column in columns)
    ]
    found: list[tuple[str | None, Measurement | NotMeasured]] = []
    # What an amount has no bar for is counted against the amount of the whole part.
    asked_at_once = [*requests, *(replace(request, by=None) for request in requests if by is not None)]
    with workspace.warehouse.together(connection, feature, asked_at_once):
        for request in requests:
            groups = by_group(workspace, connection, feature, request, error)
            found += list(groups.items()) or [(None, measure_rate(request, None, error))]
    return found


def by_group(
    workspace: Workspace, connection: Connection, feature: Feature, request: TallyRequest, error: float
) -> dict[str | None, Measurement | NotMeasured]:
    """The finding of each group of ``request.by``; one query, and one more where values are ranked."""
    asked = metric(request.metric)
    reading = asked.reading(request.source)
    if not is_recorded(workspace, connection, feature, reading):
        rows, _ = workspace.warehouse.filled_in(
            connection, feature, reading.relation.rows, reading.blank_is_no
        )
        return {None: unrecorded(request, rows)}
    if asked.shape is Shape.MEAN:
        spends = spend_by_group(workspace.warehouse, connection, feature, request)
        mean = partial(mean_cost_of, workspace.warehouse, connection, feature)
        means = {group: measure_mean(request, spend, error, mean) for group, spend in spends.items()}
        return _by_kind_is_told(workspace, connection, feature, request, means)
    counted = counted_against(workspace, connection, feature, request)
    tallies = workspace.warehouse.tallies(connection, feature, counted)
    if request.source is Source.EVAL:
        looks = _looks_at_what_is_gone(connection, feature, request)
        tallies = {group: replace(tally, looks=tally.looks + looks) for group, tally in tallies.items()}
    if asked.shape is not Shape.QUANTILE:
        rates = {group: measure_rate(request, tally, error) for group, tally in tallies.items()}
        return _settled_by_people(workspace, connection, feature, request, rates)
    ranks = {group: quantile_ranks(tally, asked, error) for group, tally in tallies.items() if tally.n}
    values = workspace.warehouse.values_at(connection, feature, counted, ranks) if ranks else {}
    return {
        group: measure_quantile(request, tally, values[group], error)
        if group in values
        else measure_rate(request, tally, error)
        for group, tally in tallies.items()
    }


def _by_kind_is_told(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    request: TallyRequest,
    means: dict[str | None, Measurement | NotMeasured],
) -> dict[str | None, Measurement | NotMeasured]:
    """The means, marked where labels drawn by kind of task are in them: no weight makes up for that here."""
    if request.source is not Source.LABEL or not means:
        return means
    drawn = reviews_by_kind(workspace.warehouse, connection, feature, request)
    return {
        group: replace(mean, needs_weights=True) if group in drawn and isinstance(mean, Measurement) else mean
        for group, mean in means.items()
    }


def _settled_by_people(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    request: TallyRequest,
    rates: dict[str | None, Measurement | NotMeasured],
) -> dict[str | None, Measurement | NotMeasured]:
    """The rates, weighted where people reviewed by kind of task, and those of a judge corrected by people."""
    found = {group: rate for group, rate in rates.items() if isinstance(rate, Measurement)}
    if request.source is Source.LABEL and any(rate.tally.sampling_known for rate in found.values()):
        reviews = reviews_by_kind(workspace.warehouse, connection, feature, request)
        return {
            **rates,
            **{group: weighted(found[group], reviews[group]) for group in found if group in reviews},
        }
    if request.source is Source.JUDGE and found:
        pairs = judged_pairs(workspace.warehouse, connection, feature, request)
        return {
            **rates,
            **{group: corrected(rate, pairs.get(group, NO_PAIRS)) for group, rate in found.items()},
        }
    return rates


def is_recorded(workspace: Workspace, connection: Connection, feature: Feature, reading: Reading) -> bool:
    """Whether the evidence says anything of what is read: where a blank means "no", there is a column."""
    if not reading.blank_is_no:
        return True
    kind, column = reading.relation.rows, reading.blank_is_no
    _, filled = workspace.warehouse.filled_in(connection, feature, kind, column)
    return filled > 0 or _has_column(connection, feature, reading)


def _has_column(connection: Connection, feature: Feature, reading: Reading) -> bool:
    """Whether an upload that counts has the column in which a blank means "no", though it fills it nowhere.

    Of users' reactions a column is not enough: tools export one whether or not anybody was asked.
    """
    if reading.source is Source.FEEDBACK:
        return False
    kinds = RUN_KINDS if reading.relation.rows is Kind.TRACES else (reading.relation.rows,)
    return any(
        upload.state == "done" and upload.kind in kinds and reading.blank_is_no in upload.columns
        for upload in uploads.of_feature(connection, feature.id)
    )


def _looks_at_what_is_gone(connection: Connection, feature: Feature, request: TallyRequest) -> int:
    """Results that were seen and count no more were a look as well: withdrawn ones, unless the very same file
    counts again, and those in whose place a later file of the same run put others."""
    withdrawn = uploads.withdrawn_since(connection, feature.id, request.window.since)
    live = [upload for upload in uploads.of_feature(connection, feature.id) if upload.state == "done"]
    gone = {upload.sha256 for upload in withdrawn if upload.has_case_results}
    inside = [one for one in live if one.has_case_results and _is_inside(one.asked_at, request.window)]
    # Of what the first file since the beginning of the window replaced, nothing was in the window.
    replacing = [one for one in inside[:-1] if one.replaced]
    return len(gone - {upload.sha256 for upload in live}) + len(replacing)


def _is_inside(moment: datetime, window: Window) -> bool:
    return (window.since is None or moment >= window.since) and (
        window.until is None or moment < window.until
    )


def counted_against(
    workspace: Workspace, connection: Connection, feature: Feature, request: TallyRequest
) -> TallyRequest:
    """The request with a bar to count passes against, where a quantile has none: the quantile itself.

    How far the rows of one user agree is seen on a bar that parts them; any far one would have all pass.
    """
    asked = metric(request.metric)
    if asked.shape is not Shape.QUANTILE or request.bar is not None:
        return request
    whole = replace(request, bar=0.0, by=None)
    tally = workspace.warehouse.tallies(connection, feature, whole).get(None)
    if tally is None or not tally.n:
        return replace(request, bar=0.0)
    rank = math.ceil(asked.level * tally.n)
    values = workspace.warehouse.values_at(connection, feature, whole, {None: (rank,)})
    return replace(request, bar=values[None][0])


def has_group(reading: Reading, by: str | None) -> bool:
    """Whether the rows that ``reading`` counts can be grouped so."""
    kind = reading.relation.rows
    return by is None or by in _NO_COLUMNS or by in {column.name for column in COLUMNS[kind]}
