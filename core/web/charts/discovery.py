"""The discovery curve: kinds of failure found beside failures noted, with what chance would have shown."""

from collections.abc import Sequence

from core.metrics.discovery import DiscoveryWeek
from core.web.charts.canvas import GREY, GRID, TEAL, Figure, empty_layout
from core.web.safe import plain
from core.web.wording import write_date

_HEIGHT = 300
_MOST_NAMED = 6
"""So many new kinds are named where the pointer rests; the table has all."""


def discovery_chart(weeks: Sequence[DiscoveryWeek]) -> Figure:
    """A point for each week: kinds known after so many failures; dashed: what chance would have shown."""
    failures = [0, *(week.failures for week in weeks)]
    expected = _line("Expected in a random order", failures, [0, *(week.expected for week in weeks)])
    found = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "Kinds found",
        "x": failures,
        "y": [0, *(week.kinds for week in weeks)],
        "line": {"color": TEAL, "width": 3, "shape": "linear"},
        "marker": {"size": [0, *(10 if week.new else 6 for week in weeks)], "color": TEAL},
        "hoverinfo": "text",
        "hovertext": ["", *(plain(_words(week), 300) for week in weeks)],
    }
    layout = empty_layout(_HEIGHT)
    layout["margin"] = {"l": 8, "r": 16, "t": 28, "b": 40}
    layout["showlegend"] = True
    layout["legend"] = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    axis = {"rangemode": "tozero", "gridcolor": GRID, "fixedrange": True, "tickformat": ",d", "nticks": 6}
    layout["xaxis"] = axis | {"title": {"text": "Failures noted, each incident once"}, "showgrid": False}
    layout["yaxis"] = axis | {"title": {"text": "Kinds"}, "automargin": True}
    return {"data": [expected, found], "layout": layout}


def discovery_alt(weeks: Sequence[DiscoveryWeek]) -> str:
    """The curve in words, for screen readers."""
    return "Kinds of failure found, by week. " + " ".join(f"{_words(week)}." for week in weeks)


def _line(name: str, x: Sequence[float], y: Sequence[float]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": list(y),
        "line": {"color": GREY, "width": 2, "dash": "dash"},
        "hoverinfo": "skip",
    }


def _words(week: DiscoveryWeek) -> str:
    said = f"Week of {write_date(week.week)}: {week.kinds:,} kinds after {week.failures:,} failures"
    if not week.new:
        return f"{said}, none new"
    named = ", ".join(week.new[:_MOST_NAMED])
    more = f" and {len(week.new) - _MOST_NAMED} more" if len(week.new) > _MOST_NAMED else ""
    return f"{said}, new: {named}{more}"
