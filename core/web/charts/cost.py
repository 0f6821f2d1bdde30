"""The pictures of cost: how tasks spread on a log scale, and what another volume would cost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.units import Rounding, Unit, write
from core.web.charts.canvas import GREY, GRID, TEAL, Figure, empty_layout
from core.web.safe import plain, printable
from core.web.wording import write_date

AMBER = "#BC7A0A"
_BAND = "rgba(30, 140, 138, 0.22)"
_FREE_WIDTH, _FEW_TASKS = 0.7, 6
"""Free tasks have no place on a log scale: they stand in a column of their own, half a decade to the left."""


@dataclass(frozen=True)
class CostColumn:
    """``tasks`` that cost from ``low`` to below ``high`` dollars; free ones from 0 to 0."""

    low: float
    high: float
    tasks: int


@dataclass(frozen=True)
class Mark:
    """A cost with its name, such as p95."""

    words: str
    cost: float


@dataclass(frozen=True)
class VolumePoint:
    """What ``tasks`` a day would cost in 30 days; without ``high`` there is no bound above."""

    words: str
    tasks: float
    value: float
    low: float
    high: float | None


@dataclass(frozen=True)
class StepMark:
    """A week from the Monday ``week`` whose mean cost ``value`` is shown to differ by ``change`` dollars."""

    week: date
    value: float
    change: float


def money(value: float, rounding: Rounding = Rounding.NEAREST) -> str:
    """Dollars as one says them: whole ones from a hundred on, with their cents from one on."""
    if abs(value) < 1:
        return write(value, Unit.USD, rounding)
    decimals = 0 if abs(value) >= 100 else 2
    scaled = round(value * 10**decimals, 6)
    turned = {Rounding.DOWN: math.floor, Rounding.UP: math.ceil}.get(rounding, round)(scaled)
    return f"${turned / 10**decimals:,.{decimals}f}"


def money_interval(low: float, high: float) -> str:
    """``$4,198–$4,244``, both ends rounded outward: the one way a bound of a sum is written."""
    return f"{money(low, Rounding.DOWN)}–{money(high, Rounding.UP)}"


def short_money(value: float, rounding: Rounding = Rounding.NEAREST) -> str:
    """Dollars where there is little room: ``$1.75M``, ``$12.3k``."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        # What would be rounded up to 1,000 of a smaller size is 1 of this one.
        if abs(value) >= (0.999 if rounding is Rounding.UP else 0.9995) * size:
            return f"${_three_digits(value / size, rounding):.3g}{letter}"
    return money(value, rounding)


def _three_digits(value: float, rounding: Rounding) -> float:
    if rounding is Rounding.NEAREST:
        return value
    scale = 10.0 ** (3 - len(str(int(abs(value)))))
    scaled = round(value * scale, 6)
    whole = math.floor(scaled) if rounding is Rounding.DOWN else math.ceil(scaled)
    return whole / scale


def distribution_chart(columns: Sequence[CostColumn], marks: Sequence[Mark]) -> Figure:
    """Tasks by their cost, each power of ten as wide as the next; ``marks`` are lines across."""
    figure: Figure = {"data": [], "layout": empty_layout(280)}
    layout = figure["layout"]
    if not columns:
        return figure
    priced = [one for one in columns if one.high > 0]
    places = [math.log10(math.sqrt(one.low * one.high)) for one in priced]
    widths = [math.log10(one.high / one.low) * 0.94 for one in priced]
    free = sum(one.tasks for one in columns if one.high == 0)
    ticks = _decades(priced)
    if free:
        start = min((math.log10(one.low) for one in priced), default=-2.0)
        places, widths = [start - 0.5, *places], [widths[0] if widths else _FREE_WIDTH, *widths]
        ticks = {start - 0.5: "$0", **{place: text for place, text in ticks.items() if place >= start}}
    shown = ([CostColumn(0, 0, free)] if free else []) + priced
    figure["data"].append(
        {
            "type": "bar",
            "x": places,
            "y": [one.tasks for one in shown],
            "width": widths,
            "marker": {"color": TEAL, "opacity": 0.75},
            "hoverinfo": "text",
            "hovertext": [f"{plain(_from_to(one))}: {one.tasks:,} tasks" for one in shown],
        }
    )
    layout["xaxis"] = {
        "tickvals": list(ticks),
        "ticktext": [plain(text) for text in ticks.values()],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
    layout["yaxis"] = {"gridcolor": GRID, "nticks": 5, "fixedrange": True, "automargin": True}
    if max(one.tasks for one in shown) < _FEW_TASKS:
        # There are no halves of tasks.
        layout["yaxis"] |= {"dtick": 1, "tickformat": "d"}
    layout["margin"] = {"l": 8, "r": 16, "t": 56, "b": 32}
    for number, mark in enumerate(one for one in marks if one.cost > 0):
        _draw_mark(layout, math.log10(mark.cost), f"{mark.words} {money(mark.cost)}", number)
    return figure


def distribution_alt(columns: Sequence[CostColumn], marks: Sequence[Mark]) -> str:
    """The distribution in words, for screen readers."""
    said = [f"{printable(mark.words)} is {money(mark.cost)}." for mark in marks]
    counted = [f"{_from_to(one)}: {one.tasks:,} tasks." for one in columns]
    return " ".join(["Tasks by their cost.", *said, *counted])


def projection_chart(points: Sequence[VolumePoint]) -> Figure:
    """The cost of 30 days by tasks a day, both in powers of ten, with the band where it can lie."""
    figure: Figure = {"data": [], "layout": empty_layout(300)}
    layout = figure["layout"]
    drawn = [one for one in points if one.tasks > 0 and one.value > 0]
    if not drawn:
        return figure
    bounded = [one for one in drawn if one.high is not None and one.low > 0]
    if bounded:
        figure["data"].append(_band(bounded))
    figure["data"].append(
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": [one.tasks for one in drawn],
            "y": [one.value for one in drawn],
            "line": {"color": TEAL, "width": 2.5},
            "marker": {"color": TEAL, "size": 10},
            "cliponaxis": False,
            "hoverinfo": "text",
            "hovertext": [plain(_point_words(one)) for one in drawn],
        }
    )
    layout["xaxis"] = {
        "type": "log",
        "title": {"text": "tasks a day", "font": {"size": 12}},
        "range": _powers([one.tasks for one in drawn], 0.3, 0.3),
        "dtick": 1,
        "tickformat": "~s",
        "gridcolor": GRID,
        "fixedrange": True,
    }
    layout["yaxis"] = {
        "type": "log",
        "dtick": 1,
        # In full: “m” would be a thousandth, and read as a million.
        "tickformat": ",~r",
        "range": _powers([one.value for one in drawn], 1.0, 0.9),
        "tickprefix": "&#36;",
        "gridcolor": GRID,
        "fixedrange": True,
        "automargin": True,
    }
    layout["margin"] = {"l": 8, "r": 40, "t": 44, "b": 44}
    layout["annotations"] += [_name(one, one is drawn[-1]) for one in drawn]
    return figure


def projection_alt(points: Sequence[VolumePoint]) -> str:
    """The projection in words, for screen readers."""
    return " ".join(["What 30 days would cost.", *(f"{_point_words(one)}." for one in points)])


def mark_steps(figure: Figure, steps: Sequence[StepMark]) -> Figure:
    """A trend of costs in dollars with a triangle at each week that differs from the one before.

    Fractions of a cent are written out: millionths of a dollar have no sign that people know.
    """
    figure["layout"]["yaxis"]["exponentformat"] = "none"
    if steps:
        figure["data"].append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [step.week.isoformat() for step in steps],
                "y": [step.value for step in steps],
                "marker": {
                    "symbol": ["triangle-up" if step.change > 0 else "triangle-down" for step in steps],
                    "color": AMBER,
                    "size": 15,
                },
                "hoverinfo": "text",
                "hovertext": [plain(_step_words(step)) for step in steps],
            }
        )
    return figure


def steps_alt(steps: Sequence[StepMark]) -> str:
    """The marked weeks in words, for screen readers."""
    return " ".join(f"{_step_words(step)}." for step in steps)


def _step_words(step: StepMark) -> str:
    side = "dearer" if step.change > 0 else "cheaper"
    return f"Week of {write_date(step.week)}: {money(abs(step.change))} {side} than the one before"


def _decades(columns: Sequence[CostColumn]) -> dict[float, str]:
    if not columns:
        return {}
    first = math.floor(math.log10(columns[0].low) + 1e-9)
    last = math.ceil(math.log10(columns[-1].high) - 1e-9)
    if last - first > 2:
        return {float(place): money(10.0**place) for place in range(first, last + 1)}
    # So few powers of ten leave the axis bare: halves of them stand in between.
    steps = [(place, times) for place in range(first, last + 1) for times in (1, 2, 5)]
    low, high = math.log10(columns[0].low), math.log10(columns[-1].high)
    ticks = {place + math.log10(times): money(times * 10.0**place) for place, times in steps}
    return {place: text for place, text in ticks.items() if low - 0.1 <= place <= high + 0.1}


def _from_to(column: CostColumn) -> str:
    return "free" if column.high == 0 else f"{money(column.low)} to {money(column.high)}"


def _draw_mark(layout: Figure, place: float, words: str, number: int) -> None:
    """A dotted line with its name above the chart; neighbours stand at different heights."""
    layout["shapes"].append(
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": place,
            "x1": place,
            "y0": 0,
            "y1": 1.04 + 0.08 * number,
            "line": {"color": GREY, "width": 1.5, "dash": "dot"},
        }
    )
    layout["annotations"].append(
        {
            "xref": "x",
            "yref": "paper",
            "x": place,
            "y": 1.04 + 0.08 * number,
            "xanchor": "right",
            "yanchor": "bottom",
            "text": plain(words, 40),
            "showarrow": False,
            "font": {"size": 12},
        }
    )


def _band(points: Sequence[VolumePoint]) -> Figure:
    tasks = [one.tasks for one in points]
    highs = [one.high for one in points]
    lows = [one.low for one in points]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*tasks, *reversed(tasks)],
        "y": [*highs, *reversed(lows)],
        "fill": "toself",
        "fillcolor": _BAND,
        "line": {"color": _BAND, "width": 6},
        "hoverinfo": "skip",
    }


def _powers(numbers: Sequence[float], below: float, above: float) -> list[float]:
    """The range of a log axis that holds the numbers, with so many powers of ten of air."""
    return [math.log10(min(numbers)) - below, math.log10(max(numbers)) + above]


def _name(point: VolumePoint, is_last: bool) -> Figure:
    """The name of a point under the line, that of the last one over it: there is room on a phone too."""
    below = not is_last
    return {
        "xref": "x",
        "yref": "y",
        "x": math.log10(point.tasks),
        "y": math.log10(point.value),
        "text": f"{plain(point.words, 40)}<br>{plain(_range(point))}",
        "align": "left" if below else "right",
        "showarrow": False,
        "xanchor": "left" if below else "right",
        "yanchor": "top" if below else "bottom",
        "xshift": 8 if below else -8,
        "yshift": -2 if below else 2,
        "font": {"size": 12},
    }


def _range(point: VolumePoint) -> str:
    if point.high is None:
        return short_money(point.value)
    low, high = short_money(point.low, Rounding.DOWN), short_money(point.high, Rounding.UP)
    return f"{short_money(point.value)} ({low}–{high})"


def _point_words(point: VolumePoint) -> str:
    low = money(point.low, Rounding.DOWN)
    reach = f"{low} or more, no bound above" if point.high is None else money_interval(point.low, point.high)
    return (
        f"{printable(point.words)}, {point.tasks:,.0f} tasks a day: {money(point.value)} in 30 days, {reach}"
    )
