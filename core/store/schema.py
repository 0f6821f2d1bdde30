"""The state of the schema: which migration a database is at, and how it gets to the newest one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core.errors import StoreUnavailable

_MIGRATIONS = Path(__file__).with_name("migrations")

# Any number will do, as long as every Readygate takes the same one.
_MIGRATION_LOCK = 7_232_301_001


def is_current(connection: Connection) -> bool:
    """Whether the database is exactly at the newest migration that this program knows."""
    return _current(connection) == _script().get_current_head()


def upgrade(connection: Connection) -> bool:
    """Bring the schema to the newest migration, inside the caller's transaction; False: it was there already.

    Raises StoreUnavailable where a newer program wrote the schema.
    """
    if connection.dialect.name == "postgresql":
        # Several servers may start at once; the second waits here and then finds nothing to do.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    current = _current(connection)
    if current is not None and current not in {step.revision for step in _script().walk_revisions()}:
        raise StoreUnavailable(
            "The database was written by a newer version of Readygate than this one.",
            mend="Nothing was changed; start that version, or restore a backup that this one made.",
        )
    if current == _script().get_current_head():
        return False
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        _check_references(connection)
    return True


def _check_references(connection: Connection) -> None:
    """SQLite rebuilds tables with foreign keys off; before the commit every reference must hold again."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise RuntimeError(f"the migration left a reference of {broken[0]} to {broken[2]} without its target")


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    # A per cent sign would begin a substitution.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
