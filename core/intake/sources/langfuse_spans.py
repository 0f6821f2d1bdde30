"""Langfuse observations -> steps: what a step did, which tools it saw and asked for, what it cost."""

from collections.abc import Mapping
from typing import Any

from core.intake.sources.conversations import answer_in, messages_in, question_in
from core.intake.sources.error_texts import message_of
from core.intake.sources.export import Fields, Row
from core.intake.sources.fetched_documents import documents_in
from core.intake.sources.foreign_cells import (
    fields_of,
    json_list,
    number_of,
    number_text,
    object_of,
    text_of,
    value_of,
)
from core.intake.sources.run_facts import Facts
from core.intake.sources.tool_calls import calls_in, tool_names, tools_in

WITHOUT_MESSAGE = "Level ERROR without a message"

_LLM, _RETRIEVER = "llm", "retriever"
_KINDS = {"generation": _LLM}
_WITH_TOKENS = (_LLM, "embedding")

BECAME = {
    "id": "span_id",
    "traceId": "run_id",
    "parentObservationId": "parent_id",
    "type": "span_kind",
    "name": "name",
    "traceName": "route",
    "startTime": "started_at",
    "endTime": "ended_at",
    "input": "input",
    "output": "output",
    "model": "model",
    "providedModelName": "model",
    "promptName": "prompt_version",
    "promptVersion": "prompt_version",
    "release": "release_bundle",
    "version": "release_bundle",
    "userId": "user_id",
    "sessionId": "session_id",
    "metadata": "user_segment",
    "toolDefinitions": "tools_considered",
    "toolCallNames": "tools_called",
    "toolCalls": "tools_called",
    "usageDetails": "input_tokens, output_tokens",
    "inputUsage": "input_tokens",
    "outputUsage": "output_tokens",
    "totalCost": "cost_usd",
    "costDetails": "cost_usd",
    "level": "error",
    "statusMessage": "error",
}
"""What each column of an observations export becomes."""


def span_row(fields: Fields, facts: Facts) -> Row:
    """One observation in the canonical columns of a step."""
    kind = _kind(fields)
    parent = text_of(fields.get("parentObservationId"))
    is_root = is_first(fields)
    tokens = _tokens(fields) if kind in _WITH_TOKENS else (None, None)
    row = {
        "run_id": text_of(fields.get("traceId")),
        "span_id": text_of(fields.get("id")),
        "parent_id": parent,
        "span_kind": kind,
        "name": text_of(fields.get("name")),
        "route": text_of(fields.get("traceName")),
        "started_at": text_of(fields.get("startTime")),
        "ended_at": text_of(fields.get("endTime")),
        # The first step's words are those of the whole run, so they are made readable.
        "input": (question_in if is_root else text_of)(fields.get("input")),
        "output": (answer_in if is_root else text_of)(fields.get("output")),
        "model": text_of(fields.get("model")) or text_of(fields.get("providedModelName")),
        "prompt_version": _prompt(fields),
        "release_bundle": text_of(fields.get("release")) or text_of(fields.get("version")),
        "user_id": text_of(fields.get("userId")),
        "session_id": text_of(fields.get("sessionId")),
        "user_segment": facts.one("user_segment", "metadata", fields.get("metadata")),
        "input_tokens": number_text(tokens[0]),
        "output_tokens": number_text(tokens[1]),
        "cost_usd": number_text(_cost(fields)),
        "error": error_in(fields),
    }
    if kind == _LLM:
        row["tools_considered"] = json_list(_tools_considered(fields))
        row["tools_called"] = json_list(_tools_called(fields))
    elif kind == _RETRIEVER:
        row["retrieved_ids"] = json_list(documents_in(fields.get("output")))
    return row


def is_first(fields: Fields) -> bool:
    """Whether the step is the first of its run in Langfuse: its caller may be a service that traces
    elsewhere."""
    has_parent = text_of(fields.get("parentObservationId")) is not None
    return not has_parent or text_of(fields.get("isRootObservation")) == "true"


def error_in(fields: Fields) -> str | None:
    """Why a step failed: only the level says that it did, its message may be there for other reasons."""
    if text_of(fields.get("level")) != "ERROR":
        return None
    return message_of(fields.get("statusMessage")) or WITHOUT_MESSAGE


def _kind(fields: Fields) -> str | None:
    word = text_of(fields.get("type"))
    return None if word is None else _KINDS.get(word.lower(), word.lower())


def _prompt(fields: Fields) -> str | None:
    name, version = text_of(fields.get("promptName")), text_of(fields.get("promptVersion"))
    return " ".join(part for part in (name, f"v{version}" if version else None) if part) or None


def _tokens(fields: Fields) -> tuple[float | None, float | None]:
    """Tokens in and out; both unknown where the model counted none.

    Some providers count cached tokens in ``input``, others beside it; the total tells which.
    """
    details = {key: number_of(cell) for key, cell in object_of(fields.get("usageDetails")).items()}
    counted = {key: number for key, number in details.items() if number is not None}
    if not counted:
        counted = _older_tokens(fields)
    into = counted.get("input", _sum(counted, "input"))
    out = counted.get("output", _sum(counted, "output"))
    total = counted.get("total")
    if total is not None and (into or 0) + (out or 0) != total:
        all_in, all_out = _sum(counted, "input"), _sum(counted, "output")
        if (all_in or 0) + (all_out or 0) == total:
            into, out = all_in, all_out
    return (into, out) if into or out else (None, None)


def _sum(counted: Mapping[str, float], word: str) -> float | None:
    parts = [number for key, number in counted.items() if key.startswith(word)]
    return sum(parts) if parts else None


def _older_tokens(fields: Fields) -> dict[str, float]:
    usage = object_of(fields.get("usage"))
    stated = {
        "input": ("inputUsage", "promptTokens", usage.get("input")),
        "output": ("outputUsage", "completionTokens", usage.get("output")),
    }
    found = {}
    for word, (column, older, within) in stated.items():
        numbers = [number_of(cell) for cell in (fields.get(column), within, fields.get(older))]
        known = [number for number in numbers if number is not None]
        if known:
            found[word] = known[0]
    return found


def _cost(fields: Fields) -> float | None:
    """US dollars; 0 is what Langfuse writes for a model without a price, so it means "unknown"."""
    details = fields_of(object_of(fields.get("costDetails")))
    parts = [number_of(cell) for key, cell in details.items() if key != "total"]
    for stated in (
        number_of(fields.get("totalCost")),
        number_of(fields.get("calculatedTotalCost")),
        number_of(details.get("total")),
        sum(part for part in parts if part),
    ):
        if stated:
            return stated
    return None


def _tools_considered(fields: Fields) -> list[str]:
    """The tools offered to the model: the export's own list, else those in the model's input."""
    defined = value_of(fields.get("toolDefinitions"))
    if isinstance(defined, dict) and defined:
        return list(defined)
    offered = defined if isinstance(defined, list) else []
    if not offered and _mentions(fields.get("input"), "tool"):
        given = value_of(fields.get("input"))
        offered = given.get("tools") or [] if isinstance(given, dict) else []
        # LangGraph's integration writes the definitions as messages of a “tool”.
        offered = [*offered, *(one["content"] for one in messages_in(given) if _is_definition(one))]
    return tools_in(offered)


def _mentions(cell: Any, word: str) -> bool:
    """Whether it can be worth the time to decode ``cell`` in search of ``word``."""
    return bool(cell) and (not isinstance(cell, str) or f'"{word}' in cell or f"'{word}" in cell)


def _is_definition(message: Mapping[str, Any]) -> bool:
    content = value_of(message.get("content"))
    return message.get("role") == "tool" and isinstance(content, dict) and content.get("type") == "function"


def _tools_called(fields: Fields) -> list[str]:
    """The tools that the model asked for, in order: the export's own list, else those in its output."""
    stated = tool_names(fields.get("toolCallNames")) or tool_names(fields.get("toolCalls"))
    may_call = not stated and _mentions(fields.get("output"), "tool_")
    return calls_in(fields.get("output")) if may_call else stated
