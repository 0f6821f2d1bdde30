"""A command reads the file where it lies: not a copy, and nothing that somebody writes to it meanwhile."""

import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from core.actions import importing, spooled
from core.actions.features import find_feature
from core.actions.importing import run_import
from core.actions.imports import list_uploads, start_import
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.errors import QuestionsOpen, UnreadableFile
from core.intake.job import ReadJob, ReadOutcome
from core.intake.reading import read_in_child

ROWS = "run_id,started_at,query,response\n" + "".join(
    f"r-{i},2026-10-0{1 + i % 9}T10:00:00Z,Question {i},Answer {i}\n" for i in range(20)
)
TWO_READINGS = ROWS.replace("2026-10-0", "0").replace("T10:00:00Z", "/04/2026")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "traces.csv"
    path.write_text(ROWS)
    return path


def handed_in(workspace: Workspace, now: datetime, slug: str, source: Path) -> str:
    return start_import(
        workspace, LOCAL_CALLER, now, slug, file_name=source.name, content=source, for_worker=False
    )


def test_a_second_name_is_not_a_copy_and_goes_without_the_file(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    assert spooled.keep_in_place(source, folder) == (sha256(ROWS.encode()).hexdigest(), len(ROWS))
    assert spooled.spooled(folder).samefile(source)
    spooled.spooled(folder).unlink()
    assert source.read_text() == ROWS


def test_what_can_have_no_second_name_is_copied(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)
    assert spooled.keep_in_place(source, tmp_path) == (sha256(ROWS.encode()).hexdigest(), len(ROWS))
    assert not spooled.spooled(tmp_path).samefile(source)
    source.write_text("something else")
    spooled.require_unchanged(tmp_path)
    assert spooled.spooled(tmp_path).read_text() == ROWS


def test_an_import_by_name_leaves_the_file_and_no_second_name(
    workspace: Workspace, now: datetime, feature: str, source: Path
) -> None:
    done = run_import(workspace, handed_in(workspace, now, feature, source), lambda: now)
    assert (done.state, done.sha256) == ("done", sha256(ROWS.encode()).hexdigest())
    assert (source.read_text(), source.stat().st_nlink) == (ROWS, 1)


def test_a_file_that_is_written_to_meanwhile_is_not_imported(
    workspace: Workspace, now: datetime, feature: str, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written_to(job: ReadJob, *told: Any) -> ReadOutcome:
        outcome = read_in_child(job, *told)
        with source.open("a") as file:
            file.write("r-20,2026-10-09T10:00:00Z,One more,It came late\n")
        return outcome

    before = find_feature(workspace, feature).evidence_version
    monkeypatch.setattr(importing, "read_in_child", written_to)
    with pytest.raises(UnreadableFile, match="changed while it was being imported") as told:
        run_import(workspace, handed_in(workspace, now, feature, source), lambda: now)
    assert told.value.code == "changed_meanwhile"
    assert find_feature(workspace, feature).evidence_version == before
    (upload,) = list_uploads(workspace, LOCAL_CALLER, feature)
    assert upload.state == "failed"


def test_what_waits_for_an_answer_is_a_copy_that_nobody_else_writes_to(
    workspace: Workspace, now: datetime, feature: str, source: Path
) -> None:
    source.write_text(TWO_READINGS)
    upload_id = handed_in(workspace, now, feature, source)
    with pytest.raises(QuestionsOpen):
        run_import(workspace, upload_id, lambda: now)
    source.write_text("gone")
    assert spooled.spooled(workspace.spool / upload_id).read_text() == TWO_READINGS
