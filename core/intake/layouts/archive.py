"""A ZIP archive of JSON documents, checked by its table first, each member read within a bound.

Members may be compressed with Zstandard (method 93), which Python's own module does not read.
"""

import struct
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa

from core.errors import UnreadableFile
from core.intake.package import ENCRYPTED_FLAG, leads_outside, parts_overlap, swells

MEMBERS = 200_000
MEMBER_BYTES = 64 * 2**20
"""A larger member is not read: as objects in memory, JSON takes several times its size."""

UNPACKED_BYTES = 5 * 2**30
RATIO, RATIO_FROM_BYTES = 200, 16 * 2**20
"""Logs that repeat a conversation at each step shrink to a hundredth, a bomb to a thousandth."""

_ZSTANDARD = 93
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, _ZSTANDARD)
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_LOCAL_MAGIC = b"PK\x03\x04"
_AGAIN = "Copy the file again from where the tool wrote it."


class DamagedMember(Exception):
    """A member cannot be read; the words say why."""


class Archive:
    """An opened archive; ``names`` are its members in the order of the file.

    Raises UnreadableFile where the table of members shows damage or a bomb.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise _faulty("its table of parts is broken or cut off") from None
        self._path = path
        _check(self._zip.infolist(), path.stat().st_size)
        self.names = tuple(self._zip.namelist())
        self._known = frozenset(self.names)

    def close(self) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def text(self, name: str) -> str:
        """The text of a member. Raises DamagedMember."""
        part = self._zip.getinfo(name)
        if part.file_size > MEMBER_BYTES:
            raise DamagedMember(f"it has {part.file_size / 2**20:,.0f} MB, more than can be read at once")
        try:
            content = self._content(part)
            if len(content) != part.file_size or zlib.crc32(content) != part.CRC:
                raise DamagedMember("its content is not what the archive says")
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DamagedMember("it is no UTF-8 text") from None
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            RuntimeError,
            struct.error,
            pa.ArrowException,
        ):
            raise DamagedMember("it is damaged") from None

    def _content(self, part: zipfile.ZipInfo) -> bytes:
        """The unpacked bytes, at most one more than the table of the archive states."""
        if part.compress_type != _ZSTANDARD:
            with self._zip.open(part) as file:
                return file.read(part.file_size + 1)
        with pa.input_stream(pa.BufferReader(self._packed(part)), compression="zstd") as stream:
            content: bytes = stream.read(part.file_size + 1)
            return content

    def _packed(self, part: zipfile.ZipInfo) -> bytes:
        """The bytes of a member as they lie in the file, after its local header."""
        with self._path.open("rb") as file:
            file.seek(part.header_offset)
            magic, name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
            if magic != _LOCAL_MAGIC:
                raise DamagedMember("the archive says it is elsewhere")
            file.seek(name + extra, 1)
            return file.read(part.compress_size)


def _check(parts: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse an archive by its table alone: what it holds, and what it would unpack to."""
    if len(parts) > MEMBERS:
        raise _bomb(f"it has {len(parts):,} parts")
    if len({part.filename.casefold() for part in parts}) != len(parts):
        raise _faulty("it holds a part twice")
    if any(leads_outside(part.filename) for part in parts):
        raise _faulty("it holds a part with a path that leads outside")
    if any(part.flag_bits & ENCRYPTED_FLAG for part in parts):
        raise UnreadableFile("The log is encrypted.", mend="Save it without a password.", code="encrypted")
    if any(part.compress_type not in _METHODS for part in parts):
        raise _faulty("a part is compressed in an unusual way")
    if parts_overlap(parts, size):
        raise _faulty("its parts overlap")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > UNPACKED_BYTES:
        raise _bomb(f"it unpacks to {unpacked / 2**30:,.1f} GB")
    if times := swells(parts, size, RATIO, RATIO_FROM_BYTES):
        raise _bomb(f"it unpacks to {times:,} times its size")


def _faulty(words: str) -> UnreadableFile:
    return UnreadableFile(f"The log's archive is faulty: {words}.", mend=_AGAIN, code="bad_zip")


def _bomb(words: str) -> UnreadableFile:
    return UnreadableFile(
        f"The log is far larger than it looks: {words}.",
        mend="Save it as JSON, or run fewer samples a log.",
        code="bomb",
    )
