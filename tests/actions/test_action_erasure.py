"""A person is erased from everything that is kept; what is counted stays, and they are known again."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from core.actions.alarms import acknowledge_alarm, view_alarms
from core.actions.audit_verify import verify_log
from core.actions.erasure import ask_erasure, cancel_erasure, erase, find_person, view_erasures
from core.actions.gates import gate
from core.actions.gauges import Part
from core.actions.health import view_health
from core.actions.importing import run_import
from core.actions.imports import list_uploads, rejected_rows, start_import
from core.actions.outside import record_count
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.retention import run_retention
from core.actions.token_keys import token_key
from core.actions.traces import TraceFilter, find_traces, open_trace
from core.actions.workspace import Workspace
from core.errors import NotAllowed, QuestionsOpen, WrongUsage
from core.evidence.columns import Kind
from core.evidence.free_text import erased_on
from core.intake.answers import Answers
from core.store import alarms, audit, erasures, features, people
from core.store.gone import Gone, Mention, erased
from core.store.segment_cache import SegmentCache
from core.store.tables import METADATA, erasure, segment
from core.store.uploads import Upload
from core.store.warehouse import Warehouse

HandIn = Callable[..., Upload]
Commit = Callable[..., int]

ANNA = "anna-zebra@example.com"
TOKEN = "[erased user 1]"
KEEP = Answers(personal_text="keep")
ITEMS = [
    {"kind": "measured", "id": "accepted", "metric": "user_acceptance", "source": "feedback", "bar": 0.5},
    {"kind": "measured", "id": "errors", "metric": "error_rate", "source": "trace", "bar": 0.4},
    {"kind": "measured", "id": "right", "metric": "answer_correctness", "source": "label", "bar": 0.5},
]


@pytest.fixture
def workspace(database: Any, home: Path) -> Iterator[Workspace]:
    """With the secret of the installation, as an opened workspace has it."""
    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30), partial(token_key, home))
    yield Workspace(home, database, warehouse)
    warehouse.close()


def trace(now: datetime, place: int, user: str | None, **cells: Any) -> dict[str, Any]:
    return {
        "run_id": f"run-{place}",
        "started_at": (now - timedelta(hours=place)).isoformat(),
        "user_id": user,
        "session_id": f"session-{user or 'none'}-{place % 2}",
        "query": f"question {place}",
        "response": f"secret words of {user} {place}",
        "user_feedback": "rejected" if place % 3 == 0 else "accepted",
        "latency_ms": 100 + place,
    } | cells


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def traces(now: datetime, first: int = 0) -> str:
    """Forty traces, every fourth of Anna; one is hers by its session alone, one of Bob names her."""
    rows = [trace(now, first + place, ANNA if place % 4 == 0 else f"user-{place % 4}") for place in range(40)]
    rows[1]["query"] = f"Is {ANNA.upper()} there?"
    rows[2]["session_id"], rows[2]["user_id"] = f"session-{ANNA}-0", None
    rows[3]["error"] = "ok"
    return lines(rows)


def tripped_and_acknowledged(workspace: Workspace, slug: str, now: datetime) -> None:
    """An alarm of this feature, whose acknowledgement names Anna."""
    with workspace.database.writing() as connection:
        made = alarms.add(
            connection, feature_id=features.by_slug(connection, slug).id, phase="", warning="Errors",
            metric="error_rate", tier="advisory", did="nothing", sentence="Too many.", cases=9,
            reached_at=now, upload_id=None, now=now,
        )  # fmt: skip
        logged = {
            "alarm": made.id, "phase": "", "warning": "Errors", "metric": "error_rate", "tier": "advisory",
            "cases": 9, "reached_at": now.isoformat(), "upload": None, "did": "nothing",
            "sentence": "Too many.",
        }  # fmt: skip
        audit.append(
            connection, actor="Readygate", action="early warning tripped", subject=f"feature/{slug}",
            payload=logged, now=now,
        )  # fmt: skip
    acknowledge_alarm(workspace, LOCAL_CALLER, now, slug, made.id, reason=f"It was a loop of {ANNA} alone")


@pytest.fixture
def told(workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, commit: Commit) -> str:
    """A feature with Anna in every kind of evidence, in remarks, rejected rows, reasons and the log."""
    commit(ITEMS, lock=False)
    hand_in(traces(now), f"export of {ANNA}.jsonl", answers=KEEP)
    labels = [
        {"run_id": f"run-{place}", "answer_right": place % 5 != 0, "note": f"what {place} said",
         "corrected_answer": "hers", "reviewer": "Rae", "sampling": "random"}
        for place in range(0, 40, 2)
    ]  # fmt: skip
    labels[1]["note"] = f"asked for {ANNA}"
    hand_in(lines(labels), "labels.jsonl", answers=Answers(personal_text="keep", kind=Kind.LABELS))
    failures = [
        {"run_id": "run-4", "failure_type": "wrong tool", "note": "her words", "fix": f"told {ANNA} so"}
    ]
    hand_in(lines(failures), "f.jsonl", answers=Answers(personal_text="keep", kind=Kind.FAILURES))
    bad = f"run_id,latency_ms,user_id,query\nbad,soon,{ANNA},hers\nworse,late,user-2,his\n"
    hand_in(bad, "bad.csv", answers=Answers(personal_text="keep", kind=Kind.TRACES))
    record_count(
        workspace, LOCAL_CALLER, now, feature, day=now.date(), measure="x", count=1, note=f"{ANNA} called"
    )
    tripped_and_acknowledged(workspace, feature, now)
    return feature


def judged(workspace: Workspace, slug: str, now: datetime) -> Any:
    """Everything that is decided and measured, with the hash of what it rests on."""
    decision = gate(workspace, LOCAL_CALLER, now, slug)
    health = view_health(workspace, LOCAL_CALLER, now, slug, Part())
    rests_on = decision.evidence_sha256
    return decision.verdict, decision.reasons, decision.rows, rests_on, replace(health, evidence_version=0)


def erase_anna(workspace: Workspace, slug: str, now: datetime, wanted: str = ANNA) -> Any:
    asked = ask_erasure(workspace, LOCAL_CALLER, now, slug, wanted=wanted, reason="Request number 17")
    return erase(workspace, LOCAL_CALLER, now, slug, asked.id)


def said_in(path: Path) -> bytes:
    """What a file holds; in Parquet it is compressed."""
    if path.suffix == ".parquet":
        return path.read_bytes() + str(pq.read_table(path).to_pylist()).encode()
    return path.read_bytes()


def hits(workspace: Workspace, words: str = ANNA) -> list[str]:
    """Where the words still stand: in files of the home, in cells of the database, in packed contents."""
    needle = words.lower().encode()
    found = [
        str(path.relative_to(workspace.home))
        for path in sorted(workspace.home.rglob("*"))
        if path.is_file() and needle in said_in(path).lower()
    ]
    with workspace.database.reading() as connection:
        for name, table in METADATA.tables.items():
            for row in connection.execute(select(table)):
                for column, cell in row._mapping.items():
                    said = unpacked(cell) if isinstance(cell, bytes) else str(cell)
                    if words.lower() in said.lower():
                        found.append(f"{name}.{column}")
    return found


def unpacked(content: bytes) -> str:
    if content.startswith(b"PAR1"):
        return str(pq.read_table(pa.BufferReader(content)).to_pylist())
    return gzip.decompress(content).decode() if content.startswith(b"\x1f\x8b") else repr(content)


def test_nothing_of_the_person_is_left_and_nothing_that_is_counted_moves(
    workspace: Workspace, told: str, now: datetime
) -> None:
    before = judged(workspace, told, now)
    everywhere = {"audit_payload.payload", "label.note", "upload.report", "alarm.acknowledged_reason"}
    assert everywhere <= set(hits(workspace))
    counts = erase_anna(workspace, told, now)
    assert judged(workspace, told, now) == before
    assert hits(workspace) == []
    assert hits(workspace, "secret words of anna") == []
    # Ten of her own and one by its session; of the labels those of every second of these runs.
    assert (counts["traces"], counts["labels"], counts["failures"]) == (11, 11, 1)
    # Bob's question, the label's note of another run, the fix, the weekly count's note, the acknowledgement.
    assert counts["mentions"] >= 4
    assert counts["left"] == 0


def test_the_chain_and_the_records_still_verify(workspace: Workspace, told: str, now: datetime) -> None:
    counts = erase_anna(workspace, told, now)
    assert counts["entries"] >= 1
    found = verify_log(workspace, LOCAL_CALLER, now)
    assert (found.chain.ok, found.findings) == (True, ())


def test_the_words_around_the_person_stay_where_an_alarm_was_acknowledged(
    workspace: Workspace, told: str, now: datetime
) -> None:
    erase_anna(workspace, told, now)
    (line,) = view_alarms(workspace, LOCAL_CALLER, now, told).lines
    assert line.alarm.acknowledged_reason == "It was a loop of [erased] alone"


def test_a_trace_of_the_person_says_that_it_was_erased_and_keeps_its_numbers(
    workspace: Workspace, told: str, now: datetime
) -> None:
    erase_anna(workspace, told, now)
    own = open_trace(workspace, LOCAL_CALLER, told, "run-4")
    other = open_trace(workspace, LOCAL_CALLER, told, "run-5")
    assert own is not None and other is not None
    values = own.record.values
    assert (values["user_id"], erased_on(values["query"])) == (TOKEN, now.date().isoformat())
    assert (values["latency_ms"], values["user_feedback"]) == (104, "accepted")
    assert values["session_id"].startswith("[erased session ")
    assert erased_on(own.record.labels[0]["note"]) and own.record.labels[0]["reviewer"] == "Rae"
    assert own.record.failures[0].fix == "told [erased] so"
    assert other.record.values["query"] == "question 5"


def test_one_who_names_no_user_is_the_persons_by_the_session(
    workspace: Workspace, told: str, now: datetime
) -> None:
    erase_anna(workspace, told, now)
    view = open_trace(workspace, LOCAL_CALLER, told, "run-2")
    assert view is not None
    assert view.record.values["user_id"] is None
    assert erased_on(view.record.values["response"])


def test_the_search_counts_and_changes_nothing(
    workspace: Workspace, told: str, now: datetime, everything: Callable[[], Any]
) -> None:
    before = everything()
    counts = find_person(workspace, LOCAL_CALLER, now, told, ANNA)
    assert (counts["traces"], counts["labels"], counts["reactions"]) == (11, 11, 11)
    assert find_person(workspace, LOCAL_CALLER, now, told, "nobody-there") == {}
    assert everything() == before


@pytest.mark.parametrize("wanted", ["", " ", "x" * 201])
def test_whom_to_erase_must_be_a_whole_id(
    wanted: str, workspace: Workspace, feature: str, now: datetime
) -> None:
    with pytest.raises(WrongUsage, match="Whom to erase is not clear"):
        find_person(workspace, LOCAL_CALLER, now, feature, wanted)


@pytest.mark.parametrize(
    ("reason", "says"), [("short", "takes a reason"), (f"Mail of {ANNA.upper()}", "names the person")]
)
def test_the_reason_says_enough_and_not_too_much(
    reason: str, says: str, workspace: Workspace, told: str, now: datetime
) -> None:
    with pytest.raises(WrongUsage, match=says):
        ask_erasure(workspace, LOCAL_CALLER, now, told, wanted=ANNA, reason=reason)


def test_the_same_person_is_asked_for_once_at_a_time(workspace: Workspace, told: str, now: datetime) -> None:
    asked = ask_erasure(workspace, LOCAL_CALLER, now, told, wanted=ANNA, reason="Request number 17")
    with pytest.raises(WrongUsage, match="asked for already"):
        ask_erasure(workspace, LOCAL_CALLER, now, told, wanted=ANNA, reason="Request number 18")
    cancel_erasure(workspace, LOCAL_CALLER, now, told, asked.id)
    with pytest.raises(WrongUsage, match="no such open request"):
        erase(workspace, LOCAL_CALLER, now, told, asked.id)
    ask_erasure(workspace, LOCAL_CALLER, now, told, wanted=ANNA, reason="Request number 18")


def test_a_closed_request_holds_no_id(workspace: Workspace, told: str, now: datetime) -> None:
    asked = ask_erasure(workspace, LOCAL_CALLER, now, told, wanted=ANNA, reason="Request number 17")
    assert asked.wanted == ANNA
    erase(workspace, LOCAL_CALLER, now, told, asked.id)
    with workspace.database.reading() as connection:
        assert connection.execute(select(erasure.c.wanted)).scalars().all() == [None]


def person(workspace: Workspace, name: str, *roles: Role, now: datetime) -> Caller:
    with workspace.database.writing() as connection:
        one = people.add(
            connection, issuer="https://id", subject=name, name=name, email=f"{name}@x.example",
            added_by="x", now=now,
        )  # fmt: skip
        for role in roles:
            people.grant(
                connection, person_id=one.id, feature_id=None, role=role, by="x", by_id=None, now=now
            )
    return Caller(name, verified=True, person_id=one.id)


def test_whoever_asked_does_not_erase_even_with_both_roles(
    workspace: Workspace, told: str, now: datetime
) -> None:
    pia = person(workspace, "pia", Role.PM, Role.ADMIN, now=now)
    adam = person(workspace, "adam", Role.ADMIN, now=now)
    asked = ask_erasure(workspace, pia, now, told, wanted=ANNA, reason="Request number 17")
    assert not view_erasures(workspace, pia, told).lines[0].may_erase
    with pytest.raises(NotAllowed, match="takes two people"):
        erase(workspace, pia, now, told, asked.id)
    erase(workspace, adam, now, told, asked.id)
    line = view_erasures(workspace, adam, told).lines[0]
    assert (line.two_people, line.wanted, line.request.done_by) == (True, None, "adam")


def test_another_account_of_whoever_asked_does_not_erase(
    workspace: Workspace, told: str, now: datetime
) -> None:
    pia = person(workspace, "pia", Role.PM, now=now)
    twin = person(workspace, "PIA", Role.ADMIN, now=now)
    asked = ask_erasure(workspace, pia, now, told, wanted=ANNA, reason="Request number 17")
    assert not view_erasures(workspace, twin, told).lines[0].may_erase
    with pytest.raises(NotAllowed, match="takes two people"):
        erase(workspace, twin, now, told, asked.id)


def test_the_local_user_does_both_and_the_record_says_so(
    workspace: Workspace, told: str, now: datetime
) -> None:
    erase_anna(workspace, told, now)
    assert not view_erasures(workspace, LOCAL_CALLER, told).lines[0].two_people
    with workspace.database.reading() as connection:
        assert audit.timeline(connection, f"feature/{told}", 1)[0].payload["two_people"] is False


def test_the_wanted_id_is_for_those_who_deal_with_it(workspace: Workspace, told: str, now: datetime) -> None:
    ask_erasure(workspace, LOCAL_CALLER, now, told, wanted=ANNA, reason="Request number 17")
    for role in Role:
        line = view_erasures(workspace, Caller("Eve", frozenset({role})), told).lines[0]
        assert (line.wanted == ANNA) == (role in (Role.PM, Role.ADMIN))


def test_the_same_file_again_is_all_duplicates_and_brings_nothing_back(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    erase_anna(workspace, told, now)
    again = hand_in(traces(now), "again.jsonl", answers=KEEP)
    assert again.report is not None and again.report["duplicate"] == 40
    assert hits(workspace) == []


def test_new_rows_of_the_person_come_without_texts_and_id_and_the_report_says_so(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    erase_anna(workspace, told, now)
    rows = [trace(now, 50, ANNA), trace(now, 51, "user-1", query=f"and {ANNA}?"), trace(now, 52, None)]
    rows[2]["session_id"] = f"session-{ANNA}-0"
    done = hand_in(lines(rows), "more.jsonl", answers=KEEP)
    assert done.report is not None and done.report["accepted"] == 3
    sentence = next(one["sentence"] for one in done.report["warnings"] if one["code"] == "erased")
    assert sentence.startswith("2 rows are of somebody who was erased")
    assert hits(workspace) == []
    view = open_trace(workspace, LOCAL_CALLER, told, "run-50")
    assert view is not None and view.record.values["user_id"] == TOKEN
    listed = find_traces(workspace, LOCAL_CALLER, told, TraceFilter(user=TOKEN), limit=50)
    assert listed.total == 11


def test_rejected_rows_of_the_person_are_kept_without_their_cells(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    erase_anna(workspace, told, now)
    bad = f"run_id,latency_ms,user_id,query\nbad2,soon,{ANNA},hers\nworse2,late,user-2,his\n"
    done = hand_in(bad, "bad2.csv", answers=Answers(personal_text="keep", kind=Kind.TRACES))
    rows = rejected_rows(workspace, LOCAL_CALLER, done.id).decode("utf-8-sig").splitlines()
    assert rows[1] == "2,[erased],,,,,,," and "his" in rows[2]
    assert hits(workspace) == []


def test_remarks_about_their_runs_that_come_later_go_as_well(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    erase_anna(workspace, told, now)
    late = [{"run_id": "run-8", "answer_right": True, "note": "her own words", "reviewer": "Zoe"}]
    hand_in(lines(late), "late.jsonl", answers=Answers(personal_text="keep", kind=Kind.LABELS))
    view = open_trace(workspace, LOCAL_CALLER, told, "run-8")
    assert view is not None
    assert all(erased_on(label["note"]) for label in view.record.labels)


def test_a_file_that_waits_for_an_answer_is_discarded(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    with pytest.raises(QuestionsOpen):
        hand_in(f"run_id,started_at,user_id\nr1,2026-02-20T10:00:00,{ANNA}\n", "asks.csv")
    waiting = next(u for u in list_uploads(workspace, LOCAL_CALLER, told) if u.file_name == "asks.csv")
    assert (workspace.spool / waiting.id / "upload").exists()
    erase_anna(workspace, told, now)
    assert not (workspace.spool / waiting.id).exists()
    assert hits(workspace) == []


def test_an_import_that_was_read_before_is_read_again_without_the_person(
    workspace: Workspace, told: str, now: datetime
) -> None:
    asked = ask_erasure(workspace, LOCAL_CALLER, now, told, wanted=ANNA, reason="Request number 17")
    content = BytesIO(lines([trace(now, 70, ANNA)]).encode())
    waiting = start_import(
        workspace, LOCAL_CALLER, now, told, file_name="m.jsonl", content=content, answers=KEEP
    )
    erased_while_reading: list[int] = []

    def progressed(_: object) -> None:
        if not erased_while_reading:
            erased_while_reading.append(1)
            erase(workspace, LOCAL_CALLER, now, told, asked.id)

    run_import(workspace, waiting, lambda: now, progressed)
    assert erased_while_reading and hits(workspace) == []


def test_whoever_expired_before_is_erased_by_their_id(workspace: Workspace, told: str, now: datetime) -> None:
    later = now + timedelta(days=100)
    run_retention(workspace, later)
    counts = erase_anna(workspace, told, later)
    assert counts["traces"] == 11
    view = open_trace(workspace, LOCAL_CALLER, told, "run-4")
    assert view is not None and view.record.values["user_id"] == TOKEN


def test_a_person_who_expires_after_the_erasure_is_still_known_again(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    erase_anna(workspace, told, now)
    later = now + timedelta(days=100)
    run_retention(workspace, later)
    late = [{"run_id": "run-8", "answer_right": True, "note": "her own words", "reviewer": "Zoe"}]
    hand_in(lines(late), "late.jsonl", answers=Answers(personal_text="keep", kind=Kind.LABELS), at=later)
    view = open_trace(workspace, LOCAL_CALLER, told, "run-8")
    assert view is not None and not any(label["note"] == "her own words" for label in view.record.labels)


def test_two_people_stay_two(workspace: Workspace, told: str, now: datetime) -> None:
    before = judged(workspace, told, now)
    erase_anna(workspace, told, now)
    erase_anna(workspace, told, now, wanted="user-1")
    assert judged(workspace, told, now) == before
    seen = {
        line.user_id for line in find_traces(workspace, LOCAL_CALLER, told, TraceFilter(), limit=50).lines
    }
    assert seen == {TOKEN, "[erased user 2]", "user-2", "user-3", None}


def test_another_feature_is_left_alone(
    workspace: Workspace, told: str, now: datetime, hand_in: HandIn
) -> None:
    with workspace.database.writing() as connection:
        features.add(
            connection, slug="other", name="Other", owner="Ada", stakes="low", created_by="x", now=now,
            text_days=None,
        )  # fmt: skip
    hand_in(lines([trace(now, 1, ANNA)]), "o.jsonl", slug="other", answers=KEEP)
    erase_anna(workspace, told, now)
    view = open_trace(workspace, LOCAL_CALLER, "other", "run-1")
    assert view is not None and view.record.values["user_id"] == ANNA


@pytest.mark.parametrize(
    ("text", "is_in"),
    [
        ("ask u-17 now", True),
        ("ask U-17.", True),
        ("u-170", False),
        ("xu-17", False),
        ("u-17_old", True),
        ("", False),
        (None, False),
        ("ab", False),
    ],
)
def test_a_mention_is_a_word_of_its_own(text: str | None, is_in: bool) -> None:
    assert Mention(["u-17"]).is_in(text) is is_in


def test_a_short_id_is_meant_only_where_it_is_all_there_is() -> None:
    mention = Mention(["7"])
    assert mention.is_in("7") and not mention.is_in("7 days")
    assert mention.cells(pa.chunked_array([["7", "7 days", None]])).to_pylist() == [True, False, False]


def test_words_that_count_stay_words() -> None:
    """“ok” as an error says that there was none; a blank text says nothing."""
    table = pa.table({"user_id": ["u-17"] * 3, "error": ["ok", None, "broke"], "query": ["", "q", None]})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    gone = Gone(
        {"u-17": TOKEN}, frozenset(), frozenset(), frozenset(), Mention(["u-17"]), "ab" * 32, "2026-03-02"
    )
    touched = erased(sink.getvalue().to_pybytes(), gone)
    assert touched is not None and touched.own == 3
    after = pq.read_table(pa.BufferReader(touched.content)).to_pydict()
    mark = "[erased on 2026-03-02]"
    assert after == {"user_id": [TOKEN] * 3, "error": ["ok", None, mark], "query": ["", mark, None]}
    assert erased(touched.content, gone) is None


def test_segments_are_rewritten_with_their_keys(workspace: Workspace, told: str, now: datetime) -> None:
    def keys() -> list[bytes]:
        with workspace.database.reading() as connection:
            return [
                bytes(one) for one in connection.scalars(select(segment.c.packed_keys).order_by(segment.c.id))
            ]

    before = keys()
    erase_anna(workspace, told, now)
    assert keys() == before


def test_tokens_are_the_same_however_often_a_person_is_erased(
    workspace: Workspace, told: str, now: datetime
) -> None:
    erase_anna(workspace, told, now)
    erase_anna(workspace, told, now)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, told)
        assert list(erasures.tokens(connection, feature.id).values()) == [TOKEN]
