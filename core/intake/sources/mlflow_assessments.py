"""What people, judges and code said about an MLflow trace: feedback as scores, expectations as facts."""

from collections.abc import Mapping
from typing import Any

from core.intake.feedback import Feedback
from core.intake.sources.epochs import MILLISECONDS, time_text
from core.intake.sources.export import Row
from core.intake.sources.foreign_cells import number_text, object_of, text_of, value_of
from core.intake.sources.mlflow_trace import Trace, id_of
from core.intake.sources.otel_writing import identifier
from core.intake.sources.scores import BY_JUDGE, BY_USER, made_id, score_number
from core.intake.sources.tool_calls import tools_in

HUMAN = "HUMAN"
_SOURCES = {HUMAN: BY_USER}
"""A person's feedback may be the user's own; what judges and code say is an evaluation."""

_CALLS = ("expected_tool_calls", "expected_tools")


def score_row(assessment: Mapping[str, Any], trace: Trace, place: int, feedback: Feedback) -> Row | None:
    """A piece of feedback as a score; None where it is an expectation, or its judge failed."""
    value = value_of(object_of(assessment.get("feedback")).get("value"))
    name = name_of(assessment)
    if value is None or name is None:
        return None
    number = score_number(value) if isinstance(value, bool | int | float) else None
    said = text_of(value)
    given = source_of(assessment)
    source = _SOURCES.get(given, BY_JUDGE)
    feedback.note(name, said, source)
    step = identifier(assessment.get("span_id"))
    return {
        "run_id": trace.run_id,
        "score_id": text_of(assessment.get("assessment_id")) or made_id(trace.run_id, name, place),
        "name": name,
        "value": number_text(number),
        "label": None if number is not None else said,
        "source": source,
        # What is said of the first step is said of the whole run.
        "span_id": None if step == id_of(trace.root) else step,
        "author": text_of(object_of(assessment.get("source")).get("source_id")) if given == HUMAN else None,
        "comment": text_of(assessment.get("rationale")),
        "scored_at": _time_of(assessment),
        "user_feedback": feedback.reaction(name, said),
    }


def expectations_of(trace: Trace) -> dict[str, Any]:
    """What was expected of the run, by name; the tools that had to be called also as ``expected_tool``."""
    found = {}
    for assessment in trace.assessments:
        name = name_of(assessment)
        stated = object_of(assessment.get("expectation"))
        if name is not None and stated:
            value = value_of(stated.get("value", object_of(stated.get("serialized_value")).get("value")))
            found[name] = value[0] if isinstance(value, list) and len(value) == 1 else value
    tools = expected_tools_in(found)
    if tools:
        found.setdefault("expected_tool", tools[0])
    return found


def about_tools(expectations: Mapping[str, Any]) -> dict[str, Any]:
    """The expectations that are facts about the run; the others are answers and documents of single cases."""
    return {name: value for name, value in expectations.items() if "tool" in name.casefold()}


def expected_tools_in(expectations: Mapping[str, Any]) -> list[str]:
    """The tools that had to be called, where the expectations list calls or names."""
    return next((tools for name in _CALLS if (tools := tools_in(expectations.get(name)))), [])


def name_of(assessment: Mapping[str, Any]) -> str | None:
    return text_of(assessment.get("assessment_name") or assessment.get("name"))


def source_of(assessment: Mapping[str, Any]) -> str:
    """HUMAN, LLM_JUDGE or CODE."""
    return (text_of(object_of(assessment.get("source")).get("source_type")) or "").upper()


def _time_of(assessment: Mapping[str, Any]) -> str | None:
    names = ("last_update_time", "last_update_time_ms", "create_time", "create_time_ms")
    stated = next((assessment[name] for name in names if assessment.get(name)), None)
    return time_text(stated, MILLISECONDS)
