"""Phases side by side: for each metric a line a phase with its interval, its first week and its bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.units import Unit, write, write_interval
from core.web.charts.canvas import GREY, GRID, RED, TEAL, TRACK, Figure, empty_layout
from core.web.safe import plain, printable

_ROW_PIXELS = 46
_AXIS_PIXELS = 34


@dataclass(frozen=True)
class PhaseLine:
    """One phase of a metric; without ``value`` it was not measured.

    Numbers are shares. ``baseline`` is the value of the phase's own first week, ``has_gap`` says that
    something fell; ``is_small`` marks a phase of so few cases that it says little.
    """

    phase: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    baseline: float | None = None
    bar: float | None = None
    has_gap: bool = False
    is_small: bool = False


def phase_chart(lines: Sequence[PhaseLine]) -> Figure:
    """The phases of one metric under each other, the oldest on top, all on one scale of shares."""
    figure: Figure = {"data": [], "layout": empty_layout(_ROW_PIXELS * len(lines) + _AXIS_PIXELS)}
    layout = figure["layout"]
    low, high = _range(lines)
    layout["xaxis"] = {
        "range": [low * 100, high * 100],
        "ticksuffix": " %",
        "nticks": 6,
        "gridcolor": GRID,
        "zeroline": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {"range": [-0.5, len(lines) - 0.3], "visible": False, "fixedrange": True}
    for place, line in enumerate(lines):
        _draw(figure, line, len(lines) - 1 - place, low, high)
    return figure


def phase_alt(label: str, lines: Sequence[PhaseLine]) -> str:
    """The phases of one metric in words."""
    return " ".join([f"{printable(label)} by phase.", *(_words(line) for line in lines)])


def _words(line: PhaseLine) -> str:
    if line.value is None:
        return f"{printable(line.phase)}: not measured."
    parts = [write(line.value, Unit.SHARE)]
    if line.n is not None:
        parts.append(f"n {line.n:,}")
    if line.baseline is not None:
        parts.append(f"its first week {write(line.baseline, Unit.SHARE)}")
    if line.bar is not None:
        parts.append(f"bar {write(line.bar, Unit.SHARE)}")
    gap = "; gap found" if line.has_gap else ""
    return f"{printable(line.phase)}: {', '.join(parts)}{gap}."


def _draw(figure: Figure, line: PhaseLine, height: int, low: float, high: float) -> None:
    layout = figure["layout"]
    layout["shapes"].append(_stroke((low, high), (height, height), TRACK, 2))
    layout["annotations"] += [_text(0, height, line.phase, "left"), _text(1, height, _numbers(line), "right")]
    if line.bar is not None:
        layout["shapes"].append(_stroke((line.bar, line.bar), (height - 0.16, height + 0.16), GREY, 3))
    if line.value is None:
        return
    ink = RED if line.has_gap else TEAL
    if line.low is not None and line.high is not None:
        layout["shapes"].append(_stroke((line.low, line.high), (height, height), ink, 5))
    if line.baseline is not None:
        figure["data"].append(
            _mark(
                line.baseline, height, "diamond-open", GREY, f"first week: {write(line.baseline, Unit.SHARE)}"
            )
        )
    symbol = "triangle-down" if line.has_gap else "circle-open" if line.is_small else "circle"
    figure["data"].append(_mark(line.value, height, symbol, ink, _hover(line)))


def _numbers(line: PhaseLine) -> str:
    if line.value is None:
        return "not measured"
    sign = "▼ " if line.has_gap else ""
    return f"{sign}{write(line.value, Unit.SHARE)}  n {line.n or 0:,}"


def _hover(line: PhaseLine) -> str:
    words = write(line.value or 0.0, Unit.SHARE)
    if line.low is not None and line.high is not None:
        words += f" ({write_interval(line.low, line.high, Unit.SHARE)})"
    return f"<b>{plain(line.phase, 40)}</b><br>{plain(words)}, n {line.n or 0:,}"


def _range(lines: Sequence[PhaseLine]) -> tuple[float, float]:
    numbers = [
        number
        for line in lines
        for number in (line.low, line.high, line.value, line.baseline, line.bar)
        if number is not None
    ]
    if not numbers:
        return 0.0, 1.0
    air = max((max(numbers) - min(numbers)) * 0.1, 0.02)
    return max(0.0, min(numbers) - air), min(1.0, max(numbers) + air)


def _stroke(x: tuple[float, float], y: tuple[float, float], colour: str, width: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "y",
        "x0": x[0] * 100,
        "x1": x[1] * 100,
        "y0": y[0],
        "y1": y[1],
        "line": {"color": colour, "width": width},
        "layer": "below",
    }


def _mark(value: float, height: float, symbol: str, colour: str, hover: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [value * 100],
        "y": [height],
        "marker": {"symbol": symbol, "size": 13, "color": colour, "line": {"width": 2, "color": colour}},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [hover],
    }


def _text(x: float, height: float, text: str, anchor: str) -> dict[str, Any]:
    return {
        "xref": "paper",
        "yref": "y",
        "x": x,
        "y": height + 0.42,
        "xanchor": anchor,
        "yanchor": "middle",
        "text": plain(text, 36),
        "showarrow": False,
        "font": {"size": 13},
    }
