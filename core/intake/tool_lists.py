"""A tool list read from JSON: the `tools` of a request, the answer to MCP's `tools/list`, or schemas."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import UnreadableFile
from core.evidence.tool import Parameter, Tool

MOST_BYTES = 1 << 20
MOST_TOOLS = 500
MOST_PARAMETERS = 200
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 20_000

_WRAPPERS = ("tools", "functions", "result")
_SCHEMAS = ("parameters", "inputSchema", "input_schema")
_MEND = (
    "Upload the JSON that your model is given: the list under “tools” of a request, or the answer to "
    "tools/list of an MCP server."
)


def read_tools(content: bytes) -> tuple[Tool, ...]:
    """The tools of a file, in its order.

    Raises :class:`UnreadableFile` where it is too large, no JSON, or no list of tools; the sentence says
    which tool of the list is at fault, counted from 1.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(
            f"The tool list is larger than {MOST_BYTES >> 20} MB.", mend=_MEND, code="too_large"
        )
    listed = _listed(_parsed(content))
    if listed is None:
        raise UnreadableFile("This JSON holds no list of tools.", mend=_MEND, code="no_rows")
    if not listed:
        raise UnreadableFile("The list of tools is empty.", mend=_MEND, code="no_rows")
    if len(listed) > MOST_TOOLS:
        raise UnreadableFile(
            f"The list has {len(listed):,} tools; {MOST_TOOLS} can be looked at.",
            mend="Upload the tools of one feature only.",
            code="too_large",
        )
    return tuple(_tool(place, one) for place, one in enumerate(listed, start=1))


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UnreadableFile("The tool list is no text in UTF-8.", mend=_MEND, code="bad_json") from None
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            f"The tool list is no JSON: line {error.lineno}, column {error.colno}.",
            mend=_MEND,
            code="bad_json",
        ) from None
    except (RecursionError, ValueError):
        raise UnreadableFile(
            "The tool list is nested too deeply, or holds a number with thousands of digits.",
            mend=_MEND,
            code="bad_json",
        ) from None


def _listed(body: Any) -> list[Any] | None:
    """The list of tools in ``body``, however it is wrapped; a mapping of names to schemas is a list, too."""
    for _ in range(len(_WRAPPERS)):
        if not isinstance(body, dict):
            break
        inner = next((body[name] for name in _WRAPPERS if isinstance(body.get(name), dict | list)), None)
        if inner is None:
            break
        body = inner
    if isinstance(body, list):
        return body
    if isinstance(body, dict) and body and all(isinstance(one, dict) for one in body.values()):
        # A name beside a tool wins over one inside it: it is what the tool is called by.
        return [{**one, "name": name} for name, one in body.items()]
    return None


def _tool(place: int, said: Any) -> Tool:
    if isinstance(said, dict) and isinstance(said.get("function"), dict):
        said = said["function"]
    if not isinstance(said, dict):
        raise _faulty(place, "is no object")
    name = said.get("name", said.get("title"))
    if not isinstance(name, str) or not name.strip():
        raise _faulty(place, "has no name")
    if len(name) > LONGEST_NAME:
        raise _faulty(place, f"has a name of more than {LONGEST_NAME} characters")
    return Tool(_text(name), _description(place, said), _parameters(place, said))


def _parameters(place: int, said: Mapping[str, Any]) -> tuple[Parameter, ...]:
    schema = next((said[name] for name in _SCHEMAS if name in said), said)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if properties is None:
        return ()
    if not isinstance(properties, dict):
        raise _faulty(place, "has “properties” that are no object")
    if len(properties) > MOST_PARAMETERS:
        raise _faulty(place, f"has more than {MOST_PARAMETERS} parameters")
    return tuple(
        Parameter(_text(name[:LONGEST_NAME]), _description(place, one) if isinstance(one, dict) else "")
        for name, one in properties.items()
    )


def _description(place: int, said: Mapping[str, Any]) -> str:
    described = said.get("description")
    if described is None:
        return ""
    if not isinstance(described, str):
        raise _faulty(place, "has a description that is no text")
    if len(described) > LONGEST_DESCRIPTION:
        raise _faulty(place, f"has a description of more than {LONGEST_DESCRIPTION:,} characters")
    return _text(described)


def _text(text: str) -> str:
    """Without half characters and NUL, which no database keeps."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "").strip()


def _faulty(place: int, fault: str) -> UnreadableFile:
    return UnreadableFile(
        f"Tool {place:,} of the list {fault}.", mend="Correct it and upload it again.", code="bad_list"
    )


FORMATS: Sequence[str] = (
    "OpenAI: the `tools` or `functions` of a request",
    "Model Context Protocol: the answer to `tools/list`",
    "Anthropic: the `tools` of a request",
    "JSON schemas: a list, or an object with a schema for each name",
)
"""What is read, in words."""
