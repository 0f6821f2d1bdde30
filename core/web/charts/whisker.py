"""The whisker chart: every criterion with its interval and its bar, on one scale; the row it draws."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.criteria.checklist import Direction, MeasuredItem
from core.criteria.judge import Row
from core.criteria.wording import value_words
from core.metrics.catalogue import metric
from core.metrics.measurement import FirstTraces, Measurement
from core.units import Unit, write
from core.web.charts.canvas import GOOD_ZONE, GREY, GRID, TRACK, Figure, empty_layout
from core.web.safe import plain, printable
from core.web.wording import verdict_words

_ROW_PIXELS = 60
_AXIS_PIXELS = 44


@dataclass(frozen=True)
class WhiskerRow:
    """One criterion on the whisker chart.

    ``bar``, ``value``, ``low`` and ``high`` are in the unit's base (share 0-1, ms, USD). ``value`` is
    None where nothing was measured, ``bar`` where there is no bar on a scale ("none in the first
    100"), ``low`` or ``high`` where so few cases give no bound on that side. ``above`` says on which
    side of the bar good is. ``bar_words`` and ``value_words`` stand on the screen as they are;
    ``verdict`` is a machine word (``go``, ``no_go``, …); ``note`` is shown on hovering.
    """

    label: str
    verdict: str
    bar_words: str
    value_words: str
    unit: Unit = Unit.SHARE
    above: bool = True
    bar: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    note: str = ""

    @property
    def numbers(self) -> str:
        """``48 % (30.2–66.2 %), n 25``."""
        return self.value_words if self.n is None else f"{self.value_words}, n {self.n:,}"


def whisker_rows(rows: Sequence[Row]) -> list[WhiskerRow]:
    """The measured ones of judged ``rows``, in their order; attested items have no scale."""
    return [_whisker_row(row, row.item) for row in rows if isinstance(row.item, MeasuredItem)]


def _whisker_row(row: Row, item: MeasuredItem) -> WhiskerRow:
    empty = WhiskerRow(
        label=row.label,
        verdict=row.verdict,
        bar_words=row.bar,
        value_words="not measured",
        unit=metric(item.metric).unit,
        above=item.direction is Direction.ABOVE,
        bar=item.bar,
        note=row.why,
    )
    match row.finding:
        case Measurement() as found:
            return replace(
                empty,
                value_words=value_words(found),
                value=found.value,
                low=found.low,
                high=found.high,
                n=found.n,
            )
        case FirstTraces() as first:
            return replace(empty, value_words=f"{first.bad:,} bad of {first.reviewed:,} reviewed", bar=None)
        case _:
            return empty


def whisker_chart(rows: Sequence[WhiskerRow]) -> Figure:
    """All rows under each other: the bar as a tick, the interval as a thick line, the value as a mark.

    Shares stand on one scale from 0 to 100 %. Rows in other units follow below on a second scale
    where the bar is always in the same place (value ÷ bar), because seconds and dollars share no axis.
    """
    shares = [row for row in rows if row.unit is Unit.SHARE or row.bar is None]
    others = [row for row in rows if row not in shares]
    figure: Figure = {"data": [], "layout": empty_layout(0)}
    panels = [
        (_Scale("x", "y", 1.0, {0.0: "0 %", 0.25: "25 %", 0.5: "50 %", 0.75: "75 %", 1.0: "100 %"}), shares),
        (_Scale("x2", "y2", 2.0, {0.0: "0", 0.5: "half the bar", 1.0: "the bar", 2.0: "twice"}), others),
    ]
    panels = [(scale, kept) for scale, kept in panels if kept]
    heights = [len(kept) * _ROW_PIXELS + _AXIS_PIXELS for _, kept in panels]
    total = max(sum(heights), 1)
    # Plotly wants at least ten pixels, also for no rows at all.
    figure["layout"]["height"] = total + 10
    top = 1.0
    for (scale, kept), height in zip(panels, heights, strict=True):
        bottom = top - height / total
        # The ticks of the axis hang below its panel, inside the panel's share of the height.
        _draw_panel(figure, scale, kept, (max(bottom + _AXIS_PIXELS / total, 0.0), top))
        top = bottom
    return figure


def whisker_alt(rows: Sequence[WhiskerRow]) -> str:
    """The whisker chart in words, for screen readers."""
    parts = [
        f"{printable(row.label)}: {row.numbers}; bar {row.bar_words}; {verdict_words(row.verdict).word}."
        for row in rows
    ]
    return " ".join(["Each criterion with its interval and its bar.", *parts])


@dataclass(frozen=True)
class _Scale:
    """One panel's axes: ``x`` from 0 to ``end``, ``ticks`` from position to text."""

    x: str
    y: str
    end: float
    ticks: dict[float, str]


def _draw_panel(
    figure: Figure, scale: _Scale, rows: Sequence[WhiskerRow], domain: tuple[float, float]
) -> None:
    layout = figure["layout"]
    layout[scale.x.replace("x", "xaxis")] = {
        "range": [-0.012 * scale.end, 1.012 * scale.end],
        "tickvals": list(scale.ticks),
        "ticktext": list(scale.ticks.values()),
        "anchor": scale.y,
        "showgrid": True,
        "gridcolor": GRID,
        "zeroline": False,
        "fixedrange": True,
    }
    layout[scale.y.replace("y", "yaxis")] = {
        "range": [-0.35, len(rows) - 0.22],
        "domain": list(domain),
        "visible": False,
        "fixedrange": True,
        "anchor": scale.x,
    }
    for number, row in enumerate(rows):
        _draw_row(figure, scale, row, len(rows) - 1 - number)


def _draw_row(figure: Figure, scale: _Scale, row: WhiskerRow, height: float) -> None:
    layout = figure["layout"]
    layout["annotations"] += _row_texts(scale, row, height)
    hover = _hover(row)
    if row.bar is not None or row.value is not None:
        layout["shapes"].append(_line(scale, (0.0, scale.end), height, TRACK, 2))
    if row.bar is not None:
        bar, _ = place_of(row, row.bar, scale.end)
        good = (bar, scale.end) if row.above else (0.0, bar)
        layout["shapes"].append(_line(scale, good, height, GOOD_ZONE, 6))
        layout["shapes"].append(_tick(scale, bar, height))
        figure["data"].append(_direction_mark(scale, row, bar, height, hover))
    if row.value is not None:
        if row.low is not None or row.high is not None:
            low = 0.0 if row.low is None else place_of(row, row.low, scale.end)[0]
            high = scale.end if row.high is None else place_of(row, row.high, scale.end)[0]
            ink = verdict_words(row.verdict).ink
            layout["shapes"].append(_line(scale, (low, high), height, ink, 5))
        figure["data"].append(_value_mark(scale, row, height, hover))


def _hover(row: WhiskerRow) -> str:
    lines = [
        f"<b>{plain(row.label)}</b>",
        f"{verdict_words(row.verdict).word}: {plain(row.numbers)}",
        f"Bar: {plain(row.bar_words)}",
    ]
    # A long line would run out of the picture, so it is broken by hand.
    lines += [plain(line) for line in textwrap.wrap(printable(row.note), 60)]
    return "<br>".join(lines)


def _row_texts(scale: _Scale, row: WhiskerRow, height: float) -> list[dict[str, Any]]:
    """The row's name at the left and its numbers at the right, both above its line.

    A row that nothing can be drawn of has its numbers where the line would be: on a phone a long name
    and a sentence do not fit beside each other.
    """
    # The interval is drawn; in words it would run into the name on a narrow screen.
    value = row.value_words if row.value is None else write(row.value, row.unit)
    numbers = plain(value) if row.value is None else f"<b>{plain(value)}</b>"
    if row.n is not None:
        numbers += f"  n {row.n:,}"
    drawn = row.bar is not None or row.value is not None
    sign = verdict_words(row.verdict).sign
    name = f"{sign}  {plain(_shortened(row.label, 36 if drawn else 44))}"
    common = {"xref": scale.x, "yref": scale.y, "showarrow": False, "yanchor": "middle"}
    at_line = {"x": 0.035 * scale.end, "y": height + 0.1, "xanchor": "left"}
    above_line = {"x": scale.end, "y": height + 0.5, "xanchor": "right"}
    return [
        {**common, "x": 0, "y": height + 0.5, "xanchor": "left", "text": name, "font": {"size": 14}},
        {**common, **(above_line if drawn else at_line), "text": numbers, "font": {"size": 13}},
    ]


def _shortened(label: str, limit: int) -> str:
    """``label`` cut in its middle: the names of slices often differ in their last letters only."""
    if len(label) <= limit:
        return label
    tail = limit // 2
    return f"{label[: limit - tail - 1]}…{label[-tail:]}"


def _direction_mark(scale: _Scale, row: WhiskerRow, bar: float, height: float, hover: str) -> dict[str, Any]:
    """The little flag at the bar that points to the good side."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [bar],
        "y": [height + 0.19],
        "xaxis": scale.x,
        "yaxis": scale.y,
        "marker": {"symbol": "triangle-right" if row.above else "triangle-left", "size": 9, "color": GREY},
        "hoverinfo": "text",
        "hovertext": [hover],
    }


def _value_mark(scale: _Scale, row: WhiskerRow, height: float, hover: str) -> dict[str, Any]:
    words = verdict_words(row.verdict)
    place, beyond = place_of(row, row.value or 0.0, scale.end)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [place],
        "y": [height],
        "xaxis": scale.x,
        "yaxis": scale.y,
        "marker": {
            # Beyond the scale's end an arrow says that the value lies further out.
            "symbol": "triangle-right" if beyond else words.symbol,
            "size": 15,
            "color": words.ink,
        },
        "hoverinfo": "text",
        "hovertext": [hover],
    }


def place_of(row: WhiskerRow, value: float, end: float) -> tuple[float, bool]:
    """Where ``value`` stands on a scale from 0 to ``end``, and whether it lies beyond the scale's end.

    Shares stand where they are (``end`` 1). Another unit stands at its ratio to the bar (``end`` 2).
    """
    if row.unit is Unit.SHARE:
        place = value
    elif row.bar is not None and row.bar > 0:
        place = value / row.bar
    else:
        # Without a bar, or against a bar of zero, there is no ratio: the row's largest number is the end.
        largest = max(row.high or 0.0, row.value or 0.0)
        place = value / largest * end if largest else 0.0
    return min(max(place, 0.0), end), place > end


def _line(
    scale: _Scale, ends: tuple[float, float], height: float, colour: str, width: float
) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": scale.x,
        "yref": scale.y,
        "x0": ends[0],
        "x1": ends[1],
        "y0": height,
        "y1": height,
        "line": {"color": colour, "width": width},
        "layer": "below",
    }


def _tick(scale: _Scale, bar: float, height: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": scale.x,
        "yref": scale.y,
        "x0": bar,
        "x1": bar,
        "y0": height - 0.2,
        "y1": height + 0.24,
        "line": {"color": GREY, "width": 3},
        "layer": "below",
    }
