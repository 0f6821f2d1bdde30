"""Times as tools write them -> times as text: ISO texts, and numbers since 1970 in a unit that is known."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.intake.sources.foreign_cells import number_of, number_text, text_of

SECONDS, MILLISECONDS, NANOSECONDS = 1, 10**3, 10**9
"""How many of the unit make a second."""

_MOST_DIGITS = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_text(stated: Any, per_second: int) -> str | None:
    """The instant as ISO text in UTC, cut to microseconds; None for none.

    A text that is no number (an ISO time) stays as it is, and so does a number that is no time of this
    world: its cell is then refused with its value.
    """
    text = text_of(stated)
    if text is None or isinstance(stated, bool | dict | list):
        return text
    is_whole = text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS
    number: float | int | None = int(text) if is_whole else number_of(text)
    if number is None:
        return text
    try:
        return (_EPOCH + timedelta(microseconds=_microseconds(number, per_second))).isoformat()
    except (OverflowError, ValueError):
        return text


def instant_of(cell: Any) -> datetime | None:
    """The time in ``cell``, in UTC where it names no zone; None where it is no ISO time."""
    try:
        found = datetime.fromisoformat(text_of(cell) or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def later(begun: Any, milliseconds: float | None) -> str | None:
    """The time so many milliseconds after ``begun``; None where either is unknown."""
    moment = instant_of(begun)
    if moment is None or milliseconds is None or milliseconds < 0:
        return None
    try:
        return (moment + timedelta(milliseconds=milliseconds)).isoformat()
    except OverflowError:
        return None


def milliseconds_between(begun: Any, ended: Any, per_second: int) -> float | None:
    """How long something took, by two numbers since 1970; None where either end is no number, or the end
    lies before the beginning."""
    first, last = number_of(begun), number_of(ended)
    if first is None or last is None or last < first:
        return None
    return round((last - first) * 1000 / per_second, 3)


def milliseconds_from_to(begun: Any, ended: Any) -> float | None:
    """The same by two ISO times."""
    first, last = instant_of(begun), instant_of(ended)
    if first is None or last is None or last < first:
        return None
    return round((last - first).total_seconds() * 1000, 3)


def milliseconds_text(seconds: Any) -> str | None:
    """A duration that is stated in seconds as text in milliseconds; None for none, and below 0."""
    number = number_of(seconds)
    return None if number is None or number < 0 else number_text(round(number * 1000, 3))


def _microseconds(number: float | int, per_second: int) -> int:
    # Nanoseconds have more digits than a float holds, so whole numbers stay whole.
    return number * 10**6 // per_second if isinstance(number, int) else round(number * 10**6 / per_second)
