"""Shares from 0 to 1 in per cent: “85%” says so itself, a column of 80 to 91 is asked about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.evidence.column import CellType, Column
from core.intake.arrays import Mask
from core.intake.converted import Converted
from core.intake.doubts import Doubts, Notices
from core.intake.report import shown

_WHOLE = 100
_LARGE = 10
"""Per cent go up to here at least: numbers from 1 to 5 are marks."""

_SAMPLES = 5

SHARE_FIX = "Write a share from 0 to 1, such as 0.85 for 85 %, or 85% with its sign."


def is_share(column: Column) -> bool:
    """Whether the column holds numbers from 0 to 1."""
    return column.type is CellType.NUMBER and (column.low, column.high) == (0, 1)


def without_sign(text: str) -> str | None:
    """The number before a percent sign; None where there is no sign."""
    return text[:-1].rstrip() if text.endswith("%") else None


def of_hundred(number: float) -> float:
    """``number`` per cent as a share, with the digits that it was written with."""
    return float(Decimal(repr(number)) / _WHOLE)


@dataclass
class _LikePerCent:
    samples: list[str] = field(default_factory=list)
    largest: float = 0.0


@dataclass
class Shares:
    """What a file shows of its columns of shares, by canonical name: numbers that may be per cent, and those
    columns that have other numbers as well, so that nobody can have meant per cent."""

    like_per_cent: dict[str, _LikePerCent] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)

    def note_number(self, name: str, text: str, number: float) -> None:
        """A number without a sign that is no share."""
        if not 1 < number <= _WHOLE:
            self.others.add(name)
            return
        like = self.like_per_cent.setdefault(name, _LikePerCent())
        like.largest = max(like.largest, number)
        if len(like.samples) < _SAMPLES:
            like.samples.append(text)

    def note_column(
        self,
        header: str,
        name: str,
        cells: pa.Array | Sequence[str | None],
        read: Converted,
        notices: Notices,
    ) -> None:
        """What became of the ``cells`` of a column of shares; tells of those with a sign."""
        values = read.typed(pa.float64())
        if pc.any(pc.and_(pc.greater(values, 0), pc.less(values, 1))).as_py():
            self.others.add(name)
        count = int((_signed(cells) & ~read.missing()).sum())
        if count:
            sentence = (
                f"Cells of “{shown(header)}” with a percent sign, read as shares (85% is 0.85): {{count}}."
            )
            notices.add("percent_signs", sentence, count)

    def tell(self, doubts: Doubts) -> None:
        """At the end of the file: ask about columns in which all numbers look like per cent."""
        for name, like in self.like_per_cent.items():
            if name not in self.others and like.largest >= _LARGE:
                for sample in like.samples:
                    doubts.note("percent", sample)


def _signed(cells: pa.Array | Sequence[str | None]) -> Mask:
    if isinstance(cells, pa.Array):
        found: Mask = pc.match_substring(cells, "%").fill_null(False).to_numpy(zero_copy_only=False)
        return found
    return np.array([cell is not None and "%" in cell for cell in cells], np.bool_)
