"""The audit log for people: its words, its filters, its files; and what verifying finds."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from core.actions.age_limits import set_days
from core.actions.audit_log import (
    EXPORT_COLUMNS,
    PER_PAGE,
    AuditEntry,
    AuditFilter,
    export_chain,
    export_table,
    open_entry,
    view_audit,
)
from core.actions.audit_sentences import ACTIONS
from core.actions.audit_verify import (
    Anchor,
    Verification,
    last_check,
    read_anchor,
    start_check,
    verification_as_json,
    verify_log,
)
from core.actions.audit_words import title_of, told
from core.actions.checklists import answer_item
from core.actions.features import change_feature, create_feature
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.plans import take_plan_template
from core.actions.rollout_past import PastStart, record_past
from core.actions.usual_limits import Kept
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.judge import AnswerGiven
from core.criteria.stakes import Stakes
from core.errors import WrongUsage
from core.rollout.transitions import Move
from core.store import audit
from core.store.audit import ChainFault
from core.store.logged_records import MOVE_OF

CORE = Path(__file__).resolve().parents[2] / "core"
AUDITOR = Caller("Otto", frozenset({Role.AUDITOR}))
PastReadygate = Callable[..., AbstractContextManager[Connection]]
Commit = Callable[..., int]
HandIn = Callable[..., Any]
Results = Callable[..., str]


def written_actions() -> Iterator[str]:
    """Every action that some module of the program writes into the log, a * for what it fills in."""
    for file in sorted(CORE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        appends = [call for call in calls(tree) if called(call) == "audit.append"]
        for call in appends:
            (stated,) = (keyword.value for keyword in call.keywords if keyword.arg == "action")
            if isinstance(stated, ast.Name):
                # A wrapper of the module takes the word as one of its arguments.
                yield from wrapped(tree, stated.id)
            else:
                yield from words_of(stated)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    return ast.unparse(call.func)


def wrapped(tree: ast.AST, argument: str) -> Iterator[str]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and argument in [one.arg for one in function.args.args]:
            place = [one.arg for one in function.args.args].index(argument)
            for call in calls(tree):
                if called(call) == function.name:
                    named = [keyword.value for keyword in call.keywords if keyword.arg == argument]
                    stated = named[0] if named else call.args[place]
                    # One wrapper round another hands the word on; the outer one is looked at as well.
                    if not (isinstance(stated, ast.Name) and stated.id == argument):
                        yield from words_of(stated)


def words_of(stated: ast.expr) -> Iterator[str]:
    match stated:
        case ast.Constant(value=str(word)):
            yield word
        case ast.IfExp():
            yield from words_of(stated.body)
            yield from words_of(stated.orelse)
        case ast.JoinedStr():
            yield "".join(part.value if isinstance(part, ast.Constant) else "*" for part in stated.values)
        case _:
            yield ast.unparse(stated)


def test_every_action_that_is_written_has_its_words() -> None:
    written = set(written_actions())
    assert {"checklist locked", "weekly count recorded", "rollout *", "import *"} <= written
    unknown = {
        action
        for action in written
        if action not in ACTIONS and not any(word.startswith(action.rstrip("*")) for word in ACTIONS)
    }
    assert unknown == set()


def test_every_move_of_a_rollout_has_its_action() -> None:
    assert set(MOVE_OF.values()) == {move.value for move in Move}
    assert set(MOVE_OF) <= set(ACTIONS)


@pytest.fixture
def story(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn, results: Results,
    items: dict[str, Any],
) -> str:  # fmt: skip
    """A feature with a lock, evidence, an amendment, an answer, a plan and a recorded rollout."""
    commit(list(items.values()))
    upload = hand_in(results(85, 15))
    easier = items["suite"] | {"bar": 0.75}
    commit([easier, items["plan"]], at=now - timedelta(days=1), reason="The pilot is internal")
    answer_item(workspace, LOCAL_CALLER, now, feature, "plan", answer=AnswerGiven.YES, why="Größe gelesen")
    withdraw_upload(workspace, LOCAL_CALLER, now, upload.id, "The wrong file")
    set_days(workspace, LOCAL_CALLER, now, feature, Kept.TEXTS, 30)
    take_plan_template(workspace, LOCAL_CALLER, now, feature, "guardrail_escalation", based_on=None)
    before = now.date() - timedelta(days=3)
    record_past(workspace, LOCAL_CALLER, now, feature, [PastStart("beta", before)])
    return feature


def entries(workspace: Workspace, slug: str | None = None, **wanted: Any) -> tuple[AuditEntry, ...]:
    return view_audit(workspace, LOCAL_CALLER, slug, AuditFilter(**wanted)).entries


def test_each_entry_is_told_in_words_with_its_before_and_after(workspace: Workspace, story: str) -> None:
    told_of = {entry.action: entry for entry in entries(workspace, story)}
    assert {entry.feature for entry in told_of.values()} == {(story, "Helper")}
    assert told_of["feature created"].sentence == "created the feature “Helper”"
    amended = told_of["checklist amended"]
    assert amended.sentence == "amended the locked checklist: version 2 is amendment 1"
    assert amended.details == (
        "Eval pass rate, bar: above 80 % → above 75 %",
        "Easier: “Eval pass rate”: the bar goes from above 80 % to above 75 %.",
        "Stakes: medium. There was evidence already.",
        "Reason: The pilot is internal",
    )
    assert told_of["item answered"].sentence == "answered “There is a plan for failures.” with yes"
    assert told_of["evidence imported"].sentence == "imported evals from “results.jsonl”"
    assert told_of["evidence imported"].details == ("100 rows read: 100 accepted",)
    assert told_of["upload withdrawn"].details == ("Reason: The wrong file",)
    assert told_of["text days set"].details == ("90 days → 30 days",)
    assert "beta: 27 Feb 2026" in told_of["rollout recorded afterwards"].details


def test_every_written_entry_of_the_story_has_its_own_sentence(workspace: Workspace, story: str) -> None:
    for entry in entries(workspace, story):
        assert entry.sentence != entry.action, entry


def test_an_action_of_another_version_is_told_plainly(now: datetime) -> None:
    payload = {"who_else": ["Ben", "Eve"], "n": 1200, "ok": True, "none": ""}
    event = audit.AuditEvent(7, now, "Ada", "flag flown", "feature/x", payload, False, "h")
    assert told(event).sentence == "flag flown"
    assert told(event).details == ("who else: Ben, Eve", "n: 1,200", "ok: yes", "none: none")
    assert title_of("flag flown") == "Flag flown"
    for payload in ({}, None, "text", [1], {"number": "x", "changes": 3}):
        event = audit.AuditEvent(7, now, "Ada", "plan saved", "feature/x", payload, False, "h")
        assert told(event).sentence == "plan saved"


def test_an_erased_entry_says_so(workspace: Workspace, story: str) -> None:
    with workspace.database.writing() as connection:
        audit.erase(connection, 1)
    entry = open_entry(workspace, LOCAL_CALLER, story, 1)
    assert (entry.erased, entry.payload, entry.who) == (True, None, "local user")
    assert entry.sentence == "created the feature"
    assert "erased" in entry.details[0]


FILTERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "action": ({"action": "text days set"}, {"text days set"}),
    "words in capitals": ({"words": "PILOT internal"}, {"checklist amended"}),
    "a word with an umlaut": ({"words": "Größe"}, {"item answered"}),
    "signs of patterns": ({"words": "%%"}, set()),
    "no such word": ({"words": "zebra"}, set()),
    "another person": ({"person": "Ada"}, set()),
}


@pytest.mark.parametrize(("wanted", "actions"), FILTERS.values(), ids=FILTERS.keys())
def test_filters_narrow(workspace: Workspace, story: str, wanted: dict[str, Any], actions: set[str]) -> None:
    assert {entry.action for entry in entries(workspace, story, **wanted)} == actions


def test_days_are_whole_and_included(workspace: Workspace, story: str, now: datetime) -> None:
    day = (now - timedelta(days=1)).date()
    found = entries(workspace, story, first=day, last=day)
    assert {entry.action for entry in found} == {"checklist saved", "checklist amended"}
    assert {entry.at.date() for entry in found} == {day}


def test_one_features_log_leaves_out_the_others(workspace: Workspace, story: str, now: datetime) -> None:
    create_feature(workspace, LOCAL_CALLER, now, name="Other", owner="Ben", stakes=Stakes.LOW, slug="other")
    assert [entry.action for entry in entries(workspace, "other")] == ["feature created"]
    assert len(entries(workspace)) == len(entries(workspace, story)) + 1
    with pytest.raises(WrongUsage, match="no entry"):
        open_entry(workspace, LOCAL_CALLER, story, len(entries(workspace)))


def test_pages_hold_a_hundred_newest_first(workspace: Workspace, now: datetime) -> None:
    with workspace.database.writing() as connection:
        for place in range(PER_PAGE * 2 + 1):
            at = now + timedelta(seconds=place)
            audit.append(connection, actor="Ada", action="x", subject="y", payload=place, now=at)
    pages = [view_audit(workspace, LOCAL_CALLER, None, AuditFilter(), page) for page in (1, 3, 9)]
    assert [(view.page, view.pages, view.total) for view in pages] == [(1, 3, 201), (3, 3, 201), (3, 3, 201)]
    assert [entry.seq for entry in pages[0].entries] == list(range(201, 101, -1))
    assert [entry.seq for entry in pages[1].entries] == [1]


def test_a_table_has_one_row_an_entry_and_the_log_notes_it(
    workspace: Workspace, story: str, now: datetime
) -> None:
    before = entries(workspace, story)
    log = export_table(workspace, AUDITOR, now, story, AuditFilter(), "CSV")
    assert [row[0] for row in log.rows] == [entry.seq for entry in before]
    assert {len(row) for row in log.rows} == {len(EXPORT_COLUMNS)} == {len(log.columns)}
    noted = entries(workspace, story)[0]
    assert (noted.who, noted.action) == ("Otto", "audit log exported")
    assert noted.sentence == f"exported {len(before):,} entries of the audit log as CSV"


def test_json_lines_hold_what_it_takes_to_check_the_chain(
    workspace: Workspace, story: str, now: datetime
) -> None:
    with workspace.database.writing() as connection:
        audit.erase(connection, 2)
    lines = [json.loads(line) for line in export_chain(workspace, AUDITOR, now).splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert (lines[1]["salt"], lines[1]["payload"]) == (None, None)
    assert lines[0]["prev"] == "0" * 64
    assert all(after["prev"] == before["hash"] for before, after in pairwise(lines))


# Verifying


def verified(workspace: Workspace, now: datetime, anchor: Anchor | None = None) -> Verification:
    return verify_log(workspace, AUDITOR, now, anchor)


def test_what_nobody_touched_is_whole(workspace: Workspace, story: str, now: datetime) -> None:
    told_of: list[tuple[float, str]] = []
    found = verify_log(workspace, AUDITOR, now, None, lambda share, words: told_of.append((share, words)))
    assert found.ok, found.findings
    assert found.sentence.startswith(f"All {found.chain.events} entries are as written")
    # The feature, two checklists, two locks, an answer, the plan, a start and an upload.
    assert (found.records, found.segments) == (9, 1)
    shares = [share for share, _ in told_of]
    assert shares == sorted(shares)
    assert told_of[-1][1] == "Reading the evidence: part 1 of 1"


def test_an_erased_payload_accuses_nobody(workspace: Workspace, story: str, now: datetime) -> None:
    with workspace.database.writing() as connection:
        for seq in range(1, verified(workspace, now).chain.events + 1):
            audit.erase(connection, seq)
    assert verified(workspace, now).ok


TAMPERED = {
    "the bar in a document": (
        "UPDATE document_version SET body = replace(body, '0.8', '0.7')"
        " WHERE number = 1 AND kind = 'checklist'",
        "version 1 of the checklist was changed past Readygate; entry 2 says otherwise about its content",
    ),
    "a document made unreadable": (
        "UPDATE document_version SET body = '{' WHERE number = 1 AND kind = 'checklist'",
        "version 1 of the checklist was changed past Readygate; entry 2 says otherwise about its content",
    ),
    "the author of a document": (
        "UPDATE document_version SET author = 'Eve' WHERE kind = 'plan'",
        "version 1 of the plan was changed past Readygate; entry 11 says otherwise about author",
    ),
    "a document gone": (
        "DELETE FROM document_version WHERE number = 2",
        "version 2 of the checklist is gone; entry 6 tells of it",
    ),
    "a lock moved to another version": (
        "UPDATE commitment SET checklist_number = 2 WHERE number = 1",
        "lock 1 of the checklist was changed past Readygate; entry 3 says otherwise about the checklist's",
    ),
    "an amendment gone": (
        "DELETE FROM commitment WHERE number = 2",
        "lock 2 of the checklist is gone; entry 7 tells of it",
    ),
    "evidence not seen": (
        "UPDATE commitment SET evidence_seen = (1 = 0) WHERE number = 2",
        "lock 2 of the checklist was changed past Readygate; entry 7 says otherwise about whether evidence",
    ),
    "an answer": (
        "UPDATE attestation SET answer = 'no'",
        "the answer of local user to “plan” was changed past Readygate; entry 8 says otherwise about answer",
    ),
    "an answer slipped in": (
        "INSERT INTO attestation"
        " (id, feature_id, item_id, sentence, answer, why, link, answered_by, answered_at) SELECT"
        " 99, feature_id, 'other', sentence, answer, why, link, answered_by, answered_at FROM attestation",
        "the answer of local user to “other” was put in past Readygate: no entry tells of it",
    ),
    "a step of the rollout": (
        "UPDATE transition SET phase = 'full'",
        "the step “start” of full by local user was changed past Readygate; entry 12 says otherwise about ph",
    ),
    "a step gone": ("DELETE FROM transition", "the start of beta, recorded by local user is gone; entry 12"),
    "an upload that counts again": (
        "UPDATE upload SET state = 'done'",
        "the upload “results.jsonl” was changed past Readygate; entry 9 says otherwise about whether it",
    ),
    "a file's fingerprint": (
        "UPDATE upload SET sha256 = 'x'",
        "the upload “results.jsonl” was changed past Readygate; entry 9 says otherwise about its fingerprint",
    ),
    "the stakes": (
        "UPDATE feature SET stakes = 'low'",
        "the feature itself was changed past Readygate; entry 10 says otherwise about stakes",
    ),
    "evidence gone": (
        "DELETE FROM segment",
        "the upload “results.jsonl” was changed past Readygate; entry 9 says otherwise about how many rows",
    ),
    "the content of the evidence": (
        "UPDATE segment SET content = packed_keys",
        "a part of “results.jsonl” was changed: its content is not what its fingerprint was taken of",
    ),
}


@pytest.mark.parametrize(("attack", "sentence"), TAMPERED.values(), ids=TAMPERED.keys())
def test_a_row_changed_past_readygate_is_named(
    workspace: Workspace, story: str, now: datetime, attack: str, sentence: str, past_readygate: PastReadygate
) -> None:
    with past_readygate(workspace.database) as connection:
        connection.execute(text(attack))
    found = verified(workspace, now)
    assert found.chain.ok
    assert not found.ok
    (finding,) = found.findings
    assert finding.sentence.startswith(f"helper: {sentence}")
    assert verification_as_json(found)["records"][0]["sentence"] == finding.sentence


def test_a_label_slipped_in_is_seen(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, past_readygate: PastReadygate
) -> None:
    labels = "run_id,answer_right,reviewer\nr1,yes,Vera\nr2,no,Vera\n"
    hand_in(labels, "labels.csv")
    hand_in(labels.replace("r2,no", "r2,yes"), "corrected.csv")
    assert verified(workspace, now).ok
    with past_readygate(workspace.database) as connection:
        connection.execute(text("DELETE FROM label WHERE run_id = 'r2'"))
    assert [one.record.fields for one in verified(workspace, now).findings] == [
        ("accepted", "judged", "words")
    ] * 2


ENTRY_2 = "Entry 2 of 24 February 2026, 14:05 UTC (saved the checklist, helper, by local user)"
CHAIN = {
    "actor": (
        "UPDATE audit_event SET actor = 'Eve' WHERE seq = 2",
        "changed",
        ENTRY_2.replace("local user", "Eve"),
    ),
    "time": (
        "UPDATE audit_event SET ts = '2020-01-01 00:00:00.000000' WHERE seq = 2",
        "changed",
        "Entry 2 of 1 January 2020",
    ),
    "payload": ("UPDATE audit_payload SET payload = '{}' WHERE seq = 2", "changed", ENTRY_2),
    "deleted": (
        "DELETE FROM audit_event WHERE seq = 2",
        "missing",
        "Entry 2 is missing: it was removed. After it: Entry 3 of",
    ),
}


@pytest.mark.parametrize(("attack", "fault", "sentence"), CHAIN.values(), ids=CHAIN.keys())
def test_the_first_bad_entry_is_named_in_words(
    workspace: Workspace,
    story: str,
    now: datetime,
    attack: str,
    fault: str,
    sentence: str,
    past_readygate: PastReadygate,
) -> None:
    with past_readygate(workspace.database) as connection:
        if attack.startswith("DELETE"):
            connection.execute(text("DELETE FROM audit_payload WHERE seq = 2"))
        connection.execute(text(attack))
    found = verified(workspace, now)
    assert (found.ok, found.chain.fault, found.chain.first_broken_seq) == (False, fault, 2)
    assert found.sentence.startswith(sentence)
    if fault == "changed":
        assert found.sentence.endswith(" was changed afterwards, or one before it was removed.")


def test_a_cut_end_and_a_new_log_are_found_with_a_noted_head(
    workspace: Workspace, story: str, now: datetime, past_readygate: PastReadygate
) -> None:
    whole = verified(workspace, now).chain
    noted = Anchor(whole.events, whole.head)
    assert verified(workspace, now, noted).ok
    with past_readygate(workspace.database) as connection:
        for table in ("audit_payload", "audit_event"):
            connection.execute(text(f"DELETE FROM {table} WHERE seq = {whole.events}"))
        connection.execute(text("DELETE FROM transition"))
    assert verified(workspace, now).ok
    cut = verified(workspace, now, noted)
    assert cut.chain.fault is ChainFault.CUT
    assert cut.sentence.startswith(f"The log ends with Entry {whole.events - 1} of 2 March 2026, 14:05 UTC")
    change_feature(workspace, LOCAL_CALLER, now, story, name="Renamed", owner=None, stakes=Stakes.HIGH)
    anew = verified(workspace, now, noted)
    assert anew.chain.fault is ChainFault.NOT_AS_NOTED
    assert "is not the one that was noted down" in anew.sentence


def test_an_empty_log_is_whole(workspace: Workspace, now: datetime) -> None:
    found = verified(workspace, now, read_anchor(f"{audit.NO_EVENT}:0"))
    assert (found.ok, found.sentence, found.records) == (True, "The log is empty.", 0)


@pytest.mark.parametrize(
    "text", ["x", "a" * 64, f"{'a' * 64}:", f"{'a' * 64}:-1", f"{'a' * 64}:0", f"{'g' * 64}:3", "3"]
)
def test_what_is_no_noted_head_is_refused(text: str) -> None:
    with pytest.raises(WrongUsage, match="not a head of the log"):
        read_anchor(text)


def test_a_noted_head_survives_spaces_and_capitals() -> None:
    assert read_anchor(f" {'A' * 32}\n{'a' * 32}:12 ") == Anchor(12, "a" * 64)
    assert read_anchor(f"readygate verify --anchor {'a' * 64}:12") == Anchor(12, "a" * 64), (
        "as reports print it"
    )
    assert read_anchor("  ") is None


def test_the_background_check_ends_with_its_result(workspace: Workspace, story: str, now: datetime) -> None:
    assert last_check(workspace, AUDITOR) is None
    check = start_check(workspace, AUDITOR, now)
    assert check.ended.wait(60)
    assert last_check(workspace, AUDITOR) is check
    assert check.result is not None
    assert (check.result.ok, check.result.at, check.problem) == (True, now, "")


# What the operations guide says about checking the exported log without Readygate


def outsider(folder: Path, lines: list[bytes]) -> subprocess.CompletedProcess[str]:
    """The program in the guide, run over these lines."""
    guide = (CORE.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"<!-- verify -->\n```python\n(.*?)```", guide, re.DOTALL)
    (folder / "check.py").write_text(program, encoding="utf-8")
    (folder / "log.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    command = [sys.executable, str(folder / "check.py"), str(folder / "log.jsonl")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_outsider_can_check_the_exported_log(
    workspace: Workspace, story: str, now: datetime, tmp_path: Path
) -> None:
    with workspace.database.writing() as connection:
        audit.erase(connection, 2)
    chain = verified(workspace, now).chain
    lines = export_chain(workspace, AUDITOR, now).splitlines()
    assert outsider(tmp_path, lines).stdout == f"{chain.head}:{chain.events}\n"
    for bad in (
        [*lines[:3], *lines[4:]],
        [lines[1], lines[0], *lines[2:]],
        [line.replace(b"internal", b"external") for line in lines],
        [line.replace(b"local user", b"somebody") for line in lines],
    ):
        found = outsider(tmp_path, bad)
        assert found.returncode == 1
        assert "AssertionError: entry" in found.stderr
