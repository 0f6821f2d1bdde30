"""A change between two groups and its parts on one scale of points: overall, same kinds of tasks, mix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.web.charts.canvas import GOOD_ZONE, GREY, GRID, TEAL, TRACK, Figure, empty_layout
from core.web.safe import plain, printable

_ROW_PIXELS = 58


@dataclass(frozen=True)
class ChangeRow:
    """One change, as a share (0.054 is 5.4 points); ``low`` and ``high`` are None where it has none."""

    label: str
    value: float
    words: str
    low: float | None = None
    high: float | None = None
    stands_out: bool = False


def mix_chart(rows: Sequence[ChangeRow], margin: float, *, higher_is_better: bool) -> Figure:
    """Each change as a mark with its interval; the zone is of changes that are not worse by the margin."""
    figure: Figure = {"data": [], "layout": empty_layout(_ROW_PIXELS * len(rows) + 58)}
    layout = figure["layout"]
    reach = _reach(rows, margin)
    layout["margin"] = {"l": 14, "r": 20, "t": 4, "b": 34}
    ticks = _ticks(reach)
    layout["xaxis"] = {
        "range": [-reach, reach],
        "tickvals": ticks,
        "ticktext": [f"{'+' if tick > 0 else ''}{tick:g}".replace("-", "−") for tick in ticks],
        "title": {"text": "points", "font": {"size": 12}, "standoff": 4},
        "gridcolor": GRID,
        "zeroline": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {"range": [len(rows) - 0.4, -0.75], "visible": False, "fixedrange": True}
    bound = -margin * 100 if higher_is_better else margin * 100
    end = reach if higher_is_better else -reach
    layout["shapes"] += [_zone(bound, end), _upright(0, GRID, (-0.75, len(rows) - 0.4))]
    for place, row in enumerate(rows):
        layout["annotations"] += [
            _words(-reach, place, f"<b>{plain(row.label, 30)}</b>", "left"),
            _words(reach, place, f"<b>{plain(row.words)}</b>", "right"),
        ]
        # The two lines that matter are drawn at each mark only, so that no word is struck through.
        layout["shapes"] += [_upright(at, GREY, (place - 0.16, place + 0.24)) for at in (0, bound)]
        layout["shapes"].append(_level(place, -reach, reach, TRACK, 1))
        if row.low is not None and row.high is not None:
            layout["shapes"].append(_level(place, row.low * 100, row.high * 100, TEAL, 5))
        figure["data"].append(_mark(row, place))
    return figure


def mix_alt(rows: Sequence[ChangeRow]) -> str:
    """The chart in words, for screen readers."""
    return " ".join([f"{printable(row.label)}: {printable(row.words)}." for row in rows])


def _reach(rows: Sequence[ChangeRow], margin: float) -> float:
    found = [margin, *(abs(end) for row in rows for end in (row.value, row.low, row.high) if end is not None)]
    return min(max(found) * 115, 102.0)


def _ticks(reach: float) -> list[float]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if reach / step <= 4)
    return [float(step * place) for place in range(-4, 5) if abs(step * place) <= reach]


def _mark(row: ChangeRow, place: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [row.value * 100],
        "y": [place],
        "marker": {
            # What has no interval is a part of the sum and no finding: its mark is hollow.
            "symbol": "circle" if row.low is not None else "diamond-open",
            "size": 15 if row.stands_out else 12,
            "color": TEAL,
            "line": {"width": 2, "color": TEAL},
        },
        "hoverinfo": "text",
        "hovertext": [f"<b>{plain(row.label)}</b><br>{plain(row.words)}"],
    }


def _words(x: float, place: int, text: str, anchor: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": place - 0.22,
        "xanchor": anchor,
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 13},
    }


def _level(place: int, start: float, end: float, colour: str, width: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "y",
        "x0": start,
        "x1": end,
        "y0": place,
        "y1": place,
        "line": {"color": colour, "width": width},
        "layer": "below",
    }


def _zone(bound: float, end: float) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": bound,
        "x1": end,
        "y0": 0,
        "y1": 1,
        "line": {"width": 0},
        "fillcolor": GOOD_ZONE.replace("0.28", "0.12"),
        "layer": "below",
    }


def _upright(at: float, colour: str, ends: tuple[float, float]) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "y",
        "x0": at,
        "x1": at,
        "y0": ends[0],
        "y1": ends[1],
        "line": {"color": colour, "width": 1.5},
        "layer": "below",
    }
