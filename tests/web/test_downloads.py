"""Downloads hold what was on the page, and nothing in them runs when a spreadsheet opens them."""

import csv
import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web.downloads import csv_bytes, xlsx_bytes

FORMULAS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u200b=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(A1)",
    "-1.2.3",
    "+",
]
HARMLESS = ["-5", "+3.2", "-1e-3", ".5", "a=b", "refund - billing", "mail@example.org", ""]


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_an_apostrophe_in_csv_also_as_column_name(text: str) -> None:
    assert read_csv(csv_bytes([[text]], [text])) == [[f"'{text}"], [f"'{text}"]]


@pytest.mark.parametrize("text", HARMLESS)
def test_plain_numbers_and_words_are_left_alone_in_csv(text: str) -> None:
    assert read_csv(csv_bytes([[text, "x"]], ["a", "b"]))[1] == [text, "x"]


def test_csv_begins_with_the_mark_that_excel_needs() -> None:
    assert csv_bytes([], ["é"]) == b"\xef\xbb\xbf\xc3\xa9\r\n"


def test_values_other_than_text_in_csv() -> None:
    row = [
        None,
        True,
        False,
        -3,
        0.5,
        float("nan"),
        date(2026, 3, 2),
        datetime(2026, 3, 2, 14, 5, tzinfo=UTC),
    ]
    written = read_csv(csv_bytes([row], [str(i) for i in range(8)]))[1]
    assert written == ["", "yes", "no", "-3", "0.5", "", "2026-03-02", "2026-03-02T14:05:00+00:00"]


@pytest.mark.parametrize("text", FORMULAS)
def test_excel_reads_a_formula_back_as_text(text: str) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([[text]], [text]))).worksheets[0]
    for cell in (sheet["A1"], sheet["A2"]):
        assert cell.data_type == "s"
        # A file format of XML has one kind of line end only.
        assert cell.value == text.replace("\r", "\n") or cell.value == text


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("a\x00b\x07c", "abc"),
        ("half \ud800", "half ?"),
        ("x" * 40_000, "x" * 32_767),
        (7, 7),
        (0.25, 0.25),
        (float("inf"), None),
        (None, None),
        (True, "yes"),
        (date(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC)),
        (datetime(2026, 3, 2, 14, 5, tzinfo=UTC), datetime(2026, 3, 2, 14, 5, tzinfo=UTC)),
    ],
)
def test_values_in_excel(value: object, read: object) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([[value]], ["a"]))).worksheets[0]
    # A spreadsheet knows no time zones; what stands in it is UTC.
    assert sheet["A2"].value == (read.replace(tzinfo=None) if isinstance(read, datetime) else read)


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_text_can_be_written_and_no_cell_starts_a_formula(texts: list[str]) -> None:
    columns = [f"c{number}" for number in range(len(texts))]
    for cell in read_csv(csv_bytes([texts], columns))[1]:
        assert cell[:1] not in set("=+-@\t\r") or float(cell) is not None
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([texts], columns))).worksheets[0]
    assert all(cell.data_type != "f" for cell in sheet[2])
