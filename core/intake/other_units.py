"""Numbers in another unit than that of their canonical column: a person says so, and they are converted."""

from dataclasses import dataclass

from core.evidence.columns import COLUMNS, Kind
from core.intake.converted import Converted

_DIGITS = 6
"""More digits behind the point than that come from the conversion, not from the file."""


@dataclass(frozen=True)
class OtherUnit:
    """The choice ``name`` of the mapping step: the column ``of`` in ``unit``, multiplied by ``factor``."""

    name: str
    of: str
    factor: float
    unit: str

    @property
    def meaning(self) -> str:
        return f"How long the answer took, in {self.unit}; stored as {self.of}."


_ALL = (
    OtherUnit("latency_s", "latency_ms", 1e3, "seconds"),
    OtherUnit("latency_us", "latency_ms", 1e-3, "microseconds"),
    OtherUnit("latency_ns", "latency_ms", 1e-6, "nanoseconds"),
)
BY_NAME = {one.name: one for one in _ALL}


def column_name(chosen: str) -> str:
    """The canonical column that the answer ``chosen`` fills."""
    return BY_NAME[chosen].of if chosen in BY_NAME else chosen


def other_units(kind: Kind, name: str) -> tuple[OtherUnit, ...]:
    """The other units in which a file may hold the canonical column ``name`` of ``kind``."""
    return tuple(one for one in _ALL if one.of == name and any(name == c.name for c in COLUMNS[kind]))


def choices(kind: Kind) -> frozenset[str]:
    """What the user may say that a column of ``kind`` is: canonical columns, and some in other units."""
    names = [column.name for column in COLUMNS[kind]]
    return frozenset(names).union(*({one.name for one in other_units(kind, name)} for name in names))


def in_own_unit(column: Converted, unit: OtherUnit) -> Converted:
    """The numbers of ``column``, which are in ``unit``, in the unit of the canonical column."""
    values = [None if value is None else round(value * unit.factor, _DIGITS) for value in column.values]
    return Converted(values, [None if value is None else repr(value) for value in values], column.faults)
