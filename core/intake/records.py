"""The rows of a tool's own document as a table: each record's fields as text cells."""

from collections.abc import Iterator

from core.errors import UnreadableFile
from core.intake.json_values import Faulty, flat_cells
from core.intake.layouts.layout import Layout, Opened
from core.intake.report import shown
from core.intake.tables import CHUNK_CHARACTERS, CHUNK_ROWS, Chunk, Refusal


class RecordTable:
    """The records that ``layout`` finds in a file; the headers are their fields, in order of appearance.

    A record whose fields cannot be cells (nested too deeply) is refused with its number.
    """

    def __init__(self, layout: Layout, opened: Opened) -> None:
        self._layout = layout
        self._opened = opened
        self._limits = opened.reading.limits
        self._headers: dict[str, None] = {}

    @property
    def share(self) -> float:
        return self._opened.share

    def close(self) -> None:
        self._opened.close()

    def chunks(self) -> Iterator[Chunk]:
        chunk, kept, size = Chunk(), list[dict[str, str | None]](), 0
        for one in self._layout.records(self._opened):
            if isinstance(one, Refusal):
                chunk.refused.append(one)
            else:
                number, fields = one
                try:
                    cells = flat_cells(dict(fields), self._limits.json_depth)
                except Faulty as fault:
                    chunk.refused.append(_refused(number, fault))
                else:
                    chunk.rows.append(number)
                    kept.append(cells)
                    self._headers |= dict.fromkeys(cells)
                    size += sum(map(len, filter(None, cells.values())))
            if len(kept) + len(chunk.refused) >= CHUNK_ROWS or size > CHUNK_CHARACTERS:
                yield self._filled(chunk, kept)
                chunk, kept, size = Chunk(), [], 0
        if kept or chunk.refused:
            yield self._filled(chunk, kept)

    def _filled(self, chunk: Chunk, kept: list[dict[str, str | None]]) -> Chunk:
        if len(self._headers) > self._limits.columns:
            raise UnreadableFile(
                f"The rows have more than {self._limits.columns:,} different fields.",
                mend="Export only the fields you need.",
                code="too_many_columns",
            )
        chunk.cells = {header: [cells.get(header) for cells in kept] for header in self._headers}
        return chunk


def _refused(number: int, fault: Faulty) -> Refusal:
    return Refusal(number, fault.column, "", shown(fault.reason), fault.fix, fault.code, {})
