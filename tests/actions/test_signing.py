"""Who can sign what: each rule attacked in several ways, and every signature bound to what was read."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import update

from core.actions.checklists import lock_checklist, save_checklist, view_checklist
from core.actions.gates import gate
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.plans import save_plan, take_plan_template, view_plan
from core.actions.rollout import start_phase
from core.actions.signing import sign, view_sign_off, withdraw_signature
from core.actions.waivers import ask_waiver, decide_waiver
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.commitment import Signers
from core.criteria.verdict import Verdict
from core.decision.sign_off import SignOff
from core.errors import Conflict, NotAllowed, UserError, WrongUsage
from core.rollout.plan import Fallback
from core.store import audit, people, uploads
from core.store.tables import upload
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Results = Callable[..., str]
Person = Callable[..., Caller]
Everything = Callable[[], Mapping[str, list[str]]]
Watched = Callable[..., AbstractContextManager[Any]]
Item = dict[str, Any]

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Team:
    """A feature of one low bar, with its people; every step takes a minute."""

    def __init__(self, workspace: Workspace, slug: str, now: datetime, item: Item, person: Person) -> None:
        self.workspace, self.slug, self.now, self.item = workspace, slug, now, item
        self.person = person
        self.pia = person("Pia", "pm")
        self.lea = person("Lea", "signer")
        self.omar = person("Omar", "signer")

    def at(self, **more: float) -> datetime:
        self.now += MINUTE + timedelta(**more)
        return self.now

    def fresh(self, who: Caller) -> Caller:
        return replace(who, signed_in_at=self.now.timestamp()) if who.verified else who

    def save(self, who: Caller, **changed: Any) -> int:
        return save_checklist(
            self.workspace, who, self.at(), self.slug,
            read_checklist({"stakes": "low", "items": [{**self.item, **changed}]}),
            based_on=view_checklist(self.workspace, who, self.slug).number,
        ).number  # fmt: skip

    def plan(self, who: Caller, **changed: Any) -> None:
        if view_plan(self.workspace, who, self.slug).number is None:
            take_plan_template(
                self.workspace, who, self.at(), self.slug, "guardrail_escalation", based_on=None, owner="Ada",
                fallback=Fallback.NON_AI,
            )  # fmt: skip
        seen = view_plan(self.workspace, who, self.slug)
        if changed:
            first = seen.plan.phases[0].model_copy(update=changed)
            after = seen.plan.model_copy(update={"phases": (first, *seen.plan.phases[1:])})
            save_plan(self.workspace, who, self.at(), self.slug, after, based_on=seen.number)

    def lock(self, who: Caller, reason: str = "It has to change", needed: int = 2, **named: Any) -> None:
        number = view_checklist(self.workspace, who, self.slug).number
        assert number is not None
        lock_checklist(
            self.workspace, who, self.at(), self.slug, based_on=number, reason=reason,
            signers=Signers(needed=needed, **named),
        )  # fmt: skip

    def offs(self, who: Caller = LOCAL_CALLER) -> dict[str, SignOff | None]:
        view = view_sign_off(self.workspace, who, self.now, self.slug)
        return {"commitment": view.commitment, "step": view.step, "amendment": view.amendment}

    def off(self, what: str) -> SignOff:
        found = self.offs()[what]
        assert found is not None
        return found

    def sign(
        self, who: Caller, what: str, choice: str = "approve", typed: str | None = None, **more: Any
    ) -> None:
        self.at()
        one = self.off(what)
        word = gate(self.workspace, LOCAL_CALLER, self.now, self.slug).verdict.value.replace("_", " ")
        if one.about == "commitment":
            word = "lock" if one.commitment == 1 else "amend"
        sign(
            self.workspace, self.fresh(who), self.now, self.slug, about=one.about,
            sha256=more.pop("sha256", one.sha256), typed=word if typed is None else typed, choice=choice,
            reason="It is not what we agreed" if choice == "refuse" else "", **more,
        )  # fmt: skip

    @property
    def approved(self) -> bool:
        return gate(self.workspace, LOCAL_CALLER, self.now, self.slug).is_approved

    def refused(self, who: Caller, what: str, code: str = "not_a_signer_of_it") -> None:
        with pytest.raises(NotAllowed) as told:
            self.sign(who, what)
        assert told.value.code == code


@pytest.fixture
def team(workspace: Workspace, feature: str, now: datetime, items: dict[str, Item], person: Person) -> Team:
    return Team(workspace, feature, now - timedelta(hours=12), items["suite"] | {"bar": 0.1}, person)


@pytest.fixture
def ready(team: Team, ship: Callable[..., None], hand_in: HandIn, results: Results) -> Team:
    """Locked with a plan by Pia, and GO: only the signatures of two people lack."""
    ship(team.workspace, team.slug, team.at())
    team.save(team.pia)
    team.plan(team.pia)
    team.lock(team.pia)
    hand_in(results(40), at=team.at())
    return team


def test_two_people_who_did_not_write_it_approve_and_the_step_is_taken(ready: Team) -> None:
    for place, who in enumerate((ready.lea, ready.omar)):
        assert not ready.approved
        ready.sign(who, "commitment")
        ready.sign(who, "step")
        assert ready.off("step").given == place + 1
    decision = gate(ready.workspace, LOCAL_CALLER, ready.now, ready.slug)
    assert decision.is_approved and decision.may_advance
    assert decision.conditions[-1].sentence == "Signed by Omar, Lea."
    start_phase(ready.workspace, ready.pia, ready.at(), ready.slug)
    with ready.workspace.database.reading() as connection:
        newest = audit.timeline(connection, f"feature/{ready.slug}", 1)[0]
    assert (newest.actor, newest.payload["signed_by"]) == ("Pia", ["Omar", "Lea"])
    assert not ready.approved, "the next step takes signatures of its own"


def test_what_is_missing_is_said(ready: Team) -> None:
    words = ready.off("commitment").sentence
    assert words == "0 of 2 signatures. Still needed: 2 signers who did not write it."
    ready.sign(ready.lea, "commitment")
    words = ready.off("commitment").sentence
    assert words == "1 of 2 signatures. Still needed: one signer who did not write it."
    sentence = gate(ready.workspace, LOCAL_CALLER, ready.now, ready.slug).conditions[-1].sentence
    assert sentence.startswith("The lock: 1 of 2 signatures.")


# R1: whoever has a hand in it is never counted.


def test_whoever_edits_and_hands_over_to_another_who_locks_cannot_sign(team: Team) -> None:
    both = team.person("Bea", "pm", "signer")
    team.save(both)
    team.lock(team.pia)
    team.refused(both, "commitment")
    team.refused(both, "step")


def test_whoever_wrote_a_version_in_between_cannot_sign(team: Team) -> None:
    both = team.person("Bea", "pm", "signer")
    for place, who in enumerate((team.pia, both, team.pia, team.pia, team.pia)):
        team.save(who, bar=0.1 + place / 100)
    team.lock(team.pia)
    team.refused(both, "commitment")


@pytest.mark.parametrize("hand", ["locks", "plans", "uploads"])
def test_locking_planning_and_uploading_are_hands_in_it(team: Team, hand: str, hand_in: HandIn) -> None:
    both = team.person("Bea", "pm", "signer")
    team.save(team.pia)
    team.plan(both if hand == "plans" else team.pia)
    team.lock(both if hand == "locks" else team.pia)
    if hand == "uploads":
        done = hand_in('{"case_id": "c1", "passed": true}\n', at=team.at())
        _asked_by(team.workspace, done.id, both)
    team.refused(both, "commitment")
    team.refused(both, "step")


def _asked_by(workspace: Workspace, upload_id: str, who: Caller) -> None:
    with workspace.database.writing() as connection:
        mine = update(upload).where(upload.c.id == upload_id)
        connection.execute(mine.values(asked_by=who.name, asked_by_id=who.person_id))


def test_a_small_amendment_by_another_washes_no_hands(team: Team) -> None:
    """Nobody had signed the lock, so that whoever wrote it has a hand in its amendment too."""
    both = team.person("Bea", "pm", "signer")
    team.save(both)
    team.lock(both)
    team.save(team.pia, theme="Quality")
    team.lock(team.pia)
    assert team.off("commitment").commitment == 2
    team.refused(both, "commitment")


def test_what_others_signed_needs_no_other_hands_later(team: Team) -> None:
    both = team.person("Bea", "pm", "signer")
    team.save(both)
    team.lock(both)
    team.sign(team.lea, "commitment")
    team.sign(team.omar, "commitment")
    team.save(team.pia, theme="Quality")
    team.lock(team.pia)
    team.sign(both, "commitment")
    assert team.off("commitment").given == 1


def test_whoever_takes_the_step_is_not_its_signer(ready: Team) -> None:
    both = ready.person("Bea", "pm", "signer")
    for who in (ready.lea, both):
        ready.sign(who, "commitment")
        ready.sign(who, "step")
    assert ready.approved
    with pytest.raises(WrongUsage, match="1 of 2 signatures"):
        start_phase(ready.workspace, both, ready.at(), ready.slug)
    start_phase(ready.workspace, ready.pia, ready.at(), ready.slug)


# Two people are two people.


def test_one_person_signs_once(ready: Team) -> None:
    ready.sign(ready.lea, "commitment")
    with pytest.raises(WrongUsage, match="signed exactly this already"):
        ready.sign(ready.lea, "commitment")
    same_person = replace(ready.lea, name="Lea B.")
    with pytest.raises(WrongUsage, match="signed exactly this already"):
        ready.sign(same_person, "commitment")
    twin = ready.person("Lea2", "signer", email="LEA@example.com")
    ready.sign(twin, "commitment")
    assert ready.off("commitment").given == 1, "two accounts with one address are one person"


def test_an_author_with_a_second_account_of_the_same_address_cannot_sign(ready: Team) -> None:
    ready.refused(ready.person("Pia2", "signer", email="pia@EXAMPLE.com"), "commitment")


# R5, R7, R11: the role and the sign-in, as of this moment.


def test_a_role_given_to_oneself_does_not_count(ready: Team) -> None:
    ready.refused(ready.person("Adam", "signer", grants_itself=True), "commitment")


def test_the_local_user_and_whoever_is_not_verified_cannot_sign(ready: Team) -> None:
    ready.refused(LOCAL_CALLER, "commitment", "no_sign_in")
    ready.refused(replace(LOCAL_CALLER, verified=True), "commitment", "no_sign_in")
    ready.refused(replace(ready.lea, verified=False), "commitment", "no_sign_in")


@pytest.mark.parametrize("who", ["viewer", "reviewer", "pm", "admin", "auditor"])
def test_no_other_role_signs(ready: Team, who: str) -> None:
    ready.refused(ready.person("Xan", who), "commitment", "not_allowed")


@pytest.mark.parametrize("old", [16 * 60, 3_600, -120])
def test_a_signature_takes_a_fresh_sign_in(ready: Team, old: int) -> None:
    stale = replace(ready.lea, signed_in_at=ready.now.timestamp() - old)
    view = view_sign_off(ready.workspace, stale, ready.now, ready.slug)
    assert (view.may_sign, view.needs_fresh_sign_in) == (False, True)
    for when in (stale, replace(ready.lea, signed_in_at=0.0)):
        with pytest.raises(NotAllowed) as told:
            sign(
                ready.workspace, when, ready.now, ready.slug, about="commitment",
                sha256=ready.off("commitment").sha256, typed="LOCK", choice="approve",
            )  # fmt: skip
        assert told.value.code == "stale_sign_in"


def test_a_removed_role_signs_nothing_and_what_it_signed_counts_no_more(ready: Team) -> None:
    for who in (ready.lea, ready.omar):
        ready.sign(who, "commitment")
        ready.sign(who, "step")
    assert ready.approved
    with ready.workspace.database.writing() as connection:
        assert ready.omar.person_id is not None
        for one in people.grants_of(connection, ready.omar.person_id):
            people.revoke(connection, one.id, by="Root", now=ready.now)
    assert not ready.approved
    line = next(line for line in ready.off("commitment").lines if line.by == "Omar")
    assert (line.counts, line.why_not) == (False, "no longer a signer")
    with pytest.raises(UserError):
        ready.sign(ready.omar, "commitment")


def test_only_the_named_sign(team: Team) -> None:
    team.save(team.pia)
    team.lock(team.pia, needed=1, named=("Omar@Example.com",))
    team.refused(team.lea, "commitment")
    assert team.off("commitment").sentence.endswith("Still needed: 1 of omar@example.com.")
    team.sign(team.omar, "commitment")
    assert team.off("commitment").is_met


# R6: bound to exactly what was read.


@pytest.mark.parametrize("typed", ["", "GO!", "yes", "NO-GO", "LOCK"])
def test_the_verdict_has_to_be_typed(ready: Team, typed: str) -> None:
    with pytest.raises(WrongUsage) as told:
        ready.sign(ready.lea, "step", typed=typed)
    assert told.value.code == "typed_otherwise"


def test_an_old_hash_is_a_conflict(ready: Team, hand_in: HandIn, results: Results) -> None:
    seen = ready.off("step").sha256
    hand_in(results(5, first=100), at=ready.at())
    for stale in (seen, "0" * 64, ready.off("commitment").sha256):
        with pytest.raises(Conflict, match="no longer what stands"):
            ready.sign(ready.lea, "step", sha256=stale)


def test_new_evidence_voids_a_signature_and_says_so(ready: Team, hand_in: HandIn, results: Results) -> None:
    for who in (ready.lea, ready.omar):
        ready.sign(who, "commitment")
        ready.sign(who, "step")
    assert ready.approved
    hand_in(results(5, first=100), at=ready.at())
    assert not ready.approved
    (why_not,) = {line.why_not for line in ready.off("step").lines}
    assert why_not.startswith("the evidence changed after it: 1 row (")
    assert " → " in why_not
    assert ", n " in why_not
    assert ready.off("commitment").is_met, "the bars are as they were"


def test_an_amendment_voids_every_signature(ready: Team) -> None:
    for who in (ready.lea, ready.omar):
        ready.sign(who, "commitment")
        ready.sign(who, "step")
    ready.save(ready.pia, bar=0.2)
    ready.lock(ready.pia)
    assert not ready.approved
    why = {line.why_not for what in ("commitment", "step") for line in ready.off(what).lines}
    assert why == {"signed before amendment 1"}


def test_a_signature_on_a_step_grows_old_and_one_on_a_lock_does_not(ready: Team) -> None:
    for who in (ready.lea, ready.omar):
        ready.sign(who, "commitment")
        ready.sign(who, "step")
    ready.now += 13 * DAY
    assert ready.approved
    ready.now += 2 * DAY
    assert not ready.approved
    assert {line.why_not for line in ready.off("step").lines} == {"older than 14 days"}
    assert ready.off("commitment").is_met


def test_a_withdrawn_signature_stays_so_and_signing_again_is_a_new_one(ready: Team) -> None:
    ready.sign(ready.lea, "commitment")
    (line,) = ready.off("commitment").lines
    with pytest.raises(NotAllowed, match="only they can withdraw it"):
        withdraw_signature(ready.workspace, ready.omar, ready.at(), ready.slug, line.id, reason="Not so fast")
    withdraw_signature(ready.workspace, ready.lea, ready.at(), ready.slug, line.id, reason="I was mistaken")
    assert ready.off("commitment").given == 0
    with pytest.raises(WrongUsage, match="withdrawn already"):
        withdraw_signature(
            ready.workspace, ready.lea, ready.at(), ready.slug, line.id, reason="And once more"
        )
    ready.sign(ready.lea, "commitment")
    again, before = ready.off("commitment").lines
    assert (again.counts, before.why_not) == (True, "withdrawn: I was mistaken")


def test_a_refusal_stands_until_it_is_withdrawn(ready: Team) -> None:
    for who in (ready.lea, ready.omar):
        ready.sign(who, "commitment")
        ready.sign(who, "step")
    no = ready.person("Nora", "signer")
    ready.sign(no, "step", "refuse")
    assert not ready.approved
    assert ready.off("step").sentence == "Refused by Nora: It is not what we agreed."
    withdraw_signature(
        ready.workspace, no, ready.at(), ready.slug, ready.off("step").lines[0].id, reason="It is settled now"
    )
    assert ready.approved
    with pytest.raises(WrongUsage, match="needs a reason"):
        sign(
            ready.workspace, ready.fresh(no), ready.now, ready.slug, about="step",
            sha256=ready.off("step").sha256, choice="refuse", reason="no",
        )  # fmt: skip


# R3: what is loosened after results were seen.


def test_before_results_a_loosening_holds_at_once(team: Team) -> None:
    team.save(team.pia)
    team.lock(team.pia)
    team.save(team.pia, bar=0.05)
    team.lock(team.pia)
    assert team.offs()["amendment"] is None
    assert team.off("commitment").commitment == 2


def test_small_loosenings_after_results_wait_each(ready: Team) -> None:
    ready.save(ready.pia, bar=0.09)
    ready.lock(ready.pia)
    first = ready.off("amendment")
    ready.save(ready.pia, bar=0.08)
    ready.lock(ready.pia)
    assert gate(ready.workspace, LOCAL_CALLER, ready.now, ready.slug).rows[0].bar == "above 10 %"
    assert ready.off("amendment").commitment == 3
    with pytest.raises(Conflict):
        ready.sign(ready.lea, "amendment", sha256=first.sha256)
    ready.sign(ready.lea, "amendment")
    assert ready.off("amendment").given == 1, "one is not enough"
    ready.sign(ready.omar, "amendment")
    assert ready.offs()["amendment"] is None
    decision = gate(ready.workspace, LOCAL_CALLER, ready.now, ready.slug)
    assert (decision.rows[0].bar, decision.verdict) == ("above 8 %", Verdict.NO_DATA)
    assert [line.in_force for line in decision.commitments] == [True, False, True]
    assert decision.commitments[1].waits is False, "what was overtaken can never come into force"


def test_amending_and_amending_back_starts_the_evidence_anew(ready: Team) -> None:
    ready.save(ready.pia, bar=0.2)
    ready.lock(ready.pia)
    assert ready.offs()["amendment"] is None, "stricter"
    ready.save(ready.pia, bar=0.1)
    ready.lock(ready.pia)
    assert ready.off("amendment").commitment == 3, "back is easier than what holds"
    ready.sign(ready.lea, "amendment")
    ready.sign(ready.omar, "amendment")
    decision = gate(ready.workspace, LOCAL_CALLER, ready.now, ready.slug)
    assert (decision.verdict, decision.as_committed) == (Verdict.NO_DATA, Verdict.GO)


@pytest.mark.parametrize("how", ["signers", "plan", "command line"])
def test_other_ways_to_loosen_wait_as_well(ready: Team, how: str) -> None:
    who = LOCAL_CALLER if how == "command line" else ready.pia
    needed = 1 if how == "signers" else 2
    if how == "plan":
        ready.plan(ready.pia, minimum_days=1)
    elif how == "command line":
        ready.save(who, bar=0.05)
    else:
        ready.save(who, theme="Quality")
    ready.lock(who, needed=needed)
    waiting = ready.off("amendment")
    assert waiting.needed == 2
    assert ready.off("commitment").commitment == 1


def test_a_refused_amendment_keeps_waiting(ready: Team) -> None:
    ready.save(ready.pia, bar=0.05)
    ready.lock(ready.pia)
    ready.sign(ready.lea, "amendment", "refuse")
    ready.sign(ready.omar, "amendment")
    third = ready.person("Nora", "signer")
    ready.sign(third, "amendment")
    assert ready.off("amendment").refused
    ready.sign(ready.lea, "amendment")
    assert ready.offs()["amendment"] is None, "she thought again"


# Waivers.


def waived(team: Team, who: Caller) -> int:
    until = (team.now + 10 * DAY).date()
    return ask_waiver(
        team.workspace, who, team.at(), team.slug, "suite", reason="The vendor mends it soon", until=until
    ).id


def decide(team: Team, who: Caller, waiver_id: int, choice: str = "approve") -> None:
    decide_waiver(
        team.workspace, who, team.at(), team.slug, waiver_id, choice=choice, reason="Good enough for now"
    )


def test_nobody_approves_a_waiver_of_their_own(ready: Team) -> None:
    both = ready.person("Bea", "pm", "signer")
    twin = ready.person("Bea2", "signer", email="bea@example.com")
    itself = ready.person("Adam", "signer", grants_itself=True)
    one = waived(ready, both)
    for who in (
        both,
        twin,
        itself,
        LOCAL_CALLER,
        replace(ready.lea, person_id=None, roles=LOCAL_CALLER.roles),
    ):
        with pytest.raises(NotAllowed) as told:
            decide(ready, who, one)
        assert told.value.code == "not_yours_to_decide"
    decide(ready, ready.lea, one)
    assert gate(ready.workspace, LOCAL_CALLER, ready.now, ready.slug).waived[0].verdict is Verdict.GO


def test_a_waiver_voids_what_was_signed_before_it(ready: Team) -> None:
    for who in (ready.lea, ready.omar):
        ready.sign(who, "commitment")
        ready.sign(who, "step")
    decide(ready, ready.lea, waived(ready, ready.pia))
    assert not ready.approved


# Every act is one event, whole or not at all.


def test_a_fault_at_any_statement_of_a_signature_leaves_nothing(
    ready: Team, watched: Watched, everything: Everything
) -> None:
    ready.save(ready.pia, bar=0.05)
    ready.lock(ready.pia)
    ready.sign(ready.lea, "amendment")
    before = everything()
    for fail_at in range(1, 200):
        with watched(fail_at, RuntimeError), suppress(RuntimeError):
            ready.sign(ready.omar, "amendment")
        after = everything()
        if len(after["audit_event"]) > len(before["audit_event"]):
            break
        assert after == before
    assert len(after["audit_event"]) == len(before["audit_event"]) + 1
    assert ready.offs()["amendment"] is None, "the signature put it in force in the same transaction"


def test_an_import_is_noted_with_the_person(ready: Team) -> None:
    upload_id = start_import(
        ready.workspace, ready.pia, ready.at(), ready.slug, file_name="a.jsonl", content=BytesIO(b"{}\n")
    )
    with ready.workspace.database.reading() as connection:
        assert uploads.by_id(connection, upload_id).asked_by_id == ready.pia.person_id
