"""What tests of every area share: a home, a fixed clock, and an empty database of either kind.

Tests on PostgreSQL need READYGATE_TEST_POSTGRES_URL, the address of a server on which databases
may be made. Without it they are skipped; with READYGATE_TEST_REQUIRE_ALL=1 they fail instead.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from sqlalchemy import Connection, make_url, text
from streamlit.components.v2 import manifest_scanner

from core.actions import importing
from core.actions.bundles import put_live, save_bundle, view_release
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.rehearsals import record_rehearsal
from core.actions.workspace import Workspace
from core.errors import ImportCancelled
from core.evidence.bundle_parts import KILL_SWITCH
from core.intake import reader_process
from core.intake.importing import read_file
from core.intake.job import IsCancelled, OnProgress, Progress, ReadJob, ReadOutcome
from core.rollout.bundle import read_bundle
from core.store.database import Database
from tests.sharing import TESTS_DATABASE, end_sharing, sharing
from tests.snapshots import empty

# A busy machine must not fail a test, and the same code must give the same result: no time limit for
# each example, and examples that follow from the test itself.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

NOW = datetime(2026, 3, 2, 14, 5, 30, 123456, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    """The moment at which every test happens: a Monday."""
    return NOW


@pytest.fixture(scope="session")
def reading_in_this_process() -> Callable[[], AbstractContextManager[None]]:
    """``with reading_in_this_process():`` files are read by the real reader, but without the second it takes
    to start another Python, and every step is told, however quickly it follows the one before."""

    @contextmanager
    def reading() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(importing, "read_in_child", _read_here)
            patch.setattr(importing, "_REPORT_EVERY_SECONDS", 0.0)
            # As if one waited already, so that none is started.
            patch.setattr(reader_process, "_waiting", [None])
            yield

    return reading


@pytest.fixture
def read_in_this_process(
    reading_in_this_process: Callable[[], AbstractContextManager[None]],
) -> Iterator[None]:
    """For the length of one test."""
    with reading_in_this_process():
        yield


def _read_here(job: ReadJob, on_progress: OnProgress, is_cancelled: IsCancelled) -> ReadOutcome:
    def progressed(progress: Progress) -> None:
        if is_cancelled():
            raise ImportCancelled("The import was cancelled.", mend="Nothing was saved.")
        on_progress(progress)

    return read_file(job, progressed)


@pytest.fixture
def thrifty() -> Iterator[None]:
    """For tests that are about no database and no warehouse: what these open is shared with other tests."""
    with sharing():
        yield


@pytest.fixture(scope="session")
def components_found_once() -> Iterator[None]:
    """Streamlit looks through every installed package for components each time that a test opens a page;
    once for all tests finds the same."""
    found = cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(scope="session")
def ship() -> Callable[..., None]:
    """``ship(workspace, slug, at)``: a release goes live, and switching the feature off is rehearsed, so that
    the gate asks nothing more of either for a year. ``name=…, parts=…``: what the release is."""

    def put_it_live(
        workspace: Workspace,
        slug: str,
        at: datetime,
        *,
        name: str = "Release 1",
        parts: Mapping[str, Any] | None = None,
        caller: Caller = LOCAL_CALLER,
    ) -> None:
        written = parts or {"model": {"version": "m-1", "way_back": {"alone": False}}}
        bundle = read_bundle({"name": name, "parts": written, "rehearsal_days": 365})
        number = view_release(workspace, caller, at, slug).number
        save_bundle(workspace, caller, at, slug, bundle, based_on=number)
        put_live(workspace, caller, at, slug, name)
        record_rehearsal(
            workspace, caller, at, slug, part=KILL_SWITCH, at=at, worked=True, minutes=5, done_by="Ben"
        )

    return put_it_live


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder for everything that Readygate keeps; it is not made yet."""
    return tmp_path / "home"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, home: Path) -> Iterator[Database]:
    """An empty database at the newest schema; the test runs once on each kind."""
    if request.param == "postgresql":
        url: str | None = request.getfixturevalue("postgresql_url")
        with psycopg.connect(url) as connection:
            empty(connection)
    else:
        url = None
        request.getfixturevalue("migrated_home")
    opened = Database.open(url, home)
    yield opened
    opened.close()


@pytest.fixture
def migrated_home(home: Path, migrated_sqlite_file: Path) -> Path:
    """The home with an empty database at the newest schema, which nobody has to wait for."""
    home.mkdir(mode=0o700)
    shutil.copy(migrated_sqlite_file, home / "readygate.db")
    return home


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    template = Database.open(None, folder)
    template.migrate()
    template.close()
    return folder / "readygate.db"


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated database that this test process has for itself."""
    with _new_postgresql_database(TESTS_DATABASE) as url:
        fresh = Database.open(url, tmp_path_factory.mktemp("home"))
        fresh.migrate()
        fresh.close()
        yield url
        end_sharing()


@pytest.fixture
def bare_postgresql_url() -> Iterator[str]:
    """The address of a database without any table."""
    with _new_postgresql_database("readygate_bare_") as url:
        yield url


@pytest.fixture
def past_readygate() -> Callable[[Database], AbstractContextManager[Connection]]:
    """Opens a connection of somebody who may take the triggers of a database away, and does."""
    return _without_triggers


@contextmanager
def _without_triggers(database: Database) -> Iterator[Connection]:
    with database.writing() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            triggers = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name in connection.scalars(triggers).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        yield connection


@contextmanager
def _new_postgresql_database(purpose: str) -> Iterator[str]:
    server = os.environ.get("READYGATE_TEST_POSTGRES_URL")
    if not server:
        reason = "READYGATE_TEST_POSTGRES_URL is not set, so nothing was tried on PostgreSQL."
        if os.environ.get("READYGATE_TEST_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    # Several test processes, of several runs, may share the server.
    name = f"{purpose}{os.getpid()}"
    address = make_url(server).set(drivername="postgresql")
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield address.set(database=name).render_as_string(hide_password=False)
        connection.execute(drop)


def pytest_sessionfinish() -> None:
    end_sharing()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once for each reason how many tests were skipped, instead of one line a test."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    for reason, tests in reasons.most_common():
        terminalreporter.write_line(f"{tests} not run: {reason.removeprefix('Skipped: ')}")
