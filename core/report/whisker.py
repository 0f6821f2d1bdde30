"""One row as a small picture: its interval as a line, its value as a mark, its bar as a tick.

Shares stand on one scale from 0 to 100 %. Other units share no axis: there the bar stands in the
middle, and the right end is twice the bar.
"""

from dataclasses import dataclass

from core.criteria.checklist import Direction, MeasuredItem
from core.criteria.judge import Row
from core.metrics.catalogue import metric
from core.metrics.measurement import Measurement
from core.units import Unit

WIDTH, HEIGHT = 150, 20
_LEFT, _RIGHT, _MIDDLE = 4.0, 146.0, 10.0


@dataclass(frozen=True)
class Whisker:
    """Places along the scale, 0 to 1, of what a row has; what lies beyond an end is drawn at the end."""

    bar: float | None
    value: float | None
    low: float
    high: float
    good_is_above: bool
    is_share: bool


def whisker(row: Row) -> Whisker | None:
    """The places of a measured row; None where nothing has a place: no bar and no value on a scale."""
    item = row.item
    if not isinstance(item, MeasuredItem) or item.bar is None:
        return None
    is_share = metric(item.metric).unit is Unit.SHARE
    whole = 1.0 if is_share else 2 * item.bar
    if whole <= 0:
        return None

    def place(number: float) -> float:
        return min(1.0, max(0.0, number / whole))

    found = row.finding if isinstance(row.finding, Measurement) else None
    return Whisker(
        bar=place(item.bar),
        value=None if found is None else place(found.value),
        low=0.0 if found is None or found.low is None else place(found.low),
        high=1.0 if found is None or found.high is None else place(found.high),
        good_is_above=item.direction is Direction.ABOVE,
        is_share=is_share,
    )


def drawn(one: Whisker | None, css: str) -> str:
    """The picture as SVG; ``css`` is the class that colours the interval and the mark."""
    if one is None:
        return ""
    parts = [_line(0.0, 1.0, "track")]
    if one.bar is not None:
        parts.append(_line(*((one.bar, 1.0) if one.good_is_above else (0.0, one.bar)), "good"))
    if one.value is not None:
        parts.append(_line(one.low, one.high, f"interval {css}"))
        x = _x(one.value)
        parts.append(f'<circle class="mark {css}" cx="{x}" cy="{_MIDDLE:g}" r="4"/>')
    if one.bar is not None:
        x = _x(one.bar)
        parts.append(f'<line class="bar" x1="{x}" y1="2" x2="{x}" y2="18"/>')
    inner = "".join(parts)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg {size} aria-hidden="true">{inner}</svg>'


def _line(start: float, end: float, css: str) -> str:
    return f'<line class="{css}" x1="{_x(start)}" y1="{_MIDDLE:g}" x2="{_x(end)}" y2="{_MIDDLE:g}"/>'


def _x(place: float) -> str:
    return f"{_LEFT + place * (_RIGHT - _LEFT):.1f}"
