"""The words of a question or an answer, out of the objects and message lists that traces hold them in."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.intake.sources.foreign_cells import camel, text_of, value_of

_QUESTION_KEYS = (
    "query", "question", "userInput", "userMessage", "prompt", "input", "message", "messages", "text",
    "content",
)  # fmt: skip
_ANSWER_KEYS = (
    "answer", "response", "finalAnswer", "output", "result", "reply", "completion", "message", "messages",
    "choices", "text", "content",
)  # fmt: skip
USER = frozenset(("user", "human"))
ASSISTANT = frozenset(("assistant", "ai", "model"))
"""What messages call who speaks."""

_DEEPEST = 6


def question_in(cell: Any) -> str | None:
    """What the user asked, from a trace's input: the text of a known key, the last message of the user,
    else the whole as JSON text."""
    return _words(cell, _QUESTION_KEYS, USER)


def answer_in(cell: Any) -> str | None:
    """What the feature answered, from a trace's output: the text of a known key, the last message of the
    assistant, else the whole as JSON text."""
    return _words(cell, _ANSWER_KEYS, ASSISTANT)


def said_by_model(answer: Any, calls: Sequence[str]) -> str | None:
    """The words of a model's answer; None where it only makes ``calls`` of tools, which answers nobody."""
    words = answer_in(answer)
    return None if calls and words == text_of(answer) else words


def messages_in(cell: Any) -> list[dict[str, Any]]:
    """The messages of a model's input: a list of them, or an object with one."""
    found = value_of(cell)
    if isinstance(found, dict):
        found = found.get("messages") or [found]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def speaker_of(message: Mapping[str, Any]) -> str:
    """Who speaks, in lower case; "" where the message does not say it."""
    return str(message.get("role") or message.get("type") or "").lower()


def _words(cell: Any, keys: tuple[str, ...], speakers: frozenset[str]) -> str | None:
    found = value_of(cell)
    if not isinstance(found, dict | list):
        return text_of(found)
    if not found:
        return None
    return _inside(found, keys, speakers, _DEEPEST) or text_of(found)


def _inside(found: Any, keys: tuple[str, ...], speakers: frozenset[str], depth: int) -> str | None:
    """The text in ``found``; None where it has no place for one."""
    if isinstance(found, str):
        return text_of(found)
    if depth == 0:
        return None
    if isinstance(found, list):
        return _of_messages(found, keys, speakers, depth)
    if not isinstance(found, Mapping):
        return None
    by_name = {camel(key): part for key, part in found.items() if isinstance(key, str)}
    for key in keys:
        words = _inside(by_name.get(key), keys, speakers, depth - 1)
        if words is not None:
            return words
    return None


def _of_messages(found: list[Any], keys: tuple[str, ...], speakers: frozenset[str], depth: int) -> str | None:
    """The last message of the speakers, else the text parts of one message put together."""
    spoken = [one for one in found if isinstance(one, dict) and speaker_of(one) in speakers]
    for message in reversed(spoken):
        words = _inside(message.get("content"), keys, speakers, depth - 1)
        if words is not None:
            return words
    parts = [one.get("text") for one in found if isinstance(one, dict) and one.get("type") == "text"]
    if parts:
        return "\n".join(str(part) for part in parts if part) or None
    if len(found) == 1:
        return _inside(found[0], keys, speakers, depth - 1)
    return None
