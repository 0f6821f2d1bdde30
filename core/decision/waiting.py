"""What the next step of a rollout waits for, in the few words that fit into the band of a page."""

from core.criteria.verdict import Verdict
from core.decision.decide import Decision
from core.decision.journey import more_words
from core.rollout.transitions import State

SIGN_OFF = "sign-off"

_LACKS = {
    "verdict": "a GO of every deciding row",
    "locked": "the lock of the checklist",
    "measured": "a row that is measured",
    "plan": "a mend of the phase plan",
    "signatures": SIGN_OFF,
    "state": "a rollout that runs",
    "alarms": "an answer to an alarm",
    "duration": "days that the phase has to run",
    "criteria": "what the phase has to show",
    "release": "the live release on the Release page",
    "regressions": "a release that does no worse",
    "rollback": "a rehearsal of going back",
    "red_team": "an answer to the red team",
    "promises": "a condition of the GO",
}


def waits_for(decision: Decision) -> tuple[str, ...]:
    """What the next step of the rollout waits for, a few words each; empty: it may be taken."""
    return tuple(_lack(decision, condition.name) for condition in decision.lacking)


def lack_words(condition: str) -> str:
    """What is missing where this condition of the gate is not met, whatever the feature; its name where an
    earlier version knew it and this one does not."""
    return _LACKS.get(condition, condition)


def _lack(decision: Decision, condition: str) -> str:
    match condition:
        case "verdict":
            return _rows_lack(decision)
        case "plan" if not decision.standing.plan.phases:
            return "a phase plan"
        case "duration" if decision.standing.days_left:
            return decision.standing.rest_words
        case "duration":
            return "a phase that the plan knows"
        case "state":
            return "a resume" if decision.standing.state is State.PAUSED else "a new start"
        case "criteria":
            return f"what {decision.standing.name} must show"
        case _:
            return lack_words(condition)


def _rows_lack(decision: Decision) -> str:
    """The row that keeps the verdict from GO for the longest, and how many there are beside it."""
    deciding = decision.deciding
    if not deciding:
        return "a checklist that decides"
    worst = deciding[0].label.rstrip(".") + _and_more(len(deciding) - 1)
    if decision.verdict is Verdict.NO_GO:
        return f"{worst} to be mended"
    if decision.verdict is Verdict.STALE:
        return f"newer evidence for {worst}"
    most = max(deciding, key=lambda row: row.more_cases or 0)
    return more_words(most) + _and_more(len(deciding) - 1)


def _and_more(count: int) -> str:
    return f" and {count} more" if count else ""
