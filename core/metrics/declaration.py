"""What a metric is, as data: readings (which rows count, which of them pass), units, shapes.

A reading says how one source answers a metric: which rows are eligible, which of them pass, and
which could not be judged. These are plain SQL conditions over the canonical columns (ANSI but for a
few list functions, which every engine has under some name), so that the
same declaration runs wherever the evidence lies (ADR 0006). They are constants of the program and
never hold anything a user typed; the only placeholder is ``$bar``.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import InvalidDocument
from core.evidence.columns import Kind
from core.metrics.measurement import Source
from core.units import Unit


class Relation(StrEnum):
    """The evidence that a reading counts; one row each."""

    TRACES = "traces"
    LABELLED = "labelled"  # traces that a person has judged, with the judgement
    JUDGED = "judged"  # traces that an AI judge has judged
    EVALS = "evals"

    @property
    def rows(self) -> Kind:
        """The kind of evidence whose columns a row of this relation has."""
        return Kind.EVALS if self is Relation.EVALS else Kind.TRACES


class Shape(StrEnum):
    """How a metric is compared with its bar."""

    RATE = "rate"
    QUANTILE = "quantile"
    MEAN = "mean"
    NONE_IN_FIRST = "none in first"


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Reading:
    """How one source answers a metric, as conditions over canonical columns.

    ``passes`` is true or false, or of a graded metric a share from 0 to 1. Of a mean, ``value`` is what an
    eligible row adds to the sum, and the rows that pass are those that the sum is divided by. ``instead`` are
    pairs of one of ``columns`` and another that does as well. ``blank_is_no`` is the column in which a blank
    means "nothing happened", which it only does where the column is recorded at all: else it is not measured;
    ``blank_says`` are the words for what that column says. ``of_files_with``: only rows of uploads count
    that fill one of these columns in any row; there a blank is an answer.
    """

    source: Source
    relation: Relation
    columns: tuple[str, ...]
    eligible: str
    passes: str
    value: str = ""
    denominator: str = ""
    instead: tuple[tuple[str, str], ...] = ()
    blank_is_no: str = ""
    blank_says: str = ""
    of_files_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """One metric: ``sentence`` is what a PM reads, ``quantile`` is set for quantile metrics.

    Of a ``graded`` rate a row passes by a share, from 0 to 1, and the rate is their mean.
    """

    id: str
    label: str
    sentence: str
    unit: Unit
    better: Better
    shape: Shape
    readings: tuple[Reading, ...]
    noun: str = "right"
    quantile: float | None = None
    graded: bool = False

    @property
    def level(self) -> float:
        """The quantile of a quantile metric, 0 to 1; asking a rate for it is a bug."""
        if self.quantile is None:
            raise ValueError(f"{self.id} is not a quantile")
        return self.quantile

    def reading(self, source: Source) -> Reading:
        """The reading of ``source``; :class:`InvalidDocument` when the metric does not take it."""
        for reading in self.readings:
            if reading.source is source:
                return reading
        taken = ", ".join(reading.source for reading in self.readings)
        raise InvalidDocument(
            f"{self.label} cannot be measured from source “{source}”.", mend=f"Choose one of: {taken}."
        )
