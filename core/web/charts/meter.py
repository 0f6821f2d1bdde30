"""The picture of one number on the board: its interval against its bar, and beside it its last weeks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.evidence.weeks import monday
from core.units import Unit, write
from core.web.charts.canvas import GOOD_ZONE, GREY, GRID, TEAL, TRACK, Figure, empty_layout
from core.web.charts.spark import WEEKS, recent, short_day, spark_line
from core.web.charts.trend import TrendPoint
from core.web.safe import plain, printable
from core.web.wording import verdict_words, write_date

HEIGHT, LARGE_HEIGHT = 84, 100
_SPLIT = (0.52, 0.68)
"""Where the scale ends and the weeks begin, as shares of the width."""

_NARROWEST = 0.1
"""The weeks of a share are never drawn on fewer points than ten: chance alone would look like a cliff."""


@dataclass(frozen=True)
class Meter:
    """A number on its scale; numbers are in the unit's base (share 0-1, ms, USD).

    ``low`` or ``high`` is None where so few cases give no bound on that side. ``above`` says on which side
    of the bar good is. ``verdict`` is a machine word (``go``, ``no_go``, …) that gives the mark its colour
    and its sign; empty where there is no bar.
    """

    value: float
    low: float | None
    high: float | None
    unit: Unit = Unit.SHARE
    bar: float | None = None
    above: bool = True
    verdict: str = ""

    @property
    def end(self) -> float:
        """The end of its scale: 100 % of every share, else a little beyond the largest number."""
        if self.unit is Unit.SHARE:
            return 1.0
        numbers = [number for number in (self.value, self.high, self.bar) if number is not None]
        return 1.2 * max(numbers) or 1.0


def meter_chart(meter: Meter, points: Sequence[TrendPoint], *, until: date, large: bool = False) -> Figure:
    """At the left the interval on its scale, the bar as a tick; at the right the weeks up to ``until``.

    Shares all stand on 0 to 100 %, so that rows under each other compare; the weeks have a scale of their
    own, whose ends are written beside it.
    """
    figure: Figure = {"data": [], "layout": empty_layout(LARGE_HEIGHT if large else HEIGHT)}
    layout = figure["layout"]
    layout["margin"] = {"l": 14, "r": 12, "t": 6, "b": 26}
    _draw_scale(figure, meter, large)
    shown = recent(points, until)
    if any(point.value is not None for point in shown):
        _draw_weeks(figure, meter, shown, until)
    return figure


def meter_alt(label: str, numbers: str, bar: str, stands: str, points: Sequence[TrendPoint]) -> str:
    """The picture in words, for screen readers."""
    weeks = [
        f"{write_date(point.week)} {point.value:.3g}" if point.value is not None else ""
        for point in points[-WEEKS:]
    ]
    said = ", ".join(words for words in weeks if words)
    against = f"; bar {bar}, {stands}" if bar else "; no bar"
    return f"{printable(label)}: {numbers}{against}." + (f" By week: {said}." if said else "")


def _draw_scale(figure: Figure, meter: Meter, large: bool) -> None:
    layout, end = figure["layout"], meter.end
    is_share = meter.unit is Unit.SHARE
    ticks = [0.0, 0.5, 1.0] if is_share else [0.0, meter.bar if meter.bar is not None else end / 1.2]
    layout["xaxis"] = {
        "domain": [0, _SPLIT[0]],
        "range": [-0.02 * end, 1.02 * end],
        "tickvals": ticks,
        "ticktext": [plain(write(tick, meter.unit)) for tick in ticks],
        "showgrid": is_share,
        "gridcolor": GRID,
        "zeroline": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {"range": [0, 1], "visible": False, "fixedrange": True}
    ink = verdict_words(meter.verdict).ink if meter.verdict else TEAL
    layout["shapes"].append(_stroke((0.0, end), TRACK, 3))
    if meter.bar is not None:
        bar = min(meter.bar, end)
        layout["shapes"].append(_stroke((bar, end) if meter.above else (0.0, bar), GOOD_ZONE, 5))
        layout["shapes"].append(_tick(bar))
    if meter.low is not None or meter.high is not None:
        low = 0.0 if meter.low is None else meter.low
        high = end if meter.high is None else min(meter.high, end)
        layout["shapes"].append({**_stroke((low, high), ink, 16 if large else 13), "opacity": 0.5})
    figure["data"].append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": [min(meter.value, end)],
            "y": [0.5],
            "marker": {
                "symbol": verdict_words(meter.verdict).symbol if meter.verdict else "circle",
                "size": 13 if large else 11,
                "color": ink,
                "line": {"color": "#FFFFFF", "width": 1},
            },
            "hoverinfo": "text",
            "hovertext": [plain(write(meter.value, meter.unit))],
        }
    )


def _draw_weeks(figure: Figure, meter: Meter, points: Sequence[TrendPoint], until: date) -> None:
    layout = figure["layout"]
    figure["data"].append({**spark_line(points, meter.unit), "xaxis": "x2", "yaxis": "y2"})
    first = monday(until) - timedelta(weeks=WEEKS - 1)
    last = monday(until)
    layout["xaxis2"] = {
        "domain": [_SPLIT[1], 1],
        "anchor": "y2",
        "type": "date",
        "range": [(first - timedelta(days=5)).isoformat(), (last + timedelta(days=5)).isoformat()],
        "tickvals": [first.isoformat(), last.isoformat()],
        "ticktext": [short_day(first), short_day(last)],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
    low, high = _ends(meter, points)
    room = 0.1 * (high - low)
    layout["yaxis2"] = {
        "anchor": "x2",
        "range": [low - room, high + room],
        "tickvals": [low, high],
        "ticktext": [plain(write(end, meter.unit)) for end in (low, high)],
        "gridcolor": TRACK,
        "zeroline": False,
        "fixedrange": True,
    }
    if meter.bar is not None and low - room <= meter.bar <= high + room:
        layout["shapes"].append(
            {
                "type": "line",
                "xref": "x2 domain",
                "yref": "y2",
                "x0": 0,
                "x1": 1,
                "y0": meter.bar,
                "y1": meter.bar,
                "line": {"color": GREY, "width": 1.5, "dash": "dash"},
            }
        )


def _ends(meter: Meter, points: Sequence[TrendPoint]) -> tuple[float, float]:
    """The scale of the weeks: round numbers around their intervals, wide enough that chance is no cliff."""
    values = [
        number
        for point in points
        for number in (point.value, point.low, point.high)
        if number is not None and point.value is not None
    ]
    if meter.unit is not Unit.SHARE:
        return 0.0, 1.1 * max(*values, meter.value)
    low, high = min(values), max(values)
    missing = max(0.0, _NARROWEST - (high - low)) / 2
    low, high = low - missing, high + missing
    # A scale that would reach beyond 0 or 100 % is moved, so that it keeps its width.
    low, high = (0.0, high - low) if low < 0 else (low, high)
    low, high = (low - (high - 1), 1.0) if high > 1 else (low, high)
    return max(0.0, math.floor(low * 20) / 20), min(1.0, math.ceil(high * 20) / 20)


def _stroke(ends: tuple[float, float], colour: str, width: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "y",
        "x0": ends[0],
        "x1": ends[1],
        "y0": 0.5,
        "y1": 0.5,
        "line": {"color": colour, "width": width},
        "layer": "below",
    }


def _tick(bar: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "y",
        "x0": bar,
        "x1": bar,
        "y0": 0.12,
        "y1": 0.88,
        "line": {"color": GREY, "width": 3},
        "layer": "below",
    }
