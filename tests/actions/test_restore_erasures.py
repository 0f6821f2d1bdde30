"""A backup from before an erasure holds the person: the restore erases them again, or says what to do."""

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from core.actions.audit_log import AuditFilter, view_audit
from core.actions.audit_verify import verify_log
from core.actions.backups import make_backup
from core.actions.erased_since import ErasedSince
from core.actions.erasure import ask_erasure, erase
from core.actions.erasure_list import read_list
from core.actions.features import create_feature
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER
from core.actions.restoring import Restored, restore_backup
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace, open_workspace
from core.criteria.stakes import Stakes
from core.errors import UnreadableFile
from core.store.tables import erasure, segment

DAY = timedelta(days=1)


@pytest.fixture
def opened(home: Path, monkeypatch: pytest.MonkeyPatch, now: datetime) -> Iterator[Workspace]:
    """A workspace on SQLite with a trace of each of three users, one of whom names a fourth."""
    for name in ("READYGATE_DATABASE_URL", "READYGATE_SECRET"):
        monkeypatch.delenv(name, raising=False)
    workspace = open_workspace(home=home)
    create_feature(workspace, LOCAL_CALLER, now, name="Helper", owner="Ada", stakes=Stakes.LOW, slug="helper")
    token_key(home, 1)
    hand_in(
        workspace,
        now,
        "run_id,user_id,query\nr1,user-1,Hello\nr2,user-2,secret of two\nr3,user-3,Is user-9 there\n",
    )
    yield workspace
    workspace.close()


def hand_in(workspace: Workspace, now: datetime, rows: str) -> None:
    content = BytesIO(rows.encode())
    asked = start_import(
        workspace, LOCAL_CALLER, now, "helper", file_name="t.csv", content=content, for_worker=False
    )
    run_import(workspace, asked, lambda: now)


def erase_user(workspace: Workspace, now: datetime, user: str, reason: str) -> None:
    asked = ask_erasure(workspace, LOCAL_CALLER, now, "helper", wanted=user, reason=reason)
    erase(workspace, LOCAL_CALLER, now, "helper", asked.id)


def put_back(folder: Path, now: datetime, home: Path, *, erasures: Path | None = None) -> Restored:
    return restore_backup(folder, now, by="Ada", home=home, url=None, replace=True, erasures=erasures)


def home_says(home: Path, words: str) -> list[str]:
    """The files of the home in which the words stand, and the segments of its database."""
    found = [
        path.name
        for path in sorted(home.rglob("*"))
        if path.is_file() and "before-restore" not in path.name and words.encode() in path.read_bytes()
    ]
    opened = open_workspace(home=home)
    with opened.database.reading() as connection:
        for content in connection.scalars(select(segment.c.content)):
            if words in str(pq.read_table(pa.BufferReader(content)).to_pylist()):
                found.append("segment")
    opened.close()
    return found


def entries(home: Path) -> str:
    opened = open_workspace(home=home)
    told = str(view_audit(opened, LOCAL_CALLER, None, AuditFilter()))
    opened.close()
    return told


def is_sound(home: Path, now: datetime) -> bool:
    opened = open_workspace(home=home)
    found = verify_log(opened, LOCAL_CALLER, now)
    opened.close()
    assert found.findings == ()
    return found.ok


def test_whoever_was_erased_after_the_backup_is_erased_from_it_too(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    erase_user(opened, now - DAY, "user-1", "Request number 16")
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    assert home_says(opened.home, "secret of two") != []
    erase_user(opened, now + DAY, "user-2", "Request number 17")
    opened.close()
    done = put_back(made.folder, now + 2 * DAY, opened.home)
    assert done.erasures.sentences == (
        "Erased again, because they were erased after this backup was made: request 2 of helper, done on "
        "2026-03-03 (Request number 17).",
    )
    assert home_says(opened.home, "user-2") == home_says(opened.home, "secret of two") == []
    assert "segment" in home_says(opened.home, "user-3")
    told = entries(opened.home)
    assert "Erased again: helper/2" in told and "A restored backup had brought them back" in told
    assert is_sound(opened.home, now + 3 * DAY)


def test_a_later_file_does_not_bring_back_who_was_erased_again(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    erase_user(opened, now + DAY, "user-2", "Request number 17")
    opened.close()
    put_back(made.folder, now + 2 * DAY, opened.home)
    again = open_workspace(home=opened.home)
    hand_in(again, now + 3 * DAY, "run_id,user_id,query\nr9,user-2,Hello again\n")
    again.close()
    assert home_says(opened.home, "user-2") == home_says(opened.home, "Hello again") == []


def test_a_request_that_was_open_in_the_backup_is_done_and_finds_texts_that_name_them(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    asked = ask_erasure(opened, LOCAL_CALLER, now, "helper", wanted="user-9", reason="Request number 17")
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    erase(opened, LOCAL_CALLER, now + DAY, "helper", asked.id)
    opened.close()
    done = put_back(made.folder, now + 2 * DAY, opened.home)
    assert [one.number for one in done.erasures.again] == [1]
    assert home_says(opened.home, "user-9") == []
    assert is_sound(opened.home, now + 3 * DAY)


def test_whom_no_row_names_is_left_to_a_search_by_hand(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    """A text that names them cannot be found by a mark; the sentence says so."""
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    erase_user(opened, now + DAY, "user-9", "Request number 17")
    opened.close()
    done = put_back(made.folder, now + 2 * DAY, opened.home)
    assert (done.erasures.again, [one.number for one in done.erasures.by_hand]) == ((), [1])
    assert "search for them by their ids" in done.erasures.to_do[0]
    assert "segment" in home_says(opened.home, "user-9")


def test_nothing_is_said_where_nobody_was_erased_since(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    erase_user(opened, now - DAY, "user-1", "Request number 16")
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    opened.close()
    assert put_back(made.folder, now + DAY, opened.home).erasures == ErasedSince()


def test_where_the_home_is_lost_the_list_beside_the_backups_is_asked(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    old = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    erase_user(opened, now + DAY, "user-2", "Request number 17")
    make_backup(opened, LOCAL_CALLER, now + 2 * DAY, tmp_path / "kept")
    [written] = (tmp_path / "kept").glob("readygate-erasures-*.json")
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert "user-2" not in written.read_text() and "Request number 17" in written.read_text()
    done = put_back(old.folder, now + 3 * DAY, tmp_path / "other")
    assert [one.number for one in done.erasures.again] == [1]
    assert home_says(tmp_path / "other", "user-2") == []
    assert "The list of erasures ends on 2026-03-04 14:05 UTC" in done.erasures.to_do[0]


def test_a_list_from_elsewhere_is_handed_over(opened: Workspace, now: datetime, tmp_path: Path) -> None:
    old = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    erase_user(opened, now + DAY, "user-2", "Request number 17")
    make_backup(opened, LOCAL_CALLER, now + 2 * DAY, tmp_path / "elsewhere")
    [written] = (tmp_path / "elsewhere").glob("readygate-erasures-*.json")
    put_back(old.folder, now + 3 * DAY, tmp_path / "other", erasures=written)
    assert home_says(tmp_path / "other", "user-2") == []


def test_what_is_no_list_is_refused_and_touches_nothing(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    with pytest.raises(UnreadableFile, match="is no list of erasures"):
        put_back(made.folder, now, tmp_path / "other", erasures=wrong)
    assert not (tmp_path / "other" / "readygate.db").exists()


def test_the_list_keeps_what_a_database_that_was_set_back_does_not_know(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    erase_user(opened, now + DAY, "user-1", "Request number 16")
    make_backup(opened, LOCAL_CALLER, now + DAY, tmp_path / "kept")
    [written] = (tmp_path / "kept").glob("readygate-erasures-*.json")
    with opened.database.writing() as connection:
        connection.execute(erasure.delete())
    erase_user(opened, now + 2 * DAY, "user-2", "Request number 17")
    make_backup(opened, LOCAL_CALLER, now + 3 * DAY, tmp_path / "kept")
    assert [one.reason for one in read_list(written).erasures] == ["Request number 16", "Request number 17"]


def test_marks_of_another_secret_are_said_to_say_nothing(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    (opened.home / "token-key").write_text("f" * 64 + "\n")
    erase_user(opened, now + DAY, "user-2", "Request number 17")
    opened.close()
    done = put_back(made.folder, now + 2 * DAY, opened.home)
    assert (done.erasures.again, [one.number for one in done.erasures.by_hand]) == ((), [1])


def test_without_a_database_to_ask_the_own_list_is_named(
    opened: Workspace, now: datetime, tmp_path: Path
) -> None:
    made = make_backup(opened, LOCAL_CALLER, now, tmp_path / "kept")
    done = put_back(made.folder, now, tmp_path / "other")
    assert done.erasures.is_unknown and "from your own list of requests" in done.erasures.to_do[0]
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "readygate.db").write_bytes(b"no database at all" * 100)
    assert put_back(made.folder, now, broken).erasures.is_unknown
