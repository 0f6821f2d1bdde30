"""Ids, times and states of a step as text, whichever of their many writings a file uses."""

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from core.intake.sources.foreign_cells import number_of, text_of

_HEX = re.compile(r"(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{32})")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{11}=|[A-Za-z0-9+/]{22}==)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((10**17, 1), (10**14, 10**3), (10**11, 10**6), (0, 10**9))
"""The size of a number of today since 1970, and its unit in nanoseconds."""

_CODES = {1.0: "ok", 2.0: "error"}


def identifier(cell: Any) -> str | None:
    """An id in lower-case hexadecimal where it is one of OpenTelemetry's, in whichever writing; other ids
    as they are. None for the id of zeros, which stands for none."""
    text = text_of(cell)
    if text is None:
        return None
    text = text.strip().removeprefix("0x")
    if _BASE64.fullmatch(text):
        try:
            text = base64.b64decode(text, validate=True).hex()
        except (binascii.Error, ValueError):
            return text
    if _HEX.fullmatch(text):
        text = text.lower()
    return text if text.strip("0") else None


def instant(cell: Any) -> str | None:
    """A time as ISO text: numbers count from 1970 in the unit that their size shows, cut to microseconds.

    What is no time is given as it stands, so that its row is refused with it; 0 is no time at all.
    """
    text = text_of(cell)
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return text
    try:
        number = Decimal(text.strip())
        if not number:
            return None
        unit = next(unit for size, unit in _UNITS if number >= size)
        since = timedelta(microseconds=int(number * unit) // 1_000)
        return (_EPOCH + since).isoformat()
    except (InvalidOperation, OverflowError, StopIteration):
        # A bare number could be taken for a day of a spreadsheet.
        return f"number {text}"


def state(cell: Any) -> str | None:
    """“error”, “ok” or None for unset, from a number or a word such as “STATUS_CODE_ERROR”."""
    number = number_of(cell)
    if number is not None:
        return _CODES.get(number)
    word = (text_of(cell) or "").lower().rsplit(".", 1)[-1].removeprefix("status_code_")
    return word if word in ("ok", "error") else None
