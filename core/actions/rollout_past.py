"""The rollout before it was followed here: phases that began earlier, written down with their days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.reasons import one_line
from core.actions.rollout_facts import RolloutFacts, rollout_facts
from core.actions.workspace import Workspace
from core.errors import Conflict, WrongUsage
from core.rollout.plan import Phase
from core.rollout.standing import Standing
from core.rollout.transitions import Move, Transition
from core.store import audit, features, transitions


@dataclass(frozen=True)
class PastStart:
    """A phase that began before anybody moved the rollout here, and its day (UTC)."""

    phase: str
    day: date


def record_past(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    starts: Sequence[PastStart],
    *,
    reason: str = "",
) -> tuple[Transition, ...]:
    """Write down which phases began when, for a rollout that ran before it was followed here.

    They are marked as recorded afterwards, since no gate was asked. Raises WrongUsage where a day is in
    the future or not after the one before, and Conflict once the rollout has been moved here.
    """
    require(workspace, caller, Act.START_PHASE, slug)
    reason = one_line(reason) or "Recorded afterwards"
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        facts = rollout_facts(connection, feature, now)
        moved = _past_moves(facts, starts, now, caller.name, reason)
        for one in moved:
            transitions.add(
                connection,
                feature_id=feature.id,
                moved=one,
                plan_number=facts.plan_number,
                verdict=None,
                now=now,
            )
        audit.append(
            connection,
            actor=caller.name,
            action="rollout recorded afterwards",
            subject=f"feature/{slug}",
            payload={
                "starts": [{"phase": one.phase, "at": one.at.isoformat()} for one in moved],
                "plan": facts.plan_number,
                "reason": reason,
            },
            now=now,
        )
    return tuple(moved)


def _past_moves(
    facts: RolloutFacts, starts: Sequence[PastStart], now: datetime, by: str, reason: str
) -> list[Transition]:
    """The starts as transitions, checked one after the other."""
    if not all(one.is_afterwards for one in facts.history):
        raise Conflict(
            "The rollout is already followed here, so the past can no longer be entered.",
            newest=facts.standing.moves,
            mend="Go on with the buttons of this page.",
        )
    if not starts:
        raise WrongUsage("No phase was given.", mend="Choose at least one phase and its first day.")
    places = {phase.id: place for place, phase in enumerate(facts.standing.plan.phases)}
    moved: list[Transition] = []
    before = facts.standing.last
    for one in starts:
        phase = _known_phase(facts.standing, one)
        at = datetime.combine(one.day, time.min, tzinfo=UTC)
        if at >= now:
            raise WrongUsage(f"{_day(one.day)} is in the future.", mend="Enter a day that has begun (UTC).")
        if before is not None and at <= before.at:
            raise WrongUsage(
                f"{phase.name} cannot have begun on {_day(one.day)}: the phase before it began on "
                f"{_day(before.at.date())}.",
                mend="Enter the phases in their order, each with a later day than the one before.",
            )
        if before is not None and places[one.phase] <= places.get(before.phase, -1):
            raise WrongUsage(
                f"{phase.name} does not come after the phase before it in the plan.",
                mend="Enter the phases in the order of the plan.",
            )
        before = Transition(Move.ADVANCE if before else Move.START, one.phase, at, by, reason)
        moved.append(before)
    return moved


def _known_phase(standing: Standing, start: PastStart) -> Phase:
    phase = standing.plan.phase(start.phase)
    if phase is None:
        raise WrongUsage(
            f"The phase plan has no phase “{start.phase}”.",
            mend="Plan the phases first, then say when they began.",
        )
    return phase


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
