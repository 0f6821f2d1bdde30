"""A step on the way of a feature, the parts of the way, and which of its steps comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class StepState(StrEnum):
    DONE = "done"
    OPEN = "open"
    SOMEONE_ELSE = "someone_else"


@dataclass(frozen=True)
class Step:
    """One thing on the way. ``words`` say where it stands, ``ask`` what to do, in the middle of a sentence.

    ``page`` is the key of the page to go to; ``who`` names the people it needs, where they are known.
    """

    key: str
    words: str
    state: StepState
    page: str
    ask: str
    who: str = ""


STEP_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Prepare": ("scope", "checklist", "plan", "lock", "release", "rehearsal"),
    "Evidence": ("questions", "evidence", "failing", "answers", "stale", "cases"),
    "Decide": ("regressions", "red_team", "asked", "go", "sign"),
    "Roll out": ("rollout",),
}
"""The parts of the way, each with its steps in the order in which one takes them."""

STEP_KEYS = tuple(key for keys in STEP_GROUPS.values() for key in keys)
"""Every step there is, in the order in which one takes them."""

_LAST = ("go", "sign", "rollout")
"""The steps that are of no use before everything else is done."""


def step(key: str, page: str, words: str, ask: str, *, done: bool, who: str = "") -> Step:
    """A step that is done or open; whether it needs someone else is for its reader to say."""
    return Step(key, words, StepState.DONE if done else StepState.OPEN, page, ask, who)


def next_step(steps: Sequence[Step], *, is_stopped: bool = False) -> Step | None:
    """The first open step, else the first that needs someone else; ``None`` where all is done.

    The verdict itself follows from the others, so it comes up only where nothing else is left; it is signed
    after that, and the rollout goes on only then. One that ``is_stopped`` is looked into before anything is
    signed.
    """
    unfinished = [one for one in steps if one.state is not StepState.DONE]
    stopped = [one for one in unfinished if one.key == "rollout"] if is_stopped else []
    waiting = [one for one in unfinished if one.key not in _LAST] or stopped or unfinished[:1]
    return next((one for one in waiting if one.state is StepState.OPEN), next(iter(waiting), None))


def grouped(steps: Sequence[Step]) -> tuple[tuple[str, tuple[Step, ...]], ...]:
    """The steps in the parts of the way that have any."""
    parts = ((name, tuple(one for one in steps if one.key in keys)) for name, keys in STEP_GROUPS.items())
    return tuple((name, there) for name, there in parts if there)
