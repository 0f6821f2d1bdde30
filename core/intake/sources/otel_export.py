"""What all exports of spans have in common, whoever wrote them: steps, their scores, and what is missing."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from core.evidence.columns import COLUMNS, Kind
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.otel_scores import scores_of
from core.intake.sources.otel_steps import LLM, Step, step_row
from core.intake.sources.source import Context

_STEP_COLUMNS = frozenset(column.name for column in COLUMNS[Kind.SPANS])
_BY_NAME = (
    "run_id",
    "span_id",
    "parent_id",
    "name",
    "route",
    "started_at",
    "ended_at",
    "error",
    "release_bundle",
)
"""Columns that stand in fields of their own, beside the attributes."""

_NO_WORDS = (
    "The model calls hold no questions and no answers, only models, tokens, times and errors: no content was"
    " captured, as is usual by default. Ask your engineers to switch it on"
    " (OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT) and export again."
)
_ROOTS_ONLY = (
    "Every run has one step only, and none is a model call. If only the first steps (root spans) were"
    " exported, tools, retrieval, tokens and cost are not in this file: export all spans."
)


class SpanExport(ToolExport):
    """A file with one step in each row. ``attributes`` names the field that holds the attributes as one."""

    attributes = "attributes"

    def __init__(self, because: str, became: Mapping[str, str], context: Context) -> None:
        super().__init__(Kind.SPANS, because, became, context)
        self._rows_read = self._model_calls = self._with_words = 0
        # The runs seen, for as long as each of them may be a first step alone.
        self._runs: set[str | None] | None = set()

    def tell(self) -> None:
        if self._model_calls and not self._with_words:
            self._notices.add("no_content", _NO_WORDS)
        if self._runs is not None and len(self._runs) == self._rows_read > 1:
            self._notices.add("roots_only", _ROOTS_ONLY)

    def _row(self, number: int, fields: Fields) -> Row:
        step = self._step(fields)
        row = step_row(step, self._facts)
        for score in (*scores_of(step, self._feedback), *self._scores_beside(step, fields)):
            self._add(Kind.SCORES, number, score)
        self._note(row)
        return row

    @abstractmethod
    def _step(self, fields: Fields) -> Step:
        """What the file states of one step."""

    def _scores_beside(self, step: Step, fields: Fields) -> list[Row]:
        """Scores in other fields than the attributes."""
        return []

    def _facts(self, place: str, stated: Any) -> Mapping[str, str]:
        return self._context.facts.found(place, stated)

    def _note(self, row: Row) -> None:
        self._rows_read += 1
        is_model_call = row.get("span_kind") == LLM
        self._model_calls += is_model_call
        self._with_words += any(row.get(name) for name in ("input", "output", "tools_called"))
        if is_model_call or row.get("parent_id") is not None:
            self._runs = None
        elif self._runs is not None:
            self._runs.add(row.get("run_id"))
        filled = _STEP_COLUMNS.intersection(name for name, cell in row.items() if cell is not None)
        self._found(self.attributes, filled.difference(_BY_NAME))
