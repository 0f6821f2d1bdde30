"""Braintrust's logs: one row is one step; the scores on it are found inside."""

import re
from itertools import chain

from core.evidence.columns import COLUMNS, Kind
from core.evidence.fingerprints import key_of
from core.intake.sources.beside_words import facts_beside_words
from core.intake.sources.braintrust_scores import correction_in, has_feedback, score_rows
from core.intake.sources.braintrust_spans import BECAME, is_comment, is_of_scorer, is_root, span_row
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import object_of, text_of
from core.intake.sources.newest_versions import NewestVersions
from core.intake.sources.source import Context, Taken
from core.intake.sources.who_asked import conversation_in, user_in
from core.intake.tables import Chunk

_OF_STEP = frozenset(column.name for column in COLUMNS[Kind.SPANS])

_COMMENTS = "Rows that only hold a comment on a step, left out: {count}."
_SCORERS = "Steps of automatic scorers, which are no part of the feature, left out: {count}."
_OLDER = "Older versions of steps that the file holds more than once, left out: {count}."
_ROOTS_ONLY = (
    "Every row is the first step of its trace. In an export of “Logs (traces)” the steps inside are missing,"
    " so tools, documents and most tokens are not in this file: export “Logs (spans)” as well."
)
_WHOSE = (
    "Rows with an expected answer that, as far as the file says, no user gave, so that they do not count as"
    " edited: {count}."
)


class LogsExport(ToolExport):
    """One file of log events while its chunks pass."""

    name = "braintrust"

    def __init__(self, context: Context) -> None:
        words = "export of logs: it has the columns span_id and root_span_id"
        super().__init__(Kind.SPANS, f"This is a Braintrust {words}.", BECAME, context)
        self._roots = self._inner = 0
        self._versions = NewestVersions()
        self._old_rows: set[int] = set()

    def take(self, chunk: Chunk) -> Taken:
        """The rows of ``chunk`` in canonical columns; of several versions of one step the newest."""
        self._old_rows = self._older_versions(chunk)
        return super().take(chunk)

    def tell(self) -> None:
        if self._roots and not self._inner:
            self._notices.add("roots_only", _ROOTS_ONLY)

    def _row(self, number: int, fields: Fields) -> Row | None:
        if is_comment(fields):
            self._notices.add("comments", _COMMENTS)
            return None
        if is_of_scorer(fields):
            self._notices.add("scorers", _SCORERS)
            return None
        if number in self._old_rows:
            self._notices.add("older_versions", _OLDER)
            return None
        first = is_root(fields)
        self._roots += first
        self._inner += not first
        row = span_row(fields)
        if first:
            row |= self._of_run(fields)
            if text_of(fields.get("expected")) and not has_feedback(fields) and not correction_in(fields):
                self._notices.add("expected_by_whom", _WHOSE)
        for score in score_rows(fields, self._feedback):
            self._add(Kind.SCORES, number, score)
        return row

    def _of_run(self, fields: Fields) -> Row:
        """What a team wrote beside the first step, which holds for the whole run."""
        metadata = object_of(fields.get("metadata"))
        row: Row = {
            "user_id": user_in(metadata),
            "session_id": conversation_in(metadata),
            "route": text_of(object_of(fields.get("span_attributes")).get("name")),
        }
        facts_of = self._context.facts
        beside = facts_beside_words(
            facts_of, ("input", fields.get("input")), ("output", fields.get("output"))
        )
        written = ((place, facts_of.found(place, fields.get(place))) for place in ("tags", "metadata"))
        for place, facts in chain(beside, written):
            fresh = {name: cell for name, cell in facts.items() if name in _OF_STEP}
            row |= fresh
            self._found(place, fresh)
        return row

    def _older_versions(self, chunk: Chunk) -> set[int]:
        """The rows of ``chunk`` of which the file holds, so far, a newer version."""
        missing: list[str | None] = [None] * len(chunk.rows)
        columns = (chunk.cells.get(name, missing) for name in ("root_span_id", "span_id", "_xact_id"))
        stated = (
            (key_of(run, step) if run and step else None, _version(transaction))
            for run, step, transaction in zip(*columns, strict=True)
        )
        return self._versions.older(chunk.rows, stated)


def _version(transaction: str | None) -> int | None:
    """Braintrust numbers its transactions; a later one has the higher number."""
    return int(transaction) if transaction and re.fullmatch(r"[0-9]{1,30}", transaction) else None
