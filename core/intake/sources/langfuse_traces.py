"""Langfuse traces -> traces: rows of a traces export, and single traces with their steps inside."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.intake.sources.beside_words import facts_beside_words
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.epochs import milliseconds_from_to, milliseconds_text
from core.intake.sources.export import Fields, Row
from core.intake.sources.foreign_cells import (
    fields_of,
    number_of,
    number_text,
    object_of,
    text_of,
)
from core.intake.sources.run_facts import Facts

BECAME = {
    "id": "run_id",
    "timestamp": "started_at",
    "name": "route",
    "userId": "user_id",
    "sessionId": "session_id",
    "release": "release_bundle",
    "version": "release_bundle",
    "input": "query",
    "output": "response",
    "latency": "latency_ms",
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "usage": "input_tokens, output_tokens",
    "totalCost": "cost_usd",
    "level": "error",
    "errorCount": "error",
}
"""What each column of a traces export becomes; ``metadata`` becomes what is found in it."""


def trace_row(fields: Fields) -> Row:
    """One trace in canonical columns, as the export itself states it."""
    tokens = _tokens(fields)
    return {
        "run_id": text_of(fields.get("id")),
        "started_at": text_of(fields.get("timestamp")),
        "route": text_of(fields.get("name")),
        "user_id": text_of(fields.get("userId")),
        "session_id": text_of(fields.get("sessionId")),
        "release_bundle": text_of(fields.get("release")) or text_of(fields.get("version")),
        "query": question_in(fields.get("input")),
        "response": answer_in(fields.get("output")),
        "latency_ms": milliseconds_text(fields.get("latency")),
        "input_tokens": number_text(tokens[0]),
        "output_tokens": number_text(tokens[1]),
        # 0 is what Langfuse writes for models without a price.
        "cost_usd": number_text(number_of(fields.get("totalCost")) or None),
        "error": _error(fields),
    }


def facts_beside(fields: Fields, facts: Facts) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What a team puts beside question and answer: the field it stands in, and canonical columns of it.

    Where two of them state one column, the later one counts.
    """
    yield from facts_beside_words(facts, ("input", fields.get("input")), ("output", fields.get("output")))
    for name in ("tags", "metadata"):
        yield name, facts.found(name, fields.get(name))


def run_of_steps(steps: Sequence[Fields]) -> dict[str, Any]:
    """The trace that an export of steps alone tells of: the facts of the first step, which name it."""
    if not steps:
        return {}
    first = _root(steps)
    return {
        "id": first.get("traceId"),
        "timestamp": first.get("startTime"),
        "name": first.get("traceName") or first.get("name"),
        **{
            name: next((step[name] for step in (first, *steps) if text_of(step.get(name))), None)
            for name in ("userId", "sessionId", "release", "version")
        },
        **{name: first.get(name) for name in ("input", "output", "metadata")},
    }


def with_steps(row: Row, steps: Sequence[Fields], taken: Sequence[Row]) -> Row:
    """``row`` with the latency that its steps show; a cost that leaves steps out is unknown.

    ``taken`` are the same steps in canonical columns.
    """
    if not steps:
        return row
    first = _root(steps)
    took = milliseconds_from_to(first.get("startTime"), first.get("endTime"))
    if took is not None:
        row["latency_ms"] = number_text(took)
    counted = [step for step in taken if step["input_tokens"] or step["output_tokens"]]
    if any(step["cost_usd"] is None for step in counted):
        row["cost_usd"] = None
    return row


def scores_json(scores: Mapping[str, list[float | str]]) -> dict[str, Any]:
    """Scores by name: the value, or the list of them where there are several."""
    shown = {name: [_number(one) for one in values] for name, values in scores.items()}
    return {name: values[0] if len(values) == 1 else values for name, values in shown.items()}


def _root(steps: Sequence[Fields]) -> Fields:
    """The step without a parent, else the earliest whose parent is not there, else the earliest."""
    ids = {text_of(step.get("id")) for step in steps}

    def rank(step: Fields) -> tuple[bool, bool, str]:
        parent = text_of(step.get("parentObservationId"))
        return parent is not None, parent in ids, text_of(step.get("startTime")) or "9"

    return min(steps, key=rank)


def _tokens(fields: Fields) -> tuple[float | None, float | None]:
    usage = fields_of(object_of(fields.get("usage")))
    found = (
        number_of(fields.get("inputTokens")) or number_of(usage.get("promptTokens")),
        number_of(fields.get("outputTokens")) or number_of(usage.get("completionTokens")),
    )
    return found if any(found) else (None, None)


def _error(fields: Fields) -> str | None:
    """Exports before October 2025 state the worst level of the steps, and how many had it."""
    count = number_of(fields.get("errorCount"))
    if text_of(fields.get("level")) != "ERROR" and not count:
        return None
    return f"Steps with level ERROR: {count:.0f}" if count else "A step has level ERROR"


def _number(one: float | str) -> Any:
    return int(one) if isinstance(one, float) and one.is_integer() and abs(one) < 2**53 else one
