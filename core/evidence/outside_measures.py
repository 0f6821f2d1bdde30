"""What people count outside the feature each week, and what a row of such counts says."""

from dataclasses import dataclass
from datetime import date

from core.evidence.weeks import monday

MEASURES = {
    "Support tickets that mention the feature": "all support tickets of that week",
    "Thumbs-down": "all reactions of that week",
    "People who used it": "everybody who could have used it",
    "People who work around it": "everybody who could have used it",
}
"""The measures that are offered, each with what its count may be out of; a feature adds its own words."""

COLUMNS = ("Week", "Measure", "Count", "Out of", "Note")
LONGEST_MEASURE, LONGEST_NOTE, LARGEST = 80, 500, 10**12


@dataclass(frozen=True)
class WeekCount:
    """``count`` of ``out_of`` (where that is known) in the week from the Monday ``week``."""

    week: date
    measure: str
    count: int
    out_of: int | None = None
    note: str | None = None


@dataclass(frozen=True)
class CountFault:
    """Why a row says nothing that can be kept: in which column, and how to mend it."""

    column: str
    reason: str
    fix: str


def checked(
    day: date, measure: str, count: int, out_of: int | None, note: str | None, today: date
) -> WeekCount | CountFault:
    """The row, in the form in which it is kept, or what is wrong with it."""
    measure, note = " ".join(measure.split()), (note or "").strip() or None
    if not measure or len(measure) > LONGEST_MEASURE:
        return CountFault(
            "Measure", f"It must have 1 to {LONGEST_MEASURE} characters.", "Choose one, or write a short one."
        )
    if day.year < 2000 or day > today:
        return CountFault("Week", "It lies in the future or before 2000.", "Give a day up to today.")
    if not 0 <= count <= LARGEST:
        return CountFault("Count", "It is not a number from 0 on.", "Give a whole number, such as 12.")
    if out_of is not None and not max(1, count) <= out_of <= LARGEST:
        return CountFault("Out of", "It is smaller than the count.", "Give all of them, or leave it blank.")
    if note and len(note) > LONGEST_NOTE:
        return CountFault("Note", f"It has more than {LONGEST_NOTE} characters.", "Shorten it.")
    return WeekCount(monday(day), measure, count, out_of, note)
