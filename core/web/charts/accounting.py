"""What became of the rows of a file, as one bar: accepted, duplicate, updated, rejected, skipped."""

from collections.abc import Mapping

from core.web.charts.canvas import GREY, RED, TEAL, Figure, empty_layout

_COLOURS = {
    "accepted": "#23935F",
    "updated": TEAL,
    "duplicate": "#6785AB",
    "skipped": GREY,
    "rejected": RED,
}


def accounting_chart(counts: Mapping[str, int]) -> Figure:
    """One stacked bar of ``counts`` by fate (machine words); fates without rows are left out."""
    figure: Figure = {"data": [], "layout": empty_layout(64)}
    for fate, colour in _COLOURS.items():
        if n := counts.get(fate, 0):
            figure["data"].append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "x": [n],
                    "y": [""],
                    "name": fate,
                    "marker": {"color": colour},
                    "hovertemplate": f"{n:,} {fate}<extra></extra>",
                }
            )
    layout = figure["layout"]
    layout["barmode"] = "stack"
    layout["bargap"] = 0.3
    layout["showlegend"] = True
    layout["legend"] = {"orientation": "h", "y": -0.2, "x": 0, "traceorder": "normal"}
    layout["margin"] = {"l": 0, "r": 0, "t": 0, "b": 28}
    layout["xaxis"] = {"visible": False, "fixedrange": True}
    layout["yaxis"] = {"visible": False, "fixedrange": True}
    return figure


def accounting_alt(counts: Mapping[str, int]) -> str:
    """The bar in words."""
    parts = [f"{n:,} {fate}" for fate in _COLOURS if (n := counts.get(fate, 0))]
    return f"Rows of the file: {', '.join(parts) or 'none'}."
