"""What the pictures have in common: paper, words, dashed lines, values with their intervals."""

from collections.abc import Sequence
from typing import Any

from core.statistics.interval import Interval

Figure = dict[str, Any]

TEAL, RED, GREY, AMBER, PALE = "#1E8C8A", "#C2453D", "#7C8B90", "#B7791F", "#B8C4C8"
WIDTH, ROW = 720, 46

Whisker = tuple[str, float, Interval, str, str]
"""(label, value, interval, what it says, colour)."""


def figure_of(data: Sequence[Figure], height: int, **layout: Any) -> Figure:
    axis = {
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "linecolor": "#B8C4C8",
        "automargin": True,
    }
    base: Figure = {
        "width": WIDTH,
        "height": height,
        "margin": {"l": 10, "r": 20, "t": 20, "b": 40},
        "font": {"family": "Arial, sans-serif", "size": 13, "color": "#26343A"},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "showlegend": False,
    }
    base["xaxis"] = axis | layout.pop("xaxis", {})
    base["yaxis"] = axis | layout.pop("yaxis", {})
    return {"data": list(data), "layout": base | layout}


def percent(share: float, places: int = 0) -> str:
    return f"{100 * share:.{places}f} %"


def says_at(x: float, y: float, text: str, *, colour: str = "#26343A", anchor: str = "center") -> Figure:
    return {
        "x": x,
        "y": y,
        "text": text,
        "showarrow": False,
        "font": {"color": colour, "size": 13},
        "xanchor": anchor,
        "yanchor": "bottom",
    }


def line_at(value: float, name: str) -> tuple[list[Figure], list[Figure]]:
    """A dashed upright line across the picture, as (shapes, annotations)."""
    shape = {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": value,
        "x1": value,
        "y0": 0,
        "y1": 1,
        "line": {"color": GREY, "dash": "dash", "width": 2},
    }
    words = {"x": value, "y": 1, "xref": "x", "yref": "paper", "text": name, "showarrow": False}
    return [shape], [words | {"yanchor": "bottom", "font": {"color": GREY, "size": 13}}]


def whiskers(rows: Sequence[Whisker], low: float, high: float, bar: tuple[float, str] | None) -> Figure:
    """Values with their intervals, one row each, the first on top."""
    data, notes = [], []
    for place, (_, value, interval, says, colour) in enumerate(reversed(rows)):
        ends = [interval.low, interval.high]
        data.append({"x": ends, "y": [place, place], "mode": "lines", "line": {"color": colour, "width": 7}})
        data.append({"x": [value], "y": [place], "mode": "markers", "marker": {"color": colour, "size": 15}})
        notes.append(says_at(value, place + 0.2, says, colour=colour))
    shapes, named = line_at(*bar) if bar else ([], [])
    ticks = {"tickvals": list(range(len(rows))), "ticktext": [row[0] for row in reversed(rows)]}
    return figure_of(
        data,
        60 + ROW * len(rows) + 20,
        margin={"l": 10, "r": 20, "t": 30, "b": 40},
        xaxis={"range": [low, high], "tickformat": ".0%"},
        yaxis={"range": [-0.6, len(rows) - 0.2], "showline": False, **ticks},
        shapes=shapes,
        annotations=[*notes, *named],
    )
