"""A checklist as rows of words and back: lossless where nothing is touched, exact where something is."""

from typing import Any

import pytest

from core.criteria.checklist import Checklist, read_checklist
from core.criteria.checklist_rows import CellFault, RowsRead, read_rows, row_of
from core.criteria.gallery import template, templates, with_template
from core.metrics.catalogue import metric

BEFORE = template("ready_for_everyone").checklist


def everything() -> Checklist:
    whole = Checklist()
    for card in templates():
        whole = with_template(whole, card)
    odd = {
        "kind": "measured",
        "id": "odd",
        "metric": "answer_correctness",
        "source": "label",
        "bar": 0.855,
        "slice": {"task_type": "a; b = c", "channel": "web"},
        "protected": True,
        "window_days": 30,
        "minimum_n": 1000,
        "sentence": "=1+1",
    }
    return read_checklist(whole.model_dump(mode="json") | {"items": [*whole.model_dump()["items"], odd]})


def rows(checklist: Checklist) -> list[tuple[int, dict[str, str]]]:
    return [(number, row_of(item)) for number, item in enumerate(checklist.items, start=2)]


def with_cells(row: int, **cells: str) -> RowsRead:
    changed = rows(BEFORE)
    changed[row - 2][1].update({name.replace("_", " "): value for name, value in cells.items()})
    return read_rows(changed, BEFORE, frozenset())


def test_unchanged_rows_are_the_same_checklist() -> None:
    whole = everything()
    assert read_rows(rows(whole), whole, frozenset()) == RowsRead(whole, ())


def test_a_changed_cell_changes_its_field_only() -> None:
    found = with_cells(3, Bar="85,5 %", Owner="Eve").checklist
    assert found is not None
    was = BEFORE.item("answer_correctness")
    assert was is not None
    assert found.item("answer_correctness") == was.model_copy(update={"bar": 0.855, "owner": "Eve"})
    assert found.items[0] == BEFORE.items[0]


def test_a_row_without_an_id_is_a_new_item_and_a_missing_one_is_removed() -> None:
    new = {"Kind": "Question", "Item": "Has Legal signed?"}
    found = read_rows([*rows(BEFORE)[1:], (9, {}), (10, new)], BEFORE, frozenset({"question"})).checklist
    assert found is not None
    assert [item.id for item in found.items][-1] == "question_2"
    assert found.item("tool_selection") is None


def test_another_metric_takes_the_good_side_of_it() -> None:
    found = with_cells(3, Metric=metric("hallucination_rate").label, Bar="5 %").checklist
    assert found is not None
    item: Any = found.item("answer_correctness")
    assert (item.metric, item.direction.value, item.bar) == ("hallucination_rate", "below", 0.05)


@pytest.mark.parametrize(
    ("row", "cells", "column", "value", "reason"),
    [
        (2, {"Bar": "0,85"}, "Bar", "0,85", "could be 85 % or 0.85 %"),
        (2, {"Bar": "100 %"}, "Bar", "100 %", "above 0 % and below 100 %"),
        (2, {"If it fails": "explode"}, "If it fails", "explode", "It must be one of: roll back, pause"),
        (2, {"Metric": "Happiness"}, "Metric", "Happiness", "It must be one of: Tool selection accuracy"),
        (2, {"Measured from": "users' own reactions"}, "Measured from", "users' own reactions", "takes the"),
        (2, {"Valid days": "1,5"}, "Valid days", "1,5", "is no whole number"),
        (2, {"Only where": "mood = sad"}, "Only where", "mood = sad", "The slice names “mood”"),
        (2, {"Only where": "billing"}, "Only where", "billing", "is not of the form column = value"),
        (2, {"Frameworks": "iso:1"}, "Frameworks", "iso:1", "There is no framework tag “iso:1”"),
        (3, {"Id": "tool_selection"}, "Id", "tool_selection", "There is another row with the id"),
        (6, {"Bar": "none"}, "Bar", "none", "is no whole number"),
        (7, {"Item": ""}, "Item", "", "This must not be blank"),
        (7, {"Kind": "?"}, "Kind", "?", "It must be one of: measured, question"),
    ],
)
def test_a_fault_names_row_column_value_and_how_to_mend_it(
    row: int, cells: dict[str, str], column: str, value: str, reason: str
) -> None:
    read = with_cells(row, **cells)
    assert read.checklist is None
    fault: CellFault = read.faults[0]
    assert (fault.row, fault.column, fault.value) == (row, column, value)
    assert reason in fault.reason and fault.mend
