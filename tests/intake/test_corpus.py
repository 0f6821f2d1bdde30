"""The shared corpus of bad files: every file ends as its manifest says, or is listed here with the reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake.reading import Answers, PassRule

TRACES = Answers(kind=Kind.TRACES)
_AS_RESULTS = {"run_id": "case_id"}
_HALF = PassRule(column="score", at_least=0.5)

# A file whose columns alone do not say what it is: the answer a user would give.
ANSWERS = {
    "csv_013_empty_header_cell.csv": TRACES,
    "csv_014_semicolon_decimal_comma.csv": Answers(kind=Kind.TRACES, columns={"latency_s": "latency_ms"}),
    "csv_020_sep_line.csv": TRACES,
    "dup_003_nfc_nfd_ids.csv": TRACES,
    "dup_004_case_space_ids.csv": TRACES,
    "exp_002_formula_header.csv": Answers(kind=Kind.TRACES, columns={"=cmd|'/C calc'!A0": "run_id"}),
    "pq_002_nan_and_binary.parquet": Answers(kind=Kind.EVALS, columns=_AS_RESULTS, pass_rule=_HALF),
    "pq_003_nested.parquet": Answers(kind=Kind.TRACES, columns={"meta": "scores"}),
    "pq_006_ns_naive.parquet": Answers(columns={"ts": "started_at"}),
    "json_008_int_5000_digits.jsonl": Answers(columns={"tokens": "input_tokens"}),
    "json_012_types_change.jsonl": Answers(columns={"latency": "latency_ms"}),
    "json_015_proto_keys.jsonl": TRACES,
    "sql_001_injection_values.csv": TRACES,
    "txt_012_log_injection.jsonl": Answers(personal_text="replace"),
    "txt_017_pii.jsonl": Answers(personal_text="replace"),
    "val_004_score_scale_mixed.csv": Answers(kind=Kind.EVALS, columns=_AS_RESULTS, pass_rule=_HALF),
    "val_007_bool_words.csv": Answers(kind=Kind.EVALS, columns={**_AS_RESULTS, "score": "passed"}),
    "val_008_missing_scores.csv": Answers(kind=Kind.EVALS, columns={**_AS_RESULTS, "score": "passed"}),
    "val_010_leading_zero_ids.csv": TRACES,
    "val_011_ids_like_numbers.csv": TRACES,
    "val_012_bigint_id_with_gap.csv": TRACES,
    "val_014_confidence_out_of_range.csv": TRACES,
    "val_015_tokens_float_and_huge.csv": Answers(kind=Kind.TRACES, columns={"total_tokens": "input_tokens"}),
    "xlsx_001_formula_no_cache.xlsx": Answers(
        kind=Kind.EVALS, columns={**_AS_RESULTS, "passed": "", "rate": "score"}, pass_rule=_HALF
    ),
    "xlsx_003_dates_mixed.xlsx": Answers(columns={"when": "started_at"}),
    "xlsx_004_date1904.xlsx": Answers(columns={"when": "started_at"}, timezone="UTC"),
    "xlsx_007_filtered_rows.xlsx": Answers(kind=Kind.EVALS, columns={**_AS_RESULTS, "score": "passed"}),
    "xlsx_008_text_ids.xlsx": Answers(kind=Kind.EVALS, columns={**_AS_RESULTS, "score": "passed"}),
    "xlsx_009_hyperlink_formula.xlsx": TRACES,
}

QUESTIONS = {
    "date_order": "date_order",
    "dialect": "decimal",
    "duplicate_header": "columns.run_id",
    "excel_serial": "excel_dates",
    "merged_cells": "merged_cells",
    "mixed_dates": "date_order",
    "naive_time": "timezone",
    "no_header": "header_row",
    "preamble": "header_row",
    "scale_mix": "as_stated.score",
    "unit_mix": "as_stated.latency_ms",
}

# Uploaded after another file, as their manifest entry means it; tested one by one below.
AFTER_ANOTHER = {"dup_007_reupload_superset.csv", "dup_008_reupload_changed_score.csv"}

# Where this project decided otherwise: what happens, and why.
OTHERWISE = {
    "sql_001_injection_values.csv": (("ACCEPT", "", 2, 0), "an id is any text; values are always parameters"),
    "xlsx_009_hyperlink_formula.xlsx": (
        ("ACCEPT+WARN", "uncalculated", 1, 0),
        "a formula never runs; it was never calculated, which is told",
    ),
}

# What no tool's format reads yet: the question it ends with, or the rows it accepts, and what it waits for.
LATER = {
    "json_017_span_cycle.json": ("columns", "span trees come with the tools' formats"),
    "ts_012_end_before_start.csv": (2, "durations are computed with the tools' formats; end is not used yet"),
    "val_016_unknown_failure_types.csv": (5, "merging failure types belongs to the failure log"),
    "val_018_expected_equals_output.csv": (10, "comparing with the expected answer belongs to eval suites"),
}


def test_every_file_of_the_corpus_ends_as_it_should(shared: Path, read: Any) -> None:
    entries = json.loads((shared / "corpus" / "manifest.json").read_text())
    wrong = []
    for entry in entries:
        path = shared / "corpus" / entry["file"]
        if entry["file"] in AFTER_ANOTHER or not path.is_file():
            continue
        expected, ended = (
            _expected(entry),
            _ended(read, path, entry["upload_name"], ANSWERS.get(entry["file"])),
        )
        if not _agree(expected, ended):
            wrong.append(f"{entry['file']}: {expected} expected, ended as {ended}")
    assert not wrong, "\n".join(wrong)
    assert len(entries) > 100


def test_the_lists_name_files_of_the_corpus(shared: Path) -> None:
    entries = json.loads((shared / "corpus" / "manifest.json").read_text())
    files = {entry["file"] for entry in entries}
    assert {*ANSWERS, *OTHERWISE, *LATER, *AFTER_ANOTHER} <= files


@pytest.mark.parametrize(
    ("second", "answers", "accepted", "duplicate", "updated"),
    [
        ("dup_005_reupload_same_bytes_a.csv", None, 0, 3, 0),
        ("dup_007_reupload_superset.csv", None, 2, 3, 0),
        (
            "dup_008_reupload_changed_score.csv",
            Answers(kind=Kind.LABELS, columns={"score": "answer_right"}), 0, 2, 1,
        ),
    ],
)  # fmt: skip
def test_files_uploaded_after_another(
    shared: Path, tmp_path: Path, read: Any, second: str, answers: Answers | None,
    accepted: int, duplicate: int, updated: int,
) -> None:  # fmt: skip
    corpus = shared / "corpus"
    first = read(corpus / "dup_005_reupload_same_bytes_a.csv", answers)
    report = read(corpus / second, answers, known_keys=first.known_keys(tmp_path / "known.npz")).report
    assert (report.accepted, report.duplicate, report.updated) == (accepted, duplicate, updated)


Ending = tuple[str, str, int | None, int | None]


def _expected(entry: dict[str, Any]) -> Ending:
    file = entry["file"]
    if file in OTHERWISE:
        return OTHERWISE[file][0]
    if file in LATER:
        today = LATER[file][0]
        return ("ASK", today, None, None) if isinstance(today, str) else ("ACCEPT", "", today, None)
    code = QUESTIONS.get(entry["code"], entry["code"]) if entry["outcome"] == "ASK" else entry["code"]
    return (entry["outcome"], code, entry["ok_rows"], entry["bad_rows"])


def _ended(read: Any, path: Path, name: str, answers: Answers | None) -> tuple[str, set[str], int, int]:
    try:
        done = read(path, answers, name=name)
    except UnreadableFile as error:
        return "REJECT", {error.code}, 0, 0
    except QuestionsOpen as error:
        return "ASK", {question.key for question in error.questions}, 0, 0
    report = done.report
    outcome = "QUARANTINE" if report.rejected else "ACCEPT+WARN" if done.warned else "ACCEPT"
    return outcome, {*done.codes, *done.warned}, report.accepted, report.rejected


def _agree(expected: Ending, ended: tuple[str, set[str], int, int]) -> bool:
    outcome, code, good, bad = expected
    same_outcome = outcome == ended[0] or (outcome in ("SAFE", "ACCEPT") and ended[0] != "REJECT")
    if outcome in ("REJECT", "ASK"):
        return same_outcome and code in ended[1]
    named = outcome in ("SAFE", "ACCEPT") or code in ended[1]
    return same_outcome and named and good == ended[2] and bad in (None, ended[3])
