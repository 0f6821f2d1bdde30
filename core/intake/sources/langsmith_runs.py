"""LangSmith runs -> steps, in each of the ways that its interfaces, its tools and its exports write them."""

import re
from collections.abc import Mapping
from typing import Any

from core.intake.sources.conversations import answer_in, question_in, said_by_model
from core.intake.sources.epochs import later
from core.intake.sources.error_texts import WITHOUT_MESSAGE, message_of
from core.intake.sources.export import Fields, Row
from core.intake.sources.fetched_documents import documents_in
from core.intake.sources.foreign_cells import (
    first_word,
    json_list,
    list_of,
    number_of,
    number_text,
    object_of,
    text_of,
    value_of,
)
from core.intake.sources.langchain_messages import answered, plain_messages
from core.intake.sources.tool_calls import calls_in, tools_in
from core.intake.sources.who_asked import conversation_in, user_in

RUN_TYPES = {"llm", "chain", "tool", "retriever", "embedding", "prompt", "parser"}
_FIRST_ID = re.compile(r"[0-9]{8}T[0-9]{12,}Z([0-9a-fA-F-]{36})")
"""The beginning of a dotted order: when the first run of the trace began, and its id."""

_OBJECTS = (
    "inputs", "outputs", "extra", "metadata", "custom_metadata", "feedback_stats", "token_usage", "costs",
)  # fmt: skip
_PARENTS = ("parent_run_id", "parent_run_ids")

BECAME = {
    "id": "span_id",
    "run_id": "span_id",
    "trace_id": "run_id",
    "dotted_order": "run_id, parent_id",
    "parent_run_id": "parent_id",
    "parent_run_ids": "parent_id",
    "run_type": "span_kind",
    "name": "name",
    "start_time": "started_at",
    "end_time": "ended_at",
    "latency_seconds": "ended_at",
    "duration_ms": "ended_at",
    "inputs": "input",
    "inputs_preview": "input",
    "outputs": "output",
    "outputs_preview": "output",
    "error": "error",
    "status": "error",
    "thread_id": "session_id",
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "token_usage": "input_tokens, output_tokens",
    "total_cost": "cost_usd",
    "prompt_cost": "cost_usd",
    "completion_cost": "cost_usd",
    "costs": "cost_usd",
    "extra": "user_id, session_id, prompt_version, model, tools_considered",
    "metadata": "user_id, session_id, prompt_version, model",
    "custom_metadata": "user_id, session_id, prompt_version, model",
    "feedback_stats": "scores",
    "child_runs": "steps",
}
"""What each field of a run becomes; the metadata also become what a team wrote into them."""


def opened(fields: Fields) -> dict[str, Any]:
    """The fields of a run with their objects decoded, once for all that is looked for in them."""
    run = dict(fields)
    for name in _OBJECTS:
        run[name] = value_of(run.get(name))
    for name in ("inputs", "outputs"):
        if "kwargs" in str(fields.get(name)):
            run[name] = plain_messages(run[name])
    return run


def span_row(fields: Fields) -> Row:
    """One run, opened, in the canonical columns of a step. What metadata say by convention is not in it."""
    kind = (text_of(fields.get("run_type")) or "").lower() or None
    metadata, asked_with = metadata_of(fields), _invocation(fields)
    given, gave = fields.get("inputs"), _unwrapped(fields.get("outputs"))
    parent = parent_of(fields)
    started, ended = times_of(fields)
    row: Row = {
        "run_id": trace_of(fields),
        "span_id": text_of(fields.get("id")) or text_of(fields.get("run_id")),
        "parent_id": parent,
        "span_kind": kind,
        "name": text_of(fields.get("name")),
        "started_at": started,
        "ended_at": ended,
        "user_id": user_in(metadata),
        # The field session_id is the project that LangSmith keeps the run in.
        "session_id": conversation_in(metadata) or text_of(fields.get("thread_id")),
        "prompt_version": text_of(metadata.get("lc_hub_commit_hash")),
        "error": error_of(fields),
    }
    if parent is None:
        # The first step's words are those of the whole run, so they are made readable.
        row["input"] = question_in(given) or text_of(fields.get("inputs_preview"))
        row["output"] = answer_in(answered(gave)) or text_of(fields.get("outputs_preview"))
        row["route"] = row["name"]
    else:
        row["input"], row["output"] = text_of(given), text_of(gave)
    row |= _of_kind(kind, metadata, asked_with, given, gave)
    if kind in ("llm", "embedding") or parent is None:
        # The first step repeats what its model calls used; where those are not in the file, it alone knows.
        row |= _usage(fields, metadata, gave)
    return row


def _of_kind(
    kind: str | None, metadata: Mapping[str, Any], asked_with: Mapping[str, Any], given: Any, gave: Any
) -> Row:
    """What only a model call, or only a retrieval, has."""
    if kind == "llm":
        asked = given if isinstance(given, dict) else {}
        offered = [*_lists(asked_with, "tools", "functions"), *_lists(asked, "tools", "functions")]
        calls = calls_in(gave)
        return {
            "model": first_word({**asked_with, **metadata}, ("ls_model_name", "model", "model_name")),
            "tools_considered": json_list(tools_in(offered)),
            "tools_called": json_list(calls),
            "output": said_by_model(answered(gave), calls),
        }
    return {"retrieved_ids": json_list(documents_in(gave))} if kind == "retriever" else {}


def metadata_of(fields: Fields) -> dict[str, Any]:
    """What the team wrote about the run: under ``extra``, at the top (the newer interface), or as the
    command-line tool calls it."""
    extra = object_of(fields.get("extra"))
    places = (extra.get("metadata"), fields.get("metadata"), fields.get("custom_metadata"))
    return next((found for place in places if (found := object_of(place))), {})


def trace_of(fields: Fields) -> str | None:
    """The trace that the run belongs to; a run that has no other above it is its own."""
    stated = text_of(fields.get("trace_id"))
    if stated is not None:
        return stated
    order = _FIRST_ID.match(text_of(fields.get("dotted_order")) or "")
    if order:
        return order[1]
    above = list_of(fields.get("parent_run_ids"))
    if above:
        return text_of(above[0])
    is_first = text_of(fields.get("is_root")) in ("true", "True")
    return text_of(fields.get("id")) if is_first else None


def parent_of(fields: Fields) -> str | None:
    """The run that called this one; None for the first of its trace."""
    parent = text_of(fields.get("parent_run_id"))
    if parent is not None:
        return parent
    above = list_of(fields.get("parent_run_ids"))
    if above:
        return text_of(above[-1])
    order = text_of(fields.get("dotted_order"))
    if order is not None:
        callers = order.split(".")[:-1]
        caller = _FIRST_ID.match(callers[-1]) if callers else None
        return caller[1] if caller else None
    return None if _says_where_it_stands(fields) else _first_of_trace(fields)


def _says_where_it_stands(fields: Fields) -> bool:
    stated = text_of(fields.get("is_root"))
    return stated in ("true", "True") if stated else not fields.keys().isdisjoint(_PARENTS)


def _first_of_trace(fields: Fields) -> str | None:
    """The first run of a trace has the id of the trace, so any other stands somewhere below that one."""
    trace = text_of(fields.get("trace_id"))
    return None if trace in (text_of(fields.get("id")), text_of(fields.get("run_id"))) else trace


def times_of(fields: Fields) -> tuple[str | None, str | None]:
    """When the run began and ended; an end that is not stated follows from how long it took."""
    started, ended = text_of(fields.get("start_time")), text_of(fields.get("end_time"))
    seconds, milliseconds = number_of(fields.get("latency_seconds")), number_of(fields.get("duration_ms"))
    took = milliseconds if seconds is None else seconds * 1000
    return started, later(started, took) if ended is None else ended


def error_of(fields: Fields) -> str | None:
    """Why the run failed, without the trace of the program behind it."""
    failed = (text_of(fields.get("status")) or "").lower() == "error"
    return message_of(fields.get("error")) or (WITHOUT_MESSAGE if failed else None)


def _invocation(fields: Fields) -> dict[str, Any]:
    extra = object_of(fields.get("extra"))
    return object_of(extra.get("invocation_params")) or object_of(fields.get("invocation_params"))


def _unwrapped(outputs: Any) -> Any:
    """LangSmith wraps what is no object: {"output": …}."""
    return outputs["output"] if isinstance(outputs, dict) and set(outputs) == {"output"} else outputs


def _usage(fields: Fields, metadata: Mapping[str, Any], gave: Any) -> Row:
    """Tokens and cost; 0 tokens and a cost of 0 are what LangSmith writes where it knows none."""
    answer = gave if isinstance(gave, dict) else {}
    of_model = object_of(answer.get("llm_output"))
    for stated in (
        fields,
        object_of(fields.get("token_usage")),
        object_of(answer.get("usage_metadata")),
        object_of(metadata.get("usage_metadata")),
        object_of(of_model.get("token_usage")),
        object_of(answer.get("usage")),
    ):
        into = _counted(stated, "prompt_tokens", "input_tokens", "prompt", "input")
        out = _counted(stated, "completion_tokens", "output_tokens", "completion", "output")
        if into or out:
            break
    else:
        into = out = None
    return {
        "input_tokens": number_text(into),
        "output_tokens": number_text(out),
        "cost_usd": number_text(cost_of(fields)),
    }


def cost_of(fields: Fields) -> float | None:
    """US dollars; None where no price was known."""
    for stated in (fields, object_of(fields.get("costs"))):
        total = _counted(stated, "total_cost", "total")
        parts = [_counted(stated, "prompt_cost", "prompt"), _counted(stated, "completion_cost", "completion")]
        found = total or sum(part for part in parts if part)
        if found:
            return found
    return None


def _counted(stated: Fields, *keys: str) -> float | None:
    """The first number that stands under one of ``keys``."""
    found = (number_of(stated.get(key)) for key in keys)
    return next((number for number in found if number is not None and number >= 0), None)


def _lists(stated: Mapping[str, Any], *keys: str) -> list[Any]:
    return [one for key in keys for one in list_of(stated.get(key))]
