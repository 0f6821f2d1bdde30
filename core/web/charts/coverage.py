"""Which fields the traces record, week by week: a table of shares, each written and shaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.web.charts.canvas import Figure, empty_layout, note
from core.web.safe import plain, printable

_ROW_PIXELS = 30
_HEAD_PIXELS = 34
_LABELS_SHARE = 0.3
_LETTERS = 12


@dataclass(frozen=True)
class CoverageColumn:
    """One week: what it is called, how many traces it has, how many of them fill each field."""

    name: str
    traces: int
    filled: tuple[int, ...]


def coverage_chart(fields: Sequence[str], weeks: Sequence[CoverageColumn]) -> Figure:
    """A row for each of ``fields``, a column for each of ``weeks``; darker is more, its share is written."""
    height = _HEAD_PIXELS + len(fields) * _ROW_PIXELS
    layout = empty_layout(height + 8)
    layout["margin"] = {"l": 2, "r": 2, "t": 4, "b": 4}
    layout["xaxis"] = {"range": [0, 1], "visible": False, "fixedrange": True}
    layout["yaxis"] = {"range": [height, 0], "visible": False, "fixedrange": True}
    width = (1 - _LABELS_SHARE) / max(len(weeks), 1)
    places = [_LABELS_SHARE + (number + 0.5) * width for number in range(len(weeks))]
    for place, week in zip(places, weeks, strict=True):
        head = f"<b>{plain(week.name)}</b><br>n {week.traces:,}"
        layout["annotations"].append(note(place, _HEAD_PIXELS / 2, head, _LETTERS))
    for number, field in enumerate(fields):
        middle = _HEAD_PIXELS + (number + 0.5) * _ROW_PIXELS
        layout["annotations"].append(note(0, middle, plain(field, 24), _LETTERS) | {"xanchor": "left"})
        for place, week in zip(places, weeks, strict=True):
            share = week.filled[number] / week.traces if week.traces else 0
            layout["shapes"].append(_cell(place, middle, width, share))
            percent = _percent(week.filled[number], week.traces)
            layout["annotations"].append(note(place, middle, percent, _LETTERS))
    return {"data": [_hover_marks(fields, weeks, places)], "layout": layout}


def coverage_alt(fields: Sequence[str], weeks: Sequence[CoverageColumn]) -> str:
    """The table in words, for screen readers."""
    parts = []
    for number, field in enumerate(fields):
        shares = [f"{printable(week.name)} {_percent(week.filled[number], week.traces)}" for week in weeks]
        parts.append(f"{printable(field)}: {', '.join(shares)}.")
    return " ".join(parts)


def _percent(filled: int, traces: int) -> str:
    """A few of very many are not "0 %", and nearly all are not "100 %"."""
    if not traces:
        return "–"
    percent = round(100 * filled / traces)
    return f"{min(99, max(1, percent)) if 0 < filled < traces else percent} %"


def _cell(place: float, middle: float, width: float, share: float) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "y",
        "x0": place - 0.47 * width,
        "x1": place + 0.47 * width,
        "y0": middle - 0.44 * _ROW_PIXELS,
        "y1": middle + 0.44 * _ROW_PIXELS,
        "line": {"width": 0},
        "fillcolor": f"rgba(30, 140, 138, {0.06 + 0.34 * share:.2f})",
        "layer": "below",
    }


def _hover_marks(
    fields: Sequence[str], weeks: Sequence[CoverageColumn], places: Sequence[float]
) -> dict[str, Any]:
    columns = list(zip(places, weeks, strict=True))
    cells = [(number, place, week) for number in range(len(fields)) for place, week in columns]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [place for _, place, _ in cells],
        "y": [_HEAD_PIXELS + (number + 0.5) * _ROW_PIXELS for number, _, _ in cells],
        "marker": {"size": _ROW_PIXELS - 4, "opacity": 0, "symbol": "square"},
        "hoverinfo": "text",
        "hovertext": [
            f"{plain(fields[number])}<br>{plain(week.name)}: {week.filled[number]:,} of {week.traces:,}"
            for number, _, week in cells
        ],
    }
