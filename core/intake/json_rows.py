"""JSON in its four shapes: one object per line, objects in sequence, a list, a list inside an object."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from core.errors import UnreadableFile
from core.intake.doubts import Notices
from core.intake.formats import ROW_LISTS, Format
from core.intake.job import Limits
from core.intake.json_values import Faulty, decode, flat_cells
from core.intake.report import shown
from core.intake.tables import CHUNK_CHARACTERS, CHUNK_ROWS, Chunk, Refusal, TextSource

_BLOCK = 2**20
_SPACE = re.compile(r"[ \t\r\n]*")


class JsonTable:
    """The rows of a JSON file; the headers are the keys, in the order in which they first appear."""

    def __init__(self, path: Path, encoding: str, shape: Format, limits: Limits, notices: Notices) -> None:
        self._source = TextSource(path, encoding, limits)
        self._shape = shape
        self._limits = limits
        self._notices = notices
        self._headers: dict[str, None] = {}

    @property
    def share(self) -> float:
        return self._source.share

    def close(self) -> None:
        self._source.close()

    def chunks(self) -> Iterator[Chunk]:
        """Chunks of rows. Raises UnreadableFile when the text as a whole is not JSON."""
        objects = self._by_line() if self._shape is Format.JSON_LINES else self._by_position()
        chunk, kept, size, parsed = Chunk(), list[dict[str, str | None]](), 0, False
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
                parsed = True
                chunk.rows.append(number)
                kept.append(cells)
                self._headers |= dict.fromkeys(cells)
            if len(kept) + len(chunk.refused) >= CHUNK_ROWS or size > CHUNK_CHARACTERS:
                yield self._filled(chunk, kept)
                chunk, kept, size = Chunk(), [], 0
        if not parsed and chunk.refused:
            raise _nothing_parsed(chunk.refused[0])
        if kept or chunk.refused or chunk.skipped:
            yield self._filled(chunk, kept)

    def _filled(self, chunk: Chunk, kept: list[dict[str, str | None]]) -> Chunk:
        if len(self._headers) > self._limits.columns:
            raise UnreadableFile(
                f"The objects have more than {self._limits.columns:,} different keys.",
                mend="Export only the keys you need.",
                code="too_many_columns",
            )
        chunk.cells = {header: [cells.get(header) for cells in kept] for header in self._headers}
        return chunk

    def _by_line(self) -> Iterator[tuple[int, str]]:
        yield from enumerate(self._source.lines(), start=1)

    def _by_position(self) -> Iterator[tuple[int, str]]:
        stream = _Stream(self._source, self._limits)
        if self._shape is Format.JSON_SEQUENCE:
            self._notices.add("dialect", "The objects stand on several lines each; they were read in order.")
            yield from enumerate(stream.sequence(), start=1)
        elif self._shape is Format.JSON_LIST:
            yield from enumerate(stream.items(), start=1)
            stream.expect_end()
        else:
            yield from enumerate(stream.wrapped_items(), start=1)


class _Stream:
    """The text of a JSON file as a sliding window, cut into the raw text of its values."""

    def __init__(self, source: TextSource, limits: Limits) -> None:
        self._source = source
        self._limit = limits.line_characters
        # Only finds where a value ends; ``decode`` reads it strictly afterwards.
        self._decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
        self._text = ""
        self._at = 0
        self._ended = False
        self._values = 0

    def sequence(self) -> Iterator[str]:
        while self._peek():
            yield self._value()

    def items(self) -> Iterator[str]:
        """The values of the list that begins here."""
        self._take("[")
        if self._peek() == "]":
            self._take("]")
            return
        while True:
            yield self._value()
            if self._peek() == "]":
                self._take("]")
                return
            self._take(",")

    def wrapped_items(self) -> Iterator[str]:
        """The values of the one list of rows in the object that begins here."""
        self._take("{")
        found: str | None = None
        while self._peek() != "}":
            key = json.loads(self._value())
            self._take(":")
            if key in ROW_LISTS and self._peek() == "[":
                if found is not None:
                    raise UnreadableFile(
                        f"The file holds two lists of rows, “{found}” and “{key}”.",
                        mend="Upload them as two files.",
                        code="two_lists",
                    )
                found = str(key)
                yield from self.items()
            else:
                self._value()
            if self._peek() != "}":
                self._take(",")
        self._take("}")
        self.expect_end()
        if found is None:
            raise UnreadableFile(
                f"The file is one JSON object without a list of rows ({', '.join(ROW_LISTS)}).",
                mend="Export a list of objects, or one object per line.",
                code="wrong_type",
            )

    def expect_end(self) -> None:
        if self._peek():
            raise self._fault("there is text after the end of the list")

    def _peek(self) -> str:
        """The next character that is not space; empty at the end of the file."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> None:
        if self._peek() != character:
            raise self._fault(f"“{character}” was expected")
        self._at += 1

    def _value(self) -> str:
        """The raw text of the value that begins here."""
        self._peek()
        while True:
            try:
                _, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._more():
                    raise self._fault(error.msg) from None
                continue
            except RecursionError:
                raise UnreadableFile(
                    "The file is nested too deeply to be a table.",
                    mend="Export a list of flat objects.",
                    code="too_deep",
                ) from None
            if end == len(self._text) and self._more():
                continue
            raw, self._at = self._text[self._at : end], end
            self._values += 1
            return raw

    def _more(self) -> bool:
        """Read on, doubling the window so that a long value costs little; False at the end."""
        rest = self._text[self._at :]
        if self._ended or len(rest) > self._limit:
            return False
        block = self._source.block(max(_BLOCK, len(rest)))
        self._ended = not block
        self._text, self._at = rest + block, 0
        return bool(block)

    def _fault(self, words: str) -> UnreadableFile:
        return UnreadableFile(
            f"The JSON breaks after value {self._values:,}: {words}.",
            mend="The file looks damaged or cut off; export it again.",
            code="bad_json",
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
