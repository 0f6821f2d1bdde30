"""The scope read against the rest of the feature: what will hurt, and the calendar against the real dates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.advice import Advice
from core.criteria.calendar import CalendarLine, Course, Sign, calendar_lines
from core.criteria.scope import Scope, read_scope
from core.criteria.scope_progress import SectionProgress, progress_of
from core.criteria.scope_review import advice_on
from core.criteria.stakes import Stakes
from core.evidence.columns import Kind
from core.rollout.plan import PhasePlan, read_plan
from core.rollout.speed import on_speed
from core.rollout.transitions import Transition, periods
from core.store import commitments, documents, features, transitions, uploads
from core.store.uploads import Upload

_KINDS: dict[Sign, tuple[Kind, ...]] = {
    Sign.TRACES: (Kind.TRACES, Kind.SPANS),
    Sign.LABELS: (Kind.LABELS,),
    Sign.EVALS: (Kind.EVALS,),
}
_PHASES = (Sign.FIRST_PHASE, Sign.SECOND_PHASE, Sign.THIRD_PHASE)


@dataclass(frozen=True)
class ScopeReview:
    """What a scope shows beside the rest of the feature, as of a moment."""

    advice: tuple[Advice, ...]
    calendar: tuple[CalendarLine, ...]
    progress: tuple[SectionProgress, ...]


def review_scope(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> ScopeReview:
    """The advice on the newest scope and plan, and each step of the calendar with the day it really began."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        saved = documents.newest(connection, feature.id, documents.SCOPE)
        planned = documents.newest(connection, feature.id, documents.PLAN)
        scope = read_scope(saved.body) if saved else Scope()
        plan = read_plan(planned.body) if planned else PhasePlan()
        locks = commitments.history(connection, feature.id)
        seen = _of_uploads(uploads.of_feature(connection, feature.id))
        seen |= _of_rollout(plan, transitions.of_feature(connection, feature.id))
    if locks:
        seen[Sign.LOCK] = locks[-1].locked_at.date()
    lines = calendar_lines(scope.calendar, seen, now.date())
    advice = (
        *advice_on(scope, now.date(), Stakes(feature.stakes)),
        *on_speed(plan),
        *_late(lines),
    )
    return ScopeReview(advice, lines, progress_of(scope))


def _of_uploads(handed_in: Iterable[Upload]) -> dict[Sign, date]:
    """The day of the first upload of each kind that still counts."""
    found: dict[Sign, date] = {}
    counting = [one for one in handed_in if one.state == "done" and one.withdrawn_at is None]
    for sign, kinds in _KINDS.items():
        days = [one.finished_at.date() for one in counting if one.kind in kinds and one.finished_at]
        if days:
            found[sign] = min(days)
    return found


def _of_rollout(plan: PhasePlan, moves: tuple[Transition, ...]) -> dict[Sign, date]:
    """The day on which each phase was entered first, by its place in the plan."""
    entered: dict[str, date] = {}
    for period in periods(moves):
        entered.setdefault(period.phase, period.began.date())
    ids = [phase.id for phase in plan.phases]
    found = {sign: entered[phase] for sign, phase in zip(_PHASES, ids, strict=False) if phase in entered}
    if ids and ids[-1] in entered:
        found[Sign.LAST_PHASE] = entered[ids[-1]]
    return found


def _late(lines: tuple[CalendarLine, ...]) -> tuple[Advice, ...]:
    late = next((line for line in lines if line.course is Course.LATE), None)
    if late is None or late.planned is None:
        return ()
    day = f"{late.planned.day} {late.planned:%B %Y}"
    return (
        Advice(
            "calendar_late",
            f"Week {late.step.week} ({late.step.what}) was planned for {day} and has not been seen yet.",
            "Whoever waits for the next step believes the old dates. Do it, or write down the new week.",
        ),
    )
