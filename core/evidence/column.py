"""One canonical column: what its cells are, their limits, and the other names that files give it."""

from dataclasses import dataclass
from enum import StrEnum


class CellType(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    TIME = "time"  # an instant, stored in UTC with microseconds
    NUMBER = "number"  # a finite 64-bit float
    INTEGER = "integer"  # a 64-bit integer
    BOOLEAN = "boolean"
    TEXT_LIST = "text list"
    JSON = "json"  # kept as canonical JSON text


@dataclass(frozen=True)
class Column:
    """One canonical column.

    ``low`` and ``high`` are inclusive limits in the column's own unit; ``choices`` maps every
    accepted word (lower case) to the stored one; ``spellings`` are other header names, already
    folded by :func:`fold`.
    """

    name: str
    type: CellType
    meaning: str
    spellings: tuple[str, ...] = ()
    required: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    is_identifier: bool = False

    @property
    def can_slice(self) -> bool:
        """Whether its values name parts of the evidence: words do, numbers, times and lists do not."""
        return self.type in (CellType.TEXT, CellType.BOOLEAN)


def fold(header: str) -> str:
    """``header`` without case, spaces and punctuation: "Run ID", "run_id" and "RUN-ID" agree."""
    return "".join(character for character in header.casefold() if character.isalnum())


def text(name: str, meaning: str, *spellings: str) -> Column:
    """A column of free text."""
    return Column(name, CellType.TEXT, meaning, spellings)


def amount(name: str, meaning: str, *spellings: str) -> Column:
    """A number from 0 on."""
    return Column(name, CellType.NUMBER, meaning, spellings, low=0)


def count(name: str, meaning: str, *spellings: str) -> Column:
    """A whole number from 0 on."""
    return Column(name, CellType.INTEGER, meaning, spellings, low=0)


def flag(name: str, meaning: str, *spellings: str) -> Column:
    """A yes or a no."""
    return Column(name, CellType.BOOLEAN, meaning, spellings)


def texts(name: str, meaning: str, *spellings: str) -> Column:
    """A list of texts."""
    return Column(name, CellType.TEXT_LIST, meaning, spellings)


def identifier(name: str, meaning: str, *spellings: str) -> Column:
    """The id that a row cannot do without."""
    return Column(name, CellType.TEXT, meaning, spellings, required=True, is_identifier=True)
