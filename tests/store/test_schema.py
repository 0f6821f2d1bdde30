from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Column, Connection, Text, inspect, text
from sqlalchemy.exc import IntegrityError

from core.errors import StoreUnavailable
from core.store import schema, segments, uploads
from core.store.database import Database
from core.store.features import Feature
from core.store.tables import METADATA


def tables_of(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_the_migrations_build_exactly_the_tables_that_the_program_uses(database: Database) -> None:
    options: dict[str, Any] = {"compare_type": True, "compare_server_default": True}
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []


def test_the_migrations_name_every_constraint_as_the_program_does(database: Database) -> None:
    with database.reading() as connection:
        inspector = inspect(connection)
        for name, table in METADATA.tables.items():
            checks = {found["name"] for found in inspector.get_check_constraints(name)}
            assert checks == {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
            assert inspector.get_pk_constraint(name)["name"] == table.primary_key.name
            references = {found["name"] for found in inspector.get_foreign_keys(name)}
            assert references == {str(reference.name) for reference in table.foreign_key_constraints}


def test_each_migration_is_named_after_its_revision_and_follows_the_one_before() -> None:
    """The program reads the newest revision off the names, without loading Alembic."""
    folder = Path(schema.__file__).with_name("migrations")
    newest_first = ScriptDirectory(folder).walk_revisions()
    by_revision = {Path(step.path).name.partition("_")[0]: step.revision for step in newest_first}
    assert list(by_revision) == list(by_revision.values())
    assert list(by_revision) == sorted(by_revision, reverse=True)
    named = {file.name.partition("_")[0] for file in (folder / "versions").glob("[!_]*.py")}
    assert named == set(by_revision)


def test_migrating_again_changes_nothing(bare: Database) -> None:
    assert not bare.schema_is_current()
    assert bare.migrate()
    assert bare.schema_is_current()
    assert not bare.migrate()


def test_servers_that_start_at_once_migrate_once(bare: Database) -> None:
    start = Barrier(4)

    def migrate(_server: int) -> bool:
        start.wait(30)
        return bare.migrate()

    with ThreadPoolExecutor(4) as servers:
        assert sorted(servers.map(migrate, range(4))) == [False, False, False, True]


def test_rebuilding_a_table_keeps_the_rows_that_refer_to_it(
    database: Database, feature: Feature, publish: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a later migration may do: SQLite changes a table by making it anew and dropping the old one."""
    publish("one", {"a": "1"})

    def rebuild(connection: Connection) -> bool:
        operations = Operations(MigrationContext.configure(connection))
        recreate = "always" if database.dialect == "sqlite" else "auto"
        with operations.batch_alter_table("upload", recreate=recreate) as table:
            table.add_column(Column("later", Text))
        with operations.batch_alter_table("upload", recreate=recreate) as table:
            table.drop_column("later")
        return True

    monkeypatch.setattr(schema, "upgrade", rebuild)
    assert database.migrate()
    with database.reading() as connection:
        assert [found.rows for found in segments.live(connection, feature.id, "traces")] == [1]
        assert [upload.id for upload in uploads.of_feature(connection, feature.id)] == ["one"]


def test_foreign_keys_hold_again_after_a_migration(bare: Database) -> None:
    bare.migrate()
    with pytest.raises(IntegrityError), bare.writing() as connection:
        connection.execute(text("INSERT INTO superseded VALUES ('no such upload', 'traces', '')"))


def test_a_schema_from_a_newer_program_is_refused_and_left_alone(bare: Database) -> None:
    bare.migrate()
    with bare.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        before = tables_of(connection)
    assert not bare.schema_is_current()
    with pytest.raises(StoreUnavailable, match="newer version of Readygate"):
        bare.migrate()
    with bare.reading() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
        assert tables_of(connection) == before


def test_a_migration_that_is_interrupted_leaves_the_old_schema(bare: Database) -> None:
    def interrupted() -> None:
        with bare.writing() as connection:
            schema.upgrade(connection)
            assert "audit_event" in tables_of(connection)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with bare.reading() as connection:
        assert tables_of(connection) == set()
    assert bare.migrate()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO feature VALUES "
        "(1, 'a', 'A', 'Ada', 'huge', '2026-01-01', 'Ada', 0, NULL, NULL, NULL, NULL)",
        "INSERT INTO feature (id, slug) VALUES (1, 'a')",
        "INSERT INTO attestation VALUES (1, 1, 'i', 'Is it so?', 'maybe', '', '', 'Ada', '2026-01-01', NULL)",
        "INSERT INTO commitment VALUES"
        " (1, 99, 1, 1, '', 'low', '2026-01-01', 'Ada', '', true, NULL, NULL, NULL, NULL)",
    ],
)
def test_the_tables_refuse_what_cannot_be(database: Database, statement: str) -> None:
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(text(statement))
