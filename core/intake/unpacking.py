"""Compressed files (.gz, .zst): unpacked beside the upload under limits, then read as the file inside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath

import pyarrow as pa

from core.errors import UnreadableFile
from core.intake.job import Limits, ReadJob
from core.intake.package import RATIO, RATIO_FROM_BYTES

UNPACKED_NAME = "unpacked"
"""The unpacked file in the spool folder; it is gone when the reading ends."""

_BY_ENDING = {".gz": ("gzip", b"\x1f\x8b"), ".zst": ("zstd", b"\x28\xb5\x2f\xfd")}
"""Ending of the name -> the compression, and the bytes that such a file begins with."""

_USUAL_RATIO = 10
_BLOCK_BYTES = 2**20


def is_compressed(job: ReadJob) -> bool:
    """Whether the file is compressed and its name says so; either alone is not enough."""
    compression = _BY_ENDING.get(_ending(job.file_name))
    if compression is None:
        return False
    with job.path.open("rb") as file:
        return file.read(len(compression[1])) == compression[1]


def seconds_for(job: ReadJob) -> float:
    """How long the file may take: a compressed one as long as what it usually unpacks to."""
    times = _USUAL_RATIO if is_compressed(job) else 1
    return job.limits.seconds_for(times * job.path.stat().st_size)


@contextmanager
def unpacked(job: ReadJob) -> Iterator[ReadJob]:
    """``job`` with the file inside a compressed one under its own name; any other job as it is.

    Raises UnreadableFile for a damaged file, an archive of several files, and one that unpacks to more
    than a file may have or to more than 50 times its size.
    """
    if not is_compressed(job):
        yield job
        return
    inner = PurePath(job.file_name).stem
    if _ending(inner) == ".tar":
        raise UnreadableFile(
            "The file is a TAR archive, not a table of rows.",
            mend="Unpack it and upload the files inside.",
            code="compressed",
        )
    path = job.spool / UNPACKED_NAME
    try:
        _unpack(job.path, _BY_ENDING[_ending(job.file_name)][0], path, job.limits)
        yield replace(job, path=path, file_name=inner)
    finally:
        path.unlink(missing_ok=True)


def _unpack(packed: Path, compression: str, path: Path, limits: Limits) -> None:
    size, written = packed.stat().st_size, 0
    try:
        with path.open("xb") as target, pa.input_stream(str(packed), compression=compression) as source:
            while block := source.read(_BLOCK_BYTES):
                written += len(block)
                _check(written, size, limits)
                target.write(block)
    except (pa.ArrowException, OSError, EOFError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # The disk is full or the like: no fault of the file.
        raise UnreadableFile(
            "The compressed file breaks off or is damaged.", mend="Export it again.", code="broken_file"
        ) from None


def _check(written: int, size: int, limits: Limits) -> None:
    if written > limits.file_bytes:
        raise UnreadableFile(
            f"The file unpacks to more than {limits.file_bytes / 2**30:.0f} GB.",
            mend="Split it, or export a shorter time.",
            code="too_big",
        )
    if written > RATIO_FROM_BYTES and written > RATIO * size:
        raise UnreadableFile(
            f"The file is far larger than it looks: it unpacks to more than {RATIO} times its size.",
            mend="Unpack it and upload the file inside.",
            code="bomb",
        )


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower()
