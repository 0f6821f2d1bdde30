"""An import is there whole or not at all, whatever breaks and whoever else imports meanwhile."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import pytest
from filelock import FileLock

from core.actions.features import create_feature, find_feature
from core.actions.importing import abandon_unfinished, run_import, waiting_imports
from core.actions.imports import list_uploads, start_import
from core.actions.metrics import metrics_of
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.demo.files import csv_chunks
from core.demo.generator import benchmark_traces
from core.errors import UserError
from core.intake.job import Progress
from core.metrics.measurement import Measurement
from core.store import audit, segments, uploads
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Results = Callable[..., str]
Watched = Callable[..., AbstractContextManager[Any]]
Everything = Callable[[], Mapping[str, list[str]]]

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = ("segment", "superseded", "label")


def start(
    workspace: Workspace,
    now: datetime,
    slug: str,
    content: str,
    name: str = "r.jsonl",
    *,
    for_worker: bool = True,
) -> str:
    body = BytesIO(content.encode())
    return start_import(
        workspace, LOCAL_CALLER, now, slug, file_name=name, content=body, for_worker=for_worker
    )


def cases(workspace: Workspace, slug: str, now: datetime) -> int:
    found = metrics_of(workspace, LOCAL_CALLER, now, slug, only="eval_pass_rate")
    return sum(one.n for _, one in found if isinstance(one, Measurement))


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_a_fault_at_any_statement_leaves_no_evidence_and_a_retry_gives_it_once(
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: HandIn,
    results: Results,
    everything: Everything,
    watched: Watched,
    fault: type[BaseException],
) -> None:
    """From the first statement of the import to the commit that publishes it, each breaks once."""
    hand_in(results(10))
    before = everything()
    changed = results(5, 5) + results(5, first=20)
    broken: list[str] = []
    waiting: list[str] = []
    for fail_at in range(1, 200):
        upload_id = start(workspace, now, feature, changed)
        with watched(fail_at, fault) as statements:
            try:
                run_import(workspace, upload_id, lambda: now)
            except fault:
                broken.append(statements.broken)
        ended = next(
            upload for upload in list_uploads(workspace, LOCAL_CALLER, feature) if upload.id == upload_id
        )
        if ended.state == "done":
            # It broke behind the commit that publishes: what follows is no part of the import, which stands.
            break
        after = everything()
        assert {name: after[name] for name in EVIDENCE} == {name: before[name] for name in EVIDENCE}
        assert find_feature(workspace, feature).evidence_version == 1
        assert cases(workspace, feature, now) == 10
        # Before it is marked as failed, nothing else stands in the way of the next try.
        abandon_unfinished(workspace, now)
        ended = next(
            upload for upload in list_uploads(workspace, LOCAL_CALLER, feature) if upload.id == upload_id
        )
        if ended.state == "waiting":
            # It broke before anybody had begun: the file is still there and the worker will take it.
            assert (workspace.spool / upload_id / "upload").exists()
            waiting.append(upload_id)
        else:
            assert ended.state == "failed"
        assert ended.report is None
    assert ended.state == "done"
    assert waiting
    assert waiting_imports(workspace) == sorted(waiting)
    for upload_id in waiting:
        report = run_import(workspace, upload_id, lambda: now).report
        assert report is not None
        assert (report["accepted"], report["duplicate"]) == (0, 15)
    assert {"COMMIT", "INSERT INTO segment", "INSERT INTO superseded", "INSERT INTO audit_event"} <= set(
        broken
    )
    assert find_feature(workspace, feature).evidence_version == 2
    assert cases(workspace, feature, now) == 15
    assert waiting_imports(workspace) == []
    assert list(workspace.spool.iterdir()) == []
    with workspace.database.reading() as connection:
        assert audit.verify(connection).ok
        imported = [
            event.payload
            for event in audit.timeline(connection, f"feature/{feature}", 500)
            if event.action == "evidence imported"
        ]
    told = imported[len(waiting)]
    assert (told["accepted"], told["updated"], told["duplicate"]) == (5, 5, 5)
    assert len(imported) == len(waiting) + 2


def test_a_bug_while_reading_is_noted_without_a_word_of_the_file(
    workspace: Workspace, feature: str, now: datetime, results: Results
) -> None:
    upload_id = start(workspace, now, feature, results(3))

    def broken(_progress: Progress) -> None:
        raise ZeroDivisionError("case-0001 was in the file")

    with pytest.raises(ZeroDivisionError):
        run_import(workspace, upload_id, lambda: now, broken)
    ended = list_uploads(workspace, LOCAL_CALLER, feature)[0]
    assert ended.state == "failed"
    assert ended.fault is not None
    assert ended.fault["code"] == "bug"
    assert "case-0001" not in json.dumps(dict(ended.fault))


def test_two_imports_one_after_the_other_count_every_row_once(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    told = [hand_in(results(30, first=first)).report for first in (0, 20)]
    assert [(report["accepted"], report["duplicate"]) for report in told if report] == [(30, 0), (20, 10)]
    assert cases(workspace, feature, now) == 50


def test_imports_at_once_count_every_row_once(
    workspace: Workspace, feature: str, now: datetime, results: Results
) -> None:
    """Four overlapping files by four threads: whoever publishes later works out anew what is new."""
    started = [start(workspace, now, feature, results(30, first=first)) for first in (0, 10, 20, 25)]
    with ThreadPoolExecutor(len(started)) as threads:
        done = list(threads.map(lambda upload_id: run_import(workspace, upload_id, lambda: now), started))
    told = [upload.report for upload in done if upload.report]
    assert sum(report["accepted"] for report in told) == 55
    assert sum(report["duplicate"] for report in told) == 65
    assert cases(workspace, feature, now) == 55
    assert sorted(upload.sequence or 0 for upload in done) == [1, 2, 3, 4]
    with workspace.database.reading() as connection:
        feature_id = find_feature(workspace, feature).id
        assert sum(one.rows for one in segments.live(connection, feature_id, "evals")) == 55
        assert audit.verify(connection).ok


def test_an_import_that_never_gets_its_turn_says_so(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    upload_id = start(workspace, now, feature, results(5))
    others = iter(range(100, 10_000, 100))

    def somebody_is_faster(progress: Progress) -> None:
        if progress.stage == "finishing":
            hand_in(results(1, first=next(others)))

    with pytest.raises(UserError, match="Other imports for this feature kept finishing first") as busy:
        run_import(workspace, upload_id, lambda: now, somebody_is_faster)
    assert busy.value.code == "busy"
    assert {upload.id: upload.state for upload in list_uploads(workspace, LOCAL_CALLER, feature)}[
        upload_id
    ] == "failed"


def test_unfinished_imports_are_given_up_when_their_process_is_gone(
    workspace: Workspace, feature: str, now: datetime, results: Results
) -> None:
    gone = start(workspace, now, feature, results(3), for_worker=False)
    (workspace.spool / gone / "running.lock").touch()
    abandon_unfinished(workspace, now)
    ended = list_uploads(workspace, LOCAL_CALLER, feature)[0]
    assert (ended.id, ended.state) == (gone, "failed")
    assert ended.fault is not None
    assert ended.fault["code"] == "stopped"
    assert "Nothing of it was saved" in ended.fault["sentence"]
    assert list(workspace.spool.iterdir()) == []
    again = start(workspace, now, feature, results(3))
    assert run_import(workspace, again, lambda: now).state == "done"


def test_an_import_that_somebody_carries_out_is_left_alone(
    workspace: Workspace, feature: str, now: datetime, results: Results
) -> None:
    running = start(workspace, now, feature, results(3))
    with FileLock(workspace.spool / running / "running.lock"):
        abandon_unfinished(workspace, now + timedelta(days=3))
    assert run_import(workspace, running, lambda: now).state == "done"


def test_a_waiting_import_outlives_its_server(
    workspace: Workspace, feature: str, now: datetime, results: Results
) -> None:
    """Even one that was taken, and killed before its first sign of life, days ago."""
    waiting = start(workspace, now, feature, results(3))
    folder = workspace.spool / waiting
    (folder / "running.lock").touch()
    (folder / "reading-0").mkdir()
    (folder / "reading-0" / "known.npz").touch()
    abandon_unfinished(workspace, datetime.now(now.tzinfo) + timedelta(days=3))
    assert waiting_imports(workspace) == [waiting]
    report = run_import(workspace, waiting, lambda: now).report
    assert report is not None
    assert report["accepted"] == 3
    with pytest.raises(UserError, match="or has been"):
        run_import(workspace, waiting, lambda: now)
    assert cases(workspace, feature, now) == 3


def test_a_command_that_is_about_to_begin_is_left_alone(
    workspace: Workspace, feature: str, now: datetime, results: Results
) -> None:
    """Between handing the file in and taking its lock nothing but its heartbeat tells that it lives."""
    mine = start(workspace, now, feature, results(3), for_worker=False)
    abandon_unfinished(workspace, now + timedelta(minutes=4))
    assert run_import(workspace, mine, lambda: now).state == "done"
    killed = start(workspace, now, feature, results(3), for_worker=False)
    abandon_unfinished(workspace, now + timedelta(minutes=6))
    assert {one.id: one.state for one in list_uploads(workspace, LOCAL_CALLER, feature)}[killed] == "failed"


def test_a_failure_is_noted_once(
    workspace: Workspace, feature: str, now: datetime, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ended between being listed and being looked at keeps its end, and its history one event."""
    gone = start(workspace, now, feature, results(3), for_worker=False)
    (workspace.spool / gone / "running.lock").touch()
    with workspace.database.reading() as connection:
        listed = uploads.unfinished(connection)
    abandon_unfinished(workspace, now)
    monkeypatch.setattr(uploads, "unfinished", lambda _connection: listed)
    kept = workspace.spool / gone
    kept.mkdir()
    (kept / "running.lock").touch()
    (kept / "upload").write_text("kept for an answer")
    abandon_unfinished(workspace, now)
    with workspace.database.reading() as connection:
        events = audit.timeline(connection, f"upload/{gone}", 9)
    assert [event.action for event in events] == ["import failed"]
    assert (kept / "upload").exists()


def test_a_folder_that_is_removed_meanwhile_does_not_stop_the_clean_up(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        (workspace.spool / name).mkdir(parents=True)
    found = sorted(workspace.spool.iterdir())
    (workspace.spool / "b").rmdir()
    monkeypatch.setattr(Path, "glob", lambda _folder, _pattern: iter(found))
    abandon_unfinished(workspace, datetime.now(now.tzinfo) + timedelta(days=3))
    assert list(workspace.spool.iterdir()) == []


def test_an_import_of_another_server_is_left_alone_while_it_gives_signs_of_life(
    workspace: Workspace, feature: str, now: datetime, results: Results
) -> None:
    elsewhere = start(workspace, now, feature, results(3))
    (workspace.spool / elsewhere).rename(workspace.home / "another-server")
    for minutes, state in ((4, "waiting"), (6, "failed")):
        abandon_unfinished(workspace, now + timedelta(minutes=minutes))
        assert list_uploads(workspace, LOCAL_CALLER, feature)[0].state == state


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_process_leaves_nothing_and_the_next_import_works(
    workspace: Workspace, now: datetime, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """kill -9 of the command in the middle of 60,000 rows, with the real reading process."""
    create_feature(workspace, LOCAL_CALLER, now, name="Helper", owner="Ada", stakes=Stakes.LOW)
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.writelines(csv_chunks(benchmark_traces(60_000, seed=1)))
    environment = dict(os.environ)
    if workspace.database.dialect == "postgresql":
        environment["READYGATE_DATABASE_URL"] = request.getfixturevalue("postgresql_url")
    command = [sys.executable, "-m", "core.cli", "import", str(large), "--feature", "helper"]
    process = subprocess.Popen(
        [*command, "--home", str(workspace.home)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    family = []
    try:
        deadline = time.monotonic() + 60
        while not any(upload.rows_done > 0 for upload in list_uploads(workspace, LOCAL_CALLER, "helper")):
            assert process.poll() is None, "the import ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        family = psutil.Process(process.pid).children(recursive=True)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        for child in family:
            child.kill()
        psutil.wait_procs(family, timeout=10)
    killed = list_uploads(workspace, LOCAL_CALLER, "helper")[0]
    assert (killed.state, killed.sequence) == ("reading", None)
    assert find_feature(workspace, "helper").evidence_version == 0
    assert waiting_imports(workspace) == []
    abandon_unfinished(workspace, now)
    assert list_uploads(workspace, LOCAL_CALLER, "helper")[0].state == "failed"
    assert list(workspace.spool.iterdir()) == []
    small = "run_id,latency_ms\nr1,5\nr2,6\n"
    again = start(workspace, now, "helper", small, "small.csv")
    report = run_import(workspace, again, lambda: now).report
    assert report is not None
    assert report["accepted"] == 2
    with workspace.database.reading() as connection:
        assert audit.verify(connection).ok
