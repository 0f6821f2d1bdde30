"""LangChain's own writing of messages ({"lc": 1, "kwargs": {…}}) -> plain messages with role and words."""

from typing import Any

_MARKS = {"lc", "type", "id", "kwargs", "name", "graph", "repr"}
_SPEAKERS = {"HumanMessage": "human", "AIMessage": "ai", "SystemMessage": "system", "ToolMessage": "tool"}
_DEEPEST = 40


def plain_messages(found: Any, depth: int = _DEEPEST) -> Any:
    """``found`` with every object that LangChain wrote so replaced by what it holds."""
    if depth == 0:
        return found
    if isinstance(found, list):
        return [plain_messages(one, depth - 1) for one in found]
    if not isinstance(found, dict):
        return found
    if isinstance(found.get("kwargs"), dict) and set(found) <= _MARKS:
        return _message(found, depth)
    return {key: plain_messages(one, depth - 1) for key, one in found.items()}


def answered(found: Any) -> Any:
    """The first of the answers that a model gave in LangChain's list of them; anything else as it is."""
    listed = found.get("generations") if isinstance(found, dict) else None
    while isinstance(listed, list) and listed:
        listed = listed[0]
    return listed if isinstance(listed, dict) and listed else found


def _message(written: dict[str, Any], depth: int) -> dict[str, Any]:
    message: dict[str, Any] = plain_messages(written["kwargs"], depth - 1)
    path = written.get("id")
    name = path[-1] if isinstance(path, list) and path and isinstance(path[-1], str) else ""
    speaker = _SPEAKERS.get(name.removesuffix("Chunk"))
    if speaker is not None:
        message = {**message, "type": speaker}
    return {**message, "tool_calls": calls} if (calls := _older_calls(message)) else message


def _older_calls(message: dict[str, Any]) -> list[Any]:
    """Older versions keep the vendor's own calls beside the message."""
    beside = message.get("additional_kwargs")
    if message.get("tool_calls") or not isinstance(beside, dict):
        return []
    calls = beside.get("tool_calls")
    if isinstance(calls, list) and calls:
        return calls
    return [beside["function_call"]] if isinstance(beside.get("function_call"), dict) else []
