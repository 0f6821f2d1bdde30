"""The failure log as a workbook: its drop-downs, and texts that stay exactly what they were."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from core.evidence.failure_words import STARTER_CAUSES, STARTER_TYPES
from core.export.failure_log import (
    COLUMNS,
    FEWEST_ROWS,
    FailureRow,
    failure_log_template,
    failure_log_workbook,
)


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def choices(book: openpyxl.Workbook, column: str) -> list[str]:
    """What the drop-down of ``column`` in row 2 offers."""
    rules = book["Failure log"].data_validations.dataValidation
    (rule,) = [rule for rule in rules if f"{column}2" in rule.sqref and rule.type == "list"]
    sheet, area = rule.formula1.split("!")
    return [row[0].value for row in book[sheet][area.replace("$", "")]]


def cells(sheet: Worksheet, row: int) -> list[object]:
    return [cell.value for cell in sheet[row]]


def test_the_template_has_the_four_columns_first_and_nothing_below() -> None:
    sheet = opened(failure_log_template())["Failure log"]
    assert cells(sheet, 1) == ["Run ID", "Failure Type", "Root Cause", "Fix", "Owner", "Found at", "Note"]
    assert (sheet.max_row, sheet.freeze_panes) == (1, "A2")
    assert all(sheet.column_dimensions[letter].width > 10 for letter in "ABCDEFG")


def test_the_drop_downs_offer_the_starter_words_and_then_the_features_own() -> None:
    book = opened(failure_log_template(["Rude", "WRONG tool", "rude"], ["Old index", "Prompt"]))
    assert choices(book, "B") == [*STARTER_TYPES, "Rude"]
    assert choices(book, "C") == [*STARTER_CAUSES, "Old index"]


def test_new_words_are_let_through_and_every_column_says_what_belongs_there() -> None:
    rules = opened(failure_log_template())["Failure log"].data_validations.dataValidation
    assert [str(rule.sqref) for rule in rules] == [
        f"{letter}2:{letter}{FEWEST_ROWS + 1}" for letter in "ABCDEFG"
    ]
    assert {rule.errorStyle for rule in rules} == {"warning"}
    assert [rule.promptTitle for rule in rules] == list(COLUMNS)
    assert all(rule.prompt and rule.showInputMessage for rule in rules)


def test_only_the_log_is_visible_so_that_the_upload_need_not_ask_for_a_sheet() -> None:
    book = opened(failure_log_template())
    assert {sheet.title: sheet.sheet_state for sheet in book} == {"Failure log": "visible", "Lists": "hidden"}


def test_a_filled_log_holds_its_rows_with_the_moment_in_utc() -> None:
    found = datetime(2026, 3, 1, 11, 30, tzinfo=timezone(timedelta(hours=1)))
    rows = [
        FailureRow("00123", "wrong tool", "prompt", "renamed", "Ada", found, "seen twice"),
        FailureRow("2", "slow"),
    ]
    sheet = opened(failure_log_workbook(rows))["Failure log"]
    assert cells(sheet, 2) == [
        "00123", "wrong tool", "prompt", "renamed", "Ada", "2026-03-01T10:30:00Z", "seen twice",
    ]  # fmt: skip
    assert cells(sheet, 3)[:2] == ["2", "slow"]


def test_a_moment_keeps_its_microseconds() -> None:
    found = datetime(2026, 3, 1, 10, 30, 0, 7, tzinfo=UTC)
    sheet = opened(failure_log_workbook([FailureRow("1", "slow", found_at=found)]))["Failure log"]
    assert cells(sheet, 2)[5] == "2026-03-01T10:30:00.000007Z"


@pytest.mark.parametrize(
    "text", ["=1+1", "=cmd|'/c calc'!A1", "+1", "-2", "@SUM(1)", "\t=1", "0012", "1e5", "TRUE", "2026-03-01"]
)
def test_no_text_becomes_a_formula_a_number_or_a_date(text: str) -> None:
    book = opened(failure_log_workbook([FailureRow(text, text, text, text)], [text], [text]))
    for cell in book["Failure log"][2][:4]:
        assert (cell.data_type, cell.value) == ("s", text)
    own = book["Lists"].cell(len(STARTER_TYPES) + 2, 1)
    assert (own.data_type, own.value) == ("s", text.strip())


def test_a_long_log_has_drop_downs_for_as_many_rows_again() -> None:
    rows = [FailureRow(str(number), "slow") for number in range(FEWEST_ROWS)]
    rules = opened(failure_log_workbook(rows))["Failure log"].data_validations.dataValidation
    assert str(rules[1].sqref) == f"B2:B{2 * FEWEST_ROWS + 1}"


def test_no_payload_of_the_corpus_becomes_a_formula() -> None:
    corpus = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "exp_001_formula_payloads.csv"
    if not corpus.exists():
        pytest.skip("the shared corpus is not beside this repository")
    with corpus.open(encoding="utf-8", newline="") as file:
        payloads = [cell for row in csv.reader(file) for cell in row if cell]
    assert any(payload.startswith("=") for payload in payloads)
    rows = [FailureRow(payload, payload, payload, payload, payload, None, payload) for payload in payloads]
    book = opened(failure_log_workbook(rows, payloads, payloads))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert all(
        cell.value is None or cell.data_type == "s" for row in book["Lists"].iter_rows() for cell in row
    )
