"""Typed values of Excel and Parquet -> the text cells that every format shares, no digit lost."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.intake.cell_terms import Fault
from core.intake.json_values import compact

EXACT_INTEGERS = 2.0**53
"""Every whole number below is one of its own as a double; beyond, neighbours fall together."""

NOT_FINITE = Fault(
    "not_finite", "The number is not a number or infinite.", "Leave the cell blank, or correct the number."
)
BINARY = Fault("binary", "The cell holds bytes, not text.", "Export the column as text.")


def text_of(value: Any) -> str | Fault | None:
    """``value`` as text; None where it is missing, a fault where it has no text."""
    one = _TEXTS.get(type(value))
    return one(value) if one else _nested(value)


def number_text(value: float) -> str | Fault:
    """The shortest digits that mean exactly ``value``; whole numbers without “.0”."""
    if value.is_integer() and abs(value) < EXACT_INTEGERS:
        return str(int(value))
    return repr(value) if math.isfinite(value) else NOT_FINITE


def _nested(value: Any) -> str | Fault:
    """Lists and objects as JSON text."""
    try:
        return compact(_plain(value))
    except _NoText as found:
        return found.fault


class _NoText(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            raise _NoText(NOT_FINITE)
        return float(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        raise _NoText(BINARY)
    return str(value)


_TEXTS: Mapping[type, Callable[[Any], str | Fault | None]] = {
    type(None): lambda _: None,
    str: lambda text: text,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: number_text,
    Decimal: lambda value: format(value, "f") if value.is_finite() else NOT_FINITE,
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: str,
    UUID: str,
    bytes: lambda _: BINARY,
}
