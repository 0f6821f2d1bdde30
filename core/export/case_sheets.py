"""Eval sets for people: tables that a spreadsheet opens without running anything in them."""

from collections.abc import Sequence

from core.evidence.eval_case import EvalCase
from core.export.case_texts import whole_cases
from core.export.spreadsheets import csv_bytes, xlsx_bytes

COLUMNS = (
    "Case ID", "Set", "Critical", "Question", "Right answer", "Expected tools", "Expected behavior",
    "Failure observed", "Failure type", "Source run ID", "Task type", "User segment", "Tags", "Version",
)  # fmt: skip


def sheet_csv(cases: Sequence[EvalCase]) -> bytes:
    """CSV for a spreadsheet: what looks like a formula has an apostrophe before it. Not for tools."""
    return csv_bytes(_rows(cases), COLUMNS)


def sheet_xlsx(cases: Sequence[EvalCase]) -> bytes:
    """An Excel file in which every text is text."""
    return xlsx_bytes(_rows(cases), COLUMNS, "Eval cases")


def _rows(cases: Sequence[EvalCase]) -> list[tuple[object, ...]]:
    return [
        (
            case.case_id,
            case.part.value,
            case.is_critical,
            case.query,
            case.ground_truth,
            ", ".join(case.tools_expected),
            case.expected_behavior,
            case.failure_observed,
            case.failure_type,
            case.source_run_id,
            case.task_type,
            case.user_segment,
            ", ".join(case.tags),
            case.number,
        )
        for case in whole_cases(cases)
    ]
