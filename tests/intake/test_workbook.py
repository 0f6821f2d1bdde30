"""Excel workbooks: cells keep what they hold, and whatever a person sees in Excel is told or asked."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake.reading import Answers, Limits

NAME = "traces.xlsx"
IN_UTC = Answers(timezone="UTC")
HEADER = ["run_id", "query"]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


MARCH = _moment("2025-03-01T12:30:15.123")


def test_cells_keep_their_type_and_all_their_digits(workbook: Any, read: Any) -> None:
    rows = [
        ["run_id", "query", "latency_ms", "input_tokens", "cost_usd", "escalated", "started_at"],
        ["00123", " two\nlines ", 1500, 999_999_999_999_999, 0.1 + 0.2, True, MARCH],
        [42, "1e5", 0.1, 3, 1e-7, False, _moment("2025-03-02T00:00:00")],
        ["123456789012345678", None, None, None, None, None, None],
    ]
    done = read(workbook({"Export": rows}), IN_UTC, name=NAME)
    assert done.cells("run_id") == ["00123", "42", "123456789012345678"]
    assert done.cells("query") == [" two\nlines ", "1e5", None]
    assert done.cells("latency_ms") == [1500.0, 0.1, None]
    assert done.cells("input_tokens") == [999_999_999_999_999, 3, None]
    assert done.cells("cost_usd") == [0.1 + 0.2, 1e-7, None]
    assert done.cells("escalated") == [True, False, None]
    assert done.cells("started_at") == [
        datetime(2025, 3, 1, 12, 30, 15, 123_000, tzinfo=UTC), datetime(2025, 3, 2, tzinfo=UTC), None,
    ]  # fmt: skip
    assert done.cells("row") == [2, 3, 4]
    assert done.warned == ["id_alone"]


def test_dates_of_excel_have_no_zone_so_it_is_asked(workbook: Any, read: Any) -> None:
    content = workbook({"A": [["run_id", "started_at"], ["r1", _moment("2025-03-01T10:00:00")]]})
    with pytest.raises(QuestionsOpen) as asked:
        read(content, name=NAME)
    [question] = asked.value.questions
    assert (question.key, question.samples) == ("timezone", ("2025-03-01T10:00:00",))
    done = read(content, Answers(timezone="Europe/Berlin"), name=NAME)
    assert done.cells("started_at") == [datetime(2025, 3, 1, 9, tzinfo=UTC)]


def test_dates_of_excel_without_a_clock_time_keep_their_day(workbook: Any, read: Any) -> None:
    content = workbook({"A": [["run_id", "started_at"], ["r1", _moment("2026-11-10")]]})
    for answers in (Answers(), Answers(timezone="Europe/Berlin")):
        done = read(content, answers, name=NAME)
        assert done.cells("started_at") == [datetime(2026, 11, 10, tzinfo=UTC)]


def test_rows_carry_the_numbers_that_excel_shows(workbook: Any, read: Any) -> None:
    body = (
        '<sheetData><row r="3"><c r="B3" t="inlineStr"><is><t>run_id</t></is></c>'
        '<c r="D3" t="inlineStr"><is><t>query</t></is></c></row>'
        '<row r="6"><c r="B6"><v>1</v></c><c r="D6"><v>2</v></c></row>'
        '<row r="9"><c r="D9"><v>3</v></c></row></sheetData>'
    )
    done = read(workbook({"A": body}), name=NAME)
    report = done.report
    assert (report.read, report.accepted, report.rejected, report.skipped) == (6, 1, 1, 4)
    assert done.cells("row") == [6]
    assert [(problem.row, problem.code) for problem in report.problems] == [(9, "missing_id")]


def test_a_title_above_the_header_is_asked_about(workbook: Any, read: Any) -> None:
    content = workbook({"A": [["Traces of March"], [None], HEADER, ["r1", "q"]]})
    with pytest.raises(QuestionsOpen) as asked:
        read(content, name=NAME)
    assert [question.key for question in asked.value.questions] == ["header_row"]
    assert "3" in asked.value.questions[0].options
    assert read(content, Answers(header_row=3), name=NAME).cells("row") == [4]


def test_several_sheets_with_rows_are_asked_about(workbook: Any, read: Any) -> None:
    april = [HEADER, ["r2", "q"], ["r3", "q"]]
    content = workbook({"March": [HEADER, ["r1", "q"]], "Empty": [], "April ": april})
    with pytest.raises(QuestionsOpen) as asked:
        read(content, name=NAME)
    [question] = asked.value.questions
    assert question.key == "sheet"
    assert question.options == {
        "March": "“March”: 2 rows that are filled, within A1:B2, with run_id, query.",
        "April ": "“April ”: 3 rows that are filled, within A1:B3, with run_id, query.",
    }
    answers = Answers().with_answer(question, "March")
    assert read(content, answers, name=NAME).cells("run_id") == ["r1"]
    assert read(content, Answers(sheet="april"), name=NAME).cells("run_id") == ["r2", "r3"]
    with pytest.raises(UnreadableFile, match="March, Empty, April") as refused:
        read(content, Answers(sheet="May"), name=NAME)
    assert refused.value.code == "unknown_sheet"


def test_hidden_sheets_are_named_and_read_only_when_asked_for(workbook: Any, read: Any) -> None:
    content = workbook({"Traces": [HEADER, ["r1", "q"]], ".Lists": [HEADER, ["r2", "q"]]})
    done = read(content, name=NAME)
    assert (done.cells("run_id"), done.warned) == (["r1"], ["hidden_sheets"])
    assert "“.Lists”" in done.report.warnings[0].sentence
    assert read(content, Answers(sheet=".Lists"), name=NAME).cells("run_id") == ["r2"]
    assert read(workbook({".Only": [HEADER, ["r1", "q"]]}), name=NAME).cells("run_id") == ["r1"]


def test_a_workbook_without_rows_is_refused(workbook: Any, read: Any) -> None:
    for rows in ([], [HEADER]):
        with pytest.raises(UnreadableFile) as refused:
            read(workbook({"A": rows}), name=NAME)
        assert refused.value.code == "no_rows"


def _sheet(*rows: str, after: str = "") -> str:
    numbered = "".join(f'<row r="{number}">{cells}</row>' for number, cells in enumerate(rows, start=1))
    return f"<sheetData>{numbered}</sheetData>{after}"


_NAMES = "".join(
    f'<c r="{letter}1" t="inlineStr"><is><t>{name}</t></is></c>'
    for letter, name in zip("ABC", ("run_id", "query", "note of mine"), strict=True)
)


def test_an_excel_error_rejects_its_row_only_where_the_column_is_used(workbook: Any, read: Any) -> None:
    body = _sheet(
        _NAMES,
        '<c r="A2"><v>1</v></c><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
        '<c r="A3"><v>2</v></c><c r="B3"><v>5</v></c><c r="C3" t="e"><v>#N/A</v></c>',
        '<c r="A4" t="e"><v>#REF!</v></c>',
    )
    done = read(workbook({"A": body}), name=NAME)
    assert done.cells("run_id") == ["2"]
    assert [(one.row, one.column, one.value, one.code) for one in done.report.problems] == [
        (2, "query", "#DIV/0!", "error_cell"), (4, "run_id", "#REF!", "error_cell"),
    ]  # fmt: skip
    assert "the Excel error #DIV/0!" in done.report.problems[0].reason


@pytest.mark.parametrize("saved", ['<c r="B2"><f>A2</f><v/></c>', '<c r="B2"><f>A2</f></c>'])
def test_a_formula_without_a_saved_value_refuses_the_file(workbook: Any, read: Any, saved: str) -> None:
    content = workbook({"A": _sheet(_NAMES, f'<c r="A2"><v>1</v></c>{saved}')})
    with pytest.raises(UnreadableFile, match=r"Row 2, column “query”: .*never saved") as refused:
        read(content, name=NAME)
    assert refused.value.code == "formula_without_value"
    assert "Open the workbook in Excel" in refused.value.mend
    left_out = Answers(kind=Kind.TRACES, columns={"query": ""})
    assert read(content, left_out, name=NAME).cells("run_id") == ["1"]


def test_a_formula_with_its_saved_value_is_that_value(workbook: Any, read: Any) -> None:
    body = _sheet(
        _NAMES,
        '<c r="A2"><v>1</v></c><c r="B2" t="str"><f>A2&amp;"x"</f><v>1x</v></c>',
        '<c r="A3"><v>2</v></c><c r="B3" t="str"><f>IF(A3,"","")</f><v></v></c>',
    )
    assert read(workbook({"A": body}), name=NAME).cells("query") == ["1x", None]


def test_merged_cells_are_asked_about_and_filled_on_request(workbook: Any, read: Any) -> None:
    merges = '<mergeCells count="2"><mergeCell ref="A2:A3"/><mergeCell ref="A1:A1"/></mergeCells>'
    body = _sheet(
        _NAMES,
        '<c r="A2"><v>7</v></c><c r="B2"><v>1</v></c>',
        '<c r="B3"><v>1</v></c>',
        '<c r="A4"><v>8</v></c>',
        after=merges,
    )
    content = workbook({"A": body})
    with pytest.raises(QuestionsOpen) as asked:
        read(content, name=NAME)
    [question] = asked.value.questions
    assert (question.key, question.samples) == ("merged_cells", ("A2:A3",))
    filled = read(content, Answers().with_answer(question, "fill_down"), name=NAME).report
    assert (filled.accepted, filled.duplicate, filled.rejected) == (2, 1, 0)
    stated = read(content, Answers(merged_cells="as_is"), name=NAME)
    assert (stated.report.accepted, stated.codes) == (2, ["missing_id"])


def test_a_merged_title_raises_no_question(workbook: Any, read: Any) -> None:
    merges = '<mergeCells><mergeCell ref="A1:A2"/></mergeCells>'
    body = _sheet(_NAMES, "", '<c r="A3"><v>7</v></c><c r="B3"><v>1</v></c>', after=merges)
    assert read(workbook({"A": body}), name=NAME).cells("run_id") == ["7"]


def test_hidden_rows_are_read_and_told(workbook: Any, read: Any) -> None:
    body = (
        f'<sheetData><row r="1" hidden="1">{_NAMES}</row><row r="2" hidden="1"><c r="A2"><v>1</v></c>'
        '<c r="B2"><v>1</v></c></row><row r="3" hidden="1"/></sheetData>'
    )
    done = read(workbook({"A": body}), name=NAME)
    assert (done.cells("run_id"), done.warned) == (["1"], ["hidden_rows"])
    assert done.report.warnings[0].sentence.endswith("too: 1.")


def test_long_numbers_are_told_because_excel_rounds_them(workbook: Any, read: Any) -> None:
    done = read(workbook({"A": [HEADER, [1234567890123456789, "q"]]}), name=NAME)
    assert done.warned == ["long_numbers"]


def test_places_may_be_left_out_as_some_programs_do(workbook: Any, read: Any) -> None:
    body = (
        "<sheetData><row><c t='inlineStr'><is><t>run_id</t></is></c>"
        "<c t='inlineStr'><is><t>query</t></is></c></row>"
        "<row><c><v>1</v></c><c><v>2</v></c></row></sheetData>"
    )
    done = read(workbook({"A": body}), name=NAME)
    assert (done.cells("run_id"), done.cells("query"), done.cells("row")) == (["1"], ["2"], [2])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ('<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>', "broken_file"),
        ('<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>2</v></c></row>', "broken_file"),
        ('<row r="2"><c r="A7"><v>1</v></c></row>', "broken_file"),
        ('<row r="1"><c r="A1"><v>1</v></c></row>', "broken_file"),
        ('<row r="x"><c r="A2"><v>1</v></c></row>', "broken_file"),
        ('<row r="2"><c r="A2"><v>1</v>', "broken_file"),
        ('<row r="2"><c r="A2" t="s"><v>99</v></c></row>', "broken_file"),
        ('<row r="2"><c r="A2"><v>NaN</v></c></row>', "not_finite"),
        ('<row r="1048577"><c r="A1048577"><v>1</v></c></row>', "outside_grid"),
        ('<row r="2"><c r="A1048577"><v>1</v></c></row>', "outside_grid"),
        ('<row r="2"><c r="XFE2"><v>1</v></c></row>', "outside_grid"),
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "outside_grid"),
    ],
)
def test_cells_that_no_excel_writes_are_refused(workbook: Any, read: Any, row: str, code: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(workbook({"A": f'<sheetData><row r="1">{_NAMES}</row>{row}</sheetData>'}), name=NAME)
    assert refused.value.code == code
    assert refused.value.mend


def test_limits_of_size_are_told(workbook: Any, read: Any) -> None:
    content = workbook({"A": [HEADER, ["r1", "q"]]})
    for limits, code in [
        (Limits(workbook_bytes=100), "too_big"),
        (Limits(columns=1), "too_many_columns"),
        (Limits(sheet_cells=3), "outside_grid"),
        (Limits(rows=0), "too_many_rows"),
    ]:
        with pytest.raises(UnreadableFile) as refused:
            read(content, name=NAME, limits=limits)
        assert refused.value.code == code
