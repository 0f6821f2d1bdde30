"""The state of the schema: which migration a database is at, and how it gets to the newest one.

Alembic takes half a second to load, and a database that is up to date does not need it: the
migrations are numbered, and the number in the name of each file is its revision.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect

from core.errors import StoreUnavailable

_MIGRATIONS = Path(__file__).with_name("migrations")
_VERSION_TABLE = "alembic_version"

# Any number will do, as long as every Readygate takes the same one.
_MIGRATION_LOCK = 7_232_301_001


def is_current(connection: Connection) -> bool:
    """Whether the database is exactly at the newest migration that this program knows."""
    return revision(connection) == _known()[-1]


def revision(connection: Connection) -> str | None:
    """The migration that the database is at; ``None`` where it has no tables yet."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    number: str | None = connection.exec_driver_sql(f"SELECT version_num FROM {_VERSION_TABLE}").scalar()
    return number


def upgrade(connection: Connection) -> bool:
    """Bring the schema to the newest migration, inside the caller's transaction; False: it was there already.

    Raises StoreUnavailable where a newer program wrote the schema.
    """
    if connection.dialect.name == "postgresql":
        # Several servers may start at once; the second waits here and then finds nothing to do.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    current, known = revision(connection), _known()
    if current is not None and current not in known:
        raise StoreUnavailable(
            "The database was written by a newer version of Readygate than this one.",
            mend="Nothing was changed; start that version, or restore a backup that this one made.",
        )
    if current == known[-1]:
        return False
    _run_migrations(connection)
    if connection.dialect.name == "sqlite":
        _check_references(connection)
    return True


def _run_migrations(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    # A per cent sign would begin a substitution.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _check_references(connection: Connection) -> None:
    """SQLite rebuilds tables with foreign keys off; before the commit every reference must hold again."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise RuntimeError(f"the migration left a reference of {broken[0]} to {broken[2]} without its target")


def _known() -> list[str]:
    """The revisions of all migrations, the oldest first."""
    return sorted(file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))
