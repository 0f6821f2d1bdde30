"""The rows of a Langfuse export in canonical columns: what its kinds of export have in common, and each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.evidence.columns import Kind
from core.evidence.fingerprints import key_of
from core.intake.cell_terms import Fault
from core.intake.sources.epochs import instant_of
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import camel
from core.intake.sources.langfuse_scores import (
    column_scores,
    no_run_in,
    reaction_in,
    rows_of_columns,
    score_row,
)
from core.intake.sources.langfuse_spans import is_first, span_row
from core.intake.sources.langfuse_traces import facts_beside, scores_json, trace_row
from core.intake.sources.newest_versions import NewestVersions
from core.intake.sources.source import Context, Taken
from core.intake.tables import Chunk

_CUT_END = "...[truncated]"
_WITH_TEXTS = ("input", "output", "metadata", "observations", "trace")


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
        self._cut = 0

    def tell(self) -> None:
        if self._cut:
            sentence = (
                "Cells in which Langfuse cut a long text (“…[truncated]”): {count}. Their words are shown so;"
                " documents and tools that stood behind the cut are missing. The blob export holds all of it."
            )
            self._notices.add("cut_texts", sentence, self._cut)

    def take(self, chunk: Chunk) -> Taken:
        """The rows of ``chunk`` in canonical columns, and the steps and scores inside them."""
        names = [self._field(header) for header in chunk.cells]
        for name, column in zip(names, chunk.cells.values(), strict=True):
            if name in _WITH_TEXTS:
                self._cut += sum(_CUT_END in cell for cell in column if cell)
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
    """One row is one step; the columns after the fixed ones are scores of the step.

    Where a file states a step several times (windows of exports overlap), the row with the newest
    ``updatedAt`` counts and the older ones are skipped. A newer row that comes thousands of rows later is
    refused instead, with the row it differs from. Over several uploads the newest upload counts, as for
    all evidence.
    """

    def __init__(self, shape: Shape, samples: Mapping[str, str], context: Context) -> None:
        super().__init__(shape, samples, context)
        self._versions = NewestVersions()
        self._old_rows: set[int] = set()
        self._scored: set[int] = set()

    def take(self, chunk: Chunk) -> Taken:
        self._old_rows = self._older_versions(chunk)
        return super().take(chunk)

    def _row(self, number: int, fields: Fields) -> Row | None:
        if number in self._old_rows:
            sentence = "Older versions of steps that the file has in a newer version, left out: {count}."
            self._notices.add("older_versions", sentence)
            return None
        row = span_row(fields, self._context.facts)
        if is_first(fields):
            for place in ("tags", "metadata"):
                facts = self._context.facts.found(place, fields.get(place))
                stated = {name for name, cell in row.items() if cell is not None and name != "route"}
                fresh = {name: cell for name, cell in facts.items() if name not in stated}
                self._found(place, fresh)
                row |= fresh
        scores = self._scores(fields)
        for score in rows_of_columns(fields, scores, self._feedback) if scores else ():
            if self._is_first(score):
                self._add(Kind.SCORES, number, score)
        return row

    def _is_first(self, score: Row) -> bool:
        """The events export repeats the scores of a trace on each of its rows: the first one counts."""
        if score["span_id"] is not None:
            return True
        key = key_of(score["run_id"] or "", score["score_id"] or "")
        if key in self._scored:
            return False
        self._scored.add(key)
        return True

    def _older_versions(self, chunk: Chunk) -> set[int]:
        """The rows of ``chunk`` of which the file holds, so far, a newer version."""
        cells = {self._field(header): column for header, column in chunk.cells.items()}
        missing: list[str | None] = [None] * len(chunk.rows)
        columns = (cells.get(name, missing) for name in ("traceId", "id", "updatedAt"))
        stated = (
            (key_of(run or "", step) if step else None, instant_of(version))
            for run, step, version in zip(*columns, strict=True)
        )
        return self._versions.older(chunk.rows, stated)


class TracesExport(Export):
    """One row is one trace; the columns after the fixed ones are its scores."""

    def __init__(self, shape: Shape, samples: Mapping[str, str], context: Context) -> None:
        super().__init__(shape, samples, context)
        self._has_steps = "latency" in samples or "observations" in samples

    def tell(self) -> None:
        super().tell()
        if self._by_page:
            self._notices.add(
                "filters_ignored",
                "Langfuse's traces export leaves aside filters on level, tokens, cost, latency and comments:"
                " the file may hold more traces than its page showed.",
            )
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
        for name, facts in facts_beside(fields, self._context.facts):
            fresh = {column: cell for column, cell in facts.items() if not _is_stated(row, column)}
            row |= fresh
            self._found(name, fresh)
        return row


def _is_stated(row: Row, column: str) -> bool:
    """Whether the export itself says it better than the metadata: its own release is the release."""
    return column == "release_bundle" and row.get(column) is not None
