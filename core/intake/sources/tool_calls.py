"""Which tools a step was offered and which it asked for, in any vendor's format."""

from typing import Any

from core.intake.sources.foreign_cells import list_of, text_of, value_of

_DEEPEST = 8
_USED = {"tool_use", "function_call", "tool_call"}
_AROUND = ("message", "choices", "generations", "content", "output", "messages")
"""Where an answer keeps its message, from the nearest to the farthest."""

_HOLDERS = ("function", "tool_call", "tool", "json_schema", "toolSpec")
"""Where a definition or a call keeps its name, if it is not at the top."""


def tools_in(defined: Any) -> list[str]:
    """The different names in a list of tool definitions, in their order."""
    return list(dict.fromkeys(tool_names(defined)))


def tool_names(described: Any) -> list[str]:
    """The name in each of a list of definitions or calls, in order; of texts, the texts themselves."""
    return [name for one in list_of(described) if (name := tool_name(one)) is not None]


def calls_in(answer: Any) -> list[str]:
    """The tools that a model's answer asks for, in order; empty for none."""
    return tool_names(_calls(value_of(answer), _DEEPEST))


def tools_in_messages(messages: Any) -> list[str]:
    """The tools that the assistant called in a list of messages, in order."""
    found = messages if isinstance(messages, list) else []
    return [name for one in found if isinstance(one, dict) for name in tool_names(one.get("tool_calls"))]


def tool_name(described: Any) -> str | None:
    """The name of a tool in a definition or a call, however deep its maker put it; None where there is
    none, or only the beginning of one that was cut off."""
    found = value_of(described)
    for _ in range(_DEEPEST):
        if isinstance(found, str):
            return None if found.startswith(("{", "[")) else text_of(found)
        if not isinstance(found, dict):
            return None
        name = found.get("name")
        if isinstance(name, str | int) and not isinstance(name, bool) and name != "":
            return text_of(name)
        found = value_of(next((found[key] for key in _HOLDERS if found.get(key)), None))
    return None


def _calls(answer: Any, depth: int) -> list[Any]:
    if depth == 0:
        return []
    if isinstance(answer, list):
        parts = [one for one in answer if isinstance(one, dict | list)]
        used = [one for one in parts if isinstance(one, dict) and one.get("type") in _USED]
        return used or (_calls(parts[-1], depth - 1) if parts else [])
    if not isinstance(answer, dict):
        return []
    if isinstance(answer.get("tool_calls"), list) and answer["tool_calls"]:
        return list(answer["tool_calls"])
    for key in _AROUND:
        calls = _calls(answer.get(key), depth - 1)
        if calls:
            return calls
    return []
