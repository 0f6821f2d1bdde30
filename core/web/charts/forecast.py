"""Until when each criterion of a phase can be decided: a bar of days for each, the minimum as a tick."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.rollout.forecast import CriterionForecast, Outcome, PhaseForecast, span_words
from core.web.charts.canvas import GREY, RED, TEAL, TRACK, Figure, empty_layout
from core.web.safe import plain, printable

_ROW_PIXELS = 46
_NAME_LIMIT = 34
_MOST_DAYS = 365
"""What takes longer is drawn up to the edge; its words say how long."""


@dataclass(frozen=True)
class DaysBar:
    """One criterion: ``days`` from low to high (None: nothing to wait for, or for ever), and what is said."""

    name: str
    outcome: Outcome
    days: tuple[int, int] | None
    words: str
    note: str
    soonest: int | None = None
    again: bool = False


_WORDS = {
    Outcome.HOLDS: "holds",
    Outcome.FAILS: "fails now",
    Outcome.NEVER: "never at this rate",
    Outcome.UNKNOWN: "not known",
    Outcome.ELSEWHERE: "not by traffic",
}
"""What is said of a criterion that has no days."""


def days_bars(found: PhaseForecast) -> list[DaysBar]:
    return [
        DaysBar(
            one.label,
            one.outcome,
            one.days,
            _words_of(one),
            one.why,
            one.soonest,
            one.again,
        )
        for one in found.criteria
    ]


def _words_of(one: CriterionForecast) -> str:
    words = span_words(one.days) if one.days else _WORDS[one.outcome]
    return f"again: {words}" if one.again else words


def forecast_chart(bars: Sequence[DaysBar], minimum_days: int) -> Figure:
    """Thick: from the likely day to the latest; thin: from the soonest. Tick: the least the phase runs."""
    figure: Figure = {"data": [], "layout": empty_layout(_ROW_PIXELS * len(bars) + 58)}
    layout = figure["layout"]
    longest = max([minimum_days, 7, *(bar.days[1] for bar in bars if bar.days)])
    edge = min(longest, _MOST_DAYS) * 1.04
    for place, bar in enumerate(bars):
        figure["data"] += _drawn(bar, float(place), edge)
        layout["annotations"] += [
            _words(0, place, f"<b>{plain(bar.name, _NAME_LIMIT)}</b>", "left"),
            _words(1, place, plain(bar.words), "right", _colour(bar)),
        ]
    layout["margin"] = {"l": 16, "r": 16, "t": 26, "b": 30}
    layout["xaxis"] = {
        "range": [0, edge],
        "nticks": 6,
        "ticksuffix": " d",
        "gridcolor": TRACK,
        "zeroline": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {"range": [len(bars) - 0.45, -0.6], "visible": False, "fixedrange": True}
    if minimum_days:
        _mark_minimum(layout, minimum_days, edge, len(bars))
    return figure


def forecast_alt(bars: Sequence[DaysBar], minimum_days: int) -> str:
    """The chart in words, for screen readers."""
    said = " ".join(f"{printable(bar.name)}: {bar.words}." for bar in bars)
    return f"Days until each criterion can be decided; the phase runs at least {minimum_days} days. {said}"


def _drawn(bar: DaysBar, row: float, edge: float) -> list[dict[str, Any]]:
    if bar.days is None:
        return []
    low, high = (min(float(end), edge) for end in bar.days)
    colour = GREY if bar.again else TEAL
    line = {"type": "scatter", "y": [row + 0.22, row + 0.22], "hoverinfo": "text"}
    note = f"<b>{plain(bar.name)}</b><br>{_broken(bar.note)}"
    return [
        {
            **line,
            "mode": "lines",
            "x": [0, low],
            "line": {"color": TRACK, "width": 9},
            "hovertext": [note, note],
        },
        {
            **line,
            "mode": "lines",
            "x": [min(float(bar.soonest or low), low), low],
            "line": {"color": colour, "width": 3},
            "hovertext": [note, note],
        },
        {
            **line,
            "mode": "lines+markers",
            "x": [low, high],
            "line": {"color": colour, "width": 9},
            "marker": {"color": colour, "size": 11},
            "hovertext": [note, note],
        },
    ]


def _mark_minimum(layout: Figure, minimum_days: int, edge: float, rows: int) -> None:
    """A tick in every row, below its words, and the days above the first one."""
    at = min(float(minimum_days), edge)
    layout["shapes"] += [
        {
            "type": "line",
            "xref": "x",
            "yref": "y",
            "x0": at,
            "x1": at,
            "y0": row + 0.06,
            "y1": row + 0.4,
            "line": {"color": GREY, "width": 2},
        }
        for row in range(rows)
    ]
    layout["annotations"].append(
        {
            "xref": "x",
            "yref": "paper",
            "x": at,
            "y": 1,
            "yanchor": "bottom",
            "xanchor": "right" if at > edge / 2 else "left",
            "text": f"minimum: {minimum_days} d",
            "showarrow": False,
            "font": {"size": 12},
        }
    )


def _colour(bar: DaysBar) -> str | None:
    return {Outcome.NEVER: RED, Outcome.FAILS: RED, Outcome.HOLDS: TEAL}.get(bar.outcome)


def _words(x: float, row: float, text: str, anchor: str, colour: str | None = None) -> dict[str, Any]:
    return {
        "xref": "paper",
        "x": x,
        "y": row + 0.06,
        "xanchor": anchor,
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 13} | ({"color": colour} if colour else {}),
    }


def _broken(note: str) -> str:
    """A long sentence would run out of the picture, so it is broken by hand."""
    words, lines = printable(note).split(" "), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 58:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(plain(line) for line in lines)
