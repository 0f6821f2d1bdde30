"""Numbers that are kept long enough go for good, never those that a verdict counts; so does what old entries
of the log say, and the chain stays."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core.actions.age_limits import set_days, view_limits
from core.actions.audit_verify import verify_log
from core.actions.gates import gate
from core.actions.imports import list_uploads
from core.actions.legal_holds import lift_hold, place_hold
from core.actions.log_retention import expire_log
from core.actions.metrics import metrics_of
from core.actions.number_retention import ExpiredNumbers, expire_numbers
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.still_counted import comes_nearer_to_go
from core.actions.token_keys import token_key
from core.actions.traces import TraceFilter, find_traces
from core.actions.usual_limits import Kept
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.verdict import Verdict
from core.errors import NotAllowed, UserError, WrongUsage
from core.intake.answers import Answers
from core.store import audit, features
from core.store.database import Database
from core.store.logged_kinds import MADE_BY
from core.store.old_entries import OF_NO_RECORD
from core.store.segment_cache import SegmentCache
from core.store.tables import failure, label, segment, upload
from core.store.uploads import Upload
from core.store.warehouse import Warehouse

HandIn = Callable[..., Upload]
Commit = Callable[..., int]

YEARS = timedelta(days=1_100)
ERRORS = {"kind": "measured", "id": "errors", "metric": "error_rate", "source": "trace", "bar": 0.4}
LAST_MONTH = ERRORS | {"window_days": 28}


@pytest.fixture
def workspace(database: Database, home: Any) -> Iterator[Workspace]:
    """With the secret of the installation, as an opened workspace has it."""
    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30), partial(token_key, home))
    yield Workspace(home, database, warehouse)
    warehouse.close()


def traces(at: datetime, count: int, name: str, *, failing: int = 0) -> str:
    """So many traces of one day, each of its own user; the first ``failing`` end in an error."""
    rows = [
        {
            "run_id": f"{name}-{place}",
            "started_at": (at - timedelta(minutes=place)).isoformat(),
            "user_id": f"{name}-user-{place}",
            "latency_ms": 100 + place,
            **({"error": "broke"} if place < failing else {"response": "yes"}),
        }
        for place in range(count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def told_of(name: str, kind: str) -> str:
    row = {"run_id": f"{name}-1"}
    row |= {"answer_right": True, "reviewer": "Ada"} if kind == "labels" else {"failure_type": "wrong tool"}
    return json.dumps(row) + "\n"


@pytest.fixture
def old_and_new(workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, commit: Commit) -> str:
    """Three years old and all failing, with a label and a failure; of today and all well. A draft counts the
    last four weeks."""
    commit([LAST_MONTH], lock=False)
    then = now - YEARS
    hand_in(traces(then, 60, "old", failing=60), "old.jsonl", at=then)
    hand_in(told_of("old", "labels"), "labels.jsonl", at=then, answers=Answers(kind="labels"))
    hand_in(told_of("old", "failures"), "failures.jsonl", at=then, answers=Answers(kind="failures"))
    hand_in(traces(now, 60, "new"), "new.jsonl", at=now - timedelta(hours=1))
    return feature


def kept_rows(workspace: Workspace) -> tuple[int, int, int]:
    """(segments, labels, failures) that the database holds."""
    with workspace.database.reading() as connection:
        counts = [
            connection.scalar(select(func.count()).select_from(one)) for one in (segment, label, failure)
        ]
    return counts[0] or 0, counts[1] or 0, counts[2] or 0


def judged(workspace: Workspace, slug: str, now: datetime) -> Any:
    found = gate(workspace, LOCAL_CALLER, now, slug)
    return found.verdict, found.rows, found.conditions, found.evidence_sha256


def last_entry(workspace: Workspace) -> audit.AuditEvent:
    with workspace.database.reading() as connection:
        return audit.timeline(connection, None, 1)[0]


def is_sound(workspace: Workspace, now: datetime) -> bool:
    found = verify_log(workspace, LOCAL_CALLER, now)
    assert found.findings == ()
    return found.ok


def test_a_new_feature_keeps_all_but_texts_for_three_years(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    assert view_limits(workspace, LOCAL_CALLER, now, feature).days == {
        Kept.TEXTS: 90,
        Kept.NUMBERS: 1_095,
        Kept.LOG: 1_095,
        Kept.CASES: 1_095,
    }


@pytest.mark.parametrize("kept", [Kept.NUMBERS, Kept.LOG, Kept.CASES])
@pytest.mark.parametrize("days", [0, -1, 40_000])
def test_each_is_kept_for_at_least_a_day(
    days: int, kept: Kept, workspace: Workspace, feature: str, now: datetime
) -> None:
    with pytest.raises(WrongUsage, match="cannot be kept for"):
        set_days(workspace, LOCAL_CALLER, now, feature, kept, days)
    assert view_limits(workspace, LOCAL_CALLER, now, feature).days[kept] == 1_095


@pytest.mark.parametrize("kept", [Kept.NUMBERS, Kept.LOG, Kept.CASES])
def test_each_change_is_in_the_log_once_and_verifies(
    kept: Kept, workspace: Workspace, feature: str, now: datetime
) -> None:
    assert set_days(workspace, LOCAL_CALLER, now, feature, kept, 400)
    assert not set_days(workspace, LOCAL_CALLER, now, feature, kept, 400)
    told = last_entry(workspace)
    assert (told.action, told.payload) == (f"{kept} days set", {"before": 1_095, "after": 400})
    assert is_sound(workspace, now)


def test_old_numbers_go_and_the_verdict_stays(workspace: Workspace, old_and_new: str, now: datetime) -> None:
    before = judged(workspace, old_and_new, now)
    assert before[0] is Verdict.GO
    done = expire_numbers(workspace, now)
    assert done == [ExpiredNumbers(old_and_new, uploads=3, rows=60, labels=1, failures=1)]
    assert kept_rows(workspace) == (1, 0, 0)
    assert judged(workspace, old_and_new, now) == before
    assert find_traces(workspace, LOCAL_CALLER, old_and_new, TraceFilter(), limit=1).total == 60
    told = last_entry(workspace)
    assert (told.action, told.payload["rows"], len(told.payload["uploads"])) == ("numbers expired", 60, 3)
    assert is_sound(workspace, now)


def test_the_page_can_say_what_went_and_when(workspace: Workspace, old_and_new: str, now: datetime) -> None:
    expire_numbers(workspace, now)
    view = view_limits(workspace, LOCAL_CALLER, now, old_and_new)
    said = {(one.file_name, one.handed_in_at, one.expired_at) for one in view.numbers_expired}
    assert said == {(name, now - YEARS, now) for name in ("old.jsonl", "labels.jsonl", "failures.jsonl")}
    assert view.counted == 0
    old = next(
        one for one in list_uploads(workspace, LOCAL_CALLER, old_and_new) if one.file_name == "old.jsonl"
    )
    assert old.report is not None
    assert (old.state, old.report["accepted"], len(old.sha256)) == ("done", 60, 64)
    assert not any(use["samples"] for use in old.report["columns"])


def test_a_second_run_changes_nothing(
    workspace: Workspace, old_and_new: str, now: datetime, everything: Callable[[], Any]
) -> None:
    expire_numbers(workspace, now)
    before = everything()
    assert expire_numbers(workspace, now) == [ExpiredNumbers(old_and_new)]
    assert everything() == before


def test_what_a_draft_counts_without_a_window_stays(
    workspace: Workspace, old_and_new: str, now: datetime, commit: Commit
) -> None:
    """Half of all failed, three years ago: without them the draft would be a GO."""
    commit([ERRORS], lock=False)
    before = judged(workspace, old_and_new, now)
    assert before[0] is Verdict.NOT_ENOUGH_EVIDENCE
    set_days(workspace, LOCAL_CALLER, now, old_and_new, Kept.NUMBERS, 1)
    assert expire_numbers(workspace, now) == [ExpiredNumbers(old_and_new, counted=3)]
    assert judged(workspace, old_and_new, now) == before
    assert view_limits(workspace, LOCAL_CALLER, now, old_and_new).counted == 3


def test_what_a_lock_counts_stays_however_short_the_limit(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, commit: Commit
) -> None:
    """Only what came after the lock counts, and all of that."""
    before_lock, after_lock = now - timedelta(days=5), now - timedelta(days=3)
    hand_in(traces(before_lock, 50, "draft"), "before.jsonl", at=before_lock)
    commit([ERRORS], lock=True, at=now - timedelta(days=4))
    hand_in(traces(after_lock, 60, "held", failing=60), "after.jsonl", at=after_lock)
    hand_in(traces(now, 60, "new"), "new.jsonl", at=now - timedelta(hours=1))
    verdict = judged(workspace, feature, now)
    set_days(workspace, LOCAL_CALLER, now, feature, Kept.NUMBERS, 1)
    assert expire_numbers(workspace, now) == [ExpiredNumbers(feature, uploads=1, rows=50, counted=1)]
    assert judged(workspace, feature, now) == verdict


def test_withdrawn_numbers_go_though_a_draft_would_count_them(
    workspace: Workspace, old_and_new: str, now: datetime, commit: Commit
) -> None:
    commit([ERRORS], lock=False)
    old = next(
        one for one in list_uploads(workspace, LOCAL_CALLER, old_and_new) if one.file_name == "old.jsonl"
    )
    withdraw_upload(workspace, LOCAL_CALLER, now, old.id, "The wrong month")
    verdict = judged(workspace, old_and_new, now)
    [done] = expire_numbers(workspace, now)
    assert (done.uploads, done.rows, done.counted) == (1, 60, 2)
    assert judged(workspace, old_and_new, now) == verdict
    assert is_sound(workspace, now)


def test_no_older_row_comes_back_that_a_later_one_replaced(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, commit: Commit
) -> None:
    """The file before the one that corrects it was handed in later by its clock: neither goes alone."""
    commit([LAST_MONTH], lock=False)
    then = now - YEARS
    hand_in(traces(then, 40, "a", failing=40), "first.jsonl", at=now - timedelta(days=400))
    hand_in(traces(then, 40, "a"), "corrected.jsonl", at=then)
    [done] = expire_numbers(workspace, now)
    assert (done.uploads, done.counted) == (0, 1)
    [later] = expire_numbers(workspace, now + YEARS)
    assert (later.uploads, later.rows) == (2, 80)


def test_nothing_goes_where_something_would_come_nearer_to_go(
    workspace: Workspace, old_and_new: str, now: datetime, commit: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second line of defence: whatever says that nothing counts these numbers, the verdicts are held
    against each other before anything is kept removed."""
    commit([ERRORS], lock=False)
    before = judged(workspace, old_and_new, now)
    monkeypatch.setattr("core.actions.number_retention.counted_from", lambda *_: None)
    assert expire_numbers(workspace, now) == [ExpiredNumbers(old_and_new, counted=3)]
    assert kept_rows(workspace) == (2, 1, 1)
    assert judged(workspace, old_and_new, now) == before


def test_what_comes_nearer_to_go_is_seen_in_rows_and_verdict(
    workspace: Workspace, old_and_new: str, now: datetime, commit: Commit
) -> None:
    good = gate(workspace, LOCAL_CALLER, now, old_and_new)
    commit([ERRORS], lock=False)
    bad = gate(workspace, LOCAL_CALLER, now, old_and_new)
    assert comes_nearer_to_go(bad, good)
    assert not comes_nearer_to_go(good, bad)
    assert not comes_nearer_to_go(good, good)


def test_a_legal_hold_stops_both_until_it_is_lifted(
    workspace: Workspace, old_and_new: str, now: datetime
) -> None:
    placed = place_hold(workspace, LOCAL_CALLER, now, old_and_new, reason="File 17 of May")
    [numbers] = expire_numbers(workspace, now)
    entries = expire_log(workspace, now + 2 * YEARS)
    assert "legal hold" in numbers.held and numbers.is_nothing
    assert [(one.slug, one.entries, bool(one.held)) for one in entries] == [
        (old_and_new, 0, True),
        (None, 0, True),
    ]
    assert kept_rows(workspace) == (2, 1, 1)
    lift_hold(workspace, LOCAL_CALLER, now, old_and_new, placed.id, reason="The matter is closed")
    [numbers] = expire_numbers(workspace, now)
    assert (numbers.uploads, numbers.held) == (3, "")


def test_a_gate_of_a_day_whose_numbers_are_gone_is_refused(
    workspace: Workspace, old_and_new: str, now: datetime
) -> None:
    """Of that day nobody can say any more what the verdict was; it must not look better than it did."""
    back_then = now - YEARS + timedelta(days=1)
    assert gate(workspace, LOCAL_CALLER, back_then, old_and_new).as_of == back_then
    expire_numbers(workspace, now)
    with pytest.raises(WrongUsage, match="Numbers of that time have expired"):
        gate(workspace, LOCAL_CALLER, back_then, old_and_new)
    with pytest.raises(WrongUsage, match="Numbers of that time have expired"):
        metrics_of(workspace, LOCAL_CALLER, back_then, old_and_new)
    assert gate(workspace, LOCAL_CALLER, now, old_and_new).verdict is Verdict.GO


def test_rows_taken_away_by_hand_are_found_and_are_no_expiry(
    workspace: Workspace, old_and_new: str, now: datetime
) -> None:
    with workspace.database.writing() as connection:
        connection.execute(label.delete())
        connection.execute(update(upload).where(upload.c.kind == "labels").values(numbers_expired_at=now))
    found = verify_log(workspace, LOCAL_CALLER, now)
    [one] = found.findings
    assert (one.record.kind, "numbers_expired_at" in one.record.fields) == ("upload", True)
    assert not found.ok


def test_a_feature_that_keeps_numbers_for_ever_loses_none(
    workspace: Workspace, old_and_new: str, now: datetime
) -> None:
    set_days(workspace, LOCAL_CALLER, now, old_and_new, Kept.NUMBERS, None)
    assert expire_numbers(workspace, now + 10 * YEARS) == []
    assert kept_rows(workspace) == (2, 1, 1)


def noted(workspace: Workspace, slug: str | None, action: str, at: datetime) -> int:
    with workspace.database.writing() as connection:
        subject = f"feature/{slug}" if slug else "readygate"
        return audit.append(
            connection, actor="Eve", action=action, subject=subject, payload={"reason": "zebra"}, now=at
        )


def said(workspace: Workspace, seq: int) -> Any:
    with workspace.database.reading() as connection:
        return next(one for one in audit.timeline(connection, None, 1_000) if one.seq == seq)


def test_old_entries_that_decide_nothing_lose_what_they_say(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    old = [noted(workspace, feature, "texts revealed", now), noted(workspace, None, "refused", now)]
    young = noted(workspace, feature, "texts revealed", now + YEARS)
    done = expire_log(workspace, now + YEARS)
    assert [(one.slug, one.entries) for one in done] == [(feature, 1), (None, 1)]
    for seq in old:
        assert (said(workspace, seq).payload, said(workspace, seq).actor) == (None, "Eve")
    assert said(workspace, young).payload == {"reason": "zebra"}
    told = last_entry(workspace)
    assert (told.action, told.payload["entries"]) == ("log entries emptied", 1)
    assert is_sound(workspace, now + YEARS)


def test_entries_that_a_record_is_held_against_keep_all_of_it(
    workspace: Workspace, old_and_new: str, now: datetime
) -> None:
    with workspace.database.reading() as connection:
        before = [one.payload for one in audit.timeline(connection, None, 1_000)]
    expire_log(workspace, now + 10 * YEARS)
    with workspace.database.reading() as connection:
        assert [one.payload for one in audit.timeline(connection, None, 1_000)] == before
    assert OF_NO_RECORD.isdisjoint(MADE_BY)


def test_entries_of_no_feature_wait_for_the_feature_that_keeps_its_own_the_longest(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    seq = noted(workspace, None, "refused", now)
    set_days(workspace, LOCAL_CALLER, now, feature, Kept.LOG, None)
    assert expire_log(workspace, now + 10 * YEARS) == []
    assert said(workspace, seq).payload == {"reason": "zebra"}


def test_a_viewer_sets_nothing(workspace: Workspace, feature: str, now: datetime) -> None:
    viewer = Caller("Vic", frozenset({Role.VIEWER, Role.PM, Role.SIGNER}))
    for kept in Kept:
        with pytest.raises(NotAllowed):
            set_days(workspace, viewer, now, feature, kept, 1)
    with workspace.database.reading() as connection:
        assert features.by_slug(connection, feature).number_days == 1_095
    assert issubclass(NotAllowed, UserError)
