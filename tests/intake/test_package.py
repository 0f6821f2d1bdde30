"""The container of a workbook: what no honest one holds is refused before a parser sees it."""

import io
import zipfile
from typing import Any

import pytest

from core.errors import UnreadableFile
from core.intake.job import Limits
from core.intake.package import check_container

ROWS = [["run_id", "query"], ["r1", "q"]]
ENTITY = '<!DOCTYPE x [<!ENTITY a "b">]><x/>'


def _refused(read: Any, content: bytes) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as refused:
        read(content, name="traces.xlsx")
    assert refused.value.mend
    return refused.value


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"xl/vbaProject.bin": b"x"}, "macro"),
        ({"xl/macrosheets/sheet1.xml": "<x/>"}, "macro"),
        ({"../evil.xml": "<x/>"}, "bad_zip"),
        ({"/etc/evil.xml": "<x/>"}, "bad_zip"),
        ({"xl\\evil.xml": "<x/>"}, "bad_zip"),
        ({"C:/evil.xml": "<x/>"}, "bad_zip"),
        ({"XL/Workbook.XML": "<x/>"}, "bad_zip"),
        ({"xl/media/zeros.bin": bytes(17 * 2**20)}, "bomb"),
        ({f"xl/media/{number}.bin": b"" for number in range(500)}, "bomb"),
        ({"xl/sharedStrings.xml": ENTITY}, "dtd"),
        ({"docProps/core.xml": ENTITY}, "dtd"),
        ({"xl/sharedStrings.xml": ENTITY.encode("utf-16")}, "dtd"),
        ({"xl/sharedStrings.xml": "<sst><si>"}, "broken_file"),
        ({"xl/styles.xml": b"\xff\xff\xff"}, "broken_file"),
        ({"xl/workbook.xml": "<x/>"}, "no_rows"),
        ({"_rels/.rels": "<x/>"}, "wrong_type"),
    ],
)
def test_parts_that_no_honest_workbook_holds(
    workbook: Any, read: Any, parts: dict[str, Any], code: str
) -> None:
    assert _refused(read, workbook({"A": ROWS}, parts=parts)).code == code


@pytest.mark.parametrize("names", [["a.txt"], ["[Content_Types].xml", "_rels/.rels", "word/document.xml"]])
def test_other_zip_files_are_no_workbooks(read: Any, names: list[str]) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as container:
        for name in names:
            container.writestr(name, "<x/>")
    assert _refused(read, target.getvalue()).code == "wrong_type"


def test_a_workbook_that_is_cut_off_or_flipped(workbook: Any, read: Any) -> None:
    content = workbook({"A": ROWS})
    assert _refused(read, content[: len(content) // 2]).code == "bad_zip"
    place = content.index(b"xl/styles.xml") + len("xl/styles.xml") + 20
    flipped = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
    assert _refused(read, flipped).code in ("bad_zip", "broken_file")


@pytest.mark.parametrize(
    ("unpacked", "packed", "code"),
    [
        (100, 600, "bad_zip"),  # more packed bytes than the file has: the parts share them
        (301 * 2**20, 450, "bomb"),
        (16 * 2**20, 300, None),
        (16 * 2**20 + 1, 300, "bomb"),
    ],
)
def test_the_table_alone_tells_a_bomb(unpacked: int, packed: int, code: str | None) -> None:
    parts = [zipfile.ZipInfo(name) for name in ("[Content_Types].xml", "_rels/.rels", "xl/a.xml")]
    parts[1].compress_size = parts[2].compress_size = packed
    parts[2].file_size = unpacked
    if code is None:
        check_container(parts, 1_000)
        return
    with pytest.raises(UnreadableFile) as refused:
        check_container(parts, 1_000)
    assert refused.value.code == code


def test_a_password_and_an_old_format_are_told_apart(read: Any) -> None:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    named = "EncryptedPackage".encode("utf-16-le")
    for content, name in [(head + named, "traces.csv"), (head, "traces.xlsx")]:
        with pytest.raises(UnreadableFile, match="password") as locked:
            read(content, name=name)
        assert locked.value.code == "encrypted"
    with pytest.raises(UnreadableFile, match="old Office file") as old:
        read(head, name="traces.xls")
    assert (old.value.code, ".xlsx" in old.value.mend) == ("wrong_type", True)


def test_the_limit_of_a_workbook_is_fifty_megabytes() -> None:
    assert Limits().workbook_bytes == 50 * 2**20
