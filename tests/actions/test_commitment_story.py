"""The commitment from its lock to a signed step: both verdicts, who and why, and what nobody can hide."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.actions.as_json import decision_as_json
from core.actions.audit_verify import verify_log
from core.actions.checklists import lock_checklist, preview_lock, save_checklist, view_checklist
from core.actions.gates import gate, view_gate
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.plans import save_plan, take_plan_template, view_plan
from core.actions.rollout import start_phase, view_rollout
from core.actions.signing import sign, view_sign_off
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.commitment import Signers
from core.criteria.verdict import Verdict
from core.errors import WrongUsage
from core.rollout.plan import Fallback
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Results = Callable[..., str]
Commit = Callable[..., int]
Person = Callable[..., Caller]
Item = dict[str, Any]

DAY = timedelta(days=1)


def saved(workspace: Workspace, who: Caller, at: datetime, slug: str, items: list[Item], stakes: str) -> int:
    return save_checklist(
        workspace, who, at, slug, read_checklist({"stakes": stakes, "items": items}),
        based_on=view_checklist(workspace, who, slug).number,
    ).number  # fmt: skip


@pytest.fixture
def story(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results,
    items: dict[str, Item], person: Person,
) -> dict[str, Caller]:  # fmt: skip
    """N1: high stakes, "> 80 %" locked and signed by two, 85 of 100 right, then amended to 75 %."""
    who = {
        "pia": person("Pia", "pm"),
        "lea": person("Lea", "signer"),
        "omar": person("Omar", "signer"),
    }
    number = saved(workspace, who["pia"], now, feature, [items["suite"]], "high")
    lock_checklist(workspace, who["pia"], now, feature, based_on=number)
    for signer in ("lea", "omar"):
        offs = view_sign_off(workspace, who[signer], now, feature)
        assert offs.commitment is not None and offs.may_sign
        sign(
            workspace, who[signer], now, feature, about="commitment", sha256=offs.commitment.sha256,
            typed="lock", choice="approve",
        )  # fmt: skip
    hand_in(results(85, 15), at=now + timedelta(minutes=1))
    later = now + timedelta(minutes=2)
    number = saved(workspace, who["pia"], later, feature, [items["suite"] | {"bar": 0.75}], "high")
    lock_checklist(
        workspace, who["pia"], later, feature, based_on=number, reason="The pilot only needs three quarters"
    )
    return who


def approve_amendment(workspace: Workspace, feature: str, who: dict[str, Caller], at: datetime) -> None:
    for signer in ("lea", "omar"):
        amendment = view_sign_off(workspace, who[signer], at, feature).amendment
        assert amendment is not None
        sign(
            workspace, who[signer], at, feature, about="commitment", sha256=amendment.sha256,
            typed="AMEND", choice="approve",
        )  # fmt: skip


def test_a_loosening_after_evidence_waits_for_two_signers(
    workspace: Workspace, feature: str, now: datetime, story: dict[str, Caller]
) -> None:
    at = now + timedelta(minutes=3)
    waiting = gate(workspace, LOCAL_CALLER, at, feature)
    amendment, first = waiting.commitments
    assert (first.in_force, first.holds, amendment.in_force, amendment.waits) == (True, True, False, True)
    assert (waiting.bar.checklist_number, waiting.as_committed) == (1, None)
    assert waiting.rows[0].bar == "above 80 %"
    assert amendment.is_marked and amendment.needed == 2
    assert amendment.loosens == ("“Eval pass rate”: the bar goes from above 80 % to above 75 %.",)
    assert [line.counts for line in first.lines] == [True, True], "what holds is still signed"


def test_both_verdicts_who_and_why_stay_for_ever(
    workspace: Workspace, feature: str, now: datetime, story: dict[str, Caller], hand_in: HandIn,
    results: Results,
) -> None:  # fmt: skip
    at = now + timedelta(minutes=3)
    approve_amendment(workspace, feature, story, at)
    after = at + timedelta(minutes=1)
    assert gate(workspace, LOCAL_CALLER, after, feature).verdict is Verdict.NO_DATA, "the row starts anew"
    hand_in(results(85, 15, first=500), at=after)
    decision = view_gate(workspace, LOCAL_CALLER, after, feature).decision
    assert (decision.verdict, decision.as_committed) == (Verdict.GO, Verdict.NOT_ENOUGH_EVIDENCE)
    assert decision.hidden_verdict is Verdict.NOT_ENOUGH_EVIDENCE

    told = json.loads(json.dumps(decision_as_json(decision)))
    assert (told["verdict"], told["as_committed"], told["amendments"]) == ("go", "not_enough_evidence", 1)
    amendment, first = told["commitments"]
    assert (amendment["by"], amendment["reason"]) == ("Pia", "The pilot only needs three quarters")
    assert (amendment["amendment"], amendment["evidence_seen"], amendment["in_force"]) == (1, True, True)
    assert [(one["by"], one["counts"], one["why_not"]) for one in first["signatures"]] == [
        ("Omar", False, "signed before amendment 1"),
        ("Lea", False, "signed before amendment 1"),
    ]
    of_now = [(one["by"], one["counts"]) for one in told["signatures"]["commitment"]["signatures"]]
    assert of_now == [("Omar", True), ("Lea", True), ("Omar", False), ("Lea", False)]
    assert told["signatures"]["approved"] is False, "nobody has signed the step"


TAMPERING = {
    "the bar's text": "UPDATE document_version SET body = replace(body, '0.75', '0.8')",
    "the reason": "UPDATE commitment SET reason = 'Nothing changed' WHERE number = 2",
    "when it came into force": "UPDATE commitment SET in_force_at = locked_at WHERE number = 2",
    "its terms": "UPDATE commitment SET terms = replace(terms, 'three quarters', 'a half') WHERE number = 2",
    "its author": "UPDATE commitment SET locked_by = 'Eve' WHERE number = 2",
    "who signed": "UPDATE signature SET signed_by = 'Eve' WHERE id = 1",
    "what was signed": "UPDATE signature SET statement = replace(statement, 'high', 'low') WHERE id = 1",
    "which person": "UPDATE signature SET person_id = (SELECT max(person_id) FROM signature) WHERE id = 1",
    "a withdrawal": "UPDATE signature SET withdrawn_at = signed_at, withdrawn_reason = 'x' WHERE id = 1",
    "the amendment removed": "DELETE FROM commitment WHERE number = 2",
    "a signature removed": "DELETE FROM signature WHERE id = 3",
    "a signature slipped in": (
        "INSERT INTO signature (feature_id, about, commitment_number, choice, reason, person_id, signed_by,"
        " signed_at, sha256, statement) SELECT feature_id, about, commitment_number, choice, reason,"
        " person_id, signed_by, signed_at, sha256, statement FROM signature WHERE id = 1"
    ),
}


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING.keys())
def test_one_row_changed_in_the_database_is_reported(
    workspace: Workspace, feature: str, now: datetime, story: dict[str, Caller], statement: str
) -> None:
    approve_amendment(workspace, feature, story, now + timedelta(minutes=3))
    assert verify_log(workspace, LOCAL_CALLER, now).ok
    with workspace.database.writing() as connection:
        connection.execute(text(statement))
    found = verify_log(workspace, LOCAL_CALLER, now)
    assert not found.ok
    assert len(found.findings) == 1


def test_in_a_single_users_hands_an_amendment_holds_at_once_and_nothing_is_approved(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    hand_in: HandIn, results: Results,
) -> None:  # fmt: skip
    commit(at=now - 6 * DAY)
    hand_in(results(85, 15), at=now - 5 * DAY)
    commit([items["suite"] | {"bar": 0.5}], at=now - 4 * DAY, reason="Less will do")
    hand_in(results(85, 15, first=500), at=now - 3 * DAY)
    decision = gate(workspace, LOCAL_CALLER, now, feature)
    assert decision.commitments[0].holds and decision.commitments[0].is_marked
    assert (decision.verdict, decision.is_approved) == (Verdict.GO, False)
    assert decision_as_json(decision)["signatures"] is None
    view = view_sign_off(workspace, LOCAL_CALLER, now, feature)
    assert (view.may_sign, view.why_not) == (False, "Nobody signs in here, so nothing can be signed.")


def test_a_row_that_an_amendment_leaves_alone_keeps_its_evidence(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    hand_in: HandIn, results: Results,
) -> None:  # fmt: skip
    other = items["suite"] | {"id": "other", "metric": "eval_pass_rate", "bar": 0.6}
    commit([items["suite"], other], at=now - 6 * DAY)
    hand_in(results(95, 5), at=now - 5 * DAY)
    stricter = items["suite"] | {"bar": 0.85}
    commit([stricter, other, items["plan"]], at=now - 4 * DAY, reason="Stricter")
    rows = {row.item.id: row.verdict for row in gate(workspace, LOCAL_CALLER, now, feature).rows}
    assert rows == {"suite": Verdict.NO_DATA, "other": Verdict.GO, "plan": Verdict.NO_DATA}
    commit([stricter, other, items["plan"]], stakes="high", at=now - 3 * DAY, reason="More at stake")
    rows = {row.item.id: row.verdict for row in gate(workspace, LOCAL_CALLER, now, feature).rows}
    assert set(rows.values()) == {Verdict.NO_DATA}, "other stakes ask for other evidence"


def test_a_newer_plan_waits_for_an_amendment(
    workspace: Workspace, feature: str, now: datetime, commit: Commit
) -> None:
    take_plan_template(
        workspace, LOCAL_CALLER, now - 7 * DAY, feature, "guardrail_escalation", based_on=None,
        fallback=Fallback.NON_AI,
    )  # fmt: skip
    number = commit(at=now - 6 * DAY)
    bound = view_rollout(workspace, LOCAL_CALLER, now, feature)
    assert (bound.plan_number, bound.plan_waits) == (1, False)
    with pytest.raises(WrongUsage, match="already locked"):
        lock_checklist(workspace, LOCAL_CALLER, now, feature, based_on=number, reason="Again")

    plan = view_plan(workspace, LOCAL_CALLER, feature).plan
    first = plan.phases[0].model_copy(update={"minimum_days": 1})
    shorter = plan.model_copy(update={"phases": (first, *plan.phases[1:])})
    save_plan(workspace, LOCAL_CALLER, now - 5 * DAY, feature, shorter, based_on=1)
    held = view_rollout(workspace, LOCAL_CALLER, now, feature)
    assert (held.plan_number, held.plan_waits, held.standing.plan) == (1, True, plan)
    preview = preview_lock(workspace, LOCAL_CALLER, now, feature)
    assert preview.is_change and preview.restarts == ()
    assert any("it is shorter" in sentence for sentence in preview.loosens)
    lock_checklist(workspace, LOCAL_CALLER, now - 4 * DAY, feature, based_on=number, reason="In a hurry")
    used = view_rollout(workspace, LOCAL_CALLER, now, feature)
    assert (used.plan_number, used.plan_waits) == (2, False)


def test_a_lock_before_any_plan_uses_the_newest(
    workspace: Workspace, feature: str, now: datetime, commit: Commit
) -> None:
    commit(at=now - 6 * DAY)
    for place, at in enumerate((now - 5 * DAY, now - 4 * DAY)):
        take_plan_template(
            workspace, LOCAL_CALLER, at, feature, "guardrail_escalation", based_on=place or None,
            requests_per_day=100 + place,
        )  # fmt: skip
    assert view_rollout(workspace, LOCAL_CALLER, now, feature).plan_number == 2


def test_a_bound_eval_set_that_changes_is_named(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn
) -> None:
    case = '{"id": "c-1", "input": "How do I cancel?", "target": "In the settings"}\n'
    hand_in(case, "cases.jsonl", at=now - 7 * DAY, suite="gold")
    commit(at=now - 6 * DAY)
    assert preview_lock(workspace, LOCAL_CALLER, now, feature).suites.keys() == {"gold"}
    assert gate(workspace, LOCAL_CALLER, now, feature).suite_changes == ()
    hand_in(case.replace("c-1", "c-2"), "more.jsonl", at=now - 5 * DAY, suite="gold")
    decision = gate(workspace, LOCAL_CALLER, now, feature)
    assert decision.suite_changes == ("The eval set “gold” is not the one that was locked.",)
    assert preview_lock(workspace, LOCAL_CALLER, now, feature).is_change


def test_fewer_named_than_needed_is_refused(
    workspace: Workspace, feature: str, now: datetime, commit: Commit
) -> None:
    number = commit(lock=False)
    with pytest.raises(WrongUsage, match="2 people have to sign, and only 1 may"):
        lock_checklist(
            workspace, LOCAL_CALLER, now, feature, based_on=number,
            signers=Signers(needed=2, named=("lea@example.com",)),
        )  # fmt: skip


def test_what_is_agreed_outside_counts_only_where_nobody_signs_in(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    ship: Callable[..., None], hand_in: HandIn, results: Results, person: Person,
) -> None:  # fmt: skip
    ship(workspace, feature, now - 7 * DAY)
    take_plan_template(
        workspace, LOCAL_CALLER, now - 7 * DAY, feature, "guardrail_escalation", based_on=None, owner="Ada",
        fallback=Fallback.NON_AI,
    )  # fmt: skip
    commit([items["suite"] | {"bar": 0.1}], stakes="low", at=now - 6 * DAY)
    hand_in(results(40), at=now - 5 * DAY)
    person("Lea", "signer")
    with pytest.raises(WrongUsage, match="0 of 1 signature"):
        start_phase(workspace, LOCAL_CALLER, now, feature, agreed="Lea said yes on the phone")
