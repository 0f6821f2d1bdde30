"""The import worker: it takes what waits, and gives up what a killed command has left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO

import pytest

from core.actions import import_worker
from core.actions.import_worker import ImportWorker
from core.actions.imports import list_uploads, start_import
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace

Results = Callable[..., str]


@contextmanager
def working(workspace: Workspace) -> Iterator[None]:
    worker = ImportWorker(workspace)
    worker.start()
    try:
        yield
    finally:
        worker.stop(patience_seconds=30)


def hand_over(workspace: Workspace, slug: str, content: str, *, for_worker: bool) -> str:
    body, at = BytesIO(content.encode()), datetime.now(UTC)
    return start_import(
        workspace, LOCAL_CALLER, at, slug, file_name="r.jsonl", content=body, for_worker=for_worker
    )


def ended_state(workspace: Workspace, slug: str, upload_id: str) -> str:
    """The state in which the upload ends, waited for at most 30 seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = {upload.id: upload for upload in list_uploads(workspace, LOCAL_CALLER, slug)}[upload_id]
        if found.finished_at is not None:
            return found.state
        time.sleep(0.02)
    return "not ended"


def test_the_worker_gives_up_what_a_killed_command_left(
    workspace: Workspace, feature: str, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No restart is needed, and what waits is imported all the same."""
    monkeypatch.setattr(import_worker, "_CLEAN_UP_EVERY_SECONDS", 0.0)
    killed = hand_over(workspace, feature, results(3), for_worker=False)
    (workspace.spool / killed / "running.lock").touch()
    waiting = hand_over(workspace, feature, results(3), for_worker=True)
    with working(workspace):
        assert ended_state(workspace, feature, killed) == "failed"
        assert ended_state(workspace, feature, waiting) == "done"
    assert list(workspace.spool.iterdir()) == []


def test_the_worker_cleans_up_now_and_then_only(
    workspace: Workspace, feature: str, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start the server has just done so itself."""
    asked: list[datetime] = []
    monkeypatch.setattr(import_worker, "abandon_unfinished", lambda _workspace, now: asked.append(now))
    waiting = hand_over(workspace, feature, results(3), for_worker=True)
    with working(workspace):
        assert ended_state(workspace, feature, waiting) == "done"
    assert asked == []
