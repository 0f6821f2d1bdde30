"""The report as one HTML file: no script, no request, everything that people wrote as text."""

from collections.abc import Iterable
from html import escape

from core.report.blocks import (
    Block,
    Bullets,
    Card,
    Cell,
    Grid,
    Heading,
    Line,
    Look,
    Notice,
    Paragraph,
    RowLine,
    RowLines,
    Span,
)
from core.report.details import details
from core.report.first_page import first_page
from core.report.hidden_characters import printable
from core.report.markup import tag, words
from core.report.report import Report
from core.report.spark import drawn as drawn_weeks
from core.report.style import CSS
from core.report.whisker import drawn
from core.report.wording import moment_words, verdict_said
from core.rollout.standing import standing_words

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def html_bytes(report: Report) -> bytes:
    """The file, in UTF-8. Without a network it looks the same; printed, its answer takes one page of A4."""
    decision = report.decision
    title = f"{report.name}: {verdict_said(decision.verdict, draft=decision.bar.is_draft)}"
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(printable(title))}</title><style>{CSS}</style>"
    )
    answer = tag("div", _top(report), _blocks(first_page(report)), css="first")
    behind = tag("div", _blocks(details(report)), css="details")
    page = f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{answer}{behind}</body></html>\n'
    return page.encode("utf-8")


def _top(report: Report) -> str:
    decision = report.decision
    when = tag("span", f"as of {moment_words(decision.as_of)}", css="quiet")
    stands = words(standing_words(decision.standing))
    owner = f"Owner: {words(report.owner)} · " if report.owner else ""
    return tag("div", tag("h1", words(report.name)), when, css="top") + tag(
        "p", owner, stands, css="quiet small"
    )


def _blocks(blocks: Iterable[Block]) -> str:
    return "".join(map(_block, blocks))


def _block(block: Block) -> str:
    match block:
        case Heading():
            return tag(f"h{block.level}", words(block.text))
        case Paragraph():
            return tag("p", _line(block.line), css="small" if block.small else "")
        case Bullets():
            return tag(
                "ul", *(tag("li", _line(one)) for one in block.lines), css="" if block.dots else "signs"
            )
        case Card():
            lines = (tag("p", _line(one)) for one in block.lines)
            word = tag("p", words(block.word), css=f"word {block.verdict}")
            return tag("div", word, *lines, css=f"card {block.verdict}")
        case Notice():
            return tag("div", *(tag("p", _line(one)) for one in block.lines), css="both")
        case Grid():
            return _grid(block)
        case RowLines():
            has_weeks = any(row.weeks is not None for row in block.rows)
            return tag("table", *(_row(row, has_weeks=has_weeks) for row in block.rows), css="rows")


def _line(line: Line) -> str:
    return "".join(map(_span, line))


def _span(span: Span) -> str:
    inner = words(span.text)
    match span.look:
        case Look.STRONG:
            return tag("strong", inner)
        case Look.CODE:
            return tag("code", inner)
        case Look.QUIET:
            return tag("span", inner, css="quiet")
        case Look.PLAIN:
            return inner


def _cell(cell: Cell) -> str:
    return tag("td", *(tag("div", _line(one)) for one in cell))


def _grid(grid: Grid) -> str:
    rows = (tag("tr", *map(_cell, row)) for row in grid.rows)
    if not grid.columns:
        return tag("table", *rows, css="facts small")
    named = zip(grid.columns, grid.widths, strict=True)
    head = tag("tr", *(tag("th", words(name), width=f"{share:.0%}") for name, share in named))
    return tag("div", tag("table", head, *rows, css="small"), css="wide")


def _row(row: RowLine, *, has_weeks: bool) -> str:
    """A row; what people answered has neither picture nor numbers, so its words take their place."""
    chip = tag("span", _line(row.chip[0]), css=f"chip {row.verdict}".strip())
    rest = (tag("div", _line(one), css="small") for one in row.chip[1:])
    first, *others = row.told
    told = (tag("div", _line(first)), *(tag("div", _line(one), css="small") for one in others))
    cells = [tag("td", chip, *rest, css="verdict"), tag("td", *told)]
    if row.numbers:
        numbers = (tag("div", words(one), css="number") for one in row.numbers)
        picture = tag("div", drawn(row.picture, row.verdict), css=row.verdict)
        cells.append(tag("td", picture, css="picture"))
        if has_weeks:
            cells.append(
                tag("td", tag("div", drawn_weeks(row.weeks, row.verdict), css=row.verdict), css="weeks")
            )
        cells.append(tag("td", *numbers, css="value small"))
    return tag("tr", *cells)
