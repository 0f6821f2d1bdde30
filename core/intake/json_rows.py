"""JSON in its four shapes: one object per line, objects in sequence, a list, a list inside an object."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import Question, UnreadableFile
from core.intake.cells import Reading
from core.intake.formats import ROW_LISTS, Format
from core.intake.job import Limits
from core.intake.json_values import Faulty, decode, flat_cells, lenient
from core.intake.report import shown
from core.intake.tables import CHUNK_CHARACTERS, CHUNK_ROWS, Chunk, Refusal, TextSource

_BLOCK = 2**20
_DEEPEST_LIST = 3
_LISTS = 20
_SPACE = re.compile(r"[ \t\r\n]*")


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

    def _wrapped(self, stream: "JsonStream") -> Iterator[str]:
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

    def _again(self) -> "JsonStream":
        """The file from its beginning once more."""
        self._source.close()
        self._source = TextSource(self._path, self._encoding, self._limits)
        return JsonStream(self._source, self._limits)


@dataclass(frozen=True)
class _ListOfRows:
    """Where an object holds a list of objects: keys with points between; ``first`` is its first row."""

    place: str
    count: int
    first: str


class JsonStream:
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
        self.found_list = False

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
                self.found_list = True
                yield from self.items()
            else:
                self._value()
            if self._peek() != "}":
                self._take(",")
        self._take("}")
        self.expect_end()

    def lists(self, holder: str = "", depth: int = _DEEPEST_LIST) -> Iterator[_ListOfRows]:
        """Every list of objects in the object that begins here, also inside its objects."""
        for place in self._places(holder):
            if self._peek() == "[":
                count, first = 0, ""
                for raw in self.items():
                    count, first = count + 1, first or raw
                if first.startswith("{"):
                    yield _ListOfRows(place, count, first)
            elif self._peek() == "{" and depth > 1:
                yield from self.lists(place, depth - 1)
            else:
                self._value()

    def items_at(self, wanted: str, holder: str = "") -> Iterator[str]:
        """The values of the list at ``wanted`` in the object that begins here."""
        for place in self._places(holder):
            if place == wanted and self._peek() == "[" and not self.found_list:
                self.found_list = True
                yield from self.items()
            elif self._peek() == "{" and wanted.startswith(f"{place}."):
                yield from self.items_at(wanted, place)
            else:
                self._value()

    def _places(self, holder: str) -> Iterator[str]:
        """The places of the values in the object that begins here; each is to be read before the next."""
        self._take("{")
        while self._peek() != "}":
            key = str(json.loads(self._value()))
            self._take(":")
            yield f"{holder}.{key}" if holder else key
            if self._peek() != "}":
                self._take(",")
        self._take("}")
        if not holder:
            self.expect_end()

    def around(self, left_out: Collection[str]) -> dict[str, Any]:
        """What stands in the object that begins here, without the lists at the places ``left_out``
        (“results.results”), of which nothing is kept in memory; read as by :func:`lenient`."""
        return self._around(left_out, "")

    def _around(self, left_out: Collection[str], holder: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for place in self._places(holder):
            key = place[len(holder) + 1 :] if holder else place
            if place in left_out and self._peek() == "[":
                for _ in self.items():
                    pass
            elif self._peek() == "{" and any(one.startswith(f"{place}.") for one in left_out):
                found[key] = self._around(left_out, place)
            else:
                found[key] = lenient(self._value())
        return found

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


def _which_list(lists: list[_ListOfRows]) -> Question:
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
