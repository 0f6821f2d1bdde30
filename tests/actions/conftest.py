"""A workspace on either database, a feature in it, and the hands of a user who works with both."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, exists, literal, select, union_all

from core.actions.checklists import lock_checklist, save_checklist, view_checklist
from core.actions.features import create_feature, find_feature
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.stakes import Stakes
from core.store import audit, features, people
from core.store.database import Database
from core.store.logged_people import identity_of
from core.store.segment_cache import SegmentCache
from core.store.tables import METADATA
from core.store.traces import TraceRecord
from core.store.uploads import Upload
from core.store.warehouse import Warehouse

EVAL_ITEM = {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": 0.8}
QUESTION = {"kind": "attested", "id": "plan", "sentence": "There is a plan for failures."}


@pytest.fixture
def workspace(database: Database, home: Path) -> Iterator[Workspace]:
    """An empty workspace; the test runs once on SQLite and once on PostgreSQL."""
    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30))
    yield Workspace(home, database, warehouse)
    warehouse.close()


@pytest.fixture(autouse=True)
def read_here(read_in_this_process: None) -> None:
    """No test here starts another Python to read a file."""


@pytest.fixture
def feature(workspace: Workspace, now: datetime) -> str:
    """The slug of a feature of medium stakes, made a week before ``now``."""
    made = create_feature(
        workspace,
        LOCAL_CALLER,
        now - timedelta(days=7),
        name="Helper",
        owner="Ada",
        stakes=Stakes.MEDIUM,
    )
    return made.slug


@pytest.fixture
def run(workspace: Workspace, feature: str) -> Callable[[str], TraceRecord | None]:
    """One trace as the evidence now has it."""

    def ask(run_id: str) -> TraceRecord | None:
        with workspace.database.reading() as connection:
            return workspace.warehouse.trace(connection, find_feature(workspace, feature), run_id)

    return ask


@pytest.fixture
def hand_in(workspace: Workspace, feature: str, now: datetime) -> Callable[..., Upload]:
    """``hand_in(content, name=…, at=…, slug=…, **options)``: a file from its upload to its end."""

    def import_it(
        content: str | bytes,
        name: str = "results.jsonl",
        *,
        at: datetime = now,
        slug: str = feature,
        **options: Any,
    ) -> Upload:
        body = BytesIO(content.encode() if isinstance(content, str) else content)
        upload_id = start_import(
            workspace, LOCAL_CALLER, at, slug, file_name=name, content=body, for_worker=False, **options
        )
        return run_import(workspace, upload_id, lambda: at)

    return import_it


@pytest.fixture
def results() -> Callable[..., str]:
    """``results(passed, failed, first=0, **cells)``: results of one eval run as JSON lines, one a case."""

    def write(passed: int, failed: int = 0, first: int = 0, **cells: Any) -> str:
        rows = (
            {
                "eval_run_id": "run-1",
                "case_id": f"case-{first + place:04d}",
                "passed": place < passed,
                **cells,
            }
            for place in range(passed + failed)
        )
        return "".join(json.dumps(row) + "\n" for row in rows)

    return write


@pytest.fixture
def commit(workspace: Workspace, feature: str, now: datetime) -> Callable[..., int]:
    """``commit(items, stakes=…, at=…, lock=…, reason=…)``: save a checklist, lock it, return its number."""

    def save(
        items: list[dict[str, Any]] | None = None,
        *,
        stakes: str = "medium",
        at: datetime = now - timedelta(days=6),
        lock: bool = True,
        reason: str = "",
    ) -> int:
        number = save_checklist(
            workspace,
            LOCAL_CALLER,
            at,
            feature,
            read_checklist({"stakes": stakes, "items": items or [EVAL_ITEM]}),
            based_on=view_checklist(workspace, LOCAL_CALLER, feature).number,
        ).number
        if lock:
            lock_checklist(workspace, LOCAL_CALLER, at, feature, based_on=number, reason=reason)
        return number

    return save


@pytest.fixture
def everything(workspace: Workspace) -> Callable[[], Mapping[str, list[str]]]:
    """Every row of every table, to show that nothing changed, or what did."""

    def read() -> dict[str, list[str]]:
        with workspace.database.reading() as connection:
            # Most tables are empty, and this is asked thousands of times.
            filled = (
                select(literal(name)).where(exists(table.select())) for name, table in METADATA.tables.items()
            )
            names = set(connection.scalars(union_all(*filled)))
            return {
                name: sorted(str(row) for row in connection.execute(select(table))) if name in names else []
                for name, table in METADATA.tables.items()
            }

    return read


@pytest.fixture
def person(workspace: Workspace, feature: str, now: datetime) -> Callable[..., Caller]:
    """``person("Lea", "signer", …)``: somebody who has just signed in and holds these roles here.

    ``email=…``: the address; ``grants_itself=True``: the roles were given by the person themselves.
    """

    def sign_in(name: str, *roles: str, email: str = "", grants_itself: bool = False) -> Caller:
        with workspace.database.writing() as connection:
            added = people.add(
                connection,
                issuer="https://id.example",
                subject=f"sub-{name}-{email}",
                name=name,
                email=email or f"{name.lower()}@example.com",
                added_by="Root",
                now=now,
            )
            who = {"person": added.name, "person_id": added.id}
            identity = identity_of("https://id.example", f"sub-{name}-{email}")
            audit.append(
                connection, actor=added.name, action="signed in", subject=f"person/{added.id}",
                payload={**who, "identity": identity, "email": added.email}, now=now,
            )  # fmt: skip
            for role in roles:
                by, by_id = (added.name, added.id) if grants_itself else ("Root", None)
                people.grant(
                    connection,
                    person_id=added.id,
                    feature_id=features.by_slug(connection, feature).id,
                    role=role,
                    by=by,
                    by_id=by_id,
                    now=now,
                )
                audit.append(
                    connection, actor=by, action="role given", subject=f"feature/{feature}", now=now,
                    payload={**who, "role": role, "place": "Helper", "before": [], "after": [role],
                             "by_id": by_id},
                )  # fmt: skip
        return Caller(added.name, verified=True, person_id=added.id, signed_in_at=now.timestamp())

    return sign_in


class Statements:
    """Counts the statements and commits that reach the database; the ``fail_at``-th raises ``fault``."""

    def __init__(self, fail_at: int | None, fault: type[BaseException]) -> None:
        self.seen: list[str] = []
        self._fail_at = fail_at
        self._fault = fault

    @property
    def failed(self) -> bool:
        return self._fail_at is not None and len(self.seen) >= self._fail_at

    @property
    def broken(self) -> str:
        """The statement that raised, such as "INSERT INTO segment"."""
        assert self._fail_at is not None
        return self.seen[self._fail_at - 1].split(" (")[0]

    def note(self, statement: str) -> None:
        self.seen.append(statement)
        if len(self.seen) == self._fail_at:
            raise self._fault(f"a fault at statement {self._fail_at}")


@contextmanager
def _watched(fail_at: int | None = None, fault: type[BaseException] = RuntimeError) -> Iterator[Statements]:
    statements = Statements(fail_at, fault)

    def before(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.note(statement)

    def committing(_connection: object) -> None:
        statements.note("COMMIT")

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "commit", committing)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "commit", committing)


@pytest.fixture
def watched() -> Callable[..., AbstractContextManager[Statements]]:
    """``with watched(fail_at=3, fault=KeyboardInterrupt) as statements:`` breaks the third statement."""
    return _watched


@pytest.fixture
def items() -> dict[str, dict[str, Any]]:
    """The two items that most tests need: ``suite`` (measured, above 80 %) and ``plan`` (attested)."""
    return {"suite": EVAL_ITEM, "plan": QUESTION}
