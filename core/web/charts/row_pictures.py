"""The small pictures beside a row of Go / no-go, as SVG: its interval against its bar, and its last weeks.

They hold numbers only, never a text of a person. Colours are middle tones that read on light and on dark.
"""

from collections.abc import Sequence
from datetime import date

from core.units import Unit, write
from core.web.charts.canvas import GREY, TEAL
from core.web.charts.spark import recent
from core.web.charts.trend import TrendPoint
from core.web.charts.whisker import WhiskerRow, place_of
from core.web.wording import verdict_words

WHISKER_WIDTH, SPARK_WIDTH, HEIGHT = 160, 64, 30
_EDGE = 7.0
"""Room at both ends, so that a mark at 0 % or at 100 % is drawn whole."""

_MIDDLE = HEIGHT / 2
_GOOD = "#23935F"
_MARKS = {
    "go": '<circle cx="{x}" cy="{y}" r="5.5" fill="{ink}"/>',
    "no_go": '<path d="M{x} {y}m-5 -5l10 10m0 -10l-10 10" stroke="{ink}" stroke-width="3.4"/>',
    "not_enough_evidence": '<circle cx="{x}" cy="{y}" r="5" fill="#fff" stroke="{ink}" stroke-width="2.6"/>',
    "stale": '<path d="M{x} {y}m0 -6.5l6.5 6.5l-6.5 6.5l-6.5 -6.5z" fill="{ink}"/>',
    "no_data": '<circle cx="{x}" cy="{y}" r="5" fill="none" stroke="{ink}" stroke-width="2"/>',
}


def whisker_picture(row: WhiskerRow) -> str:
    """The interval as a thick line, the value as its verdict's mark, the bar as a tick, its good side green.

    Shares stand on 0 to 100 %. Other units share no axis: their bar is in the middle, the end is twice it.
    """
    end = 1.0 if row.unit is Unit.SHARE else 2.0
    ink = verdict_words(row.verdict).ink
    parts = [_line(0, 1, GREY, 2, opacity=0.35)]
    parts += [_grid(place) for place in (0, 0.25, 0.5, 0.75, 1)]
    bar = None if row.bar is None else place_of(row, row.bar, end)[0] / end
    if bar is not None:
        start, stop = (bar, 1.0) if row.above else (0.0, bar)
        parts.append(_line(start, stop, _GOOD, 7, opacity=0.28))
    if row.value is not None:
        if row.low is not None or row.high is not None:
            low = 0 if row.low is None else place_of(row, row.low, end)[0] / end
            high = 1 if row.high is None else place_of(row, row.high, end)[0] / end
            parts.append(_line(low, high, ink, 5, round_ends=True))
        value = place_of(row, row.value, end)[0] / end
        parts.append(_MARKS[str(row.verdict)].format(x=_x(value), y=f"{_MIDDLE:g}", ink=ink))
    if bar is not None:
        parts.append(_bar(bar, above=row.above))
    return _svg(WHISKER_WIDTH, parts)


def whisker_words(row: WhiskerRow) -> str:
    """The picture in words, for screen readers; what it is of stands beside it."""
    return f"{row.numbers}; bar {row.bar_words}; {verdict_words(row.verdict).word}."


def scale_picture(ink: str) -> str:
    """The scale of the pictures below it, with its ends and its middle named in ``ink``."""
    places = (("0 %", 0.0, "start"), ("50 %", 0.5, "middle"), ("100 %", 1.0, "end"))
    texts = [
        f'<text x="{_x(place)}" y="13" text-anchor="{anchor}" font-family="sans-serif" font-size="12" '
        f'fill="{ink}">{words}</text>'
        for words, place, anchor in places
    ]
    ticks = [f'<path d="M{_x(place)} 17v5" stroke="{GREY}" stroke-width="1.5"/>' for _, place, _ in places]
    return _svg(WHISKER_WIDTH, [*texts, *ticks], height=22)


def spark_picture(points: Sequence[TrendPoint], bar: float | None, *, until: date) -> str:
    """The values of the last weeks up to ``until`` as a line, a week not measured as a gap; the bar dashed.

    "" where fewer than two weeks are measured. The scale is the row's own: it shows the course, not the size.
    """
    shown = recent(points, until)
    values = [point.value for point in shown if point.value is not None]
    if len(values) < 2:
        return ""
    numbers = values if bar is None else [*values, bar]
    low, high = min(numbers), max(numbers)
    # A course that hardly moves stays flat: without a least height, noise would look like a drama.
    room = max(high - low, 0.1 * abs(high), 1e-9)
    low = (low + high - room) / 2
    step = (SPARK_WIDTH - 12) / max(len(shown) - 1, 1)

    def height(value: float) -> float:
        return HEIGHT - 5 - (value - low) / room * (HEIGHT - 10)

    places = [
        None if point.value is None else (6 + n * step, height(point.value)) for n, point in enumerate(shown)
    ]
    parts = []
    if bar is not None:
        y = f"{height(bar):.1f}"
        parts.append(
            f'<path d="M2 {y}H{SPARK_WIDTH - 2}" stroke="{GREY}" stroke-width="1.5" stroke-dasharray="3 3"/>'
        )
    parts.append(f'<path d="{_course(places)}" fill="none" stroke="{TEAL}" stroke-width="2"/>')
    last = next(place for place in reversed(places) if place is not None)
    parts.append(f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="3" fill="{TEAL}"/>')
    return _svg(SPARK_WIDTH, parts)


def spark_words(points: Sequence[TrendPoint], unit: Unit, *, until: date) -> str:
    """The last weeks in words, for screen readers."""
    said = [
        "not measured" if point.value is None else write(point.value, unit) for point in recent(points, until)
    ]
    return f"By week, the newest last: {', '.join(said)}."


def _course(places: Sequence[tuple[float, float] | None]) -> str:
    """The path through the places; a gap begins it anew, and a place alone is a dot of the line's width."""
    said, is_drawing = [], False
    for place in places:
        if place is None:
            is_drawing = False
            continue
        said.append(f"{'L' if is_drawing else 'M'}{place[0]:.1f} {place[1]:.1f}")
        if not is_drawing:
            said.append("h.1")
        is_drawing = True
    return "".join(said)


def _svg(width: int, parts: Sequence[str], *, height: int = HEIGHT) -> str:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'


def _line(
    start: float, end: float, colour: str, width: float, *, opacity: float = 1, round_ends: bool = False
) -> str:
    ends = ' stroke-linecap="round"' if round_ends else ""
    return (
        f'<path d="M{_x(start)} {_MIDDLE:g}H{_x(end)}" stroke="{colour}" stroke-width="{width}" '
        f'stroke-opacity="{opacity:g}"{ends}/>'
    )


def _grid(place: float) -> str:
    return f'<path d="M{_x(place)} {_MIDDLE - 6:g}v12" stroke="{GREY}" stroke-width="1" stroke-opacity=".3"/>'


def _bar(place: float, *, above: bool) -> str:
    """The tick of the bar, with a little flag towards its good side."""
    x, side = _x(place), 1 if above else -1
    flag = f'<path d="M{x} 1l{6 * side} 3.5l{-6 * side} 3.5z" fill="{GREY}"/>'
    return f'<path d="M{x} 1V{HEIGHT - 2}" stroke="{GREY}" stroke-width="2.4"/>{flag}'


def _x(place: float) -> str:
    return f"{_EDGE + place * (WHISKER_WIDTH - 2 * _EDGE):.1f}"
