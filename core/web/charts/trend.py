"""The trend by week: values with their intervals, the bar as a dashed line, gaps in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.metrics.measurement import Measurement, WeekPoint
from core.units import Rounding, Unit, write, write_interval
from core.web.charts.canvas import GREY, TEAL, TRACK, Figure, bar_line, empty_layout
from core.web.safe import plain, printable
from core.web.wording import write_date

FEWEST_TO_SAY = 10
"""A point that is worth fewer independent cases is drawn hollow."""


@dataclass(frozen=True)
class TrendPoint:
    """One week of a trend, from the Monday ``week``; without a value it was not measured.

    A trend by day has the day itself in ``week``. ``is_small`` marks a point of so few independent cases
    that it says little; it is drawn hollow.
    """

    week: date
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    is_small: bool = False


def trend_points(weeks: Sequence[WeekPoint]) -> list[TrendPoint]:
    """The points of a trend of measurements; what was not measured becomes a gap."""
    return [
        TrendPoint(point.week, found.value, found.low, found.high, found.n, found.effective_n < FEWEST_TO_SAY)
        if isinstance(found := point.finding, Measurement)
        else TrendPoint(point.week)
        for point in weeks
    ]


def trend_chart(
    points: Sequence[TrendPoint],
    bar: float | None,
    *,
    unit: Unit = Unit.SHARE,
    bar_words: str = "",
    label: str = "",
    step: str = "week",
) -> Figure:
    """Weekly values with their intervals, the bar as a dashed line; a week not measured is a gap.

    ``step`` is ``"week"`` or ``"day"``; :mod:`core.web.charts.trend_marks` draws what is marked on it.
    """
    figure: Figure = {"data": [], "layout": empty_layout(300)}
    layout = figure["layout"]
    low, high = _trend_range(points, bar, unit)
    scale = _display_scale(unit, high)
    weeks = [point.week.isoformat() for point in points]
    figure["data"].append(
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": plain(label),
            "x": weeks,
            "y": [None if point.value is None else point.value * scale for point in points],
            "error_y": _error_bars(points, (low, high), scale),
            "connectgaps": False,
            # A point at 100 % stands on the edge of the picture, and would be cut in half.
            "cliponaxis": False,
            "line": {"color": TEAL, "width": 2.5},
            "marker": {
                "color": TEAL,
                "size": 9,
                "symbol": ["circle-open" if point.is_small else "circle" for point in points],
            },
            "hoverinfo": "text",
            "hovertext": [_trend_hover(point, unit, step) for point in points],
        }
    )
    figure["data"].append(_gaps(points, low * scale, step))
    layout["xaxis"] = {
        "type": "date",
        "tickformat": "%-d %b",
        "tickvals": weeks[:: max(1, -(-len(weeks) // 6))],
        "showgrid": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {
        "range": [low * scale, high * scale],
        "ticksuffix": {Unit.SHARE: " %", Unit.MILLISECONDS: " s" if scale < 1 else " ms"}.get(unit, ""),
        "tickprefix": "&#36;" if unit is Unit.USD else "",
        "nticks": 6,
        "gridcolor": TRACK,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }
    layout["margin"] = {"l": 8, "r": 16, "t": 32, "b": 32}
    if bar is not None:
        _draw_bar_line(layout, bar * scale, bar_words or write(bar, unit))
    return figure


def trend_alt(
    points: Sequence[TrendPoint],
    bar: float | None,
    *,
    unit: Unit = Unit.SHARE,
    bar_words: str = "",
    label: str = "Value",
    step: str = "week",
) -> str:
    """The trend in words, for screen readers."""
    parts = [f"{printable(label)} by {step}."]
    if bar is not None:
        parts.append(f"The bar is {bar_words or write(bar, unit)}.")
    parts += [
        f"{write_date(point.week)}: "
        + ("not measured." if point.value is None else f"{write(point.value, unit)}, n {point.n or 0:,}.")
        for point in points
    ]
    return " ".join(parts)


def _error_bars(points: Sequence[TrendPoint], edges: tuple[float, float], scale: float) -> dict[str, Any]:
    """The intervals; one that is open on a side reaches the edge there, so that it does not look certain."""

    def distance(end: float | None, other: float | None, edge: float, value: float | None) -> float:
        if value is None or (end is None and other is None):
            return 0.0
        return abs((edge if end is None else end) - value) * scale

    foot, top = edges
    return {
        "type": "data",
        "symmetric": False,
        "array": [distance(point.high, point.low, top, point.value) for point in points],
        "arrayminus": [distance(point.low, point.high, foot, point.value) for point in points],
        "color": "rgba(30, 140, 138, 0.45)",
        "thickness": 6,
        "width": 0,
    }


def _gaps(points: Sequence[TrendPoint], floor: float, step: str) -> dict[str, Any]:
    """Small open circles at the foot of the chart for the weeks that were not measured."""
    missing = [point for point in points if point.value is None]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [point.week.isoformat() for point in missing],
        "y": [floor] * len(missing),
        "marker": {"symbol": "circle-open", "size": 8, "color": GREY},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [f"{_when(point, step)}: not measured" for point in missing],
    }


def _trend_range(points: Sequence[TrendPoint], bar: float | None, unit: Unit) -> tuple[float, float]:
    """The part of the axis that holds all intervals and the bar, with some air."""
    numbers = [n for point in points for n in (point.value, point.low, point.high) if n is not None]
    if bar is not None:
        numbers.append(bar)
    if not numbers:
        return 0.0, 1.0
    low, high = min(numbers), max(numbers)
    air = max((high - low) * 0.15, 0.02 if unit is Unit.SHARE else high * 0.05, 1e-9)
    return max(0.0, low - air), min(1.0, high + air) if unit is Unit.SHARE else high + air


def _display_scale(unit: Unit, high: float) -> float:
    """What turns base units into the axis's: per cent; seconds from one second on."""
    if unit is Unit.SHARE:
        return 100.0
    return 0.001 if unit is Unit.MILLISECONDS and high >= 1000 else 1.0


def _when(point: TrendPoint, step: str) -> str:
    return f"{'Week of ' if step == 'week' else ''}{write_date(point.week)}"


def _trend_hover(point: TrendPoint, unit: Unit, step: str) -> str:
    week = _when(point, step)
    if point.value is None:
        return f"{week}: not measured"
    text = write(point.value, unit)
    if point.low is not None and point.high is not None:
        text += f" ({write_interval(point.low, point.high, unit)})"
    elif point.low is not None:
        text += f" ({write(point.low, unit, Rounding.DOWN)} or more)"
    elif point.high is not None:
        text += f" (up to {write(point.high, unit, Rounding.UP)})"
    count = "" if point.n is None else f"  n {point.n:,}"
    count += "  (few independent cases)" if point.is_small else ""
    return f"{week}<br><b>{plain(text)}</b>{count}"


def _draw_bar_line(layout: Figure, height: float, words: str) -> None:
    """The dashed line of the bar; its name stands above the chart, where no point can cover it."""
    layout["shapes"].append(bar_line(height, 2))
    layout["annotations"].append(
        {
            "xref": "paper",
            "yref": "paper",
            "x": 1,
            "y": 1,
            "xanchor": "right",
            "yanchor": "bottom",
            "text": f"╌╌  the bar: {plain(words)}",
            "showarrow": False,
            "font": {"size": 12},
        }
    )
