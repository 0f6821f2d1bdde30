"""Every reading of every metric is sound SQL over canonical columns, and says what it counts."""

import re
from itertools import product
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from core.errors import InvalidDocument
from core.evidence.columns import COLUMNS, TRACE_COLUMNS, VERDICT_COLUMNS, CellType, Column, Kind
from core.intake.schema import arrow_type
from core.metrics.catalogue import CATALOGUE, Metric, Reading, Relation, Shape, metric
from core.metrics.measurement import Source

READINGS = [(asked, reading) for asked in CATALOGUE.values() for reading in asked.readings]
each_reading = pytest.mark.parametrize(
    ("asked", "reading"), READINGS, ids=[f"{asked.id}-{reading.source}" for asked, reading in READINGS]
)

OPTIONAL = {"error", "error_kind"}
"""Columns that only record failures: a file without them can be counted, so no metric demands them."""

VALUES: dict[CellType, list[Any]] = {
    CellType.BOOLEAN: [None, True, False],
    CellType.TEXT: [None, "", "a", "accepted", "edited", "run", "judge"],
    CellType.NUMBER: [None, 0.0, 1.0, 1e9, float("nan"), float("inf")],
    CellType.TEXT_LIST: [None, [], ["a"], ["a", "b"], ["b", "a", "a"]],
}


def columns_of(reading: Reading) -> dict[str, Column]:
    """The canonical columns of the rows that ``reading`` counts."""
    if reading.relation is Relation.EVALS:
        return {column.name: column for column in COLUMNS[Kind.EVALS]}
    if reading.relation is Relation.TRACES:
        return {column.name: column for column in TRACE_COLUMNS}
    verdicts = {column.name: column for column in COLUMNS[Kind.LABELS] if column.name in VERDICT_COLUMNS}
    return {column.name: column for column in TRACE_COLUMNS} | verdicts


def identifiers(condition: str) -> set[str]:
    """The names in a condition: words in small letters, outside of texts and placeholders."""
    plain = re.sub(r"'[^']*'", "", condition)
    return {word for word in re.findall(r"\$?\b[A-Za-z_0-9]+\b", plain) if re.match(r"[a-z_]", word)}


def used(reading: Reading) -> set[str]:
    return identifiers(f"{reading.eligible} {reading.passes} {reading.value}")


@each_reading
def test_conditions_name_canonical_columns_only(asked: Metric, reading: Reading) -> None:
    assert used(reading) <= set(columns_of(reading))


@each_reading
def test_the_declared_columns_are_those_that_the_conditions_need(asked: Metric, reading: Reading) -> None:
    assert used(reading) - OPTIONAL == set(reading.columns)
    assert set(reading.columns) <= set(columns_of(reading))


@each_reading
def test_every_placeholder_is_the_bar(asked: Metric, reading: Reading) -> None:
    every = f"{reading.eligible} {reading.passes} {reading.value}"
    assert set(re.findall(r"\$\w+", every)) <= {"$bar"}
    assert ("$bar" in reading.passes) == (asked.shape is Shape.QUANTILE)
    assert "$bar" not in reading.eligible
    assert bool(reading.value) == (asked.shape is Shape.QUANTILE)


@each_reading
def test_an_eligible_row_passes_or_does_not(asked: Metric, reading: Reading) -> None:
    """Tried with every combination of present, missing and odd cells: never NULL, never an error."""
    columns = [columns_of(reading)[name] for name in sorted(used(reading))]
    rows = list(product(*(VALUES[column.type] for column in columns)))
    table = pa.table(
        {
            column.name: pa.array(cells, arrow_type(column.type))
            for column, cells in zip(columns, zip(*rows, strict=True), strict=True)
        }
    )
    query = f"SELECT ({reading.eligible}), ({reading.passes}), {reading.value or 'NULL'} FROM example"
    bar = {"bar": 8000.0} if "$bar" in query else None
    with duckdb.connect() as connection:
        connection.register("example", table)
        found = connection.execute(query, bar)
        assert [str(kind[1]) for kind in found.description[:2]] == ["BOOLEAN", "BOOLEAN"]
        answers = found.fetchall()
    assert len(answers) == len(rows)
    eligible = [passes for is_eligible, passes, _ in answers if is_eligible]
    assert set(eligible) == {True, False}


@each_reading
def test_every_reading_names_its_denominator(asked: Metric, reading: Reading) -> None:
    assert reading.denominator[0].isupper() and reading.denominator.endswith(".")


@pytest.mark.parametrize("asked", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_metric_explains_itself(asked: Metric) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", asked.id)
    assert asked.label and asked.noun
    assert asked.sentence[0].isupper() and asked.sentence.endswith(".")
    assert asked.readings
    sources = [reading.source for reading in asked.readings]
    assert len(set(sources)) == len(sources)


@pytest.mark.parametrize("asked", CATALOGUE.values(), ids=list(CATALOGUE))
def test_only_quantiles_have_a_level(asked: Metric) -> None:
    if asked.shape is Shape.QUANTILE:
        assert 0 < asked.level < 1
    else:
        with pytest.raises(ValueError, match=f"{asked.id} is not a quantile"):
            _ = asked.level


RELATION_OF = {
    Source.LABEL: Relation.LABELLED,
    Source.JUDGE: Relation.JUDGED,
    Source.EVAL: Relation.EVALS,
    Source.FEEDBACK: Relation.TRACES,
    Source.TRACE: Relation.TRACES,
}


@each_reading
def test_a_source_counts_its_own_rows(asked: Metric, reading: Reading) -> None:
    """Sources are never mixed: an AI judge's word never stands in for a person's."""
    assert reading.relation is RELATION_OF[reading.source]
    assert asked.reading(reading.source) is reading


def test_a_metric_is_found_by_its_id_and_what_is_unknown_is_refused_with_what_there_is() -> None:
    assert [metric(name) for name in CATALOGUE] == list(CATALOGUE.values())
    with pytest.raises(InvalidDocument, match="There is no metric “accuracy”") as fault:
        metric("accuracy")
    assert all(name in fault.value.mend for name in CATALOGUE)


def test_a_source_that_a_metric_does_not_take_is_refused_with_those_it_takes() -> None:
    with pytest.raises(InvalidDocument) as fault:
        metric("user_acceptance").reading(Source.LABEL)
    assert str(fault.value) == (
        "User acceptance cannot be measured from source “label”. Choose one of: feedback."
    )
