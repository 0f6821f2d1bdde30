"""A span of OpenTelemetry, in any generation of its names or in those of OpenInference, as a step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.intake.json_values import compact
from core.intake.sources.beside_words import beside_words
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.error_texts import WITHOUT_MESSAGE, message_of
from core.intake.sources.export import Row
from core.intake.sources.fetched_documents import document_id
from core.intake.sources.foreign_cells import json_list, number_text, object_of
from core.intake.sources.otel_attributes import Attributes
from core.intake.sources.otel_documents import document_words, documents_in
from core.intake.sources.otel_messages import (
    ANSWERED,
    GIVEN,
    Message,
    answer_of,
    answered,
    given,
    question_of,
    text_of_cut,
    tools_asked_for,
    tools_offered,
)

LLM, TOOL, RETRIEVER, AGENT, EMBEDDING = "llm", "tool", "retriever", "agent", "embedding"

_OPERATIONS = {
    "chat": LLM,
    "completion": LLM,
    "generate_content": LLM,
    "text_completion": LLM,
    "embeddings": EMBEDDING,
    "embedding": EMBEDDING,
    "rerank": "reranker",
    "invoke_agent": AGENT,
    "create_agent": AGENT,
    "invoke_workflow": "chain",
    "workflow": "chain",
    "execute_tool": TOOL,
    "retrieval": RETRIEVER,
}

_MODEL = (
    "gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "embedding.model_name",
    "llm.response.model", "llm.request.model",
)  # fmt: skip
_TOKENS_IN = (
    "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
)  # fmt: skip
_TOKENS_OUT = (
    "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion",
    "llm.usage.completion_tokens",
)  # fmt: skip
_TOKENS = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total")
_SESSION = (
    "gen_ai.conversation.id", "session.id", "traceloop.association.properties.session_id",
    "traceloop.association.properties.conversation_id", "traceloop.association.properties.thread_id",
)  # fmt: skip
_USER = ("user.id", "enduser.id", "traceloop.association.properties.user_id", "gen_ai.user")
_PROMPT = ("llm.prompt_template.name", "gen_ai.prompt.name", "traceloop.prompt.key")
_PROMPT_VERSION = ("llm.prompt_template.version", "gen_ai.prompt.version", "traceloop.prompt.version")
_TOOL_NAME = ("gen_ai.tool.name", "tool.name", "traceloop.entity.name")
_INPUT = (
    "gen_ai.tool.call.arguments", "gen_ai.retrieval.query.text", "input.value", "traceloop.entity.input",
    "tool.parameters",
)  # fmt: skip
_OUTPUT = ("gen_ai.tool.call.result", "output.value", "traceloop.entity.output")
_AROUND = ("inputs", "kwargs", "args", "outputs")
"""Where OpenLLMetry puts what a function was given or gave back."""


@dataclass(frozen=True)
class Event:
    name: str | None
    at: str | None
    attributes: Attributes


@dataclass(frozen=True)
class Step:
    """One span as its file states it; ``kind`` is the word of its tool, ``failed`` None where no state was
    set, ``resource`` what is said of the program that it ran in."""

    run: str | None
    span: str | None
    parent: str | None
    name: str | None
    kind: str | None
    begun: str | None
    ended: str | None
    failed: bool | None
    message: str | None
    attributes: Attributes
    events: Sequence[Event] = ()
    resource: Attributes = field(default_factory=lambda: Attributes({}))


Facts = Callable[[str, Any], Mapping[str, str]]
"""What stands in a place (its name, what it holds) by convention: canonical column -> cell."""


def step_row(step: Step, facts: Facts) -> Row:
    """The step in canonical columns. What a convention names stands before what the team put beside it."""
    kind, attributes = kind_of(step), step.attributes
    places = [attributes, *(event.attributes for event in step.events)]
    wrote = answered(places)
    tokens = _tokens(attributes)
    stated: Row = {
        "run_id": step.run,
        "span_id": step.span,
        "parent_id": step.parent,
        "span_kind": kind,
        "name": _name(step, kind),
        "started_at": step.begun,
        "ended_at": step.ended,
        "input": _input(step, kind, given(places)),
        "output": _output(step, kind, wrote),
        "model": attributes.text(*_MODEL),
        "prompt_version": _prompt(attributes),
        "release_bundle": step.resource.text("service.version") or attributes.text("gen_ai.agent.version"),
        "user_id": attributes.text(*_USER),
        "session_id": attributes.text(*_SESSION),
        "tools_considered": json_list(tools_offered(attributes)),
        "tools_called": json_list(tools_asked_for(wrote)),
        "input_tokens": number_text(tokens[0]),
        "output_tokens": number_text(tokens[1]),
        "cost_usd": number_text(_cost(attributes)),
        "error": error_of(step),
    }
    if kind == RETRIEVER:
        ids = (document_id(one, own_first=True) for one in documents_in(attributes))
        stated["retrieved_ids"] = json_list(one for one in ids if one)
    if step.parent is None:
        # What a run is called says which way it went, unless the team says it better.
        team = {"route": attributes.text("gen_ai.agent.name") or step.name, **_facts(step, facts)}
    else:
        team = _facts(step, facts)
    return {**team, **{name: cell for name, cell in stated.items() if cell is not None}}


def kind_of(step: Step) -> str | None:
    """llm, tool, retriever, agent, embedding or the word of the file; None where nothing says it."""
    attributes = step.attributes
    for word in (
        step.kind,
        attributes.text("openinference.span.kind"),
        attributes.text("gen_ai.operation.name"),
        attributes.text("traceloop.span.kind"),
        attributes.text("llm.request.type"),
        _operation_in(step.name) if attributes.has("gen_ai", "llm") else None,
    ):
        if word and word.lower() not in ("unknown", "unset"):
            return _OPERATIONS.get(word.lower(), word.lower())
    if attributes.has("gen_ai.tool.name"):
        return TOOL
    return LLM if attributes.has(*_MODEL, *_TOKENS_IN, *_TOKENS_OUT) else None


def error_of(step: Step) -> str | None:
    """Why the step failed; an exception that was noted in a step that ended well was handled."""
    if step.failed is False:
        return None
    raised = next((event for event in step.events if event.name == "exception"), None)
    kind = step.attributes.text("error.type")
    if step.failed is None and raised is None and kind is None:
        return None
    return message_of(step.message or (_exception(raised) if raised else None) or kind) or WITHOUT_MESSAGE


def _exception(event: Event) -> str | None:
    parts = (event.attributes.text("exception.type"), event.attributes.text("exception.message"))
    return ": ".join(part for part in parts if part) or None


def _operation_in(name: str | None) -> str | None:
    """The operation that a name such as “chat gpt-4o” begins with."""
    first = (name or "").split(" ", 1)[0]
    return first if first in _OPERATIONS else None


def _name(step: Step, kind: str | None) -> str | None:
    """A tool is called by its own name, everything else as its span is."""
    if kind != TOOL:
        return step.name
    return step.attributes.text(*_TOOL_NAME) or (step.name or "").removeprefix("execute_tool ") or None


def _input(step: Step, kind: str | None, messages: Sequence[Message]) -> str | None:
    question = question_of(messages)
    if question:
        return question
    stated = step.attributes.text(*_INPUT) or text_of_cut(step.attributes, GIVEN)
    return _words(stated, question_in, _is_spoken(step, kind))


def _output(step: Step, kind: str | None, messages: Sequence[Message]) -> str | None:
    answer = answer_of(messages)
    if answer:
        return answer
    if kind == LLM and tools_asked_for(messages):
        return None
    stated = step.attributes.text(*_OUTPUT) or text_of_cut(step.attributes, ANSWERED)
    if stated is None and kind == RETRIEVER:
        found = [one for one in map(document_words, documents_in(step.attributes)) if one]
        return compact(found) if found else None
    return _words(stated, answer_in, _is_spoken(step, kind))


def _is_spoken(step: Step, kind: str | None) -> bool:
    """Whether the words are those between the user and the feature, which are made readable."""
    return step.parent is None or kind in (LLM, AGENT)


def _words(stated: str | None, readable: Callable[[Any], str | None], is_spoken: bool) -> str | None:
    if stated is None or not is_spoken:
        return stated
    inside = object_of(stated) if stated.startswith("{") else {}
    around = next((inside[key] for key in _AROUND if inside.get(key)), None)
    if isinstance(around, list) and len(around) == 1:
        around = around[0]
    return readable(stated if around is None else around)


def _prompt(attributes: Attributes) -> str | None:
    name, version = attributes.text(*_PROMPT), attributes.text(*_PROMPT_VERSION)
    return f"{name} v{version}" if name and version else version or name


def _tokens(attributes: Attributes) -> tuple[float | None, float | None]:
    """Tokens in and out of this step; both unknown where none were counted."""
    into, out = attributes.number(*_TOKENS_IN), attributes.number(*_TOKENS_OUT)
    total = attributes.number(*_TOKENS)
    if total is not None and (into is None) != (out is None):
        known = into if into is not None else out or 0.0
        rest = max(total - known, 0.0)
        into, out = (known, rest) if into is not None else (rest, known)
    return (into, out) if into or out else (None, None)


def _cost(attributes: Attributes) -> float | None:
    """US dollars; 0 is what is written for a model without a price, so it means "unknown"."""
    total = attributes.number("llm.cost.total", "gen_ai.usage.cost", "gen_ai.cost.total")
    parts = [attributes.number(f"llm.cost.{part}") for part in ("prompt", "completion")]
    return total or sum(part for part in parts if part) or None


def _facts(step: Step, facts: Facts) -> dict[str, str | None]:
    """What the team wrote about the run beside the conventions; what stands first counts."""
    attributes = step.attributes
    places: list[tuple[str, Any]] = [
        ("metadata", attributes.part("metadata")),
        ("metadata", attributes.part("traceloop.association.properties")),
        ("tags", attributes.part("tag.tags")),
        *attributes.own(),
    ]
    if step.parent is None:
        given, gave = (("input", attributes.text("input.value")), ("output", attributes.text("output.value")))
        places += beside_words(given, gave)
    found: dict[str, str | None] = {}
    for place, stated in places:
        if stated not in (None, "", {}, []):
            found = {**facts(place, stated), **found}
    return found
