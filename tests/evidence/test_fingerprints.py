"""Fingerprints: equal exactly where the content is equal, and the same on every machine."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence.fingerprints import content_keys, key_of, of_bytes, of_document, of_file

cells = st.none() | st.text(max_size=5)


def present(row: list[str | None]) -> dict[int, str]:
    """The cells that are there, by their column: a missing one adds nothing."""
    return {place: cell for place, cell in enumerate(row) if cell is not None}


def key_of_row(row: list[str | None]) -> int:
    """The content key of one row whose columns are called 0, 1, ..."""
    (key,) = content_keys({str(place): [cell] for place, cell in enumerate(row)}, 1)
    return int(key)


def test_known_values() -> None:
    """What is stored must be found again by every later version; worked out from the rule by hand."""
    assert of_bytes(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert key_of("run-1") == 6336430233361036602
    assert key_of("run", "case", 0) == 4233150221155123660


def test_a_file_has_the_fingerprint_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a\x00b" * 100_000)
    assert of_file(path) == of_bytes(path.read_bytes()) == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("x,y", "z"), ("x", "y,z")),
        (("xy", "z"), ("x", "yz")),
        (("x",), ("x", "")),
        (("x", ""), ("", "x")),
        ((), ("",)),
        (("a", "b"), ("b", "a")),
        (("é",), ("e\u0301",)),  # two spellings of one letter are two ids
        (("x",), ("X",)),
        (("x",), ("x ",)),
    ],
)
def test_parts_are_kept_apart(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert key_of(*one) != key_of(*other)


def test_a_number_is_its_own_text() -> None:
    assert key_of("run", 1) == key_of("run", "1")


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_keys_are_equal_exactly_where_the_parts_are(one: list[str], other: list[str]) -> None:
    assert (key_of(*one) == key_of(*other)) == (one == other)
    assert -(2**63) <= key_of(*one) < 2**63


@given(st.lists(cells, max_size=4), st.lists(cells, max_size=4))
def test_content_keys_are_equal_exactly_where_the_cells_are(
    one: list[str | None], other: list[str | None]
) -> None:
    assert (key_of_row(one) == key_of_row(other)) == (present(one) == present(other))


def test_a_missing_cell_differs_from_an_empty_one() -> None:
    assert key_of_row([None]) != key_of_row([""])
    assert key_of_row(["a", None]) != key_of_row([None, "a"])


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_rows_by_column_are_equal_exactly_where_their_cells_are(
    rows: list[tuple[str | None, str | None]],
) -> None:
    keys = content_keys({"a": [row[0] for row in rows], "b": [row[1] for row in rows]}, len(rows))
    assert keys.dtype == np.int64
    for place, row in enumerate(rows):
        for other_place, other in enumerate(rows):
            assert (keys[place] == keys[other_place]) == (row == other)


@given(st.lists(cells, min_size=1, max_size=4))
def test_a_blank_column_and_an_absent_one_are_the_same_content(values: list[str | None]) -> None:
    count = len(values)
    absent = content_keys({"a": values}, count)
    blank = content_keys({"b": [None] * count, "a": values}, count)
    assert absent.tolist() == blank.tolist()


def test_text_does_not_move_from_one_column_to_the_next() -> None:
    (one,), (other,) = content_keys({"a": ["xy"], "b": ["z"]}, 1), content_keys({"a": ["x"], "b": ["yz"]}, 1)
    assert one != other
    (one,), (other,) = content_keys({"a": ["x"]}, 1), content_keys({"b": ["x"]}, 1)
    assert one != other
    assert content_keys({}, 2).tolist() == [content_keys({}, 1)[0]] * 2


def test_documents_are_the_same_in_any_order_of_their_fields() -> None:
    one = {"b": [1, 2, {"y": None, "x": "é"}], "a": 0.5}
    other = {"a": 0.5, "b": [1, 2, {"x": "é", "y": None}]}
    assert of_document(one) == of_document(other)
    assert of_document({}) == of_bytes(b"{}")
    assert of_document({"b": 2, "a": 1.0}) == of_bytes(b'{"a":1,"b":2}')


@pytest.mark.parametrize(
    "other",
    [{"a": [2, 1]}, {"a": [1, 2, None]}, {"a": ["1", 2]}, {"A": [1, 2]}, {"a": [1, 2], "b": None}, {}],
)
def test_documents_that_differ_have_different_fingerprints(other: dict[str, object]) -> None:
    assert of_document({"a": [1, 2]}) != of_document(other)


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_what_is_no_number_has_no_canonical_form(odd: float) -> None:
    with pytest.raises(ValueError):
        of_document({"a": odd})
