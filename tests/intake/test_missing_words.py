"""Words for a missing value: which are taken so, in which columns, and how it is told."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import QuestionsOpen
from core.evidence.columns import Kind
from core.intake.reading import Answers


def _one(column: str, cell: str) -> str:
    return f"run_id;query;{column}\nr1;q;{cell}\nr2;q;\n"


@pytest.mark.parametrize("word", ["null", "NULL", "None", "none", "NaN", "nan", " NULL ", "[object Object]"])
@pytest.mark.parametrize(
    "column",
    [
        "error", "user_id", "model", "response", "latency_ms", "input_tokens", "confidence", "escalated",
        "schema_valid", "user_feedback", "started_at", "scores", "retrieved_ids", "session_id",
    ],
)  # fmt: skip
def test_words_that_are_missing_everywhere(read: Any, column: str, word: str) -> None:
    done = read(_one(column, word))
    assert (done.report.accepted, done.cells(column)) == (2, [None, None])
    told = f"Cells of “{column}” taken as missing: 1 (“{word.strip()}” 1)."
    assert done.sentences("missing_words") == [told]


@pytest.mark.parametrize("word", ["n/a", "N/A", "-", "–"])
@pytest.mark.parametrize("column", ["latency_ms", "input_tokens", "escalated", "user_feedback", "started_at"])
def test_words_that_are_missing_among_values(read: Any, column: str, word: str) -> None:
    done = read(_one(column, word))
    assert (done.report.accepted, done.cells(column)) == (2, [None, None])
    assert done.sentences("missing_words") == [f"Cells of “{column}” taken as missing: 1 (“{word}” 1)."]


@pytest.mark.parametrize(
    ("column", "cell", "kept"),
    [
        ("response", "-", "-"), ("task_type", "n/a", "n/a"), ("response", "None of them", "None of them"),
        ("response", "NULL\u00a0", "NULL\u00a0"), ("tool_expected", "none", "none"),
        ("tool_selected", "None", "None"), ("tools_called", "none", ["none"]),
        ("tool_selected", "null", None), ("guardrail_decisions", "none", ["none"]),
    ],
)  # fmt: skip
def test_what_somebody_may_have_said_is_kept(read: Any, column: str, cell: str, kept: object) -> None:
    assert read(_one(column, cell)).cells(column) == [kept, None]


def test_a_verdict_that_does_not_apply_is_not_taken_as_missing(read: Any) -> None:
    done = read("case_id,passed\nc1,true\nc2,n/a\nc3,NULL\n")
    assert (done.codes, done.cells("passed")) == (["unknown_label"], [True, None])


def test_an_id_that_is_missing_by_a_word_rejects_its_row(read: Any) -> None:
    done = read("run_id,query\nr1,q\nNULL,q\n")
    assert (done.codes, done.report.problems[0].value) == (["missing_id"], "NULL")


def test_all_words_of_a_column_are_told_in_one_sentence(read: Any) -> None:
    cells = ["NULL"] * 3 + ["None", "nan", "", "Timeout"]
    done = read("run_id,query,error\n" + "".join(f"r{at},q,{cell}\n" for at, cell in enumerate(cells)))
    told = "Cells of “error” taken as missing: 5 (“NULL” 3, “None” 1, “nan” 1)."
    assert done.sentences("missing_words") == [told]
    assert done.cells("error") == [None] * 6 + ["Timeout"]


def test_the_same_words_are_missing_in_every_format(read: Any, workbook: Any, tmp_path: Path) -> None:
    header = ["run_id", "error", "latency_ms", "user_feedback"]
    rows = [["r1", "NULL", "n/a", "None"], ["r2", "None", "5.5", "accepted"], ["r3", "Timeout", "nan", "-"]]
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    lines = "".join(json.dumps(dict(zip(header, row, strict=True))) + "\n" for row in rows)
    table = tmp_path / "given.parquet"
    pq.write_table(
        pa.table({name: list(column) for name, column in zip(header, zip(*rows, strict=True), strict=True)}),
        table,
    )
    files = [
        (text.getvalue(), "a.csv"),
        (lines, "a.jsonl"),
        (json.dumps([json.loads(one) for one in lines.splitlines()]), "a.json"),
        (workbook({"Sheet1": [header, *rows]}), "a.xlsx"),
    ]
    found = [read(content, Answers(kind=Kind.TRACES), name=name) for content, name in files]
    found.append(read(table, Answers(kind=Kind.TRACES)))
    assert found[0].cells("error") == [None, None, "Timeout"]
    assert found[0].cells("latency_ms") == [None, 5.5, None]
    for name in ("key", "row_key"):
        assert all(one.cells(name) == found[0].cells(name) for one in found)
    assert all(one.report.warnings == found[0].report.warnings for one in found)


def test_missing_words_neither_state_nor_decide_what_passed(read: Any) -> None:
    text = "case_id,passed,score\nc1,NULL,0.9\nc2,NULL,NULL\nc3,NULL,0.2\n"
    with pytest.raises(QuestionsOpen) as asked:
        read(text)
    assert [question.key for question in asked.value.questions] == ["pass_rule"]
