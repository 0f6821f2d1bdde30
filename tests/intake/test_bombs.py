"""Files made to exhaust the reader, through the real child: one sentence each, also without the preflight."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import UnreadableFile
from core.intake.reading import Answers, Limits, ReadJob, read_in_child

# Python runs this file by itself when the child starts: every check before the parsers is off.
_WITHOUT_PREFLIGHT = """
from core.intake import package, parquet_rows
package.check_container = lambda parts, size: None
parquet_rows.TEXT_BYTES = parquet_rows.UNPACKED_BYTES = 2**62
"""
_ANY_SPAN = Limits(sheet_cells=2**40)
_SECONDS = 60


@pytest.fixture
def without_preflight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_WITHOUT_PREFLIGHT)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


def _ends(path: Path, spool: Path, limits: Limits) -> str:
    """The code with which the child ends; it leaves nothing behind and takes no longer than it may."""
    begun = time.monotonic()
    job = ReadJob(path, path.name, Answers(), None, spool, limits)
    with pytest.raises(UnreadableFile) as refused:
        read_in_child(job, lambda _: None, lambda: False)
    assert refused.value.sentence.count(". ") == 0
    assert refused.value.mend
    assert list(spool.iterdir()) == []
    assert time.monotonic() - begun < _SECONDS
    return refused.value.code


@pytest.fixture
def corners(tmp_path: Path, workbook: Any) -> Path:
    """A legal workbook of 2 KB with a value in the first and in the last cell there is."""
    path = tmp_path / "corners.xlsx"
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path.write_bytes(workbook({"A": f"<sheetData>{cells}</sheetData>"}))
    assert path.stat().st_size < 2_500
    return path


@pytest.fixture
def repeated(tmp_path: Path) -> Path:
    """A Parquet file of some KB in which one text of a megabyte stands in 100,000 rows."""
    path, rows = tmp_path / "repeated.parquet", 100_000
    response = pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), ["x" * 2**20])
    pq.write_table(pa.table({"run_id": pa.array(np.arange(rows)), "response": response}), path)
    assert path.stat().st_size < 2_000_000
    return path


def test_the_preflight_ends_them(corners: Path, repeated: Path, tmp_path: Path) -> None:
    assert _ends(corners, tmp_path / "one", Limits()) == "outside_grid"
    assert _ends(repeated, tmp_path / "two", Limits()) == "bomb"


@pytest.mark.usefixtures("without_preflight")
def test_a_workbook_of_two_corners_ends_within_the_limits_of_the_child(corners: Path, tmp_path: Path) -> None:
    assert _ends(corners, tmp_path / "spool", _ANY_SPAN) in ("reader_failed", "too_big_to_read")


@pytest.mark.usefixtures("without_preflight")
def test_a_workbook_that_unpacks_without_end_ends_within_the_limits_of_the_child(
    tmp_path: Path, workbook: Any
) -> None:
    path = tmp_path / "zeros.xlsx"
    row = '<row><c t="inlineStr"><is><t>' + "0" * 2**20 + "</t></is></c></row>"
    path.write_bytes(workbook({"A": f"<sheetData>{row * 400}</sheetData>"}))
    assert path.stat().st_size < 2_000_000
    limits = Limits(memory_bytes=400 * 2**20)
    assert _ends(path, tmp_path / "spool", limits) in ("reader_failed", "too_big_to_read")


@pytest.mark.usefixtures("without_preflight")
def test_a_text_in_every_row_ends_within_the_limits_of_the_child(repeated: Path, tmp_path: Path) -> None:
    limits = Limits(seconds=5, seconds_per_megabyte=0)
    assert _ends(repeated, tmp_path / "spool", limits) in ("too_slow", "too_big_to_read")
