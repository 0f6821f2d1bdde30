"""Units, and the one way each of them is written.

Bounds are rounded outward (lower down, upper up), so that a page never shows "90.0 % > 90 %"
beside "not enough evidence" (METHODS: rounding of displayed bounds).
"""

import math
from enum import StrEnum

Share = float
"""A proportion from 0 to 1; written in per cent."""

Milliseconds = float
"""A duration; written in seconds from one second on."""

Usd = float
"""US dollars."""


class Unit(StrEnum):
    SHARE = "share"
    MILLISECONDS = "milliseconds"
    USD = "usd"
    COUNT = "count"


class Rounding(StrEnum):
    NEAREST = "nearest"
    DOWN = "down"
    UP = "up"


def write(value: float, unit: Unit, rounding: Rounding = Rounding.NEAREST) -> str:
    """The text of ``value`` (in the base unit: share 0-1, ms, USD, count) for a person."""
    match unit:
        case Unit.SHARE:
            return f"{_plain(value * 100, 1, rounding)} %"
        case Unit.MILLISECONDS if value == math.inf:
            return "never"  # the quantile falls on runs that failed: no answer came
        case Unit.MILLISECONDS if abs(value) >= 999.5:
            return f"{_plain(value / 1000, 2, rounding)} s"
        case Unit.MILLISECONDS:
            return f"{_plain(value, 0, rounding)} ms"
        case Unit.USD:
            decimals = 2 if abs(value) >= 1 else 4 if abs(value) >= 0.001 else 6
            return f"${_plain(value, decimals, rounding)}"
        case Unit.COUNT:
            return f"{_plain(value, 0, rounding)}"


def write_interval(low: float, high: float, unit: Unit) -> str:
    """``low`` to ``high`` with both ends rounded outward, the unit written once where it can be."""
    lower, upper = write(low, unit, Rounding.DOWN), write(high, unit, Rounding.UP)
    number, _, written_unit = lower.rpartition(" ")
    return f"{number if number and upper.endswith(f' {written_unit}') else lower}–{upper}"


def _plain(value: float, decimals: int, rounding: Rounding) -> str:
    """``value`` with at most ``decimals`` decimals, thousands grouped, no trailing zeros."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "–"
    scale = 10**decimals
    # The tiny shift keeps 0.29 * 100 = 28.999999999999996 from being "rounded down" to 28.9.
    scaled = round(value * scale, 6)
    match rounding:
        case Rounding.NEAREST:
            whole = round(scaled)
        case Rounding.DOWN:
            whole = math.floor(scaled)
        case Rounding.UP:
            whole = math.ceil(scaled)
    text = f"{whole / scale:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text
