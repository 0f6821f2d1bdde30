"""Days whose month is a word, as Excel writes them: “1-Nov-26”, “Nov 1, 2026 3:00 PM”."""

import re
from typing import NamedTuple

from core.intake.clocks import CLOCK

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_BY_WORD = {
    **{word: place for place, name in enumerate(_MONTHS, start=1) for word in (name, name[:3])},
    "sept": 9,
}

_CENTURY = 2000
"""Two digits of a year are one of this century: no evidence is older."""

_AT = rf"(?:,? (?:at )?(?P<clock>{CLOCK}))?"
_DAY_FIRST = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<between>[- ]|\. )(?P<month>[A-Za-z]{3,9})\.?(?:(?P=between)|,? )"
    rf"(?P<year>[0-9]{{4}}|[0-9]{{2}}){_AT}"
)
_MONTH_FIRST = re.compile(rf"(?P<month>[A-Za-z]{{3,9}})\.? (?P<day>[0-9]{{1,2}}),? (?P<year>[0-9]{{4}}){_AT}")


class NamedDay(NamedTuple):
    """A day, not yet known to exist, and the clock time beside it as it is written."""

    year: int
    month: int
    day: int
    clock: str | None


def named_day(text: str) -> NamedDay | None:
    """The day in ``text``; None where it names no month in English."""
    found = _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
    month = _BY_WORD.get(found["month"].casefold()) if found else None
    if found is None or month is None:
        return None
    year = int(found["year"]) + (_CENTURY if len(found["year"]) == 2 else 0)
    return NamedDay(year, month, int(found["day"]), found["clock"])
