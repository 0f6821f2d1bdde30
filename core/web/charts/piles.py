"""Where failures pile up: each part's share of the failures beside its share of what was counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.units import Unit, write
from core.web.charts.canvas import GREY, RED, TEAL, TRACK, Figure, empty_layout
from core.web.safe import plain, printable

MOST_ROWS = 8
"""So many parts are drawn; the table beside the chart has them all."""

_ROW_PIXELS = 62
_NAME_LIMIT = 26


@dataclass(frozen=True)
class PileBar:
    """One part: shares from 0 to 1. ``rates`` says both rates in short, ``note`` everything, on hovering."""

    name: str
    of_failures: float
    of_cases: float
    rates: str
    note: str
    stands_out: bool


def pile_chart(bars: Sequence[PileBar]) -> Figure:
    """One row a part: a wide bar of its share of the failures, a thin one of its share of the cases."""
    drawn = list(bars[:MOST_ROWS])
    figure: Figure = {"data": [], "layout": empty_layout(_ROW_PIXELS * len(drawn) + 56)}
    rows = [float(place) for place in range(len(drawn))]
    colours = [RED if bar.stands_out else TEAL for bar in drawn]
    wide = _bars(drawn, [row + 0.04 for row in rows], [bar.of_failures for bar in drawn], 0.3, colours)
    thin = _bars(
        drawn, [row + 0.29 for row in rows], [bar.of_cases for bar in drawn], 0.14, [GREY] * len(drawn)
    )
    figure["data"] = [wide, thin]
    layout = figure["layout"]
    layout["margin"] = {"l": 16, "r": 24, "t": 4, "b": 30}
    layout["bargap"] = 0
    layout["barmode"] = "overlay"
    layout["xaxis"] = {
        "range": [0, 103],
        "tickvals": [0, 25, 50, 75, 100],
        "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"],
        "gridcolor": TRACK,
        "zeroline": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {"range": [len(drawn) - 0.5, -0.62], "visible": False, "fixedrange": True}
    for bar, row in zip(drawn, rows, strict=True):
        sign = "▲ " if bar.stands_out else ""
        name = f"{sign}<b>{plain(bar.name, _NAME_LIMIT)}</b>"
        layout["annotations"] += [_words(0, row, name, "left"), _words(103, row, plain(bar.rates), "right")]
    return figure


def pile_alt(bars: Sequence[PileBar]) -> str:
    """The chart in words, for screen readers."""
    parts = [
        f"{printable(bar.name)}: {write(bar.of_failures, Unit.SHARE)} of the failures, "
        f"{write(bar.of_cases, Unit.SHARE)} of what was counted; {printable(bar.rates)}"
        f"{', stands out' if bar.stands_out else ''}."
        for bar in bars[:MOST_ROWS]
    ]
    return " ".join(["Share of the failures beside share of what was counted, by part.", *parts])


def _bars(
    bars: Sequence[PileBar], rows: Sequence[float], shares: Sequence[float], width: float, colours: list[str]
) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [share * 100 for share in shares],
        "y": list(rows),
        "width": [width] * len(bars),
        "marker": {"color": colours},
        "hoverinfo": "text",
        "hovertext": [f"<b>{plain(bar.name)}</b><br>{_broken(bar.note)}" for bar in bars],
    }


def _broken(note: str) -> str:
    """A long sentence would run out of the picture, so it is broken by hand."""
    words, lines = printable(note).split(" "), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 58:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(plain(line) for line in lines)


def _words(x: float, row: float, text: str, anchor: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": row - 0.16,
        "xanchor": anchor,
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 13},
    }
