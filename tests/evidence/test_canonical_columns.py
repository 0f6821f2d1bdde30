"""The column tables are consistent: every header finds exactly one column, every word one meaning."""

from collections import Counter

import pytest

from core.evidence.column import CellType, Column, fold
from core.evidence.columns import COLUMNS, LABEL_COLUMNS, VERDICT_COLUMNS, Kind

EVERY_COLUMN = [(kind, column) for kind, columns in COLUMNS.items() for column in columns]
NAMES = [f"{kind.value}.{column.name}" for kind, column in EVERY_COLUMN]
each_column = pytest.mark.parametrize(("kind", "column"), EVERY_COLUMN, ids=NAMES)


@pytest.mark.parametrize(
    ("header", "folded"),
    [
        ("run_id", "runid"),
        ("Run ID", "runid"),
        (" RUN-ID ", "runid"),
        ("run.id", "runid"),
        ("Latency (ms)", "latencyms"),
        ("Größe", "grösse"),
        ("ﬁle", "file"),  # a ligature
        ("p95 %", "p95"),
        ("", ""),
        ("—", ""),
    ],
)
def test_fold(header: str, folded: str) -> None:
    assert fold(header) == folded
    assert fold(fold(header)) == fold(header)


@pytest.mark.parametrize("kind", Kind)
def test_every_header_finds_one_column_at_most(kind: Kind) -> None:
    headers = Counter(header for column in COLUMNS[kind] for header in {fold(column.name), *column.spellings})
    assert {header: count for header, count in headers.items() if count > 1} == {}
    assert len({column.name for column in COLUMNS[kind]}) == len(COLUMNS[kind])


@each_column
def test_spellings_are_folded_and_not_repeated(kind: Kind, column: Column) -> None:
    assert [fold(spelling) for spelling in column.spellings] == list(column.spellings)
    assert len(set(column.spellings)) == len(column.spellings)
    assert all(column.spellings)


@each_column
def test_names_are_plain_words(kind: Kind, column: Column) -> None:
    """They become SQL and documents, so nothing but small letters and underscores."""
    assert column.name.replace("_", "").isalpha() and column.name.isascii() and column.name.islower()


@each_column
def test_every_column_says_what_it_means(kind: Kind, column: Column) -> None:
    assert column.meaning[0].isupper()
    assert column.meaning.endswith((".", "?"))
    assert len(column.meaning) < 120


@each_column
def test_choices_are_in_lower_case_and_every_stored_word_is_accepted(kind: Kind, column: Column) -> None:
    accepted = dict(column.choices)
    assert len(accepted) == len(column.choices)
    for word, stored in column.choices:
        assert word == word.lower().strip()
        assert accepted[stored] == stored


@each_column
def test_limits_fit_the_type(kind: Kind, column: Column) -> None:
    is_number = column.type in (CellType.NUMBER, CellType.INTEGER)
    assert is_number or (column.low, column.high) == (None, None)
    assert column.low is None or column.high is None or column.low < column.high
    assert not column.choices or column.type is CellType.TEXT


@pytest.mark.parametrize(
    ("kind", "identity"), [("traces", "run_id"), ("evals", "case_id"), ("labels", "run_id")]
)
def test_every_kind_has_one_identity_and_demands_nothing_else(kind: str, identity: str) -> None:
    columns = COLUMNS[Kind(kind)]
    assert [column.name for column in columns if column.required] == [identity]
    assert [column.name for column in columns if column.is_identifier] == [identity]


def test_the_questions_of_a_label_are_yes_or_no() -> None:
    by_name = {column.name: column for column in LABEL_COLUMNS}
    assert {by_name[name].type for name in VERDICT_COLUMNS} == {CellType.BOOLEAN}


def test_every_kind_has_its_columns() -> None:
    assert set(COLUMNS) == set(Kind)
