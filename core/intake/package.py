"""The ZIP container of an Excel workbook, checked before any parser sees a part of it."""

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from core.errors import UnreadableFile
from core.intake.job import Limits

PARTS = 500
PART_BYTES = 300 * 2**20
UNPACKED_BYTES = 400 * 2**20
RATIO, RATIO_FROM_BYTES = 50, 16 * 2**20
"""A workbook unpacks to 3 to 30 times its size, a bomb to a thousand times."""

_BLOCK = 2**16
_XML = (".xml", ".rels")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED_FLAG = 0x1
_SAVE_AGAIN = "Open the workbook in Excel, save it as .xlsx and upload it again."

Attributes = dict[str, str]
OnTag = Callable[[str, Attributes], None]


@dataclass(frozen=True)
class SheetPart:
    """A worksheet as the workbook lists it, and the part that holds its cells."""

    name: str
    part: str
    visible: bool


@dataclass(frozen=True)
class Contents:
    """What the workbook says about itself; ``uncalculated``: its formulas wait for a first calculation."""

    sheets: tuple[SheetPart, ...]
    uncalculated: bool


class Package:
    """An opened container; every fault of it is an UnreadableFile."""

    def __init__(self, path: Path, limits: Limits) -> None:
        size = path.stat().st_size
        if size > limits.workbook_bytes:
            raise UnreadableFile(
                f"The workbook has {size / 2**20:.0f} MB; at most {limits.workbook_bytes / 2**20:.0f} MB"
                " can be read.",
                mend="Save the sheet as CSV, which may be larger, or split it.",
                code="too_big",
            )
        with told_as_damage():
            self._zip = zipfile.ZipFile(path)
        parts = self._zip.infolist()
        self._names = {part.filename.casefold(): part.filename for part in parts}
        check_container(parts, size)

    def close(self) -> None:
        self._zip.close()

    def contents(self) -> Contents:
        """The sheets of the workbook. Every small part is read on the way, so none lies about itself."""
        root = self._relations("_rels/.rels", "")
        book = next((target for kind, target in root.values() if kind == "officeDocument"), "")
        if book.casefold() not in self._names:
            raise _not_a_workbook()
        folder, file = posixpath.split(book)
        relations = self._relations(posixpath.join(folder, "_rels", f"{file}.rels"), folder)
        listed, uncalculated = self._listed(book)
        found = [
            SheetPart(name, relations[key][1], visible)
            for name, key, visible in listed
            if relations.get(key, ("", ""))[0] == "worksheet"
        ]
        sheets = {sheet.part.casefold() for sheet in found}
        for folded, name in self._names.items():
            if folded.endswith(_XML) and folded not in sheets:
                self.parse(name, None)
        return Contents(tuple(found), uncalculated)

    def parse(self, part: str, on_tag: OnTag | None) -> None:
        """Read one XML part to its end; a tag is told as “namespace}name”. Refuses every DTD."""
        parser = parser_for(on_tag)
        with closing(self.blocks(part)) as blocks:
            for block in blocks:
                parser.Parse(block, False)
        parser.Parse(b"", True)

    def blocks(self, part: str) -> Generator[bytes]:
        """The bytes of a part, which stays open until the last one is read or this is closed."""
        name = self._names.get(part.casefold())
        if name is None:
            raise damaged(f"its part {part} is missing")
        with self._zip.open(name) as file:
            while block := file.read(_BLOCK):
                yield block

    def _relations(self, part: str, folder: str) -> dict[str, tuple[str, str]]:
        """Id -> kind and target of each relation that a part has to others."""
        relations: dict[str, tuple[str, str]] = {}

        def on_tag(tag: str, attributes: Attributes) -> None:
            if tag.endswith("}Relationship"):
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
                relations[attributes.get("Id", "")] = (kind, target.lstrip("/"))

        self.parse(part, on_tag)
        return relations

    def _listed(self, book: str) -> tuple[list[tuple[str, str, bool]], bool]:
        """Name, relation and visibility of each sheet; whether all formulas wait to be calculated."""
        sheets: list[tuple[str, str, bool]] = []
        settings: Attributes = {}

        def on_tag(tag: str, attributes: Attributes) -> None:
            if tag.endswith("}sheet"):
                key = next((value for name, value in attributes.items() if name.endswith("}id")), "")
                visible = attributes.get("state", "visible") == "visible"
                sheets.append((attributes.get("name", ""), key, visible))
            elif tag.endswith("}calcPr"):
                settings.update(attributes)

        self.parse(book, on_tag)
        return sheets, settings.get("fullCalcOnLoad") in ("1", "true")


def parser_for(on_tag: OnTag | None) -> expat.XMLParserType:
    """A parser that tells each tag as “namespace}name” and refuses every DTD."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = on_tag
    parser.StartDoctypeDeclHandler = _refuse_dtd
    return parser


def check_container(parts: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse a container by its table alone: what it holds, and what it would unpack to."""
    names = [part.filename.casefold() for part in parts]
    if len(parts) > PARTS:
        raise _bomb(f"it has {len(parts):,} parts")
    if len(set(names)) != len(names):
        raise _bad_zip("it holds a part twice")
    if any(leads_outside(name) or ":" in name for name in names):
        raise _bad_zip("it holds a part with a path that leads outside")
    if any(part.flag_bits & ENCRYPTED_FLAG for part in parts):
        raise encrypted()
    if "[content_types].xml" not in names or "_rels/.rels" not in names:
        raise _not_a_workbook()
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names):
        raise UnreadableFile(
            "The workbook holds macros, which are never opened here.",
            mend="In Excel: File > Save As > Excel Workbook (.xlsx), then upload that file.",
            code="macro",
        )
    if any(part.compress_type not in _METHODS for part in parts):
        raise _bad_zip("a part is compressed in an unusual way")
    _check_sizes(parts, size)


def _check_sizes(parts: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(part.file_size for part in parts)
    if parts_overlap(parts, size):
        raise _bad_zip("its parts overlap")
    if unpacked > UNPACKED_BYTES or any(part.file_size > PART_BYTES for part in parts):
        raise _bomb(f"it unpacks to {unpacked / 2**20:,.0f} MB")
    if times := swells(parts, size, RATIO, RATIO_FROM_BYTES):
        raise _bomb(f"it unpacks to {times:,} times its size")


def parts_overlap(parts: Sequence[zipfile.ZipInfo], size: int) -> bool:
    """Whether the packed parts are together larger than the container of ``size`` bytes."""
    return sum(part.compress_size for part in parts) > size


def swells(parts: Sequence[zipfile.ZipInfo], size: int, ratio: int, from_bytes: int) -> int:
    """To how many times its size the container, or a part of it, unpacks, where that is more than ``ratio``
    and comes to more than ``from_bytes``; 0 where nothing does."""
    unpacked = sum(part.file_size for part in parts)
    for large, small in [(unpacked, size), *((part.file_size, part.compress_size) for part in parts)]:
        if large > from_bytes and large > ratio * small:
            return large // max(small, 1)
    return 0


def leads_outside(name: str) -> bool:
    """Whether a part of this name would be unpacked somewhere else than below its folder."""
    return name.startswith("/") or "\\" in name or ".." in name.split("/") or "\0" in name


@contextmanager
def told_as_damage() -> Iterator[None]:
    """Whatever the libraries say about a damaged container or its XML, in one sentence."""
    try:
        yield
    except zipfile.BadZipFile:
        raise _bad_zip("its table of parts is broken or cut off") from None
    except (expat.ExpatError, zlib.error, EOFError, OSError, NotImplementedError, UnicodeError):
        raise damaged("a part of it cannot be read") from None


def damaged(words: str) -> UnreadableFile:
    """The workbook contradicts itself or breaks off."""
    return UnreadableFile(f"The workbook is damaged: {words}.", mend=_SAVE_AGAIN, code="broken_file")


def encrypted() -> UnreadableFile:
    """The file needs a password."""
    return UnreadableFile(
        "The workbook is protected with a password.",
        mend="In Excel: File > Info > Protect Workbook, remove the password, save and upload it again.",
        code="encrypted",
    )


def _bad_zip(words: str) -> UnreadableFile:
    return UnreadableFile(f"The workbook's container is faulty: {words}.", mend=_SAVE_AGAIN, code="bad_zip")


def _bomb(words: str) -> UnreadableFile:
    return UnreadableFile(
        f"The workbook is far larger than it looks: {words}.",
        mend="Copy the rows into a new workbook, or save them as CSV.",
        code="bomb",
    )


def _not_a_workbook() -> UnreadableFile:
    return UnreadableFile(
        "The file is a ZIP archive, but not an Excel workbook (.xlsx).",
        mend="Unpack it and upload the file inside; save older or other workbooks as .xlsx.",
        code="wrong_type",
    )


def _refuse_dtd(*_: object) -> None:
    raise UnreadableFile(
        "The workbook defines entities of its own, which no spreadsheet program does.",
        mend=_SAVE_AGAIN,
        code="dtd",
    )
