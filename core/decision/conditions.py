"""What must hold beside the rows before a feature may go on, each condition with its sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.criteria.wording import days_words
from core.decision.override import OverrideLine, OverrideState
from core.rollout.alarms import OpenAlarm
from core.rollout.lint import Finding
from core.rollout.standing import Standing
from core.rollout.transitions import State


@dataclass(frozen=True)
class Condition:
    """Something that must hold before the feature may go on, beside the rows."""

    name: str
    met: bool
    sentence: str


def plan_holds(standing: Standing, findings: Sequence[Finding]) -> Condition:
    """There is a plan, nothing in it hurts so much that it blocks, and the current phase is still in it."""
    if not standing.plan.phases:
        return Condition("plan", False, "There is no phase plan, so there is no phase to start.")
    blocking = len({finding.rule.id for finding in findings if finding.blocks})
    if blocking:
        things = "1 thing" if blocking == 1 else f"{blocking} things"
        return Condition("plan", False, f"{things} in the phase plan will hurt: mend the plan first.")
    if standing.state_has_minimum and standing.place is None:
        gone = f"The current phase, {standing.name}, is no longer in the phase plan: put it back."
        return Condition("plan", False, gone)
    return Condition("plan", True, "Nothing in the phase plan blocks.")


def not_stopped(standing: Standing) -> Condition:
    sentences = {
        State.NOT_STARTED: "The rollout has not begun.",
        State.RUNNING: "The rollout is running.",
        State.PAUSED: "The rollout is paused: it has to be resumed first.",
        State.ROLLED_BACK: "The rollout was rolled back: it has to be started again.",
        State.COMPLETE: "The rollout is complete: there is no next phase.",
    }
    met = standing.state in (State.NOT_STARTED, State.RUNNING)
    return Condition("state", met, sentences[standing.state])


def no_alarm(alarms: Sequence[OpenAlarm]) -> Condition:
    """No early warning has tripped that nobody has acknowledged; what is only advisory keeps nothing back."""
    names = "; ".join(one.name for one in alarms if one.holds_back)
    if names:
        return Condition(
            "alarms", False, f"An early warning tripped: {names}. Somebody has to say what was found."
        )
    return Condition("alarms", True, "No early warning waits for an answer.")


def long_enough(standing: Standing) -> Condition:
    if not standing.state_has_minimum:
        return Condition("duration", True, "No phase is under way that would have to run longer.")
    minimum = standing.phase.minimum_days if standing.phase else None
    if standing.phase is None:
        sentence = f"No plan says how long the current phase, {standing.name}, has to run."
        return Condition("duration", False, sentence)
    if minimum is None:
        return Condition("duration", True, f"{standing.name} has no minimum duration.")
    if standing.days_left:
        sentence = f"{standing.name} has to run for {standing.rest_words}; pauses do not count."
        return Condition("duration", False, sentence)
    return Condition("duration", True, f"{standing.name} has run its {days_words(minimum)}.")


def phase_shown(standing: Standing, rows: Sequence[Row], phase_rows: Sequence[Row]) -> Condition:
    """What the current phase must show beside the rows that decide about every phase."""
    current = standing.phase if standing.state_has_minimum else None
    if current is None:
        return Condition("criteria", True, "No phase is under way that would have to show more.")
    if not (current.criteria or current.bars):
        return Condition("criteria", True, f"{current.name} has nothing to show beyond the checklist.")
    known = {row.item.id: row for row in rows}
    unknown = [f"“{one}”, which the checklist does not have" for one in current.criteria if one not in known]
    asked = [*(known[one] for one in current.criteria if one in known), *phase_rows]
    open_rows = [row for row in asked if row.verdict is not Verdict.GO and row.waiver is None]
    missing = [_still(row) for row in open_rows] + unknown
    if missing:
        return Condition("criteria", False, f"{current.name} has still to show: {'; '.join(missing)}.")
    return Condition("criteria", True, f"{current.name} has shown what it must.")


def overruled(overrides: Sequence[OverrideLine]) -> tuple[Condition, ...]:
    """A line for an overruling while it holds. It meets no other condition: those stay as they are."""
    held = [one for one in overrides if one.state is OverrideState.HOLDS]
    return tuple(Condition("overruled", True, one.sentence) for one in held)


def _still(row: Row) -> str:
    return f"{row.label.rstrip('.')} ({row.verdict.value.replace('_', ' ')})"
