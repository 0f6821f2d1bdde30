"""Restoring: a backup is looked at from all sides before anything of a home folder is touched."""

import shutil
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.actions.audit_verify import Anchor, read_anchor
from core.actions.backups import DUMP, TEMPLATES, Manifest, check_files, read_manifest
from core.actions.erased_since import ErasedSince, Known, erase_known, erased_since
from core.actions.erasure_list import read_list
from core.actions.token_keys import KEY_FILE
from core.actions.workspace import locked_home, opened_apart
from core.errors import StoreUnavailable, WrongUsage
from core.evidence.fingerprints import of_file
from core.store import audit, backup, record_checks
from core.store.backup import DATABASE_FILE


@dataclass(frozen=True)
class Restored:
    """What is in place now; ``kept`` are the files and folders that stood there before, by their new names.

    ``chain`` is the head of the log that was in the backup. ``changed`` counts the records in it that are not
    as that log says: they were changed before the backup was made, or in the backup. ``erasures`` says what
    became of people who were erased after it was made.
    """

    database: Path
    manifest: Manifest
    chain: Anchor
    kept: tuple[Path, ...]
    changed: int
    erasures: ErasedSince


def restore_backup(
    source: Path,
    now: datetime,
    *,
    by: str,
    home: Path,
    url: str | None,
    replace: bool = False,
    noted: Anchor | None = None,
    erasures: Path | None = None,
) -> Restored:
    """Put the backup in ``source`` into ``home`` (or where ``url`` says that the SQLite file lies).

    Nobody is asked whether ``by`` may: there is no database yet whose roles could say so, and whoever
    writes to the folder could put the file there by hand. Nothing is overwritten: what is there already
    ends the restore, or with ``replace`` is kept under another name. ``noted`` is a head of the log that
    was noted down elsewhere. Whoever was erased after the backup was made is erased again before it is put in
    place, as far as the database that was there, the list beside the backup, or the list in the file
    ``erasures`` tells of them. Raises UnreadableFile for a backup that is not as it was made,
    StoreUnavailable for one that cannot be used, or while a server uses the folder, WrongUsage where
    something stands in the way.
    """
    manifest = read_manifest(source)
    if manifest.database == "postgresql":
        raise _is_a_dump(source, manifest)
    target = backup.file_of(url, home)
    if target is None:
        raise WrongUsage(
            "READYGATE_DATABASE_URL names a PostgreSQL database, and this backup is of a SQLite file.",
            mend="Unset READYGATE_DATABASE_URL; a backup does not move from one kind to the other.",
        )
    check_files(source, manifest)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _no_server(home):
        taken = _in_the_way(source, home, target, manifest)
        if taken and not replace:
            raise WrongUsage(
                f"{taken[0]} is there already, and a restore overwrites nothing.",
                mend="Name an empty folder with --home, or add --replace: what is there is then kept beside.",
                code="in_the_way",
            )
        said = read_list(erasures) if erasures is not None else None
        known = erased_since(source, manifest, home, target if target in taken else None, said)
        return _restore(source, now, by, home, target, manifest, taken, noted, known)


def _restore(
    source: Path,
    now: datetime,
    by: str,
    home: Path,
    target: Path,
    manifest: Manifest,
    taken: tuple[Path, ...],
    noted: Anchor | None,
    known: Known,
) -> Restored:
    held = read_anchor(manifest.anchor) or Anchor(0, audit.NO_EVENT)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".restore-") as work:
        anchor = noted or held
        new, state = backup.try_out(
            source / DATABASE_FILE, Path(work), (anchor.events, anchor.head) if anchor.events else None
        )
        if (state.events, state.head, state.revision) != (held.events, held.head, manifest.schema_revision):
            raise StoreUnavailable(
                "The database of this backup is not the one that its manifest tells of.",
                mend="Nothing was restored; use another backup.",
                code="backup_changed",
            )
        changed, done = _finish(new, source, now, by, manifest, known, replaced=target in taken)
        ending = f"before-restore-{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"
        aside = {one: one.with_name(f"{one.stem}-{ending}{one.suffix}") for one in taken}
        with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as beside:
            # Whatever can fail for want of room is done before the first name changes.
            _copy_files(source, Path(beside), manifest)
            for one in (one for one in taken if one != target):
                one.rename(aside[one])
            for name in (KEY_FILE, TEMPLATES):
                if (Path(beside) / name).exists() and not (home / name).exists():
                    (Path(beside) / name).rename(home / name)
        backup.put_in_place(new, target, aside=aside.get(target))
    return Restored(target, manifest, held, tuple(aside.values()), changed, done)


def _finish(
    new: Path, source: Path, now: datetime, by: str, manifest: Manifest, known: Known, *, replaced: bool
) -> tuple[int, ErasedSince]:
    """Erase again whom the restored database ``new`` must not hold, and note the restore in its log; returns
    how many of its records were not as the log said, and what became of the erasures."""
    if any(file.name == KEY_FILE for file in manifest.files):
        shutil.copyfile(source / KEY_FILE, new.parent / KEY_FILE)
    elif known.key_file is not None:
        shutil.copyfile(known.key_file, new.parent / KEY_FILE)
    with opened_apart(new.parent) as workspace:
        with workspace.database.reading() as connection:
            changed = len(record_checks.check_records(connection).broken)
        done = erase_known(workspace, known, by, now)
        with workspace.database.writing() as connection:
            audit.append(
                connection,
                actor=by,
                action="backup restored",
                subject="readygate",
                payload={
                    "anchor": manifest.anchor,
                    "made_at": manifest.made_at.isoformat(),
                    "made_by": manifest.made_by,
                    "replaced": replaced,
                    "erased_again": [f"{one.feature}/{one.number}" for one in done.again],
                    "erase_again": [f"{one.feature}/{one.number}" for one in done.by_hand],
                },
                now=now,
            )
    return changed, done


def _copy_files(source: Path, folder: Path, manifest: Manifest) -> None:
    """Everything of the backup but its database, for its owner only."""
    for name in (file.name for file in manifest.files if file.name != DATABASE_FILE):
        (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source / name, folder / name)
        (folder / name).chmod(0o600)


def _in_the_way(source: Path, home: Path, target: Path, manifest: Manifest) -> tuple[Path, ...]:
    """What stands where the backup belongs: the database, and other files where they differ from it."""
    names = {file.name: file.sha256 for file in manifest.files}
    taken = [target] if backup.is_taken(target) else []
    key = home / KEY_FILE
    # Where the backup has none, the secret that is there stays: no mark in it was made with another.
    if key.exists() and names.get(KEY_FILE, of_file(key)) != of_file(key):
        taken.append(key)
    templates = home / TEMPLATES
    there = {
        path.relative_to(home).as_posix(): of_file(path)
        for path in templates.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    wanted = {name: sha for name, sha in names.items() if name.startswith(f"{TEMPLATES}/")}
    if templates.exists() and there != wanted:
        taken.append(templates)
    return tuple(taken)


def _no_server(home: Path) -> AbstractContextManager[None]:
    """Refuse while a server works on the folder, and keep one from starting meanwhile."""
    return locked_home(
        home,
        f"A Readygate server is using the folder {home}.",
        "Stop it first: a restore takes its database away.",
    )


def _is_a_dump(source: Path, manifest: Manifest) -> WrongUsage:
    return WrongUsage(
        "This backup is of a PostgreSQL database, which its own tool restores.",
        mend="Make an empty database and run: pg_restore --no-owner "
        f"--dbname=postgresql://… {source / DUMP}; put {KEY_FILE} and {TEMPLATES}/ into the home folder, "
        f"then run: {manifest.check_with}",
        code="is_a_dump",
    )
