"""The rules R1 to R12 of docs/security.md, each attacked in three ways at least: one table.

Other files of this folder try many of these ways at length; here is what stands for each rule.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.actions.audit_verify import verify_log
from core.actions.checklists import lock_checklist
from core.actions.erasure import ask_erasure, erase
from core.actions.features import create_feature
from core.actions.flags import view_permission
from core.actions.overrides import give_override
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.plans import save_plan, view_plan
from core.actions.roles import invite_person
from core.actions.rollout import advance, complete, pause, resume, roll_back
from core.actions.rollout_past import PastStart, record_past
from core.actions.signing import sign
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.decision.override import OverrideState
from core.errors import Conflict, UnknownFeature
from tests.actions import rule_attacks as first
from tests.actions.rule_attacks import Scene
from tests.actions.test_overrides import WHY

DAY = timedelta(days=1)


# R7: signing takes the person, now.


def signs_with_an_old_sign_in(s: Scene) -> None:
    for seconds in (15 * 60 + 1, 8 * 3_600, 0, -120):
        s.turned_away(s.lea, s.approval_signed_in(s.lea, seconds), "stale_sign_in")


def types_another_word(s: Scene) -> None:
    for typed in ("", "yes", "NO-GO", "LOCK", "GO?"):
        s.in_vain(lambda typed=typed: s.sign(s.lea, "step", typed=typed), "has to be typed")


def forges_who_they_are(s: Scene) -> None:
    forged = replace(s.pia, roles=frozenset(Role))
    s.turned_away(forged, lambda: s.sign(forged, "step"))
    for who in (LOCAL_CALLER, replace(LOCAL_CALLER, verified=True), replace(s.lea, verified=False)):
        s.turned_away(who, lambda who=who: s.sign(who, "step"), "no_sign_in")


# R8: the one visible way round is narrow.


def overrules_with_half_a_reason(s: Scene) -> None:
    for reason in ("", "We go live tonight, sorry", "x" + " " * 40 + "y"):
        s.in_vain(lambda reason=reason: s.overrule(s.lea, reason=reason), "30 characters")
    s.in_vain(lambda: s.overrule(s.lea, typed="GO"), "has to be typed")


def overrules_without_sign_in_or_as_author(s: Scene) -> None:
    bea = s.both()
    s.save(bea, theme="Quality")
    s.lock(s.pia)
    s.turned_away(bea, lambda: s.overrule(bea), "not_a_signer_of_it")
    s.turned_away(LOCAL_CALLER, lambda: s.overrule(LOCAL_CALLER), "no_sign_in")
    sha256, stale = s.view().sha256, replace(s.lea, signed_in_at=s.now.timestamp() - 3_600)
    given: dict[str, Any] = {"sha256": sha256, "typed": "OVERRULE", "reason": WHY}
    late = (s.workspace, stale, s.now, s.slug)
    s.turned_away(stale, lambda: give_override(*late, **given), "stale_sign_in")


def steps_a_day_after_the_overruling(s: Scene) -> None:
    s.overrule(s.lea)
    s.now += DAY
    s.in_vain(lambda: s.start(s.pia), "The gate does not let it")
    assert s.decision().overrides[0].state is OverrideState.EXPIRED, "it stays on show"


def takes_two_steps_on_one_overruling(s: Scene) -> None:
    s.overrule(s.lea)
    s.in_vain(lambda: s.overrule(s.omar), "only one overruling")
    s.start(s.pia)
    s.in_vain(lambda: advance(s.workspace, s.pia, s.at(), s.slug), "The gate does not let it")
    assert not s.approved


def overrules_a_roll_back(s: Scene) -> None:
    s.overrule(s.lea)
    s.start(s.pia)
    roll_back(s.workspace, s.pia, s.at(), s.slug, reason="Wrong refunds")
    s.in_vain(lambda: s.overrule(s.omar), "never overruled")


# R9: evidence is not deleted.


def withdraws_without_a_word(s: Scene) -> None:
    s.in_vain(lambda: s.withdraw(s.pia, " "), "needs a reason")
    s.turned_away(s.lea, lambda: s.withdraw(s.lea))


def withdraws_the_failures_to_flip(s: Scene) -> None:
    """From NO-GO back to GO: what was signed as GO before does not revive, and the file stays listed."""
    bad = s.more(0, 900)
    assert s.decision().verdict.value == "no_go"
    for who in (s.lea, s.omar):
        s.sign(who, "commitment")
        s.sign(who, "step")
    s.withdraw(s.pia, "It looks bad")
    assert not s.approved
    shown = next(one for one in s.uploads() if one.id == bad.id)
    assert (shown.state, shown.withdrawn_reason) == ("withdrawn", "It looks bad")
    assert ("upload withdrawn", "Pia") in s.log()


def deletes_rows_by_hand(s: Scene) -> None:
    for table in ("audit_event", "audit_payload"):
        with pytest.raises(DBAPIError), s.workspace.database.writing() as connection:
            connection.execute(text(f"DELETE FROM {table}"))
    with s.workspace.database.writing() as connection:
        connection.execute(text("UPDATE upload SET state = 'withdrawn'"))
    found = verify_log(s.workspace, LOCAL_CALLER, s.now).findings
    assert [one.record.kind for one in found] == ["upload"]


def erases_a_person_alone(s: Scene) -> None:
    root = s.person("Root2", "pm", "admin")
    asked = ask_erasure(s.workspace, root, s.at(), s.slug, wanted="user-1", reason="Request number 17")
    s.turned_away(root, lambda: erase(s.workspace, root, s.at(), s.slug, asked.id))
    twin = s.person("Root3", "admin", email="ROOT2@example.com")
    s.turned_away(twin, lambda: erase(s.workspace, twin, s.at(), s.slug, asked.id))


# R10: people are known by identity; who left stays on show, and counts no more.


def comes_with_the_address_of_another(s: Scene) -> None:
    """From another service, and with an address that nobody vouches for."""
    for name, claims in (("Eve", {"issuer": "https://evil.example"}), ("Eva", {"email_verified": False})):
        eve = s.arrives(name, "lea@example.com", **claims)
        s.turned_away(eve, lambda eve=eve: s.sign(eve, "step"))


def takes_the_invitation_of_another(s: Scene) -> None:
    invite_person(s.workspace, LOCAL_CALLER, s.at(), s.slug, email="nora@example.com", role=Role.SIGNER)
    eve = s.arrives("Nora", "nora@example.com", email_verified=False)
    assert ("invitation not used", eve.name) in s.log()
    s.turned_away(eve, lambda: s.sign(eve, "step"))


def counts_on_who_left(s: Scene) -> None:
    s.all_sign()
    s.remove(s.omar)
    assert not s.approved
    kept = {line.by: line.why_not for line in s.off("step").lines}
    assert kept == {"Lea": "", "Omar": "no longer a signer"}


def removes_who_refused(s: Scene) -> None:
    s.all_sign()
    nora = s.person("Nora", "signer")
    s.sign(nora, "step", "refuse")
    s.remove(nora)
    assert not s.approved
    assert s.off("step").sentence.startswith("Refused by Nora (no longer a signer here)")


# R11: roles are those of this moment.


def acts_on_a_page_opened_before(s: Scene) -> None:
    s.sign(s.omar, "commitment")
    s.take_roles(s.omar)
    s.turned_away(s.omar, lambda: s.sign(s.omar, "step"))
    s.remove(s.pia)
    s.turned_away(s.pia, lambda: lock_checklist(s.workspace, s.pia, s.at(), s.slug, based_on=1))


def keeps_roles_in_the_session(s: Scene) -> None:
    rich = replace(s.person("Vic", "viewer"), roles=frozenset(Role))
    s.turned_away(rich, lambda: s.sign(rich, "step"))
    s.turned_away(rich, lambda: s.start(rich))


def brings_a_role_of_another_feature(s: Scene) -> None:
    create_feature(s.workspace, LOCAL_CALLER, s.at(), name="Other", owner="Eli", stakes=Stakes.LOW)
    before, sha256 = s.log(), s.off("step").sha256
    asked: dict[str, Any] = {"about": "step", "sha256": sha256, "typed": "GO", "choice": "approve"}
    with pytest.raises(UnknownFeature):
        sign(s.workspace, s.fresh(s.lea), s.now, "other", **asked)
    assert s.log()[len(before) :] == [("refused", "Lea")]


# R12: no step is skipped.


def moves_on_before_the_start(s: Scene) -> None:
    s.all_sign()
    for move in (advance, complete):
        s.in_vain(lambda move=move: move(s.workspace, s.pia, s.at(), s.slug), "Nothing is", Conflict)


def jumps_to_the_end(s: Scene) -> None:
    """By completing it in the first phase, and by a plan without those between, which waits for two."""
    s.running()
    s.in_vain(lambda: complete(s.workspace, s.pia, s.at(), s.slug), "not in the last phase")
    seen = view_plan(s.workspace, s.pia, s.slug)
    ends = seen.plan.model_copy(update={"phases": (seen.plan.phases[0], seen.plan.phases[-1])})
    save_plan(s.workspace, s.pia, s.at(), s.slug, ends, based_on=seen.number)
    s.lock(s.pia)
    assert s.off("amendment").needed == 2
    assert s.decision().standing.next == seen.plan.phases[1]


def uses_a_signature_for_the_next_step(s: Scene) -> None:
    shown = s.off("step").sha256
    s.running()
    s.in_vain(lambda: advance(s.workspace, s.pia, s.at(), s.slug), "0 of 2 signatures")
    s.in_vain(lambda: s.sign(s.lea, "step", sha256=shown), "no longer", Conflict)


def clicks_twice(s: Scene) -> None:
    s.running()
    s.in_vain(lambda: s.start(s.pia), "runs since", Conflict)
    s.in_vain(lambda: advance(s.workspace, s.pia, s.at(), s.slug, seen=0), "after you opened", Conflict)


def writes_phases_down_as_past(s: Scene) -> None:
    s.running()
    last = s.decision().standing.plan.phases[-1].id
    starts = [PastStart(last, (s.now - DAY).date())]
    s.in_vain(
        lambda: record_past(s.workspace, s.pia, s.at(), s.slug, starts), "already followed here", Conflict
    )


def switches_it_on_by_its_past(s: Scene) -> None:
    last = s.decision().standing.plan.phases[-1].id
    record_past(s.workspace, s.pia, s.at(), s.slug, [PastStart(last, (s.now - DAY).date())])
    pause(s.workspace, s.pia, s.at(), s.slug)
    resume(s.workspace, s.pia, s.at(), s.slug, reason="It always ran")
    assert not view_permission(s.workspace, s.pia, s.at(), s.slug).is_on


Attack = Callable[[Scene], None]

ATTACKS: dict[str, tuple[Attack, ...]] = {
    "R1": (
        first.edits_and_hands_over,
        first.signs_with_a_second_account,
        first.brings_the_evidence,
        first.has_a_colleague_amend_it,
    ),
    "R2": (
        first.says_agreed_elsewhere,
        first.signs_twice_as_two,
        first.asks_for_fewer_signers,
        first.steps_with_the_lock_alone_signed,
    ),
    "R3": (
        first.loosens_in_small_steps,
        first.withdraws_the_results_first,
        first.shortens_a_phase,
        first.signs_their_own_loosening,
    ),
    "R4": (
        first.keeps_others_from_stopping,
        first.stops_as_an_onlooker,
        first.resumes_alone,
        first.resumes_what_was_rolled_back,
    ),
    "R5": (
        first.signs_as_admin,
        first.labels_or_withdraws_as_admin,
        first.makes_themselves_a_signer,
        first.signs_with_a_role_of_their_own_making,
    ),
    "R6": (
        first.replays_an_old_hash,
        first.changes_the_evidence_after_it,
        first.amends_after_it,
        first.waives_a_row_after_it,
    ),
    "R7": (signs_with_an_old_sign_in, types_another_word, forges_who_they_are),
    "R8": (
        overrules_with_half_a_reason,
        overrules_without_sign_in_or_as_author,
        steps_a_day_after_the_overruling,
        takes_two_steps_on_one_overruling,
        overrules_a_roll_back,
    ),
    "R9": (
        withdraws_without_a_word,
        withdraws_the_failures_to_flip,
        deletes_rows_by_hand,
        erases_a_person_alone,
    ),
    "R10": (
        comes_with_the_address_of_another,
        takes_the_invitation_of_another,
        counts_on_who_left,
        removes_who_refused,
    ),
    "R11": (acts_on_a_page_opened_before, keeps_roles_in_the_session, brings_a_role_of_another_feature),
    "R12": (
        moves_on_before_the_start,
        jumps_to_the_end,
        uses_a_signature_for_the_next_step,
        clicks_twice,
        writes_phases_down_as_past,
        switches_it_on_by_its_past,
    ),
}
"""Each rule with the ways round it that were tried."""

CASES = [
    pytest.param(attack, id=f"{rule} {attack.__name__}")
    for rule, tried in ATTACKS.items()
    for attack in tried
]


@pytest.fixture
def scene(
    workspace: Workspace,
    feature: str,
    now: datetime,
    items: dict[str, dict[str, Any]],
    person: Callable[..., Caller],
    ship: Callable[..., None],
    hand_in: Callable[..., Any],
    results: Callable[..., str],
) -> Scene:
    made = Scene(workspace, feature, now - 3 * DAY, items["suite"] | {"bar": 0.1}, person)
    made.hand_in, made.results = hand_in, results
    ship(workspace, feature, made.at())
    made.save(made.pia)
    made.plan(made.pia)
    made.lock(made.pia)
    hand_in(results(40), at=made.at())
    return made


@pytest.mark.parametrize("attack", CASES)
def test_nobody_gets_round_a_rule(attack: Attack, scene: Scene) -> None:
    attack(scene)


def test_each_rule_is_attacked_in_three_ways_at_least() -> None:
    assert list(ATTACKS) == [f"R{number}" for number in range(1, 13)]
    assert {rule: len(set(tried)) for rule, tried in ATTACKS.items() if len(set(tried)) < 3} == {}
    every = [attack for tried in ATTACKS.values() for attack in tried]
    assert len(every) == len(set(every)), "no attack stands for two rules"
