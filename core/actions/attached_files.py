"""Files behind the answers to attested items: attached with an answer, listed under it, opened by few.

What is in a file is nobody's word but its author's: it is only ever handed out as a download.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath

from core.actions.imports import plain_name
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.store import attached_files, attestations, audit, features
from core.store.attached_files import AttachedFile

MOST_FILES = 5
MOST_BYTES = 10 * 2**20
ENDINGS = ("pdf", "png", "jpg", "jpeg", "txt", "md", "csv", "xlsx", "docx")

_BEGINS = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "xlsx": b"PK\x03\x04",
    "docx": b"PK\x03\x04",
}
_PROGRAMS = (
    b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe", b"#!", b"dex\n", b"\x00asm",
)  # fmt: skip
_PACKED = {"xlsx": "xl/workbook.xml", "docx": "word/document.xml"}
"""The part that makes a packed file what its name says."""

_WIDE_TEXT = (b"\xff\xfe", b"\xfe\xff")
_MOST_PARTS = 2_000


def attach_file(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    attestation_id: int,
    *,
    file_name: str,
    content: bytes,
) -> AttachedFile:
    """Attach a file to the answer that is the newest to its question; it cannot be taken away again.

    Raises WrongUsage where the answer was replaced, or where the file is of no known kind, is a program,
    is not what its name says, is too large, is one too many or is there already.
    """
    require(workspace, caller, Act.ATTEST, slug)
    check_file(file_name, content)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        current = {one.id: one for one in attestations.current(connection, feature.id).values()}
        if attestation_id not in current:
            raise WrongUsage(
                "This answer is not the newest to its question.", mend="Attach the file to a new answer."
            )
        given = attached_files.of_feature(connection, feature.id).get(attestation_id, ())
        if len(given) >= MOST_FILES:
            raise WrongUsage(
                f"An answer holds at most {MOST_FILES} files.", mend="Put the others behind a link."
            )
        added = attached_files.add(
            connection, attestation_id=attestation_id, file_name=plain_name(file_name), content=content
        )
        if any(one.sha256 == added.sha256 for one in given):
            raise WrongUsage("This file is attached to the answer already.", mend="Choose another one.")
        audit.append(
            connection,
            actor=caller.name,
            action="file attached",
            subject=f"feature/{slug}",
            payload={
                "item": current[attestation_id].item_id,
                "answer": attestation_id,
                "file": added.file_name,
                "sha256": added.sha256,
                "bytes": added.bytes,
            },
            now=now,
        )
    return added


def files_of_answers(
    workspace: Workspace, caller: Caller, slug: str
) -> Mapping[int, tuple[AttachedFile, ...]]:
    """The files of a feature's answers, by the answer's id: their names, sizes and hashes."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        return attached_files.of_feature(connection, features.by_slug(connection, slug).id)


def open_attached(workspace: Workspace, caller: Caller, slug: str, file_id: int) -> bytes:
    """What is in a file, unchanged since it was attached."""
    require(workspace, caller, Act.READ_TEXTS, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        return attached_files.content(connection, feature.id, file_id)[1]


def name_to_save(attached: AttachedFile) -> str:
    """A name that every computer takes, and that cannot pretend to be of another kind."""
    path = PurePosixPath(attached.file_name)
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", path.stem).strip("-")[:80] or "file"
    return f"{stem}.{_ending(attached.file_name)}"


def check_file(file_name: str, content: bytes) -> None:
    """Raise WrongUsage unless the file may be attached to an answer."""
    name = plain_name(file_name)
    ending = _ending(name)
    if ending not in ENDINGS:
        raise WrongUsage(
            f"Files such as “{name}” cannot be attached.",
            mend=f"Attach one of these: {', '.join(f'.{one}' for one in ENDINGS)}.",
        )
    if not content:
        raise WrongUsage(f"The file “{name}” is empty.", mend="Choose another file.")
    if len(content) > MOST_BYTES:
        raise WrongUsage(
            f"The file “{name}” has {len(content) / 2**20:.1f} MB; at most {MOST_BYTES // 2**20} MB can be "
            "attached.",
            mend="Put it where your team keeps documents, and give the link.",
        )
    if content.startswith(_PROGRAMS):
        raise WrongUsage(
            f"The file “{name}” is a program, and programs are no evidence.", mend="Attach a document."
        )
    if not _is_what_it_says(ending, content):
        raise WrongUsage(
            f"The file “{name}” is not what its name says.",
            mend="Save it again in the program that made it, then attach it.",
        )


def _is_what_it_says(ending: str, content: bytes) -> bool:
    if ending in _PACKED:
        return content.startswith(_BEGINS[ending]) and _holds(content, _PACKED[ending])
    if ending in _BEGINS:
        return content.startswith(_BEGINS[ending])
    # A text has no zero byte, unless it is one of two bytes a character.
    return content.startswith(_WIDE_TEXT) or b"\0" not in content


def _holds(content: bytes, part: str) -> bool:
    """Whether a packed file has this part and no macros; nothing in it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    has_macros = any(name.casefold().endswith("vbaproject.bin") for name in names)
    return len(names) <= _MOST_PARTS and part in names and not has_macros


def _ending(name: str) -> str:
    return name.rpartition(".")[2].casefold() if "." in name else ""
