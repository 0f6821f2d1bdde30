"""A locked feature with its people, and ways round R1 to R6; test_rules_attacked.py has the other rules."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from core.actions.importing import run_import
from core.actions.imports import list_uploads, start_import
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.review_queue import Choice, open_review
from core.actions.roles import grant_role, remove_person, revoke_role
from core.actions.rollout import pause, resume, roll_back, start_phase
from core.actions.sign_in import signed_in
from core.actions.signing import sign
from core.actions.waivers import ask_waiver, decide_waiver
from core.actions.withdrawing import withdraw_upload
from core.errors import Conflict, NotAllowed, UserError, WrongUsage
from core.evidence.review_queue import Queue
from core.store import audit, people
from core.store.uploads import Upload
from tests.actions.test_overrides import Crew

NO_ROLE = "not_allowed"
"""The code of a refusal by the policy module; the audit log tells of each of these."""

Do = Callable[[], object]


class Scene(Crew):
    """Pia's locked checklist with a plan, GO; signed by nobody yet. Lea and Omar are the signers."""

    hand_in: Callable[..., Upload]
    results: Callable[..., str]

    def log(self) -> list[tuple[str, str]]:
        """(what, by whom) of everything so far, the oldest first."""
        with self.workspace.database.reading() as connection:
            return [(one.action, one.actor) for one in reversed(audit.timeline(connection, None, 1_000))]

    def turned_away(self, who: Caller, do: Do, code: str = NO_ROLE) -> None:
        """``do`` is refused to ``who``, and all that is in the log of it is the refusal."""
        before = self.log()
        with pytest.raises(NotAllowed) as told:
            do()
        assert told.value.code == code
        new = self.log()[len(before) :]
        # What nobody signed in for is nobody's try.
        assert new == ([("refused", who.name)] if who.person_id is not None else [])

    def in_vain(self, do: Do, words: str, error: type[UserError] = WrongUsage) -> None:
        """``do`` cannot be done by anybody as things stand, and leaves no trace of having been done."""
        before = self.log()
        with pytest.raises(error, match=words):
            do()
        assert self.log() == before

    def both(self) -> Caller:
        """Bea writes checklists and signs."""
        return self.person("Bea", "pm", "signer")

    def all_sign(self) -> None:
        for who in (self.lea, self.omar):
            self.sign(who, "commitment")
            self.sign(who, "step")
        assert self.approved

    def running(self) -> None:
        self.all_sign()
        self.start(self.pia)

    def more(self, passed: int, failed: int = 0) -> Upload:
        return self.hand_in(self.results(passed, failed, first=100), at=self.at())

    def amend(self, needed: int = 2, **changed: Any) -> None:
        self.save(self.pia, **changed)
        self.lock(self.pia, needed=needed)

    def bar(self) -> str:
        return str(self.decision().rows[0].bar)

    def remove(self, who: Caller) -> None:
        assert who.person_id is not None
        remove_person(self.workspace, LOCAL_CALLER, self.at(), who.person_id, reason="Left the company")

    def take_roles(self, who: Caller) -> None:
        assert who.person_id is not None
        with self.workspace.database.reading() as connection:
            held = [one.id for one in people.grants_of(connection, who.person_id)]
        for one in held:
            revoke_role(self.workspace, LOCAL_CALLER, self.at(), self.slug, one)

    def uploads(self) -> list[Upload]:
        return list_uploads(self.workspace, LOCAL_CALLER, self.slug)

    def withdraw(self, who: Caller, reason: str = "The wrong file") -> None:
        """The newest upload."""
        withdraw_upload(self.workspace, who, self.at(), self.uploads()[0].id, reason)

    def arrives(self, name: str, email: str, **claims: Any) -> Caller:
        given: dict[str, Any] = {"issuer": "https://id.example", "email_verified": True, **claims}
        given = {"subject": f"new-{name}", "signed_in_at": self.now.timestamp(), **given}
        return signed_in(self.workspace, self.at(), name=name, email=email, **given)

    def approval_signed_in(self, who: Caller, seconds_ago: float) -> Do:
        """The typed approval of the step, by somebody who signed in so long ago (0: nobody knows when)."""
        at = self.now.timestamp() - seconds_ago if seconds_ago else 0.0
        given = (self.workspace, replace(who, signed_in_at=at), self.now, self.slug)
        sha256 = self.off("step").sha256
        return lambda: sign(*given, about="step", sha256=sha256, typed="GO", choice="approve")


# R1: nobody signs their own work.


def edits_and_hands_over(s: Scene) -> None:
    bea = s.both()
    s.save(bea, theme="Quality")
    s.lock(s.pia)
    s.turned_away(bea, lambda: s.sign(bea, "commitment"), "not_a_signer_of_it")
    s.turned_away(bea, lambda: s.sign(bea, "step"), "not_a_signer_of_it")


def signs_with_a_second_account(s: Scene) -> None:
    twin = s.person("Pia2", "signer", email="PIA@example.com")
    s.turned_away(twin, lambda: s.sign(twin, "commitment"), "not_a_signer_of_it")


def brings_the_evidence(s: Scene) -> None:
    bea, content = s.both(), BytesIO(s.results(5, first=500).encode())
    asked = start_import(
        s.workspace, bea, s.at(), s.slug, file_name="own.jsonl", content=content, for_worker=False
    )
    run_import(s.workspace, asked, s.at)
    s.turned_away(bea, lambda: s.sign(bea, "step"), "not_a_signer_of_it")


def has_a_colleague_amend_it(s: Scene) -> None:
    bea = s.both()
    s.save(bea, theme="Quality")
    s.lock(bea)
    s.amend(theme="Safety")
    s.turned_away(bea, lambda: s.sign(bea, "commitment"), "not_a_signer_of_it")


# R2: a lock, an amendment and each step are signed by others, and by as many as were asked for.


def says_agreed_elsewhere(s: Scene) -> None:
    words = "The gate does not let it"
    s.in_vain(
        lambda: start_phase(s.workspace, s.pia, s.at(), s.slug, agreed="Minutes of Monday, page 3"), words
    )
    s.in_vain(
        lambda: start_phase(s.workspace, LOCAL_CALLER, s.at(), s.slug, agreed="Minutes of Monday"), words
    )


def signs_twice_as_two(s: Scene) -> None:
    s.sign(s.lea, "commitment")
    s.in_vain(lambda: s.sign(s.lea, "commitment"), "signed exactly this already")
    s.sign(s.person("Lea2", "signer", email="LEA@example.com"), "commitment")
    assert s.off("commitment").given == 1


def asks_for_fewer_signers(s: Scene) -> None:
    s.amend(needed=1, theme="Quality")
    s.sign(s.lea, "amendment")
    assert (s.off("amendment").needed, s.off("commitment").commitment) == (2, 1), "the lock still holds"


def steps_with_the_lock_alone_signed(s: Scene) -> None:
    for who in (s.lea, s.omar):
        s.sign(who, "commitment")
    s.in_vain(lambda: s.start(s.pia), "0 of 2 signatures")


# R3: what gets easier once results are known.


def loosens_in_small_steps(s: Scene) -> None:
    for bar in (0.099, 0.098, 0.097):
        s.amend(bar=bar)
    s.sign(s.lea, "amendment")
    assert s.bar() == "above 10 %", "one signature puts nothing in force"
    s.sign(s.omar, "amendment")
    assert s.bar() == "above 9.7 %"
    newest = s.decision().commitments[0]
    assert newest.evidence_seen and newest.loosens, "the mark stays"


def withdraws_the_results_first(s: Scene) -> None:
    s.withdraw(s.pia)
    s.amend(bar=0.05)
    assert s.off("amendment").needed == 2
    assert s.bar() == "above 10 %", "they had been seen"


def shortens_a_phase(s: Scene) -> None:
    s.plan(s.pia, minimum_days=1)
    s.lock(s.pia)
    assert s.off("amendment").commitment == 2
    assert s.off("commitment").commitment == 1


def signs_their_own_loosening(s: Scene) -> None:
    bea = s.both()
    s.save(bea, bar=0.05)
    s.lock(s.pia)
    s.turned_away(bea, lambda: s.sign(bea, "amendment"), "not_a_signer_of_it")
    s.sign(s.lea, "amendment")
    assert s.bar() == "above 10 %"


# R4: going down is open to almost everybody; going up again is not.


def keeps_others_from_stopping(s: Scene) -> None:
    s.running()
    s.amend(bar=0.99)
    s.sign(s.lea, "step", "refuse")
    pause(s.workspace, s.person("Rae", "reviewer"), s.at(), s.slug)
    assert ("rollout paused", "Rae") in s.log(), "no refusal and no open amendment is in its way"


def stops_as_an_onlooker(s: Scene) -> None:
    s.running()
    for role in ("viewer", "auditor"):
        who = s.person(role.title(), role)
        s.turned_away(who, lambda who=who: pause(s.workspace, who, s.at(), s.slug))


def resumes_alone(s: Scene) -> None:
    s.running()
    phase = s.decision().phase
    assert phase is not None
    pause(s.workspace, s.lea, s.at(), s.slug)
    s.turned_away(s.lea, lambda: resume(s.workspace, s.lea, s.at(), s.slug, reason="All is well again"))
    s.alarms("pause", phase)
    s.in_vain(lambda: resume(s.workspace, s.pia, s.at(), s.slug, reason="All is well"), "alarm is open")


def resumes_what_was_rolled_back(s: Scene) -> None:
    s.running()
    s.in_vain(lambda: roll_back(s.workspace, s.pia, s.at(), s.slug, reason=" "), "needs a reason")
    roll_back(s.workspace, s.pia, s.at(), s.slug, reason="Wrong refunds")
    assert s.log()[-1] == ("rollout rolled back", "Pia")
    s.in_vain(
        lambda: resume(s.workspace, s.pia, s.at(), s.slug, reason="It was nothing"), "rolled back", Conflict
    )
    s.in_vain(lambda: s.start(s.pia), "The gate does not let it")


# R5: an administrator signs, labels and edits nothing; nobody profits from a role of their own making.


def signs_as_admin(s: Scene) -> None:
    root = s.person("Root2", "admin")
    s.turned_away(root, lambda: s.sign(root, "step"))
    s.turned_away(root, lambda: s.overrule(root))


def labels_or_withdraws_as_admin(s: Scene) -> None:
    root, choice = s.person("Root2", "admin"), Choice(Queue.ALL, s.now.date(), 5)
    s.turned_away(root, lambda: open_review(s.workspace, root, s.at(), s.slug, choice))
    s.turned_away(root, lambda: s.withdraw(root))


def makes_themselves_a_signer(s: Scene) -> None:
    root = s.person("Root2", "admin")
    twin = s.person("Root3", email="ROOT2@example.com")
    for one in (root, twin):
        assert one.person_id is not None
        give = (s.workspace, root, s.now, s.slug, one.person_id, Role.SIGNER)
        s.turned_away(root, lambda give=give: grant_role(*give))


def signs_with_a_role_of_their_own_making(s: Scene) -> None:
    adam = s.person("Adam", "signer", grants_itself=True)
    s.turned_away(adam, lambda: s.sign(adam, "step"), "not_a_signer_of_it")
    s.turned_away(adam, lambda: s.sign(adam, "step", "refuse"), "not_a_signer_of_it")


# R6: a signature is for exactly what was read.


def replays_an_old_hash(s: Scene) -> None:
    seen = s.off("step").sha256
    s.more(5)
    for old in (seen, "0" * 64, s.off("commitment").sha256):
        s.in_vain(lambda old=old: s.sign(s.lea, "step", sha256=old), "no longer", Conflict)


def changes_the_evidence_after_it(s: Scene) -> None:
    s.all_sign()
    s.more(5)
    assert not s.approved
    assert all(line.why_not.startswith("the evidence changed after it") for line in s.off("step").lines)


def amends_after_it(s: Scene) -> None:
    s.all_sign()
    s.amend(bar=0.2)
    assert not s.approved
    whys = [line.why_not for what in ("commitment", "step") for line in s.off(what).lines]
    assert set(whys) == {"signed before amendment 1"}


def waives_a_row_after_it(s: Scene) -> None:
    s.all_sign()
    until = (s.now + timedelta(days=10)).date()
    why = "The vendor mends it soon"
    asked = ask_waiver(s.workspace, s.pia, s.at(), s.slug, "suite", reason=why, until=until)
    decide_waiver(s.workspace, s.lea, s.at(), s.slug, asked.id, choice="approve")
    assert not s.approved
