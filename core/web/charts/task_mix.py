"""The kinds of tasks of an eval set against those of the users: two bars a kind, of one scale."""

from collections.abc import Sequence
from typing import Any

from core.metrics.eval_results import KindShare
from core.web.charts.canvas import GREY, RED, TEAL, TRACK, Figure, empty_layout
from core.web.safe import plain, printable

_ROW_PIXELS = 46
_MOST_ROWS = 15
_LETTERS = 26


def task_mix_chart(kinds: Sequence[KindShare]) -> Figure:
    """A row for each kind, the commonest among users first: their share above, the set's below."""
    rows = kinds[:_MOST_ROWS]
    layout = empty_layout(_ROW_PIXELS * len(rows) + 8)
    layout["margin"] = {"l": 4, "r": 4, "t": 4, "b": 4}
    layout["xaxis"] = {"range": [0, 1], "visible": False, "fixedrange": True}
    layout["yaxis"] = {"range": [len(rows) - 0.5, -0.5], "visible": False, "fixedrange": True}
    for place, row in enumerate(rows):
        missing = " · no case" if row.is_missing else ""
        words = f"users {percent(row.trace_share)}, set {percent(row.case_share)}{missing}"
        layout["annotations"] += [
            _words(0, place, f"<b>{plain(row.kind, _LETTERS)}</b>", "left"),
            _words(1, place, words, "right"),
        ]
        layout["shapes"] += [
            _bar(place - 0.06, 1, TRACK),
            _bar(place - 0.06, row.trace_share, GREY),
            _bar(place + 0.16, 1, TRACK),
            _bar(place + 0.16, row.case_share, RED if row.is_missing else TEAL),
        ]
    return {"data": [_hover(rows)], "layout": layout}


def task_mix_alt(kinds: Sequence[KindShare]) -> str:
    """The chart in words, for screen readers."""
    return " ".join(
        f"{printable(row.kind)}: {percent(row.trace_share)} of the users' tasks, {percent(row.case_share)} "
        f"of the set{', no case' if row.is_missing else ''}."
        for row in kinds[:_MOST_ROWS]
    )


def percent(share: float) -> str:
    """A few of very many are not "0 %"."""
    if 0 < share < 0.01:
        return "<1 %"
    return f"{share * 100:.0f} %"


def _bar(top: float, share: float, colour: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "y",
        "x0": 0,
        "x1": max(share, 0.002),
        "y0": top,
        "y1": top + 0.16,
        "line": {"width": 0},
        "fillcolor": colour,
        "layer": "below",
    }


def _words(x: float, place: int, text: str, anchor: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": place - 0.1,
        "xanchor": anchor,
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 12},
    }


def _hover(rows: Sequence[KindShare]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [0.5 for _ in rows],
        "y": [place for place, _ in enumerate(rows)],
        "marker": {"size": 28, "opacity": 0},
        "hoverinfo": "text",
        "hovertext": [
            f"<b>{plain(row.kind)}</b><br>{row.traces:,} traces of users, {row.cases:,} cases" for row in rows
        ],
    }
