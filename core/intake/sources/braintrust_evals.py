"""Braintrust's experiments -> eval results, and its datasets -> test cases."""

import re
from collections.abc import Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.sources.braintrust_spans import cost_of, is_comment, is_root, metrics_of, started_at, took
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.error_texts import message_of
from core.intake.sources.eval_rows import (
    ERRORED,
    case_facts,
    case_id_in,
    metrics_cell,
    result_facts,
    score_of,
    unscored,
)
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import (
    json_list,
    number_of,
    number_text,
    object_of,
    text_of,
    texts_in,
    word_of,
)
from core.intake.sources.source import Context

_NAMED = re.compile(r"\[experiment_name=(.+)\]")

_STEPS = (
    "Steps inside the cases, left out: {count}. Tokens and cost stand on them, so those of the cases are not"
    " known."
)
_COMMENTS = "Rows that only hold a comment, left out: {count}."
_SKIPPED = "Scores that were skipped (null), not counted: {count}."
_WITH_SCORERS = (
    "The latency of a case is that of its whole trace; where scorers ran inside it, their time is part of it."
)

BECAME = {
    "experiment_id": "eval_run_id",
    "experiment_name": "release_bundle",
    "metadata": "case_id, release_bundle, error",
    "origin": "case_id, suite_version",
    "created": "started_at",
    "metrics": "latency_ms, tokens, cost_usd",
    "input": "query",
    "output": "response",
    "scores": "metrics",
    "error": "error",
    "root_span_id": "source_trace",
}
"""What each field of an experiment becomes."""

CASE_BECAME = {
    "id": "case_id",
    "metadata": "case_id",
    "dataset_id": "suite",
    "input": "query",
    "expected": "ground_truth",
    "tags": "tags",
}
"""What each field of a dataset becomes."""


class ExperimentExport(ToolExport):
    """One file of an experiment: its first steps are the cases, what ran inside them is left out."""

    name = "braintrust"

    def __init__(self, words: str, context: Context, *, is_local: bool) -> None:
        super().__init__(Kind.EVALS, f"This is a Braintrust {words}.", BECAME, context)
        self._is_local = is_local
        self._scored: dict[str, int] = {}
        self._worked = 0
        self._has_latency = False

    def tell(self) -> None:
        if self._has_latency:
            self._notices.add("latency_with_scorers", _WITH_SCORERS)
        for sentence in unscored(self._scored, self._worked):
            self._notices.add("unscored", sentence)

    def _row(self, number: int, fields: Fields) -> Row | None:
        if not self._is_local:
            if is_comment(fields):
                self._notices.add("comments", _COMMENTS)
                return None
            if not is_root(fields):
                self._notices.add("inner_steps", _STEPS)
                return None
        metadata, origin = object_of(fields.get("metadata")), object_of(fields.get("origin"))
        query = question_in(fields.get("input"))
        of_dataset = text_of(origin.get("object_type")) == "dataset"
        row: Row = {
            "eval_run_id": text_of(fields.get("experiment_id")),
            "case_id": case_id_in(
                metadata.get("case_id"), origin.get("id") if of_dataset else None, query=query
            ),
            "suite_version": text_of(origin.get("object_id")) if of_dataset else None,
            "release_bundle": _experiment(fields),
            "started_at": started_at(fields),
            "query": query,
            "response": answer_in(fields.get("output")),
            "tool_selected": word_of(metadata.get("tool_selected")),
            "latency_ms": self._latency(fields),
            "tokens": number_text(number_of(metrics_of(fields).get("tokens")) or None),
            "cost_usd": number_text(cost_of(fields)),
            "judge": ", ".join(object_of(fields.get("scores"))) or None,
            "source_trace": text_of(fields.get("root_span_id")),
        }
        row |= result_facts(self._context.facts, "metadata", _without_errors(metadata))
        metrics = self._metrics(fields, metadata)
        row["metrics"] = metrics_cell(metrics)
        return row | _error(fields, metadata, has_scores=bool(metrics))

    def _latency(self, fields: Fields) -> str | None:
        taken = took(fields)
        self._has_latency = self._has_latency or taken is not None
        return number_text(taken)

    def _metrics(self, fields: Fields, metadata: Mapping[str, Any]) -> dict[str, float]:
        """The scores of a case by name; what is said of an answer that was never given does not count."""
        scores = object_of(fields.get("scores"))
        found = {name: score for name, one in scores.items() if name and (score := score_of(one)) is not None}
        skipped = sum(one is None for one in scores.values())
        if skipped:
            self._notices.add("skipped_scores", _SKIPPED, skipped)
        if text_of(fields.get("error")) is not None:
            if found:
                self._notices.add("errored_scores", ERRORED)
            return {}
        self._worked += 1
        for name in dict.fromkeys([*scores, *object_of(metadata.get("scorer_errors"))]):
            self._scored[name] = self._scored.get(name, 0) + (name in found)
        return found


class DatasetExport(ToolExport):
    """One file of a dataset: one row is one test case."""

    name = "braintrust"

    def __init__(self, context: Context) -> None:
        words = "export of a dataset: its rows have a dataset_id, an input and an expected answer"
        super().__init__(Kind.CASES, f"This is a Braintrust {words}.", CASE_BECAME, context)

    def _row(self, number: int, fields: Fields) -> Row:
        metadata, expected = object_of(fields.get("metadata")), fields.get("expected")
        query = question_in(fields.get("input"))
        row: Row = {
            "case_id": case_id_in(metadata.get("case_id"), fields.get("id"), query=query),
            "suite": text_of(fields.get("dataset_id")),
            "query": query,
            "ground_truth": answer_in(expected),
            "tags": json_list(texts_in(fields.get("tags"))),
        }
        facts = self._context.facts
        for place, stated in (("expected", _tools_only(object_of(expected))), ("metadata", metadata)):
            found = case_facts(facts, place, stated)
            row |= {name: cell for name, cell in found.items() if cell is not None}
        return row


def _experiment(fields: Fields) -> str | None:
    """The name of the experiment, which says what was tested; local runs write it into brackets."""
    name = text_of(fields.get("experiment_name"))
    inner = _NAMED.search(name) if name else None
    return inner[1] if inner else name


def _error(fields: Fields, metadata: Mapping[str, Any], *, has_scores: bool) -> Row:
    """Why the row says nothing about the feature: its task failed, or each of its scorers did.

    Where one scorer of several failed the others still count: the case would else be left out of rules on
    scores that it has.
    """
    error = message_of(fields.get("error"))
    if error is not None:
        return {"error": error, "error_kind": "run"}
    faults = {} if has_scores else object_of(metadata.get("scorer_errors"))
    told = [f"{name}: {message_of(fault) or 'failed'}" for name, fault in faults.items()]
    return {"error": "; ".join(told), "error_kind": "judge"} if told else {}


def _without_errors(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metadata.items() if name != "scorer_errors"}


def _tools_only(expected: Mapping[str, Any]) -> dict[str, Any]:
    """Of an expected answer only the tools are facts about the case."""
    return {name: value for name, value in expected.items() if "tool" in name.casefold()}
