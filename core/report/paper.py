"""Sheets of A4 that words, lines and dots are placed on, in millimetres, and the PDF that they make.

The fonts come with the program, so that the same report is the same file everywhere.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from fpdf import FPDF
from fpdf.fonts import TTFFont

from core.report.blocks import Line, Look
from core.report.hidden_characters import readable

WIDTH, HEIGHT = 210.0, 297.0
LEFT, RIGHT, TOP, BOTTOM = 13.0, 197.0, 12.0, 283.0
_FOOT = 290.0

BODY, SMALL = 9.0, 7.6
"""Sizes of type in points."""

_MM = 0.352778
_LEADING = 1.28
_FONT = "report"
_FONTS = Path(__file__).with_name("fonts")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})

Colour = tuple[int, int, int]
INK: Colour = (23, 38, 43)
QUIET: Colour = (81, 102, 110)
RULE: Colour = (213, 223, 226)
_INKS = {Look.PLAIN: INK, Look.STRONG: INK, Look.QUIET: QUIET, Look.CODE: INK}


class Placed(NamedTuple):
    """Words at a place: ``x`` is their left end, ``y`` the line they stand on."""

    x: float
    y: float
    text: str
    bold: bool
    size: float
    colour: Colour


class Stroke(NamedTuple):
    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    colour: Colour


class Dot(NamedTuple):
    x: float
    y: float
    radius: float
    colour: Colour


class Spot(NamedTuple):
    """A height on a sheet: ``y`` from its top."""

    sheet: int
    y: float


class Wrapped(NamedTuple):
    """One line of type: (words, look) from left to right, and its size."""

    parts: tuple[tuple[str, Look], ...]
    size: float

    @property
    def height(self) -> float:
        return self.size * _MM * _LEADING


Drawing = Placed | Stroke | Dot


@dataclass
class Paper:
    """Where the next thing comes (``y`` on the last sheet), and everything that was placed so far."""

    sheets: list[list[Drawing]] = field(default_factory=lambda: [[]])
    y: float = TOP
    has_codes: bool = False
    """Whether a character stands as its number, because the type does not have it."""

    def place(self, *drawn: Drawing) -> None:
        self.sheets[-1] += drawn

    def turn(self) -> None:
        """Go on with a new sheet, unless nothing stands on this one."""
        if self.y > TOP:
            self.sheets.append([])
            self.y = TOP

    def need(self, height: float) -> None:
        """A new sheet, where less than ``height`` is left on this one and it would fit on a new one."""
        if self.y + height > BOTTOM and height <= BOTTOM - TOP:
            self.turn()

    def wrap(self, line: Line, width: float, size: float = BODY) -> list[Wrapped]:
        """``line`` in lines of at most ``width``; a word that is longer than one is broken anywhere."""
        lines: list[list[tuple[str, Look]]] = [[]]
        used = 0.0
        for text, look in self._pieces(line):
            if text == "\n":
                lines.append([])
                used = 0.0
                continue
            wide = _width(text.rstrip(" "), look, size)
            if used and used + wide > width:
                lines.append([])
                used = 0.0
            for part in _broken(text, look, size, width) if wide > width else [text]:
                if used and used + _width(part, look, size) > width:
                    lines.append([])
                    used = 0.0
                lines[-1].append((part, look))
                used += _width(part, look, size)
        return [Wrapped(_joined(parts), size) for parts in lines]

    def write(self, wrapped: Iterable[Wrapped], x: float = LEFT) -> None:
        """Each line below the one before, on a new sheet where it no longer fits."""
        for one in wrapped:
            self.write_at(one, x, self.take(one.height))

    def take(self, height: float) -> Spot:
        """Room of ``height`` below what there is, on a new sheet where it no longer fits on this one."""
        self.need(height)
        spot = Spot(len(self.sheets) - 1, self.y)
        self.y += height
        return spot

    def write_at(self, line: Wrapped, x: float, spot: Spot, colour: Colour | None = None) -> None:
        """One line with its top at ``spot``."""
        sheet, y = self.sheets[spot.sheet], spot.y + line.size * _MM * 0.98
        for text, look in line.parts:
            sheet.append(Placed(x, y, text, look is Look.STRONG, line.size, colour or _INKS[look]))
            x += _width(text, look, line.size)

    def _pieces(self, line: Line) -> Iterator[tuple[str, Look]]:
        """Words with the gap behind them, and line ends."""
        for span in line:
            shown, hidden = readable(span.text)
            text, coded = _with_codes(shown)
            self.has_codes |= coded
            if hidden:
                text += f" [{hidden} hidden character{'' if hidden == 1 else 's'}]"
            for piece in re.findall(r"\n|[^\S\n]*\S+[^\S\n]*|[^\S\n]+", text):
                yield re.sub(r"[^\S\n]+", " ", piece), span.look


def pdf_of(paper: Paper, *, title: str, producer: str, made_at: datetime, foot: str) -> bytes:
    """The sheets as a PDF; ``foot`` stands below each, with its number. Same input, same bytes."""
    pdf = _with_fonts()
    pdf.set_title(title)
    pdf.set_lang("en")
    pdf.set_creator(producer)
    pdf.set_creation_date(made_at)
    for number, sheet in enumerate(paper.sheets, start=1):
        pdf.add_page()
        below = f"{foot} · page {number} of {len(paper.sheets)}"
        small = SMALL - 0.6
        for drawn in (*sheet, Placed(LEFT, _FOOT, below, False, small, QUIET)):
            _draw(pdf, drawn)
    return bytes(pdf.output())


def one_line(text: str, width: float, size: float = SMALL) -> str:
    """``text`` on a single line of at most ``width``, cut with a dot-dot-dot where it is longer."""
    shown = _with_codes(" ".join(readable(text)[0].split()))[0]
    if _width(shown, Look.PLAIN, size) <= width:
        return shown
    while shown and _width(shown + "…", Look.PLAIN, size) > width:
        shown = shown[:-1]
    return shown.rstrip() + "…"


def _draw(pdf: FPDF, drawn: Drawing) -> None:
    match drawn:
        case Placed():
            pdf.set_font(_FONT, "B" if drawn.bold else "", drawn.size)
            pdf.set_text_color(*drawn.colour)
            pdf.text(drawn.x, drawn.y, drawn.text)
        case Stroke():
            pdf.set_draw_color(*drawn.colour)
            pdf.set_line_width(drawn.width)
            pdf.line(drawn.x1, drawn.y1, drawn.x2, drawn.y2)
        case Dot():
            pdf.set_fill_color(*drawn.colour)
            pdf.circle(drawn.x, drawn.y, drawn.radius, style="F")


def _with_fonts() -> FPDF:
    pdf = FPDF(format="A4", unit="mm")
    pdf.set_auto_page_break(False)
    pdf.add_font(_FONT, "", _FONTS / "DejaVuSansCondensed.ttf")
    pdf.add_font(_FONT, "B", _FONTS / "DejaVuSansCondensed-Bold.ttf")
    return pdf


@cache
def _widths() -> tuple[dict[int, float], dict[int, float]]:
    """How wide each character of the type is, plain and bold, in millimetres at a size of one point."""
    fonts = _with_fonts().fonts
    plain, bold = (_widths_of(fonts[_FONT + style]) for style in ("", "B"))
    return plain, bold


def _widths_of(font: object) -> dict[int, float]:
    if not isinstance(font, TTFFont):
        raise TypeError(f"{font} is not one of the report's fonts.")
    font.close()
    return {character: font.cw[character] / 1000 * _MM for character in font.cmap}


def _width(text: str, look: Look, size: float) -> float:
    known = _widths()[look is Look.STRONG]
    return size * sum(known[ord(character)] for character in text)


def _is_written(character: str) -> bool:
    """Whether the type has it and can set it: it puts letters side by side from left to right alone."""
    if character in "\n\t":
        return True
    plain, bold = _widths()
    has_it = ord(character) in plain and ord(character) in bold and character.isprintable()
    return has_it and unicodedata.bidirectional(character) not in _RIGHT_TO_LEFT


def _with_codes(text: str) -> tuple[str, bool]:
    """``text`` with every character that cannot be written as its number, and whether there is one."""
    parts, coded = [], False
    for written, run in groupby(text, _is_written):
        if written:
            parts.append("".join(run))
        else:
            coded = True
            parts.append(f"[{' '.join(f'U+{ord(one):04X}' for one in run)}]")
    return "".join(parts), coded


def _broken(text: str, look: Look, size: float, width: float) -> Iterator[str]:
    """``text`` in pieces that each fit into ``width``."""
    piece = ""
    for character in text:
        if piece and _width(piece + character, look, size) > width:
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _joined(parts: Iterable[tuple[str, Look]]) -> tuple[tuple[str, Look], ...]:
    """Neighbours that look alike as one, so that whoever searches the PDF finds whole lines."""
    return tuple(("".join(text for text, _ in run), look) for look, run in groupby(parts, lambda one: one[1]))
