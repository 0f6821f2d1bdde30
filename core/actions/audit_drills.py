"""How the audit log tells of rehearsals, of red-team findings and of their later tries."""

from collections.abc import Sequence

from core.actions.audit_details import ActionWords, Said, on_day
from core.rollout.rehearsals import minutes_words


def _of_release(said: Said) -> str:
    return f"Live then: release {said['bundle']}." if said["bundle"] else "No release was live then."


def _drill_details(said: Said) -> Sequence[str]:
    day, took = on_day(said["rehearsed_at"]), minutes_words(said["minutes"])
    return [f"Done on {day} by {said['done_by']}, in {took}.", _of_release(said), said["note"]]


def _finding_details(said: Said) -> Sequence[str]:
    return [f"“{said['title']}”, found on {on_day(said['found_at'])}.", _of_release(said), said["link"]]


def _check_details(said: Said) -> Sequence[str]:
    return [f"“{said['title']}”, tried on {on_day(said['checked_at'])}.", _of_release(said)]


DRILL_ACTIONS: dict[str, ActionWords] = {
    "rehearsal recorded": ActionWords(
        "Recorded a drill of going back",
        lambda said: (
            f"recorded a drill of going back that {'worked' if said['worked'] else 'failed'}: {said['label']}"
        ),
        _drill_details,
    ),
    "red-team finding recorded": ActionWords(
        "Recorded a red-team finding",
        lambda said: f"recorded the {said['severity']} red-team finding R-{said['number']}",
        _finding_details,
    ),
    "red-team finding tried again": ActionWords(
        "Tried a red-team finding again",
        lambda said: (
            f"tried the red-team finding R-{said['number']} again: it "
            f"{'still works' if said['state'] == 'open' else 'does not work any more'}"
        ),
        _check_details,
    ),
}
"""Every action on drills and findings that the program writes into the log, in words."""
