"""The small trend of a card: eight weeks with their intervals, the bar, and a scale that can be read."""

from collections.abc import Sequence
from datetime import date, timedelta

from core.evidence.weeks import monday
from core.units import Unit, write
from core.web.charts.canvas import TEAL, TRACK, Figure, bar_line, empty_layout
from core.web.charts.trend import TrendPoint
from core.web.safe import plain
from core.web.wording import write_date

WEEKS = 8


def spark_chart(
    points: Sequence[TrendPoint], bar: float | None, *, until: date, unit: Unit = Unit.SHARE
) -> Figure:
    """The ``WEEKS`` weeks up to ``until``; a week that was not measured is a gap.

    Shares always stand on 0 to 100 %, so that the cards of several features compare; other units
    begin at zero.
    """
    shown = recent(points, until)
    top = 1.0 if unit is Unit.SHARE else 1.1 * max(_numbers(shown, bar), default=1.0)
    figure: Figure = {"data": [spark_line(shown, unit)], "layout": empty_layout(104)}
    layout = figure["layout"]
    layout["margin"] = {"l": 4, "r": 16, "t": 6, "b": 26}
    first = monday(until) - timedelta(weeks=WEEKS - 1)
    layout["xaxis"] = {
        "type": "date",
        "range": [
            (first - timedelta(days=4)).isoformat(),
            (monday(until) + timedelta(days=4)).isoformat(),
        ],
        "tickvals": [first.isoformat(), monday(until).isoformat()],
        "ticktext": [short_day(first), short_day(monday(until))],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
    ticks = [0.0, top if unit is Unit.SHARE else max(_numbers(shown, bar), default=1.0)]
    layout["yaxis"] = {
        "range": [-0.04 * top, 1.04 * top],
        "tickvals": ticks,
        "ticktext": [plain(write(tick, unit)) for tick in ticks],
        "gridcolor": TRACK,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }
    if bar is not None:
        layout["shapes"].append(bar_line(bar, 1.5))
    return figure


def recent(points: Sequence[TrendPoint], until: date) -> list[TrendPoint]:
    """The points of the last ``WEEKS`` weeks, the week of ``until`` included."""
    first = monday(until) - timedelta(weeks=WEEKS - 1)
    return [point for point in points if first <= point.week <= until]


def spark_line(points: Sequence[TrendPoint], unit: Unit) -> Figure:
    """The weeks as a line with their intervals, as a trace of a figure."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [point.week.isoformat() for point in points],
        "y": [point.value for point in points],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [_distance(point.high, point.value) for point in points],
            "arrayminus": [_distance(point.low, point.value) for point in points],
            "color": "rgba(30, 140, 138, 0.35)",
            "thickness": 4,
            "width": 0,
        },
        "connectgaps": False,
        "line": {"color": TEAL, "width": 2},
        "marker": {"color": TEAL, "size": 5},
        "hoverinfo": "text",
        "hovertext": [_hover(point, unit) for point in points],
    }


def _hover(point: TrendPoint, unit: Unit) -> str:
    week = f"Week of {write_date(point.week)}"
    if point.value is None:
        return f"{week}: not measured"
    return f"{week}: {plain(write(point.value, unit))}, n {point.n or 0:,}"


def _distance(end: float | None, value: float | None) -> float:
    return 0.0 if end is None or value is None else abs(end - value)


def _numbers(points: Sequence[TrendPoint], bar: float | None) -> list[float]:
    found = [n for point in points for n in (point.value, point.high) if n is not None]
    return found if bar is None else [*found, bar]


def short_day(day: date) -> str:
    """``14 Oct``, where there is no room for the year."""
    return write_date(day).rsplit(" ", 1)[0]
