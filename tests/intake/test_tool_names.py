"""Lists of tool calls in a table of one's own: read as the names of the tools."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ('[{"name": "search", "arguments": {"id": 1}}]', ["search"]),
        ('[{"type": "function", "function": {"name": "search"}}, {"name": "pay"}]', ["search", "pay"]),
        ('["search", "pay"]', ["search", "pay"]),
        ("[]", []),
    ],
)
def test_a_list_of_calls_is_read_as_their_names(read: Any, cell: str, names: list[str]) -> None:
    done = read(f'{{"run_id": "r1", "query": "q", "tool_calls": {cell}}}\n', name="a.jsonl")
    assert done.cells("tools_called") == [names]
    assert done.warned == (["names_only"] if "{" in cell else [])


@pytest.mark.parametrize("cell", ['[{"id": 1}]', '[{"name": "search"}, 1]', '[{"name": ""}]'])
def test_objects_without_a_name_are_told(read: Any, cell: str) -> None:
    done = read(f'{{"run_id": "r1", "query": "q", "tool_calls": {cell}}}\n', name="a.jsonl")
    assert (done.codes, done.warned) == (["bad_list"], [])


def test_a_list_of_documents_is_read_as_their_ids(read: Any) -> None:
    rows = '{"run_id": "r1", "query": "q", "retrieved": [{"id": "kb-1", "score": 0.9}, {"id": "kb-2"}]}\n'
    done = read(rows, name="a.jsonl")
    assert (done.cells("retrieved_ids"), done.warned) == ([["kb-1", "kb-2"]], ["names_only"])


def test_a_list_of_objects_is_not_guessed_to_be_of_tools(read: Any) -> None:
    text = '{"Vorgang": "r1", "Frage": "q", "choices": [{"index": 1}], "Liste": ["a"]}\n' * 2
    with pytest.raises(Exception, match="Is each column what it seems to be") as asked:
        read(text, name="a.jsonl")
    guesses = {guess.header: guess.guess for guess in asked.value.questions[0].columns}
    assert (guesses["choices"], guesses["Liste"]) == ("", "tools_called")
