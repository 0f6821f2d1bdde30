"""A chunk read ahead of its turn: typed in full where that needs nothing that other rows decide.

Whatever raises a question, tells a notice or finds a fault is left to its turn, in which the chunk is read
anew: so the order in which a file is understood stays that of its rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.evidence.column import Column
from core.evidence.columns import Kind
from core.intake.answers import Answers
from core.intake.cells import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.drafts import draft
from core.intake.job import Limits
from core.intake.kinds import RowRules
from core.intake.mapping import ColumnMapping
from core.intake.passing import PassRules
from core.intake.personal_texts import rows_holding
from core.intake.tables import Chunk
from core.intake.typed_rows import TypedRows, typed_rows

KIND = Kind.TRACES
"""The only kind whose rows say nothing about each other but by their keys."""


@dataclass(frozen=True)
class Terms:
    """All that the cells of a chunk are read by: ``columns`` are the canonical ones of its headers;
    ``looks_for_personal``: whether its texts are searched for personal data."""

    answers: Answers
    limits: Limits
    delimiter: str
    from_memory: frozenset[str]
    epoch_units: Mapping[str, str]
    columns: Mapping[str, Column]
    looks_for_personal: bool

    @classmethod
    def of(cls, reading: Reading, columns: Mapping[str, Column], *, looks_for_personal: bool) -> "Terms":
        return cls(
            reading.answers,
            reading.limits,
            reading.delimiter,
            reading.from_memory,
            dict(reading.epoch_units),
            columns,
            looks_for_personal,
        )

    def reading(self) -> Reading:
        """A reading of its own, in which nothing has come up yet."""
        return Reading(
            self.answers,
            self.limits,
            Doubts(),
            Notices(),
            delimiter=self.delimiter,
            epoch_units=dict(self.epoch_units),
            from_memory=self.from_memory,
        )


@dataclass(frozen=True)
class ReadAhead:
    """``rows`` are those of a chunk as it is read under ``terms``; other terms may make others of it."""

    terms: Terms
    rows: TypedRows


def read_ahead(chunk: Chunk, terms: Terms) -> TypedRows | None:
    """All rows of ``chunk``; None where it has to wait for its turn."""
    reading = terms.reading()
    mapping = ColumnMapping(KIND, columns=dict(terms.columns))
    rules = RowRules(KIND, Path(), PassRules(reading))
    drafted = draft(chunk, mapping, reading)
    rules.settle(drafted)
    told = reading.doubts.open or reading.notices.listed() or reading.epoch_units != terms.epoch_units
    if told or drafted.faults or not drafted.count:
        return None
    typed = typed_rows(drafted, np.arange(drafted.count), mapping, rules)
    return replace(typed, personal=rows_holding(typed.table) if terms.looks_for_personal else {})
