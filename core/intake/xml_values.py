"""The elements of an XML document as plain values, one at a time: no DTD, bounded depth."""

from collections.abc import Iterable, Iterator
from typing import Any
from xml.parsers import expat

from core.errors import UnreadableFile

_DEEPEST = 100


class _Element:
    """An element that is not closed yet: its text, and its children by name."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.text: list[str] = []
        self.children: dict[str, Any] = {}

    def add(self, tag: str, value: Any) -> None:
        """A child; those of one name become a list."""
        if tag not in self.children:
            self.children[tag] = value
        elif isinstance(self.children[tag], list):
            self.children[tag].append(value)
        else:
            self.children[tag] = [self.children[tag], value]

    def value(self) -> Any:
        """The children of an element that has any, else its text; None for an empty one."""
        return self.children or "".join(self.text) or None


class XmlElements:
    """The values of the elements at the path ``wanted`` (names from the root on), as they are closed; what
    stands around them is in ``around`` once the document is read to its end."""

    def __init__(self, wanted: tuple[str, ...]) -> None:
        self._wanted = wanted
        self._open: list[_Element] = []
        self._found: list[Any] = []
        self.around: dict[str, Any] = {}

    def read(self, blocks: Iterable[str]) -> Iterator[Any]:
        """Each wanted value. Raises UnreadableFile where the text is no XML, or has a DTD."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._note
        parser.StartDoctypeDeclHandler = _refuse_dtd
        try:
            for block in blocks:
                parser.Parse(block, False)
                yield from self._found
                self._found = []
            parser.Parse("", True)
        except expat.ExpatError as error:
            raise UnreadableFile(
                f"The XML of the file is damaged at line {error.lineno:,}.",
                mend="Export it again, as JSON if you can: names with spaces break XML.",
                code="bad_xml",
            ) from None
        yield from self._found

    def _begin(self, tag: str, _: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise UnreadableFile(
                "The XML of the file is nested too deeply.", mend="Export it as JSON.", code="too_deep"
            )
        self._open.append(_Element(tag))

    def _note(self, text: str) -> None:
        if self._open:
            self._open[-1].text.append(text)

    def _end(self, _: str) -> None:
        path = tuple(element.tag for element in self._open)
        done = self._open.pop()
        if path == self._wanted:
            self._found.append(done.value())
        elif self._open:
            self._open[-1].add(done.tag, done.value())
        else:
            self.around = {done.tag: done.value()}


def _refuse_dtd(*_: object) -> None:
    raise UnreadableFile(
        "The XML file defines entities of its own, which no export does.",
        mend="Export it again, as JSON if you can.",
        code="dtd",
    )
