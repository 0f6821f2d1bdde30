"""Backups: the database as of one moment with its manifest, proven by restoring it before it is kept."""

import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.actions.audit_verify import Anchor
from core.actions.erasure_list import write_list
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.program import program_version
from core.actions.token_keys import KEY_FILE, is_shared
from core.actions.workspace import Workspace
from core.errors import StoreUnavailable, UnreadableFile, WrongUsage
from core.evidence.fingerprints import of_file
from core.store import audit, backup
from core.store.backup import DATABASE_FILE, CopyState

MANIFEST = "manifest.json"
TEMPLATES = "templates"
DUMP = "readygate.dump"

Secret = Literal["token-key", "READYGATE_SECRET", "none yet"]
"""Where the secret is that tells the same user again: in the backup, in the environment, or not made yet."""


class BackedUpFile(BaseModel):
    """One file of a backup, by its place in the folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @field_validator("name")
    @classmethod
    def _is_one_of_ours(cls, name: str) -> str:
        """No name may lead out of the folder that is restored into."""
        path = PurePosixPath(name)
        inside = not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
        if not (name in (DATABASE_FILE, KEY_FILE) or (inside and path.parts[0] == TEMPLATES)):
            raise ValueError(f"“{name}” is no file of a backup")
        return name


class Manifest(BaseModel):
    """What a backup holds. ``anchor`` is the head of the audit log in it, as `readygate verify` takes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal["readygate-backup-1"] = "readygate-backup-1"
    made_at: datetime
    made_by: str
    program: str
    database: Literal["sqlite", "postgresql"]
    schema_revision: str
    anchor: str
    check_with: str
    secret: Secret
    files: tuple[BackedUpFile, ...]


@dataclass(frozen=True)
class Backup:
    """A backup that was made; ``to_do`` is what is still left to whoever made it, "" for nothing."""

    folder: Path
    manifest: Manifest
    to_do: str


def make_backup(workspace: Workspace, caller: Caller, now: datetime, destination: Path) -> Backup:
    """A folder ``readygate-backup-<time>`` in ``destination``: there as a whole, or not at all.

    Others go on working meanwhile. The copy is restored once for trial; a database that is damaged, or
    whose audit log is broken, gives none. Of PostgreSQL the folder holds everything but the database. Beside
    it stands the list of erasures, where there are any.
    """
    require(workspace, caller, Act.BACK_UP)
    folder = _free_folder(destination, now)
    with _all_or_nothing(folder) as partial:
        if workspace.database.dialect == "sqlite":
            backup.copy_to(workspace.database, partial / DATABASE_FILE)
            with tempfile.TemporaryDirectory(dir=partial, prefix=".trial-") as trial:
                state = backup.try_out(partial / DATABASE_FILE, Path(trial), None)[1]
        else:
            with workspace.database.reading() as connection:
                state = backup.state_of(connection)
        _copy_files(workspace.home, partial)
        manifest = _manifest(workspace, caller, now, partial, state)
        (partial / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        _only_for_its_owner(partial)
        with workspace.database.writing() as connection:
            audit.append(
                connection,
                actor=caller.name,
                action="backup made",
                subject="readygate",
                payload={"folder": folder.name, "anchor": manifest.anchor, "database": manifest.database},
                now=now,
            )
    write_list(workspace, destination, now)
    return Backup(folder, manifest, _to_do(workspace, folder))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises UnreadableFile where there is none, or one that is not as written."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnreadableFile(
            f"{folder} is no backup: it holds no {MANIFEST}.",
            mend="Name the folder that `readygate backup` made, readygate-backup-….",
            code="no_backup",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{folder / MANIFEST} cannot be read: {type(error).__name__}.") from error
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"])) or "the whole file"
        raise UnreadableFile(
            f"The manifest of the backup {folder} is not as it was written: {place} cannot be.",
            mend="Use another backup.",
            code="backup_changed",
        ) from error


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise UnreadableFile unless every file is, byte for byte, what the manifest says."""
    for one in manifest.files:
        path = folder / one.name
        if path.is_symlink() or not path.is_file():
            what = "is missing"
        elif (path.stat().st_size, of_file(path)) != (one.bytes, one.sha256):
            what = "is not the one that was backed up: its fingerprint is another"
        else:
            continue
        raise UnreadableFile(
            f"The file {one.name} of the backup {folder} {what}.",
            mend="Nothing was restored; use another backup.",
            code="backup_changed",
        )


def _free_folder(destination: Path, now: datetime) -> Path:
    if destination.exists() and not destination.is_dir():
        raise WrongUsage(f"{destination} is a file.", mend="Name a folder; the backup gets its own in it.")
    name = f"readygate-backup-{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"
    others = (destination / f"{name}-{number}" for number in count(2))
    return next(folder for folder in chain([destination / name], others) if not folder.exists())


@contextmanager
def _all_or_nothing(folder: Path) -> Iterator[Path]:
    """A folder to write into, which gets its name at the end; whatever stops the writing removes it."""
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        try:
            yield partial
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise StoreUnavailable(
            f"The backup could not be written to {folder.parent}: {error.strerror or error}.",
            mend="Nothing was kept of it; check that the folder may be written to and has room.",
        ) from error


def _copy_files(home: Path, folder: Path) -> None:
    """The company's own templates, and the secret that tells the same user again after a restore."""
    names = [KEY_FILE] if (home / KEY_FILE).is_file() else []
    for path in sorted((home / TEMPLATES).rglob("*")):
        if path.is_file() and not path.is_symlink():
            names.append(path.relative_to(home).as_posix())
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(home / name, folder / name)


def _manifest(
    workspace: Workspace, caller: Caller, now: datetime, folder: Path, state: CopyState
) -> Manifest:
    anchor = Anchor(state.events, state.head)
    kept = (folder / KEY_FILE).is_file()
    secret: Secret = "READYGATE_SECRET" if is_shared() else "token-key" if kept else "none yet"
    return Manifest(
        made_at=now,
        made_by=caller.name,
        program=program_version(),
        database=workspace.database.dialect,
        schema_revision=state.revision,
        anchor=str(anchor),
        check_with=f"readygate verify --anchor {anchor}",
        secret=secret,
        files=tuple(
            BackedUpFile(
                name=path.relative_to(folder).as_posix(), bytes=path.stat().st_size, sha256=of_file(path)
            )
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ),
    )


def _only_for_its_owner(folder: Path) -> None:
    """Rights as in the home folder, and everything on the disk before anybody is told of a backup."""
    for path in sorted(folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def _to_do(workspace: Workspace, folder: Path) -> str:
    said = []
    if workspace.database.dialect == "postgresql":
        said.append(
            "The records are in PostgreSQL: copy them with its own tool, now, so that the head of the log "
            f"noted in {MANIFEST} lies in the copy:\n"
            f"  pg_dump --format=custom --file={shlex.quote(str(folder / DUMP))} "
            f"{shlex.quote(backup.server_address(workspace.database))}"
        )
    if is_shared():
        said.append(
            "READYGATE_SECRET is not in the backup: keep it elsewhere, or after a restore one user whose id "
            "has expired counts as two."
        )
    return "\n".join(said)
