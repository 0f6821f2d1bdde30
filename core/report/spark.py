"""The weeks of a row as a small line: where the value came from, with the bar as a thin line behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.metrics.measurement import Measurement, WeekPoint

WIDTH, HEIGHT = 76, 20
_MARGIN = 4.0
_FEWEST = 2


@dataclass(frozen=True)
class Spark:
    """Places from 0 to 1, x to the right and y upward: one for each week, None where nothing was measured."""

    points: tuple[tuple[float, float] | None, ...]
    bar: float | None

    @property
    def pieces(self) -> tuple[tuple[tuple[float, float], tuple[float, float]], ...]:
        """The lines between weeks that follow each other; a week without a number is a gap."""
        pairs = zip(self.points, self.points[1:], strict=False)
        return tuple((one, other) for one, other in pairs if one is not None and other is not None)

    @property
    def last(self) -> tuple[float, float] | None:
        """The newest week that has a number."""
        return next((point for point in reversed(self.points) if point is not None), None)


def spark(row: Row, weeks: Sequence[WeekPoint]) -> Spark | None:
    """The places of ``weeks``, which are in their order; None with fewer than two numbers to compare."""
    values = [_value(week) for week in weeks]
    known = [value for value in values if value is not None]
    if len(known) < _FEWEST:
        return None
    bar = row.item.bar if isinstance(row.item, MeasuredItem) else None
    ends = [*known, *([bar] if bar is not None else [])]
    low, span = min(ends), max(ends) - min(ends)

    def height(value: float) -> float:
        return (value - low) / span if span else 0.5

    first = weeks[0].week
    days = max((weeks[-1].week - first).days, 1)
    points = (
        ((week.week - first).days / days, height(value)) if value is not None else None
        for week, value in zip(weeks, values, strict=True)
    )
    return Spark(tuple(points), height(bar) if bar is not None else None)


def drawn(one: Spark | None, css: str) -> str:
    """The picture as SVG; ``css`` is the class that colours the newest week."""
    if one is None:
        return ""
    parts = [] if one.bar is None else [_line("level", (0.0, one.bar), (1.0, one.bar))]
    parts += [_line("week", *piece) for piece in one.pieces]
    if one.last is not None:
        x, y = _place(one.last)
        parts.append(f'<circle class="mark {css}" cx="{x}" cy="{y}" r="3"/>')
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg {size} aria-hidden="true">{"".join(parts)}</svg>'


def _value(week: WeekPoint) -> float | None:
    found = week.finding
    return found.value if isinstance(found, Measurement) and isfinite(found.value) else None


def _line(css: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = _place(start), _place(end)
    return f'<line class="{css}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _place(point: tuple[float, float]) -> tuple[str, str]:
    x, y = point
    return (
        f"{_MARGIN + x * (WIDTH - 2 * _MARGIN):.1f}",
        f"{HEIGHT - _MARGIN - y * (HEIGHT - 2 * _MARGIN):.1f}",
    )
