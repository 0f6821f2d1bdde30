"""Time cells -> instants in UTC: ISO 8601 and epochs are read, everything with two readings is asked.

A date without a clock time is its day at 00:00 UTC in every zone: moved by an offset, it would name the
day before or after.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.intake.cell_terms import Fault, Reading
from core.intake.cells import OneCell, each
from core.intake.clocks import CLOCK, of_24_hours
from core.intake.converted import Converted
from core.intake.named_days import named_day

FIRST_YEAR, LAST_YEAR = 2000, 2100
_FIRST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_END = datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_ISO = re.compile(
    rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"
    rf"(?:[T ]({CLOCK})(?: ?(Z|UTC|[+-][0-9]{{2}}(?::?[0-9]{{2}})?))?)?"
)
_DAY_MONTH = re.compile(rf"([0-9]{{1,2}})([/.-])([0-9]{{1,2}})\2([0-9]{{4}})(?:[T ,]+({CLOCK}))?")
_NUMBER = re.compile(r"([0-9]{1,19})(\.[0-9]+)?")
_LONG_YEAR = re.compile(r"[+-]?[0-9]{5,}-[0-9]{2}-[0-9]{2}.*")

_SECONDS = range(int(_FIRST.timestamp()), int(_END.timestamp()))
_EXCEL_DAYS = {"1900": datetime(1899, 12, 30), "1904": datetime(1904, 1, 1)}  # noqa: DTZ001 - local by nature

_NOT_A_TIME = Fault(
    "not_a_time", "This is not a date with a time.", "Write it like 2025-03-01 or 2025-03-01 10:00."
)
_NO_SUCH_MOMENT = Fault(
    "not_a_time", "There is no such day, or no such time of day.", "Check it, such as 31 February or 25:00."
)
_OUT_OF_RANGE = Fault(
    "time_out_of_range",
    f"The time lies outside the years {FIRST_YEAR} to {LAST_YEAR - 1}.",
    "Check the date and, for a number, its unit.",
)
_NO_SUCH_HOUR = Fault(
    "not_a_time",
    "The clocks changed at this hour: the local time happened twice or never.",
    "Write the time with its offset, like 2025-03-30T02:30:00+01:00.",
)


def convert(header: str, cells: list[str | None], reading: Reading) -> Converted:
    """The instants of a time column; ``texts`` are microseconds since 1970."""
    return each(cells, cell_reader(header, reading))


def cell_reader(header: str, reading: Reading) -> OneCell:
    """What reads one cell of the time column ``header``."""

    def one(cell: str) -> tuple[datetime, str] | Fault | None:
        read = _instant(cell.strip(), header, reading)
        if not isinstance(read, datetime):
            return read
        if not _FIRST <= read < _END:
            return _OUT_OF_RANGE
        return read, str((read - _EPOCH) // _MICROSECOND)

    return one


def _instant(text: str, header: str, reading: Reading) -> datetime | Fault | None:
    iso = _ISO.fullmatch(text)
    if iso:
        return _from_iso(text, iso, reading)
    number = _NUMBER.fullmatch(text)
    if number:
        return _from_number(text, int(number[1]), number[2] or "", header, reading)
    day_month = _DAY_MONTH.fullmatch(text)
    if day_month:
        return _from_day_month(text, day_month, reading)
    named = named_day(text)
    if named is not None:
        return _of_day(text, named.year, named.month, named.day, named.clock, reading)
    return _OUT_OF_RANGE if _LONG_YEAR.fullmatch(text) else _NOT_A_TIME


def _from_iso(text: str, found: re.Match[str], reading: Reading) -> datetime | Fault | None:
    day, clock, zone = found[1], found[2], found[3]
    try:
        if not clock:
            return _day(datetime.fromisoformat(day))
        read = datetime.fromisoformat(f"{day}T{of_24_hours(clock)}{'Z' if zone == 'UTC' else zone or ''}")
        return read.astimezone(UTC) if zone else _localised(read, text, reading)
    except ValueError:
        return _NO_SUCH_MOMENT
    except OverflowError:
        return _OUT_OF_RANGE


def _day(read: datetime) -> datetime:
    """``read``, which has neither clock time nor zone: whatever zone is answered, it stays that day."""
    return read.replace(tzinfo=UTC)


def _localised(read: datetime, text: str, reading: Reading) -> datetime | Fault | None:
    """``read``, which has no zone, as an instant in the user's zone."""
    if reading.answers.timezone is None:
        reading.doubts.note("timezone", text)
        return None
    zone = ZoneInfo(reading.answers.timezone)
    early, late = read.replace(tzinfo=zone, fold=0), read.replace(tzinfo=zone, fold=1)
    return early.astimezone(UTC) if early.utcoffset() == late.utcoffset() else _NO_SUCH_HOUR


def _from_day_month(text: str, found: re.Match[str], reading: Reading) -> datetime | Fault | None:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    order, only = reading.answers.date_order, _only_order(first, second)
    # What was answered for an earlier file is asked again where a date of this one cannot be read so.
    if order is None or ("date_order" in reading.from_memory and only not in ("", order)):
        reading.doubts.note("date_order", text)
        if only:
            reading.doubts.prove("date_order", only, text)
        if found[5] and reading.answers.timezone is None:
            reading.doubts.note("timezone", text)
        return None
    day, month = (first, second) if order == "day_first" else (second, first)
    return _of_day(text, year, month, day, found[5], reading)


def _of_day(
    text: str, year: int, month: int, day: int, clock: str | None, reading: Reading
) -> datetime | Fault | None:
    try:
        at = of_24_hours(clock) if clock else "00:00"
        read = datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}T{at}")
    except ValueError:
        return _NO_SUCH_MOMENT
    return _localised(read, text, reading) if clock else _day(read)


def _only_order(first: int, second: int) -> str:
    """The one order in which two numbers can be a day and a month; "" where both or none can."""
    if first > 12 >= second:
        return "day_first"
    return "month_first" if second > 12 >= first else ""


def _from_number(
    text: str, whole: int, fraction: str, header: str, reading: Reading
) -> datetime | Fault | None:
    """Seconds or milliseconds since 1970 by their size, one unit per column; or a day number of Excel."""
    if whole in _SECONDS:
        unit, microseconds = "seconds", whole * 1_000_000 + int(fraction[1:7].ljust(6, "0"))
    elif whole // 1000 in _SECONDS:
        unit, microseconds = "milliseconds", whole * 1000 + int(fraction[1:4].ljust(3, "0"))
    elif 20_000 <= whole < 80_000:
        return _from_excel(text, has_clock=bool(fraction.strip(".0")), reading=reading)
    elif header in reading.epoch_units:
        return _mixed(reading.epoch_units[header])
    else:
        return _OUT_OF_RANGE if whole >= _SECONDS.stop else _NOT_A_TIME
    if header not in reading.epoch_units:
        reading.epoch_units[header] = unit
        sentence = f"The numbers in “{header}” were read as {unit} since 1970 (UTC)."
        reading.notices.add("epoch_unit", sentence)
    if reading.epoch_units[header] != unit:
        return _mixed(reading.epoch_units[header])
    return _EPOCH + timedelta(microseconds=microseconds)


def _mixed(unit: str) -> Fault:
    return Fault(
        "epoch_mixed",
        f"The time has another unit than the first one of this column ({unit} since 1970).",
        "Use one unit in the whole column.",
    )


def _from_excel(text: str, *, has_clock: bool, reading: Reading) -> datetime | Fault | None:
    if reading.answers.excel_dates is None:
        reading.doubts.note("excel_dates", text)
        if has_clock and reading.answers.timezone is None:
            reading.doubts.note("timezone", text)
        return None
    if reading.answers.excel_dates == "not_dates":
        return _NOT_A_TIME
    # Excel keeps a day as a fraction of limited precision; a time is exact to the second.
    moment = timedelta(seconds=round(float(text) * 86_400))
    read = _EXCEL_DAYS[reading.answers.excel_dates] + moment
    return _localised(read, text, reading) if has_clock else _day(read)
