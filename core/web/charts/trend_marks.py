"""What is marked on a trend: releases, phases, the weeks that fall, days that stand out, the level's word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from core.statistics.drift import Level
from core.web.charts.canvas import GREY, RED, Figure
from core.web.charts.trend import TrendPoint
from core.web.safe import plain, printable
from core.web.wording import write_date

_HALF = timedelta(days=3)
_ROWS_PIXELS = 44
"""The height of the two rows of words above the points."""


@dataclass(frozen=True)
class Change:
    """A line across the chart at ``day``: what changed, such as a release that began."""

    day: date
    words: str


@dataclass(frozen=True)
class LevelLook:
    """How a level is shown: never by its colour alone.

    ``sign`` is ordinary text, ``symbol`` a Plotly marker, ``icon`` and ``colour`` Streamlit's; ``ink`` stands
    out on light and on dark ground, ``band`` is the pale ground behind the weeks that are compared.
    """

    sign: str
    symbol: str
    icon: str
    colour: str
    ink: str
    band: str


LEVELS: dict[Level, LevelLook] = {
    Level.QUIET: LevelLook("–", "circle", ":material/trending_flat:", "gray", GREY, ""),
    Level.INVESTIGATE: LevelLook(
        "▼", "triangle-down", ":material/search:", "orange", "#BC7A0A", "rgba(188, 122, 10, 0.13)"
    ),
    Level.CONFIRMED: LevelLook(
        "▼▼", "diamond", ":material/trending_down:", "violet", "#8A5FBF", "rgba(138, 95, 191, 0.15)"
    ),
    Level.STOP: LevelLook("■", "square", ":material/front_hand:", "red", RED, "rgba(214, 69, 69, 0.13)"),
}


@dataclass(frozen=True)
class Marks:
    """``releases`` and ``phases`` begin on their day; ``compared`` are the weeks that ``level`` speaks of.

    ``word`` is the level as it stands on the chart; ``stand_out`` are days outside of what is usual. Without
    ``by_day`` the points are weeks.
    """

    releases: Sequence[Change] = ()
    phases: Sequence[Change] = ()
    compared: Sequence[date] = ()
    level: Level = Level.QUIET
    word: str = ""
    stand_out: Sequence[date] = ()
    by_day: bool = False


def mark_trend(figure: Figure, points: Sequence[TrendPoint], marks: Marks) -> Figure:
    """``figure`` of :func:`core.web.charts.trend.trend_chart` with its marks on it."""
    layout = figure["layout"]
    changes = [(one, "dot", "▸ ") for one in marks.releases] + [(one, "solid", "⚑ ") for one in marks.phases]
    if changes:
        # The words stand above the points, in two rows, so that neither hides the other.
        layout["height"] += _ROWS_PIXELS
        layout["yaxis"]["domain"] = [0, 1 - _ROWS_PIXELS / layout["height"]]
    for number, (change, dash, sign) in enumerate(sorted(changes, key=lambda one: one[0].day)):
        words = _Words(sign, 1 - (number % 2) * _ROWS_PIXELS / layout["height"] / 2, "top")
        _draw_change(layout, change, dash, words, _is_late(change, points))
    if marks.level is not Level.QUIET:
        _mark_fall(figure, points, marks)
    _mark_days(figure, marks.stand_out)
    return figure


def marks_alt(marks: Marks) -> str:
    """The marks in words, for screen readers."""
    parts = [f"{write_date(one.day)}: release {printable(one.words)} begins." for one in marks.releases]
    parts += [f"{write_date(one.day)}: phase {printable(one.words)} begins." for one in marks.phases]
    if marks.level is not Level.QUIET and marks.compared:
        first, last = write_date(marks.compared[0]), write_date(marks.compared[-1])
        parts.append(f"{printable(marks.word)}: the weeks of {first} to {last}.")
    if marks.stand_out:
        parts.append(f"Days that stand out: {', '.join(write_date(day) for day in marks.stand_out)}.")
    return " ".join(parts)


def _mark_fall(figure: Figure, points: Sequence[TrendPoint], marks: Marks) -> None:
    """The compared weeks on a pale ground, with the level's word above it and its sign at each point."""
    look, layout = LEVELS[marks.level], figure["layout"]
    if marks.compared:
        # A week's point stands on its Monday, in the middle of its ground; its days stand side by side.
        before, after = (timedelta(hours=12), timedelta(days=6, hours=12)) if marks.by_day else (_HALF, _HALF)
        start, end = (datetime.combine(day, time()) for day in (marks.compared[0], marks.compared[-1]))
        layout["shapes"].append(
            {
                "type": "rect",
                "xref": "x",
                "yref": "paper",
                "x0": (start - before).isoformat(),
                "x1": (end + after).isoformat(),
                "y0": 0,
                "y1": 1,
                "fillcolor": look.band,
                "line": {"width": 0},
                "layer": "below",
            }
        )
    layout["annotations"].append(
        {
            "xref": "paper",
            "yref": "paper",
            "x": 0,
            "y": 1,
            "xanchor": "left",
            "yanchor": "bottom",
            "text": f"<b>{look.sign} {plain(marks.word)}</b>",
            "showarrow": False,
            "font": {"size": 13, "color": look.ink},
        }
    )
    marker = figure["data"][0]["marker"]
    days = set() if marks.by_day else set(marks.compared)
    marked = [point.week in days and not point.is_small for point in points]
    marker["symbol"] = [
        look.symbol if one else symbol for one, symbol in zip(marked, marker["symbol"], strict=True)
    ]
    marker["color"] = [look.ink if one else marker["color"] for one in marked]
    marker["size"] = [12 if one else marker["size"] for one in marked]


def _mark_days(figure: Figure, days: Sequence[date]) -> None:
    """A ring around each day that stands out, which a reader without colours sees as well."""
    line = figure["data"][0]
    wanted = {day.isoformat() for day in days}
    places = [place for place, day in enumerate(line["x"]) if day in wanted and line["y"][place] is not None]
    if not places:
        return
    figure["data"].append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": [line["x"][place] for place in places],
            "y": [line["y"][place] for place in places],
            "marker": {"symbol": "circle-open", "size": 19, "color": RED, "line": {"width": 2}},
            "hoverinfo": "text",
            "hovertext": [f"{line['hovertext'][place]}<br>stands out of the other days" for place in places],
        }
    )


@dataclass(frozen=True)
class _Words:
    """The words beside a line: their ``sign``, and the ``anchor`` of them that stands at ``height``."""

    sign: str
    height: float
    anchor: str


def _is_late(change: Change, points: Sequence[TrendPoint]) -> bool:
    """Whether it stands in the right half, where words to its right would run out of the picture."""
    return bool(points) and change.day - points[0].week > (points[-1].week - points[0].week) / 2


def _draw_change(layout: Figure, change: Change, dash: str, words: _Words, is_late: bool) -> None:
    """An upright line with its words; neighbours stand at different heights."""
    day = change.day.isoformat()
    line: dict[str, Any] = {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": day,
        "x1": day,
        "y0": 0,
        "y1": 1,
        "line": {"color": GREY, "width": 1.5, "dash": dash},
        "layer": "below",
    }
    layout["shapes"].append(line)
    layout["annotations"].append(
        {
            "xref": "x",
            "yref": "paper",
            "x": day,
            "y": words.height,
            "xanchor": "right" if is_late else "left",
            "yanchor": words.anchor,
            "text": f"{words.sign}{plain(change.words, 28)}",
            "showarrow": False,
            "font": {"size": 12},
        }
    )
