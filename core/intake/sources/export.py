"""What all recognised exports have in common: rows go in as the tool writes them and come out canonical."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.cell_terms import Fault
from core.intake.needs import IDENTITY
from core.intake.sources.source import Context, Rows, Taken
from core.intake.tables import Chunk, InFile

Fields = Mapping[str, Any]
"""A field of the export -> its cell, or a value of its JSON."""

Row = dict[str, str | None]
"""Canonical column -> cell."""

_LOST = "[object Object]"
_LOST_CELLS = (
    "Cells that hold “[object Object]” in place of what stood there: {count}. The program that wrote the file"
    " lost it, and it is taken as missing. Export again, as JSON lines if there is a choice."
)

_OF_RUN = {Kind.TRACES, Kind.SPANS, Kind.SCORES}


class ToolExport(ABC):
    """One file of a tool while its chunks pass.

    ``name`` is the tool, ``kind`` what its rows are, ``because`` the sentence that says how the file was
    recognised, ``became`` the canonical columns (with commas) that each field becomes.
    """

    name: str
    scored_elsewhere = False

    def __init__(self, kind: Kind, because: str, became: Mapping[str, str], context: Context) -> None:
        self.kind = kind
        self.because = because
        self._became = became
        self._context = context
        self._feedback, self._notices = context.feedback, context.notices
        self._found_in: dict[str, dict[str, None]] = {}
        self._parts: dict[Kind, Rows] = {}

    def take(self, chunk: Chunk) -> Taken:
        """The rows of ``chunk`` in canonical columns, and the rows of other kinds inside them."""
        self._parts = {}
        lost = sum(column.count(_LOST) for column in chunk.cells.values())
        if lost:
            self._notices.add("lost_cells", _LOST_CELLS, lost)
        rows, faults = Rows(), dict[int, Fault]()
        for number, fields in zip(chunk.rows, self._rows(chunk), strict=True):
            row = self._row(number, fields)
            if row is None:
                continue
            fault = self._fault(fields)
            if fault is not None:
                faults[len(rows.numbers)] = fault
            rows.add(number, row)
        taken = _as_chunk(rows, self.kind)
        at_fault = "run_id" if self.kind in _OF_RUN else IDENTITY[self.kind]
        taken.faults = {at_fault: faults} if faults else {}
        taken.in_file = InFile(_kept(chunk, rows.numbers), self._headers(chunk.cells))
        return Taken(taken, {kind: _as_chunk(found, kind) for kind, found in self._parts.items()})

    def became(self, header: str) -> str:
        """The canonical names that a column of the file became, with commas; "" for none."""
        name = self._field(header)
        stated = self._became.get(name, "").split(", ")
        return ", ".join(dict.fromkeys(one for one in (*stated, *self._found_in.get(name, ())) if one))

    def tell(self) -> None:  # noqa: B027 - most exports need no words
        """At the end of the file: the notices about what was found."""

    @abstractmethod
    def _row(self, number: int, fields: Fields) -> Row | None:
        """Row ``number`` in canonical columns, None where it is no record of this kind (then a notice says
        why); what stands inside it is added with :meth:`_add`."""

    def _fault(self, fields: Fields) -> Fault | None:
        """Why a row cannot count although each of its cells can be read."""
        return None

    def _rows(self, chunk: Chunk) -> Iterator[dict[str, Any]]:
        """The fields of each row under the names that :meth:`_row` looks for."""
        names = [self._field(header) for header in chunk.cells]
        for cells in zip(*chunk.cells.values(), strict=True):
            fields: dict[str, Any] = {}
            for name, cell in zip(names, cells, strict=True):
                # Of two spellings of one field the one with a value counts.
                if fields.get(name) is None:
                    fields[name] = cell
            yield fields

    def _field(self, header: str) -> str:
        """The name of the field in the column ``header``."""
        return header

    def _found(self, name: str, canonical: Iterable[str]) -> None:
        """The field ``name`` also gave values for these canonical columns."""
        self._found_in.setdefault(name, {}).update(dict.fromkeys(canonical))

    def _add(self, kind: Kind, number: int, row: Row) -> None:
        """A row of another kind that was found inside row ``number``."""
        self._parts.setdefault(kind, Rows()).add(number, row)

    def _headers(self, cells: Iterable[str]) -> dict[str, str]:
        """Canonical column -> the file's header that it is read from, so that a fault can name it."""
        headers: dict[str, str] = {}
        for header in cells:
            for canonical in self._became.get(self._field(header), "").split(", "):
                headers.setdefault(canonical, header)
        return headers


def _as_chunk(rows: Rows, kind: Kind) -> Chunk:
    always = ("run_id", IDENTITY[kind]) if kind in _OF_RUN else (IDENTITY[kind],)
    return rows.chunk(*always)


def _kept(chunk: Chunk, numbers: list[int]) -> dict[str, list[str | None]]:
    """The cells of the rows with these numbers, which are some of the chunk's, in its order."""
    if len(numbers) == len(chunk.rows):
        return chunk.cells
    wanted = set(numbers)
    places = [place for place, number in enumerate(chunk.rows) if number in wanted]
    return {header: [cells[place] for place in places] for header, cells in chunk.cells.items()}
