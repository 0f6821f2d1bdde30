"""A workspace on either database, a feature in it, and the hands of a user who works with both."""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, cast

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
from tests.snapshots import Commits
from tests.stages import Course, forget_stages, note_something_else

Step = Callable[[Hashable, Callable[[], Any]], Any]

EVAL_ITEM = {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": 0.8}
QUESTION = {"kind": "attested", "id": "plan", "sentence": "There is a plan for failures."}


def pytest_configure(config: pytest.Config) -> None:
    told = "every_case_on_postgresql: every parametrised case meets both databases, not one of them alone"
    config.addinivalue_line("markers", told)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every case of a test meets SQLite, and one of them PostgreSQL: what an action does follows from the
    database where it stores and finds its rows, and not again from every value it is tried with.

    Where it does, the test is marked so.
    """
    seen: set[str] = set()
    kept, left_out = [], []
    for item in items:
        is_second = _is_on_postgresql(item) and item.nodeid.partition("[")[0] in seen
        (left_out if is_second else kept).append(item)
        if _is_on_postgresql(item):
            seen.add(item.nodeid.partition("[")[0])
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def _is_on_postgresql(item: pytest.Item) -> bool:
    """Whether this is a case of a test of ours that asks for the second database, and need not in each."""
    is_ours = Path(__file__).parent in item.path.parents
    callspec = getattr(item, "callspec", None)
    return (
        is_ours
        and callspec is not None
        and callspec.params.get("database") == "postgresql"
        and item.get_closest_marker("every_case_on_postgresql") is None
    )


@pytest.fixture
def workspace(database: Database, home: Path) -> Iterator[Workspace]:
    """An empty workspace; the test runs once on SQLite and once on PostgreSQL."""
    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30))
    yield Workspace(home, database, warehouse)
    warehouse.close()


@pytest.fixture(autouse=True)
def quickly(read_in_this_process: None, thrifty: None) -> None:
    """No test here starts another Python to read a file, or waits for a disk."""


@pytest.fixture
def step(workspace: Workspace, request: pytest.FixtureRequest) -> Step:
    """``step(name, do)``: what ``do`` returns; what it leaves is put back where another test took this step.

    So ``name`` tells all that it depends on, and what it returns is of no workspace in particular.
    """
    is_postgresql = workspace.database.dialect == "postgresql"
    return Course(workspace, request.getfixturevalue("postgresql_url") if is_postgresql else None).step


@pytest.fixture(scope="module", autouse=True)
def steps_of_this_file() -> Iterator[None]:
    yield
    forget_stages()


@pytest.fixture
def feature(workspace: Workspace, now: datetime, step: Step) -> str:
    """The slug of a feature of medium stakes, made a week before ``now``."""
    at, stakes = now - timedelta(days=7), Stakes.MEDIUM
    slug: str = step(
        "feature",
        lambda: create_feature(workspace, LOCAL_CALLER, at, name="Helper", owner="Ada", stakes=stakes).slug,
    )
    return slug


@pytest.fixture
def run(workspace: Workspace, feature: str) -> Callable[[str], TraceRecord | None]:
    """One trace as the evidence now has it."""

    def ask(run_id: str) -> TraceRecord | None:
        with workspace.database.reading() as connection:
            return workspace.warehouse.trace(connection, find_feature(workspace, feature), run_id)

    return ask


@pytest.fixture
def hand_in(workspace: Workspace, feature: str, now: datetime, step: Step) -> Callable[..., Upload]:
    """``hand_in(content, name=…, at=…, slug=…, **options)``: a file from its upload to its end."""

    def import_it(
        content: str | bytes,
        name: str = "results.jsonl",
        *,
        at: datetime = now,
        slug: str = feature,
        **options: Any,
    ) -> Upload:
        body = content.encode() if isinstance(content, str) else content

        def import_now() -> Upload:
            upload_id = start_import(
                workspace,
                LOCAL_CALLER,
                at,
                slug,
                file_name=name,
                content=BytesIO(body),
                for_worker=False,
                **options,
            )
            return run_import(workspace, upload_id, lambda: at)

        asked = ("hand in", body, name, at, slug, repr(options))
        return cast(Upload, step(asked, import_now))

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
def commit(workspace: Workspace, feature: str, now: datetime, step: Step) -> Callable[..., int]:
    """``commit(items, stakes=…, at=…, lock=…, reason=…)``: save a checklist, lock it, return its number."""

    def save(
        items: list[dict[str, Any]] | None = None,
        *,
        stakes: str = "medium",
        at: datetime = now - timedelta(days=6),
        lock: bool = True,
        reason: str = "",
    ) -> int:
        def save_now() -> int:
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

        return cast(int, step(("commit", repr(items), stakes, at, lock, reason), save_now))

    return save


@pytest.fixture
def everything(workspace: Workspace) -> Iterator[Callable[[], Mapping[str, list[str]]]]:
    """Every row of every table, to show that nothing changed, or what did."""
    commits: list[Commits] = []
    seen: dict[int, dict[str, list[str]]] = {}

    def read() -> dict[str, list[str]]:
        if workspace.database.dialect == "postgresql":
            return _all_rows(workspace.database)
        if not commits:
            commits.append(Commits(workspace.home))
        # Asked thousands of times, and most often of a database to which nobody committed anything.
        version = commits[0].version()
        if version not in seen:
            seen[version] = _all_rows(workspace.database)
        return seen[version]

    yield read
    for one in commits:
        one.close()


# Most tables are empty.
_FILLED = union_all(
    *(select(literal(name)).where(exists(table.select())) for name, table in METADATA.tables.items())
)
_ROWS = {name: select(table) for name, table in METADATA.tables.items()}


def _all_rows(database: Database) -> dict[str, list[str]]:
    with database.reading() as connection:
        filled = set(connection.scalars(_FILLED))
        return {
            name: sorted(str(row) for row in connection.execute(rows)) if name in filled else []
            for name, rows in _ROWS.items()
        }


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


_WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT")


class Statements:
    """Counts the statements and commits that reach the database; the ``fail_at``-th raises ``fault``."""

    def __init__(self, fail_at: int | None, fault: type[BaseException], writes_only: bool) -> None:
        self.seen: list[str] = []
        self._counted = _WRITES if writes_only else ("",)
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
        if not statement.startswith(self._counted):
            return
        self.seen.append(statement)
        if len(self.seen) == self._fail_at:
            raise self._fault(f"a fault at statement {self._fail_at}")


@contextmanager
def _watched(
    fail_at: int | None = None, fault: type[BaseException] = RuntimeError, writes_only: bool = False
) -> Iterator[Statements]:
    note_something_else()
    statements = Statements(fail_at, fault, writes_only)

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
    """``with watched(fail_at=3, fault=KeyboardInterrupt) as statements:`` breaks the third statement.

    With ``writes_only=True`` reading is not counted, and the third that changes something breaks.
    """
    return _watched


@pytest.fixture
def items() -> dict[str, dict[str, Any]]:
    """The two items that most tests need: ``suite`` (measured, above 80 %) and ``plan`` (attested)."""
    return {"suite": EVAL_ITEM, "plan": QUESTION}
