"""What a source is: it knows a tool's export and gives its rows canonical columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.evidence.columns import Kind
from core.intake.doubts import Notices
from core.intake.feedback import Feedback
from core.intake.sources.run_facts import Facts
from core.intake.tables import Chunk


@dataclass(frozen=True)
class Context:
    """What the sources of one file share with the rest of its reading."""

    feedback: Feedback
    facts: Facts
    notices: Notices


@dataclass(frozen=True)
class Head:
    """What a source is recognised by: every header with one of its cells, the ``layout`` that the file
    was opened with ("" for a plain table) and what the user calls the file."""

    samples: Mapping[str, str]
    layout: str
    file_name: str

    def has(self, *headers: str) -> bool:
        """Whether the file has all of these columns."""
        return self.samples.keys() >= set(headers)


@dataclass
class Taken:
    """A chunk under canonical names, at most one row for each of the file's, and the rows of other kinds
    that were found inside them; ``parts`` give the row of the file that each came from.

    Rows of the file that are missing in ``chunk`` count as skipped: the source tells why in a notice.
    """

    chunk: Chunk
    parts: Mapping[Kind, Chunk] = field(default_factory=dict)


class Source(Protocol):
    """One recognised export: ``kind`` is what its rows are, ``because`` says how it was recognised, in one
    sentence that names the tool. No other source of the same ``name`` has rows of the same kind.
    ``scored_elsewhere``: its eval results have no scores, since those stand in another export."""

    name: str
    kind: Kind
    because: str
    scored_elsewhere: bool

    def take(self, chunk: Chunk) -> Taken: ...

    def became(self, header: str) -> str:
        """The canonical names that a column of the file became, with commas; "" for none."""
        ...

    def tell(self) -> None:
        """At the end of the file: the notices about what was found."""
        ...


@dataclass
class Rows:
    """Canonical rows being collected, with the rows of the file they came from."""

    numbers: list[int] = field(default_factory=list)
    cells: list[Mapping[str, str | None]] = field(default_factory=list)

    def add(self, number: int, row: Mapping[str, str | None]) -> None:
        self.numbers.append(number)
        self.cells.append(row)

    def chunk(self, *always: str) -> Chunk:
        """The rows as a chunk; a column stands in it once any row has it, and ``always`` those named."""
        names = dict.fromkeys([*always, *(name for row in self.cells for name in row)])
        return Chunk(self.numbers, {name: [row.get(name) for row in self.cells] for name in names})
