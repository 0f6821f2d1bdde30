"""Every reading of every metric is sound SQL over canonical columns, and says what it counts."""

import re
from itertools import product
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from core.errors import InvalidDocument
from core.evidence.column import CellType, Column
from core.evidence.columns import COLUMNS, TRACE_COLUMNS, VERDICT_COLUMNS, Kind
from core.intake.schema import arrow_type
from core.metrics.catalogue import (
    AMOUNTS,
    BEHAVIOUR,
    CATALOGUE,
    QUALITY,
    Metric,
    Reading,
    Relation,
    Shape,
    metric,
)
from core.metrics.measurement import Source
from core.units import Unit

READINGS = [(asked, reading) for asked in CATALOGUE.values() for reading in asked.readings]
each_reading = pytest.mark.parametrize(
    ("asked", "reading"), READINGS, ids=[f"{asked.id}-{reading.source}" for asked, reading in READINGS]
)

LABEL_FACTS = {"key", "label", "is_judge", "sampling"}
"""What a condition asks the labels of its row by: one label may name what another leaves out."""

OPTIONAL = {"error", "error_kind", "tool_selected", "tools_called"} | LABEL_FACTS
"""Columns that a condition may use without demanding them: a file without them can still be counted."""

VALUES: dict[CellType, list[Any]] = {
    CellType.BOOLEAN: [None, True, False],
    CellType.TEXT: [None, "", "a", "accepted", "edited", "rejected", "run", "judge", " OK "],
    CellType.NUMBER: [None, 0.0, 1.0, 1e9, float("nan"), float("inf")],
    CellType.INTEGER: [None, 0, 1, 2**62],
    CellType.TEXT_LIST: [None, [], ["a"], ["a", "b"], ["b", "a", "a"]],
}


def columns_of(reading: Reading) -> dict[str, Column]:
    """The canonical columns of the rows that ``reading`` counts."""
    if reading.relation is Relation.EVALS:
        return {column.name: column for column in COLUMNS[Kind.EVALS]}
    if reading.relation is Relation.TRACES:
        return {column.name: column for column in TRACE_COLUMNS}
    told = (*VERDICT_COLUMNS, "failure_type")
    verdicts = {column.name: column for column in COLUMNS[Kind.LABELS] if column.name in told}
    return {column.name: column for column in TRACE_COLUMNS} | verdicts


def identifiers(condition: str) -> set[str]:
    """The names in a condition: words in small letters, outside of texts and placeholders."""
    plain = re.sub(r"'[^']*'", "", condition)
    return {word for word in re.findall(r"\$?\b[A-Za-z_0-9]+\b", plain) if re.match(r"[a-z_]", word)}


def asks_labels(reading: Reading) -> bool:
    return "FROM label" in reading.passes


def used(reading: Reading) -> set[str]:
    return identifiers(f"{reading.eligible} {reading.passes} {reading.value}")


@each_reading
def test_conditions_name_canonical_columns_only(asked: Metric, reading: Reading) -> None:
    facts = LABEL_FACTS if asks_labels(reading) else set()
    assert used(reading) - facts <= set(columns_of(reading))


@each_reading
def test_the_declared_columns_are_those_that_the_conditions_need(asked: Metric, reading: Reading) -> None:
    assert set(reading.columns) <= used(reading)
    assert used(reading) - set(reading.columns) <= OPTIONAL


@each_reading
def test_every_placeholder_is_the_bar(asked: Metric, reading: Reading) -> None:
    every = f"{reading.eligible} {reading.passes} {reading.value}"
    assert set(re.findall(r"\$\w+", every)) <= {"$bar"}
    assert ("$bar" in reading.passes) == (asked.shape is Shape.QUANTILE)
    assert "$bar" not in reading.eligible
    assert bool(reading.value) == (asked.shape in (Shape.QUANTILE, Shape.MEAN))


@pytest.mark.parametrize(
    ("asked", "reading"),
    [one for one in READINGS if not asks_labels(one[1])],
    ids=[f"{asked.id}-{reading.source}" for asked, reading in READINGS if not asks_labels(reading)],
)
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
        shapes = ["BOOLEAN", "DOUBLE" if asked.graded else "BOOLEAN"]
        assert [str(kind[1]) for kind in found.description[:2]] == shapes
        answers = found.fetchall()
    assert len(answers) == len(rows)
    eligible = {passes for is_eligible, passes, _ in answers if is_eligible}
    outcomes = {True} if reading.passes == "TRUE" else {True, False}
    assert eligible == ({0.0, 0.5, 1.0} if asked.graded else outcomes)


@each_reading
def test_a_blank_that_means_no_has_its_column_and_its_words(asked: Metric, reading: Reading) -> None:
    assert bool(reading.blank_is_no) == bool(reading.blank_says)
    assert {reading.blank_is_no} - {""} <= used(reading)
    assert {name for pair in reading.instead for name in pair} <= used(reading)


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


def answer(asked: str, source: str, **cells: Any) -> tuple[bool, Any]:
    """(eligible, passes) of one row; columns that are not given are blank."""
    reading = metric(asked).reading(Source(source))
    columns = [columns_of(reading)[name] for name in sorted(used(reading) | set(cells))]
    table = pa.table(
        {column.name: pa.array([cells.get(column.name)], arrow_type(column.type)) for column in columns}
    )
    with duckdb.connect() as connection:
        connection.register("example", table)
        found = connection.execute(
            f"SELECT COALESCE({reading.eligible}, FALSE), {reading.passes} FROM example"
        ).fetchone()
    assert found is not None
    return found


NOT_COUNTED = None
"""A row that the metric leaves out: what was not recorded is never a no."""


@pytest.mark.parametrize(
    ("asked", "source", "cells", "expected"),
    [
        # A blank flag is not recorded; a stated one counts either way.
        *(
            (asked, "trace", {column: value}, expected)
            for asked, column, bad in (
                ("escalation_rate", "escalated", True),
                ("abstention_rate", "abstained", True),
                ("fallback_rate", "fallback", True),
                ("schema_failure_rate", "schema_valid", False),
            )
            for value, expected in ((None, NOT_COUNTED), (bad, True), (not bad, False))
        ),
        # Silence is not a reaction, and an edit is neither accepted nor rejected.
        ("rejected_rate", "feedback", {}, NOT_COUNTED),
        ("rejected_rate", "feedback", {"user_feedback": "edited"}, False),
        ("rejected_rate", "feedback", {"user_feedback": "rejected"}, True),
        ("edited_rate", "feedback", {"user_feedback": "edited"}, True),
        ("user_acceptance", "feedback", {"user_feedback": "edited"}, False),
        ("reaction_rate", "feedback", {}, False),
        ("reaction_rate", "feedback", {"user_feedback": "rejected"}, True),
        # A run with neither an answer nor an error says nothing.
        ("error_rate", "trace", {}, NOT_COUNTED),
        ("error_rate", "trace", {"response": "Yes."}, False),
        ("error_rate", "trace", {"error": "timeout"}, True),
        ("error_rate", "trace", {"response": "Yes.", "error": "timeout"}, True),
        ("error_rate", "trace", {"response": "Yes.", "error": " OK "}, False),
        # A tool that was called is known from either column; nothing is no call, in files that record tools.
        *(
            ("tool_selection_accuracy", "trace", {"tool_expected": "refund", **cells}, expected)
            for cells, expected in (
                ({}, False),
                ({"tools_called": []}, False),
                ({"tools_called": ["search", "refund"]}, True),
                ({"tools_called": ["search", "refund"], "tool_selected": "search"}, False),
                ({"tool_selected": "refund"}, True),
            )
        ),
        *(
            ("tool_selection_accuracy", "eval", {"tools_expected": ["refund"], **cells}, expected)
            for cells, expected in (
                ({}, False),
                ({"tools_called": []}, False),
                ({"tools_called": [], "tool_selected": "refund"}, False),
                ({"tools_called": ["search", "refund"]}, True),
                ({"tool_selected": "refund"}, True),
                ({"tool_selected": "search"}, False),
            )
        ),
        # A run that failed did not pass, whatever else is said; a judge or a limit says nothing about it.
        *(
            ("eval_pass_rate", "eval", cells, expected)
            for cells, expected in (
                ({}, NOT_COUNTED),
                ({"error_kind": "run"}, False),
                ({"error_kind": "run", "passed": True}, False),
                ({"error": "HTTP 500"}, False),
                ({"error": "HTTP 500", "error_kind": "judge"}, NOT_COUNTED),
                ({"error_kind": "limit"}, NOT_COUNTED),
                ({"error_kind": "limit", "passed": True}, True),
            )
        ),
        # Only traces that called a tool can see one fail.
        ("tool_failure_rate", "trace", {"response": "Yes."}, NOT_COUNTED),
        ("tool_failure_rate", "trace", {"tool_selected": "refund"}, False),
        ("tool_failure_rate", "trace", {"tools_called": []}, NOT_COUNTED),
        ("tool_failure_rate", "trace", {"tools_called": ["refund"]}, False),
        ("tool_failure_rate", "trace", {"tool_error": "404"}, True),
        ("tool_failure_rate", "trace", {"tool_selected": "refund", "tool_error": "no error"}, False),
        # Exactly ten seconds is not slow; a failed run without a time is.
        ("slow_rate", "trace", {}, NOT_COUNTED),
        ("slow_rate", "trace", {"latency_ms": 10_000.0}, False),
        ("slow_rate", "trace", {"latency_ms": 10_000.1}, True),
        ("slow_rate", "trace", {"error": "timeout"}, True),
        # The share of the needed documents that was fetched; repeats and extra documents change nothing.
        ("retrieval_recall", "trace", {"relevant_ids": ["a"]}, NOT_COUNTED),
        ("retrieval_recall", "trace", {"retrieved_ids": ["a"]}, NOT_COUNTED),
        ("retrieval_recall", "trace", {"relevant_ids": [], "retrieved_ids": ["a"]}, NOT_COUNTED),
        ("retrieval_recall", "trace", {"relevant_ids": ["a"], "retrieved_ids": []}, 0.0),
        ("retrieval_recall", "trace", {"relevant_ids": ["a", "b"], "retrieved_ids": ["b", "c"]}, 0.5),
        ("retrieval_recall", "trace", {"relevant_ids": ["a", "b", "b"], "retrieved_ids": ["b", "b"]}, 0.5),
        ("retrieval_recall", "trace", {"relevant_ids": ["a", "b"], "retrieved_ids": ["b", "a", "a"]}, 1.0),
        # Whether an answer cites only what was fetched can be told where both lists are there.
        ("citation_failure_rate", "trace", {"cited_ids": ["a"]}, NOT_COUNTED),
        ("citation_failure_rate", "trace", {"cited_ids": [], "retrieved_ids": ["a"]}, NOT_COUNTED),
        ("citation_failure_rate", "trace", {"cited_ids": ["a", "a"], "retrieved_ids": ["b", "a"]}, False),
        ("citation_failure_rate", "trace", {"cited_ids": ["a", "c"], "retrieved_ids": ["b", "a"]}, True),
        ("citation_failure_rate", "trace", {"cited_ids": ["a"], "retrieved_ids": []}, True),
        # A task that failed costs too; one without an outcome is neither a success nor a failure.
        ("cost_per_task", "trace", {}, NOT_COUNTED),
        ("cost_per_task", "trace", {"cost_usd": 0.0}, True),
        ("cost_per_successful_task", "label", {"cost_usd": 0.1}, NOT_COUNTED),
        ("cost_per_successful_task", "label", {"answer_right": True}, NOT_COUNTED),
        ("cost_per_successful_task", "label", {"cost_usd": 0.1, "answer_right": False}, False),
        ("cost_per_successful_task", "eval", {"cost_usd": 0.1, "passed": True}, True),
        ("cost_per_successful_task", "eval", {"cost_usd": 0.1, "error_kind": "run"}, False),
        ("cost_per_successful_task", "eval", {"cost_usd": 0.1, "error_kind": "judge"}, NOT_COUNTED),
        # Grounding is asked of the people who reviewed.
        ("groundedness_failure_rate", "label", {}, NOT_COUNTED),
        ("groundedness_failure_rate", "label", {"grounded": False}, True),
        ("grounding_accuracy", "label", {}, NOT_COUNTED),
        ("grounding_accuracy", "judge", {"grounded": False}, False),
    ],
)
def test_what_counts_and_what_passes(asked: str, source: str, cells: Any, expected: Any) -> None:
    eligible, passes = answer(asked, source, **cells)
    assert eligible is (expected is not NOT_COUNTED)
    if eligible:
        assert passes == expected


def test_a_missing_cost_is_not_a_cost_of_nothing() -> None:
    for asked in (one for one in CATALOGUE.values() if one.unit is Unit.USD):
        for reading in asked.readings:
            assert reading.eligible.startswith("cost_usd IS NOT NULL")


def test_the_five_are_apart_from_what_describes_behaviour() -> None:
    assert [asked.id for asked in QUALITY] == [
        "tool_selection_accuracy",
        "retrieval_recall",
        "answer_correctness",
        "grounding_accuracy",
        "user_acceptance",
    ]
    grouped = [asked.id for asked in (*QUALITY, *AMOUNTS, *BEHAVIOUR)]
    assert len(set(grouped)) == len(grouped)
    assert set(CATALOGUE) - set(grouped) == {"hallucinations_in_first"}


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
