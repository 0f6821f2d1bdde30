"""The doctor: is this installation in order? Each check says what it found and what to do."""

import shutil
import sqlite3
import sys
from dataclasses import dataclass
from datetime import datetime

from core.actions.audit_verify import Anchor
from core.actions.token_keys import is_shared
from core.actions.workspace import Workspace
from core.store import audit, features, uploads

_FIRST_SOUND_SQLITE = (3, 51, 3)
_FREE_BYTES_WANTED = 2 * 2**30


@dataclass(frozen=True)
class Check:
    """One finding: ``level`` is ok, warning or fault."""

    name: str
    level: str
    sentence: str


def check_installation(workspace: Workspace, now: datetime) -> list[Check]:
    """All checks, in the order in which one would mend them."""
    return [
        _python(),
        _database(workspace),
        _sqlite(workspace),
        _secret(workspace),
        _room(workspace),
        _audit(workspace),
        _imports(workspace, now),
    ]


def _python() -> Check:
    version = sys.version.split()[0]
    return Check(
        "python",
        "ok" if sys.version_info >= (3, 11) else "fault",
        f"Python {version}; 3.11 or newer is needed.",
    )


def _database(workspace: Workspace) -> Check:
    workspace.check()
    with workspace.database.reading() as connection:
        count = len(features.everything(connection))
    return Check("database", "ok", f"{workspace.database.dialect}, schema current, {count} features.")


def _sqlite(workspace: Workspace) -> Check:
    if workspace.database.dialect != "sqlite":
        return Check("sqlite", "ok", "Not used: the records are in PostgreSQL.")
    if sqlite3.sqlite_version_info >= _FIRST_SOUND_SQLITE:
        return Check("sqlite", "ok", f"SQLite {sqlite3.sqlite_version}.")
    return Check(
        "sqlite",
        "warning",
        f"SQLite {sqlite3.sqlite_version} has a rare fault when several programs write at once "
        "(mended in 3.51.3). Readygate lets only one write at a time; keep backups, or update Python.",
    )


def _secret(workspace: Workspace) -> Check:
    """Codes of users that were made with another secret would make two users of one."""
    if is_shared():
        return Check("secret", "ok", "READYGATE_SECRET is set.")
    if workspace.database.dialect == "sqlite":
        return Check("secret", "ok", "The file token-key in the home folder; keep it with the backups.")
    return Check(
        "secret",
        "warning",
        "READYGATE_SECRET is not set. Several servers on one database need the same one, or a user whose id "
        "has expired counts as two. Set it everywhere to what the file token-key of the first server says.",
    )


def _room(workspace: Workspace) -> Check:
    free = shutil.disk_usage(workspace.home).free
    level = "ok" if free >= _FREE_BYTES_WANTED else "warning"
    return Check(
        "disk", level, f"{free / 2**30:.1f} GB free in the home folder; 2 GB leave room for large imports."
    )


def _audit(workspace: Workspace) -> Check:
    with workspace.database.reading() as connection:
        state = audit.verify(connection)
    if state.ok:
        head = Anchor(state.events, state.head)
        return Check("audit log", "ok", f"{state.events} entries, the chain is whole. Head: {head}")
    return Check(
        "audit log",
        "fault",
        f"The chain is broken at entry {state.first_broken_seq}: the log was changed from outside.",
    )


def _imports(workspace: Workspace, now: datetime) -> Check:
    with workspace.database.reading() as connection:
        running = uploads.unfinished(connection)
    if not running:
        return Check("imports", "ok", "None is under way.")
    oldest = max((now - upload.heartbeat_at).total_seconds() for upload in running)
    return Check("imports", "ok" if oldest < 600 else "warning", f"{len(running)} under way.")
