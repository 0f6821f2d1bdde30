"""The messages of a model call, in every form that instrumentations write them: who said what, and which
tools were asked for or offered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.intake.sources.conversations import ASSISTANT, USER
from core.intake.sources.foreign_cells import text_of, value_of
from core.intake.sources.otel_attributes import Attributes, grown
from core.intake.sources.tool_calls import tool_name

GIVEN = ("gen_ai.input.messages", "llm.input_messages", "gen_ai.prompt")
ANSWERED = ("gen_ai.output.messages", "llm.output_messages", "gen_ai.completion")
_OFFERED = ("gen_ai.tool.definitions", "llm.tools", "llm.request.functions")


@dataclass(frozen=True)
class Message:
    """``role`` is in lower case, "" where none is stated; ``calls`` are the names of the tools asked for."""

    role: str
    words: str | None
    calls: tuple[str, ...]


def given(places: Sequence[Attributes]) -> list[Message]:
    """What the model was told: in the first of ``places`` (a step, then its events) that says it."""
    return _messages(places, GIVEN)


def answered(places: Sequence[Attributes]) -> list[Message]:
    """What the model wrote."""
    return _messages(places, ANSWERED)


def question_of(messages: Sequence[Message]) -> str | None:
    """The words of the last message of a user; those of the only message where it has no role."""
    said = [one.words for one in messages if one.role in USER and one.words]
    if not said and len(messages) == 1 and not messages[0].role:
        said = [messages[0].words or ""]
    return said[-1] or None if said else None


def answer_of(messages: Sequence[Message]) -> str | None:
    """The words of the last message of the assistant."""
    said = [one.words for one in messages if one.role in (*ASSISTANT, "") and one.words]
    return said[-1] if said else None


def text_of_cut(attributes: Attributes, names: tuple[str, ...]) -> str | None:
    """The text of messages that cannot be read, because attributes may not be longer; None for others."""
    return next((part for name in names if isinstance(part := attributes.part(name), str)), None)


def tools_asked_for(messages: Sequence[Message]) -> list[str]:
    """The names of the tools in the order in which they were asked for."""
    return [name for one in messages for name in one.calls]


def tools_offered(attributes: Attributes) -> list[str]:
    """The names of the tools that the model could have picked."""
    for place in _OFFERED:
        text = attributes.written(place)
        names = _names_in(text) if text is not None else _names_of(attributes.listed(place))
        if names:
            return list(names)
    return []


@lru_cache(maxsize=256)
def _names_in(text: str) -> tuple[str, ...]:
    """The names of the tools in a list that is written as text; most calls are offered the same ones."""
    found = grown(value_of(text))
    return _names_of(found if isinstance(found, list) else [found])


def _names_of(described: Sequence[Any]) -> tuple[str, ...]:
    names = (_named(one) for one in described)
    return tuple(dict.fromkeys(name for name in names if name))


def _messages(places: Sequence[Attributes], names: tuple[str, ...]) -> list[Message]:
    for attributes in places:
        for name in names:
            found = [_message(one) for one in attributes.listed(name)]
            if any(one.words or one.calls for one in found):
                return found
    return []


def _message(stated: Any) -> Message:
    if not isinstance(stated, dict):
        text = text_of(stated)
        # A list that was cut off is no message.
        return Message("", None if text is None or text.startswith(("[", "{")) else text, ())
    inner = stated.get("message")
    found = inner if isinstance(inner, dict) else stated
    parts = _parts(found)
    role = found.get("role")
    return Message(
        role.lower() if isinstance(role, str) else "",
        "\n".join(words for one in parts if (words := _words(one))) or None,
        tuple(_calls(found, parts)),
    )


def _parts(message: dict[str, Any]) -> list[Any]:
    """The parts of a message: texts, and what is no text."""
    for name in ("parts", "contents", "content"):
        found = message.get(name)
        if isinstance(found, str) and found.startswith("[{"):
            found = grown(value_of(found))
        if isinstance(found, list):
            return found
        if found not in (None, ""):
            return [found]
    return []


def _words(part: Any) -> str | None:
    """The words of one part; None for a picture, a call, or what a tool gave back."""
    if isinstance(part, str):
        return text_of(part)
    if not isinstance(part, dict):
        return None
    inner = part.get("message_content")
    found = inner if isinstance(inner, dict) else part
    if found.get("type") not in (None, "text", "input_text", "output_text"):
        return None
    stated = found.get("text") or found.get("content")
    return text_of(stated) if isinstance(stated, str) else None


def _calls(message: dict[str, Any], parts: Sequence[Any]) -> Iterator[str]:
    stated = message.get("tool_calls")
    calls = [*(stated if isinstance(stated, list) else []), message.get("function_call")]
    calls += [one for one in parts if isinstance(one, dict) and one.get("type") in ("tool_call", "tool_use")]
    yield from (name for one in calls if (name := _named(one)))
    older = message.get("function_call_name")
    if isinstance(older, str) and older:
        yield older


def _named(described: Any) -> str | None:
    """The name of the tool in a definition or a call; what is none of both names nothing."""
    found = grown(value_of(described))
    return tool_name(found) if isinstance(found, dict) else None
