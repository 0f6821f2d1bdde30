"""Texts that are kept long enough go for good; what is counted stays, and so does every verdict."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select, update

from core.actions import retention
from core.actions.age_limits import set_days, view_limits
from core.actions.checking import check_installation
from core.actions.features import create_feature
from core.actions.gates import gate
from core.actions.gauges import Part
from core.actions.health import view_health
from core.actions.imports import list_uploads, rejected_rows
from core.actions.people import LOCAL_CALLER
from core.actions.retention import run_retention
from core.actions.token_keys import token_key
from core.actions.traces import TraceFilter, find_traces, open_trace
from core.actions.usual_limits import Kept
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.errors import WrongUsage
from core.intake.answers import Answers
from core.store import audit, features
from core.store.database import Database
from core.store.expiry import Limit, OldSegment, expired, old_segments
from core.store.segment_cache import SegmentCache
from core.store.tables import segment
from core.store.uploads import Upload
from core.store.warehouse import Warehouse

HandIn = Callable[..., Upload]
Commit = Callable[..., int]

CANARY = "zebra-canary"
LONG_AGO = timedelta(days=95)
"""How long before now the old files were handed in."""
OLD = 5 * 7
"""Traces of days 95, 100 … 115: those in the old file."""
ACCEPTANCE = {
    "kind": "measured",
    "id": "accepted",
    "metric": "user_acceptance",
    "source": "feedback",
    "bar": 0.5,
}
ERRORS = {"kind": "measured", "id": "errors", "metric": "error_rate", "source": "trace", "bar": 0.4}
TOOLS = {"kind": "measured", "id": "tools", "metric": "tool_failure_rate", "source": "trace", "bar": 0.4}


@pytest.fixture
def workspace(database: Database, home: Path) -> Iterator[Workspace]:
    """With the secret of the installation, as an opened workspace has it."""
    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30), partial(token_key, home))
    yield Workspace(home, database, warehouse)
    warehouse.close()


def traces(now: datetime, days: range, users: int = 4) -> str:
    """Seven traces a day; every user has traces on old and on new days."""
    rows = []
    for day in days:
        for place in range(7):
            failed = place % 5 == 0
            row: dict[str, Any] = {
                "run_id": f"run-{day}-{place}",
                "started_at": (now - timedelta(days=day, minutes=place)).isoformat(),
                "user_id": f"{CANARY}-user-{(day + place) % users}",
                "query": f"{CANARY} asks {day} {place}",
                "tool_selected": "search",
                "tool_error": "ok" if place % 2 else f"{CANARY} timeout",
                "user_feedback": "rejected" if place % 3 == 0 else "accepted",
                "latency_ms": 100 + place,
            }
            row |= {"error": f"{CANARY} broke"} if failed else {"response": f"{CANARY} answers"}
            rows.append(row)
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def told(workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, commit: Commit) -> str:
    """A feature with traces of 120 days in an old and a new file, and with labels and failures."""
    commit([ACCEPTANCE, ERRORS, TOOLS], lock=False)
    text = Answers(personal_text="keep")
    hand_in(traces(now, range(95, 120, 5)), "old.jsonl", answers=text, at=now - LONG_AGO)
    hand_in(traces(now, range(0, 95, 5)), "new.jsonl", answers=text)
    hand_in("run_id,latency_ms,query\nbad,soon," + CANARY + "\n", "bad.csv", answers=Answers(kind="traces"))
    label = {"run_id": "run-100-1", "answer_right": False, "note": f"{CANARY} said",
             "corrected_answer": f"{CANARY} right", "reviewer": "Ada", "sampling": "random"}  # fmt: skip
    hand_in(json.dumps(label) + "\n", "labels.jsonl", answers=Answers(kind="labels"), at=now - LONG_AGO)
    failure = {"run_id": "run-100-1", "failure_type": "wrong tool", "note": f"{CANARY} again"}
    as_failures = Answers(kind="failures")
    hand_in(json.dumps(failure) + "\n", "failures.jsonl", answers=as_failures, at=now - LONG_AGO)
    return feature


def judged(workspace: Workspace, slug: str, now: datetime) -> Any:
    """Everything that is decided and measured, with the hash of what it rests on."""
    decision = gate(workspace, LOCAL_CALLER, now, slug)
    health = view_health(workspace, LOCAL_CALLER, now, slug, Part())
    rests_on = decision.evidence_sha256
    return decision.verdict, decision.reasons, decision.rows, rests_on, replace(health, evidence_version=0)


def searched(folder: Path) -> list[str]:
    """The files of the folder in which the canary still stands."""
    return [path.name for path in folder.rglob("*") if path.is_file() and CANARY in said_in(path)]


def said_in(path: Path) -> str:
    """What a file holds; in Parquet it is compressed."""
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pylist())
    return path.read_bytes().decode(errors="replace")


def test_a_new_feature_keeps_texts_for_ninety_days(workspace: Workspace, feature: str, now: datetime) -> None:
    assert view_limits(workspace, LOCAL_CALLER, now, feature).days[Kept.TEXTS] == 90


@pytest.mark.parametrize("days", [0, -1, 40_000])
def test_texts_are_kept_for_at_least_a_day(
    days: int, workspace: Workspace, feature: str, now: datetime
) -> None:
    with pytest.raises(WrongUsage, match="Texts cannot be kept"):
        set_days(workspace, LOCAL_CALLER, now, feature, Kept.TEXTS, days)


def test_setting_the_days_is_audited_once(workspace: Workspace, feature: str, now: datetime) -> None:
    assert set_days(workspace, LOCAL_CALLER, now, feature, Kept.TEXTS, 30)
    assert not set_days(workspace, LOCAL_CALLER, now, feature, Kept.TEXTS, 30)
    with workspace.database.reading() as connection:
        event = audit.timeline(connection, None, 1)[0]
    assert (event.action, event.payload) == ("text days set", {"before": 90, "after": 30})


def test_verdicts_and_metrics_are_the_same_before_and_after(
    workspace: Workspace, told: str, now: datetime
) -> None:
    before = judged(workspace, told, now)
    [done] = run_retention(workspace, now)
    assert (done.rows, done.remarks) == (OLD, 3)
    assert judged(workspace, told, now) == before


def test_every_old_text_is_gone_and_every_new_one_is_there(
    workspace: Workspace, told: str, now: datetime
) -> None:
    run_retention(workspace, now)
    old = open_trace(workspace, LOCAL_CALLER, told, "run-100-1")
    assert old is not None
    cells = old.record.values
    assert cells["query"] == cells["response"] == f"[text expired on {now.date()}]"
    assert cells["tool_error"] == "ok"
    assert cells["user_id"].startswith("[user ")
    assert (cells["latency_ms"], cells["user_feedback"]) == (101, "accepted")
    [label], [failure] = old.record.labels, old.record.failures
    assert (label["note"], label["corrected_answer"], failure.note) == (cells["query"],) * 3
    new = open_trace(workspace, LOCAL_CALLER, told, "run-90-0")
    assert new is not None
    assert (new.record.values["query"], new.record.values["user_id"]) == (
        f"{CANARY} asks 90 0",
        f"{CANARY}-user-2",
    )


def test_no_text_survives_in_any_file(workspace: Workspace, told: str, now: datetime) -> None:
    judged(workspace, told, now)
    later = now + timedelta(days=200)
    run_retention(workspace, later)
    assert (
        rejected_rows(
            workspace,
            LOCAL_CALLER,
            next(u.id for u in list_uploads(workspace, LOCAL_CALLER, told) if u.file_name == "bad.csv"),
        )
        == b""
    )
    samples = [
        use["samples"]
        for upload in list_uploads(workspace, LOCAL_CALLER, told)
        for use in (upload.report or {})["columns"]
    ]
    assert not any(samples)
    if workspace.database.dialect == "sqlite":
        workspace.database.forget_deleted()
        assert searched(workspace.home) == []


def test_what_was_removed_leaves_the_disks_of_other_servers_too(
    workspace: Workspace, told: str, now: datetime, tmp_path: Path
) -> None:
    later = now + timedelta(days=200)
    warehouse = Warehouse(SegmentCache(tmp_path / "other", 1 << 30), partial(token_key, workspace.home))
    other = Workspace(workspace.home, workspace.database, warehouse)
    assert find_traces(other, LOCAL_CALLER, told, TraceFilter(text=CANARY), limit=1).total == 168
    copies = {path.name: path.read_bytes() for path in (tmp_path / "other").glob("*.parquet")}
    assert searched(tmp_path / "other")
    run_retention(workspace, later)
    [nothing_left] = run_retention(other, later)
    assert nothing_left.is_nothing
    assert searched(tmp_path / "other") == []
    # A query that began before may bring a file back; the next run finds it.
    for name, content in copies.items():
        (tmp_path / "other" / name).write_bytes(content)
    run_retention(other, later)
    assert searched(tmp_path / "other") == []
    warehouse.close()


class Vanishing(SegmentCache):
    """Its files go right after they were found, once: texts expire at that moment."""

    has_gone = False

    def paths_of(self, sha256s: Sequence[str], load: Callable[[str], bytes]) -> list[Path]:
        paths = super().paths_of(sha256s, load)
        if not self.has_gone:
            self.has_gone = True
            self.keep_only(())
        return paths


def test_a_query_that_runs_as_texts_expire_is_answered(
    workspace: Workspace, told: str, now: datetime, tmp_path: Path
) -> None:
    warehouse = Warehouse(Vanishing(tmp_path / "other", 1 << 30), partial(token_key, workspace.home))
    other = Workspace(workspace.home, workspace.database, warehouse)
    assert gate(other, LOCAL_CALLER, now, told) == gate(workspace, LOCAL_CALLER, now, told)
    warehouse.close()


def test_one_damaged_feature_does_not_keep_the_texts_of_the_others(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    create_feature(workspace, LOCAL_CALLER, now, name="Zoo", owner="Ada", stakes=Stakes.LOW)
    text = Answers(personal_text="keep")
    old = traces(now, range(100, 110, 5))
    hand_in(old, "traces.jsonl", slug="zoo", answers=text, at=now - LONG_AGO)
    with workspace.database.writing() as connection:
        mine = segment.c.feature_id == features.by_slug(connection, told).id
        connection.execute(update(segment).where(mine).values(content=b"damaged"))
    with pytest.raises(Exception, match="Parquet"):
        run_retention(workspace, now)
    found = find_traces(workspace, LOCAL_CALLER, "zoo", TraceFilter(text=CANARY), limit=1)
    assert found.total == 0


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_only_what_is_there_expires(kind: pa.DataType, now: datetime) -> None:
    """Blank texts and “ok” as an error say that there was nothing, and are counted so."""
    cells = {
        "response": ["yes", "", "  ", None, "[text expired on 2025-01-01]"],
        "error": ["boom", "ok", " No Error ", "", None],
    }
    table = pa.table({name: pa.array(texts, kind) for name, texts in cells.items()})
    buffer = BytesIO()
    pq.write_table(table, buffer)
    blanked = expired(buffer.getvalue(), Limit(now, "2026-01-02", "6" * 64))
    assert blanked is not None
    after, rows = pq.read_table(BytesIO(blanked[0])), blanked[1]
    gone = "[text expired on 2026-01-02]"
    assert after["response"].to_pylist() == [gone, *cells["response"][1:]]
    assert after["error"].to_pylist() == [gone, *cells["error"][1:]]
    assert (rows, after.schema) == (1, table.schema)


def test_a_second_run_finds_nothing_and_writes_nothing(
    workspace: Workspace, told: str, now: datetime
) -> None:
    run_retention(workspace, now)
    with workspace.database.reading() as connection:
        events = audit.verify(connection).events
    [again] = run_retention(workspace, now)
    assert again.is_nothing
    with workspace.database.reading() as connection:
        assert audit.verify(connection).events == events


def test_the_same_file_again_is_all_duplicates_and_brings_no_text_back(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    run_retention(workspace, now)
    again = hand_in(traces(now, range(0, 120, 5)), "traces.jsonl", answers=Answers(personal_text="keep"))
    assert again.report is not None
    assert (again.report["accepted"], again.report["updated"], again.report["duplicate"]) == (0, 0, 168)
    found = find_traces(workspace, LOCAL_CALLER, told, TraceFilter(text=f"{CANARY} asks 100"), limit=10)
    assert found.total == 0


def test_a_user_is_found_in_old_and_new_traces_alike(workspace: Workspace, told: str, now: datetime) -> None:
    asked = TraceFilter(user=f"{CANARY}-user-1")
    before = find_traces(workspace, LOCAL_CALLER, told, asked, limit=100).total
    run_retention(workspace, now)
    assert find_traces(workspace, LOCAL_CALLER, told, asked, limit=100).total == before > 35


def test_a_legal_hold_keeps_everything(workspace: Workspace, told: str, now: datetime) -> None:
    set_days(workspace, LOCAL_CALLER, now, told, Kept.TEXTS, None)
    assert run_retention(workspace, now + timedelta(days=4_000)) == []
    old = open_trace(workspace, LOCAL_CALLER, told, "run-100-1")
    assert old is not None
    assert old.record.values["query"] == f"{CANARY} asks 100 1"


def test_steps_expire_and_their_runs_are_counted_as_before(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, commit: Commit
) -> None:
    commit([ERRORS], lock=False)
    for day, handed_in in ((100, now - LONG_AGO), (10, now)):
        begun, ended = now - timedelta(days=day), now - timedelta(days=day) + timedelta(seconds=2)
        row = {
            "id": f"span-{day}",
            "traceId": f"trace-{day}",
            "projectId": "p",
            "environment": "default",
            "type": "GENERATION",
            "name": "chat",
            "startTime": begun.isoformat(),
            "endTime": ended.isoformat(),
            "input": f"{CANARY} in {day}",
            "output": f"{CANARY} out {day}",
            "model": "m",
            "level": "ERROR" if day == 100 else "DEFAULT",
            "statusMessage": f"{CANARY} broke" if day == 100 else None,
            "parentObservationId": None,
            "userId": "u",
            "sessionId": None,
        }
        assert hand_in(json.dumps(row) + "\n", f"observations-{day}.jsonl", at=handed_in).kind == "spans"
    before = judged(workspace, feature, now)
    [run] = run_retention(workspace, now)
    assert run.rows == 1
    assert judged(workspace, feature, now) == before
    old = open_trace(workspace, LOCAL_CALLER, feature, "trace-100")
    new = open_trace(workspace, LOCAL_CALLER, feature, "trace-10")
    assert old is not None
    assert new is not None
    assert old.record.values["query"] == old.record.spans[0].output == f"[text expired on {now.date()}]"
    assert new.record.values["query"] == f"{CANARY} in 10"


def test_texts_of_withdrawn_uploads_expire_too(workspace: Workspace, told: str, now: datetime) -> None:
    for upload in list_uploads(workspace, LOCAL_CALLER, told):
        withdraw_upload(workspace, LOCAL_CALLER, now, upload.id, "the wrong file")
    [done] = run_retention(workspace, now)
    assert done.rows == OLD


def test_an_old_export_keeps_its_texts_from_the_day_it_was_handed_in(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    """Nobody could review what is gone within hours."""
    hand_in(traces(now, range(100, 130, 5)), "traces.jsonl", answers=Answers(personal_text="keep"))
    last_day = now + timedelta(days=90)
    assert [run_retention(workspace, at)[0].is_nothing for at in (now, last_day)] == [True, True]
    [done] = run_retention(workspace, last_day + timedelta(seconds=1))
    assert done.rows == 6 * 7


def test_rows_without_a_time_or_of_the_future_expire_with_their_file(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    undated = {"run_id": "undated", "query": CANARY}
    future = {"run_id": "future", "query": CANARY, "started_at": (now + timedelta(days=400)).isoformat()}
    rows = json.dumps(undated) + "\n" + json.dumps(future) + "\n"
    hand_in(rows, "traces.jsonl", answers=Answers(kind="traces"), at=now - LONG_AGO)
    [done] = run_retention(workspace, now)
    assert done.rows == 2


def test_an_updated_row_counts_from_the_upload_that_updates_it(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    first = json.loads(traces(now, range(100, 101)).splitlines()[1])
    again = hand_in(json.dumps(first | {"latency_ms": 7}) + "\n", answers=Answers(personal_text="keep"))
    assert again.report is not None
    assert again.report["updated"] == 1

    def query() -> str:
        found = open_trace(workspace, LOCAL_CALLER, told, "run-100-1")
        assert found is not None
        return str(found.record.values["query"])

    [done] = run_retention(workspace, now)
    assert (done.rows, query()) == (OLD, f"{CANARY} asks 100 1")
    withdraw_upload(workspace, LOCAL_CALLER, now, again.id, "the wrong file")
    assert query() == f"[text expired on {now.date()}]"


def test_remarks_count_from_their_upload_too(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    long_ago = (now - timedelta(days=400)).isoformat()
    label = {"run_id": "run-5-1", "answer_right": True, "note": CANARY, "labelled_at": long_ago}
    hand_in(json.dumps(label | {"reviewer": "Ada"}) + "\n", "review.jsonl", answers=Answers(kind="labels"))
    [done] = run_retention(workspace, now)
    assert done.remarks == 3
    found = open_trace(workspace, LOCAL_CALLER, told, "run-5-1")
    assert found is not None
    assert [one["note"] for one in found.record.labels] == [CANARY]


def due(workspace: Workspace, slug: str, now: datetime) -> list[OldSegment]:
    """The segments that a run would read."""
    with workspace.database.reading() as connection:
        feature_id = features.by_slug(connection, slug).id
        return old_segments(connection, feature_id, now - timedelta(days=90))


def test_what_is_done_is_not_read_again(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn, results: Callable[..., str]
) -> None:
    """Nor is a file that has no texts at all."""
    hand_in(results(3), at=now - LONG_AGO)
    assert len(due(workspace, told, now)) == 2
    run_retention(workspace, now)
    assert due(workspace, told, now) == []
    assert len(due(workspace, told, now + timedelta(days=91))) == 1


def test_a_run_that_fails_leaves_everything_to_the_next_one(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    text = Answers(personal_text="keep")
    hand_in(traces(now, range(200, 201)), "older.jsonl", answers=text, at=now - LONG_AGO)
    before = due(workspace, told, now)
    last = segment.c.id == before[-1].id
    with workspace.database.writing() as connection:
        whole = connection.scalar(select(segment.c.content).where(last))
        connection.execute(update(segment).where(last).values(content=b"damaged"))
    with pytest.raises(Exception, match="Parquet"):
        run_retention(workspace, now)
    assert due(workspace, told, now) == before
    with workspace.database.writing() as connection:
        connection.execute(update(segment).where(last).values(content=whole))
    [done] = run_retention(workspace, now)
    assert done.rows == OLD + 7


def test_of_two_servers_that_run_at_once_one_does_it(
    workspace: Workspace, told: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, others = retention._prepare, []

    def overtaken(*arguments: Any) -> Any:
        found = prepare(*arguments)
        monkeypatch.setattr(retention, "_prepare", prepare)
        others.extend(run_retention(workspace, now))
        return found

    monkeypatch.setattr(retention, "_prepare", overtaken)
    [slower] = run_retention(workspace, now + timedelta(minutes=1))
    assert ([one.rows for one in others], slower.is_nothing) == ([OLD], True)
    noted = {u.file_name: u.texts_expired_at for u in list_uploads(workspace, LOCAL_CALLER, told)}
    assert (noted["old.jsonl"], noted["new.jsonl"]) == (now, None)


def test_the_key_of_the_installation_is_made_once_and_readable_by_its_owner_only(home: Path) -> None:
    key = token_key(home, 1)
    assert (token_key(home, 1), len(key)) == (key, 64)
    assert token_key(home, 2) != key
    assert (home / "token-key").stat().st_mode & 0o777 == 0o600


def test_servers_on_one_database_can_share_their_secret(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READYGATE_SECRET", "shared")
    assert token_key(home, 1) == token_key(tmp_path / "other", 1)
    assert not (home / "token-key").exists()


def test_the_doctor_warns_where_servers_on_one_database_may_have_different_secrets(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def level() -> str:
        return next(one.level for one in check_installation(workspace, now) if one.name == "secret")

    monkeypatch.delenv("READYGATE_SECRET", raising=False)
    assert level() == ("ok" if workspace.database.dialect == "sqlite" else "warning")
    monkeypatch.setenv("READYGATE_SECRET", "shared")
    assert level() == "ok"
