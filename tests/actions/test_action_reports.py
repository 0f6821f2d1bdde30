"""Reports: the same answer whoever makes them, noted in the log, with both verdicts of an amendment."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from core.actions.as_json import decision_as_json
from core.actions.audit_log import AuditFilter, view_audit
from core.actions.audit_verify import read_anchor, verify_log
from core.actions.checklists import lock_checklist, save_checklist, view_checklist
from core.actions.gate_answer import gate_answer
from core.actions.gates import gate, view_gate
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.reports import ReportFormat, log_head, make_report
from core.actions.signing import sign, view_sign_off
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.verdict import Verdict
from core.report.wording import VERDICT_WORDS
from core.store import people
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Commit = Callable[..., int]
Results = Callable[..., str]
EVAL_ITEM = {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": 0.8}
VERA = Caller("Vera", frozenset({Role.VIEWER}))


class _Text(HTMLParser):
    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.said = ""
        self.feed(content.decode())

    def handle_data(self, data: str) -> None:
        self.said += data


def page(workspace: Workspace, now: datetime, slug: str, caller: Caller = LOCAL_CALLER) -> str:
    return _Text(make_report(workspace, caller, now, slug, ReportFormat.HTML).content).said


def document(workspace: Workspace, now: datetime, slug: str, **options: Any) -> Any:
    return json.loads(make_report(workspace, LOCAL_CALLER, now, slug, ReportFormat.JSON, **options).content)


@pytest.fixture
def measured(feature: str, commit: Commit, hand_in: HandIn, results: Results) -> str:
    """A locked feature with one upload that counts and one that was withdrawn."""
    commit()
    hand_in(results(90, 10), "good.jsonl")
    return feature


@pytest.mark.parametrize("form", ReportFormat)
def test_making_one_is_noted_and_the_anchor_is_that_note(
    form: ReportFormat, workspace: Workspace, measured: str, now: datetime
) -> None:
    made = make_report(workspace, VERA, now, measured, form)
    entry = view_audit(workspace, LOCAL_CALLER, measured, AuditFilter()).entries[0]
    assert (entry.who, entry.action, entry.seq) == ("Vera", "report made", made.anchor.events)
    assert entry.hash == made.anchor.head
    assert entry.payload["sha256"] == made.sha256
    assert entry.sentence == f"made a report as {form.upper()}"
    assert made.file_name == f"{measured}-report-2026-03-02.{form}"
    assert log_head(workspace, VERA, measured) == made.anchor
    assert str(made.anchor) in content_of(made.content, form)


def content_of(content: bytes, form: ReportFormat) -> str:
    if form is ReportFormat.PDF:
        return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)
    if form is not ReportFormat.XLSX:
        return content.decode()
    book = openpyxl.load_workbook(io.BytesIO(content))
    return "\n".join(
        str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row
    )


def test_the_line_to_check_it_with_can_be_pasted_as_it_is(
    workspace: Workspace, measured: str, now: datetime
) -> None:
    said = page(workspace, now, measured)
    noted = re.search(r"readygate verify --anchor (\S+:\d+)", said)
    assert noted
    assert verify_log(workspace, LOCAL_CALLER, now, read_anchor(noted[1])).ok
    assert "entries were as written" in said


def test_it_says_what_the_gate_says_and_what_it_rests_on(
    workspace: Workspace, measured: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    gone = hand_in(results(3, 1, first=500), "bad.jsonl")
    withdraw_upload(workspace, LOCAL_CALLER, now, gone.id, "The wrong suite.")
    said = document(workspace, now, measured)
    assert said["body"]["decision"] == decision_as_json(gate(workspace, LOCAL_CALLER, now, measured))
    files = said["body"]["uploads"]
    assert [(one["file"], one["rows"]) for one in files] == [("good.jsonl", 100), ("bad.jsonl", 4)]
    assert [one["withdrawn"] for one in files] == ["", "withdrawn by local user: The wrong suite."]
    text = page(workspace, now, measured)
    for one in files:
        assert one["sha256"] in text
    assert "withdrawn by local user: The wrong suite." in text


def test_gate_endpoint_page_and_report_agree_from_the_draft_to_an_amendment(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    """One feature through five states; each is told by the gate, the endpoint, the page and every format."""

    def draft() -> None:
        commit(lock=False)

    def locked() -> None:
        lock_checklist(
            workspace, LOCAL_CALLER, now - timedelta(days=6), feature,
            based_on=view_checklist(workspace, LOCAL_CALLER, feature).number or 0,
        )  # fmt: skip

    def failing() -> None:
        hand_in(results(50, 50), "bad.jsonl", at=now - timedelta(days=5))

    def passing() -> None:
        hand_in(results(700, 10), "good.jsonl", at=now - timedelta(days=1))

    def another_bar() -> None:
        commit([dict(EVAL_ITEM, bar=0.999)], at=now, reason="The bar was too low.")

    seen = set()
    for step in (draft, locked, failing, passing, another_bar):
        step()
        decision = gate(workspace, LOCAL_CALLER, now, feature)
        said = decision_as_json(decision)
        assert gate_answer(workspace, LOCAL_CALLER, now, feature) == said, step
        assert decision_as_json(view_gate(workspace, LOCAL_CALLER, now, feature).decision) == said, step
        assert document(workspace, now, feature)["body"]["decision"] == said, step
        papers = [
            "".join(page(workspace, now, feature).split()),
            content_of(
                make_report(workspace, LOCAL_CALLER, now, feature, ReportFormat.PDF).content, ReportFormat.PDF
            ),
        ]
        wanted = [VERDICT_WORDS[decision.verdict], *(row.why for row in decision.rows)]
        wanted += [one.sentence for one in decision.conditions]
        lacking = [words for words in wanted for paper in papers if "".join(words.split()) not in paper]
        assert lacking == [], step
        seen.add((decision.verdict, decision.bar.is_draft))
    assert len(seen) > 3


def test_the_same_state_gives_the_same_report_but_for_its_header(
    workspace: Workspace, measured: str, now: datetime
) -> None:
    """The page asks for now, the command for a date: made for the same moment they are the same."""
    first = document(workspace, now, measured)
    later = now + timedelta(hours=5)
    again = json.loads(make_report(workspace, VERA, later, measured, ReportFormat.JSON, as_of=now).content)
    assert (again["body"], again["sha256"]) == (first["body"], first["sha256"])
    assert again["header"] != first["header"]
    assert (again["header"]["made_by"], again["header"]["made_at"]) == ("Vera", later.isoformat())
    pages = [
        make_report(workspace, VERA, at, measured, ReportFormat.HTML, as_of=now).content
        for at in (now, later)
    ]
    parts = rb"head of the log \w{64}:\d+|Head of the audit log.*</body>"
    bodies = [re.sub(parts, b"", one, flags=re.DOTALL) for one in pages]
    assert bodies[0] == bodies[1]


def test_a_log_that_was_tampered_with_is_said_on_the_report(
    workspace: Workspace, measured: str, now: datetime
) -> None:
    with workspace.database.writing() as connection:
        for statement in _without_triggers(workspace):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("UPDATE audit_event SET actor = 'Eve' WHERE seq = 1")
    assert "the audit log is broken at entry 1" in page(workspace, now, measured)


def _without_triggers(workspace: Workspace) -> list[str]:
    if workspace.database.dialect == "postgresql":
        return ["SET LOCAL session_replication_role = replica"]
    with workspace.database.reading() as connection:
        names = (
            connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .scalars()
            .all()
        )
    return [f"DROP TRIGGER {name}" for name in names if "audit_event" in name]


@dataclass(frozen=True)
class Team:
    """Somebody who writes, and two who sign; each signed in just now."""

    ada: Caller
    lea: Caller
    sam: Caller


@pytest.fixture
def team(workspace: Workspace, now: datetime) -> Team:
    def join(name: str, role: Role) -> Caller:
        with workspace.database.writing() as connection:
            added = people.add(
                connection, issuer="https://id.example.com", subject=name, name=name,
                email=f"{name}@example.com", added_by="test", now=now - timedelta(days=9),
            )  # fmt: skip
            people.grant(
                connection, person_id=added.id, feature_id=None, role=role.value, by="test", by_id=None,
                now=now - timedelta(days=9),
            )  # fmt: skip
        return Caller(name, verified=True, person_id=added.id)

    return Team(join("Ada", Role.PM), join("Lea", Role.SIGNER), join("Sam", Role.SIGNER))


def test_an_amendment_after_results_shows_both_verdicts_who_and_why(
    workspace: Workspace, feature: str, team: Team, now: datetime, hand_in: HandIn, results: Results
) -> None:
    """High stakes: locked above 80 %, 85 of 100 come, amended to 75 %; earlier signatures stay in sight."""

    def hold_to(bar: float, at: datetime, reason: str = "") -> None:
        item = {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": bar}
        number = save_checklist(
            workspace, team.ada, at, feature, read_checklist({"stakes": "high", "items": [item]}),
            based_on=view_checklist(workspace, team.ada, feature).number,
        ).number  # fmt: skip
        lock_checklist(workspace, team.ada, at, feature, based_on=number, reason=reason)

    def approve(who: Caller, at: datetime, typed: str) -> None:
        fresh = replace(who, signed_in_at=at.timestamp() - 60)
        view = view_sign_off(workspace, fresh, at, feature)
        what = view.amendment or view.commitment
        assert what is not None
        sign(
            workspace, fresh, at, feature, about=what.about, sha256=what.sha256, typed=typed, choice="approve"
        )

    hold_to(0.8, now - timedelta(days=6))
    approve(team.lea, now - timedelta(days=5), "LOCK")
    hand_in(results(85, 15), "first.jsonl", at=now - timedelta(days=4))
    hold_to(0.75, now - timedelta(days=3), "The last mile does not matter.")
    for who in (team.lea, team.sam):
        approve(who, now - timedelta(days=2), "AMEND")
    hand_in(results(85, 15, first=0), "again.jsonl", at=now - timedelta(days=1))
    hand_in(results(170, 30, first=200), "more.jsonl", at=now - timedelta(days=1))

    decision = gate(workspace, LOCAL_CALLER, now, feature)
    assert decision.as_committed is not None
    both = VERDICT_WORDS[decision.as_committed], VERDICT_WORDS[decision.verdict]
    said = page(workspace, now, feature)
    assert f"As first committed: {both[0]} · as amended: {both[1]}" in said
    assert "by Ada, after results were seen (holds now): The last mile does not matter." in said
    assert "the bar goes from above 80 % to above 75 %" in said
    for name in ("Lea", "Sam"):
        assert f"{name} · approved · Amendment 1 · 28 Feb 2026" in said
    earlier = (
        "Lea · approved · First lock · 25 Feb 2026, 14:05 UTC · does not count: signed before amendment 1"
    )
    assert earlier in said
    body = document(workspace, now, feature)["body"]["decision"]
    assert (body["as_committed"], body["verdict"]) == (decision.as_committed.value, decision.verdict.value)
    assert [one["reason"] for one in body["commitments"]] == ["The last mile does not matter.", ""]
    assert body["commitments"][0]["loosens"]
    assert decision.verdict is not Verdict.NO_DATA
