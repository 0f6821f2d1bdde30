"""A database of the first release keeps its rows, and the guards of its audit log, when it learns of runs."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.store import audit, schema
from core.store.database import Database
from core.store.tables import SEGMENT_KINDS, UPLOAD_KINDS

FEATURE = {"id": 1, "slug": "helper", "name": "Helper", "owner": "Ada", "stakes": "low", "created_by": "Ada"}
UPLOAD = {
    "feature_id": 1,
    "file_name": "a.csv",
    "kind": "traces",
    "source": "generic",
    "sha256": "0" * 64,
    "bytes": 10,
    "state": "done",
    "stage": "",
    "rows_done": 1,
    "cancel_asked": False,
    "asked_by": "Ada",
    "answers": "{}",
}


def rows_of_the_first_release(now: datetime) -> list[tuple[str, dict[str, Any]]]:
    """One row for each table but the audit log's, in an order in which each finds what it refers to."""
    return [
        ("feature", {**FEATURE, "created_at": now, "evidence_version": 3}),
        (
            "document_version",
            {
                "feature_id": 1,
                "kind": "checklist",
                "number": 1,
                "author": "Ada",
                "saved_at": now,
                "reason": "",
                "sha256": "1" * 64,
                "body": "{}",
            },
        ),
        (
            "commitment",
            {
                "feature_id": 1,
                "number": 1,
                "checklist_number": 1,
                "checklist_sha256": "1" * 64,
                "stakes": "low",
                "locked_at": now,
                "locked_by": "Ada",
                "reason": "",
                "evidence_seen": False,
            },
        ),
        (
            "attestation",
            {
                "feature_id": 1,
                "item_id": "plan",
                "sentence": "Is it so?",
                "answer": "yes",
                "why": "",
                "link": "",
                "answered_by": "Ada",
                "answered_at": now,
            },
        ),
        ("upload", {**UPLOAD, "id": "one", "asked_at": now, "heartbeat_at": now, "sequence": 1}),
        (
            "segment",
            {
                "feature_id": 1,
                "upload_id": "one",
                "kind": "traces",
                "ordinal": 0,
                "rows": 1,
                "sha256": "2" * 64,
                "packed_keys": b"\x00" * 16,
                "content": b"PAR1",
            },
        ),
        ("superseded", {"upload_id": "one", "kind": "evals", "packed_keys": b"\x01" * 8}),
        (
            "label",
            {
                "feature_id": 1,
                "upload_id": "one",
                "key": -5,
                "label_key": 2**62,
                "row_key": 7,
                "row": 2,
                "run_id": "r",
                "answer_right": True,
                "labelled_at": now,
            },
        ),
    ]


@pytest.fixture
def first_release(bare: Database, now: datetime) -> Database:
    with bare.writing() as connection:
        config = Config()
        config.set_main_option(
            "script_location", str(Path(schema.__file__).with_name("migrations")).replace("%", "%%")
        )
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with bare.writing() as connection:
        tables = reflected(connection)
        for name, row in rows_of_the_first_release(now):
            connection.execute(insert(tables[name]).values(row))
        for number in (1, 2):
            audit.append(connection, actor="Ada", action="done", subject="x", payload={"n": number}, now=now)
    return bare


def reflected(connection: Connection) -> Any:
    found = MetaData()
    found.reflect(connection)
    return found.tables


def everything(connection: Connection, tables: set[str]) -> dict[str, list[Any]]:
    """Every row of these tables, each as a mapping of column to value."""
    return {
        name: [dict(row) for row in connection.execute(select(reflected(connection)[name])).mappings()]
        for name in sorted(tables)
    }


def test_every_row_of_every_table_is_kept(first_release: Database) -> None:
    with first_release.reading() as connection:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        before = everything(connection, tables)
    assert all(before.values()), "a table without a row proves nothing"
    assert first_release.migrate()
    with first_release.reading() as connection:
        after = everything(connection, tables)
        for name, rows in before.items():
            for old, new in zip(rows, after[name], strict=True):
                later = new.keys() - old.keys()
                added = dict.fromkeys(later) | (
                    {"in_force_at": old["locked_at"]} if name == "commitment" else {}
                )
                assert new == old | added, "what later releases added is blank, or follows from the row"
        assert audit.verify(connection).events == 2
    assert first_release.schema_is_current()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'Eve' WHERE seq = 1",
        "DELETE FROM audit_event WHERE seq = 2",
        "DELETE FROM audit_payload",
        "UPDATE audit_payload SET payload = 'other' WHERE seq = 1",
    ],
)
def test_the_audit_log_is_still_guarded(first_release: Database, statement: str) -> None:
    first_release.migrate()
    with pytest.raises(DBAPIError), first_release.writing() as connection:
        connection.execute(text(statement))


def test_the_new_kinds_are_taken_and_unknown_ones_refused(first_release: Database, now: datetime) -> None:
    with pytest.raises(IntegrityError), first_release.writing() as connection:
        upload(connection, "spans", now)
    first_release.migrate()
    with first_release.writing() as connection:
        for kind in UPLOAD_KINDS:
            upload(connection, kind, now)
        for kind in SEGMENT_KINDS:
            upload_id = f"of {kind}"
            packed = {"upload_id": upload_id, "kind": kind, "packed_keys": b""}
            connection.execute(insert(reflected(connection)["superseded"]).values(packed))
    with pytest.raises(IntegrityError), first_release.writing() as connection:
        upload(connection, "gossip", now)


def upload(connection: Connection, kind: str, now: datetime) -> None:
    row = {**UPLOAD, "id": f"of {kind}", "kind": kind, "asked_at": now, "heartbeat_at": now}
    connection.execute(insert(reflected(connection)["upload"]).values(row))
