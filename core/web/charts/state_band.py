"""The solid dark band of a rollout that was stopped: no other box looks like it, in either look."""

from core.web.charts.canvas import Figure, empty_layout
from core.web.safe import plain

_DARK, _LIGHT = "#31454C", "#FFFFFF"
_PIXELS = 44


def state_band(word: str, since: str) -> Figure:
    """``word`` ("PAUSED") in bold, then ``since`` ("3 Mar 2026, 14:05 UTC")."""
    layout = empty_layout(_PIXELS)
    layout |= {"paper_bgcolor": _DARK, "plot_bgcolor": _DARK, "margin": {"l": 14, "r": 0, "t": 0, "b": 0}}
    for axis in ("xaxis", "yaxis"):
        layout[axis] = {"visible": False, "range": [0, 1], "fixedrange": True}
    text = {
        "type": "scatter",
        "mode": "text",
        "x": [0],
        "y": [0.5],
        "text": [f"<b>{plain(word)}</b> since {plain(since)}"],
        "textposition": "middle right",
        "textfont": {"size": 16, "color": _LIGHT},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    return {"data": [text], "layout": layout}
