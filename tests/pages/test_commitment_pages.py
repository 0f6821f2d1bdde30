"""The commitment on the pages: what a lock binds, who signs what, waivers, and what an amendment leaves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.checklists import lock_checklist, save_checklist, view_checklist
from core.actions.features import create_feature
from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.plans import save_plan, take_plan_template, view_plan
from core.actions.signing import sign, view_sign_off
from core.actions.waivers import view_waivers
from core.criteria.checklist import Checklist, read_checklist
from core.criteria.stakes import Stakes
from core.rollout.plan import Fallback
from core.rollout.transitions import Move, Transition
from core.store import features, people, transitions
from core.web import wiring
from core.web.wording import verdict_words

SLUG = "refund-agent"
Words = Callable[[AppTest], str]
BAR = {
    "kind": "measured",
    "id": "right_answers",
    "metric": "answer_correctness",
    "source": "label",
    "bar": 0.8,
    "minimum_n": 50,
    "window_days": 28,
}
QUESTION = {"kind": "attested", "id": "legal", "sentence": "Legal has read ten answers.", "owner": "Lea"}


def checklist(bar: float = 0.8) -> Checklist:
    return read_checklist({"stakes": "high", "items": [{**BAR, "bar": bar}, QUESTION]})


def labelled(now: datetime, *, right: int, of: int) -> tuple[str, str]:
    """Traces of ten days before ``now``, each of its own user, and a complete review of them."""
    traces = ["run_id,started_at,user_id,query,response"]
    labels = ["run_id,answer_right,reviewer,sampling"]
    for n in range(of):
        started = (now - timedelta(days=10) + timedelta(minutes=n)).strftime("%Y-%m-%dT%H:%M:%SZ")
        traces.append(f"run-{n},{started},user-{n},Where is it?,On its way.")
        labels.append(f"run-{n},{'yes' if n < right else 'no'},Vera,complete")
    return "\n".join(traces) + "\n", "\n".join(labels) + "\n"


class Team:
    """A feature of high stakes and the people around it; any of them can be the visitor."""

    def __init__(self, site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site, self._patch = site, monkeypatch
        create_feature(
            site.workspace,
            LOCAL_CALLER,
            site.before(40),
            name="Refund agent",
            owner="Ada",
            stakes=Stakes.HIGH,
            slug=SLUG,
        )
        self.ada = self.person("Ada", Role.PM)
        self.omar = self.person("Omar", Role.PM)
        self.lea = self.person("Lea", Role.SIGNER)
        self.sam = self.person("Sam", Role.SIGNER)
        self.vic = self.person("Vic", Role.VIEWER)

    def person(self, name: str, role: Role) -> Caller:
        with self.site.workspace.database.writing() as connection:
            added = people.add(
                connection,
                issuer="https://id.example.com",
                subject=name,
                name=name,
                email=f"{name.lower()}@example.com",
                added_by="test",
                now=self.site.before(40),
            )
        caller = Caller(name, frozenset(), True, added.id, self.site.now.timestamp() - 60)
        self.give(caller, role)
        return caller

    def give(self, caller: Caller, role: Role) -> None:
        assert caller.person_id is not None
        with self.site.workspace.database.writing() as connection:
            people.grant(
                connection,
                person_id=caller.person_id,
                feature_id=None,
                role=role.value,
                by="test",
                by_id=None,
                now=self.site.before(40),
            )

    def is_visited_by(self, caller: Caller) -> None:
        self._patch.setattr(wiring, "caller", lambda: caller)

    def open(self, caller: Caller, page: str = "go_no_go") -> AppTest:
        self.is_visited_by(caller)
        at = self.site.open(page, SLUG)
        assert not at.exception
        return at

    def save(self, wanted: Checklist, *, days_ago: int, by: Caller | None = None) -> int:
        number = view_checklist(self.site.workspace, LOCAL_CALLER, SLUG).number
        saved = save_checklist(
            self.site.workspace, by or self.ada, self.site.before(days_ago), SLUG, wanted, based_on=number
        )
        return saved.number

    def lock(self, wanted: Checklist, *, days_ago: int, reason: str = "") -> None:
        number = self.save(wanted, days_ago=days_ago)
        lock_checklist(
            self.site.workspace, self.ada, self.site.before(days_ago), SLUG, based_on=number, reason=reason
        )

    def evidence(self, *, right: int = 85, of: int = 100) -> None:
        traces, labels = labelled(self.site.now, right=right, of=of)
        self.site.upload(SLUG, "traces.csv", traces)
        self.site.upload(SLUG, "labels.csv", labels)

    def signs_at(self, caller: Caller, moment: datetime) -> None:
        """``caller`` approves the commitment that holds, as it stood at ``moment``."""
        awake = replace(caller, signed_in_at=moment.timestamp() - 60)
        view = view_sign_off(self.site.workspace, awake, moment, SLUG)
        assert view.commitment is not None
        sign(
            self.site.workspace,
            awake,
            moment,
            SLUG,
            about="commitment",
            sha256=view.commitment.sha256,
            typed=view.typed_for(view.commitment),
            choice="approve",
        )


def press(at: AppTest, name: str, typed: str, choice: str = "approve", reason: str = "") -> AppTest:
    """Sign ``name`` ("step", "commitment_1") as a signer does: opened, typed, with a reason, and a click."""
    open_dialog(at, name, choice)
    if choice == "refuse":
        at.text_area(key=f"sign_why_{name}").set_value(reason)
    else:
        at.text_input(key=f"sign_typed_{name}").set_value(typed)
        at.text_input(key=f"sign_reason_{name}").set_value(reason)
    at.button(key=f"sign_{choice}_{name}").click().run()
    assert not at.exception
    return at


def open_dialog(at: AppTest, name: str, choice: str = "approve") -> AppTest:
    at.button(key=f"sign_{'no' if choice == 'refuse' else 'open'}_{name}").click().run()
    assert not at.exception
    return at


@pytest.fixture
def team(site: Any, monkeypatch: pytest.MonkeyPatch) -> Team:
    return Team(site, monkeypatch)


def keys(at: AppTest) -> set[str]:
    return {str(button.key) for button in at.button}


def problems(at: AppTest) -> list[str]:
    """What the page could not do; the banner of a NO-GO is red as well, and no problem."""
    return [box.value for box in at.error if box.icon == ":material/error:"]


class TestBeforeTheLock:
    def test_everything_that_it_binds_stands_there_in_words(self, team: Team, words: Words) -> None:
        team.save(checklist(), days_ago=3)
        at = team.open(team.ada, "checklist")
        assert "Version 1 is not locked yet" in words(at)
        at.button(key="lock_begin").click().run()
        said = words(at)
        for told in (
            "You commit to version 1",
            "**Items:** 2 items: 1 measured, 1 answered by people",
            "High stakes. Wrong verdicts are held to 5 % each way.",
            "**Phase plan:** none yet",
            "**Eval sets:** none yet",
            "above 80 %",
            "at least 50 cases",
            "last 28 days",
            "every later change is an amendment with a reason",
        ):
            assert told in said
        assert at.number_input(key=f"lock_needed_{SLUG}").value == 2
        assert "so nobody can sign" not in said
        team.is_visited_by(LOCAL_CALLER)
        assert "so nobody can sign" in words(at.run())

    def test_the_signers_are_bound_as_they_were_typed(self, team: Team, words: Words) -> None:
        team.save(checklist(), days_ago=3)
        at = team.open(team.ada, "checklist").button(key="lock_begin").click().run()
        at.text_input(key=f"lock_named_{SLUG}").set_value("Lea").run()
        assert "“Lea” is not an e-mail address" in words(at)
        at.text_input(key=f"lock_named_{SLUG}").set_value("lea@example.com; sam@example.com")
        at.button(key="lock").click().run()
        assert not problems(at)
        assert "cannot sign here so far" not in words(at)
        terms = view_checklist(team.site.workspace, team.ada, SLUG).terms
        assert terms is not None
        assert terms.signers.named == ("lea@example.com", "sam@example.com")
        assert "0 of 2 signatures" in words(at)

    def test_the_lock_says_whether_enough_people_can_sign(self, team: Team, words: Words) -> None:
        team.save(checklist(), days_ago=3)
        at = team.open(team.ada, "checklist").button(key="lock_begin").click().run()
        assert "Can sign here: Lea, Sam." in words(at)
        at.number_input(key=f"lock_needed_{SLUG}").set_value(3).run()
        assert "So far only Lea, Sam can sign here." in words(at)
        at.text_input(key=f"lock_named_{SLUG}").set_value("lea@example.com, sam@example.com, ada@example.com")
        assert "ada@example.com cannot sign here so far" in words(at.run()), "who locks it does not sign it"

    def test_what_gets_easier_after_results_is_said_before_it_is_done(self, team: Team, words: Words) -> None:
        team.lock(checklist(0.8), days_ago=30)
        team.evidence()
        team.save(checklist(0.75), days_ago=0)
        at = team.open(team.ada, "checklist")
        easier = "This makes 1 thing easier after results were seen"
        assert f"{easier}: it waits for 2 signers and is marked for ever." in words(at)
        at.button(key="lock_begin").click().run()
        said = words(at)
        assert "above 80 % → above 75 %" in said
        assert "Evidence starts anew for" in said
        at.button(key="lock").click().run()
        assert "an amendment needs a reason" in words(at)
        at.text_area(key=f"lock_reason_{SLUG}").set_value("The pilot is smaller.")
        at.button(key="lock").click().run()
        assert not problems(at)
        assert "Amendment 1 (version 2) waits for signatures: 0 of 2." in words(at)
        assert "**Version 1 is locked**" in words(at), "the bars of before still hold"
        assert "is put to the signers" in at.toast[0].value
        assert "See the sign-off on Go / no-go" in words(at), "she may not sign"
        at = team.open(team.lea)
        press(at, "commitment_2", "", choice="refuse", reason="Show it on more cases")
        for page in ("go_no_go", "checklist"):
            said = words(team.open(team.ada, page))
            assert "is refused by Lea: Show it on more cases." in said
            assert "waits for signatures" not in said
        assert "(refused, not in force)" in words(team.open(team.ada))

    def test_the_seal_can_be_amended_only_with_a_change(self, team: Team, words: Words) -> None:
        team.lock(checklist(), days_ago=30)
        at = team.open(team.ada, "checklist")
        at.button(key="amend").click().run()
        assert "Nothing is changed yet" in words(at)
        assert at.button(key="lock").disabled
        at.number_input(key=f"lock_needed_{SLUG}").set_value(1).run()
        assert "Fewer people sign: 2 → 1." in words(at)
        assert not at.button(key="lock").disabled


def test_both_verdicts_stand_on_the_page_after_an_amendment(team: Team, words: Words) -> None:
    """N1: locked at 80 %, 85 of 100 came in, amended to 75 %."""
    team.lock(checklist(0.8), days_ago=30)
    for signer in (team.lea, team.sam):
        team.signs_at(signer, team.site.before(29))
    team.evidence(right=85, of=100)
    before = gate(team.site.workspace, team.vic, team.site.now, SLUG)
    team.lock(checklist(0.75), days_ago=0, reason="The pilot is smaller.")

    said = words(team.open(team.ada))
    assert "The bars of 31 Jan 2026 still hold. Amendment 1 waits for signatures" in said
    assert "made easier after results were seen" in said
    for signer in (team.lea, team.sam):
        at = press(team.open(signer), "commitment_2", "amend")
        assert not problems(at)

    at = team.open(team.vic)
    said = words(at)
    assert "waits for signatures" not in said
    assert "Amendment 1** by Ada: The pilot is smaller." in said
    assert "made easier after results were seen" in said
    assert "the bar goes from above 80 % to above 75 %" in said
    record = said.split("Commitments")[1]
    assert record.count("signed before amendment 1") == 2
    both = said.split("Against the bars as amended")[1].split("by Ada")[0]
    amended, committed = both.split("Against the bars as first committed")
    decision = gate(team.site.workspace, team.vic, team.site.now, SLUG)
    assert decision.as_committed is before.verdict
    assert verdict_words(decision.verdict).word in amended
    assert verdict_words(before.verdict).word in committed


class TestSigning:
    @pytest.fixture
    def locked(self, team: Team) -> Team:
        team.lock(checklist(), days_ago=30)
        team.evidence(right=40, of=100)
        return team

    def test_a_signer_types_the_verdict_and_sees_what_is_signed(self, locked: Team, words: Words) -> None:
        at = open_dialog(locked.open(locked.lea), "step")
        said = words(at)
        assert "Type NO-GO to show that you have read it" in said
        assert "The verdict is NO-GO. Signing here **approves** the step all the same" in said
        assert at.button(key="sign_approve_step").label == "Approve although it is NO-GO"
        lock, step = said.split("**What is signed**")[1:3]
        assert "above 80 %" in lock, "the bars of the lock"
        assert "1 item that people answer" in lock
        assert "40 of 100 right" in step, "after the lock, the step"
        assert "Exactly this has the fingerprint" in said
        assert "There is no phase plan, so there is no phase to start." in said
        at = press(at, "step", "GO")
        assert "Type NO-GO to say that you have read it" in words(at)
        at = press(at, "step", "no-go")
        assert not problems(at)
        assert "1 of 2 signatures. Still needed: one signer who did not write it." in words(at)
        assert "You have signed this." in words(at)
        assert "sign_open_step" not in keys(at)

    def test_a_refusal_says_why_and_can_be_taken_back(self, locked: Team, words: Words) -> None:
        at = press(locked.open(locked.lea), "commitment_1", "", choice="refuse")
        assert "A refusal needs a reason" in words(at)
        at = press(at, "commitment_1", "", choice="refuse", reason="Billing is missing altogether")
        said = words(at)
        assert "REFUSED" in said
        assert "Refused by Lea: Billing is missing altogether." in said
        assert "Take your refusal back above to decide anew." in said
        assert {"sign_open_step"} == {key for key in keys(at) if key.startswith("sign_open")}
        assert at.button(key="first_go").disabled is False, "the step still waits for her"
        first = said.split("Sign-off")[0]
        assert "Refused by Lea: Billing is missing altogether." in first, "before all else"
        seen = view_sign_off(locked.site.workspace, locked.lea, locked.site.now, SLUG)
        assert seen.commitment is not None
        line = seen.commitment.lines[0]
        at = locked.open(locked.lea)
        at.text_input(key=f"sign_withdraw_reason_{line.id}").set_value("Billing is in the scope now")
        at.button(key=f"sign_withdraw_{line.id}").click().run()
        assert not problems(at)
        assert "withdrawn: Billing is in the scope now" in words(at)

    def test_new_evidence_voids_a_signature_and_the_page_says_so(self, locked: Team, words: Words) -> None:
        press(locked.open(locked.lea), "step", "NO-GO")
        traces, labels = labelled(locked.site.now, right=40, of=100)
        locked.site.upload(SLUG, "more.csv", traces.replace("run-", "more-").replace("user-", "person-"))
        locked.site.upload(SLUG, "more-labels.csv", labels.replace("run-", "more-"))
        said = words(locked.open(locked.sam))
        assert "does not count" in said
        assert "the evidence changed after it: 1 row" in said
        assert "Since Lea signed on 2 Mar 2026" in said

    def test_what_is_signed_is_what_was_shown(self, locked: Team, words: Words) -> None:
        at = open_dialog(locked.open(locked.lea), "commitment_1")
        locked.lock(checklist(0.9), days_ago=0, reason="Stricter, as legal asked.")
        at.text_input(key="sign_typed_commitment_1").set_value("LOCK")
        at.button(key="sign_approve_commitment_1").click().run()
        assert "no longer what stands" in words(at)

    @pytest.mark.parametrize(
        ("who", "told"),
        [
            ("ada", "You are not a signer of this feature. It takes anybody with the role signer"),
            ("vic", "You are not a signer of this feature."),
            ("both", "You had a hand in what is to be signed, so somebody else has to sign it."),
        ],
    )
    def test_who_cannot_sign_hears_who_can(self, who: str, told: str, locked: Team, words: Words) -> None:
        if who == "both":
            locked.give(locked.ada, Role.SIGNER)
        at = locked.open(locked.vic if who == "vic" else locked.ada)
        assert told in words(at)
        assert not [key for key in keys(at) if key.startswith("sign_open")]
        assert at.button(key="first_go").disabled
        assert ("sign_no_step" in keys(at)) == (who == "both"), "a signer may stop what they wrote"
        assert at.button(key="first_no_go").disabled == (who != "both")

    def test_a_signer_who_had_a_hand_in_it_refuses(self, locked: Team, words: Words) -> None:
        locked.give(locked.ada, Role.SIGNER)
        at = press(locked.open(locked.ada), "step", "", choice="refuse", reason="I know better by now")
        assert not problems(at)
        assert "Refused by Ada: I know better by now." in words(at)
        assert "sign_no_step" not in keys(at), "it is taken back, not given twice"

    def test_an_old_sign_in_leads_to_a_fresh_one(self, locked: Team, words: Words) -> None:
        at = locked.open(replace(locked.lea, signed_in_at=locked.site.now.timestamp() - 1_000))
        assert "A signature takes a sign-in of the last 15 minutes" in words(at)
        assert {"sign_in_again_step", "sign_in_again_commitment_1"} <= keys(at)
        assert "sign_open_step" not in keys(at)
        at.button(key="first_go").click().run()
        assert "sign_in_again_dialog_commitment_1" in keys(at), "one may read first"
        assert not [key for key in keys(at) if key.startswith("sign_approve")]

    def test_the_band_counts_the_signatures_that_are_missing(self, locked: Team, words: Words) -> None:
        take_plan(locked)
        assert "4 signatures" in words(locked.open(locked.vic, "health"))
        press(locked.open(locked.lea), "commitment_1", "LOCK")
        assert "3 signatures" in words(locked.open(locked.vic, "health"))


def on_condition(at: AppTest, *, owner: str, due: datetime) -> AppTest:
    """Sign the step from the first button, on one condition."""
    at.button(key="first_go").click().run()
    # The dialog is drawn where its button was pressed, so that both go together.
    at.segmented_control(key="sign_conditions_step").set_value(1)
    at.button(key="first_go").click().run()
    at.text_input(key="sign_condition_step_0").set_value("Legal has read ten answers")
    at.text_input(key="sign_condition_step_0_owner").set_value(owner)
    at.date_input(key="sign_condition_step_0_due").set_value(due.date())
    at.text_input(key="sign_typed_step").set_value("no-go")
    return at.button(key="sign_approve_step").click().run()


class TestOnConditions:
    def test_from_the_first_button_to_a_lapse_and_back(self, team: Team, words: Words) -> None:
        team.lock(checklist(), days_ago=30)
        team.evidence(right=40, of=100)
        team.signs_at(team.lea, team.site.before(20))
        at = team.open(team.lea)
        assert "signed by: –" in words(at) and "required: 2" in words(at)
        at = on_condition(at, owner="", due=team.site.now)
        assert "Nobody is named for “Legal has read ten answers”." in words(at)
        at = on_condition(at, owner="Lena", due=team.site.now)
        assert not problems(at)
        said = words(at)
        assert "The GO holds on 1 condition: “Legal has read ten answers” (Lena, until 2 Mar 2026)" in said
        assert "Lena sees to it, to the end of 2 Mar 2026 (UTC)" in said

        later = replace(team.site, now=team.site.now + timedelta(days=1))
        decision = gate(later.workspace, team.vic, later.now, SLUG)
        assert decision.rows[0].label == "Condition of the GO: Legal has read ten answers"
        at = team.open(team.ada)
        at.text_area(key="condition_note_1").set_value("Read, see the minutes")
        at.button(key="condition_meet_1").click().run()
        assert not problems(at)
        assert "met, says Ada on " in words(at)

    def test_a_question_is_asked_and_answered_and_a_step_is_looked_back_at(
        self, team: Team, words: Words
    ) -> None:
        team.lock(checklist(), days_ago=30)
        at = team.open(team.lea)
        at.button(key="first_ask").click().run()
        at.text_area(key="question_words").set_value("Who reads the billing answers?")
        at.button(key="question_ask").click().run()
        assert "1 question waits for an answer: “Who reads the billing answers?”" in words(at)
        assert "question_send_1" not in keys(at)
        assert team.open(team.vic).button(key="first_ask").disabled
        at = team.open(team.ada)
        at.text_area(key="question_answer_1").set_value("Omar reads every one.")
        at.button(key="question_send_1").click().run()
        assert not problems(at)
        assert "Omar reads every one." in words(at)
        assert "question waits for an answer" not in words(at)

        with team.site.workspace.database.writing() as connection:
            transitions.add(
                connection,
                feature_id=features.by_slug(connection, SLUG).id,
                moved=Transition(Move.START, "beta", team.site.before(8), "Ada", "As planned"),
                plan_number=None,
                verdict="not_enough_evidence",
                now=team.site.before(8),
            )
        at = team.open(team.ada)
        assert "1 look-back is due: was the step of 22 Feb 2026 right, a week later?" in words(at)
        assert "1 look-back due" in words(team.open(team.ada, "portfolio"))
        at = team.open(team.ada)
        at.segmented_control(key="look_back_1").set_value("right")
        at.button(key="look_back_save_1").click().run()
        assert not problems(at)
        said = words(at)
        assert "1 of 1 step was right in hindsight (90 % interval 5 % to 100 %)." in said
        assert "look-back is due" not in said
        assert "decisions_csv" in {str(one.key) for one in at.get("download_button")}


class TestWithoutSignIn:
    def test_it_is_ready_for_sign_off_at_most(self, site: Any, words: Words) -> None:
        site.locked(SLUG)
        at = site.open("go_no_go", SLUG)
        said = words(at)
        assert said.count("Unsigned: identity not verified. Ready for sign-off at most.") == 2
        assert "READYGATE_SIGN_IN" in said
        assert not [key for key in keys(at) if key.startswith("sign_")]
        assert "Unsigned: identity not verified." in words(site.open("checklist", SLUG))

    def test_an_asked_waiver_stays_asked(self, site: Any, words: Words) -> None:
        site.locked(SLUG)
        at = site.open("go_no_go", SLUG)
        at.text_area(key=f"waiver_why_{SLUG}/top_ten_handled").set_value("The list comes next week.")
        at.button(key="waiver_ask_top_ten_handled").click().run()
        assert not problems(at)
        said = words(at)
        assert "1 waiver asked for, not approved." in said
        assert "Nobody signs in here, so nobody can approve it" in said or "Nobody's identity" in said
        assert not [key for key in keys(at) if key.startswith("waiver_approve")]


class TestWaivers:
    @pytest.fixture
    def asked(self, team: Team) -> Team:
        team.lock(checklist(), days_ago=30)
        team.evidence(right=40, of=100)
        at = team.open(team.ada)
        at.text_area(key=f"waiver_why_{SLUG}/right_answers").set_value("A person reads every answer.")
        at.button(key="waiver_ask_right_answers").click().run()
        assert not at.exception
        assert not problems(at)
        return team

    def test_somebody_else_approves_and_the_row_keeps_its_verdict(self, asked: Team, words: Words) -> None:
        at = asked.open(asked.ada)
        assert "waiver_ask_right_answers" not in keys(at), "it is asked for already"
        assert "Deciding it takes the role signer." in words(at)
        (line,) = view_waivers(asked.site.workspace, asked.lea, asked.site.now, SLUG)
        at = asked.open(asked.lea)
        at.button(key=f"waiver_approve_{line.id}").click().run()
        assert not problems(at)
        said = words(at)
        assert "1 waiver in force." in said
        marked = [text.value for text in at.markdown if "WAIVED until 16 Mar 2026" in text.value]
        assert any("NO-GO" in text for text in marked), "its true verdict stands beside the mark"
        assert "Waived by Lea: A person reads every answer." in said

    def test_a_refusal_and_a_revocation_say_why(self, asked: Team, words: Words) -> None:
        (line,) = view_waivers(asked.site.workspace, asked.lea, asked.site.now, SLUG)
        at = asked.open(asked.lea)
        at.button(key=f"waiver_refuse_{line.id}").click().run()
        assert "A refusal needs a reason" in words(at)
        at.button(key=f"waiver_approve_{line.id}").click().run()
        at.text_input(key=f"waiver_revoke_reason_{line.id}").set_value("The readers are gone.")
        at.button(key=f"waiver_revoke_{line.id}").click().run()
        assert not problems(at)
        said = words(at)
        assert "REVOKED" in said
        assert "revoked 2 Mar 2026, 14:05 UTC by Lea: The readers are gone." in said
        assert "waiver" not in said.split("What decides")[0]

    def test_what_may_never_be_waived_has_no_button(self, team: Team) -> None:
        protected = {**BAR, "slice": {"task_type": "billing"}, "protected": True}
        team.lock(read_checklist({"stakes": "high", "items": [protected, QUESTION]}), days_ago=30)
        buttons = [key for key in keys(team.open(team.ada)) if key.startswith("waiver_ask")]
        assert buttons == ["waiver_ask_legal"]
        assert not [key for key in keys(team.open(team.vic)) if key.startswith("waiver_ask")]


class TestTheRollout:
    def test_a_step_says_which_signatures_are_missing(self, team: Team, words: Words) -> None:
        take_plan(team)
        team.lock(checklist(), days_ago=30)
        at = team.open(team.ada, "phase_plan")
        said = words(at)
        assert "The lock: 0 of 2 signatures." in said
        assert "See the sign-off on Go / no-go" in said
        assert "Read and sign on Go / no-go" in words(team.open(team.lea, "phase_plan"))
        assert "rollout_agreed" not in {str(field.key) for field in at.text_input}

    def test_a_newer_plan_waits_for_an_amendment(self, team: Team, words: Words) -> None:
        take_plan(team)
        team.lock(checklist(), days_ago=30)
        plan = view_plan(team.site.workspace, team.ada, SLUG)
        wanted = plan.plan.model_copy(update={"owner": "Omar"})
        save_plan(team.site.workspace, team.ada, team.site.now, SLUG, wanted, based_on=plan.number)
        said = words(team.open(team.ada, "phase_plan"))
        assert "The plan in force is version 1" in said
        assert "This newer draft, version 2, waits for an amendment" in said
        assert "Version 2 of the phase plan is not locked" in words(team.open(team.ada, "checklist"))


def take_plan(team: Team) -> None:
    take_plan_template(
        team.site.workspace,
        team.ada,
        team.site.before(35),
        SLUG,
        "guardrail_escalation",
        based_on=None,
        owner="Ada",
        fallback=Fallback.NON_AI,
        users=20_000,
        requests_per_day=20_000,
    )
