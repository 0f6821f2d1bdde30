"""The heat table: slices as rows, metrics as columns, each cell its value and n, coloured by its bar.

Colour is never alone: every cell has a sign, and grey cells say why they are grey.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.web.charts.canvas import Figure, empty_layout, note
from core.web.safe import plain, printable

PROTECTED_SIGN = "◆"
"""Before the name of a slice that the average cannot buy off."""

_HEAD_PIXELS = 40
_LABEL_PIXELS = 24
_CELL_PIXELS = 40
_GAP_PIXELS = 8
_ROW_PIXELS = _LABEL_PIXELS + _CELL_PIXELS + _GAP_PIXELS


@dataclass(frozen=True)
class Look:
    """How a cell is shown that stands so against its bar."""

    sign: str
    fill: str
    words: str


LOOKS = {
    "above": Look("✓", "rgba(35, 147, 95, 0.30)", "shown above its bar"),
    "below": Look("✕", "rgba(214, 69, 69, 0.32)", "shown below its bar"),
    "unclear": Look("?", "rgba(188, 122, 10, 0.24)", "not settled against its bar"),
    "no bar": Look("", "rgba(30, 140, 138, 0.13)", "without a bar"),
    "too few": Look("–", "rgba(124, 139, 144, 0.18)", "too few cases"),
    "not measured": Look("–", "rgba(124, 139, 144, 0.10)", "not measured"),
}

_LOW_IS_GOOD = {
    "above": "shown below its bar, which is good",
    "below": "shown above its bar, which is bad",
}


@dataclass(frozen=True)
class HeatCell:
    """One cell: ``value`` and ``n`` as they are written, ``stands`` a key of LOOKS, ``note`` on hovering.

    ``above`` is the good side of the bar, and ``below`` the bad one; where ``low_is_good`` the words say so.
    """

    stands: str
    value: str = ""
    n: int = 0
    note: str = ""
    low_is_good: bool = False

    @property
    def words(self) -> str:
        """How the cell stands, in words."""
        usual = LOOKS[self.stands].words
        return _LOW_IS_GOOD.get(self.stands, usual) if self.low_is_good else usual

    @property
    def lines(self) -> tuple[str, str]:
        """The two lines in the cell."""
        look = LOOKS[self.stands]
        if self.stands == "not measured":
            return look.sign, ""
        first = "too few" if self.stands == "too few" else self.value
        return f"{look.sign} {first}".strip(), f"n {self.n:,}"


@dataclass(frozen=True)
class HeatRow:
    """One slice with a cell for each column; ``aside`` stands small at the end of its name."""

    label: str
    cells: tuple[HeatCell, ...]
    aside: str = ""
    is_protected: bool = False

    @property
    def name(self) -> str:
        """The label with the mark of a protected slice."""
        return f"{PROTECTED_SIGN} {self.label}" if self.is_protected else self.label


def heat_chart(heads: Sequence[tuple[str, str]], rows: Sequence[HeatRow]) -> Figure:
    """A row under each other row, its name above its cells; ``heads`` are (name, source) of the columns."""
    height = _HEAD_PIXELS + len(rows) * _ROW_PIXELS
    figure: Figure = {"data": [], "layout": empty_layout(height + 10)}
    layout = figure["layout"]
    layout["margin"] = {"l": 2, "r": 2, "t": 4, "b": 4}
    layout["xaxis"] = {"range": [0, max(len(heads), 1)], "visible": False, "fixedrange": True}
    # One unit of height is one pixel, counted from the top.
    layout["yaxis"] = {"range": [height, 0], "visible": False, "fixedrange": True}
    for column, (name, source) in enumerate(heads):
        text = f"<b>{plain(name)}</b><br>{plain(source)}"
        layout["annotations"].append(note(column + 0.5, _HEAD_PIXELS / 2, text, 12))
    for number, row in enumerate(rows):
        top = _HEAD_PIXELS + number * _ROW_PIXELS
        layout["annotations"] += _row_words(row, top + _LABEL_PIXELS / 2, max(len(heads), 1))
        for column, cell in enumerate(row.cells):
            _draw_cell(layout, column, top + _LABEL_PIXELS, cell)
        figure["data"].append(_hover_marks(heads, row, top + _LABEL_PIXELS + _CELL_PIXELS / 2))
    return figure


def _row_words(row: HeatRow, middle: float, end: float) -> list[dict[str, Any]]:
    """The row's name at the left; what stands aside at the right, where a long name leaves it room."""
    label = {"xanchor": "left", "align": "left"}
    if not row.aside:
        return [note(0, middle, plain(row.name, 44), 13) | label]
    aside = {"xanchor": "right", "align": "right"}
    return [note(0, middle, plain(row.name, 26), 13) | label, note(end, middle, plain(row.aside), 12) | aside]


def heat_alt(heads: Sequence[tuple[str, str]], rows: Sequence[HeatRow]) -> str:
    """The heat table in words, for screen readers."""
    parts = [f"{', '.join(printable(name) for name, _ in heads)} by slice, the worst first."]
    for row in rows:
        cells = [
            f"{printable(name)} {_cell_words(cell)}" for (name, _), cell in zip(heads, row.cells, strict=True)
        ]
        aside = f" ({printable(row.aside)})" if row.aside else ""
        parts.append(f"{printable(row.label)}{aside}: {'; '.join(cells)}.")
    return " ".join(parts)


def _cell_words(cell: HeatCell) -> str:
    words = cell.words
    if cell.stands in ("not measured", "too few"):
        return words if cell.stands == "not measured" else f"{words} (n {cell.n:,})"
    return f"{cell.value}, n {cell.n:,}, {words}"


def _draw_cell(layout: Figure, column: int, top: float, cell: HeatCell) -> None:
    layout["shapes"].append(
        {
            "type": "rect",
            "xref": "x",
            "yref": "y",
            "x0": column + 0.03,
            "x1": column + 0.97,
            "y0": top,
            "y1": top + _CELL_PIXELS,
            "line": {"width": 0},
            "fillcolor": LOOKS[cell.stands].fill,
            "layer": "below",
        }
    )
    first, second = cell.lines
    bold = first if cell.stands in ("not measured", "too few") else f"<b>{plain(first)}</b>"
    text = f"{bold}<br>{plain(second)}" if second else bold
    layout["annotations"].append(note(column + 0.5, top + _CELL_PIXELS / 2, text, 12))


def _hover_marks(heads: Sequence[tuple[str, str]], row: HeatRow, middle: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [column + 0.5 for column in range(len(heads))],
        "y": [middle] * len(heads),
        "marker": {"size": _CELL_PIXELS, "opacity": 0, "symbol": "square"},
        "hoverinfo": "text",
        "hovertext": [
            f"<b>{plain(row.label)}</b><br>{plain(name)}: {plain(cell.note or cell.words)}"
            for (name, _), cell in zip(heads, row.cells, strict=True)
        ],
    }
