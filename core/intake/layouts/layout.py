"""What a layout is: it knows where the rows of one tool's document are, and gives them as records."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.errors import UnreadableFile
from core.intake.cell_terms import Reading
from core.intake.formats import Sniffed
from core.intake.json_rows import JsonStream
from core.intake.json_values import lenient
from core.intake.peek import Peek
from core.intake.report import shown
from core.intake.tables import Refusal, TextSource

WHOLE_BYTES = 64 * 2**20
"""The largest document that is read as one; larger ones have to be streamed."""

Record = tuple[int, Mapping[str, Any]] | Refusal
Records = Iterator[Record]
"""Each row with its number, as a person would count it in the file, and its fields; values are those of
JSON. A row that cannot be used is given as its refusal, so that it is accounted for."""


@dataclass(frozen=True)
class Layout:
    """``name`` is also what sources ask for; ``fits`` sees the beginning of the file only."""

    name: str
    fits: Callable[[Peek], bool]
    records: Callable[["Opened"], Records]


class Opened:
    """A file whose layout is known, being read; ``share`` is how much of it has been read."""

    def __init__(self, path: Path, file_name: str, sniffed: Sniffed, reading: Reading) -> None:
        self.path = path
        self.file_name = file_name
        self.sniffed = sniffed
        self.reading = reading
        self._source: TextSource | None = None

    @property
    def share(self) -> float:
        return 0.0 if self._source is None else self._source.share

    def close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    def source(self) -> TextSource:
        """The text of the file from its beginning, line by line or in blocks."""
        self.close()
        self._source = TextSource(self.path, self.sniffed.encoding, self.reading.limits)
        return self._source

    def json(self) -> JsonStream:
        """The JSON values of the file from its beginning."""
        return JsonStream(self.source(), self.reading.limits)

    def text(self) -> str:
        """The whole text. Raises UnreadableFile where it is larger than WHOLE_BYTES."""
        self._refuse_large()
        source = self.source()
        return "".join(iter(lambda: source.block(2**20), ""))

    def whole(self) -> Any:
        """The one JSON value of the file, read as :func:`core.intake.json_values.lenient` does."""
        try:
            return lenient(self.text())
        except (json.JSONDecodeError, RecursionError):
            raise UnreadableFile(
                "The JSON of the file breaks off or is damaged.", mend="Export it again.", code="bad_json"
            ) from None

    def _refuse_large(self) -> None:
        if self.path.stat().st_size > WHOLE_BYTES:
            raise UnreadableFile(
                f"This kind of file can be read up to {WHOLE_BYTES // 2**20} MB.",
                mend="Export fewer rows at a time.",
                code="too_big",
            )


def value_or_none(raw: str) -> Any:
    """The JSON value of ``raw``; None where nothing can be made of it."""
    try:
        return lenient(raw)
    except (ValueError, RecursionError):
        return None


def as_record(number: int, raw: str, around: Mapping[str, Any] = MappingProxyType({})) -> Record:
    """The JSON object ``raw`` as a record, with what stands ``around`` it where it does not say it itself;
    its refusal where it is no object."""
    found = value_or_none(raw)
    if isinstance(found, dict):
        return number, {**around, **found}
    if found is None and raw.strip() != "null":
        return refused(number, raw, "The JSON is damaged.", code="bad_json")
    return refused(number, raw)


def refused(
    number: int,
    raw: str,
    reason: str = "This is no JSON object.",
    fix: str = "Leave it out, or export again.",
    code: str = "not_an_object",
) -> Refusal:
    """A row that is none, as it stands in the file."""
    text = raw.strip()
    return Refusal(number, None, shown(text), reason, fix, code, {"row as text": text})
