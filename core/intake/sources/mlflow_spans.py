"""The steps of an MLflow trace -> steps: what each did, which tools it saw and asked for, what it cost."""

from collections.abc import Mapping
from typing import Any

from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.epochs import NANOSECONDS, time_text
from core.intake.sources.export import Row
from core.intake.sources.fetched_documents import documents_in
from core.intake.sources.foreign_cells import (
    json_list,
    number_of,
    number_text,
    object_of,
    text_of,
    value_of,
)
from core.intake.sources.mlflow_trace import attributes_of, error_of, id_of, parent_of, times_of
from core.intake.sources.tool_calls import calls_in, tools_in

_LLM, _RETRIEVER = "llm", "retriever"
_KINDS = {"chat_model": _LLM, "llm": _LLM}
_CACHED = ("cache_read_input_tokens", "cache_creation_input_tokens")


def span_row(span: Mapping[str, Any], run_id: str | None) -> Row:
    """One step in canonical columns."""
    attributes = attributes_of(span)
    kind, parent = kind_of(attributes), parent_of(span)
    given, gave = (value_of(attributes.get(f"mlflow.span{word}")) for word in ("Inputs", "Outputs"))
    begun, ended = times_of(span)
    tokens = tokens_of(attributes)
    row = {
        "run_id": run_id,
        "span_id": id_of(span),
        "parent_id": parent,
        "span_kind": kind,
        "name": text_of(span.get("name")),
        "started_at": time_text(begun, NANOSECONDS),
        "ended_at": time_text(ended, NANOSECONDS),
        # The first step's words are those of the whole run, so they are made readable.
        "input": question_in(given) if parent is None else text_of(given),
        "output": answer_in(gave) if parent is None else text_of(gave),
        "input_tokens": number_text(tokens[0]),
        "output_tokens": number_text(tokens[1]),
        "cost_usd": number_text(cost_of(attributes)),
        "error": error_of(span),
    }
    if kind == _LLM:
        offered = value_of(attributes.get("mlflow.chat.tools")) or object_of(given).get("tools")
        row["model"] = _word(attributes.get("mlflow.llm.model")) or _word(object_of(given).get("model"))
        row["tools_considered"] = json_list(tools_in(offered))
        row["tools_called"] = json_list(calls_in(gave))
    elif kind == _RETRIEVER:
        row["retrieved_ids"] = json_list(documents_in(gave))
    return row


def kind_of(attributes: Mapping[str, Any]) -> str | None:
    word = _word(attributes.get("mlflow.spanType"))
    return None if word is None else _KINDS.get(word.lower(), word.lower())


def tokens_of(attributes: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Tokens in and out of one step; both unknown where it counted none."""
    return tokens_in(attributes.get("mlflow.chat.tokenUsage"))


def tokens_in(usage: Any) -> tuple[float | None, float | None]:
    """Tokens in and out in a cell of usage; cached ones are added where the total says they stand beside
    the input, not in it."""
    stated = object_of(usage)
    into, out, total = (number_of(stated.get(f"{word}_tokens")) for word in ("input", "output", "total"))
    cached = sum(number_of(stated.get(name)) or 0 for name in _CACHED)
    if cached and total == (into or 0) + (out or 0) + cached:
        into = (into or 0) + cached
    return (into, out) if into or out else (None, None)


def cost_of(attributes: Mapping[str, Any]) -> float | None:
    """US dollars; 0 is what a model without a price costs, so it means "unknown"."""
    return cost_in(attributes.get("mlflow.llm.cost"))


def cost_in(cost: Any) -> float | None:
    return number_of(object_of(cost).get("total_cost")) or None


def _word(stated: Any) -> str | None:
    found = value_of(stated)
    return text_of(found) if isinstance(found, str) else None
