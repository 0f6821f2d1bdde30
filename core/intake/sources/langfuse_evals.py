"""Langfuse's experiments and datasets: items of an experiment -> eval results, items of a dataset -> test
cases, items of a dataset run -> eval results whose answers and scores come from their traces."""

from collections.abc import Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.epochs import milliseconds_from_to
from core.intake.sources.eval_rows import (
    ERRORED,
    called,
    case_facts,
    case_id_in,
    metrics_cell,
    result_facts,
    score_of,
    tools_under,
)
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import (
    camel,
    fields_of,
    json_list,
    list_of,
    number_text,
    object_of,
    text_of,
    value_of,
)
from core.intake.sources.langfuse_spans import error_in
from core.intake.sources.source import Context, Head
from core.intake.sources.tool_calls import tools_in_messages

_ITEM_SIGNS = {"experimentItemId", "experimentId", "traceId"}
_RUN_ITEM_SIGNS = {"id", "datasetItemId", "traceId"}
_CASE_SIGNS = {"id", "datasetId", "status", "input", "expectedOutput", "metadata"}
_RUN_ITEMS = " (run items)"
_TO_UPLOAD = {"input", "expectedOutput", "metadata"}
_RIGHT_ANSWERS = ("ground_truth", "groundTruth", "expected_output", "expectedOutput")


def recognised(head: Head, context: Context) -> "EvalExport | None":
    """The export of a file with these columns; None where it is none of an experiment or a dataset."""
    names = {camel(name) for name in head.samples}
    if names >= _ITEM_SIGNS:
        return ExperimentItems(context)
    if names >= _RUN_ITEM_SIGNS and not names & {"dataType", "startTime", "input"}:
        return RunItems(context)
    if names >= _CASE_SIGNS and "traceId" not in names:
        return DatasetItems("of a Langfuse dataset: they have datasetId, status and expectedOutput", context)
    # Any tool may name columns so; only what Langfuse takes in has an object in each of them.
    if names == _TO_UPLOAD and all(object_of(cell) for cell in head.samples.values()):
        return DatasetItems("for a Langfuse dataset: they have input, expected_output and metadata", context)
    return None


class EvalExport(ToolExport):
    """One file about an experiment or a dataset while its chunks pass."""

    name = "langfuse"

    def _field(self, header: str) -> str:
        return camel(header)


class ExperimentItems(EvalExport):
    """One row is one item of one experiment. Langfuse has scores, and does not say what passed."""

    def __init__(self, context: Context) -> None:
        because = "These are items of a Langfuse experiment: they have experimentId and experimentItemId."
        super().__init__(Kind.EVALS, because, _BECAME_RESULT, context)
        self._words: dict[str, None] = {}
        self._errors = self._divided = 0

    def _row(self, number: int, fields: Fields) -> Row:
        metadata, reference = object_of(fields.get("experimentItemMetadata")), fields.get("expectedOutput")
        given, gave = value_of(fields.get("input")), value_of(fields.get("output"))
        query = question_in(given)
        facts = result_facts(self._context.facts, "experimentItemMetadata", metadata)
        self._found("experimentItemMetadata", facts)
        tools = tools_in_messages(_messages(gave))
        row: Row = {
            **_expected(reference),
            **facts,
            "eval_run_id": text_of(fields.get("experimentId")) or text_of(fields.get("experimentName")),
            "case_id": case_id_in(metadata.get("case_id"), fields.get("experimentItemId"), query=query),
            "suite_version": text_of(fields.get("experimentDatasetId")),
            "started_at": text_of(fields.get("startTime")),
            "latency_ms": number_text(milliseconds_from_to(fields.get("startTime"), fields.get("endTime"))),
            "query": query,
            "response": answer_in(gave),
            **called(tools),
            "source_trace": text_of(fields.get("traceId")),
        }
        metrics, label = self._scores(fields.get("scores"))
        error = error_in(fields)
        if error is not None:
            # A judge that graded a run which failed graded nothing.
            self._errors += bool(metrics)
            return {**row, "error": error, "error_kind": "run", "human_label": label}
        return {**row, "metrics": metrics_cell(metrics), "human_label": label}

    def _scores(self, stated: Any) -> tuple[dict[str, float], str | None]:
        """The scores by name, and what people said; where they disagree, they said nothing."""
        metrics: dict[str, float] = {}
        said = set[float]()
        for one in list_of(stated):
            score = fields_of(one) if isinstance(one, dict) else {}
            name = text_of(score.get("name"))
            value = score_of(_stated(score))
            if name is None:
                continue
            if value is None:
                self._words[name] = None
            elif text_of(score.get("source")) == "ANNOTATION" and value in (0, 1) and _is_verdict(score):
                said.add(value)
            else:
                metrics[name] = value
        self._divided += len(said) > 1
        return metrics, ("true" if said.pop() else "false") if len(said) == 1 else None

    def tell(self) -> None:
        if self._words:
            names = ", ".join(f"“{name}”" for name in list(self._words)[:10])
            self._notices.add(
                "unscored", f"Scores that are words, not numbers, and so cannot decide what passed: {names}."
            )
        if self._errors:
            self._notices.add("errored_scores", ERRORED, self._errors)
        if self._divided:
            sentence = "Results that people labelled differently, so that no label counts: {count}."
            self._notices.add("labels_disagree", sentence, self._divided)


class DatasetItems(EvalExport):
    """One row is one item of a dataset: a test case, unless it is archived."""

    def __init__(self, words: str, context: Context) -> None:
        super().__init__(Kind.CASES, f"These are items {words}.", _BECAME_CASE, context)
        self._archived = 0

    def _row(self, number: int, fields: Fields) -> Row | None:
        if text_of(fields.get("status")) == "ARCHIVED":
            self._archived += 1
            return None
        metadata, reference = object_of(fields.get("metadata")), fields.get("expectedOutput")
        query = question_in(fields.get("input"))
        facts = case_facts(self._context.facts, "metadata", metadata)
        self._found("metadata", facts)
        return {
            **_expected(reference),
            **facts,
            "case_id": case_id_in(metadata.get("case_id"), fields.get("id"), query=query),
            "suite": text_of(fields.get("datasetName")) or text_of(fields.get("datasetId")),
            "query": query,
            "ground_truth": _right_answer(reference),
            "source_run_id": text_of(fields.get("sourceTraceId")) or facts.get("source_run_id"),
        }

    def tell(self) -> None:
        if self._archived:
            sentence = "Archived items of the dataset, left out: {count}."
            self._notices.add("archived", sentence, self._archived)


class RunItems(EvalExport):
    """One row says which trace an item of a dataset had in a run; answer, cost and scores are the trace's."""

    scored_elsewhere = True

    def __init__(self, context: Context) -> None:
        because = "These are items of a Langfuse dataset run: they have datasetItemId and traceId."
        super().__init__(Kind.EVALS, because, _BECAME_RUN_ITEM, context)
        self._without_run = 0

    def _row(self, number: int, fields: Fields) -> Row:
        stated = text_of(fields.get("datasetRunId")) or text_of(fields.get("datasetRunName"))
        self._without_run += stated is None
        run = stated or text_of(fields.get("datasetName"))
        return {
            # A run of its own: under the id of the experiment these rows would replace its full results.
            "eval_run_id": run and f"{run}{_RUN_ITEMS}",
            "case_id": text_of(fields.get("datasetItemId")),
            "suite_version": text_of(fields.get("datasetName")),
            "started_at": text_of(fields.get("createdAt")),
            "source_trace": text_of(fields.get("traceId")),
        }

    def tell(self) -> None:
        self._notices.add(
            "needs_traces",
            "An export of dataset run items only names the traces. Their answers, latency, cost and errors"
            " come from the traces, so import Langfuse's exports of traces and observations of the same run"
            " as well, and its export of scores.",
        )
        if self._without_run:
            sentence = (
                "Items that do not say which run of the dataset they belong to: {count}. Several runs in one"
                " file count as repeats of their cases."
            )
            self._notices.add("no_run_name", sentence, self._without_run)


_BECAME_RESULT = {
    "experimentId": "eval_run_id",
    "experimentName": "eval_run_id",
    "experimentItemId": "case_id",
    "experimentDatasetId": "suite_version",
    "startTime": "started_at, latency_ms",
    "endTime": "latency_ms",
    "input": "query",
    "output": "response, tools_called",
    "expectedOutput": "tools_expected",
    "scores": "metrics, human_label",
    "level": "error, error_kind",
    "statusMessage": "error",
    "traceId": "source_trace",
}
_BECAME_CASE = {
    "id": "case_id",
    "datasetName": "suite",
    "datasetId": "suite",
    "input": "query",
    "expectedOutput": "ground_truth, tools_expected",
    "sourceTraceId": "source_run_id",
}
_BECAME_RUN_ITEM = {
    "datasetRunId": "eval_run_id",
    "datasetRunName": "eval_run_id",
    "datasetName": "suite_version",
    "datasetItemId": "case_id",
    "createdAt": "started_at",
    "traceId": "source_trace",
}


def _stated(score: Mapping[str, Any]) -> Any:
    """What a score says: of a category the word, since its number may be 0 for any."""
    if text_of(score.get("dataType")) == "CATEGORICAL":
        return text_of(score.get("stringValue")) or score.get("value")
    return score.get("value") if score.get("value") is not None else score.get("stringValue")


def _is_verdict(score: Mapping[str, Any]) -> bool:
    """Whether a person said yes or no; a number between 0 and 1 is a grade, even where it is 1."""
    return text_of(score.get("dataType")) != "NUMERIC"


def _expected(reference: Any) -> Row:
    """The tools that an expected output names."""
    tools = tools_under(object_of(reference), "tools_expected")
    return {"tools_expected": json_list(tools)} if tools else {}


def _right_answer(reference: Any) -> str | None:
    found = object_of(reference)
    stated = next((found[name] for name in _RIGHT_ANSWERS if found.get(name) not in (None, "")), None)
    return answer_in(reference if stated is None else stated)


def _messages(gave: Any) -> list[Any]:
    if isinstance(gave, dict):
        inner = gave.get("messages")
        return inner if isinstance(inner, list) else [gave]
    return gave if isinstance(gave, list) else []
