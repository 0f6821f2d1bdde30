"""The values of a JSON file one after the other, cut out of its text without holding all of it."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from core.errors import UnreadableFile
from core.intake.formats import ROW_LISTS
from core.intake.job import Limits
from core.intake.json_values import in_plain_words, lenient
from core.intake.tables import TextSource

_BLOCK = 2**20
_DEEPEST_LIST = 3
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class ListOfRows:
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
        self.ended_with_comma = False

    def sequence(self) -> Iterator[str]:
        while self._peek():
            yield self._value()

    def items(self, *, may_end_with_comma: bool = False) -> Iterator[str]:
        """The values of the list that begins here; a comma after the last one is no JSON, and is read over
        only where it is allowed (``ended_with_comma`` then says so)."""
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
            if may_end_with_comma and self._peek() == "]":
                self._take("]")
                self.ended_with_comma = True
                return

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

    def lists(self, holder: str = "", depth: int = _DEEPEST_LIST) -> Iterator[ListOfRows]:
        """Every list of objects in the object that begins here, also inside its objects."""
        for place in self._places(holder):
            if self._peek() == "[":
                count, first = 0, ""
                for raw in self.items():
                    count, first = count + 1, first or raw
                if first.startswith("{"):
                    yield ListOfRows(place, count, first)
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
                    raise self._fault(in_plain_words(error)) from None
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
