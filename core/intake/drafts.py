"""The rows of one chunk on their way to being evidence: typed columns, and the faults found so far."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import UnreadableFile
from core.evidence.column import CellType, Column
from core.intake.arrays import Mask, without
from core.intake.cell_terms import Fault, Reading
from core.intake.cells import convert
from core.intake.converted import Converted
from core.intake.ledger import Places
from core.intake.mapping import ColumnMapping
from core.intake.missing_words import left_out, left_out_of_array, tell, words_for
from core.intake.named_lists import NAMED_LISTS, names_in
from core.intake.not_run import NOT_RUN, without_outcome
from core.intake.other_units import in_own_unit
from core.intake.own_reactions import REACTION, OwnReactions
from core.intake.report import shown
from core.intake.shares import is_share
from core.intake.tables import Chunk, Refusal
from core.intake.times import convert as convert_times
from core.intake.unpriced import leave_out_unpriced
from core.intake.whole_columns import read_column

_FAULTS_TOLD = 5
"""So many faults of one row are told."""

_LOOKS_ROUNDED = re.compile(r"[1-9][0-9]{14}0+|[1-9][.,][0-9]+[eE][+]?[0-9]{2}")
"""Ids of more than 15 digits: a spreadsheet rounds them, so different ones become the same."""

_ROUNDED = (
    "Both rows may be right: Excel rounds numbers of more than 15 digits, so different ids become the same."
    " Do not delete rows: export again with the ids as text, or upload the export as it came."
)


@dataclass
class Draft:
    """``columns`` are the typed columns by canonical name, all as long as ``rows``.

    ``faults`` holds, per place in the chunk, what is wrong and in which column of the file.
    """

    chunk: Chunk
    mapping: ColumnMapping
    columns: dict[str, Converted]
    faults: dict[int, list[tuple[str | None, Fault]]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.chunk.rows)

    def values(self, name: str) -> Sequence[Any]:
        """The values of a canonical column; all missing when the file does not have it."""
        return self.columns[name].values if name in self.columns else [None] * self.count

    def missing(self, name: str) -> Mask:
        """Where a canonical column has no value."""
        return self.columns[name].missing() if name in self.columns else np.ones(self.count, np.bool_)

    def good(self) -> Places:
        """The places of the rows without a fault."""
        good = np.ones(self.count, np.bool_)
        good[list(self.faults)] = False
        return np.flatnonzero(good)

    def fill(self, name: str, values: list[Any]) -> None:
        """Put computed values into a canonical column."""
        texts = [None if value is None else _canonical_text(value) for value in values]
        self.columns[name] = Converted(values, texts, {})

    def blame(self, place: int, name: str | None, fault: Fault) -> None:
        """Reject the row at ``place`` for its canonical column ``name``."""
        header = None if name is None else self.mapping.header_of(name) or name
        self.faults.setdefault(place, []).append((header, fault))

    def refusal(self, place: int) -> Refusal:
        """The rejected row at ``place`` as the user sees it, with all that is wrong in it: whoever mends the
        row mends it once."""
        (header, fault), *others = self.faults[place]
        reasons, fixes = [fault.reason], {fault.fix: fault.fix}
        for other, found in others[: _FAULTS_TOLD - 1]:
            where = "" if other is None else f" “{shown(self._in_file(other))}”"
            reasons.append(f"Also{where}: {found.reason}")
            fixes.setdefault(found.fix, f"{where.lstrip()}: {found.fix}" if where else found.fix)
        if len(others) >= _FAULTS_TOLD:
            reasons.append(f"(and {len(others) - _FAULTS_TOLD + 1} more in this row)")
        return self._refusal(place, header, replace(fault, fix=" ".join(fixes.values())), " ".join(reasons))

    def conflict(self, place: int, first_row: int, name: str) -> Refusal:
        """The row at ``place`` states an id again with other content than row ``first_row``."""
        reason = f"Row {first_row} has the same {name} with other content."
        header = self.mapping.header_of(name)
        one = self.columns[name].texts[place] if name in self.columns else None
        mend = _ROUNDED if _LOOKS_ROUNDED.fullmatch(one or "") else "Keep one of the two rows."
        fault = Fault("duplicate_id", reason, mend)
        return self._refusal(place, header, fault, reason)

    def _refusal(self, place: int, header: str | None, fault: Fault, reason: str) -> Refusal:
        made_from = self.chunk.in_file
        header = None if header is None else self._in_file(header)
        shown_cells = made_from.cells if made_from is not None else self.chunk.cells
        cells = {name: column[place] or "" for name, column in shown_cells.items()}
        value = cells.get(header, "") if header else ""
        return Refusal(self.chunk.rows[place], header, value, reason, fault.fix, fault.code, cells)

    def _in_file(self, header: str) -> str:
        """``header`` as the file has it."""
        made_from = self.chunk.in_file
        return header if made_from is None else made_from.headers.get(header, header)


def _canonical_text(value: str | int | bool) -> str:
    """The canonical text of a computed value, as ``cells`` would write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def draft(chunk: Chunk, mapping: ColumnMapping, reading: Reading) -> Draft:
    """The chunk with every column in use read in its type."""
    columns = dict[str, Converted]()
    drafted = Draft(chunk, mapping, columns)
    for header, column in mapping.columns.items():
        if header not in chunk.headers:
            continue
        marked = chunk.faults.get(header, {})
        _refuse_faulty_file(marked, header, chunk)
        converted = _read(header, column, marked, chunk, reading)
        if header in mapping.units:
            converted = in_own_unit(converted, mapping.units[header])
        columns[column.name] = converted
        if is_share(column):
            array = None if reading.by_cell else chunk.array(header)
            cells = chunk.cells[header] if array is None else array
            reading.shares.note_column(header, column.name, cells, converted, reading.notices)
        converted.faults |= marked
        for place, fault in converted.faults.items():
            drafted.faults.setdefault(place, []).append((header, fault))
    leave_out_unpriced(columns, reading.notices)
    return drafted


def _read(
    header: str, column: Column, marked: Mapping[int, Fault], chunk: Chunk, reading: Reading
) -> Converted:
    """The column under ``header``, its ``marked`` cells and the words for a missing value left out."""
    words = words_for(column) if not reading.of_tool else frozenset()
    reactions = None
    if column.name == REACTION and reading.feedback is not None and not reading.of_tool:
        reactions = OwnReactions(header, column, reading.feedback)
    plainer = _plainer(header, column, chunk, reading)
    array = None if reading.by_cell or plainer is not None else chunk.array(header)
    if array is not None:
        if marked:
            is_marked = np.zeros(len(array), np.bool_)
            is_marked[list(marked)] = True
            array = without(array, is_marked)
        array, counts = left_out_of_array(array, words)
        array = array if reactions is None else reactions.in_array(array)
        converted = read_column(header, column, array, reading)
        if converted is not None:
            tell(header, counts, reading.notices)
            return converted
    cells = chunk.cells[header] if plainer is None else plainer
    if marked:
        cells = [None if place in marked else cell for place, cell in enumerate(cells)]
    cells, counts = left_out(cells, words)
    cells = cells if reactions is None else reactions.in_list(cells)
    tell(header, counts, reading.notices)
    if column.type is CellType.TIME:
        return convert_times(header, cells, reading)
    return convert(header, column, cells, reading)


def _plainer(header: str, column: Column, chunk: Chunk, reading: Reading) -> list[str | None] | None:
    """The cells where they say in more words what the column holds; None where they are plain."""
    read = names_in if column.name in NAMED_LISTS else without_outcome if column.name == "passed" else None
    if read is None:
        return None
    # Most such columns are plain, which their array says at once; lists of all cells are slow to make.
    array = None if reading.by_cell else chunk.array(header)
    if array is not None and not pc.any(_may_be_wordy(column.name, array)).as_py():
        return None
    return read(header, column.name, chunk.cells[header] if array is None else array.to_pylist(), reading)


def _may_be_wordy(name: str, cells: pa.Array) -> pa.Array:
    """Which ``cells`` of the column ``name`` may say more than what it holds; others surely do not."""
    if name in NAMED_LISTS:
        return pc.match_substring(cells, "{")
    return pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(cells)), pa.array(sorted(NOT_RUN)))


def _refuse_faulty_file(marked: Mapping[int, Fault], header: str, chunk: Chunk) -> None:
    """Raises UnreadableFile for a fault of the whole file."""
    for place, fault in marked.items():
        if fault.of_file:
            where = f"Row {chunk.rows[place]:,}, column “{shown(header)}”"
            raise UnreadableFile(f"{where}: {fault.reason}", mend=fault.fix, code=fault.code)
