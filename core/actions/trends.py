"""Trends: a metric by week or day over one part of the evidence, how loudly it drifts, how its days swing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from core.actions.gates import decide_on
from core.actions.gauges import Gauge, Part
from core.actions.like_for_like import compare_stretches
from core.actions.part_reader import PartReader, folded
from core.actions.people import Caller
from core.actions.phase_names import newest_plan, phase_name
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.criteria.verdict import Verdict
from core.decision.decide import Decision
from core.metrics.catalogue import Metric, Shape, metric
from core.metrics.daily import Swing, swing_of
from core.metrics.drift import Drift, Stop, Tripped, days_of_the_release, drift_of
from core.metrics.like_for_like import Comparison
from core.metrics.measurement import Source, WeekPoint
from core.rollout.alarms import ACTING, WATCHED_STATES, Watch, followed, is_tripwire
from core.rollout.plan import EarlyWarning, Phase
from core.rollout.transitions import PhasePeriod, periods
from core.statistics.drift import Level
from core.store import alarms, features, transitions
from core.store.day_counts import day_counts
from core.store.points_course import points_course


@dataclass(frozen=True)
class RateTrend:
    """How loudly a rate by one source drifts, and how its days swing (None: no day counts anything).

    ``same_kinds`` holds the last of the weeks that speak against the first on the same kinds of tasks, since
    other tasks alone can move a rate. ``unwatched`` says why an early warning of the phase that runs
    cannot be followed for it.
    """

    metric: Metric
    source: Source
    drift: Drift
    swing: Swing | None
    same_kinds: Comparison | None = None
    unwatched: str = ""


@dataclass(frozen=True)
class PhaseStart:
    """The day on which a phase began, by the name that the plan gives it."""

    day: date
    name: str


def view_trend(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    metric_id: str,
    source: Source,
    step: str,
) -> tuple[WeekPoint, ...]:
    """One metric by ``step`` (``"week"`` or ``"day"``); a point's ``week`` is the day it begins on."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        return PartReader.of(workspace, connection, slug, part, now).trend(metric(metric_id), source, step)


def view_drifts(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    gauges: Sequence[Gauge],
) -> tuple[RateTrend, ...]:
    """The drift and the days of each measured rate among ``gauges``, in their order; amounts have none."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        decision = decide_on(workspace, connection, reader.feature, now)
        watched = _watched(decision)
        found = [_rate_trend(reader, decision, watched, gauge) for gauge in gauges]
        return tuple(one for one in found if one is not None)


def phase_starts(workspace: Workspace, caller: Caller, slug: str) -> tuple[PhaseStart, ...]:
    """When each phase began, oldest first; a phase that was entered again has a start of its own."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        plan = newest_plan(connection, feature)
        moves = transitions.of_feature(connection, feature.id)
    return tuple(PhaseStart(one.began.date(), phase_name(plan, one.phase)) for one in periods(moves))


@dataclass(frozen=True)
class _Watched:
    """The phase that runs, since when, with the warnings that act and are about a rate."""

    phase: Phase
    since: datetime
    warnings: tuple[EarlyWarning, ...]


def _watched(decision: Decision) -> _Watched | None:
    standing = decision.standing
    entered = standing.rollout.entered
    if standing.state not in WATCHED_STATES:
        return None
    if standing.phase is None or entered is None:
        return None
    warnings = tuple(
        one
        for one in standing.phase.warnings
        if one.tier in ACTING and metric(one.metric).shape is Shape.RATE and not is_tripwire(one)
    )
    return _Watched(standing.phase, entered, warnings)


def _rate_trend(
    reader: PartReader, decision: Decision, watched: _Watched | None, gauge: Gauge
) -> RateTrend | None:
    if gauge.metric.shape is not Shape.RATE or gauge.measured is None:
        return None
    weeks = reader.trend(gauge.metric, gauge.source, "week")
    request = reader.request(gauge.metric, gauge.source)
    days = days_of_the_release(
        weeks, day_counts(reader.workspace.warehouse, reader.connection, reader.feature, request)
    )
    tripped, unwatched = _tripped(reader, watched, gauge)
    misses = _misses_its_bar(reader, decision, gauge)
    stop = Stop(misses, misses and decision.bar.is_draft, tripped)
    drift = drift_of(weeks, days, bar=gauge.bar, stop=stop)
    if drift is None:
        return None
    same_kinds = _same_kinds(reader, gauge, drift)
    return RateTrend(gauge.metric, gauge.source, drift, swing_of(days), same_kinds, unwatched)


def _same_kinds(reader: PartReader, gauge: Gauge, drift: Drift) -> Comparison | None:
    if drift.level is Level.QUIET or not drift.is_judged:
        return None
    first, last = (_week(point.week) for point in (drift.compared[0], drift.compared[-1]))
    return compare_stretches(reader, gauge, gauge.bar, last, first)


def _week(monday: date) -> PhasePeriod:
    began = datetime.combine(monday, time(), UTC)
    return PhasePeriod("", began, began + timedelta(days=7))


def _misses_its_bar(reader: PartReader, decision: Decision, gauge: Gauge) -> bool:
    """Whether a row of the gate about exactly this rate of exactly this part is NO-GO, and decides.

    The gate looks at the present: of one release, or of a phase that is over, it says nothing.
    """
    phase = reader.part.phase
    if reader.part.bundle is not None or (phase is not None and phase.ended is not None):
        return False
    where = folded(dict(reader.part.slice.where))
    return any(
        row.counts and row.verdict is Verdict.NO_GO
        for row in (*decision.rows, *decision.phase_rows)
        if isinstance(row.item, MeasuredItem)
        and (row.item.metric, row.item.source) == (gauge.metric.id, gauge.source)
        and folded(row.item.slice) == where
    )


def _tripped(reader: PartReader, watched: _Watched | None, gauge: Gauge) -> tuple[tuple[Tripped, ...], str]:
    """The early warnings about this rate that tripped since the phase began, or why they cannot be followed.

    A warning watches all traffic: under filters of the page nothing is replayed.
    """
    if watched is None or reader.part.slice.where or reader.part.bundle is not None:
        return (), ""
    about = [
        one
        for one in watched.warnings
        if one.metric == gauge.metric.id and one.source in (None, gauge.source)
    ]
    if not about or gauge.source is Source.EVAL or gauge.metric.graded:
        return (), ""
    items = [item for item in reader.checklist.items if isinstance(item, MeasuredItem)]
    counters = [followed(one, gauge.source, watched.phase, items) for one in about]
    if None in counters:
        return (), (
            "The plan has an early warning about it, but its bar is too close to what is normal, or too "
            "rare, for points to be counted."
        )
    tripped = [_replayed(reader, watched, gauge, one) for one in counters if one is not None]
    return tuple(one for one in tripped if one is not None), ""


def _replayed(reader: PartReader, watched: _Watched, gauge: Gauge, one: Watch) -> Tripped | None:
    if one.rule is None:
        return None
    request = reader.request(gauge.metric, gauge.source)
    known = alarms.of_feature(reader.connection, reader.feature.id)
    since = alarms.counted_since(known, one.name, one.warning.tier, watched.since)
    request = replace(request, window=replace(request.window, since=since))
    course = points_course(reader.workspace.warehouse, reader.connection, reader.feature, request, one.rule)
    if course.tripped_at is None or course.began_at is None:
        return None
    return Tripped(one.warning.bar, one.rule, course.tripped_at, course.began_at, course.cases)
