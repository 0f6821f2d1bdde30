"""A folder of odd files, each with what must come of it."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake.reading import Answers, PassRule

FILES = Path(__file__).parent / "files"
TRACES = Answers(kind=Kind.TRACES)
RESULTS = Answers(kind=Kind.EVALS, columns={"run_id": "case_id", "score": "passed"})
WHEN = {"when": "started_at"}

# file: accepted, duplicate, rejected, codes of rejected rows and warnings, answers
READ: list[tuple[str, int, int, int, set[str], Answers | None]] = [
    ("total_row.csv", 3, 0, 1, {"row_not_a_record"}, None),
    ("ragged_short.csv", 1, 0, 1, {"too_few_fields"}, None),
    ("cr_only.csv", 3, 0, 0, set(), None),
    ("mixed_line_ends.csv", 3, 0, 0, {"line_ends"}, None),
    ("newline_in_cell.csv", 1, 0, 0, set(), None),
    ("sep_line.csv", 1, 0, 0, {"dialect"}, TRACES),
    ("utf16le.csv", 3, 0, 0, {"encoding"}, None),
    ("nul_in_text.csv", 2, 0, 0, {"control_chars"}, None),
    ("thousands_and_currency.csv", 1, 0, 3, {"not_a_number"}, None),
    ("bool_words.csv", 5, 0, 2, {"unknown_label"},
     Answers(kind=Kind.EVALS, columns={"run_id": "case_id", "score": "passed"})),
    ("epoch_mixed_units.csv", 1, 0, 3, {"epoch_mixed", "epoch_unit"}, None),
    ("exact_rows.csv", 2, 1, 0, {"duplicate_row"}, None),
    ("nan_literals.jsonl", 1, 0, 2, {"bad_json", "like_seconds"}, None),
    ("duplicate_keys.jsonl", 1, 0, 1, {"duplicate_key", "like_seconds"}, None),
    ("truncated_last_line.jsonl", 2, 0, 1, {"bad_json", "like_seconds"}, None),
    ("pretty_printed.jsonl", 2, 0, 0, {"dialect", "like_seconds"}, None),
    ("formula_payloads.csv", 18, 0, 0, set(), None),
    ("filtered_rows.xlsx", 6, 0, 0, {"hidden_rows"}, RESULTS),
    ("text_ids.xlsx", 3, 0, 0, set(), RESULTS),
    ("hyperlink_formula.xlsx", 1, 0, 0, {"uncalculated"}, TRACES),
    ("date1904.xlsx", 1, 0, 0, set(), Answers(columns=WHEN, timezone="UTC")),
    ("nan_and_binary.parquet", 1, 0, 1, {"not_finite"},
     Answers(kind=Kind.LABELS, columns={"score": "answer_right"})),
    ("nested.parquet", 1, 0, 0, set(), Answers(kind=Kind.TRACES, columns={"meta": "scores"})),
    # The same files once the user has answered.
    ("merged_id.xlsx", 2, 0, 1, {"missing_id"},
     Answers(kind=Kind.TRACES, columns={"type": "task_type"}, merged_cells="as_is")),
    ("dates_mixed.xlsx", 4, 0, 1, {"epoch_unit", "not_a_time"},
     Answers(columns=WHEN, timezone="UTC", excel_dates="not_dates", date_order="day_first")),
    ("ns_naive.parquet", 1, 1, 0, {"nanoseconds", "duplicate_row"},
     Answers(columns={"ts": "started_at"}, timezone="UTC")),
    ("preamble.csv", 3, 0, 0, set(), Answers(header_row=3)),
    ("semicolon_decimal_comma.csv", 2, 0, 0, {"other_unit"},
     Answers(kind=Kind.TRACES, columns={"latency_s": "latency_ms"}, decimal="comma")),
    ("semicolon_decimal_comma.csv", 0, 0, 2, {"not_a_number", "other_unit"},
     Answers(kind=Kind.TRACES, columns={"latency_s": "latency_ms"}, decimal="point")),
    ("mixed_offsets.csv", 4, 0, 0, set(), Answers(timezone="UTC")),
    ("day_month_ambiguous.csv", 2, 0, 0, set(), Answers(date_order="day_first", timezone="UTC")),
    ("day_month_ambiguous.csv", 1, 0, 1, {"not_a_time"}, Answers(date_order="month_first", timezone="UTC")),
    ("excel_serial.csv", 2, 0, 0, set(), Answers(excel_dates="1900", timezone="UTC")),
    ("latency_units_mixed.csv", 6, 0, 0, set(), Answers(as_stated=("latency_ms",))),
    ("no_header.csv", 2, 0, 0, set(),
     Answers(kind=Kind.TRACES, header_row=0, columns={"column 1": "run_id", "column 3": "query"})),
    ("headers_equal_after_cleaning.csv", 1, 0, 0, set(),
     Answers(kind=Kind.TRACES, columns={"Run ID": "", "run_id": "run_id", "RUN-ID": ""})),
]  # fmt: skip

ASKED = [
    ("no_header.csv", ["header_row"], None),
    ("preamble.csv", ["header_row"], None),
    ("headers_equal_after_cleaning.csv", ["columns.run_id"], None),
    ("semicolon_decimal_comma.csv", ["decimal"],
     Answers(kind=Kind.TRACES, columns={"latency_s": "latency_ms"})),
    ("latency_units_mixed.csv", ["as_stated.latency_ms"], None),
    ("mixed_offsets.csv", ["timezone"], None),
    ("day_month_ambiguous.csv", ["date_order"], None),
    ("excel_serial.csv", ["excel_dates", "timezone"], None),
    ("merged_id.xlsx", ["merged_cells"], None),
    ("dates_mixed.xlsx", ["timezone", "excel_dates", "date_order"], Answers(columns=WHEN)),
    ("ns_naive.parquet", ["timezone"], Answers(columns={"ts": "started_at"})),
]  # fmt: skip

REFUSED = [
    ("empty.csv", "empty_file", "empty"),
    ("all_rows_longer.csv", "field_count_mismatch", "more cells (4)"),
    ("unclosed_quote.csv", "unclosed_quote", "line 2"),
    ("mixed_utf8_latin1.csv", "encoding", "Line 3"),
    ("html_login_page.csv", "wrong_type", "web page"),
    ("gzip_named_csv.csv", "compressed", "gzip"),
    ("pickle_named_parquet.parquet", "wrong_type", "pickle"),
    ("python_repr.jsonl", "bad_json", "single quotes"),
    ("csv_named_xlsx.xlsx", "wrong_type", "holds plain text"),
    ("pdf_named_xlsx.xlsx", "wrong_type", "PDF"),
    ("lfs_pointer.parquet", "wrong_type", "Git LFS"),
    ("zip_not_xlsx.xlsx", "wrong_type", "not an Excel workbook"),
    ("password.xlsx", "encrypted", "password"),
    ("macro.xlsx", "macro", "macros"),
    ("billion_laughs.xlsx", "dtd", "entities"),
    ("ratio_bomb.xlsx", "bomb", "954 times"),
    ("size_lie.xlsx", "bad_zip", "broken or cut off"),
    ("duplicate_member.xlsx", "bad_zip", "a part twice"),
    ("duplicate_cell.xlsx", "broken_file", "cell B2"),
    ("shared_string_index.xlsx", "broken_file", "cannot be read"),
    ("nan_cell.xlsx", "not_finite", "Row 2"),
    ("out_of_grid.xlsx", "outside_grid", "row 99,999,999"),
    ("bad_column_ref.xlsx", "outside_grid", "column ZZZZ"),
    ("formula_without_value.xlsx", "formula_without_value", "column “rate”"),
    ("dictionary_bomb.parquet", "bomb", "1,000 MB"),
    ("truncated.parquet", "broken_file", "cut off"),
]
REFUSED_ANSWERS = {
    "formula_without_value.xlsx": Answers(
        kind=Kind.EVALS,
        columns={"run_id": "case_id", "passed": "", "rate": "score"},
        pass_rule=PassRule(column="rate", at_least=0.5),
    )
}


@pytest.mark.parametrize(("file", "accepted", "duplicate", "rejected", "codes", "answers"), READ)
def test_files_that_are_read(
    read: Any,
    file: str,
    accepted: int,
    duplicate: int,
    rejected: int,
    codes: set[str],
    answers: Answers | None,
) -> None:
    done = read(FILES / file, answers)
    report = done.report
    assert (report.accepted, report.duplicate, report.rejected) == (accepted, duplicate, rejected)
    assert {*done.codes, *done.warned} == codes
    assert done.table.num_rows == accepted
    assert (done.outcome.rejected is not None) == (rejected > 0)


@pytest.mark.parametrize(("file", "keys", "answers"), ASKED)
def test_files_with_two_readings_are_asked_about(
    read: Any, file: str, keys: list[str], answers: Answers | None
) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(FILES / file, answers)
    assert [question.key for question in asked.value.questions] == keys
    assert all(
        question.options and question.sentence.endswith((".", "?")) for question in asked.value.questions
    )


@pytest.mark.parametrize(("file", "code", "words"), REFUSED)
def test_files_that_are_refused_whole(read: Any, file: str, code: str, words: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(FILES / file, REFUSED_ANSWERS.get(file))
    assert refused.value.code == code
    assert words in refused.value.sentence
    assert refused.value.mend


def test_every_file_of_the_folder_is_in_a_table() -> None:
    named = {row[0] for row in READ} | {row[0] for row in ASKED} | {row[0] for row in REFUSED}
    assert named == {path.name for path in FILES.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"PK\x05\x06", "empty ZIP"), (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Office file"), (b"\x28\xb5\x2f\xfd", "Zstandard"),
        (b"SQLite format 3\x00", "SQLite"), (b"\x89PNG\r\n", "picture"),
    ],
)  # fmt: skip
def test_other_types_are_told_by_their_first_bytes(read: Any, head: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words) as refused:
        read(head, name="traces.csv")
    assert refused.value.mend


@pytest.mark.parametrize("head", [b"%PDF-1.7", b"\x89PNG\r\n", b"\xff\xd8\xff\xe0"])
def test_pictures_and_pdfs_are_sent_to_the_page_that_names_the_file_to_take(read: Any, head: bytes) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(head, name="traces.csv")
    assert refused.value.mend == (
        "Export the data from your tool; “Which file from which tool?” on the Evidence page says how."
    )
