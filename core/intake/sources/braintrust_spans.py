"""Braintrust's log events -> steps: what a step did, which tools it saw and asked for, what it cost."""

from typing import Any

from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.epochs import SECONDS, milliseconds_between, time_text
from core.intake.sources.error_texts import message_of
from core.intake.sources.export import Fields, Row
from core.intake.sources.fetched_documents import documents_in
from core.intake.sources.foreign_cells import (
    json_list,
    number_of,
    number_text,
    object_of,
    text_of,
    texts_in,
    value_of,
    word_of,
)
from core.intake.sources.tool_calls import calls_in, tools_in

_LLM = "llm"
_SCORE = "score"
_MAY_FETCH = ("function", "tool")

BECAME = {
    "root_span_id": "run_id",
    "span_id": "span_id",
    "span_parents": "parent_id",
    "is_root": "parent_id",
    "span_attributes": "span_kind, name, route",
    "metrics": "started_at, ended_at, input_tokens, output_tokens, cost_usd",
    "created": "started_at",
    "input": "input",
    "output": "output",
    "error": "error",
    "scores": "scores",
    "metadata": "model, user_id, session_id",
    "expected": "user_feedback",
}
"""What each field of an event becomes; ``metadata`` and ``tags`` also become what is found in them."""


def span_row(fields: Fields) -> Row:
    """One event in canonical columns."""
    attributes, metrics = object_of(fields.get("span_attributes")), metrics_of(fields)
    kind, is_first = kind_of(fields), is_root(fields)
    given, gave = value_of(fields.get("input")), value_of(fields.get("output"))
    tokens = [number_of(metrics.get(f"{word}_tokens")) for word in ("prompt", "completion")]
    known = any(tokens)
    row = {
        "run_id": text_of(fields.get("root_span_id")),
        "span_id": text_of(fields.get("span_id")),
        # Exports of chosen columns may lack the parents; the root is the one that is known.
        "parent_id": None if is_first else _parent(fields) or text_of(fields.get("root_span_id")),
        "span_kind": kind,
        "name": text_of(attributes.get("name")),
        "started_at": started_at(fields),
        "ended_at": time_text(metrics.get("end"), SECONDS),
        # The first step's words are those of the whole run, so they are made readable.
        "input": question_in(given) if is_first else text_of(given),
        "output": answer_in(gave) if is_first else text_of(gave),
        "input_tokens": number_text(tokens[0]) if known else None,
        "output_tokens": number_text(tokens[1]) if known else None,
        "cost_usd": number_text(cost_of(fields)),
        "error": message_of(fields.get("error")),
    }
    metadata = object_of(fields.get("metadata"))
    if kind == _LLM:
        row["model"] = word_of(metadata.get("model"))
        row["tools_considered"] = json_list(tools_in(metadata.get("tools") or object_of(given).get("tools")))
        row["tools_called"] = json_list(calls_in(gave))
    elif kind in _MAY_FETCH:
        # Braintrust has no word for retrieval, so the documents have to look like it.
        row["retrieved_ids"] = json_list(documents_in(gave, only_with_text=True))
    return row


def is_root(fields: Fields) -> bool:
    """Whether the event is the first step of its trace: Braintrust says so, or it has no parent."""
    stated = (text_of(fields.get("is_root")) or "").casefold()
    return stated == "true" or (stated != "false" and _parent(fields) is None)


def is_comment(fields: Fields) -> bool:
    """Whether the event is a remark on another one: the SDK sends those as rows of their own."""
    has_step = text_of(fields.get("span_attributes")) or text_of(fields.get("span_id"))
    return has_step is None and (fields.get("comment") is not None or fields.get("origin") is not None)


def is_of_scorer(fields: Fields) -> bool:
    """Whether the step belongs to an automatic scorer, not to the feature."""
    purpose = text_of(object_of(fields.get("span_attributes")).get("purpose"))
    return kind_of(fields) == _SCORE or purpose == "scorer"


def kind_of(fields: Fields) -> str | None:
    return text_of(object_of(fields.get("span_attributes")).get("type"))


def metrics_of(fields: Fields) -> dict[str, Any]:
    return object_of(fields.get("metrics"))


def started_at(fields: Fields) -> str | None:
    begun = time_text(metrics_of(fields).get("start"), SECONDS)
    return begun or text_of(fields.get("created"))


def took(fields: Fields) -> float | None:
    """Milliseconds from the start to the end of the step."""
    metrics = metrics_of(fields)
    return milliseconds_between(metrics.get("start"), metrics.get("end"), SECONDS)


def cost_of(fields: Fields) -> float | None:
    """US dollars; 0 is what a model without a price costs, so it means "unknown"."""
    return number_of(metrics_of(fields).get("estimated_cost")) or None


def _parent(fields: Fields) -> str | None:
    return next(iter(texts_in(fields.get("span_parents"))), None)
