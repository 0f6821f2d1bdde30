"""Inspect AI: the samples of a log, the table that its analysis functions write, and its data sets."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.layouts.inspect import NAME as LOG
from core.intake.sources.conversations import question_in
from core.intake.sources.epochs import milliseconds_text
from core.intake.sources.eval_rows import (
    called,
    case_id_in,
    metrics_cell,
    result_facts,
    score_of,
)
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import number_of, number_text, object_of, text_of, value_of
from core.intake.sources.sample_cases import SampleCases
from core.intake.sources.source import Context, Head
from core.intake.sources.tool_calls import tools_in_messages

_BECAME_OF_LOG = {
    "id": "case_id",
    "epoch": "attempt",
    "input": "query",
    "output": "response",
    "messages": "tools_called, tool_selected",
    "scores": "metrics, judge",
    "model_usage": "tokens, cost_usd",
    "started_at": "started_at",
    "stats.started_at": "started_at",
    "eval.created": "started_at",
    "total_time": "latency_ms",
    "error": "error, error_kind",
    "limit": "error, error_kind",
    "eval.eval_id": "eval_run_id",
    "eval.run_id": "eval_run_id",
    "eval.task": "suite_version",
    "eval.task_version": "suite_version",
    "eval.metadata": "release_bundle",
    "eval.revision": "release_bundle",
}
_BECAME_OF_TABLE = {
    "eval_id": "eval_run_id",
    "id": "case_id",
    "epoch": "attempt",
    "input": "query",
    "model_usage": "cost_usd",
    "total_tokens": "tokens",
    "total_time": "latency_ms",
    "error": "error, error_kind",
    "limit": "error, error_kind",
}
_OF_CASES = "This is a data set for Inspect: each row has an input and a target, and no result."

_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""Correct, incorrect, partly correct, no answer."""

_DATASET = {"input", "target", "id", "choices", "metadata", "sandbox", "files", "setup"}
_SCORE, _METADATA = "score_", "metadata_"


class InspectResults(ToolExport):
    """One row is one execution of a sample; Inspect itself does not say which of them passed."""

    name = "inspect"

    def __init__(self, because: str, became: Mapping[str, str], context: Context) -> None:
        super().__init__(Kind.EVALS, because, became, context)
        self._words: dict[str, int] = {}
        self._cancelled = self._unscored = 0

    def tell(self) -> None:
        for scorer, count in self._words.items():
            sentence = f"Values of the scorer “{scorer}” that are words, not numbers, left out: {{count}}."
            self._notices.add("unscored", sentence, count)
        if self._cancelled:
            sentence = (
                "Samples that were cancelled because another one failed, left out: {count}. They say nothing"
                " about the feature; run them again."
            )
            self._notices.add("cancelled_samples", sentence, self._cancelled)
        if self._unscored:
            sentence = "Samples without any score, which neither pass nor fail: {count}."
            self._notices.add("unscored", sentence, self._unscored)

    def _result(self, error: str | None, limit: Any, scores: Mapping[str, Any]) -> Row | None:
        """The columns of the outcome; None where the sample was only stopped by the fall of another."""
        if error is not None and error.startswith("CancelledError"):
            self._cancelled += 1
            return None
        metrics = dict(self._metrics(scores))
        row: Row = {"metrics": metrics_cell(metrics), "judge": ", ".join(scores) or None}
        reached = object_of(limit).get("type") if isinstance(value_of(limit), dict) else limit
        if error is not None:
            row |= {"error": error, "error_kind": "run"}
        elif reached is not None and text_of(reached) is not None:
            row |= {"error": f"The limit of {text_of(reached)} was reached.", "error_kind": "limit"}
        elif not metrics:
            self._unscored += 1
        return row

    def _metrics(self, scores: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        """The numbers in the scores by scorer; of a scorer with several values “scorer.key”."""
        for scorer, value in scores.items():
            parts: Mapping[str, Any] = {scorer: value}
            if isinstance(value, dict):
                parts = {f"{scorer}.{key}": part for key, part in value.items()}
            elif isinstance(value, list):
                parts = {f"{scorer}.{place}": part for place, part in enumerate(value)}
            for name, part in parts.items():
                number = _number_in(part)
                if number is not None:
                    yield name, number
                elif isinstance(part, str) and text_of(part) is not None:
                    self._words[scorer[:80]] = self._words.get(scorer[:80], 0) + 1


class InspectLog(InspectResults):
    """The samples of a .eval archive or a JSON log."""

    def __init__(self, context: Context) -> None:
        because = "This is a log of Inspect: it names the eval, its task and its samples."
        super().__init__(because, _BECAME_OF_LOG, context)
        self._tested: dict[str, None] = {}

    def tell(self) -> None:
        super().tell()
        for model in self._tested:
            self._notices.add("tested", f"The model that was tested is “{model[:80]}”.")

    def _row(self, number: int, fields: Fields) -> Row | None:
        outcome = self._result(text_of(fields.get("error")), fields.get("limit"), _scores_in(fields))
        if outcome is None:
            return None
        if model := text_of(fields.get("eval.model")):
            self._tested[model] = None
        query, metadata = question_in(fields.get("input")), object_of(fields.get("metadata"))
        facts = result_facts(self._context.facts, "metadata", metadata)
        self._found("metadata", facts)
        tokens, cost = _usage(fields.get("model_usage"))
        return {
            **_of_run(self._context, fields),
            **facts,
            **outcome,
            "case_id": case_id_in(metadata.get("case_id"), fields.get("id"), query=query),
            "attempt": _attempt(fields.get("epoch")),
            "started_at": _first(fields, "started_at", "stats.started_at", "eval.created"),
            "query": query,
            "response": text_of(fields.get("output")),
            **called(tools_in_messages(value_of(fields.get("messages")))),
            "latency_ms": milliseconds_text(fields.get("total_time")),
            "tokens": tokens,
            "cost_usd": cost,
        }


class InspectTable(InspectResults):
    """The table of samples that Inspect's analysis functions write: it has no answers."""

    def __init__(self, context: Context) -> None:
        because = "This is a table of samples of Inspect: it has the columns eval_id, sample_id and epoch."
        super().__init__(because, _BECAME_OF_TABLE, context)

    def became(self, header: str) -> str:
        return "metrics, judge" if header.startswith(_SCORE) else super().became(header)

    def _row(self, number: int, fields: Fields) -> Row | None:
        scores = {
            name.removeprefix(_SCORE): value_of(cell)
            for name, cell in fields.items()
            if name.startswith(_SCORE) and text_of(cell) is not None
        }
        outcome = self._result(text_of(fields.get("error")), text_of(fields.get("limit")), scores)
        if outcome is None:
            return None
        metadata = {
            name.removeprefix(_METADATA): value_of(cell)
            for name, cell in fields.items()
            if name.startswith(_METADATA)
        }
        query = _asked(text_of(fields.get("input")))
        stated_tokens = number_of(fields.get("total_tokens"))
        tokens, cost = _usage(fields.get("model_usage"))
        return {
            **result_facts(self._context.facts, "metadata", metadata),
            **outcome,
            "eval_run_id": text_of(fields.get("eval_id")),
            "case_id": case_id_in(metadata.get("case_id"), fields.get("id"), query=query),
            "attempt": _attempt(fields.get("epoch")),
            "query": query,
            "latency_ms": milliseconds_text(fields.get("total_time")),
            "tokens": tokens if stated_tokens is None else _count(stated_tokens),
            "cost_usd": cost,
        }


def recognised(head: Head, context: Context) -> InspectResults | SampleCases | None:
    """The export of Inspect that a file with these columns is; None where it is none."""
    if head.layout == LOG:
        return InspectLog(context)
    if head.layout:
        return None
    scored = any(header.startswith(_SCORE) for header in head.samples)
    if head.has("eval_id", "sample_id", "epoch") and (scored or head.has("total_time")):
        return InspectTable(context)
    if head.has("input", "target") and head.samples.keys() <= _DATASET:
        return SampleCases("inspect", _OF_CASES, "target", context)
    return None


def _scores_in(fields: Fields) -> dict[str, Any]:
    """Scorer -> value of its score."""
    found = object_of(fields.get("scores"))
    return {
        scorer: score.get("value") if isinstance(score, dict) and "value" in score else score
        for scorer, score in found.items()
    }


def _number_in(value: Any) -> float | None:
    return _GRADES[value] if isinstance(value, str) and value in _GRADES else score_of(value)


def _of_run(context: Context, fields: Fields) -> Row:
    """What the log says about the run as a whole."""
    metadata, revision = object_of(fields.get("eval.metadata")), object_of(fields.get("eval.revision"))
    facts = context.facts.found("eval.metadata", metadata)
    task, version = text_of(fields.get("eval.task")), text_of(fields.get("eval.task_version"))
    release = metadata.get("release_bundle") or facts.get("release_bundle") or revision.get("commit")
    return {
        "eval_run_id": _first(fields, "eval.eval_id", "eval.run_id"),
        "suite_version": f"{task} v{version}" if task and version else task,
        "release_bundle": None if isinstance(release, dict | list) else text_of(release),
    }


def _first(fields: Fields, *names: str) -> str | None:
    return next((text for name in names if (text := text_of(fields.get(name))) is not None), None)


def _attempt(epoch: Any) -> str | None:
    """Inspect counts its epochs from 1."""
    number = number_of(epoch)
    return _count(number - 1) if number is not None and number >= 1 else None


def _count(number: float) -> str | None:
    return number_text(number) if number.is_integer() and 0 <= number < 2**53 else None


def _usage(cell: Any) -> tuple[str | None, str | None]:
    """Tokens and cost over all models; unknown where a model that was used does not say them."""
    used = [one for one in object_of(cell).values() if isinstance(one, dict)]
    tokens = [number_of(one.get("total_tokens")) for one in used]
    costs = [number_of(one.get("total_cost")) or None for one in used if number_of(one.get("total_tokens"))]
    known = [count for count in tokens if count is not None]
    spent = [cost for cost in costs if cost is not None and cost >= 0]
    return (
        _count(sum(known)) if known and len(known) == len(tokens) else None,
        number_text(round(sum(spent), 12)) if spent and len(spent) == len(costs) else None,
    )


def _asked(text: str | None) -> str | None:
    """The last thing that the user says in a conversation written as “user:” and lines of text."""
    if text is None or "user:\n" not in text:
        return text
    said = text.rpartition("user:\n")[2].partition("\n\nassistant:\n")[0]
    return said.strip() or None
