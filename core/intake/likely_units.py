"""In which unit a column is: as its name says, or as its values look."""

from core.intake.column_looks import NUMBER, Look
from core.intake.header_words import UNITS, bare, words_of

_AN_ANSWER_TAKES, _A_DAY = 50, 86_400_000
"""In milliseconds: less than the first is no time for an answer, the second is too much."""

_MILLISECONDS = frozenset(
    ("ms", "msec", "millis", "milliseconds", "millisekunden", "millisecondes", "milisegundos")
)


def other_unit_of(header: str, name: str) -> tuple[str, str] | None:
    """(the unit that the header says, that of the canonical column ``name``), where they differ."""
    unit, others = UNITS.get(name, ("", frozenset()))
    said = ({bare(word) for word in words_of(header)} | ({"€", "£"} & set(header))) & others
    return (min(said), unit) if said else None


def likely_unit(header: str, look: Look) -> tuple[str, str] | None:
    """What a latency seems to be in another unit, and why; None where its name or its values say that it is
    in milliseconds."""
    if _MILLISECONDS & {bare(word) for word in words_of(header)}:
        return None
    numbers = sorted(abs(float(cell.replace(",", "."))) for cell in look.cells if NUMBER.fullmatch(cell))
    middle = numbers[len(numbers) // 2] if numbers else _AN_ANSWER_TAKES
    fits = "The name fits latency_ms, but"
    if middle < _AN_ANSWER_TAKES:
        return "latency_s", f"{fits} the values look like seconds. If they are milliseconds, say so."
    if middle >= _A_DAY:
        return "latency_ns", f"{fits} these would be days. They look like nanoseconds: please check."
    return None
