"""What all charts share: an empty figure, the colours, and the switches of the viewer.

Colours are middle tones that stand out on light and on dark; text takes its colour from the theme.
"""

from typing import Any

Figure = dict[str, Any]

CONFIG: dict[str, Any] = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
"""What `st.plotly_chart(config=…)` gets: a picture to read, without tools."""

TEAL = "#1E8C8A"
GREY = "#7C8B90"
RED = "#D64545"
GOOD_ZONE = "rgba(35, 147, 95, 0.28)"
TRACK = "rgba(124, 139, 144, 0.28)"
GRID = "rgba(124, 139, 144, 0.16)"


def empty_layout(height: int) -> Figure:
    """A layout of ``height`` pixels, without tools and legend, on the page's own ground."""
    return {
        "height": height,
        "margin": {"l": 14, "r": 20, "t": 4, "b": 4},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "shapes": [],
        "annotations": [],
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }


def note(x: float, y: float, text: str, size: int) -> Figure:
    """Text centred at a place of both axes, as an annotation of the layout."""
    return {
        "xref": "x",
        "yref": "y",
        "x": x,
        "y": y,
        "text": text,
        "showarrow": False,
        "yanchor": "middle",
        "font": {"size": size},
    }


def bar_line(height: float, width: float) -> Figure:
    """The dashed line of a bar across the whole chart, as a shape of its layout."""
    return {
        "type": "line",
        "xref": "paper",
        "yref": "y",
        "x0": 0,
        "x1": 1,
        "y0": height,
        "y1": height,
        "line": {"color": GREY, "width": width, "dash": "dash"},
    }
