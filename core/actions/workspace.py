"""The workspace: one home folder with its database, its segment cache and its spool."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from core.actions.people import ITSELF
from core.actions.program import program_version
from core.actions.token_keys import token_key
from core.errors import StoreUnavailable
from core.store import audit, schema
from core.store.database import Connection, Database
from core.store.segment_cache import SegmentCache
from core.store.warehouse import Warehouse

SERVER_LOCK = "server.lock"
"""The file in the home folder that a server holds locked for as long as it runs."""

_DEFAULT_HOME = Path(__file__).resolve().parents[2] / "data"
_CACHE_LIMIT_BYTES = 5 * 2**30


@dataclass(frozen=True)
class Workspace:
    """Everything an action works on. Open one per process and close it at the end."""

    home: Path
    database: Database
    warehouse: Warehouse

    @property
    def spool(self) -> Path:
        """Where uploads wait and are read; one private folder an upload."""
        return self.home / "spool"

    @property
    def form_drafts(self) -> Path:
        """Where forms that people have not saved yet are kept; one small file each, it may be missing."""
        return self.home / "form-drafts"

    @property
    def own_checklists(self) -> Path:
        """Where a company keeps its own checklist templates (``*.toml``); it may be missing."""
        return self.home / "templates" / "checklists"

    def check(self) -> None:
        """Raise StoreUnavailable unless the database answers and has this program's schema."""
        with self.database.reading():
            if not self.database.schema_is_current():
                raise StoreUnavailable(
                    "The database has another version than this program.",
                    mend="Restart Readygate to upgrade it.",
                )

    def close(self) -> None:
        self.warehouse.close()
        self.database.close()


def located(home: Path | None = None, url: str | None = None) -> tuple[Path, str | None]:
    """The home folder and the database's address, from the environment where they are not given."""
    home = home or Path(os.environ.get("READYGATE_HOME") or _DEFAULT_HOME)
    return home, url or os.environ.get("READYGATE_DATABASE_URL") or None


def open_workspace(home: Path | None = None, url: str | None = None) -> Workspace:
    """Open (and where needed create or upgrade) the workspace.

    ``home`` falls back to READYGATE_HOME, then to ``data/`` beside app.py; ``url`` to
    READYGATE_DATABASE_URL, then to a SQLite file in the home.
    """
    home, url = located(home, url)
    database = Database.open(url, home)
    database.migrate(_note_upgrade)
    cache = SegmentCache(home / "cache", _CACHE_LIMIT_BYTES)
    return Workspace(home, database, Warehouse(cache, partial(token_key, home)))


def _note_upgrade(connection: Connection, before: str) -> None:
    """An upgrade of the tables stands in the log like everything else that changes them."""
    audit.append(
        connection,
        actor=ITSELF,
        action="database upgraded",
        subject="readygate",
        payload={"before": before, "after": schema.revision(connection) or "", "program": program_version()},
        # No reading depends on it: the moment of an upgrade is only ever told.
        now=datetime.now(UTC),
    )


@contextmanager
def opened_apart(home: Path) -> Iterator[Workspace]:
    """The SQLite database in this folder with the secret beside it, whatever the environment names; what was
    taken out of it is out of its file when it is closed."""
    database = Database.open(None, home)
    cache = SegmentCache(home / "cache", _CACHE_LIMIT_BYTES)
    workspace = Workspace(home, database, Warehouse(cache, partial(token_key, home)))
    try:
        yield workspace
    finally:
        workspace.close()


@contextmanager
def locked_home(home: Path, sentence: str, mend: str) -> Iterator[None]:
    """Hold the server's lock of the folder; where a server holds it, StoreUnavailable says so."""
    # Not bound to a thread: a server takes it and gives it back in different threads of its pool.
    lock = FileLock(home / SERVER_LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise StoreUnavailable(sentence, mend=mend, code="already_running") from None
    try:
        yield
    finally:
        lock.release()
