"""OpenAI's evals: the log of oaieval, its samples, and the output items of the platform."""

from collections.abc import Iterable, Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.layouts.openai_evals import NAME as LOG
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.epochs import SECONDS, time_text
from core.intake.sources.eval_rows import (
    called,
    case_id_in,
    metrics_cell,
    result_facts,
    score_of,
)
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import (
    json_list,
    list_of,
    number_of,
    number_text,
    object_of,
    objects_in,
    text_of,
    texts_in,
)
from core.intake.sources.sample_cases import SampleCases
from core.intake.sources.source import Context, Head
from core.intake.sources.tool_calls import tool_names, tools_in_messages

_ITEM = "eval.run.output_item"

_BECAME_OF_LOG = {
    "sample_id": "case_id",
    "match": "passed",
    "metrics": "metrics",
    "prompt": "query",
    "sampled": "response",
    "usage": "tokens",
    "tools": "tools_called, tool_selected",
    "error": "error, error_kind",
    "created_at": "started_at",
    "spec.created_at": "started_at",
    "spec.run_id": "eval_run_id",
    "spec.eval_name": "suite_version",
    "spec.cls": "judge",
}
_BECAME_OF_ITEMS = {
    "datasource_item": "case_id, query",
    "datasource_item_id": "case_id",
    "run_id": "eval_run_id",
    "created_at": "started_at",
    "results": "passed, metrics, judge",
    "sample": "query, response, tokens, error, error_kind, tools_called, tool_selected",
    "status": "error, error_kind",
}
_OF_CASES = "These are samples for OpenAI's evals: each row has an input and an ideal, and no result."

_GRADES = {"C": 1.0, "I": 0.0, "Y": 1.0, "N": 0.0}
"""The choices of the model-graded evals that have one meaning: correct or not, yes or no."""


class OaievalLog(ToolExport):
    """One row is one sample with all its events; a match is the tool's own word on what passed."""

    name = "openai_evals"

    def __init__(self, context: Context) -> None:
        because = "This is a log of OpenAI's oaieval: its first line is the spec of the run."
        super().__init__(Kind.EVALS, because, _BECAME_OF_LOG, context)
        self._tested: dict[str, None] = {}
        self._words = 0

    def tell(self) -> None:
        for name in self._tested:
            self._notices.add("tested", f"What was tested calls itself “{name[:80]}”.")
        if self._words:
            sentence = "Choices of a grading model that are words, not numbers, left out: {count}."
            self._notices.add("unscored", sentence, self._words)

    def _row(self, number: int, fields: Fields) -> Row:
        self._tested |= dict.fromkeys(texts_in(fields.get("spec.completion_fns")))
        matches = [one for one in list_of(fields.get("match")) if isinstance(one, bool)]
        metrics = self._metrics(object_of(fields.get("metrics")))
        row: Row = {
            "case_id": case_id_in(fields.get("sample_id")),
            "eval_run_id": text_of(fields.get("spec.run_id")),
            "suite_version": text_of(fields.get("spec.eval_name")),
            "started_at": text_of(fields.get("created_at")) or text_of(fields.get("spec.created_at")),
            "query": question_in(fields.get("prompt")),
            "response": answer_in(fields.get("sampled")),
            "judge": (text_of(fields.get("spec.cls")) or "").rpartition(":")[2] or None,
            "metrics": metrics_cell(metrics),
            "tokens": _tokens(object_of(one) for one in list_of(fields.get("usage"))),
            **called(tool_names(fields.get("tools"))),
        }
        error = text_of(fields.get("error"))
        if error is not None:
            row |= {"error": error, "error_kind": "run"}
        elif matches:
            row["passed"] = "true" if all(matches) else "false"
        return row

    def _metrics(self, found: Mapping[str, Any]) -> dict[str, float]:
        metrics = {}
        for name, stated in found.items():
            graded = isinstance(stated, str) and stated.strip() in _GRADES
            number = _GRADES[stated.strip()] if graded else score_of(stated)
            if number is not None:
                metrics[name] = number
            elif isinstance(stated, str) and not isinstance(found.get("score"), int | float):
                self._words += 1
        return metrics


class PlatformItems(ToolExport):
    """One row is one output item of an eval run on OpenAI's platform."""

    name = "openai_platform"

    def __init__(self, context: Context) -> None:
        because = f"These are output items of OpenAI's platform: their object is “{_ITEM}”."
        super().__init__(Kind.EVALS, because, _BECAME_OF_ITEMS, context)
        self._other = 0

    def tell(self) -> None:
        if self._other:
            sentence = "Rows that are no output items, left out: {count}."
            self._notices.add("not_results", sentence, self._other)

    def _row(self, number: int, fields: Fields) -> Row | None:
        if text_of(fields.get("object")) != _ITEM:
            self._other += 1
            return None
        item, sample = object_of(fields.get("datasource_item")), object_of(fields.get("sample"))
        # A data file holds {"item": {…}}, and some items repeat that.
        item = object_of(item.get("item")) or item
        metadata = object_of(item.get("metadata"))
        tools = tool_names(item.get("expected_tool") or item.get("expected_tools"))
        facts = result_facts(self._context.facts, "metadata", metadata)
        facts.setdefault("tools_expected", json_list(tools))
        self._found("datasource_item", facts)
        query = _asked(sample) or (question_in(item) if item else None)
        results = objects_in(fields.get("results"))
        return {
            **facts,
            "case_id": case_id_in(
                metadata.get("case_id"),
                item.get("case_id"),
                item.get("id"),
                fields.get("datasource_item_id"),
                query=query,
            ),
            "eval_run_id": text_of(fields.get("run_id")),
            "started_at": time_text(fields.get("created_at"), SECONDS),
            "query": query,
            "response": answer_in(sample.get("output")),
            **called(tools_in_messages(sample.get("output"))),
            "tokens": _tokens([object_of(sample.get("usage"))]),
            **_outcome(results, sample.get("error"), text_of(fields.get("status"))),
        }


def recognised(head: Head, context: Context) -> ToolExport | None:
    """The export of OpenAI's evals that a file with these columns is; None where it is none."""
    if head.layout == LOG:
        return OaievalLog(context)
    if head.layout:
        return None
    if head.has("object", "results", "datasource_item") and head.samples["object"] == _ITEM:
        return PlatformItems(context)
    if head.has("input", "ideal") and not head.samples.keys() & {"output", "response", "score", "passed"}:
        return SampleCases("openai_evals", _OF_CASES, "ideal", context)
    return None


def _outcome(results: list[dict[str, Any]], error: Any, status: str | None) -> Row:
    """What the graders of an item say; an item passed when all of them say so."""
    metrics: dict[str, float] = {}
    names = []
    for place, one in enumerate(results):
        name = text_of(one.get("name")) or f"result {place + 1}"
        names.append(name)
        number = score_of(one.get("score"))
        value = number if number is not None else score_of(one.get("passed"))
        if value is not None:
            metrics[name] = value
    row: Row = {"metrics": metrics_cell(metrics), "judge": ", ".join(dict.fromkeys(names)) or None}
    if found := _error(error) or ("The item ended with the status “error”." if status == "error" else None):
        return {**row, "error": found, "error_kind": "run"}
    said = [one.get("passed") for one in results]
    if said and all(isinstance(one, bool) for one in said):
        row["passed"] = "true" if all(said) else "false"
    return row


def _error(stated: Any) -> str | None:
    if isinstance(stated, dict):
        words = [text_of(stated.get(key)) for key in ("code", "message")]
        return ": ".join(word for word in words if word) or None
    return text_of(stated)


def _asked(sample: Mapping[str, Any]) -> str | None:
    asked = sample.get("input")
    return question_in(asked) if asked else None


def _tokens(usages: Iterable[Mapping[str, Any]]) -> str | None:
    found = [number_of(one.get("total_tokens")) for one in usages]
    known = [count for count in found if count is not None and count.is_integer() and count >= 0]
    return number_text(sum(known)) if known and len(known) == len(found) else None
