"""Delimited text: separators, row numbers, blank rows, headers and quoting."""

from typing import Any

import pytest

from core.errors import QuestionsOpen, UnreadableFile
from core.intake.job import Limits
from core.intake.reading import Answers


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_in_the_header(read: Any, separator: str) -> None:
    done = read(f'run_id{separator}query\nr1{separator}"hello, you; there | now"\n')
    assert done.cells("query") == ["hello, you; there | now"]


def test_a_separator_inside_quotes_does_not_count(read: Any) -> None:
    done = read('"run_id";"mood, or; how, was, it";response\nr1;q;a\n')
    assert [column.header for column in done.report.columns] == [
        "run_id", "mood, or; how, was, it", "response",
    ]  # fmt: skip


@pytest.mark.parametrize("ends", [",", ",,", ", ,  "])
def test_blank_cells_at_the_end_of_every_row_are_no_cells(read: Any, ends: str) -> None:
    done = read(f"run_id,query,response\nr1,q,a{ends}\n\nr2,q,{ends}\n")
    assert (done.cells("run_id"), done.cells("response")) == (["r1", "r2"], ["a", None])
    assert [column.header for column in done.report.columns] == ["run_id", "query", "response"]
    assert done.warned == ["dialect"]


@pytest.mark.parametrize("rows", ["r1,q,a,x\nr2,q,a,\n", "r1,q,a,x\nr2,q,a,y\n"])
def test_filled_cells_beyond_the_header_refuse_the_file(read: Any, rows: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(f"run_id,query,response\n{rows}")
    assert refused.value.code == "field_count_mismatch"


def test_later_rows_with_other_cells_beyond_the_header_are_rejected(read: Any) -> None:
    rows = "".join(f"r{at},q,a,,\n" for at in range(100))
    done = read(f"run_id,query,response\n{rows}s1,q,more, a,\ns2,q,a\ns3,q,a,,\n")
    assert (done.report.accepted, done.codes) == (101, ["too_many_fields", "too_few_fields"])
    assert [problem.reason for problem in done.report.problems] == [
        "The row has 5 cells, but the header names 3 columns.",
        "The row has 3 cells, but the other rows have 5.",
    ]  # fmt: skip


def test_row_numbers_are_those_of_a_spreadsheet(read: Any) -> None:
    done = read('run_id,query\nr1,"two\nlines"\n\nr2,q,too many\nr3,q\n')
    assert done.cells("row") == [2, 5]
    assert done.report.skipped == 1
    assert [(problem.row, problem.code) for problem in done.report.problems] == [(4, "too_many_fields")]
    assert done.report.read == 4


def test_rows_of_separators_only_are_blank(read: Any) -> None:
    report = read("run_id,query\nr1,q\n,\n").report
    assert (report.read, report.accepted, report.skipped) == (2, 1, 1)


@pytest.mark.parametrize("text", ["sep=;\n", "sep=;"])
def test_a_separator_line_alone(read: Any, text: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(text)
    assert refused.value.code == "no_rows"


def test_a_header_row_that_is_not_there(read: Any) -> None:
    with pytest.raises(UnreadableFile, match="no row 9"):
        read("run_id,query\nr1,q\n", Answers(header_row=9))


def test_a_header_without_rows(read: Any) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read("run_id,query\n")
    assert refused.value.code == "no_rows"


def test_a_blank_header_is_named_by_its_place(read: Any) -> None:
    done = read("run_id,,query\nr1,x,q\n")
    assert "blank_header" in done.warned
    assert [column.header for column in done.report.columns] == ["run_id", "column 2", "query"]


def test_a_repeated_header_is_asked_about_and_the_answer_settles_it(read: Any) -> None:
    text = "run_id,query,query\nr1,a,b\n"
    with pytest.raises(QuestionsOpen) as asked:
        read(text)
    (question,) = asked.value.questions
    assert list(question.options) == ["query (column 2)", "query (column 3)"]
    answers = Answers().with_answer(question, "query (column 3)")
    assert read(text, answers).cells("query") == ["b"]


def test_the_own_name_wins_over_a_spelling(read: Any) -> None:
    done = read("run_id,prompt,query\nr1,p,q\n")
    assert done.cells("query") == ["q"]
    assert [column.how.value for column in done.report.columns] == [
        "own name", "another column is used instead", "own name",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("run_id,query\n" + "r1,q\n" * 6, "too_many_rows"),
        ("run_id,query\nr1," + "x" * 2_000 + "\n", "line_too_wide"),
        ("a,b,c,d,e,f\n1,2,3,4,5,6\n", "too_many_columns"),
        ("run_id,query\nr1,a,b,c,d,e\n", "line_too_wide"),
        ('run_id,query\nr1,"a" b\n', "bad_quotes"),
    ],
)
def test_limits_of_the_whole_file(read: Any, text: str, code: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(text, limits=Limits(rows=5, columns=5, line_characters=1_000))
    assert refused.value.code == code


def test_a_file_above_the_size_limit_is_not_even_opened(read: Any) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read("run_id,query\nr1,q\n", limits=Limits(file_bytes=10))
    assert refused.value.code == "too_big"


def test_one_cell_above_its_limit_costs_only_its_row(read: Any) -> None:
    done = read("run_id,query\nr1,abcdef\nr2,abc\n", limits=Limits(cell_characters=5))
    assert (done.codes, done.cells("run_id")) == (["cell_too_long"], ["r2"])


def test_blank_cells_are_no_samples_of_a_row(read: Any) -> None:
    text = "Report of March,,\n,,\nrun_id,query,response\nr1,q,a\n"
    with pytest.raises(QuestionsOpen) as asked:
        read(text)
    [question] = [one for one in asked.value.questions if one.key == "header_row"]
    assert question.samples[0] == "Report of March"
    assert not [sample for sample in question.samples if not sample.strip(", ")]


GROUPS = "Run,,Content,\nTicket,Date,Question,Answer\nT-1,2026-11-01,q,a\n"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (GROUPS.replace("Content", "Result"), ["2", "1"]),
        ("run_id,Content,\nid,question,answer\nT-1,q,a\n", ["2", "1"]),
        (GROUPS, ["2", "1"]),
        # Words of the first row of values are not more than those of the header.
        ("run_id,query,response\nid,question,Where is it?\n", []),
        ("run_id,mood\nuser,question,1\n", []),
    ],
)
def test_names_below_the_names_of_groups_are_asked_about(read: Any, text: str, rows: list[str]) -> None:
    asked = []
    try:
        read(text)
    except QuestionsOpen as error:
        asked = [one for one in error.questions if one.key == "header_row"]
    except UnreadableFile:
        pass
    assert [list(one.options) for one in asked] == ([rows] if rows else [])
