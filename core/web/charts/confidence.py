"""Confidence drawn: how it is spread over the traffic, and whether it means what it says."""

from collections.abc import Sequence
from typing import Any

from core.metrics.confidence import HistogramBin
from core.metrics.confidence_words import write_confidence
from core.statistics.calibration import Bin
from core.units import Unit, write, write_interval
from core.web.charts.canvas import GREY, GRID, TEAL, TRACK, Figure, empty_layout
from core.web.wording import VERDICTS, write_count

_ROW_PIXELS = 44
_LOOKS = {
    "over-confident": ("triangle-down", VERDICTS["no_go"].ink, "▼"),
    "under-confident": ("triangle-up", VERDICTS["not_enough_evidence"].ink, "▲"),
    "": ("circle", TEAL, ""),
}
"""Marker, colour and sign by what is said of a bin."""


def distribution_chart(
    after: Sequence[HistogramBin], before: Sequence[HistogramBin] = (), threshold: float | None = None
) -> Figure:
    """Bars: the share of confident traces by what they state; open circles on a line: the time before.

    Both are shares (in %) of the traces that state a confidence, so that unlike amounts compare.
    ``threshold`` is a dashed line.
    """
    figure: Figure = {"data": [_bars(after)], "layout": empty_layout(240)}
    if any(one.rows for one in before):
        figure["data"].append(_earlier(before))
    layout = figure["layout"]
    layout["margin"] = {"l": 8, "r": 16, "t": 12, "b": 44}
    layout["bargap"] = 0.12
    layout["xaxis"] = {
        "range": [0, 1],
        "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1],
        "title": {"text": "stated confidence", "standoff": 8},
        "showgrid": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {
        "rangemode": "tozero",
        "ticksuffix": " %",
        "nticks": 5,
        "gridcolor": TRACK,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }
    if threshold is not None:
        layout["shapes"].append(_upright_line(threshold))
    return figure


def distribution_alt(after: Sequence[HistogramBin], before: Sequence[HistogramBin] = ()) -> str:
    """The distribution in words: the bins that hold something, from the lowest."""
    said = f"Confidence of {write_count(sum(one.rows for one in after), 'trace')}: {_spread(after)}."
    if any(one.rows for one in before):
        said += f" Before, {write_count(sum(one.rows for one in before), 'trace')}: {_spread(before)}."
    return said


def reliability_chart(bins: Sequence[Bin]) -> Figure:
    """One row a bin, from low to high confidence: how many are right, with its interval, and what is stated.

    The open diamond is the mean stated confidence, the filled mark the share right, all in %. A triangle
    that points down is over-confident, one that points up under-confident, a circle neither.
    """
    rows = [float(place) for place in range(len(bins))]
    figure: Figure = {"data": [], "layout": empty_layout(_ROW_PIXELS * len(bins) + 48)}
    figure["data"] = [_right(bins, rows), _stated(bins, rows)]
    layout = figure["layout"]
    layout["margin"] = {"l": 16, "r": 24, "t": 4, "b": 30}
    layout["xaxis"] = {
        "range": [-1, 102],
        "tickvals": [0, 25, 50, 75, 100],
        "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"],
        "showgrid": True,
        "gridcolor": GRID,
        "zeroline": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {"range": [len(bins) - 0.5, -0.75], "visible": False, "fixedrange": True}
    layout["annotations"] = [
        {
            "x": 0,
            "y": row - 0.14,
            "xanchor": "left",
            "yanchor": "bottom",
            "text": _row_name(one),
            "showarrow": False,
            "font": {"size": 13},
        }
        for one, row in zip(bins, rows, strict=True)
    ]
    return figure


def reliability_alt(bins: Sequence[Bin]) -> str:
    """The reliability of confidence in words, a sentence a bin."""
    parts = " ".join(_row_words(one) for one in bins) or "No labelled answer."
    return f"Stated confidence against right answers. {parts}"


def standing(one: Bin) -> str:
    """What is shown of a bin: over-confident, under-confident, or neither."""
    return "over-confident" if one.over else "under-confident" if one.under else ""


def bin_words(one: Bin) -> str:
    """``0.71–0.83``: the confidences in a bin."""
    low, high = write_confidence(one.lowest), write_confidence(one.highest)
    return low if low == high else f"{low}–{high}"


def _bars(bins: Sequence[HistogramBin]) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": [(one.low + one.high) / 2 for one in bins],
        "y": _shares(bins),
        "width": [one.high - one.low for one in bins],
        "marker": {"color": TEAL, "line": {"width": 0}},
        "opacity": 0.75,
        "hoverinfo": "text",
        "hovertext": [_bin_hover(one, bins) for one in bins],
    }


def _earlier(bins: Sequence[HistogramBin]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [(one.low + one.high) / 2 for one in bins],
        "y": _shares(bins),
        "line": {"color": GREY, "width": 2, "dash": "dot"},
        "marker": {"symbol": "circle-open", "size": 7, "color": GREY, "line": {"width": 2}},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [f"before: {_bin_hover(one, bins)}" for one in bins],
    }


def _shares(bins: Sequence[HistogramBin]) -> list[float]:
    rows = sum(one.rows for one in bins)
    return [one.rows / rows * 100 if rows else 0.0 for one in bins]


def _bin_hover(one: HistogramBin, bins: Sequence[HistogramBin]) -> str:
    rows = sum(other.rows for other in bins)
    return f"{_edges(one)}: {write(one.rows / rows if rows else 0.0, Unit.SHARE)}, {one.rows:,} of {rows:,}"


def _edges(one: HistogramBin) -> str:
    return f"{write_confidence(one.low)}–{write_confidence(one.high)}"


def _spread(bins: Sequence[HistogramBin]) -> str:
    rows = sum(one.rows for one in bins)
    return ", ".join(f"{_edges(one)} {write(one.rows / rows, Unit.SHARE)}" for one in bins if one.rows)


def _right(bins: Sequence[Bin], rows: Sequence[float]) -> dict[str, Any]:
    looks = [_LOOKS[standing(one)] for one in bins]
    shares = [one.right / one.n for one in bins]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [share * 100 for share in shares],
        "y": list(rows),
        "marker": {"symbol": [look[0] for look in looks], "color": [look[1] for look in looks], "size": 14},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [(one.interval.high - share) * 100 for one, share in zip(bins, shares, strict=True)],
            "arrayminus": [(share - one.interval.low) * 100 for one, share in zip(bins, shares, strict=True)],
            "color": GREY,
            "thickness": 3,
            "width": 6,
        },
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [
            f"{one.right:,} of {one.n:,} right: {write(share, Unit.SHARE)} ({_interval(one)})"
            for one, share in zip(bins, shares, strict=True)
        ],
    }


def _stated(bins: Sequence[Bin], rows: Sequence[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [one.stated * 100 for one in bins],
        "y": list(rows),
        "marker": {"symbol": "diamond-open", "size": 12, "color": GREY, "line": {"width": 2}},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [f"states {write_confidence(one.stated)} on average" for one in bins],
    }


def _upright_line(place: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": place,
        "x1": place,
        "y0": 0,
        "y1": 1,
        "line": {"color": GREY, "width": 2, "dash": "dash"},
    }


def _row_words(one: Bin) -> str:
    said = f", {standing(one)}" if standing(one) else ""
    return (
        f"{bin_words(one)}: states {write_confidence(one.stated)} on average, "
        f"{one.right:,} of {one.n:,} right, {write(one.right / one.n, Unit.SHARE)} ({_interval(one)}){said}."
    )


def _row_name(one: Bin) -> str:
    said = standing(one)
    sign = _LOOKS[said][2]
    return f"<b>{bin_words(one)}</b>  n {one.n:,}" + (f"  {sign} {said}" if said else "")


def _interval(one: Bin) -> str:
    return write_interval(one.interval.low, one.interval.high, Unit.SHARE)
