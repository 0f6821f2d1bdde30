"""What a database says when it cannot work, turned into a sentence that its user can act on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from core.errors import StoreUnavailable

BUSY = (
    "The database is busy: another person or program is writing to it.",
    "Nothing was saved; try again in a minute.",
)
_FULL = ("There is no space left for the database.", "Nothing was saved; free some space and try again.")
_READ_ONLY = (
    "The database can be read but not written.",
    "Nothing was saved; check that its file and folder, or its account, may be written to.",
)
_CLOSED = (
    "The database cannot be opened.",
    "Check that the folder of READYGATE_HOME exists and may be written to.",
)
_DAMAGED = ("The file of the database is damaged.", "Restore the newest backup.")
_BROKEN_DISK = ("The disk of the database does not answer as it should.", "Check the disk, then try again.")
_NO_ANSWER = (
    "The database server does not answer.",
    "Check that it is running and that READYGATE_DATABASE_URL is right, then try again.",
)
_TOO_SLOW = ("The database took too long to answer.", "Nothing was saved; try again in a minute.")
_CROWDED = ("The database has no free connection.", "Too many people use it at once; try again in a minute.")

_SQLITE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
    sqlite3.SQLITE_IOERR: _BROKEN_DISK,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}

# SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "55P03": BUSY,
    "40001": BUSY,
    "40P01": BUSY,
    "57014": _TOO_SLOW,
    "53100": _FULL,
    "53300": _CROWDED,
    "25006": _READ_ONLY,
}


@contextmanager
def explained() -> Iterator[None]:
    """Within this block, a database that cannot work raises StoreUnavailable; bugs stay what they are."""
    try:
        yield
    except exc.TimeoutError as error:
        raise StoreUnavailable(_CROWDED[0], mend=_CROWDED[1]) from error
    except exc.DBAPIError as error:
        words = _words(error)
        if words is None:
            raise
        raise StoreUnavailable(words[0], mend=words[1]) from error


def _words(error: exc.DBAPIError) -> tuple[str, str] | None:
    """The sentence and the way to mend it, or ``None`` where the fault is in the program."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        # The low byte is the kind of fault; the bytes above it only refine it.
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF)
    # Psycopg's errors are told by their code, so that nobody on SQLite has to load Psycopg.
    sqlstate = getattr(cause, "sqlstate", None)
    if sqlstate in _POSTGRESQL:
        return _POSTGRESQL[sqlstate]
    return _NO_ANSWER if isinstance(error, exc.OperationalError) else None
