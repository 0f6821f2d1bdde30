"""JSON in its four shapes: one object per line, objects in sequence, a list, a list inside an object."""

import codecs
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from core.errors import Question, UnreadableFile
from core.intake.cell_terms import Reading
from core.intake.formats import Format
from core.intake.gathered import Gathered, Place
from core.intake.json_rows import JsonStream, ListOfRows
from core.intake.json_values import Faulty, decode, flat_cells
from core.intake.quick_json import BLOCK_BYTES, QuickLines
from core.intake.report import shown
from core.intake.tables import CHUNK_CHARACTERS, CHUNK_ROWS, Chunk, Refusal, TextSource

_LISTS = 20

# A number may have more digits than Python reads.
_WITHOUT_NUMBERS = json.JSONDecoder(parse_int=len, parse_float=len, parse_constant=len)

_HEAD = 2**18
"""So many bytes are looked at to see which keys hold text."""

_FAILED_BLOCKS = 8
"""After so many blocks that are not plain the rest of the file is read line by line."""


class JsonTable:
    """The rows of a JSON file; the headers are the keys, in the order in which they first appear."""

    def __init__(self, path: Path, encoding: str, shape: Format, reading: Reading) -> None:
        self._path = path
        self._encoding = encoding
        self._source = TextSource(path, encoding, reading.limits)
        self._shape = shape
        self._reading = reading
        self._limits = reading.limits
        self._headers: dict[str, None] = {}
        self._size = max(path.stat().st_size, 1)
        self._at = Place(0, 0, 0)
        self._parsed = False
        self._quick: QuickLines | None = None

    @property
    def share(self) -> float:
        return self._source.share if self._quick is None else min(self._at.byte / self._size, 1.0)

    def close(self) -> None:
        self._source.close()
        if self._quick is not None:
            self._quick.close()

    def chunks(self) -> Iterator[Chunk]:
        """Chunks of rows. Raises UnreadableFile when the text as a whole is not JSON."""
        if self._shape is not Format.JSON_LINES:
            yield from self._one_by_one(self._by_position())
        elif self._reading.by_cell or self._encoding != "utf-8-sig":
            yield from self._one_by_one(self._by_line())
        else:
            yield from self._in_blocks()

    def _in_blocks(self) -> Iterator[Chunk]:
        """Lines that are plain are read in blocks, the others one by one."""
        # No line that is too long fits into a block.
        block_bytes = min(BLOCK_BYTES, self._limits.line_characters - 1)
        quick = self._quick = QuickLines(self._path, block_bytes)
        gathered = Gathered(self._headers)
        with self._path.open("rb") as file:
            head = file.read(_HEAD)
        self._at = Place(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0, 0, 0)
        quick.learn(_objects(head[self._at.byte :]))
        failed = 0
        while not quick.is_at_end(self._at):
            for block in quick.blocks(self._at):
                self._at = block.end
                self._parsed = self._parsed or bool(block.rows)
                self._headers |= dict.fromkeys(block.columns)
                self._refuse_too_wide()
                yield from gathered.add(block)
            yield from gathered.rest()
            if not quick.is_at_end(self._at):
                failed += 1
                until = self._at.byte + block_bytes if failed < _FAILED_BLOCKS else self._size
                yield from self._one_by_one(self._lines_until(until))

    def _lines_until(self, byte: int) -> Iterator[tuple[int, str]]:
        """The lines from the present place on that begin before ``byte``."""
        at = self._at
        source = TextSource(self._path, "utf-8", self._limits, begin=at.byte, lines_before=at.lines)
        with closing(source):
            for line in source.lines():
                size = len(line) if line.isascii() else len(line.encode())
                self._at = Place(self._at.byte + size, 0, self._at.lines + 1)
                yield self._at.lines, line
                if self._at.byte >= byte:
                    return

    def _one_by_one(self, objects: Iterator[tuple[int, str]]) -> Iterator[Chunk]:
        chunk, kept, size = Chunk(), list[dict[str, str | None]](), 0
        for number, raw in objects:
            size += len(raw)
            if not raw.strip():
                chunk.skipped += 1
                continue
            try:
                cells = flat_cells(decode(raw), self._limits.json_depth)
            except Faulty as fault:
                chunk.refused.append(_refused(number, raw, fault))
            else:
                self._parsed = True
                chunk.rows.append(number)
                kept.append(cells)
                self._headers |= dict.fromkeys(cells)
            if len(kept) + len(chunk.refused) >= CHUNK_ROWS or size > CHUNK_CHARACTERS:
                yield self._filled(chunk, kept)
                chunk, kept, size = Chunk(), [], 0
        if not self._parsed and chunk.refused and self._is_at_end:
            raise _nothing_parsed(chunk.refused[0])
        if kept or chunk.refused or chunk.skipped:
            yield self._filled(chunk, kept)

    @property
    def _is_at_end(self) -> bool:
        return self._quick is None or self._quick.is_at_end(self._at)

    def _refuse_too_wide(self) -> None:
        if len(self._headers) > self._limits.columns:
            raise UnreadableFile(
                f"The objects have more than {self._limits.columns:,} different keys.",
                mend="Export only the keys you need.",
                code="too_many_columns",
            )

    def _filled(self, chunk: Chunk, kept: list[dict[str, str | None]]) -> Chunk:
        self._refuse_too_wide()
        chunk.cells = {header: [cells.get(header) for cells in kept] for header in self._headers}
        return chunk

    def _by_line(self) -> Iterator[tuple[int, str]]:
        yield from enumerate(self._source.lines(), start=1)

    def _by_position(self) -> Iterator[tuple[int, str]]:
        stream = JsonStream(self._source, self._limits)
        if self._shape is Format.JSON_SEQUENCE:
            for number, raw in enumerate(stream.sequence(), start=1):
                if number == 2:
                    sentence = "The objects stand on several lines each; they were read in order."
                    self._reading.notices.add("dialect", sentence)
                yield number, raw
        elif self._shape is Format.JSON_LIST:
            yield from enumerate(stream.items(), start=1)
            stream.expect_end()
        else:
            yield from enumerate(self._wrapped(stream), start=1)

    def _wrapped(self, stream: JsonStream) -> Iterator[str]:
        """The rows of a list inside an object: the answered one, one of a known name, the only one."""
        place = self._reading.answers.rows
        if place is None:
            found = False
            for raw in stream.wrapped_items():
                found = True
                yield raw
            if found or stream.found_list:
                return
            lists = list(self._again().lists())
            if len(lists) > 1:
                self._reading.doubts.ask(_which_list(lists))
                return
            place = lists[0].place if lists else None
        stream = self._again()
        if place is not None:
            yield from stream.items_at(place)
        if not stream.found_list:
            raise _no_list(self._reading.answers.rows)

    def _again(self) -> JsonStream:
        """The file from its beginning once more."""
        self._source.close()
        self._source = TextSource(self._path, self._encoding, self._limits)
        return JsonStream(self._source, self._limits)


def _objects(head: bytes) -> Iterator[dict[str, Any]]:
    """The objects on the whole lines of ``head``, as far as they can be read."""
    for line in head[: head.rfind(b"\n") + 1].splitlines():
        try:
            value = _WITHOUT_NUMBERS.decode(line.decode())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def _which_list(lists: list[ListOfRows]) -> Question:
    options = {}
    for one in lists[:_LISTS]:
        try:
            keys = ", ".join(shown(key) for key in list(decode(one.first))[:6])
        except Faulty:
            keys = "rows that cannot be read"
        rows = "1 row" if one.count == 1 else f"{one.count:,} rows"
        options[one.place] = f"“{shown(one.place)}”: {rows} with {keys}."
    return Question("rows", "The file holds several lists of rows. Which one is to be read?", options)


def _no_list(answered: str | None) -> UnreadableFile:
    if answered is not None:
        return UnreadableFile(
            f"The file has no list of rows at “{shown(answered)}”.",
            mend="Check the entry “rows” of the mapping, or export again.",
            code="wrong_type",
        )
    return UnreadableFile(
        "The file is one JSON object without a list of rows.",
        mend="Export a list of objects, or one object per line.",
        code="wrong_type",
    )


def _refused(number: int, raw: str, fault: Faulty) -> Refusal:
    text = raw.strip()
    return Refusal(
        number, fault.column, shown(text), fault.reason, fault.fix, fault.code, {"row as text": text}
    )


def _nothing_parsed(first: Refusal) -> UnreadableFile:
    return UnreadableFile(
        f"No row of the file can be read; row {first.row}: {first.reason}", mend=first.fix, code=first.code
    )
