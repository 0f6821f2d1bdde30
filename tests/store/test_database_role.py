"""The grants in the operations guide: the role that they make works, and cannot change the audit log."""

import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from core.store import audit, erasures, features
from core.store.database import Database

pytestmark = pytest.mark.postgres
GUIDE = Path(__file__).parents[2] / "docs" / "operations.md"

REFUSED = [
    "UPDATE audit_event SET actor = 'Eve'",
    "DELETE FROM audit_event",
    "DELETE FROM audit_payload",
    "UPDATE audit_payload SET seq = 9",
    "TRUNCATE audit_event, audit_payload",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_event_update ON audit_event",
    "UPDATE alembic_version SET version_num = '0001'",
]


def grants(role: str) -> str:
    """The statements of the guide, for this role."""
    found = re.search(r"<!-- grants -->\n```sql\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found is not None
    return found[1].replace("readygate_app", role)


@pytest.fixture
def app_url(bare_postgresql_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database for a role that owns nothing in it."""
    owner = Database.open(bare_postgresql_url, tmp_path)
    owner.migrate()
    owner.close()
    role = f"readygate_app_{secrets.token_hex(4)}"
    address = make_url(bare_postgresql_url).set(drivername="postgresql")
    told = address.render_as_string(hide_password=False)
    with psycopg.connect(told, autocommit=True) as connection:
        connection.execute(grants(role).encode())
    yield address.set(drivername="postgresql+psycopg", username=role).render_as_string(hide_password=False)
    with psycopg.connect(told, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)))


def test_the_role_does_what_readygate_needs(app_url: str, tmp_path: Path, now: datetime) -> None:
    database = Database.open(app_url, tmp_path)
    assert not database.migrate()
    with database.writing() as connection:
        made = features.add(
            connection, slug="helper", name="Helper", owner="Ada", stakes="low", created_by="Ada", now=now
        )
        asked = erasures.add(
            connection, feature_id=made.id, fingerprint="f" * 64, wanted="user-1", reason="Request 17",
            asked_by="Ada", asked_by_id=None, counts={}, now=now,
        )  # fmt: skip
        erasures.cancel(connection, asked.id, by="Ada", now=now)
        for _ in range(2):
            seq = audit.append(
                connection, actor="Ada", action="x", subject="readygate", payload={"said": "a"}, now=now
            )
        audit.erase(connection, seq)
    with database.reading() as connection:
        found = audit.verify(connection)
        assert audit.timeline(connection, None, 1)[0].erased
    database.close()
    assert (found.ok, found.events) == (True, 2)


@pytest.mark.parametrize("statement", REFUSED)
def test_the_role_cannot_change_the_log(statement: str, app_url: str) -> None:
    address = make_url(app_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with (
        psycopg.connect(address, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())
