from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from core.errors import ImportCancelled, WrongUsage
from core.store import uploads
from core.store.database import Database
from core.store.features import Feature
from core.store.uploads import Upload

Do = Callable[..., Upload]


@pytest.fixture
def add(database: Database, feature: Feature, now: datetime) -> Do:
    def add_one(upload_id: str, minutes: int = 0) -> Upload:
        with database.writing() as connection:
            return uploads.add(
                connection,
                upload_id=upload_id,
                feature_id=feature.id,
                file_name="runs.csv",
                sha256="a" * 64,
                size=3_000_000_000,
                asked_by="Ada",
                answers={"time zone": "UTC"},
                now=now + timedelta(minutes=minutes),
            )

    return add_one


@pytest.fixture
def finish(database: Database, now: datetime) -> Do:
    def finish_one(upload_id: str, rejected: bytes | None = None) -> Upload:
        with database.writing() as connection:
            return uploads.finish(
                connection,
                upload_id,
                kind="traces",
                source="langfuse",
                report={"read": 7, "problems": [{"row": 3}]},
                rejected_rows=rejected,
                rows_done=7,
                now=now,
            )

    return finish_one


def state_of(database: Database, upload_id: str) -> str:
    with database.reading() as connection:
        return uploads.by_id(connection, upload_id).state


def test_an_upload_goes_from_waiting_to_done(database: Database, add: Do, finish: Do, now: datetime) -> None:
    waiting = add("one")
    assert (waiting.state, waiting.bytes, waiting.sequence, waiting.cancel_asked) == (
        "waiting",
        3_000_000_000,
        None,
        False,
    )
    later = now + timedelta(seconds=5)
    with database.writing() as connection:
        uploads.mark_progress(
            connection, "one", state="reading", stage="rows", rows_done=5_000_000_000, share=0.5, now=later
        )
        reading = uploads.by_id(connection, "one")
    assert (reading.state, reading.stage, reading.rows_done, reading.share, reading.heartbeat_at) == (
        "reading",
        "rows",
        5_000_000_000,
        0.5,
        later,
    )
    done = finish("one", rejected=b"\x1f\x8bzipped")
    assert (done.state, done.source, done.share, done.finished_at) == ("done", "langfuse", 1.0, now)
    assert done.report == {"read": 7, "problems": [{"row": 3}]}
    assert done.answers == {"time zone": "UTC"}
    assert done.has_rejected_rows
    with database.reading() as connection:
        assert uploads.rejected_rows(connection, "one") == b"\x1f\x8bzipped"


def test_places_follow_the_order_of_publishing_not_of_asking(database: Database, add: Do, finish: Do) -> None:
    for place, upload_id in enumerate(("asked first", "asked second", "asked third")):
        add(upload_id, minutes=place)
    assert finish("asked second").sequence == 1
    assert finish("asked first").sequence == 2
    with database.reading() as connection:
        listed = uploads.of_feature(connection, 1)
        assert uploads.of_feature(connection, 2) == []
    assert [(upload.id, upload.sequence) for upload in listed] == [
        ("asked third", None),
        ("asked second", 1),
        ("asked first", 2),
    ]
    assert not listed[1].has_rejected_rows


def test_a_cancelled_upload_cannot_be_finished(
    database: Database, add: Do, finish: Do, now: datetime
) -> None:
    add("one")
    with database.writing() as connection:
        uploads.ask_cancel(connection, "one")
    with database.reading() as connection:
        assert uploads.is_cancel_asked(connection, "one")
    with pytest.raises(ImportCancelled):
        finish("one")
    with database.writing() as connection:
        uploads.fail(connection, "one", fault={"code": "cancelled"}, now=now, state="cancelled")
    assert state_of(database, "one") == "cancelled"


def test_what_has_ended_stays_as_it_ended(database: Database, add: Do, finish: Do, now: datetime) -> None:
    add("failed")
    add("done")
    finish("done")
    fault = {"code": "empty_file", "sentence": "It is empty.", "mend": "", "questions": []}
    with database.writing() as connection:
        assert uploads.fail(connection, "failed", fault=fault, now=now)
        for upload_id in ("failed", "done"):
            uploads.ask_cancel(connection, upload_id)
            assert not uploads.fail(connection, upload_id, fault={"code": "other"}, now=now)
            uploads.mark_progress(
                connection, upload_id, state="reading", stage="", rows_done=0, share=0, now=now
            )
        failed, done = uploads.by_id(connection, "failed"), uploads.by_id(connection, "done")
    assert (failed.state, failed.fault, failed.cancel_asked) == ("failed", fault, False)
    assert (done.state, done.fault, done.cancel_asked) == ("done", None, False)
    for upload_id in ("failed", "done"):
        with pytest.raises(ImportCancelled):
            finish(upload_id)


def test_only_what_is_done_can_be_withdrawn_and_only_once(
    database: Database, add: Do, finish: Do, now: datetime
) -> None:
    add("one")

    def withdraw() -> Upload:
        with database.writing() as connection:
            return uploads.withdraw(connection, "one", by="Bob", reason="wrong file", now=now)

    with pytest.raises(WrongUsage, match=r"“runs.csv” is waiting"):
        withdraw()
    finish("one")
    gone = withdraw()
    assert (gone.state, gone.withdrawn_by, gone.withdrawn_reason, gone.withdrawn_at, gone.sequence) == (
        "withdrawn",
        "Bob",
        "wrong file",
        now,
        1,
    )
    with pytest.raises(WrongUsage, match="is withdrawn"):
        withdraw()
    add("two")
    # The place of a withdrawn upload is never given again.
    assert finish("two").sequence == 2


def test_an_upload_that_is_not_there_is_said_so(database: Database, now: datetime) -> None:
    with database.writing() as connection:
        with pytest.raises(WrongUsage, match="no such upload"):
            uploads.by_id(connection, "ghost")
        assert uploads.rejected_rows(connection, "ghost") is None
        assert not uploads.is_cancel_asked(connection, "ghost")
