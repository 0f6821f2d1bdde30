"""The report as a PDF of A4 sheets: the answer on the first, everything behind it on the others."""

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest

from core.report.blocks import (
    Block,
    Bullets,
    Card,
    Cell,
    Grid,
    Heading,
    Notice,
    Paragraph,
    RowLine,
    RowLines,
    line,
    quiet,
    strong,
)
from core.report.details import details
from core.report.first_page import first_page
from core.report.hidden_characters import printable
from core.report.paper import (
    BODY,
    LEFT,
    RIGHT,
    RULE,
    SMALL,
    Colour,
    Dot,
    Paper,
    Stroke,
    Wrapped,
    one_line,
    pdf_of,
)
from core.report.report import Report
from core.report.spark import Spark
from core.report.whisker import Whisker
from core.report.wording import moment_words, verdict_said
from core.rollout.standing import standing_words

_GREEN: Colour = (23, 114, 74)
_TRACK: Colour = (223, 231, 233)
_GOOD: Colour = (207, 233, 221)
_BAR: Colour = (23, 38, 43)
_LEVEL: Colour = (185, 198, 202)
_AMBER: Colour = (230, 207, 148)
_NO_VERDICT: Colour = (81, 102, 110)
_INKS: dict[str, Colour] = {
    "go": _GREEN,
    "no_go": (179, 48, 47),
    "not_enough_evidence": (138, 90, 0),
    "stale": (63, 99, 145),
    "no_data": (91, 106, 111),
}

_GAP = 2.0
_INDENT = 4.0
_CHIP, _PICTURE, _TREND, _NUMBERS = 27.0, 38.0, 20.0, 38.0
"""How wide the parts of a row are that are not its words, in millimetres."""

_CODES = (
    "Characters that this PDF's type cannot write stand as their Unicode numbers, such as [U+4F60]. The HTML "
    "report shows them as they are."
)


def pdf_bytes(report: Report) -> bytes:
    """The file. Its text can be searched and copied; the same report gives the same bytes."""
    paper, decision = Paper(), report.decision
    _top(paper, report)
    _blocks(paper, first_page(report))
    paper.turn()
    _blocks(paper, details(report))
    if paper.has_codes:
        paper.y += _GAP
        paper.write(paper.wrap(line(quiet(_CODES)), RIGHT - LEFT, SMALL))
    word = verdict_said(decision.verdict, draft=decision.bar.is_draft)
    as_of = moment_words(decision.as_of)
    return pdf_of(
        paper,
        title=printable(f"{report.name}: {word}"),
        producer=printable(f"Readygate {report.header.program}"),
        made_at=report.header.made_at,
        foot=f"{one_line(report.name, 70)} · {word} · as of {as_of} · fingerprint {report.sha256[:16]}",
    )


def _top(paper: Paper, report: Report) -> None:
    paper.write(paper.wrap(line(strong(report.name)), RIGHT - LEFT, 14))
    owner = f"Owner: {report.owner} · " if report.owner else ""
    stands = (
        f"as of {moment_words(report.decision.as_of)} · {owner}{standing_words(report.decision.standing)}"
    )
    paper.write(paper.wrap(line(quiet(stands)), RIGHT - LEFT, SMALL))
    paper.y += _GAP


def _blocks(paper: Paper, blocks: Iterable[Block]) -> None:
    for block in blocks:
        match block:
            case Heading():
                _heading(paper, block)
            case Paragraph():
                paper.write(paper.wrap(block.line, RIGHT - LEFT, SMALL if block.small else BODY))
            case Bullets():
                _bullets(paper, block)
            case Card():
                _card(paper, block)
            case Notice():
                _framed(paper, [paper.wrap(one, RIGHT - LEFT - 8) for one in block.lines], _AMBER)
            case Grid():
                _grid(paper, block)
            case RowLines():
                trend = _TREND if any(row.weeks is not None for row in block.rows) else 0.0
                for row in block.rows:
                    _row(paper, row, trend)


def _heading(paper: Paper, heading: Heading) -> None:
    """A heading stands on the sheet of what it heads: two lines of that have to fit below it."""
    size, before = (11.0, 3.2) if heading.level == 2 else (SMALL, 1.6)
    words = strong(heading.text) if heading.level == 2 else quiet(heading.text)
    wrapped = paper.wrap(line(words), RIGHT - LEFT, size)
    paper.need(before + sum(one.height for one in wrapped) + 14)
    paper.y += before
    paper.write(wrapped)
    paper.y += 0.6


def _bullets(paper: Paper, bullets: Bullets) -> None:
    for one in bullets.lines:
        wrapped = paper.wrap(one, RIGHT - LEFT - _INDENT, BODY - 0.6)
        paper.need(wrapped[0].height)
        if bullets.dots:
            paper.place(Dot(LEFT + 1.4, paper.y + 1.9, 0.5, _NO_VERDICT))
        paper.write(wrapped, LEFT + (_INDENT if bullets.dots else 0))


def _card(paper: Paper, card: Card) -> None:
    ink = _INKS[card.verdict]
    word = paper.wrap(line(strong(card.word)), RIGHT - LEFT - 8, 18)
    _framed(paper, [word, *(paper.wrap(one, RIGHT - LEFT - 8) for one in card.lines)], ink, first=ink)


def _framed(
    paper: Paper, parts: Sequence[Sequence[Wrapped]], ink: Colour, first: Colour | None = None
) -> None:
    """Lines behind a thick stroke of ``ink``; the first part in the colour ``first``."""
    paper.need(sum(one.height for part in parts for one in part) + 2 * _GAP)
    paper.y += 1
    for place, part in enumerate(parts):
        for one in part:
            spot = paper.take(one.height)
            paper.place(Stroke(LEFT + 1, spot.y, LEFT + 1, paper.y + 0.8, 1.6, ink))
            paper.write_at(one, LEFT + 5, spot, first if place == 0 else None)
        paper.y += 0.8
    paper.y += 1


def _grid(paper: Paper, grid: Grid) -> None:
    paper.y += 1
    whole = RIGHT - LEFT
    starts = [LEFT + whole * sum(grid.widths[:place]) for place in range(len(grid.widths))]
    rooms = [whole * width - _GAP for width in grid.widths]
    names = [((line(quiet(name)),)) for name in grid.columns]
    for cells in ([tuple(names)] if names else []) + list(grid.rows):
        columns = [
            (x, _wrapped(paper, cell, room)) for x, room, cell in zip(starts, rooms, cells, strict=True)
        ]
        _side_by_side(paper, columns)


def _wrapped(paper: Paper, cell: Cell, width: float, size: float = SMALL) -> list[Wrapped]:
    return [wrapped for one in cell for wrapped in paper.wrap(one, width, size)]


def _row(paper: Paper, row: RowLine, trend: float) -> None:
    """A row of the checklist; ``trend`` is the room for its weeks. What people answered has no pictures."""
    ink = _INKS.get(row.verdict, _NO_VERDICT)
    told_at = LEFT + _CHIP
    aside = _PICTURE + trend + _NUMBERS if row.numbers else 0.0
    first, *rest = row.told
    room = RIGHT - told_at - aside - _GAP
    told = paper.wrap(first, room, BODY - 0.6) + _wrapped(paper, tuple(rest), room)
    columns = [(LEFT, _wrapped(paper, row.chip, _CHIP - _GAP)), (told_at, told)]
    if row.numbers:
        numbers = tuple(map(line, row.numbers))
        columns.append((RIGHT - _NUMBERS, _wrapped(paper, numbers, _NUMBERS)))
    picture = row.picture

    def drawn(top: float) -> None:
        if picture is not None and row.numbers:
            _whisker(paper, picture, ink, RIGHT - aside, top + 2.6)
        if row.weeks is not None and row.numbers:
            _weeks(paper, row.weeks, ink, RIGHT - _NUMBERS - _TREND, top + 0.8)

    _side_by_side(paper, columns, ink, drawn)


def _side_by_side(
    paper: Paper,
    columns: Sequence[tuple[float, Sequence[Wrapped]]],
    ink: Colour | None = None,
    drawn: Callable[[float], None] = lambda top: None,
) -> None:
    """Columns that begin at the same height, kept on one sheet where one is high enough for them.

    The first column is in ``ink``; ``drawn`` gets the top, to place more beside the words.
    """
    slices = list(zip_longest(*(lines for _, lines in columns)))
    heights = [max(one.height for one in slice_ if one is not None) for slice_ in slices]
    paper.need(sum(heights) + 1.4)
    paper.place(Stroke(LEFT, paper.y, RIGHT, paper.y, 0.15, RULE))
    paper.y += 0.5
    drawn(paper.y)
    spots = [paper.take(height) for height in heights]
    # Column by column, so that whoever searches or copies the text finds each sentence whole.
    for place, (x, lines) in enumerate(columns):
        for one, spot in zip(lines, spots, strict=False):
            paper.write_at(one, x, spot, ink if place == 0 else None)
    paper.y += 0.9


def _whisker(paper: Paper, one: Whisker, ink: Colour, left: float, middle: float) -> None:
    """The interval as a line, the value as a dot, the bar as a tick; the good side is tinted."""
    width = _PICTURE - 6

    def x(place: float) -> float:
        return left + place * width

    def along(start: float, end: float, thick: float, colour: Colour) -> Stroke:
        return Stroke(x(start), middle, x(end), middle, thick, colour)

    paper.place(along(0.0, 1.0, 0.5, _TRACK))
    if one.bar is not None:
        good = (one.bar, 1.0) if one.good_is_above else (0.0, one.bar)
        paper.place(along(*good, 1.6, _GOOD))
    if one.value is not None:
        paper.place(along(one.low, one.high, 1.0, ink), Dot(x(one.value), middle, 1.1, ink))
    if one.bar is not None:
        paper.place(Stroke(x(one.bar), middle - 1.9, x(one.bar), middle + 1.9, 0.5, _BAR))


def _weeks(paper: Paper, one: Spark, ink: Colour, left: float, top: float) -> None:
    """The weeks from left to right, the newest as a dot; the bar as a thin line behind them."""
    width, height = _TREND - 5, 5.0

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return left + point[0] * width, top + (1 - point[1]) * height

    if one.bar is not None:
        paper.place(Stroke(*at((0.0, one.bar)), *at((1.0, one.bar)), 0.2, _LEVEL))
    paper.place(*(Stroke(*at(start), *at(end), 0.35, _NO_VERDICT) for start, end in one.pieces))
    if one.last is not None:
        paper.place(Dot(*at(one.last), 0.8, ink))
