"""Tool lists as people have them: every shape of JSON is read alike, and a fault is told with its place."""

import json
from typing import Any

import pytest

from core.errors import UnreadableFile
from core.evidence.tool import Parameter, Tool
from core.intake.tool_lists import MOST_BYTES, MOST_PARAMETERS, MOST_TOOLS, read_tools

SCHEMA = {"type": "object", "properties": {"id": {"type": "string", "description": "Its id."}, "n": {}}}
PLAIN = {"name": "get", "description": "Gets it."}
READ = (Tool("get", "Gets it.", (Parameter("id", "Its id."), Parameter("n"))),)


@pytest.mark.parametrize(
    "body",
    [
        {
            "model": "m",
            "messages": [],
            "tools": [{"type": "function", "function": PLAIN | {"parameters": SCHEMA}}],
        },
        [{"type": "function", **PLAIN, "parameters": SCHEMA}],
        {"functions": [PLAIN | {"parameters": SCHEMA}]},
        {"tools": [PLAIN | {"inputSchema": SCHEMA}]},
        {"jsonrpc": "2.0", "id": 1, "result": {"tools": [PLAIN | {"inputSchema": SCHEMA}]}},
        [PLAIN | {"input_schema": SCHEMA}],
        [{"title": "get", "description": "Gets it.", **SCHEMA}],
        {"get": {"description": "Gets it.", **SCHEMA}},
    ],
)
def test_every_shape_gives_the_same_tools(body: Any) -> None:
    assert read_tools(json.dumps(body).encode()) == READ
    assert read_tools(b"\xef\xbb\xbf" + json.dumps(body, indent=1).encode()) == READ


@pytest.mark.parametrize(
    ("content", "sentence", "code"),
    [
        (b"", "no JSON: line 1, column 1", "bad_json"),
        (b'{"tools": [', "no JSON: line 1", "bad_json"),
        (b"\xff\xfe{", "no text in UTF-8", "bad_json"),
        (b"[" * 200_000, "nested too deeply", "bad_json"),
        (b"[" + b"9" * 5000 + b"]", "thousands of digits", "bad_json"),
        (b"7", "no list of tools", "no_rows"),
        (b"{}", "no list of tools", "no_rows"),
        (b'{"tools": []}', "list of tools is empty", "no_rows"),
        (b'[{"name": "a"}, 7]', "Tool 2 of the list is no object", "bad_list"),
        (b'[{"description": "x"}]', "Tool 1 of the list has no name", "bad_list"),
        (b'[{"name": "a", "description": 7}]', "a description that is no text", "bad_list"),
        (b'[{"name": "a", "parameters": {"properties": []}}]', "that are no object", "bad_list"),
        (json.dumps([{"name": "a" * 201}]).encode(), "more than 200 characters", "bad_list"),
        (json.dumps([{"name": "a"}] * (MOST_TOOLS + 1)).encode(), "501 tools; 500 can", "too_large"),
        (
            json.dumps(
                [{"name": "a", "properties": {str(n): {} for n in range(MOST_PARAMETERS + 1)}}]
            ).encode(),
            "more than 200 parameters",
            "bad_list",
        ),
        (b" " * (MOST_BYTES + 1), "larger than 1 MB", "too_large"),
    ],
)
def test_a_fault_says_where_it_is(content: bytes, sentence: str, code: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence) as caught:
        read_tools(content)
    assert caught.value.code == code
    assert caught.value.mend


def test_what_no_database_keeps_is_left_out() -> None:
    (tool,) = read_tools(b'[{"name": "a\\u0000b", "description": "x\\ud800"}]')
    assert (tool.name, tool.description) == ("ab", "x?")
