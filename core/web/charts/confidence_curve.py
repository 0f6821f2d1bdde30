"""Coverage against risk drawn: how much goes out alone and how much of that is wrong, with thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.metrics.confidence_words import write_confidence
from core.statistics.threshold import Cut
from core.units import Unit, write, write_interval
from core.web.charts.canvas import GREY, GRID, TEAL, TRACK, Figure, bar_line, empty_layout
from core.web.safe import plain, printable
from core.web.wording import VERDICTS

FEWEST_DRAWN = 10
"""A cut with fewer labelled answers above it says next to nothing, and would only stretch the scale."""

_FINEST = 0.004
_BAND = "rgba(30, 140, 138, 0.18)"


@dataclass(frozen=True)
class Mark:
    """A threshold on the curve: ``kind`` is ``safe``, ``plan`` or ``picked``; ``words`` stand in its hover.

    ``share`` (0 to 1) of the traffic is above it, ``wrong`` of that is wrong; None: nothing there is
    labelled, so that it has no place on the curve.
    """

    kind: str
    confidence: float
    share: float
    wrong: float | None
    words: str


_LOOKS = {
    "safe": ("star", VERDICTS["go"].ink, 16, "keeps the promise"),
    "plan": ("square-open", GREY, 12, "in the phase plan"),
    "picked": ("circle-open", VERDICTS["no_go"].ink, 16, "looked at"),
}
"""Marker, colour, size and words of each kind of mark."""


def curve_chart(cuts: Sequence[Cut], promised: float, marks: Sequence[Mark] = ()) -> Figure:
    """Wrong answers (%) over the share of traffic that goes out alone (%), with the upper band.

    ``promised`` is the share of wrong answers that the promise allows, as a dashed line.
    """
    drawn = _thinned(cuts)
    top = _top(drawn, promised)
    figure: Figure = {"data": [*_band(drawn), _line(drawn)], "layout": empty_layout(320)}
    figure["data"] += [_mark(mark, mark.wrong, top) for mark in marks if mark.wrong is not None]
    layout = figure["layout"]
    layout["margin"] = {"l": 8, "r": 20, "t": 16, "b": 48}
    layout["xaxis"] = {
        "range": [0, 102],
        "tickvals": [0, 25, 50, 75, 100],
        "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"],
        "title": {"text": "traffic answered alone", "standoff": 8},
        "showgrid": True,
        "gridcolor": GRID,
        "zeroline": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {
        "range": [0, top * 100],
        "ticksuffix": " %",
        "nticks": 6,
        "title": {"text": "of it wrong", "standoff": 4},
        "gridcolor": TRACK,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }
    layout["shapes"].append(bar_line(promised * 100, 1.5))
    is_curve_above = bool(drawn) and _wrong(drawn[-1]) > promised * 100
    layout["annotations"].append(
        {
            "xref": "paper",
            "x": 1,
            "y": promised * 100,
            "xanchor": "right",
            "yanchor": "top" if is_curve_above else "bottom",
            "text": f"allowed: {write(promised, Unit.SHARE)} wrong",
            "showarrow": False,
            "font": {"size": 12},
        }
    )
    return figure


def curve_alt(cuts: Sequence[Cut], promised: float, marks: Sequence[Mark] = ()) -> str:
    """The curve in words: about every tenth of the traffic, then the thresholds marked on it."""
    drawn = _thinned(cuts, 0.1)
    parts = [
        f"{write(cut.share, Unit.SHARE)} of traffic (from {write_confidence(cut.confidence)}): "
        f"{write(1 - cut.right / cut.n, Unit.SHARE)} wrong, "
        f"at most {write(1 - cut.precision.low, Unit.SHARE)}, n {cut.n:,}."
        for cut in drawn
    ]
    said = [f"{_LOOKS[mark.kind][3].capitalize()}: {printable(mark.words)}." for mark in marks]
    head = f"Answered alone against wrong; {write(promised, Unit.SHARE)} wrong are allowed."
    return " ".join([head, *(parts or ["Too few labelled answers to draw."]), *said])


def _thinned(cuts: Sequence[Cut], finest: float = _FINEST) -> list[Cut]:
    """The cuts that can be told apart on a screen, the last one always."""
    drawn: list[Cut] = []
    for place, cut in enumerate(cuts):
        is_last = place == len(cuts) - 1
        if cut.n < FEWEST_DRAWN and not is_last:
            continue
        if not drawn or cut.share >= drawn[-1].share + finest or is_last:
            drawn.append(cut)
    return drawn


def _top(drawn: Sequence[Cut], promised: float) -> float:
    """The upper end of the scale: what matters is in sight, and few labels do not stretch it."""
    wrong = [1 - cut.right / cut.n for cut in drawn]
    upper = [1 - cut.precision.low for cut in drawn if cut.n >= 3 * FEWEST_DRAWN]
    return min(1.0, 1.15 * max([2 * promised, *wrong, *upper]))


def _band(drawn: Sequence[Cut]) -> list[dict[str, Any]]:
    shares = [cut.share * 100 for cut in drawn]
    quiet = {"type": "scatter", "mode": "lines", "x": shares, "hoverinfo": "skip", "line": {"width": 0}}
    lower = {**quiet, "y": [_wrong(cut) for cut in drawn]}
    upper = {
        **quiet,
        "y": [(1 - cut.precision.low) * 100 for cut in drawn],
        "fill": "tonexty",
        "fillcolor": _BAND,
        "line": {"width": 1, "color": TEAL, "dash": "dot"},
    }
    return [lower, upper]


def _line(drawn: Sequence[Cut]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [cut.share * 100 for cut in drawn],
        "y": [_wrong(cut) for cut in drawn],
        "line": {"color": TEAL, "width": 2.5},
        "hoverinfo": "text",
        "hovertext": [
            f"from {write_confidence(cut.confidence)}: {write(cut.share, Unit.SHARE)} of traffic<br>"
            f"{cut.n - cut.right:,} of {cut.n:,} wrong: {write(1 - cut.right / cut.n, Unit.SHARE)} "
            f"({write_interval(1 - cut.precision.high, 1 - cut.precision.low, Unit.SHARE)})"
            for cut in drawn
        ],
    }


def _mark(mark: Mark, wrong: float, top: float) -> dict[str, Any]:
    symbol, colour, size, words = _LOOKS[mark.kind]
    width = 2.5 if symbol.endswith("open") else 0
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [mark.share * 100],
        "y": [min(wrong, top) * 100],
        "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"width": width}},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [f"<b>{write_confidence(mark.confidence)}</b> {words}<br>{plain(mark.words)}"],
    }


def _wrong(cut: Cut) -> float:
    return (1 - cut.right / cut.n) * 100
