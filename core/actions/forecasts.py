"""The forecast of the rollout: what comes in, until when each phase can be decided, and what it risks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from core.actions.gates import decide_on
from core.actions.held_checklist import held_checklist
from core.actions.live_release import releases_at
from core.actions.measuring import by_group, has_group
from core.actions.people import Caller
from core.actions.phase_names import newest_plan
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, MeasuredItem
from core.criteria.dependencies import THRESHOLD_PARTS
from core.criteria.judge import Row
from core.criteria.planning import LATELY_DAYS
from core.criteria.scope import Scope, WorstCase, read_scope
from core.criteria.stakes import ACCEPTED_ERROR
from core.criteria.verdict import Verdict
from core.criteria.wording import item_label
from core.decision.decide import Decision
from core.errors import WrongUsage
from core.metrics.catalogue import Shape, metric
from core.metrics.confidence import promise
from core.metrics.measurement import Measurement, Slice, Source, Window
from core.metrics.requests import TallyRequest
from core.rollout.blast import Blast, HighStakes, blast_of, main_row, wrong_of
from core.rollout.evidence import criteria_of
from core.rollout.exposure import reach
from core.rollout.forecast import MINUTES_A_LABEL, Now, PhaseForecast, forecast
from core.rollout.plan import PhasePlan
from core.rollout.seen import ConfidenceSeen, Seen
from core.rollout.standing import Standing
from core.rollout.traffic import Traffic, with_measured
from core.rollout.transitions import State
from core.statistics.threshold import Guardrail
from core.store import confidence_rows, documents, features
from core.store.database import Connection
from core.store.features import Feature
from core.store.task_days import tasks_by_day

MOST_MINUTES = 600.0
"""Nobody reviews one answer for longer than a day."""

_CORRECT = 0.9
"""The promise that confidence is held against: whether it parts right from wrong hangs little on it."""


@dataclass(frozen=True)
class ForecastView:
    """The phases of the newest plan from the current one on, and the blast radius of every phase.

    ``traffic`` is what was counted, ``None`` where nothing was; ``state`` is where the rollout stands.
    """

    plan: PhasePlan
    state: State
    phases: tuple[PhaseForecast, ...]
    blasts: tuple[Blast, ...]
    traffic: Traffic | None
    minutes_a_label: float
    today: date

    def counted_on(self, phase_id: str) -> PhasePlan:
        """The plan with the traffic that was counted, for what is still to come; else as it was written."""
        is_ahead = any(one.phase.id == phase_id for one in self.phases)
        return with_measured(self.plan, self.traffic) if is_ahead else self.plan

    def blast(self, phase_id: str) -> Blast | None:
        return next((one for one in self.blasts if one.phase.id == phase_id), None)


def view_forecast(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    minutes_a_label: float = MINUTES_A_LABEL,
) -> ForecastView:
    """The forecast as of ``now``, from the evidence of the last four weeks and the newest plan.

    ``minutes_a_label`` is what reviewing one answer takes, above 0.
    """
    require(workspace, caller, Act.SEE, slug)
    if not 0 < minutes_a_label <= MOST_MINUTES:
        raise WrongUsage(
            f"{minutes_a_label:g} minutes an answer cannot be.", mend="Give a number above 0, such as 2."
        )
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        plan, (checklist, _) = newest_plan(connection, feature), held_checklist(connection, feature, now)
        traffic = traffic_of(workspace, connection, feature, decision.standing, plan, checklist, now)
        today = _now_of(plan, decision, now)
        row, worst = main_row(decision.rows), _worst_case(connection, feature)
        stakes = _high_stakes(workspace, connection, feature, checklist, decision.rows, now)
        return ForecastView(
            plan=plan,
            state=decision.standing.state,
            phases=forecast(plan, checklist, today, traffic, minutes_a_label),
            blasts=tuple(blast_of(plan, one, row, traffic, worst, stakes) for one in plan.phases),
            traffic=traffic,
            minutes_a_label=minutes_a_label,
            today=now.date(),
        )


def next_blast(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> Blast | None:
    """The blast radius of the step that is decided about: the next phase, in the last one that phase."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        standing = decision.standing
        phase = standing.next or standing.phase
        if phase is None:
            return None
        checklist, _ = held_checklist(connection, feature, now)
        traffic = traffic_of(workspace, connection, feature, standing, standing.plan, checklist, now)
        row, worst = main_row(decision.rows), _worst_case(connection, feature)
        stakes = _high_stakes(workspace, connection, feature, checklist, decision.rows, now)
        return blast_of(standing.plan, phase, row, traffic, worst, stakes)


def seen_of(
    workspace: Workspace, connection: Connection, feature: Feature, plan: PhasePlan, now: datetime
) -> Seen:
    """What the linter may hold the plan against, as part of another action."""
    decision = decide_on(workspace, connection, feature, now)
    checklist, _ = held_checklist(connection, feature, now)
    return Seen(
        traffic=traffic_of(workspace, connection, feature, decision.standing, plan, checklist, now),
        confidence=_confidence(workspace, connection, feature, plan, now),
        too_close=tuple(item_label(item) for item in _too_close(decision.rows)),
        over=_over(plan, decision.standing),
        runs=decision.standing.rollout.phase if decision.standing.state_has_minimum else None,
    )


def _over(plan: PhasePlan, standing: Standing) -> tuple[str, ...]:
    """The phases before the one that runs: nothing about them can be mended any more."""
    ids = [phase.id for phase in plan.phases]
    current = standing.rollout.phase
    if current not in ids or standing.state in (State.NOT_STARTED, State.ROLLED_BACK):
        return ()
    return tuple(ids[: ids.index(current)])


def traffic_of(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    standing: Standing,
    plan: PhasePlan,
    checklist: Checklist,
    now: datetime,
) -> Traffic | None:
    """What the last four whole weeks brought a day, of the current phase only; ``None``: no trace.

    Counted are the days from the first to the last with a trace, so that traces that are uploaded once a
    week are not taken for a week without users.
    """
    window = _lately(now)
    phase, entered = standing.phase, standing.rollout.entered
    if phase is not None and entered is not None and window.since is not None:
        window = replace(window, since=max(window.since, _midnight_after(entered)))
    days = tasks_by_day(workspace.warehouse, connection, feature, Slice(), window)
    if not days:
        return None
    first, last = days[0][0], days[-1][0]
    whole = (last - first).days + 1
    shares = reach(standing.plan, phase).shares if phase is not None else None
    counted = Window(_midnight(first), _midnight(last + timedelta(days=1)))
    usable = _usable(workspace, connection, feature, plan, checklist, counted)
    return Traffic(
        tasks=sum(tasks for _, tasks in days) / whole,
        days=whole,
        phase=phase.id if phase is not None else None,
        exposure=shares[1] if shares else None,
        reviewed=phase.review_share if phase is not None else 0.0,
        usable={name: n / whole for name, n in usable.items()},
        labels=_most_labels(plan, checklist, usable, whole),
    )


def _usable(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    plan: PhasePlan,
    checklist: Checklist,
    window: Window,
) -> Mapping[str, float]:
    """The cases of ``window`` that count for each criterion of any phase that traffic brings."""
    items = {item.id: item for phase in plan.phases for item in criteria_of(phase, checklist)}
    error = ACCEPTED_ERROR[checklist.stakes]
    found = {}
    for item in items.values():
        asked = metric(item.metric)
        if item.source is Source.EVAL or asked.shape is Shape.NONE_IN_FIRST:
            continue
        request = TallyRequest(item.metric, item.source, item.slice_of, window, bar=item.bar)
        measured = by_group(workspace, connection, feature, request, error).get(None)
        found[item.id] = float(measured.n) if isinstance(measured, Measurement) else 0.0
    return found


def _most_labels(
    plan: PhasePlan, checklist: Checklist, usable: Mapping[str, float], days: int
) -> float | None:
    items = [item for phase in plan.phases for item in criteria_of(phase, checklist)]
    counted = [usable[item.id] for item in items if item.source is Source.LABEL and item.id in usable]
    return max(counted) / days if counted else None


def _now_of(plan: PhasePlan, decision: Decision, now: datetime) -> Now:
    standing = decision.standing
    current = standing.rollout.phase
    if standing.state in (State.NOT_STARTED, State.ROLLED_BACK):
        current = plan.phases[0].id if plan.phases else None
        left = (plan.phases[0].minimum_days or 0) if plan.phases else 0
    else:
        left = standing.days_left
    rows = {row.item.id: row for row in (*decision.rows, *decision.phase_rows)}
    return Now(current, rows, left, now.date())


def _too_close(rows: Sequence[Row]) -> list[MeasuredItem]:
    """The deciding rows whose bar lies inside their interval and that no number of cases settles."""
    found = []
    for row in rows:
        measured, item = row.finding, row.item
        if not isinstance(measured, Measurement) or not isinstance(item, MeasuredItem) or not row.counts:
            continue
        inside = None not in (measured.low, measured.high, item.bar) and (
            (measured.low or 0) <= (item.bar or 0) <= (measured.high or 0)
        )
        if row.verdict is Verdict.NOT_ENOUGH_EVIDENCE and row.more_cases is None and inside:
            found.append(item)
    return found


def _confidence(
    workspace: Workspace, connection: Connection, feature: Feature, plan: PhasePlan, now: datetime
) -> ConfidenceSeen | None:
    """Whether the newest release's confidence tells right answers from wrong ones; None without a trace."""
    if all(phase.confidence_threshold is None for phase in plan.phases):
        return None
    window = Window(None, _lately(now).until)
    spans = confidence_rows.releases(workspace.warehouse, connection, feature, Slice(), window)
    if not spans:
        return None
    if not any(span.stated for span in spans):
        return ConfidenceSeen.NOT_STATED
    releases = releases_at(connection, feature, now)
    if releases.live is not None:
        window = replace(window, release=releases.scope(THRESHOLD_PARTS))
    else:
        newest = next((span for span in spans if span.release), spans[0])
        window = replace(window, bundle=newest.release or None)
    counted = confidence_rows.counted(workspace.warehouse, connection, feature, Slice(), window)
    checklist, _ = held_checklist(connection, feature, now)
    made = promise(counted, _CORRECT, ACCEPTED_ERROR[checklist.stakes])
    return {
        Guardrail.USABLE: ConfidenceSeen.USABLE,
        Guardrail.NOT_USABLE: ConfidenceSeen.USELESS,
        Guardrail.UNDECIDED: ConfidenceSeen.NOT_SHOWN,
    }[made.chosen.guardrail]


def _high_stakes(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    checklist: Checklist,
    rows: tuple[Row, ...],
    now: datetime,
) -> HighStakes | None:
    """The protected part in which most tasks of the last four weeks can be wrong; None if none is known."""
    window = _lately(now)
    whole = _tasks(workspace, connection, feature, Slice(), window)
    trace = metric("latency_p95").reading(Source.TRACE)
    parts = {
        item.slice_of
        for item in checklist.items
        if isinstance(item, MeasuredItem) and item.protected and item.slice
        if all(has_group(trace, name) for name in item.slice)
    }
    if not whole or not parts:
        return None
    found = [
        HighStakes(
            str(part),
            _tasks(workspace, connection, feature, part, window) / whole,
            wrong_of(main_row(rows, part)),
        )
        for part in parts
    ]
    return max(found, key=lambda one: (one.most_wrong, one.name))


def _tasks(
    workspace: Workspace, connection: Connection, feature: Feature, part: Slice, window: Window
) -> int:
    days = tasks_by_day(workspace.warehouse, connection, feature, part, window)
    return sum(tasks for _, tasks in days)


def _worst_case(connection: Connection, feature: Feature) -> WorstCase:
    saved = documents.newest(connection, feature.id, documents.SCOPE)
    return (read_scope(saved.body) if saved else Scope()).worst_case


def _lately(now: datetime) -> Window:
    """The last four weeks in whole days, so that what was worked out is remembered until midnight."""
    today = _midnight_before(now)
    return Window(today - timedelta(days=LATELY_DAYS), today)


def _midnight_before(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _midnight_after(moment: datetime) -> datetime:
    begins = _midnight_before(moment)
    return begins if begins == moment else begins + timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
