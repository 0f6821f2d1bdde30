"""The calendar of a rollout: what is planned for which week, shown against what has really happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator

from core.criteria.scope_parts import Said, ScopePart

_WEEK = 7


class Sign(StrEnum):
    """By what Readygate sees that a step has begun."""

    NOTHING = "nothing"
    TRACES = "traces"
    LABELS = "labels"
    EVALS = "evals"
    LOCK = "lock"
    FIRST_PHASE = "first_phase"
    SECOND_PHASE = "second_phase"
    THIRD_PHASE = "third_phase"
    LAST_PHASE = "last_phase"


class CalendarStep(ScopePart):
    """What is planned for one week, counted from 0."""

    week: Annotated[int, Field(ge=0, le=520)]
    what: Said
    shown_by: Sign = Sign.NOTHING


class Calendar(ScopePart):
    """``begins_on`` is the first day of week 0; without it the weeks have no dates."""

    begins_on: date | None = None
    steps: Annotated[tuple[CalendarStep, ...], Field(max_length=60)] = ()

    @field_validator("steps")
    @classmethod
    def _weeks_rise(cls, steps: tuple[CalendarStep, ...]) -> tuple[CalendarStep, ...]:
        for place, step in enumerate(steps):
            if step in steps[:place]:
                raise ValueError(f"“{step.what}” is planned twice for week {step.week}.")
        return tuple(sorted(steps, key=lambda step: step.week))


class Course(StrEnum):
    """Where a step of the calendar stands."""

    DONE = "done"
    LATE = "late"
    AHEAD = "ahead"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class CalendarLine:
    """One step with the first day planned for it and the day on which it really began.

    ``planned`` is ``None`` where the calendar has no first day, ``happened`` where nothing was seen yet.
    """

    step: CalendarStep
    planned: date | None
    happened: date | None
    course: Course

    @property
    def weeks_late(self) -> int:
        """How many whole weeks after its week it began; 0 where it was in time, or cannot be told."""
        if self.planned is None or self.happened is None:
            return 0
        return max((self.happened - self.planned).days // _WEEK, 0)


def calendar_lines(calendar: Calendar, seen: Mapping[Sign, date], today: date) -> tuple[CalendarLine, ...]:
    """Every step of the calendar against the days on which its sign was ``seen`` first."""
    return tuple(_line(calendar.begins_on, step, seen, today) for step in calendar.steps)


def _line(begins_on: date | None, step: CalendarStep, seen: Mapping[Sign, date], today: date) -> CalendarLine:
    planned = begins_on + timedelta(days=_WEEK * step.week) if begins_on else None
    happened = seen.get(step.shown_by)
    if happened is not None:
        course = Course.DONE
    elif step.shown_by is Sign.NOTHING:
        course = Course.UNSEEN
    elif planned is not None and today >= planned + timedelta(days=_WEEK):
        course = Course.LATE
    else:
        course = Course.AHEAD
    return CalendarLine(step, planned, happened, course)


STEP_WORDS: dict[str, str] = {"week": "Week", "what": "What happens", "shown_by": "Seen by"}

SIGN_WORDS = {
    Sign.NOTHING: "nothing here: look yourself",
    Sign.TRACES: "the first traces uploaded",
    Sign.LABELS: "the first labels uploaded",
    Sign.EVALS: "the first eval results uploaded",
    Sign.LOCK: "the lock of the checklist",
    Sign.FIRST_PHASE: "the start of the first phase",
    Sign.SECOND_PHASE: "the start of the second phase",
    Sign.THIRD_PHASE: "the start of the third phase",
    Sign.LAST_PHASE: "the start of the last phase",
}

USUAL_WEEKS: tuple[CalendarStep, ...] = (
    CalendarStep(week=0, what="Instrument it: every run leaves a trace", shown_by=Sign.TRACES),
    CalendarStep(week=1, what="Review every answer", shown_by=Sign.LABELS),
    CalendarStep(week=2, what="Mend what it sees: context and tools"),
    CalendarStep(week=3, what="Write evals and baselines", shown_by=Sign.EVALS),
    CalendarStep(week=4, what="Ten users", shown_by=Sign.SECOND_PHASE),
    CalendarStep(week=5, what="Look for new kinds of failure"),
    CalendarStep(week=6, what="The whole team", shown_by=Sign.LAST_PHASE),
    CalendarStep(week=7, what="Watch for drift; outside users only when the metrics are stable"),
)
"""The weeks that a calendar begins with."""
