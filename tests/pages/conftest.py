"""What the page tests share: an installation, a feature in every state, pages opened through the router."""

import atexit
import io
import json
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from core.actions.checklists import lock_checklist, take_template
from core.actions.features import create_feature
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.workspace import Workspace, open_workspace
from core.criteria.stakes import Stakes
from core.errors import UserError
from core.web import opening, wiring
from core.web.registry import ROOT, spec_of
from core.web.safe import JOINER
from tests.stages import Course, forget_stages

ENTRY = ROOT / "core" / "web" / "entry.py"


@dataclass(frozen=True)
class Site:
    """An installation: tests act on it as other people do, and open its pages as a visitor does."""

    workspace: Workspace
    now: datetime
    course: Course | None = None
    """Where the installation was empty: the steps from there, which are put back once they were taken."""

    def feature(self, slug: str, *, name: str = "", owner: str = "Ada") -> str:
        name = name or slug.replace("-", " ").capitalize()
        about = {"name": name, "owner": owner, "stakes": Stakes.MEDIUM, "slug": slug}
        self._step(
            ("feature", slug, name, owner),
            lambda: create_feature(self.workspace, LOCAL_CALLER, self.now, **about),
        )
        return slug

    def draft(self, slug: str) -> str:
        self.feature(slug)
        template = "ready_for_everyone"
        self._step(
            ("draft", slug),
            lambda: take_template(
                self.workspace, LOCAL_CALLER, self.before(31), slug, template, based_on=None
            ),
        )
        return slug

    def locked(self, slug: str) -> str:
        self.draft(slug)
        self._step(
            ("lock", slug),
            lambda: lock_checklist(self.workspace, LOCAL_CALLER, self.before(30), slug, based_on=1),
        )
        return slug

    def upload(self, slug: str, file_name: str, text: str, *, bundle: str | None = None) -> str:
        """Import ``text`` to its end, whatever that is; returns the upload's id."""
        return self._step(
            ("upload", slug, file_name, text, bundle), lambda: self._upload(slug, file_name, text, bundle)
        )

    def _upload(self, slug: str, file_name: str, text: str, bundle: str | None) -> str:
        upload_id = start_import(
            self.workspace,
            LOCAL_CALLER,
            self.now,
            slug,
            file_name=file_name,
            content=io.BytesIO(text.encode()),
            bundle=bundle,
            for_worker=False,
        )
        try:
            run_import(self.workspace, upload_id, lambda: self.now)
        except UserError as fault:
            # The upload's row holds the fault, and that is what a page shows.
            assert fault.sentence
        return upload_id

    def _step(self, name: Hashable, do: Callable[[], Any]) -> Any:
        return do() if self.course is None else self.course.step(name, do)

    def before(self, days: int) -> datetime:
        return self.now - timedelta(days=days)

    def open(self, page: str, slug: str | None = None, /, **address: str) -> AppTest:
        """The page as somebody finds it who follows a link to it; ``address`` is what else the link holds."""
        at = AppTest.from_file(ENTRY, default_timeout=60)
        at.switch_page(str(spec_of(page).path))
        if slug is not None:
            at.query_params["feature"] = slug
        for name, value in address.items():
            at.query_params[name] = value
        return at.run()


def traces_csv(now: datetime, rows: int = 30) -> str:
    """One trace a user over the twenty days before ``now``, every answer accepted."""
    lines = ["run_id,started_at,user_id,query,response,user_feedback,latency_ms"]
    for number in range(rows):
        started = (now - timedelta(days=20 - number % 20)).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(f"run-{number},{started},user-{number},Where is it?,On its way.,accepted,{900 + number}")
    return "\n".join(lines) + "\n"


def labels_csv(rows: int = 30, wrong: int = 3) -> str:
    """A complete review of the first ``rows`` traces, of which the first ``wrong`` were answered wrongly."""
    lines = ["run_id,tool_right,answer_right,hallucination,reviewer,sampling"]
    for number in range(rows):
        lines.append(f"run-{number},yes,{'no' if number < wrong else 'yes'},no,Vera,complete")
    return "\n".join(lines) + "\n"


def scores_jsonl(cases: int = 12) -> str:
    """Eval results with a score only: the file does not say when one counts as passed."""
    rows = ({"case_id": f"case-{n}", "attempt": 0, "score": n / cases} for n in range(cases))
    return "".join(json.dumps(row) + "\n" for row in rows)


def texts(message: Message) -> Iterator[str]:
    """Every text in an element as it goes to the browser, at any depth."""
    for field, value in message.ListFields():
        if field.name in ("id", "form_id"):
            continue
        for one in value if field.is_repeated else [value]:
            if isinstance(one, str):
                yield one
            elif isinstance(one, Message):
                yield from texts(one)


def elements(at: AppTest) -> Iterator[tuple[str, list[str]]]:
    """(kind, texts) of every element and container that the page sends to the browser."""
    for node in at:
        proto = getattr(node, "proto", None)
        if isinstance(proto, Message):
            yield type(proto).__name__, list(texts(proto))


@pytest.fixture(scope="session")
def shown() -> Callable[[AppTest], list[tuple[str, list[str]]]]:
    """(kind, texts) of every element on a page."""
    return lambda at: list(elements(at))


@pytest.fixture(scope="session")
def words() -> Callable[[AppTest], str]:
    """Everything a page says, without the signs that keep it literal."""

    def said(at: AppTest) -> str:
        everything = "\n".join(text for _, parts in elements(at) for text in parts)
        return everything.replace("\\", "").replace(JOINER, "").replace("\u00a0", " ")

    return said


@pytest.fixture(scope="session")
def files(now: datetime) -> dict[str, str]:
    """Small exports by what they are."""
    return {"traces": traces_csv(now), "labels": labels_csv(), "scores": scores_jsonl()}


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Callable[[Path], Site]:
    """Makes a home the installation behind the pages, and ``now`` the moment at which they are opened."""

    class StoppedClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return now

    def served(home: Path) -> Site:
        monkeypatch.setenv("READYGATE_HOME", str(home))
        monkeypatch.delenv("READYGATE_DATABASE_URL", raising=False)
        monkeypatch.setattr(opening, "datetime", StoppedClock)
        return Site(wiring.workspace(), now)

    return served


@pytest.fixture(autouse=True)
def quickly(read_in_this_process: None, components_found_once: None, thrifty: None) -> None:
    """What a page shows does not depend on how long its files took to read."""


@pytest.fixture(scope="module", autouse=True)
def steps_of_this_file() -> Iterator[None]:
    yield
    forget_stages()


@pytest.fixture
def site(serve: Callable[[Path], Site], migrated_home: Path) -> Iterator[Site]:
    """An installation of the test's own, without any feature."""
    made = serve(migrated_home)
    yield replace(made, course=Course(made.workspace, None))
    # A server keeps its workspace for as long as it runs, and so would this process keep hundreds.
    wiring._workspace.clear(str(migrated_home.resolve()), None)
    atexit.unregister(made.workspace.close)
    made.workspace.close()


@pytest.fixture(scope="session")
def furnished_home(
    tmp_path_factory: pytest.TempPathFactory,
    now: datetime,
    files: dict[str, str],
    reading_in_this_process: Callable[[], AbstractContextManager[None]],
) -> Path:
    """A home with one feature in every state that a page may find; the slug names the state."""
    with reading_in_this_process():
        return _furnished(tmp_path_factory.mktemp("furnished"), now, files)


def _furnished(home: Path, now: datetime, files: dict[str, str]) -> Path:
    workspace = open_workspace(home=home, url="")
    made = Site(workspace, now)
    made.feature("bare")
    made.draft("draft")
    made.locked("locked")
    made.upload("locked", "traces.csv", files["traces"], bundle="2026-02")
    made.upload("locked", "labels.csv", files["labels"])
    made.locked("failed-upload")
    made.upload("failed-upload", "broken.csv", 'run_id,answer_right\nrun-1,"yes\n')
    made.draft("open-question")
    made.upload("open-question", "scores.jsonl", files["scores"])
    workspace.close()
    return home


@pytest.fixture
def furnished(serve: Callable[[Path], Site], furnished_home: Path) -> Site:
    """The installation with a feature in every state; tests only look at it."""
    return serve(furnished_home)


@pytest.fixture
def act_as(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Caller]:
    """Makes the visitor somebody with these roles."""

    def become(*roles: Role, name: str = "Vera") -> Caller:
        somebody = Caller(name, frozenset(roles))
        monkeypatch.setattr(wiring, "caller", lambda: somebody)
        return somebody

    return become
