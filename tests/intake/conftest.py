"""Reads small files in this process and hands back the report with the rows that were written."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.evidence.columns import Kind
from core.intake.importing import read_file
from core.intake.job import Limits, ReadJob, ReadOutcome, Remembered
from core.intake.reading import Answers
from core.intake.report import ImportReport
from core.intake.schema import arrow_schema


@dataclass(frozen=True)
class Read:
    """What became of a file; ``spool`` is where its parts lie."""

    outcome: ReadOutcome
    spool: Path

    @property
    def report(self) -> ImportReport:
        return self.outcome.report

    @property
    def table(self) -> pa.Table:
        parts = [pq.read_table(path) for path in self.outcome.segments]
        return pa.concat_tables(parts) if parts else arrow_schema(self.outcome.kind).empty_table()

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.report.problems]

    @property
    def warned(self) -> list[str]:
        return [notice.code for notice in self.report.warnings]

    def cells(self, column: str) -> list[Any]:
        return self.table.column(column).to_pylist()

    def part(self, kind: Kind) -> list[dict[str, Any]]:
        """The rows of ``kind`` that were found inside the file's rows."""
        paths = [path for one in self.outcome.parts if one.kind is kind for path in one.segments]
        return [row for path in paths for row in pq.read_table(path).to_pylist()]

    def sentences(self, code: str) -> list[str]:
        """The notices with this code."""
        return [notice.sentence for notice in self.report.warnings if notice.code == code]

    @property
    def uses(self) -> dict[str, str | None]:
        """What each column of the file became."""
        return {use.header: use.canonical for use in self.report.columns}

    def known_keys(self, path: Path) -> Path:
        """The keys of these rows as the next import would get them."""
        np.savez(path, key=np.array(self.cells("key")), row_key=np.array(self.cells("row_key")))
        return path


ReadFile = Callable[..., Read]


@pytest.fixture
def read(tmp_path: Path) -> ReadFile:
    """``read(content, answers, name=…, known_keys=…, limits=…, remembered=…)``.

    ``content`` is text, bytes or a path.
    """
    counter = iter(range(1_000_000))

    def one(
        content: str | bytes | Path,
        answers: Answers | None = None,
        *,
        name: str | None = None,
        known_keys: Path | None = None,
        limits: Limits | None = None,
        remembered: tuple[Remembered, ...] = (),
    ) -> Read:
        spool = tmp_path / f"spool-{next(counter)}"
        spool.mkdir()
        if isinstance(content, Path):
            path = content
        else:
            path = spool / "uploaded"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        job = ReadJob(
            path=path,
            file_name=name or (content.name if isinstance(content, Path) else "file.csv"),
            spool=spool,
            answers=answers or Answers(),
            known_keys=known_keys,
            limits=limits or Limits(),
            remembered=remembered,
        )
        return Read(read_file(job, lambda _: None), spool)

    return one


@pytest.fixture(scope="session")
def shared() -> Path:
    """The project's shared folder of samples, beside the repository; tests that need it skip without it."""
    folder = Path(__file__).resolve().parents[2].parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared folder of samples is not beside this repository")
    return folder


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's dates have no zone
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts><font/></fonts><fills><fill/></fills><borders><border/></borders>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
)

MakeWorkbook = Callable[..., bytes]


@pytest.fixture(scope="session")
def workbook() -> MakeWorkbook:
    """``workbook({"Sheet1": rows}, parts=…)``: an .xlsx as bytes, every number with all its digits.

    ``rows`` are lists of values (None: no cell), or the XML of the whole <sheetData> and what follows.
    A name that begins with “.” is a hidden sheet; ``parts`` replaces or adds parts of the container.
    """
    return _workbook


def _workbook(sheets: Mapping[str, Any], *, parts: Mapping[str, str | bytes] | None = None) -> bytes:
    numbered = list(enumerate(sheets, start=1))
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="r{number}"'
        f"{' state=' + chr(34) + 'hidden' + chr(34) if name.startswith('.') else ''}/>"
        for number, name in numbered
    )
    related = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number, _ in numbered
    )
    styled = f'<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    written: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}{styled}'
        "</Relationships>",
        "xl/styles.xml": _STYLES,
    }
    for number, name in numbered:
        rows = sheets[name]
        body = rows if isinstance(rows, str) else f"<sheetData>{_rows_xml(rows)}</sheetData>"
        written[f"xl/worksheets/sheet{number}.xml"] = f'<worksheet xmlns="{_MAIN}">{body}</worksheet>'
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in {**written, **(parts or {})}.items():
            container.writestr(name, content)
    return target.getvalue()


def _rows_xml(rows: list[list[Any]]) -> str:
    cells = [
        "".join(_cell_xml(number, place, value) for place, value in enumerate(row))
        for number, row in enumerate(rows, start=1)
    ]
    return "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(cells, start=1))


def _cell_xml(row: int, place: int, value: Any) -> str:
    at = f'r="{chr(ord("A") + place)}{row}"'
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c {at} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c {at}><v>{value!r}</v></c>"
    if isinstance(value, datetime):
        return f'<c {at} s="1"><v>{(value - _DAY_ZERO).total_seconds() / 86_400!r}</v></c>'
    # Excel writes what XML cannot hold as _xHHHH_, and an underscore that only looks so as _x005F_.
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", value)
    text = re.sub(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]", lambda one: f"_x{ord(one[0]):04X}_", text)
    return f'<c {at} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
