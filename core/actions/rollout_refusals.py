"""What stands against a move of the rollout: its state, a page out of date, open alarms, the gate."""

from datetime import UTC

from core.actions.people import Caller
from core.actions.rollout_facts import RolloutFacts
from core.decision.decide import Decision
from core.decision.override import OverrideLine
from core.errors import Conflict, WrongUsage
from core.rollout.alarms import ACTING
from core.rollout.standing import Standing
from core.rollout.transitions import POSSIBLE, Move, State, Transition
from core.store import alarms
from core.store.database import Connection
from core.store.features import Feature

_STATED_SINCE = {
    State.RUNNING: "The rollout runs",
    State.PAUSED: "The rollout is paused",
    State.ROLLED_BACK: "The rollout was rolled back",
    State.COMPLETE: "The rollout is complete",
}
MOVE_WORDS = {
    Move.START: "started",
    Move.ADVANCE: "advanced",
    Move.PAUSE: "paused",
    Move.RESUME: "resumed",
    Move.ROLL_BACK: "rolled back",
    Move.COMPLETE: "completed",
}
"""What was done to the rollout by each move."""


def refuse_impossible(facts: RolloutFacts, move: Move, seen: int | None) -> None:
    """A move that the state does not allow, or that was asked for on a page that is out of date."""
    standing = facts.standing
    if move not in POSSIBLE[standing.state]:
        if standing.last is None:
            raise _moved_on("Nothing is rolled out yet.", standing, "There is nothing to stop or to move on.")
        raise _moved_on(_since(standing, standing.last), standing, _instead(standing.state))
    if seen is not None and seen != standing.moves and standing.last is not None:
        raise _moved_on(
            f"{_since(standing, standing.last)}, after you opened the page.",
            standing,
            "Nothing was changed: look at the page again, then decide.",
        )


def _since(standing: Standing, last: Transition) -> str:
    at = last.at.astimezone(UTC)
    when = f"{at.day} {at:%B %Y} at {at:%H:%M} UTC"
    head = _STATED_SINCE[standing.state]
    return f"{head} since {when}: {last.by} {MOVE_WORDS[last.move]} it"


def _instead(state: State) -> str:
    """What can be done in this state."""
    words = {
        State.RUNNING: "It can go on to the next phase, be paused or be rolled back.",
        State.PAUSED: "It can be resumed or rolled back.",
        State.ROLLED_BACK: "It can be started again.",
        State.COMPLETE: "It can be paused or rolled back.",
    }
    return words[state]


def _moved_on(sentence: str, standing: Standing, mend: str) -> Conflict:
    sentence = sentence if sentence.endswith(".") else f"{sentence}."
    return Conflict(sentence, newest=standing.moves, mend=mend)


def phase_ahead(standing: Standing, move: Move) -> str:
    """The phase that the move leads to."""
    if not standing.plan.phases:
        raise WrongUsage(
            "There is no phase plan, so there is no phase to start.", mend="Plan the phases first."
        )
    current = standing.rollout.phase
    if move is Move.COMPLETE:
        if not standing.is_in_last_phase or current is None:
            raise WrongUsage(
                f"{standing.name or 'The rollout'} is not in the last phase of the plan.",
                mend="Go on to the next phase; only the last one can be completed.",
            )
        return current
    if standing.next is None:
        raise WrongUsage(
            f"The plan has no phase after {standing.name}.",
            mend="Complete the rollout, or add a phase to the plan.",
        )
    return standing.next.id


def refuse_unacknowledged(connection: Connection, feature: Feature) -> None:
    """Whoever lets it run again has first to have said what became of each alarm."""
    waiting = [one for one in alarms.of_feature(connection, feature.id) if one.acknowledged_at is None]
    stops = [one for one in waiting if one.tier in ACTING]
    if stops:
        many = "1 alarm is" if len(stops) == 1 else f"{len(stops)} alarms are"
        raise WrongUsage(
            f"{many} open: {'; '.join(one.warning for one in stops)}.",
            mend="Acknowledge each of them on the Phase plan page, with what was found; then resume.",
            code="alarms_open",
        )


def ask_gate(decision: Decision, caller: Caller, move: Move, agreed: str) -> OverrideLine | None:
    """Refuse with every condition that lacks, unless a signer has overruled them: then it says who.

    Where nobody signs in, nobody can sign here, and ``agreed`` stands in for it: the rollout goes on, and
    the record says that it was agreed outside. Where people do, only their signatures count, whoever
    takes the step and by which way. Starting again is how a roll back ends, so that the
    roll back itself is no reason against it; nor is the end of the phases against completing the last.
    """
    is_outside = not (decision.sign_offs.people_sign_in or caller.verified)
    lacking = [
        one
        for one in decision.lacking
        if not (one.name == "state" and move is Move.START)
        and not (one.name == "signatures" and agreed and is_outside)
    ]
    if not lacking:
        return None
    if decision.override is not None and move is not Move.COMPLETE:
        return decision.override
    unsigned = lacking[-1].name == "signatures" and is_outside
    raise WrongUsage(
        "The gate does not let it: " + " ".join(one.sentence for one in lacking),
        mend="Say who agreed and where that is written down."
        if unsigned and len(lacking) == 1
        else "Mend this first. A pause or a roll back is possible at any time.",
        code="gate_closed",
    )
