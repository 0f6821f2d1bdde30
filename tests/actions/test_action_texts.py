"""Texts by role: who reads what people asked and were answered, masked, and who sees it as it was."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from core.actions.confidence import all_confident_and_wrong, view_confidence
from core.actions.failures import failure_log, failure_pareto
from core.actions.gauges import Part
from core.actions.imports import list_uploads, rejected_rows
from core.actions.instrumentation import coverage_over_time, instrumentation
from core.actions.judge_audits import view_judge_audits
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.revealing import reveal_failure_log, reveal_rejected_rows, reveal_trace, reveal_traces
from core.actions.texts import LONGEST_MASKED, TextsFor
from core.actions.token_keys import token_key
from core.actions.traces import TraceFilter, find_traces, open_trace
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.columns import Kind
from core.evidence.free_text import KEPT_BACK, erased_text, expired_text
from core.intake.answers import Answers
from core.store import audit
from core.store.segment_cache import SegmentCache
from core.store.uploads import Upload
from core.store.warehouse import Warehouse

HandIn = Callable[..., Upload]

WORD, MAIL = "zebra-word", "anna@example.com"
TEXT = f"{WORD} writes to {MAIL}"
READERS = {Role.REVIEWER, Role.PM, Role.SIGNER, Role.AUDITOR}
REASON = "Complaint number 17"


@pytest.fixture
def workspace(database: Any, home: Path) -> Iterator[Workspace]:
    """With the secret of the installation, as an opened workspace has it."""
    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30), partial(token_key, home))
    yield Workspace(home, database, warehouse)
    warehouse.close()


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def told(workspace: Workspace, feature: str, now: datetime, hand_in: HandIn) -> str:
    """A feature that keeps personal data as it is, with the word and the address in every text there is."""

    def answers(kind: Kind) -> Answers:
        return Answers(kind=kind, personal_text="keep")

    texts = dict.fromkeys(
        ("query", "response", "context_summary", "tool_reason", "tool_error", "error", "corrected_answer"),
        TEXT,
    )
    rows = [
        {"run_id": f"r{place}", "started_at": (now - timedelta(hours=place + 1)).isoformat(), "user_id": MAIL,
         "confidence": 0.95, "latency_ms": 7, **texts}
        for place in range(3)
    ]  # fmt: skip
    hand_in(lines(*rows), "traces.jsonl", answers=answers(Kind.TRACES))
    said = {"run_id": "r1", "answer_right": False, "note": TEXT, "corrected_answer": TEXT}
    judge = {"run_id": "r1", "answer_right": True, "is_judge": True, "reviewer": "judge"}
    labels = lines({**said, "reviewer": "Rae", "sampling": "random"}, {**judge, "sampling": "random"})
    hand_in(labels, "labels.jsonl", answers=answers(Kind.LABELS))
    failures = lines(
        {"run_id": "r1", "failure_type": "wrong tool", "note": TEXT, "fix": TEXT},
        {"run_id": "lost", "failure_type": "wrong tool", "note": TEXT, "fix": TEXT},
    )
    hand_in(failures, "failures.jsonl", answers=answers(Kind.FAILURES))
    hand_in(f"run_id,latency_ms,query\nbad,soon,{TEXT}\n", "bad.csv", answers=answers(Kind.TRACES))
    return feature


def the_bad(workspace: Workspace, told: str) -> str:
    every = list_uploads(workspace, LOCAL_CALLER, told)
    return next(upload.id for upload in every if upload.file_name == "bad.csv")


def sheet(book: bytes) -> str:
    rows = load_workbook(BytesIO(book)).worksheets[0].iter_rows(values_only=True)
    return str(list(rows))


SHOWN: dict[str, Callable[[Workspace, Caller, datetime, str], object]] = {
    "list": lambda w, who, now, slug: find_traces(w, who, slug, TraceFilter(), limit=9).lines,
    "file of the list": lambda w, who, now, slug: (
        find_traces(w, who, slug, TraceFilter(), limit=9, whole=True).lines
    ),
    "trace": lambda w, who, now, slug: open_trace(w, who, slug, "r1"),
    "failure log": lambda w, who, now, slug: sheet(failure_log(w, who, slug)),
    "pareto": lambda w, who, now, slug: failure_pareto(w, who, now, slug),
    "confident and wrong": lambda w, who, now, slug: view_confidence(w, who, now, slug, Part()),
    "file of confident and wrong": lambda w, who, now, slug: all_confident_and_wrong(
        w, who, now, slug, Part(), release="", threshold=0.8
    ),
    "judge": lambda w, who, now, slug: [one.disputes for one in view_judge_audits(w, who, now, slug, Part())],
    "uploads": lambda w, who, now, slug: [(u.report, u.fault) for u in list_uploads(w, who, slug)],
}
"""Every action that returns texts."""

NUMBERS: dict[str, Callable[[Workspace, Caller, datetime, str], object]] = {
    "coverage": lambda w, who, now, slug: coverage_over_time(w, who, slug),
    "instrumentation": lambda w, who, now, slug: instrumentation(w, who, slug),
}
"""Actions about texts that never return any."""


@pytest.mark.parametrize("what", SHOWN)
def test_texts_are_for_those_who_read_them_and_masked(
    what: str, workspace: Workspace, told: str, now: datetime
) -> None:
    for role in Role:
        said = str(SHOWN[what](workspace, Caller("Eve", frozenset({role})), now, told))
        # The user id is this address as well, and is shown to those who read texts.
        assert MAIL not in said.replace(f"user_id='{MAIL}'", "").replace(f"'user_id': '{MAIL}'", ""), role
        assert (WORD in said) == (role in READERS), role
        assert (KEPT_BACK in said) == (role not in READERS and what != "uploads"), role


@pytest.mark.parametrize("what", NUMBERS)
def test_numbers_about_texts_hold_none(what: str, workspace: Workspace, told: str, now: datetime) -> None:
    assert WORD not in str(NUMBERS[what](workspace, LOCAL_CALLER, now, told))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_who_sees_numbers_only_sees_the_same_numbers(
    role: Role, workspace: Workspace, told: str, now: datetime
) -> None:
    eve = Caller("Eve", frozenset({role}))
    ours = find_traces(workspace, LOCAL_CALLER, told, TraceFilter(), limit=9)
    theirs = find_traces(workspace, eve, told, TraceFilter(), limit=9)
    assert (theirs.total, theirs.failures) == (ours.total, ours.failures)
    kept = ("run_id", "moment", "feedback", "latency_ms")
    assert [[asdict(line)[name] for name in kept] for line in theirs.lines] == [
        [asdict(line)[name] for name in kept] for line in ours.lines
    ]
    assert {line.user_id for line in theirs.lines} != {MAIL}
    assert (theirs.has_texts, theirs.masked) == (False, 0)


def test_who_may_not_read_texts_cannot_look_for_words_in_them(workspace: Workspace, told: str) -> None:
    wanted = TraceFilter(text="no such word")
    assert find_traces(workspace, LOCAL_CALLER, told, wanted, limit=9).total == 0
    assert find_traces(workspace, Caller("V", frozenset({Role.VIEWER})), told, wanted, limit=9).total == 3


def test_what_was_masked_is_counted_and_is_the_same_token_as_of_an_import(
    workspace: Workspace, told: str, hand_in: HandIn
) -> None:
    found = find_traces(workspace, LOCAL_CALLER, told, TraceFilter(run="r1"), limit=9)
    assert found.masked == 4
    shown = found.lines[0].query
    hand_in(lines({"run_id": "new", "query": TEXT}), "n.jsonl", answers=Answers(personal_text="replace"))
    stored = open_trace(workspace, LOCAL_CALLER, told, "new")
    assert stored is not None and stored.record.values["query"] == shown
    assert stored.masked == 0


def test_personal_data_that_the_cut_goes_through_is_masked_before(
    workspace: Workspace, feature: str, hand_in: HandIn
) -> None:
    text = "x" * 190 + f" {MAIL} and more"
    hand_in(lines({"run_id": "cut", "query": text}), "n.jsonl", answers=Answers(personal_text="keep"))
    line = find_traces(workspace, LOCAL_CALLER, feature, TraceFilter(), limit=1).lines[0]
    assert line.query is not None and len(line.query) <= 200 and "anna" not in line.query


def test_a_reveal_shows_it_as_it_was_and_the_log_says_who_and_why_but_no_text(
    workspace: Workspace, told: str, now: datetime
) -> None:
    rae = Caller("Rae", frozenset({Role.REVIEWER}))
    bad = the_bad(workspace, told)
    shown = [
        reveal_trace(workspace, rae, now, told, "r1", reason=REASON),
        reveal_traces(workspace, rae, now, told, TraceFilter(), limit=9, reason=REASON),
        sheet(reveal_failure_log(workspace, rae, now, told, reason=REASON)),
        reveal_rejected_rows(workspace, rae, now, bad, reason=REASON),
    ]
    assert all(TEXT in str(one) for one in shown)
    with workspace.database.reading() as connection:
        events = audit.timeline(connection, f"feature/{told}", 4)
    assert {(event.action, event.actor) for event in events} == {("texts revealed", "Rae")}
    assert [event.payload for event in reversed(events)] == [
        {"run": "r1", "reason": REASON},
        {"traces": 3, "reason": REASON},
        {"log": "failures", "reason": REASON},
        {"upload": bad, "reason": REASON},
    ]


@pytest.mark.parametrize("reason", ["", "   short   ", "123456789"])
def test_a_reveal_takes_a_reason_and_leaves_nothing_without(
    reason: str, workspace: Workspace, told: str, now: datetime, everything: Callable[[], Any]
) -> None:
    before = everything()
    with pytest.raises(WrongUsage, match="takes a reason"):
        reveal_trace(workspace, LOCAL_CALLER, now, told, "r1", reason=reason)
    with pytest.raises(WrongUsage, match="no such trace"):
        reveal_trace(workspace, LOCAL_CALLER, now, told, "nobody", reason=REASON)
    assert everything() == before


def test_rejected_rows_are_masked_too(workspace: Workspace, told: str) -> None:
    content = rejected_rows(workspace, LOCAL_CALLER, the_bad(workspace, told)).decode("utf-8-sig")
    assert WORD in content and MAIL not in content
    assert content.splitlines()[0].startswith("readygate: row,")


KEY = "ab" * 32


@pytest.mark.parametrize("text", [None, "", expired_text("2026-03-02"), erased_text("2026-03-02")])
def test_what_is_no_text_any_more_stays_as_it_is_for_everybody(text: str | None) -> None:
    assert TextsFor(KEY, may_read=False).text(text) == text
    assert TextsFor(KEY, may_read=True).text(text) == text


def test_a_very_long_text_is_looked_through_to_a_bound_and_shown_to_it() -> None:
    text = "y" * LONGEST_MASKED + MAIL
    shown = TextsFor(KEY, may_read=True).text(text)
    assert shown == "y" * LONGEST_MASKED + f"… [{len(MAIL)} more characters]"
    assert TextsFor(KEY, may_read=True, as_it_was=True).text(text) == text
