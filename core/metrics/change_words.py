"""Changes of a rate in words: in percentage points, with their sign, bounds rounded outward."""

from core.statistics.interval import Interval
from core.units import Rounding, Unit, write


def points(change: float) -> str:
    """The size of a change without its sign: "5.4 points"; ``change`` is a share."""
    number = _number(abs(change), Rounding.NEAREST)
    return f"{number} point{'' if number == '1' else 's'}"


def signed_points(change: float) -> str:
    """A change with its sign: "+5.4 points"."""
    return f"{_signed(change, Rounding.NEAREST)} points"


def interval_points(interval: Interval) -> str:
    """An interval of a change: "−1.2 to +9.8 points"."""
    return f"{_bounds(interval)} points"


def change_with_interval(change: float, interval: Interval) -> str:
    """Both at once: "+5.4 points (−1.2 to +9.8)"."""
    return f"{signed_points(change)} ({_bounds(interval)})"


def change_words(change: float) -> str:
    """What a rate did: "fell 4.6 points", "rose 5.4 points", "did not change"."""
    if not is_seen(change):
        return "did not change"
    return f"{'rose' if change > 0 else 'fell'} {points(change)}"


def is_seen(change: float) -> bool:
    """Whether a change is still there when it is written."""
    return _number(abs(change), Rounding.NEAREST) != "0"


def _bounds(interval: Interval) -> str:
    return f"{_signed(interval.low, Rounding.DOWN)} to {_signed(interval.high, Rounding.UP)}"


def _signed(change: float, rounding: Rounding) -> str:
    number = _number(change, rounding)
    if number in ("0", "-0"):
        return "0"
    return f"−{number[1:]}" if number.startswith("-") else f"+{number}"


def _number(change: float, rounding: Rounding) -> str:
    return write(change, Unit.SHARE, rounding).removesuffix(" %")
