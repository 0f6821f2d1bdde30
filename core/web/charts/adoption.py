"""Adoption: a row of weekly bars for each segment, all on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.web.charts.canvas import TEAL, TRACK, Figure, empty_layout
from core.web.safe import plain, printable
from core.web.wording import write_date

MOST_WEEKS = 26
_ROW_PIXELS = 66


@dataclass(frozen=True)
class AdoptionRow:
    """One segment: its name, and how many came in each week."""

    name: str
    counts: tuple[int, ...]


def adoption_chart(weeks: Sequence[date], rows: Sequence[AdoptionRow], noun: str) -> Figure:
    """Bars of the last ``MOST_WEEKS`` weeks by segment; ``noun`` is what is counted ("users")."""
    shown = [week.isoformat() for week in weeks[-MOST_WEEKS:]]
    top = max((count for row in rows for count in row.counts[-MOST_WEEKS:]), default=0) or 1
    figure: Figure = {"data": [], "layout": empty_layout(_ROW_PIXELS * len(rows) + 40)}
    layout = figure["layout"]
    layout["margin"] = {"l": 14, "r": 20, "t": 4, "b": 28}
    layout["bargap"] = 0.15
    layout["xaxis"] = {
        "type": "category",
        "tickvals": sorted({shown[0], shown[-1]}) if shown else [],
        "ticktext": [plain(_short(date.fromisoformat(day))) for day in sorted({shown[0], shown[-1]})]
        if shown
        else [],
        "showgrid": False,
        "fixedrange": True,
    }
    # Every row has a height of one; its bars fill the lower six tenths of it.
    layout["yaxis"] = {"range": [0, max(len(rows), 1)], "visible": False, "fixedrange": True}
    for place, row in enumerate(rows):
        base = len(rows) - 1 - place
        counts = row.counts[-MOST_WEEKS:]
        figure["data"].append(_bars(shown, row, counts, base, top, noun))
        layout["annotations"] += [
            _words(0, base, f"<b>{plain(row.name, 28)}</b>", "left"),
            _words(1, base, f"{counts[-1]:,} {noun} in the last week" if counts else "", "right"),
        ]
        layout["shapes"].append(_ground(base))
    return figure


def adoption_alt(weeks: Sequence[date], rows: Sequence[AdoptionRow], noun: str) -> str:
    """The chart in words, for screen readers."""
    if not weeks:
        return f"No {noun} yet."
    parts = [f"{printable(row.name)}: {row.counts[-1]:,} in the last week." for row in rows]
    span = f"{write_date(weeks[0])} to {write_date(weeks[-1])}"
    return f"{noun.capitalize()} by week and segment, {span}. {' '.join(parts)}"


def _bars(
    weeks: Sequence[str], row: AdoptionRow, counts: Sequence[int], base: int, top: int, noun: str
) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": list(weeks),
        "y": [0.6 * count / top for count in counts],
        "base": [base] * len(counts),
        "marker": {"color": TEAL},
        "hoverinfo": "text",
        # A later trace of bars stands on the same axis: without this they would stand beside each other.
        "offsetgroup": "weeks",
        "hovertext": [
            f"<b>{plain(row.name)}</b><br>Week of {write_date(date.fromisoformat(week))}: {count:,} {noun}"
            for week, count in zip(weeks, counts, strict=True)
        ],
    }


def _words(x: float, base: int, text: str, anchor: str) -> dict[str, Any]:
    return {
        "xref": "paper",
        "x": x,
        "y": base + 0.64,
        "xanchor": anchor,
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 13},
    }


def _ground(base: int) -> dict[str, Any]:
    line = {"color": TRACK, "width": 1}
    return {
        "type": "line",
        "xref": "paper",
        "yref": "y",
        "x0": 0,
        "x1": 1,
        "y0": base,
        "y1": base,
        "line": line,
    }


def _short(day: date) -> str:
    return write_date(day).rsplit(" ", 1)[0]
