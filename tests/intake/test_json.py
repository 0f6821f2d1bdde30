"""JSON in its shapes: where the rows are, what their numbers are, and what is no row."""

from typing import Any

import pytest

from core.errors import UnreadableFile
from core.intake.reading import Answers

_ONE = '{"run_id": "r1", "query": "q"}'
_TWO = '{"run_id": "r2", "query": "q", "latency_ms": 12.50}'


@pytest.mark.parametrize(
    "text",
    [
        f"{_ONE}\n{_TWO}\n",
        f"{_ONE}\n\n{_TWO}",
        f"[{_ONE}, {_TWO}]",
        f'{{"rows": [{_ONE}, {_TWO}]}}',
        f'{{"version": {{"a": [1]}}, "data": [{_ONE},\n{_TWO}], "next": null}}',
        f'{{"results": [{_ONE}, {_TWO}]}}',
        f'{{"traces": [{_ONE}, {_TWO}]}}',
        f"{{\n {_ONE[1:-1]}\n}}\n{{\n {_TWO[1:-1]}\n}}",
        f"\ufeff[{_ONE}, {_TWO}]",
    ],
)
def test_shapes(read: Any, text: str) -> None:
    done = read(text, name="export.json")
    assert done.cells("run_id") == ["r1", "r2"]
    assert done.cells("latency_ms") == [None, 12.5]


def test_rows_are_numbered_by_line_or_by_position(read: Any) -> None:
    assert read(f"{_ONE}\n\n{_TWO}", name="a.jsonl").cells("row") == [1, 3]
    assert read(f"[{_ONE},\n\n{_TWO}]", name="a.json").cells("row") == [1, 2]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1, 2", "bad_json"),
        (f"[{_ONE}] and more", "bad_json"),
        (f"[{_ONE}", "bad_json"),
        (f'{{"rows": [{_ONE}], "data": [{_ONE}]}}', "two_lists"),
        ("{'run_id': 'r1'}", "bad_json"),
        ("[[1], [2]]", "not_an_object"),
        ('{"message": "Forbidden", "code": 403}', "wrong_type"),
        ("run_id,query\nr1,q\n", "wrong_type"),
        ("[]", "no_rows"),
    ],
)
def test_what_is_no_table(read: Any, text: str, code: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(text, name="export.json")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ('{"run_id": "r2", "query": NaN}', "bad_json"),
        ('{"run_id": "r2", "query": "\\ud83d"}', "bad_json"),
        ('{"run_id": "r2", "run_id": "r3"}', "duplicate_key"),
        ('{"run_id": "r2", "scores": {"a": 1e999}}', "out_of_range"),
        ('{"run_id": "r2", "scores": ' + "[" * 300 + "]" * 300 + "}", "too_deep"),
        ('["r2"]', "not_an_object"),
        ('{"run_id": "r2", "que', "bad_json"),
        ('{"run_id": "r2", "latency_ms": [1]}', "wrong_type"),
        ('{"run_id": null, "query": "q"}', "missing_id"),
    ],
)
def test_a_bad_row_costs_only_itself(read: Any, row: str, code: str) -> None:
    done = read(f"{_ONE}\n{row}\n{_TWO}\n", name="export.jsonl")
    assert done.codes == [code]
    assert done.report.problems[0].row == 2
    assert done.cells("run_id") == ["r1", "r2"]


def test_numbers_keep_their_digits_as_text_and_pairs_of_surrogates_are_characters(read: Any) -> None:
    done = read('{"run_id": 9007199254740993, "query": "\\ud83d\\ude00", "session_id": 1e5}', name="a.jsonl")
    assert done.cells("run_id") == ["9007199254740993"]
    assert done.cells("query") == ["😀"]
    assert done.cells("session_id") == ["1e5"]


def test_keys_may_appear_later_and_nested_values_stay_json(read: Any) -> None:
    rows = '{"run_id": "r1", "query": {"b": 1, "a": "é"}}\n{"run_id": "r2", "scores": {"b": 1.0, "a": 0.5}}\n'
    done = read(rows, Answers(), name="a.jsonl")
    assert done.cells("query") == ['{"b":1,"a":"é"}', None]
    assert done.cells("scores") == [None, '{"a":0.5,"b":1}']


def test_a_list_longer_than_one_block_is_read_piece_by_piece(read: Any) -> None:
    rows = ", ".join(f'{{"run_id": "r{i}", "query": "{"x" * 3_000}"}}' for i in range(1_500))
    done = read(f'{{"total": 1500, "rows": [{rows}], "end": true}}', name="a.json")
    assert done.report.accepted == 1_500


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"run_id":"r2","query":"a","resp', "a text has no closing quote"),
        ('{"run_id":"r2","query":', "a value is missing, or is written without quotes"),
        ('{"run_id":"r2","query":q}', "a value is missing, or is written without quotes"),
        ('{run_id:"r2"}', "a key is missing, or is not in double quotes"),
        ('{"run_id":"r2" "query":"q"}', "a comma is missing, or a quote stands inside a text"),
        ('{"run_id" "r2"}', "a colon is missing behind a key"),
        ('{"run_id":"r2"}, {"run_id":"r3"}', "something stands behind the end of the value"),
        ('{"run_id":"r2","query":"a\tb"}', "a text holds a line end or a tab"),
        ('{"run_id":"r2","query":"C:\\dir"}', "a backslash stands before something that it cannot"),
    ],
)
def test_what_breaks_json_is_told_in_plain_words(read: Any, line: str, words: str) -> None:
    [problem] = read(f'{{"run_id":"r1","query":"q"}}\n{line}\n', name="a.jsonl").report.problems
    assert problem.reason == f"The JSON breaks: {words}."


def test_a_text_in_place_of_json_is_told_how_to_write_it(read: Any) -> None:
    [problem] = read("run_id,query,scores\nr1,q,good\nr2,q,\n").report.problems
    assert problem.fix == 'Write it as JSON, such as {"helpful": 1}.'
