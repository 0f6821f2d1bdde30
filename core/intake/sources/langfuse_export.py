"""The rows of a Langfuse export in canonical columns: what its kinds of export have in common, and each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.evidence.columns import Kind
from core.intake.cells import Fault
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import camel
from core.intake.sources.langfuse_scores import (
    column_scores,
    no_run_in,
    reaction_in,
    rows_of_columns,
    score_row,
)
from core.intake.sources.langfuse_spans import span_row
from core.intake.sources.langfuse_traces import facts_beside, scores_json, trace_row
from core.intake.sources.source import Context, Taken
from core.intake.tables import Chunk


@dataclass(frozen=True)
class Shape:
    """One kind of export: ``words`` say what it is and how it was told, ``signs`` are the columns that
    tell it, ``became`` says what each column becomes.

    ``fixed`` are all columns that the export of Langfuse's own pages may have: any other is a score.
    """

    kind: Kind
    words: str
    signs: frozenset[str]
    became: Mapping[str, str]
    fixed: frozenset[str] = frozenset()


class Export(ToolExport):
    """One file from Langfuse while its chunks pass."""

    name = "langfuse"

    def __init__(self, shape: Shape, samples: Mapping[str, str], context: Context) -> None:
        super().__init__(shape.kind, f"This is a Langfuse {shape.words}.", shape.became, context)
        self._shape = shape
        # Only the pages of Langfuse write these names, and only their exports have columns of scores.
        self._by_page = bool(shape.fixed) and shape.signs <= set(samples)
        self._score_names: list[str] = []

    def take(self, chunk: Chunk) -> Taken:
        """The rows of ``chunk`` in canonical columns, and the steps and scores inside them."""
        names = [self._field(header) for header in chunk.cells]
        # Any column that no export of this kind has by itself is a score.
        self._score_names = [name for name in names if self._by_page and name not in self._shape.fixed]
        return super().take(chunk)

    def _scores(self, fields: Fields) -> Mapping[str, list[float | str]]:
        """The scores in the columns of a row."""
        stated = {name: fields[name] for name in self._score_names if fields[name]}
        found = column_scores(stated, self._feedback) if stated else {}
        for name in found:
            self._found(name, ["scores"])
        return found

    def _field(self, header: str) -> str:
        return header if self._by_page else camel(header)


class ScoresExport(Export):
    """One row is one score."""

    def _row(self, number: int, fields: Fields) -> Row:
        return score_row(fields, self._feedback)

    def _fault(self, fields: Fields) -> Fault | None:
        return no_run_in(fields)


class ObservationsExport(Export):
    """One row is one step; the columns after the fixed ones are scores of the step."""

    def _row(self, number: int, fields: Fields) -> Row:
        scores = self._scores(fields)
        for score in rows_of_columns(fields, scores, self._feedback) if scores else ():
            self._add(Kind.SCORES, number, score)
        return span_row(fields)


class TracesExport(Export):
    """One row is one trace; the columns after the fixed ones are its scores."""

    def __init__(self, shape: Shape, samples: Mapping[str, str], context: Context) -> None:
        super().__init__(shape, samples, context)
        self._has_steps = "latency" in samples or "observations" in samples
        self._odd: dict[str, int] = {}

    def tell(self) -> None:
        for column, count in self._odd.items():
            sentence = f"Values in the metadata that cannot be {column}, left out: {{count}}."
            self._notices.add("metadata_values", sentence, count)
        if not self._has_steps:
            sentence = (
                "A traces export of Langfuse has no latency, tokens, cost, tools or errors. Upload its"
                " observations export too; the two are joined by trace."
            )
            self._notices.add("no_steps", sentence)

    def _row(self, number: int, fields: Fields) -> Row:
        row = self._trace(fields)
        scores = self._scores(fields)
        if scores:
            row["scores"] = json.dumps(scores_json(scores), ensure_ascii=False)
            row["user_feedback"] = reaction_in(scores, self._feedback)
            rule = self._feedback.rule
            if rule is not None and rule.score in scores:
                self._found(rule.score, ["user_feedback"])
        return row

    def _trace(self, fields: Fields) -> Row:
        """The trace with what its team wrote into input, output and metadata."""
        row = trace_row(fields)
        for name, facts in facts_beside(fields, self._note_odd):
            fresh = {column: cell for column, cell in facts.items() if not _is_stated(row, column)}
            row |= fresh
            self._found(name, fresh)
        return row

    def _note_odd(self, column: str) -> None:
        self._odd[column] = self._odd.get(column, 0) + 1


def _is_stated(row: Row, column: str) -> bool:
    """Whether the export itself says it better than the metadata: its own release is the release."""
    return column == "release_bundle" and row.get(column) is not None
