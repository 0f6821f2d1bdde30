"""What a report is written of, whatever its format: words, lists, tables, and rows with a picture."""

from dataclasses import dataclass
from enum import StrEnum

from core.report.spark import Spark
from core.report.whisker import Whisker


class Look(StrEnum):
    """How words look; nothing is said by their look alone."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"
    CODE = "code"


@dataclass(frozen=True)
class Span:
    """Some words of a line. They may be anybody's: a format shows them as text and never reads them."""

    text: str
    look: Look = Look.PLAIN


Line = tuple[Span, ...]
Cell = tuple[Line, ...]


@dataclass(frozen=True)
class Heading:
    """``level`` 2 begins a part of the report, 3 a group in it."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    line: Line
    small: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list; without ``dots`` each line begins with a sign of its own."""

    lines: tuple[Line, ...]
    dots: bool = True


@dataclass(frozen=True)
class Card:
    """The answer in a frame of the verdict's colour: its ``word``, then the lines that say why."""

    verdict: str
    word: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Notice:
    """What nobody may overlook, in a frame of its own."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Grid:
    """A table. ``widths`` are shares of the whole; ``columns`` may be empty where the cells need no names."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class RowLine:
    """One row of the checklist: its verdict (a machine word, "" for none), what is told, its pictures."""

    verdict: str
    chip: Cell
    told: Cell
    picture: Whisker | None
    numbers: tuple[str, ...]
    weeks: Spark | None = None


@dataclass(frozen=True)
class RowLines:
    rows: tuple[RowLine, ...]


Block = Heading | Paragraph | Bullets | Card | Notice | Grid | RowLines


def line(*parts: str | Span) -> Line:
    """A line of words; what is plain may be given as it is, and nothing at all is left out."""
    spans = (Span(part) if isinstance(part, str) else part for part in parts)
    return tuple(span for span in spans if span.text)


def strong(text: str) -> Span:
    return Span(text, Look.STRONG)


def quiet(text: str) -> Span:
    return Span(text, Look.QUIET)


def code(text: str) -> Span:
    return Span(text, Look.CODE)
