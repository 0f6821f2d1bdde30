"""The rows of one chunk on their way to being evidence: typed columns, and the faults found so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import UnreadableFile
from core.evidence.columns import CellType
from core.intake.cells import Converted, Fault, Reading, convert
from core.intake.mapping import ColumnMapping
from core.intake.report import shown
from core.intake.tables import Chunk, Refusal
from core.intake.times import convert as convert_times


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

    def fill(self, name: str, values: list[Any]) -> None:
        """Put computed values into a canonical column."""
        texts = [None if value is None else _canonical_text(value) for value in values]
        self.columns[name] = Converted(values, texts, {})

    def blame(self, place: int, name: str | None, fault: Fault) -> None:
        """Reject the row at ``place`` for its canonical column ``name``."""
        header = None if name is None else self.mapping.header_of(name) or name
        self.faults.setdefault(place, []).append((header, fault))

    def refusal(self, place: int) -> Refusal:
        """The rejected row at ``place`` as the user sees it."""
        header, fault = self.faults[place][0]
        more = len(self.faults[place]) - 1
        reason = fault.reason if not more else f"{fault.reason} (and {more} more in this row)"
        return self._refusal(place, header, fault, reason)

    def conflict(self, place: int, first_row: int, name: str) -> Refusal:
        """The row at ``place`` states an id again with other content than row ``first_row``."""
        reason = f"Row {first_row} has the same {name} with other content."
        fault = Fault("duplicate_id", reason, "Keep one of the two rows.")
        return self._refusal(place, self.mapping.header_of(name), fault, reason)

    def _refusal(self, place: int, header: str | None, fault: Fault, reason: str) -> Refusal:
        made_from = self.chunk.in_file
        if made_from is not None and header is not None:
            header = made_from.headers.get(header, header)
        shown_cells = made_from.cells if made_from is not None else self.chunk.cells
        cells = {name: column[place] or "" for name, column in shown_cells.items()}
        value = cells.get(header, "") if header else ""
        return Refusal(self.chunk.rows[place], header, value, reason, fault.fix, fault.code, cells)


def _canonical_text(value: str | int | bool) -> str:
    """The canonical text of a computed value, as ``cells`` would write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def draft(chunk: Chunk, mapping: ColumnMapping, reading: Reading) -> Draft:
    """The chunk with every column in use read in its type."""
    columns = dict[str, Converted]()
    drafted = Draft(chunk, mapping, columns)
    for header, column in mapping.columns.items():
        if header not in chunk.cells:
            continue
        marked = chunk.faults.get(header, {})
        cells = _without(marked, header, chunk)
        if column.type is CellType.TIME:
            converted = convert_times(header, cells, reading)
        else:
            converted = convert(header, column, cells, reading)
        columns[column.name] = converted
        converted.faults |= marked
        for place, fault in converted.faults.items():
            drafted.faults.setdefault(place, []).append((header, fault))
    return drafted


def _without(marked: Mapping[int, Fault], header: str, chunk: Chunk) -> list[str | None]:
    """The cells under ``header`` without the marked ones. Raises UnreadableFile for a fault of the file."""
    cells = chunk.cells[header]
    if not marked:
        return cells
    for place, fault in marked.items():
        if fault.of_file:
            where = f"Row {chunk.rows[place]:,}, column “{shown(header)}”"
            raise UnreadableFile(f"{where}: {fault.reason}", mend=fault.fix, code=fault.code)
    return [None if place in marked else cell for place, cell in enumerate(cells)]
