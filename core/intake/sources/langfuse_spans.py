"""Langfuse observations -> steps: what a step did, which tools it saw and asked for, what it cost."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.intake.sources.conversations import answer_in, messages_in, question_in
from core.intake.sources.export import Fields, Row
from core.intake.sources.foreign_cells import (
    fields_of,
    json_list,
    list_of,
    number_of,
    number_text,
    object_of,
    text_of,
    value_of,
)
from core.intake.sources.run_facts import segment_in

WITHOUT_MESSAGE = "Level ERROR without a message"

_LLM, _RETRIEVER = "llm", "retriever"
_KINDS = {"generation": _LLM}
_WITH_TOKENS = (_LLM, "embedding")
_DOCUMENT_LISTS = ("documents", "results", "matches", "docs")
_DOCUMENT_IDS = ("id", "documentId", "docId", "source", "docUri", "uri", "url")

BECAME = {
    "id": "span_id",
    "traceId": "run_id",
    "parentObservationId": "parent_id",
    "type": "span_kind",
    "name": "name",
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


def span_row(fields: Fields) -> Row:
    """One observation in the canonical columns of a step."""
    kind = _kind(fields)
    parent = text_of(fields.get("parentObservationId"))
    is_root = parent is None or text_of(fields.get("isRootObservation")) == "true"
    tokens = _tokens(fields) if kind in _WITH_TOKENS else (None, None)
    row = {
        "run_id": text_of(fields.get("traceId")),
        "span_id": text_of(fields.get("id")),
        "parent_id": parent,
        "span_kind": kind,
        "name": text_of(fields.get("name")),
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
        "user_segment": segment_in(fields.get("metadata")),
        "input_tokens": number_text(tokens[0]),
        "output_tokens": number_text(tokens[1]),
        "cost_usd": number_text(_cost(fields)),
        "error": error_in(fields),
    }
    if kind == _LLM:
        row["tools_considered"] = json_list(_tools_considered(fields))
        row["tools_called"] = json_list(_tools_called(fields))
    elif kind == _RETRIEVER:
        row["retrieved_ids"] = json_list(_documents(fields.get("output")))
    return row


def error_in(fields: Fields) -> str | None:
    """Why a step failed: only the level says that it did, its message may be there for other reasons."""
    if text_of(fields.get("level")) != "ERROR":
        return None
    return text_of(fields.get("statusMessage")) or WITHOUT_MESSAGE


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


def _tools_considered(fields: Fields) -> Iterator[str]:
    """The tools offered to the model: the export's own list, else those in the model's input."""
    defined = value_of(fields.get("toolDefinitions"))
    if isinstance(defined, dict) and defined:
        yield from dict.fromkeys(defined)
        return
    offered = defined if isinstance(defined, list) else []
    if not offered and _mentions(fields.get("input"), "tool"):
        given = value_of(fields.get("input"))
        offered = given.get("tools") or [] if isinstance(given, dict) else []
        # LangGraph's integration writes the definitions as messages of a “tool”.
        offered = [*offered, *(one["content"] for one in messages_in(given) if _is_definition(one))]
    yield from dict.fromkeys(name for one in offered if (name := _tool_name(one)))


def _mentions(cell: Any, word: str) -> bool:
    """Whether it can be worth the time to decode ``cell`` in search of ``word``."""
    return bool(cell) and (not isinstance(cell, str) or f'"{word}' in cell or f"'{word}" in cell)


def _is_definition(message: Mapping[str, Any]) -> bool:
    content = value_of(message.get("content"))
    return message.get("role") == "tool" and isinstance(content, dict) and content.get("type") == "function"


def _tools_called(fields: Fields) -> Iterator[str]:
    """The tools that the model asked for, in order: the export's own list, else those in its output."""
    names = [one for one in list_of(fields.get("toolCallNames")) if isinstance(one, str)]
    calls = list_of(fields.get("toolCalls"))
    if not names and not calls and _mentions(fields.get("output"), "tool_"):
        calls = _calls_in(value_of(fields.get("output")))
    yield from names or (name for one in calls if (name := _tool_name(one)))


def _calls_in(output: Any) -> list[Any]:
    """The calls in a message, in the last of several, or in the first choice of an OpenAI answer."""
    if isinstance(output, list):
        parts = [one for one in output if isinstance(one, dict)]
        used = [one for one in parts if one.get("type") == "tool_use"]
        return used or (_calls_in(parts[-1]) if parts else [])
    if not isinstance(output, dict):
        return []
    if isinstance(output.get("tool_calls"), list):
        return list(output["tool_calls"])
    for key in ("message", "choices", "content", "messages"):
        calls = _calls_in(output.get(key))
        if calls:
            return calls
    return []


def _tool_name(described: Any) -> str | None:
    """The name of a tool in a definition or a call, however deep its maker put it."""
    found = value_of(described)
    if isinstance(found, str):
        return found or None
    if not isinstance(found, dict):
        return None
    within = found.get("function")
    name = found.get("name") or (within.get("name") if isinstance(within, dict) else None)
    return name if isinstance(name, str) else None


def _documents(cell: Any) -> Iterator[str]:
    """An id of each document that a retriever gave back, in order."""
    found = value_of(cell)
    if isinstance(found, dict):
        found = next((found[key] for key in _DOCUMENT_LISTS if isinstance(found.get(key), list)), [found])
    for document in found if isinstance(found, list) else []:
        if isinstance(document, dict):
            metadata = document.get("metadata")
            places = [fields_of(metadata)] if isinstance(metadata, dict) else []
            named = [place.get(key) for place in (*places, fields_of(document)) for key in _DOCUMENT_IDS]
            ids = [one for one in named if isinstance(one, str | int) and one != ""]
            if ids:
                yield str(ids[0])
