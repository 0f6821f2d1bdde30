"""The quick look at a sheet's bytes finds exactly what an XML parser finds, or leaves it to the parser."""

import io
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import UnreadableFile
from core.intake import sheet_pieces
from core.intake.answers import Answers
from core.intake.job import Limits
from core.intake.package import Package, told_as_damage
from core.intake.plain_rows import PlainRows, plain_rows
from core.intake.sheet_scan import scan_sheet

PART = "xl/worksheets/sheet1.xml"


def _found(path: Path, *, by_cell: bool) -> Any:
    package = Package(path, Limits())
    try:
        with told_as_damage():
            return scan_sheet(package, PART, Limits(), by_cell=by_cell)
    except UnreadableFile as error:
        return error.code, error.sentence
    finally:
        package.close()


def _with_sheet(content: bytes, sheet: bytes) -> bytes:
    """The workbook with another text of its first sheet."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for part in old.infolist():
            new.writestr(part.filename, sheet if part.filename == PART else old.read(part))
    return target.getvalue()


_PLAIN = [
    '<c r="{c}{r}"><v>1</v></c>',
    '<c r="{c}{r}" s="1" t="s"><v>0</v></c>',
    '<c r="{c}{r}" t="n" s="12"/>',
    '<c r="{c}{r}" s="3"></c>',
    '<c r="{c}{r}" t="inlineStr"><is><t>a &amp; b > ü🙂\n</t></is></c>',
    '<c r="{c}{r}" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>',
    '<c r="{c}{r}" t="b"><v>1</v></c>',
    '<c r="{c}{r}" t="inlineStr"><is><t></t></is></c>',
    '<c r="{c}{r}"><f>A1+1</f><v>2</v></c>',
]
_ODD = [
    '<c r="{c}{r}" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
    '<c r="{c}{r}"><f>A1</f><v/></c>',
    '<c r="{c}{r}"><f>A1</f><v></v></c>',
    '<c r="{c}{r}"><f>A1</f><v> </v></c>',
    '<c r="{c}{r}"><f>A1</f></c>',
    '<c r="{c}{r}" t="str"><f>A1</f><v></v></c>',
    '<c r="{c}{r}"><f t="shared" si="0"/><v>3</v></c>',
    '<c r="{c}{r}" cm="1"><v>1</v></c>',
    '<c t="n" r="{c}{r}"><v>1</v></c>',
    '<c r="{c}{r}" s="1" s="2"><v>1</v></c>',
    "<c r='{c}{r}'><v>1</v></c>",
    "<c><v>1</v></c>",
    '<c r="{c}99"><v>1</v></c>',
    '<c r="A{r}"><v>1</v></c>',
    '<c r="{c}{r}"><v>&#65;&nbsp;</v></c>',
    '<c r="{c}{r}"><v>&#65;</v></c>',
    '<c r="{c}{r}"><v>a]]>b</v></c>',
    '<c r="{c}{r}"><v>a\x01b</v></c>',
    '<c r="{c}{r}"><v>\ufffe</v></c>',
    '<c r="{c}{r}"><v><![CDATA[</v></c><c r="B1">]]></v></c>',
    '<c r="{c}{r}"><!-- <v>1</v> --></c>',
    '<c r="{c}{r}"><is><r><t>rich</t></r></is></c>',
    '<c r="{c}{r}"><v>1</v>text</c>',
    '<c r="{c}{r}"> <v>1</v></c>',
    '<c r="{c}{r}"><v>1</c></v>',
    '<c r="{c}{r}"><v>1</v>',
    "</row><row>",
    "</row></sheetData><sheetData xmlns='urn:other'><row>",
    '<other xmlns="urn:other"><c r="{c}{r}"><v>1</v></c></other>',
    '<c r="{c}{r}"><v>a/></v></c>',
    '<c r="aB{r}"><v>1</v></c>',
    '<c r="ABCD{r}"><v>1</v></c>',
    '<c r="XFD{r}"><v>1</v></c>',
    '<c r="XFE{r}"><v>1</v></c>',
    '<c r="{r}"><v>1</v></c>',
    '<c r="{c}0{r}"><v>1</v></c>',
]
_ROWS = [
    '<row r="{r}">',
    '<row r="{r}" spans="1:3" ht="15.5" customHeight="1">',
    '<row r="{r}" hidden="1">',
    '<row r="{r}" ht="1" ht="2">',
    "<row>",
    '<row r="0{r}">',
    '<row r="1">',
    '<row r="{r}" x14ac:dyDescent="0.25">',
    '<row r="{r}"/><row r="{r}">',
    '<row r="1048577">',
]
_COLUMNS = ("A", "B", "Z", "AA", "AZ", "ZZ", "AAA")

_row = st.tuples(
    st.sampled_from([_ROWS[0]] * 12 + _ROWS),
    st.lists(st.sampled_from(_PLAIN * 8 + _ODD), max_size=5),
    st.integers(1, 3),
    st.sampled_from([""] * 9 + ["\n"]),
)


def _sheet(rows: list[tuple[str, list[str], int, str]]) -> str:
    number, text = 0, ""
    for opening, cells, step, after in rows:
        number += step
        filled = "".join(
            cell.format(c=column, r=number) for cell, column in zip(cells, _COLUMNS, strict=False)
        )
        text += f"{opening.format(r=number)}{filled}</row>{after}"
    return f"<sheetData>{text}</sheetData><mergeCells/>"


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(_row, max_size=12), block=st.sampled_from([1, 90, 2**19]))
@example(rows=[(_ROWS[0], _PLAIN[:7], 1, ""), (_ROWS[2], _ODD[:1], 98, ""), (_ROWS[0], [], 1, "")], block=1)
def test_a_sheet_is_scanned_as_by_the_parser(
    rows: Any, block: int, workbook: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("sheet") / "a.xlsx"
    path.write_bytes(workbook({"A": _sheet(rows)}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheet_pieces, "_BLOCK_BYTES", block)
        patch.setattr("core.intake.package._BLOCK", min(block, 64))
        quick = _found(path, by_cell=False)
    assert quick == _found(path, by_cell=True)


@pytest.mark.parametrize("cell", _PLAIN)
def test_plain_cells_need_no_parser(cell: str) -> None:
    row = f'<row r="7">{cell.format(c="AB", r=7)}</row>'.encode()
    found = plain_rows(row)
    filled = "<v>" in cell or "<is>" in cell
    assert found == PlainRows(
        7, 7, 28, [7] if filled else [], 28 if filled else 2**14, 28 if filled else 0, int("<f>" in cell)
    )


@pytest.mark.parametrize("cell", _ODD)
def test_odd_cells_are_left_to_the_parser(cell: str) -> None:
    if cell.startswith('<c r="XFD') or "a/>" in cell:  # within what a sheet has, and what a text may hold
        return
    plain = '<c r="C7"><v>1</v></c>'
    assert plain_rows(f'<row r="7">{plain}{cell.format(c="D", r=7)}</row>'.encode()) is None


def test_sheets_in_other_encodings_and_shapes_come_to_the_same(workbook: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    content = workbook({"A": _sheet([(_ROWS[0], _PLAIN, 1, "")] * 3)})
    with zipfile.ZipFile(io.BytesIO(content)) as container:
        sheet = container.read(PART).decode()
    main = re.search('xmlns="([^"]*)"', sheet)
    assert main is not None
    named = sheet.replace("<worksheet ", '<worksheet xmlns:x14ac="urn:x14ac" ')
    high = [(_ROWS[_ROWS.index('<row r="{r}" x14ac:dyDescent="0.25">')], _PLAIN, 1, "")] * 3
    prefixed = sheet.replace("xmlns=", "xmlns:x=")
    for text in (
        sheet.encode(),
        b"\xef\xbb\xbf" + sheet.encode(),
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{sheet}'.encode(),
        f'<?xml version="1.0" encoding="ISO-8859-1"?>{sheet}'.encode("latin-1", "replace"),
        f'<?xml version="1.0" encoding="UTF-16"?>{sheet}'.encode("utf-16"),
        sheet.replace("ü", "\udcff").encode(errors="surrogateescape"),
        re.sub(r"<(/?)([a-z])", r"<\1x:\2", prefixed).encode(),
        sheet.replace(main[1], "urn:other").encode(),
        re.sub("<sheetData>.*", _sheet(high), named, flags=re.DOTALL).encode() + b"</worksheet>",
        re.sub("<sheetData>.*", _sheet(high), sheet, flags=re.DOTALL).encode() + b"</worksheet>",
        sheet.replace("<sheetData>", "<!-- <sheetData> --><sheetData>").encode(),
        sheet.replace("</sheetData>", "</sheetData><sheetData><row r='1'/></sheetData>").encode(),
        sheet.replace("</worksheet>", "").encode(),
        sheet.replace("<mergeCells/>", "<mergeCells>").encode(),
        b"",
    ):
        path.write_bytes(_with_sheet(content, text))
        assert _found(path, by_cell=False) == _found(path, by_cell=True), text[:80]


def test_the_height_of_letters_that_excel_adds_to_every_row_needs_no_parser() -> None:
    row = b'<row r="7" spans="1:2" x14ac:dyDescent="0.25"><c r="A7"><v>1</v></c></row>'
    assert plain_rows(row) is None
    assert plain_rows(row, with_descent=True) == PlainRows(7, 7, 1, [7], 1, 1, 0)
    assert sheet_pieces.explains_descent(b'<?xml version="1.0"?>\r\n<worksheet xmlns="a" xmlns:x14ac="b">')
    assert not sheet_pieces.explains_descent(b'<worksheet xmlns="a"><sheetData xmlns:x14ac="b">')


def test_cells_read_by_column_are_those_read_by_row(workbook: Any, read: Any) -> None:
    """Whatever the values are, and wherever blank rows, errors and other columns stand among them."""
    rows: list[list[Any]] = [["run_id", "query", "latency_ms", "escalated", "started_at", "note"]]
    for number in range(4_500):
        mixed = ("text", 5, 2.5, True, datetime(2025, 3, 1, 12), None)[number % 6]  # noqa: DTZ001
        rows.append([f"r{number}", f"q {number} ü", number / 8, number % 2 == 0, None, mixed])
        if number % 700 == 0:
            rows += [[None] * 6, [f"s{number}", None, 1e15 + number, None, None, float(number)]]
    done = read(workbook({"A": rows}), Answers(timezone="UTC", personal_text="keep"), name="a.xlsx")
    ids = [row[0] for row in rows[1:] if row[0]]
    assert done.cells("run_id") == ids
    assert done.cells("latency_ms") == [row[2] for row in rows[1:] if row[0]]
    assert done.cells("escalated") == [row[3] for row in rows[1:] if row[0]]
    assert done.cells("row") == [number for number, row in enumerate(rows, start=1) if row[0]][1:]
    assert (done.report.read, done.report.skipped) == (len(rows) - 1, 7)
    [notice] = [one for one in done.report.warnings if one.code == "long_numbers"]
    assert notice.sentence.endswith(": 7.")


@pytest.mark.parametrize("blank", [None, "", "n/a"])
def test_a_column_of_nothing_but_dates_is_read_by_column(workbook: Any, read: Any, blank: str | None) -> None:
    """As Excel has them: real dates, in a sheet that is long enough to be read by column."""
    days = [datetime(2025, 3, 1 + number % 28, 12, 30) for number in range(300)]  # noqa: DTZ001
    rows = [["run_id", "started_at", "note"]]
    rows += [[f"r{number}", day, blank if number % 3 else day] for number, day in enumerate(days)]
    done = read(workbook({"A": rows}), Answers(timezone="UTC"), name="a.xlsx")
    assert done.cells("started_at") == [day.replace(tzinfo=UTC) for day in days]
    assert (done.report.read, done.report.accepted) == (300, 300)
