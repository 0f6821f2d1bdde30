"""The timeline of a rollout: one row a phase, its plan as a thin line, what happened as a thick one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.rollout.timeline import TimelineRow
from core.rollout.transitions import State, Stretch
from core.web.charts.canvas import GREY, RED, TEAL, Figure, empty_layout
from core.web.safe import plain, printable
from core.web.wording import write_date, write_moment

_ROW_PIXELS, _AXIS_PIXELS = 54, 52
_AMBER = "#BC7A0A"
_NAME_LENGTH = 40
_TOP, _ABOVE_NAME, _BELOW_NAME = 0.75, 0.5, 0.14
"""Heights in the first row, whose lines lie at 0; each further row lies one lower."""


def timeline_chart(rows: Sequence[TimelineRow], now: datetime) -> Figure:
    """Grey: planned at the least. Teal: users had it. Amber and dotted: paused. A cross: rolled back."""
    layout = empty_layout(_AXIS_PIXELS + _ROW_PIXELS * len(rows))
    figure: Figure = {"data": [], "layout": layout}
    for place, row in enumerate(rows):
        figure["data"] += _lines(row, -float(place))
        layout["annotations"].append(_name(row, -float(place)))
    layout["xaxis"] = {"type": "date", "tickformat": "%-d %b", "nticks": 6, "fixedrange": True}
    layout["xaxis"] |= {"showgrid": False}
    layout["yaxis"] = {"visible": False, "range": [-len(rows) + 0.4, _TOP], "fixedrange": True}
    layout["margin"] = {"l": 14, "r": 20, "t": 22, "b": 26}
    _mark_now(layout, now, len(rows))
    return figure


def timeline_alt(rows: Sequence[TimelineRow]) -> str:
    """The timeline in words, for screen readers."""
    return " ".join(_row_words(row) for row in rows)


def _lines(row: TimelineRow, y: float) -> list[dict[str, Any]]:
    drawn = []
    if row.planned:
        begins, ends = row.planned
        words = f"{plain(row.name)}<br>planned {write_date(begins)} to {write_date(ends)} at the earliest"
        drawn.append(_line(begins, ends, y - 0.22, {"color": GREY, "width": 5}, words))
    for one in row.actual:
        paused = one.state is State.PAUSED
        line = {"color": _AMBER if paused else TEAL, "width": 13 if not paused else 6}
        drawn.append(
            _line(
                one.began, _end(one), y, line | ({"dash": "dot"} if paused else {}), _stretch_words(row, one)
            )
        )
    if row.rolled_back:
        drawn.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [at.isoformat() for at in row.rolled_back],
                "y": [y] * len(row.rolled_back),
                "marker": {"symbol": "x", "size": 15, "color": RED},
                "hoverinfo": "text",
                "hovertext": [
                    f"{plain(row.name)}<br>rolled back {write_moment(at)}" for at in row.rolled_back
                ],
            }
        )
    return drawn


def _line(begins: datetime, ends: datetime, y: float, line: dict[str, Any], words: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [begins.isoformat(), ends.isoformat()],
        "y": [y, y],
        "line": line,
        "hoverinfo": "text",
        "hovertext": [words, words],
    }


def _name(row: TimelineRow, y: float) -> dict[str, Any]:
    """The phase's name above its lines, from the left edge, so that it needs no margin on a phone."""
    return {
        "xref": "paper",
        "yref": "y",
        "x": 0,
        "y": y + 0.32,
        "xanchor": "left",
        "yanchor": "middle",
        "text": plain(row.name, _NAME_LENGTH),
        "showarrow": False,
        "font": {"size": 13},
    }


def _mark_now(layout: Figure, now: datetime, rows: int) -> None:
    """A dotted line beside the lines of each row: it leaves out the names, which it would cross out."""
    beside = [(_ABOVE_NAME - place - 1, _BELOW_NAME - place) for place in range(rows)]
    for bottom, top in [(_ABOVE_NAME, _TOP), *beside]:
        layout["shapes"].append(
            {
                "type": "line",
                "xref": "x",
                "yref": "y",
                "x0": now.isoformat(),
                "x1": now.isoformat(),
                "y0": bottom,
                "y1": top,
                "line": {"color": GREY, "width": 1.5, "dash": "dot"},
                "layer": "below",
            }
        )
    layout["annotations"].append(
        {
            "xref": "x",
            "yref": "paper",
            "x": now.isoformat(),
            "y": 1,
            "yanchor": "bottom",
            "text": "today",
            "showarrow": False,
            "font": {"size": 12},
        }
    )


def _stretch_words(row: TimelineRow, one: Stretch) -> str:
    what = "paused" if one.state is State.PAUSED else "ran"
    return f"{plain(row.name)}<br>{what} {write_moment(one.began)} to {write_moment(_end(one))}"


def _row_words(row: TimelineRow) -> str:
    planned = "no longer in the plan"
    if row.planned:
        planned = f"planned {write_date(row.planned[0])} to {write_date(row.planned[1])} at the earliest"
    parts = [planned]
    for one in row.actual:
        what = "paused" if one.state is State.PAUSED else "ran"
        parts.append(f"{what} {write_date(one.began)} to {write_date(_end(one))}")
    parts += [f"rolled back {write_date(at)}" for at in row.rolled_back]
    if not row.actual:
        parts.append("has not run")
    return f"{printable(row.name)}: {', '.join(parts)}."


def _end(one: Stretch) -> datetime:
    """The end of a stretch; the timeline has closed all of them."""
    return one.ended or one.began
