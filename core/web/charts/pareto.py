"""Failures by word as bars, the largest first, with the share that the bars down to each one make up."""

from collections.abc import Sequence
from typing import Any

from core.metrics.pareto import ParetoBar
from core.units import Unit, write, write_interval
from core.web.charts.canvas import GREY, TEAL, TRACK, Figure, empty_layout
from core.web.safe import plain, printable
from core.web.wording import write_count

MOST_BARS = 10
"""So many bars are drawn; the table beside the chart has them all."""

_ROW_PIXELS = 46
_WORD_LIMIT = 34


def pareto_chart(bars: Sequence[ParetoBar]) -> Figure:
    """One row a word: its name and count above a bar of its share (0 to 100 %) with its interval.

    The line with open circles is the share of this row and all rows above it together.
    """
    drawn = list(bars[:MOST_BARS])
    rows = [float(place) for place in range(len(drawn))]
    figure: Figure = {"data": [], "layout": empty_layout(_ROW_PIXELS * len(drawn) + 40)}
    figure["data"] = [_bars(drawn, rows), _line(drawn, rows)]
    layout = figure["layout"]
    layout["margin"] = {"l": 16, "r": 24, "t": 4, "b": 30}
    layout["xaxis"] = {
        "range": [0, 103],
        "tickvals": [0, 25, 50, 75, 100],
        "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"],
        "gridcolor": TRACK,
        "zeroline": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {"range": [len(drawn) - 0.5, -0.75], "visible": False, "fixedrange": True}
    layout["annotations"] = [_name(bar, row) for bar, row in zip(drawn, rows, strict=True)]
    return figure


def pareto_alt(bars: Sequence[ParetoBar], label: str) -> str:
    """The chart in words; ``label`` says what the bars are, such as "Failures by type"."""
    if not bars:
        return f"{label}: none."
    parts = [
        f"{printable(bar.word)}: {bar.count:,} of {bar.of:,}, {write(bar.share, Unit.SHARE)} "
        f"({write_interval(bar.low, bar.high, Unit.SHARE)}), together {write(bar.cumulative, Unit.SHARE)}."
        for bar in bars[:MOST_BARS]
    ]
    more = f" And {len(bars) - MOST_BARS} more." if len(bars) > MOST_BARS else ""
    return f"{label}, the most frequent first. {' '.join(parts)}{more}"


def _bars(bars: Sequence[ParetoBar], rows: Sequence[float]) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [bar.share * 100 for bar in bars],
        "y": list(rows),
        "width": [0.38] * len(bars),
        "marker": {"color": TEAL},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [(bar.high - bar.share) * 100 for bar in bars],
            "arrayminus": [(bar.share - bar.low) * 100 for bar in bars],
            "color": GREY,
            "thickness": 2,
            "width": 5,
        },
        "hoverinfo": "text",
        "hovertext": [
            f"<b>{plain(bar.word)}</b><br>{bar.count:,} of {bar.of:,}: {write(bar.share, Unit.SHARE)} "
            f"({write_interval(bar.low, bar.high, Unit.SHARE)})<br>in {write_count(bar.traces, 'trace')}"
            for bar in bars
        ],
    }


def _line(bars: Sequence[ParetoBar], rows: Sequence[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [bar.cumulative * 100 for bar in bars],
        "y": list(rows),
        "line": {"color": GREY, "width": 1.5, "dash": "dot"},
        "marker": {"symbol": "circle-open", "size": 8, "color": GREY, "line": {"width": 2}},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [f"together with all above: {write(bar.cumulative, Unit.SHARE)}" for bar in bars],
    }


def _name(bar: ParetoBar, row: float) -> dict[str, Any]:
    return {
        "x": 0,
        "y": row - 0.2,
        "xanchor": "left",
        "yanchor": "bottom",
        "text": f"{plain(bar.word, _WORD_LIMIT)}  <b>{bar.count:,}</b>",
        "showarrow": False,
        "font": {"size": 13},
    }
