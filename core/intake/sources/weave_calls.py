"""Weave calls -> steps: of its JSON as it is, of tables with the columns that were visible on the page."""

import re
from collections.abc import Collection
from typing import Any

from core.intake.sources.conversations import answer_in, question_in, said_by_model
from core.intake.sources.epochs import later
from core.intake.sources.error_texts import WITHOUT_MESSAGE, message_in
from core.intake.sources.export import Fields, Row
from core.intake.sources.fetched_documents import documents_in
from core.intake.sources.foreign_cells import (
    first_word,
    json_list,
    number_of,
    number_text,
    object_of,
    text_of,
    value_of,
)
from core.intake.sources.tool_calls import calls_in, tools_in
from core.intake.sources.who_asked import conversation_in, user_in

LLM, TOOL, RETRIEVER, EMBEDDING, ORDINARY = "llm", "tool", "retriever", "embedding", "chain"

BECAME = {
    "id": "span_id",
    "trace_id": "run_id",
    "parent_id": "parent_id",
    "op_name": "name, span_kind",
    "display_name": "name",
    "thread_id": "session_id",
    "started_at": "started_at",
    "ended_at": "ended_at",
    "inputs": "input, tools_considered",
    "output": "output, tools_called, retrieved_ids",
    "exception": "error",
    "attributes": "user_id, session_id",
    "summary": "input_tokens, output_tokens, cost_usd, scores",
}
"""What each field of a call becomes; a column such as ``inputs.question`` becomes what its object does."""

OBJECTS = ("inputs", "output", "attributes", "summary")

_NAME = re.compile(r"(?:.*/op/)?(?P<name>[^:]+)(?::.*)?", re.DOTALL)
_PROVIDERS = {
    "openai", "anthropic", "mistral", "mistralai", "cohere", "groq", "litellm", "google", "vertexai",
    "gemini", "together", "cerebras", "bedrock", "bedrockruntime", "huggingface_hub", "nvidia", "azure",
    "ollama",
}  # fmt: skip
"""First parts of the names that Weave's own integrations give the calls of a provider."""

_LANGCHAIN = {"llm": LLM, "chatmodel": LLM, "tool": TOOL, "retriever": RETRIEVER, "embedding": EMBEDDING}
_STATED = {
    "llm": LLM, "model": LLM, "tool": TOOL, "retriever": RETRIEVER, "retrieval": RETRIEVER,
    "search": RETRIEVER, "embedding": EMBEDDING, "agent": "agent", "chain": ORDINARY,
}  # fmt: skip
_RETRIEVES = re.compile(r"retriev|search|vector|fetch_(?:docs|documents|context)|lookup_docs", re.IGNORECASE)
_DEEPEST = 8


def whole(fields: Fields) -> dict[str, Any]:
    """The fields of a call with its objects decoded; parts in columns of their own are put together."""
    call: dict[str, Any] = {name: cell for name, cell in fields.items() if "." not in name}
    for name in OBJECTS:
        call[name] = value_of(call.get(name))
    for header, cell in fields.items():
        name, point, path = header.partition(".")
        if point and name in OBJECTS and cell is not None:
            inside = call[name] if isinstance(call.get(name), dict) else {}
            _put(inside, path.split("."), value_of(cell))
            call[name] = inside
    return call


def span_row(call: Fields, tools: Collection[str]) -> Row:
    """One call, put together, in the canonical columns of a step; ``tools`` are names of known tools.

    Every call states what all calls below it used; how often that counts is settled where the steps of a
    run are put together.
    """
    name, parent = name_of(call), text_of(call.get("parent_id"))
    attributes, given, gave = object_of(call.get("attributes")), call.get("inputs"), call.get("output")
    kind = _kind(name or "", call, tools)
    started, ended = _times(call)
    row: Row = {
        "run_id": text_of(call.get("trace_id")),
        "span_id": text_of(call.get("id")),
        "parent_id": parent,
        "span_kind": kind,
        "name": name,
        "started_at": started,
        "ended_at": ended,
        # The field wb_user_id is the developer whose key sent the call.
        "user_id": user_in(attributes),
        "session_id": text_of(call.get("thread_id")) or conversation_in(attributes),
        "error": error_of(call),
        **_usage(call),
    }
    if parent is None:
        # The first step's words are those of the whole run, so they are made readable.
        row["input"], row["output"] = question_in(_without_self(given)), answer_in(gave)
        row["route"] = name
    else:
        row["input"], row["output"] = text_of(given), text_of(gave)
    if kind == LLM:
        calls = calls_in(gave)
        row |= {
            "model": _model(call),
            "tools_considered": json_list(offered_in(call)),
            "tools_called": json_list(calls),
            "output": said_by_model(gave, calls),
        }
    elif kind == RETRIEVER:
        row["retrieved_ids"] = json_list(documents_in(gave))
    return row


def name_of(call: Fields) -> str | None:
    """The name of the function: what stands between “/op/” and the version of its code."""
    found = _NAME.fullmatch(text_of(call.get("op_name")) or "")
    stated = found["name"] if found else text_of(call.get("display_name"))
    return stated or text_of(_within(call.get("summary"), "weave", "trace_name"))


def offered_in(call: Fields) -> list[str]:
    """The tools that a call offers to a model."""
    given = object_of(call.get("inputs"))
    return [name for key in ("tools", "functions") for name in tools_in(given.get(key))]


def error_of(call: Fields) -> str | None:
    """Why the call itself failed; what failed below it and was handled is no error of it."""
    stated = call.get("exception")
    found = object_of(stated)
    parts = [text_of(found.get(key)) for key in ("type", "message")]
    words = ": ".join(part for part in parts if part) or text_of(stated)
    if words is not None:
        return message_in(words)
    return WITHOUT_MESSAGE if status_of(call) == "error" else None


def status_of(call: Fields) -> str | None:
    """How the call ended: success, error, running or descendant_error."""
    stated = text_of(_within(call.get("summary"), "weave", "status"))
    return None if stated is None else stated.rsplit(".", maxsplit=1)[-1].strip("'<>").lower()


def has_costs(call: Fields) -> bool:
    """Whether the costs were included in the export."""
    return bool(object_of(_within(call.get("summary"), "weave", "costs")))


def _kind(name: str, call: Fields, tools: Collection[str]) -> str:
    """What the call does: as its attributes state, else by its name and by what it was given."""
    stated = text_of(_within(call.get("attributes"), "weave", "kind")) or text_of(
        _within(call.get("attributes"), "kind")
    )
    if (stated or "").lower() in _STATED:
        return _STATED[(stated or "").lower()]
    first, *others = name.lower().split(".")
    if first == "langchain" and others and others[0] in _LANGCHAIN:
        return _LANGCHAIN[others[0]]
    if "embedding" in name.lower() and first in _PROVIDERS:
        return EMBEDDING
    if (first in _PROVIDERS and others) or _is_model_call(call):
        return LLM
    if name in tools:
        return TOOL
    if _RETRIEVES.search(name) and documents_in(call.get("output")):
        return RETRIEVER
    return ORDINARY


def _is_model_call(call: Fields) -> bool:
    given, gave = call.get("inputs"), call.get("output")
    if not isinstance(given, dict) or not isinstance(gave, dict):
        return False
    return "model" in given and "messages" in given and bool(gave.keys() & {"choices", "usage", "content"})


def _times(call: Fields) -> tuple[str | None, str | None]:
    started, ended = text_of(call.get("started_at")), text_of(call.get("ended_at"))
    took = number_of(_within(call.get("summary"), "weave", "latency_ms"))
    return started, later(started, took) if ended is None else ended


def _usage(call: Fields) -> Row:
    """Tokens and cost over all models; what is 0 or not stated is unknown."""
    used = _within(call.get("summary"), "usage")
    into = _summed(used, ("prompt_tokens", "input_tokens"))
    out = _summed(used, ("completion_tokens", "output_tokens"))
    known = bool(into or out)
    costs = _within(call.get("summary"), "weave", "costs")
    priced = [_summed(costs, (f"{side}_tokens_total_cost",)) for side in ("prompt", "completion")]
    cost = sum(part for part in priced if part)
    return {
        "input_tokens": number_text(into) if known else None,
        "output_tokens": number_text(out) if known else None,
        "cost_usd": number_text(cost or None),
    }


def _summed(used: Any, names: tuple[str, ...], depth: int = _DEEPEST) -> float | None:
    """The sum over all models, each of which has one of the ``names``; None where none has.

    Names of models may hold points, so in a table it is not known how deep the numbers lie.
    """
    if not isinstance(used, dict) or depth == 0:
        return None
    stated = (number_of(used.get(name)) for name in names)
    own = next((number for number in stated if number is not None and number >= 0), None)
    if own is not None:
        return own
    parts = [_summed(part, names, depth - 1) for part in used.values()]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def _model(call: Fields) -> str | None:
    answer = object_of(call.get("output"))
    given = object_of(call.get("inputs"))
    used = object_of(_within(call.get("summary"), "usage"))
    named = first_word(answer, ("model",)) or (next(iter(used)) if len(used) == 1 else None)
    return named or first_word(given, ("model",))


def _within(found: Any, *path: str) -> Any:
    for key in path:
        found = object_of(found).get(key)
    return found


def _without_self(given: Any) -> Any:
    """What a method was given, without the object that it belongs to."""
    return {key: one for key, one in given.items() if key != "self"} if isinstance(given, dict) else given


def _put(holder: dict[str, Any], path: list[str], value: Any) -> None:
    """Put ``value`` at ``path``; what stands in its way stays."""
    for key in path[:-1]:
        inside = holder.setdefault(key, {})
        if not isinstance(inside, dict):
            return
        holder = inside
    holder.setdefault(path[-1], value)
