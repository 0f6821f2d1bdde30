"""What a file is, told by its first bytes: a format that is read, or one that is plainly refused."""

import codecs
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath

from core.errors import UnreadableFile
from core.evidence.column import fold
from core.evidence.columns import COLUMNS, TABLE_KINDS
from core.intake.package import encrypted

HEAD_BYTES = 2**20

_SAVE_AS_XLSX = "In Excel: File > Save As > Excel Workbook (.xlsx), then upload that file."
_EXPORT_AGAIN = "Export again as CSV or JSON lines."
_EXPORT_FROM_TOOL = (
    "Export the data from your tool; “Which file from which tool?” on the Evidence page says how."
)
_UNPACK = "Unpack it and upload the file inside."
_NAME_IT = "Give it its real ending (.gz or .zst), or unpack it and upload the file inside."

_WORKBOOK = b"PK\x03\x04"
PARQUET = b"PAR1"
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")

_MAGIC: tuple[tuple[bytes, str, str, str], ...] = (
    (b"PK\x05\x06", "an empty ZIP archive", _EXPORT_AGAIN, "wrong_type"),
    (_OLE, "an old Office file (.xls or .doc)", _SAVE_AS_XLSX, "wrong_type"),
    (b"PARE", "an encrypted Parquet file", "Export it without encryption.", "encrypted"),
    (b"ARROW1", "an Arrow file", _EXPORT_AGAIN, "wrong_type"),
    (b"\x1f\x8b", "compressed with gzip", _NAME_IT, "compressed"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", _NAME_IT, "compressed"),
    (b"BZh", "compressed with bzip2", _UNPACK, "compressed"),
    (b"\xfd7zXZ", "compressed with xz", _UNPACK, "compressed"),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK, "compressed"),
    (b"Rar!", "a RAR archive", _UNPACK, "compressed"),
    (b"%PDF", "a PDF document", _EXPORT_FROM_TOOL, "wrong_type"),
    (b"{\\rtf", "a rich-text document", _EXPORT_AGAIN, "wrong_type"),
    (b"\x89PNG", "a picture (PNG)", _EXPORT_FROM_TOOL, "wrong_type"),
    (b"\xff\xd8\xff", "a picture (JPEG)", _EXPORT_FROM_TOOL, "wrong_type"),
    (b"SQLite format 3", "a SQLite database", _EXPORT_AGAIN, "wrong_type"),
    (b"\x80\x02", "a Python pickle, which is never opened here", _EXPORT_AGAIN, "wrong_type"),
    (b"\x80\x03", "a Python pickle, which is never opened here", _EXPORT_AGAIN, "wrong_type"),
    (b"\x80\x04", "a Python pickle, which is never opened here", _EXPORT_AGAIN, "wrong_type"),
    (b"\x80\x05", "a Python pickle, which is never opened here", _EXPORT_AGAIN, "wrong_type"),
    (
        b"version https://git-lfs",
        "only a pointer to a file in Git LFS",
        "Fetch the file itself with: git lfs pull",
        "wrong_type",
    ),
)

_SPACE, _COLON, _COMMA = (re.compile(pattern) for pattern in (r"\s*", r"\s*:\s*", r"\s*,\s*"))
_WEB_PAGE = re.compile(rb"\s*<(!doctype html|html|head|body)", re.IGNORECASE)
_BINARY_NAMES = {".xlsx", ".xls", ".xlsm", ".parquet", ".gz", ".zst", ".zip", ".pdf", ".arrow", ".feather"}
_LINE_NAMES = {".jsonl", ".ndjson"}
_JSON_NAMES = {".json", *_LINE_NAMES}

ROW_LISTS = ("rows", "data", "results", "traces")
"""Where an object that wraps a list of rows may hold it."""

STEPS = "observations"
"""The list that makes an object one run with its steps, as Langfuse writes it, not a list of rows."""

_IDS = frozenset(
    fold(word)
    for kind in TABLE_KINDS
    for column in COLUMNS[kind]
    if column.is_identifier
    for word in (column.name, *column.spellings)
)
"""Names of the id of a row: an object that has one is a row, whatever lists it holds."""

_NUL_SHARE = 0.2


class Format(StrEnum):
    DELIMITED = "delimited"  # comma, semicolon, tab or pipe between the cells
    JSON_LINES = "json lines"
    JSON_SEQUENCE = "json sequence"  # objects one after the other, each over several lines
    JSON_LIST = "json list"
    JSON_WRAPPED = "json wrapped"  # one object that holds the list
    WORKBOOK = "workbook"  # Excel's .xlsx
    PARQUET = "parquet"


@dataclass(frozen=True)
class Sniffed:
    """What the head of the file shows; ``encoding`` is a name that Python's codecs know, empty where
    the format is no text."""

    format: Format
    encoding: str = ""


def sniff(path: Path, file_name: str) -> Sniffed:
    """The format and encoding of the file. Raises UnreadableFile when it is no table."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(_WORKBOOK):
        return Sniffed(Format.WORKBOOK)
    if head.startswith(PARQUET):
        return Sniffed(Format.PARQUET)
    complete = path.stat().st_size <= HEAD_BYTES
    suffix = PurePath(file_name).suffix.lower()
    _refuse_other_types(head, suffix)
    encoding = _encoding(head)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head, final=complete)
    if not text.strip("\ufeff \t\r\n\x00"):
        raise UnreadableFile("The file is empty.", mend="Export it again.", code="empty_file")
    if suffix in _BINARY_NAMES:
        raise UnreadableFile(
            f"The file is named {suffix}, but it holds plain text.",
            mend="Give it its real ending (.csv, .json or .jsonl), or export it again.",
            code="wrong_type",
        )
    return Sniffed(_text_format(text.lstrip("\ufeff"), complete, suffix), encoding)


def _refuse_other_types(head: bytes, suffix: str) -> None:
    # A password turns an .xlsx into the container of the old formats, with a part that names it.
    if head.startswith(_OLE) and (suffix == ".xlsx" or _ENCRYPTED_PACKAGE in head):
        raise encrypted()
    for magic, name, mend, code in _MAGIC:
        if head.startswith(magic):
            raise UnreadableFile(f"The file is {name}, not a table of rows.", mend=mend, code=code)
    if _WEB_PAGE.match(head.removeprefix(codecs.BOM_UTF8)):
        raise UnreadableFile(
            "The file is a web page, perhaps a login page saved instead of the export.",
            mend="Sign in to the tool and export again.",
            code="wrong_type",
        )


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.count(0) > _NUL_SHARE * len(head):
        raise UnreadableFile(
            "The file is not UTF-8 text: it is UTF-16 without its mark, or no text at all.",
            mend="Save it as CSV UTF-8 and upload it again.",
            code="encoding",
        )
    return "utf-8-sig"


def _text_format(text: str, complete: bool, suffix: str) -> Format:
    body = text.lstrip()
    if body.startswith("["):
        return Format.JSON_LIST
    if body.startswith("{"):
        return _object_format(body, complete, suffix)
    if suffix in _JSON_NAMES:
        raise UnreadableFile(
            f"The file is named {suffix}, but it does not begin like JSON.",
            mend="Give it its real ending, or export it again.",
            code="wrong_type",
        )
    return Format.DELIMITED


def _object_format(body: str, complete: bool, suffix: str) -> Format:
    """Tell one object per line, objects over several lines and one object around a list apart."""
    if re.match(r"\{\s*'", body):
        raise UnreadableFile(
            "The file holds Python text with single quotes, which is not JSON.",
            mend="Write it with json.dumps, or export it as CSV.",
            code="bad_json",
        )
    try:
        first, end = json.JSONDecoder(parse_int=str).raw_decode(body)
    except RecursionError:
        return Format.JSON_WRAPPED
    except json.JSONDecodeError:
        if suffix not in _LINE_NAMES and _begins_one_run(body):
            return Format.JSON_SEQUENCE
        by_line = suffix in _LINE_NAMES or body.split("\n", 1)[0].rstrip().endswith("}")
        return Format.JSON_LINES if by_line else Format.JSON_WRAPPED
    if not body[end:].strip() and complete:
        if isinstance(first, dict) and isinstance(first.get(STEPS), list):
            return Format.JSON_SEQUENCE
        if _holds_rows(first):
            return Format.JSON_WRAPPED
        return Format.JSON_SEQUENCE if "\n" in body[:end] else Format.JSON_LINES
    return Format.JSON_SEQUENCE if "\n" in body[:end].strip() else Format.JSON_LINES


def _begins_one_run(body: str) -> bool:
    """Whether the object, which is longer than ``body``, has its steps at the top."""
    decoder, at = json.JSONDecoder(), 1
    while f'"{STEPS}"' in body:
        try:
            key, at = decoder.raw_decode(body, _after(_SPACE, body, at))
            at = _after(_COLON, body, at)
            if key == STEPS or key in ROW_LISTS:
                return key == STEPS and body[at : at + 1] == "["
            at = _after(_COMMA, body, decoder.raw_decode(body, at)[1])
        except (json.JSONDecodeError, RecursionError):
            break
    return False


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _holds_rows(value: object) -> bool:
    """Whether the object is no row itself but holds a list of them."""
    if not isinstance(value, dict) or _names_its_kind(value):
        return False
    if any(isinstance(value.get(name), list) for name in ROW_LISTS):
        return True
    return _IDS.isdisjoint(map(fold, value)) and _holds_list(value, 3)


def _names_its_kind(value: dict[str, object]) -> bool:
    """Whether the object has an id as one of a kind, as OpenAI's API writes each item; its list has none."""
    return all(isinstance(value.get(name), str) and value[name] for name in ("object", "id"))


def _holds_list(value: object, depth: int) -> bool:
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict)
    inside = value.values() if isinstance(value, dict) and depth > 0 else ()
    return any(_holds_list(part, depth - 1) for part in inside)
