"""The traces of a demo feature as a Langfuse project would export them: traces, observations and scores."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from core.demo.generator import Row, iso
from core.demo.stories import Story

REACTION = "user_feedback"
"""The score in which the feature's own buttons record what the user did with an answer."""

_STARTS = (0.0, 0.02, 0.14, 0.42, 0.62)
_ENDS = (1.0, 0.12, 0.40, 0.60, 0.98)
"""When each of the five steps begins and ends, as parts of the time that the whole run takes."""
_FIRST_CALL_IN, _FIRST_CALL_OUT = 0.45, 0.15
"""The part of the tokens that goes to picking a tool; the rest goes to writing the answer."""


def trace_export(story: Story, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """One object a trace; ``rows`` are canonical traces. Latency, tokens, cost and tools are not in it."""
    for row in rows:
        yield {
            "id": row["run_id"],
            "timestamp": row["started_at"],
            "name": story.feature.slug,
            "userId": row["user_id"],
            "sessionId": row["session_id"],
            "release": row["release_bundle"],
            "version": None,
            "environment": "production",
            "tags": [],
            "bookmarked": False,
            "public": False,
            "input": {"question": row["query"], "channel": row["channel"]},
            "output": {"answer": row["response"]} if row["response"] else None,
            "metadata": {
                "segment": row["user_segment"],
                "role": row["user_role"],
                "task_type": row["task_type"],
                "confidence": row["confidence"],
                "abstained": row["abstained"],
                "fallback": row["fallback"],
                "escalated": row["escalated"],
            },
            "comments": [],
        }


def observation_export(
    story: Story, rows: Iterable[Row], rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """One object a step: the whole run, the lookup, the call that picks a tool, the tool, the answer.

    A run that failed ends with its first model call.
    """
    for row in rows:
        steps = _steps(story, row)
        for place, step in enumerate(steps[:3] if row["error"] else steps):
            yield _placed(row, place, step, rng)


def score_export(rows: Iterable[Row], now: datetime) -> Iterator[dict[str, Any]]:
    """One object for every reaction of a user; none is from after ``now``."""
    values = {"rejected": 0, "edited": 1, "accepted": 2}
    for row in rows:
        if row["user_feedback"] is not None:
            reacted = datetime.fromisoformat(row["started_at"]) + timedelta(milliseconds=row["latency_ms"])
            yield {
                "id": f"{row['run_id']}-reaction",
                "traceId": row["run_id"],
                "sessionId": None,
                "datasetRunId": None,
                "timestamp": iso(min(reacted, now)),
                "source": "API",
                "name": REACTION,
                "dataType": "CATEGORICAL",
                "value": values[row["user_feedback"]],
                "stringValue": row["user_feedback"],
                "comment": row["corrected_answer"],
                "observationId": None,
                "userId": row["user_id"],
                "environment": "production",
                "authorUserName": None,
            }


def _steps(story: Story, row: Row) -> list[dict[str, Any]]:
    """The five steps of a run, without their times."""
    tool, failed = row["tool_selected"], row["error"]
    level = {"level": "ERROR", "statusMessage": failed} if failed else {"level": "DEFAULT"}
    question = [{"role": "user", "content": row["query"]}]
    documents = [{"id": document} for document in row["retrieved_ids"]]
    call = {"role": "assistant", "content": "", "tool_calls": [{"name": tool, "args": {}}]}
    first, second = _model_calls(story, row)
    return [
        {
            "type": "AGENT",
            "name": story.feature.slug,
            "input": {"question": row["query"]},
            "output": {"answer": row["response"]} if row["response"] else None,
            **level,
        },
        {
            "type": "RETRIEVER",
            "name": story.lookup_tool,
            "input": row["context_summary"],
            "output": documents,
        },
        {
            "type": "GENERATION",
            "name": "pick-a-tool",
            "input": question,
            "output": None if failed else call,
            "toolDefinitions": dict.fromkeys(story.tools, ""),
            "toolCallNames": [] if failed else [tool],
            **first,
            **level,
        },
        {"type": "TOOL", "name": tool, "input": row["context_summary"], "output": "ok"},
        {
            "type": "GENERATION",
            "name": "write-the-answer",
            "input": question,
            "output": {"role": "assistant", "content": row["response"]},
            **second,
        },
    ]


def _model_calls(story: Story, row: Row) -> list[dict[str, Any]]:
    """Model, prompt, tokens and cost of the two model calls; a run that failed has made only one."""
    into, out = row["input_tokens"], row["output_tokens"]
    first_in = into if row["error"] else round(into * _FIRST_CALL_IN)
    first_out = round(out * _FIRST_CALL_OUT)
    first_cost = (first_in * story.cost.input_usd + first_out * story.cost.output_usd) / 1_000_000
    name, _, version = row["prompt_version"].rpartition("-")
    return [
        {
            "model": row["model"],
            "promptName": name,
            "promptVersion": version,
            "usageDetails": {"input": tokens_in, "output": tokens_out, "total": tokens_in + tokens_out},
            "totalCost": round(usd, 6),
        }
        for tokens_in, tokens_out, usd in (
            (first_in, first_out, first_cost),
            (into - first_in, out - first_out, max(0.0, row["cost_usd"] - round(first_cost, 6))),
        )
    ]


def _placed(row: Row, place: int, step: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Step number ``place`` with its ids, and with times that vary a little from run to run."""
    begun, took = datetime.fromisoformat(row["started_at"]), row["latency_ms"]
    later = float(rng.uniform(0, 0.02)) if place else 0.0
    return {
        "id": f"{row['run_id']}-{place}",
        "traceId": row["run_id"],
        "parentObservationId": f"{row['run_id']}-0" if place else None,
        "startTime": iso(begun + timedelta(milliseconds=took * (_STARTS[place] + later))),
        "endTime": iso(begun + timedelta(milliseconds=took * min(1.0, _ENDS[place] + later))),
        "environment": "production",
        **step,
    }
