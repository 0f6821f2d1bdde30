"""The course of an import: questions and answers, who carries it out, and stopping it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from core.actions.features import find_feature
from core.actions.importing import abandon_unfinished, run_import, waiting_imports
from core.actions.imports import (
    answer_questions,
    cancel_import,
    discard_waiting,
    list_uploads,
    start_import,
    waits_for_answers,
)
from core.actions.people import LOCAL_CALLER
from core.actions.progress import view_progress
from core.actions.workspace import Workspace
from core.errors import ImportCancelled, QuestionsOpen, UserError, WrongUsage
from core.intake.answers import Answers
from core.intake.job import Progress
from core.store import audit
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Results = Callable[..., str]

COUNTS = ("read", "accepted", "duplicate", "updated", "rejected", "skipped")
UNDATED_ZONE = "run_id,started_at\nr1,2026-02-20T10:00:00\n"


def counts(upload: Upload) -> tuple[int, ...]:
    assert upload.report is not None
    told = tuple(upload.report[name] for name in COUNTS)
    assert told[0] == sum(told[1:])
    return told


def version(workspace: Workspace, slug: str) -> int:
    return find_feature(workspace, slug).evidence_version


def start(workspace: Workspace, now: datetime, slug: str, content: str, **options: Any) -> str:
    body = BytesIO(content.encode())
    return start_import(workspace, LOCAL_CALLER, now, slug, file_name="r.jsonl", content=body, **options)


@pytest.mark.parametrize(
    ("content", "key", "choice"),
    [
        (UNDATED_ZONE, "timezone", "UTC"),
        ("run_id,started_at\nr1,03/02/2026\nr2,04/02/2026\n", "date_order", "day_first"),
    ],
)  # fmt: skip
def test_where_two_readings_exist_nothing_is_saved_until_somebody_chooses(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, content: str, key: str, choice: str
) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        hand_in(content, "traces.csv", bundle="v2", suite="gold")
    assert key in [question.key for question in asked.value.questions]
    assert version(workspace, feature) == 0
    failed = list_uploads(workspace, LOCAL_CALLER, feature)[0]
    assert waits_for_answers(workspace, failed)
    choices = {question.key: next(iter(question.options)) for question in asked.value.questions}
    again = answer_questions(workspace, LOCAL_CALLER, now, failed.id, choices | {key: choice})
    assert waiting_imports(workspace) == [again]
    assert not waits_for_answers(workspace, failed)
    done = run_import(workspace, again, lambda: now)
    assert (done.state, done.sha256, done.file_name) == ("done", failed.sha256, "traces.csv")
    assert (done.bundle, done.suite) == ("v2", "gold")
    assert list(workspace.spool.iterdir()) == []


def test_answers_are_complete_or_asked_for_and_are_taken_once(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    with pytest.raises(QuestionsOpen):
        hand_in(UNDATED_ZONE, "traces.csv")
    [upload] = list_uploads(workspace, LOCAL_CALLER, feature)
    assert upload.fault is not None
    asking, question = upload.id, upload.fault["questions"][0]["sentence"]
    for choices in ({}, {"timezone": "  "}, {"decimal": "point"}):
        with pytest.raises(WrongUsage) as missing:
            answer_questions(workspace, LOCAL_CALLER, now, asking, choices)
        assert missing.value.sentence == f"One question is not answered yet: {question.partition('?')[0]}?"
        assert "time zone" in missing.value.sentence
    with pytest.raises(UserError, match="no time zone “Middle Earth”"):
        answer_questions(workspace, LOCAL_CALLER, now, asking, {"timezone": "Middle Earth"})
    answer_questions(workspace, LOCAL_CALLER, now, asking, {"timezone": "Europe/Berlin"})
    with pytest.raises(WrongUsage, match="no longer waiting for an answer"):
        answer_questions(workspace, LOCAL_CALLER, now, asking, {"timezone": "UTC"})
    with pytest.raises(WrongUsage, match="no longer waiting for an answer"):
        answer_questions(workspace, LOCAL_CALLER, now, hand_in(results(1)).id, {})


def test_a_file_that_waits_can_be_discarded_once_and_asks_nothing_any_more(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    def open_questions() -> list[str]:
        steps = view_progress(workspace, LOCAL_CALLER, now, feature).steps
        return [step.words for step in steps if step.key == "questions"]

    with pytest.raises(QuestionsOpen):
        hand_in(UNDATED_ZONE, "traces.csv")
    [asking] = list_uploads(workspace, LOCAL_CALLER, feature)
    assert open_questions() == ["Questions on 1 upload"]
    discard_waiting(workspace, LOCAL_CALLER, now, asking.id)
    assert not waits_for_answers(workspace, asking)
    assert open_questions() == []
    assert list(workspace.spool.iterdir()) == []
    with workspace.database.reading() as connection:
        newest = audit.timeline(connection, f"upload/{asking.id}", 1)[0]
    assert (newest.action, newest.payload) == ("waiting file discarded", {"file": "traces.csv"})
    with pytest.raises(WrongUsage, match="no longer waiting for an answer"):
        discard_waiting(workspace, LOCAL_CALLER, now, asking.id)
    with pytest.raises(WrongUsage, match="no longer waiting for an answer"):
        answer_questions(workspace, LOCAL_CALLER, now, asking.id, {"timezone": "UTC"})


def test_what_asks_nothing_cannot_be_discarded(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    waiting_its_turn = start(workspace, now, feature, results(1))
    for upload_id in (waiting_its_turn, hand_in(results(2)).id):
        with pytest.raises(WrongUsage, match="no longer waiting for an answer"):
            discard_waiting(workspace, LOCAL_CALLER, now, upload_id)
    assert waiting_imports(workspace) == [waiting_its_turn]


def test_a_mapping_answers_beforehand(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    done = hand_in(UNDATED_ZONE, "traces.csv", answers=Answers(timezone="Europe/Berlin"))
    assert counts(done)[:2] == (1, 1)
    assert done.report is not None
    assert done.report["earliest"] == "2026-02-20T09:00:00Z"


def test_a_file_kept_for_an_answer_is_thrown_away_after_a_day(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    with pytest.raises(QuestionsOpen):
        hand_in(UNDATED_ZONE, "traces.csv")
    asking = list_uploads(workspace, LOCAL_CALLER, feature)[0].id
    kept = workspace.spool / asking
    changed = datetime.fromtimestamp(kept.stat().st_mtime, tz=now.tzinfo)
    abandon_unfinished(workspace, changed + timedelta(hours=23))
    assert (kept / "upload").exists()
    abandon_unfinished(workspace, changed + timedelta(hours=25))
    assert not kept.exists()
    with pytest.raises(WrongUsage, match="no longer waiting for an answer"):
        answer_questions(workspace, LOCAL_CALLER, now, asking, {"timezone": "UTC"})


def test_the_worker_leaves_alone_what_the_command_imports_itself(
    workspace: Workspace, feature: str, now: datetime, results: Results
) -> None:
    mine = start(workspace, now, feature, results(2), for_worker=False)
    first = start(workspace, now, feature, results(3), for_worker=True)
    second = start(workspace, now + timedelta(seconds=1), feature, results(4), for_worker=True)
    assert waiting_imports(workspace) == [first, second]
    assert run_import(workspace, mine, lambda: now).state == "done"


def test_an_upload_is_imported_once(
    workspace: Workspace, feature: str, now: datetime, results: Results
) -> None:
    """A second try, while the first runs or after it, is refused and spoils nothing."""
    upload_id = start(workspace, now, feature, results(5))
    refused: list[str] = []

    def try_meanwhile(_progress: Progress) -> None:
        with pytest.raises(WrongUsage, match="is being imported already") as error:
            run_import(workspace, upload_id, lambda: now)
        refused.append(error.value.code)

    assert run_import(workspace, upload_id, lambda: now, try_meanwhile).state == "done"
    assert len(refused) >= 2
    with pytest.raises(WrongUsage, match="or has been"):
        run_import(workspace, upload_id, lambda: now)
    assert [(upload.state, upload.fault) for upload in list_uploads(workspace, LOCAL_CALLER, feature)] == [
        ("done", None)
    ]
    with pytest.raises(WrongUsage, match="no such upload"):
        run_import(workspace, "nope", lambda: now)


@pytest.mark.parametrize("stage", ["reading", "finishing"])
def test_a_cancelled_import_leaves_nothing(
    workspace: Workspace, feature: str, now: datetime, results: Results, stage: str
) -> None:
    upload_id = start(workspace, now, feature, results(5))

    def cancel(progress: Progress) -> None:
        if progress.stage == stage:
            cancel_import(workspace, LOCAL_CALLER, now, upload_id)

    with pytest.raises(ImportCancelled, match="Nothing was saved"):
        run_import(workspace, upload_id, lambda: now, cancel)
    ended = list_uploads(workspace, LOCAL_CALLER, feature)[0]
    assert (ended.state, ended.report, ended.sequence) == ("cancelled", None, None)
    assert version(workspace, feature) == 0
    assert list(workspace.spool.iterdir()) == []
    cancel_import(workspace, LOCAL_CALLER, now, upload_id)  # Too late: without effect, without an event.
    with workspace.database.reading() as connection:
        assert audit.verify(connection).ok
        actions = [event.action for event in audit.timeline(connection, f"upload/{upload_id}", 9)]
    assert actions == ["import cancelled", "import stop asked"]
    again = start(workspace, now, feature, results(5))
    assert counts(run_import(workspace, again, lambda: now)) == (5, 5, 0, 0, 0, 0)


def test_a_waiting_import_can_be_cancelled(
    workspace: Workspace, feature: str, now: datetime, results: Results
) -> None:
    upload_id = start(workspace, now, feature, results(5))
    cancel_import(workspace, LOCAL_CALLER, now, upload_id)
    with pytest.raises(ImportCancelled):
        run_import(workspace, upload_id, lambda: now)
    assert list_uploads(workspace, LOCAL_CALLER, feature)[0].state == "cancelled"
