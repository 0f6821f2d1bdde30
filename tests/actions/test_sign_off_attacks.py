"""Ways round the signatures: files and answers changed after them, races, second accounts, edits by hand."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from core.actions.attached_files import attach_file
from core.actions.audit_verify import verify_log
from core.actions.checklists import answer_item, lock_checklist, save_checklist, view_checklist
from core.actions.concentration import view_worst_users
from core.actions.erasure import ask_erasure
from core.actions.gates import gate
from core.actions.gauges import Part
from core.actions.metrics import metrics_of
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.plans import save_plan, take_plan_template, view_plan
from core.actions.rollout import start_phase
from core.actions.signing import sign, view_sign_off, withdraw_signature
from core.actions.slices import slice_traffic, view_slices
from core.actions.waivers import ask_waiver, decide_waiver
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.commitment import Signers
from core.criteria.judge import AnswerGiven
from core.decision.sign_off import SignOff
from core.errors import Conflict, NotAllowed, WrongUsage
from core.metrics.measurement import Source
from core.rollout.plan import Fallback
from core.store import audit, commitments, people
from core.store.record_checks import check_records
from core.store.tables import commitment
from core.store.user_codes import is_code

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
Person = Callable[..., Caller]


class Case:
    """A locked checklist of a suite and a question with one signer, evidence and an answer: all is GO."""

    def __init__(self, workspace: Workspace, slug: str, now: datetime, person: Person) -> None:
        self.workspace, self.slug, self.now = workspace, slug, now
        self.pia, self.rae = person("Pia", "pm"), person("Rae", "reviewer", "signer")
        self.lea, self.omar = person("Lea", "signer"), person("Omar", "signer")

    def at(self) -> datetime:
        self.now += MINUTE
        return self.now

    def off(self, what: str) -> SignOff:
        found = getattr(view_sign_off(self.workspace, LOCAL_CALLER, self.now, self.slug), what)
        assert isinstance(found, SignOff)
        return found

    def sign(self, who: Caller, what: str, at: datetime | None = None, sha256: str = "") -> None:
        one = self.off(what)
        at = at or self.at()
        word = "go" if one.about == "step" else "lock" if one.commitment == 1 else "amend"
        sign(
            self.workspace, replace(who, signed_in_at=at.timestamp()), at, self.slug, about=one.about,
            sha256=sha256 or one.sha256, typed=word, choice="approve",
        )  # fmt: skip

    def answer(self, who: Caller, why: str = "Read the plan") -> int:
        return answer_item(
            self.workspace, who, self.at(), self.slug, "plan", answer=AnswerGiven.YES, why=why
        ).id

    def amend(self, bar: float, at: datetime) -> None:
        seen = view_checklist(self.workspace, self.pia, self.slug)
        items = [one.model_dump(mode="json") for one in seen.checklist.items]
        items[0]["bar"] = bar
        number = save_checklist(
            self.workspace, self.pia, at, self.slug, read_checklist({"stakes": "low", "items": items}),
            based_on=seen.number,
        ).number  # fmt: skip
        lock_checklist(self.workspace, self.pia, at, self.slug, based_on=number, reason="It has to change")

    @property
    def verified(self) -> list[str]:
        return [one.sentence for one in verify_log(self.workspace, LOCAL_CALLER, self.now).findings]

    def by_hand(self, *statements: str) -> None:
        with self.workspace.database.writing() as connection:
            for statement in statements:
                connection.execute(text(statement))


@pytest.fixture
def case(
    workspace: Workspace, feature: str, now: datetime, items: dict[str, Any], person: Person,
    ship: Callable[..., None], hand_in: Callable[..., Any], results: Callable[..., str],
) -> Case:  # fmt: skip
    case = Case(workspace, feature, now - timedelta(hours=12), person)
    ship(workspace, feature, case.at())
    body = {"stakes": "low", "items": [items["suite"] | {"bar": 0.1}, items["plan"]]}
    number = save_checklist(
        workspace, case.pia, case.at(), feature, read_checklist(body), based_on=None
    ).number
    take_plan_template(
        workspace, case.pia, case.at(), feature, "guardrail_escalation", based_on=None, owner="Ada",
        fallback=Fallback.NON_AI,
    )  # fmt: skip
    lock_checklist(workspace, case.pia, case.at(), feature, based_on=number, signers=Signers(needed=1))
    hand_in(results(40), at=case.at())
    case.answer(case.rae)
    return case


def test_a_file_or_another_answer_after_the_signature_voids_it(case: Case) -> None:
    answer = case.answer(case.rae)
    case.sign(case.lea, "step")
    assert case.off("step").is_met
    attach_file(case.workspace, case.rae, case.at(), case.slug, answer, file_name="a.txt", content=b"minutes")
    (line,) = case.off("step").lines
    assert (line.counts, line.why_not) == (False, "the answers changed after it: 1 row")
    case.sign(case.lea, "step")
    assert case.off("step").is_met
    case.answer(case.rae, "Read another plan")
    assert case.off("step").given == 0
    answers = [row["answer"] for row in case.off("step").statement["rows"] if "answer" in row]
    assert [one["by"] for one in answers] == ["Rae"]
    assert "Read another plan" not in str(case.off("step").statement)


def test_whoever_answered_does_not_sign_what_rests_on_the_answer(case: Case) -> None:
    case.sign(case.rae, "commitment")
    with pytest.raises(NotAllowed, match="You had a hand in"):
        case.sign(case.rae, "step")
    case.answer(case.pia)
    case.sign(case.rae, "step")
    assert case.off("step").is_met


def test_whoever_wrote_a_plan_that_no_lock_binds_does_not_sign_the_step(
    workspace: Workspace, case: Case, person: Person
) -> None:
    bea = person("Bea", "pm", "signer")
    with workspace.database.writing() as connection:
        connection.execute(text("UPDATE document_version SET author_id = NULL WHERE kind = 'plan'"))
    assert bea.person_id not in case.off("step").wrote
    seen = view_plan(workspace, bea, case.slug)
    save_plan(workspace, bea, case.at(), case.slug, seen.plan.model_copy(update={"owner": "Bea"}), based_on=1)
    assert bea.person_id not in case.off("step").wrote, "the bound plan holds"
    unbound = {"plan_number": None, "plan_sha256": None}
    with workspace.database.writing() as connection:
        terms = dict(commitments.newest(connection, 1).terms) | unbound  # type: ignore[union-attr, arg-type]
        connection.execute(update(commitment).values(terms=terms))
    assert bea.person_id in case.off("step").wrote


def test_a_self_given_role_signs_nothing_and_refuses_nothing(case: Case, person: Person) -> None:
    adam = person("Adam", "signer", grants_itself=True)
    for choice in ("approve", "refuse"):
        with pytest.raises(NotAllowed) as told:
            sign(
                case.workspace, replace(adam, signed_in_at=case.now.timestamp()), case.now, case.slug,
                about="commitment", sha256=case.off("commitment").sha256, typed="LOCK", choice=choice,
                reason="It is not what we agreed",
            )  # fmt: skip
        assert told.value.code == "not_a_signer_of_it"


# Races: the moment of a page is older than what others did while it waited.


def test_who_signs_while_the_lock_is_amended_signs_nothing_unseen(case: Case) -> None:
    shown, seen_at = case.off("commitment").sha256, case.at()
    case.amend(0.2, seen_at + SECOND)
    with pytest.raises(Conflict):
        case.sign(case.lea, "commitment", seen_at, shown)


def test_a_waiting_amendment_that_was_overtaken_meanwhile_is_not_put_in_force(case: Case) -> None:
    case.amend(0.05, case.at())
    case.sign(case.lea, "amendment")
    shown, seen_at = case.off("amendment").sha256, case.at()
    case.amend(0.08, seen_at + SECOND)
    with pytest.raises(Conflict):
        case.sign(case.omar, "amendment", seen_at, shown)
    lines = gate(case.workspace, LOCAL_CALLER, case.at(), case.slug).commitments
    assert [line.in_force for line in lines] == [False, False, True]


def test_a_step_does_not_go_past_a_signature_that_was_taken_back_meanwhile(case: Case) -> None:
    for what in ("commitment", "step"):
        case.sign(case.lea, what)
    asked_at = case.at()
    given = case.off("step").lines[0].id
    withdraw_signature(
        case.workspace, case.lea, asked_at + SECOND, case.slug, given, reason="I read it again"
    )
    with pytest.raises(WrongUsage, match="0 of 1 signature"):
        start_phase(case.workspace, case.pia, asked_at, case.slug)


def test_a_clock_that_was_a_day_ahead_draws_nothing_after_it(case: Case) -> None:
    with case.workspace.database.writing() as connection:
        audit.append(
            connection, actor="x", action="refused", subject=f"feature/{case.slug}", payload={},
            now=case.now + timedelta(days=1),
        )  # fmt: skip
    at = case.at()
    case.sign(case.lea, "commitment", at)
    assert case.off("commitment").lines[0].at == at


# Second accounts.


def test_a_role_given_by_another_account_of_the_same_person_does_not_count(
    case: Case, person: Person
) -> None:
    giver, taker = person("Max", "admin", email="max@example.com"), person("Maxi", email="MAX@example.com")
    assert giver.person_id is not None and taker.person_id is not None
    with case.workspace.database.writing() as connection:
        people.grant(
            connection, person_id=taker.person_id, feature_id=None, role="signer", by="Max",
            by_id=giver.person_id, now=case.now,
        )  # fmt: skip
        assert taker.person_id not in people.holders(connection, 1, "signer")
    with pytest.raises(NotAllowed):
        case.sign(taker, "commitment")


# Rows changed by hand, past the log.

BY_HAND = {
    "a role given": "INSERT INTO role_grant (person_id, role, granted_by, granted_at)"
    " SELECT id, 'signer', 'Root', added_at FROM person WHERE name = 'Pia'",
    "a role for another feature": "UPDATE role_grant SET feature_id = NULL WHERE role = 'pm'",
    "another role": "UPDATE role_grant SET role = 'signer' WHERE role = 'pm'",
    "a role taken back": "UPDATE role_grant SET revoked_by = 'Root', revoked_at = granted_at"
    " WHERE role = 'pm'",
    "who gave a role": "UPDATE role_grant SET granted_by_id = person_id WHERE role = 'pm'",
    "a role gone": "DELETE FROM role_grant WHERE role = 'pm'",
    "another sign-in": "UPDATE person SET subject = 'sub-x' WHERE name = 'Lea'",
    "another address": "UPDATE person SET email = 'x@example.com' WHERE name = 'Lea'",
    "somebody removed": "UPDATE person SET removed_at = added_at WHERE name = 'Lea'",
    "somebody renamed": "UPDATE person SET name = 'Eve' WHERE name = 'Lea'",
    "somebody put in": "INSERT INTO person (name, email, added_by, added_at)"
    " SELECT 'Eve', 'eve@example.com', 'Root', added_at FROM person WHERE name = 'Pia'",
    "the name of a file": "UPDATE attached_file SET file_name = 'b.txt'",
    "what is in a file": "UPDATE attached_file SET content = packed FROM (SELECT packed_keys AS packed"
    " FROM segment) AS other",
    "a file gone": "DELETE FROM attached_file",
    "when it came into force": "UPDATE commitment SET in_force_at = NULL",
    "who signed": "UPDATE signature SET person_id = (SELECT id FROM person WHERE name = 'Omar')",
    "who wrote a plan": "UPDATE document_version SET author_id = NULL WHERE kind = 'plan'",
    "who locked": "UPDATE commitment SET locked_by_id = (SELECT id FROM person WHERE name = 'Omar')",
    "who answered": "UPDATE attestation SET answered_by_id = NULL WHERE id ="
    " (SELECT MAX(id) FROM attestation)",
    "who uploaded": "UPDATE upload SET asked_by_id = (SELECT id FROM person WHERE name = 'Omar')",
    "whom an erasure is about": "UPDATE erasure SET fingerprint = 'x'",
    "an erasure taken back": "UPDATE erasure SET cancelled_by = 'Pia', cancelled_at = asked_at",
    "an erasure gone": "DELETE FROM erasure",
}


@pytest.fixture
def whole(case: Case) -> Case:
    answer = case.answer(case.rae)
    attach_file(case.workspace, case.rae, case.at(), case.slug, answer, file_name="a.txt", content=b"minutes")
    case.sign(case.lea, "commitment")
    ask_erasure(case.workspace, case.pia, case.at(), case.slug, wanted="u-1", reason="Request number 17")
    assert case.verified == []
    return case


class _Undone(Exception):
    """Ends a transaction that is not to be kept."""


def findings_after(whole: Case, statement: str) -> list[str]:
    """What is found with a row changed so, which is then put back."""
    found: list[str] = []
    try:
        with whole.workspace.database.writing() as connection:
            connection.execute(text(statement))
            found = [f"{one.kind} {one.fault} {one.fields}" for one in check_records(connection).broken]
            raise _Undone
    except _Undone:
        return found


def test_every_row_changed_by_hand_is_reported(whole: Case) -> None:
    found = {name: findings_after(whole, statement) for name, statement in BY_HAND.items()}
    assert {name: lines for name, lines in found.items() if not 1 <= len(lines) <= 2} == {}
    assert whole.verified == [], "nothing was kept"


def test_an_emptied_entry_accuses_no_later_change_and_hides_no_other_row(case: Case) -> None:
    until = (case.now + timedelta(days=5)).date()
    asked = ask_waiver(
        case.workspace, case.pia, case.at(), case.slug, "suite", reason="It is mended soon", until=until
    )
    decide_waiver(case.workspace, case.lea, case.at(), case.slug, asked.id, choice="approve")
    case.amend(0.05, case.at())
    case.sign(case.lea, "amendment")
    case.sign(case.omar, "amendment")
    withdraw_signature(
        case.workspace, case.omar, case.at(), case.slug, case.off("commitment").approvals[0].id,
        reason="I read it again",
    )  # fmt: skip
    with case.workspace.database.writing() as connection:
        for one in audit.timeline(connection, f"feature/{case.slug}", 4):
            audit.erase(connection, one.seq)
    emptied = {"signature withdrawn", "commitment signed", "checklist amended"}
    with case.workspace.database.reading() as connection:
        assert emptied <= {one.action for one in audit.timeline(connection, f"feature/{case.slug}", 4)}
    assert case.verified == []
    case.by_hand(
        "INSERT INTO waiver (feature_id, item_id, item_sha256, label, reason, asked_by, asked_at, expires_at)"
        " SELECT feature_id, 'plan', item_sha256, label, reason, asked_by, asked_at, expires_at FROM waiver"
    )
    assert len(case.verified) == 1, "entries about signatures say nothing of waivers"


# User ids.


@pytest.fixture
def busy(workspace: Workspace, feature: str, now: datetime, hand_in: Callable[..., Any]) -> Iterator[str]:
    rows = [
        {
            "run_id": f"r{place}",
            "started_at": (now - timedelta(hours=place)).isoformat(),
            "user_id": f"user-{place % 3}",
            "user_feedback": "rejected",
        }
        for place in range(30)
    ]
    hand_in("".join(json.dumps(row) + "\n" for row in rows), "traces.jsonl")
    yield feature


def test_whoever_may_not_read_texts_sees_codes_for_users(
    workspace: Workspace, busy: str, now: datetime, person: Person
) -> None:
    asked = (now, busy, Part())
    for role, sees_ids in (("viewer", False), ("admin", False), ("reviewer", True)):
        who = person(role.title(), role)
        users = view_worst_users(workspace, who, *asked, "user_acceptance", Source.FEEDBACK).users
        assert len(users) == 3
        found = [one.user_id for one in users]
        found += [one.value for one in slice_traffic(workspace, who, *asked, "user_id").parts]
        found += [one.value for one in view_slices(workspace, who, *asked, "user_id", []).rows]
        found += [
            str(name) for name, _ in metrics_of(workspace, who, now, busy, by="user", only="user_acceptance")
        ]
        assert {is_code(one) for one in found} == {not sees_ids}, role
