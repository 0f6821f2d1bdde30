"""A GO on conditions, from the signature to its lapse, and back: who may end one, and what is recorded."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.actions.as_json import decision_as_json
from core.actions.audit_verify import verify_log
from core.actions.audit_words import told
from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.promises import meet_condition, release_condition, view_promises
from core.actions.signing import view_sign_off, withdraw_signature
from core.actions.workspace import Workspace
from core.criteria.verdict import Verdict
from core.decision.decide import Decision
from core.decision.promises import AskedCondition, PromiseState
from core.errors import NotAllowed, WrongUsage
from core.store import audit, features, people
from core.store.decision_tables import signed_condition
from core.store.erased_rows import count_left, count_mentions, erase_mentions, erase_payloads
from core.store.gone import Gone, Mention
from core.store.uploads import Upload
from tests.actions.test_signing import Team

HandIn = Callable[..., Upload]
READ, MASKED = "Legal has read ten answers", "Card numbers are masked for user-4711"


class Signers(Team):
    """The people of the signing tests, who also sign on conditions."""

    def on_conditions(self, who: Caller, *conditions: tuple[str, int], what: str = "step") -> None:
        """``who`` signs; each condition has its words and in how many days it is due."""
        asked = [AskedCondition(words, "Lena", self.day(days)) for words, days in conditions]
        self.sign(who, what, conditions=asked)

    def day(self, days: int) -> date:
        return (self.now + timedelta(days=days)).date()

    def decision(self, days: float = 0) -> Decision:
        return gate(self.workspace, LOCAL_CALLER, self.now + timedelta(days=days), self.slug)

    def states(self) -> list[PromiseState]:
        view = view_promises(self.workspace, LOCAL_CALLER, self.now, self.slug)
        return [line.state for line in view.lines]

    def meet(self, who: Caller, number: int, note: str = "Read, see the minutes") -> None:
        meet_condition(self.workspace, who, self.at(), self.slug, number, note=note)

    def release(self, who: Caller, number: int, reason: str = "Nobody needs it any more") -> None:
        release_condition(self.workspace, who, self.at(), self.slug, number, reason=reason)

    def sentences(self) -> list[str]:
        with self.workspace.database.reading() as connection:
            events = audit.timeline(connection, f"feature/{self.slug}", 50)
        return [told(event).sentence for event in events]


@pytest.fixture
def team(
    workspace: Workspace,
    feature: str,
    now: Any,
    items: dict[str, dict[str, Any]],
    person: Callable[..., Caller],
    hand_in: HandIn,
    results: Callable[..., str],
) -> Signers:
    """Locked by Pia with a plan, and GO: only signatures lack."""
    made = Signers(workspace, feature, now - timedelta(hours=12), items["suite"] | {"bar": 0.1}, person)
    made.save(made.pia)
    made.plan(made.pia)
    made.lock(made.pia)
    hand_in(results(40), at=made.at())
    return made


def test_a_condition_counts_lapses_is_met_and_is_told_everywhere(team: Signers) -> None:
    before = team.off("step").sha256
    team.on_conditions(team.lea, (READ, 3), (MASKED, 10))
    assert team.off("step").given == 1, "the signature counts"
    assert team.off("step").sha256 == before, "and its conditions are no part of what is signed"
    now = team.decision()
    assert now.verdict is Verdict.GO
    (condition,) = (one for one in now.conditions if one.name == "promises")
    assert condition.met and condition.sentence.startswith("The GO holds on 2 conditions: “Legal has")

    lapsed = team.decision(days=4)
    assert lapsed.verdict is Verdict.NO_GO
    assert lapsed.reasons[0].startswith(f"Condition of the GO: {READ}: Lea signed on ")
    step = lapsed.sign_offs.step
    assert step is not None and (step.sha256, step.given) == (before, 1), "what was signed stands as it was"
    said = decision_as_json(lapsed)
    assert [(one["condition"], one["owner"], one["state"]) for one in said["promises"]] == [
        (READ, "Lena", "lapsed"), (MASKED, "Lena", "open"),
    ]  # fmt: skip
    assert (said["rows"][0]["kind"], said["rows"][0]["verdict"]) == ("condition", "no_go")
    assert {"name": "promises", "met": False}.items() <= next(
        one for one in said["conditions"] if one["name"] == "promises"
    ).items()

    team.now += timedelta(days=4)
    with pytest.raises(WrongUsage, match="needs a note"):
        team.meet(team.pia, 1, note="Done")
    team.meet(team.pia, 1)
    assert team.states() == [PromiseState.MET, PromiseState.OPEN]
    assert team.decision().verdict is Verdict.GO, "met too late, it lets the GO stand from now on"
    assert team.decision(days=-0.02).verdict is Verdict.NO_GO, "the past stays as it was"
    with pytest.raises(WrongUsage, match="is met already"):
        team.release(team.lea, 1)
    view = view_promises(team.workspace, team.pia, team.now, team.slug)
    assert "met, says Pia on " in view.lines[0].sentence
    assert view.lines[0].sentence.endswith(": Read, see the minutes")
    assert team.sentences()[0] == f"said that the condition “{READ}” is met"
    assert verify_log(team.workspace, LOCAL_CALLER, team.now).findings == ()


def test_a_signer_releases_who_could_sign_it_or_asked_for_it(team: Signers) -> None:
    team.on_conditions(team.lea, (READ, 3), (MASKED, 3))
    team.now += timedelta(days=5)
    with team.workspace.database.writing() as connection:
        people.grant(
            connection, person_id=team.pia.person_id or 0, role="signer", by="Root", by_id=None, now=team.now,
            feature_id=features.by_slug(connection, team.slug).id,
        )  # fmt: skip
    with pytest.raises(NotAllowed, match="you cannot sign the step yourself"):
        team.release(team.pia, 1)
    with pytest.raises(WrongUsage, match="needs a reason"):
        team.release(team.omar, 1, reason="No")
    assert team.decision().verdict is Verdict.NO_GO
    team.release(team.omar, 1)
    team.release(team.lea, 2)
    assert team.states() == [PromiseState.RELEASED] * 2
    assert team.decision().verdict is Verdict.GO
    assert team.sentences()[1] == f"released the condition “{READ}”"


def test_conditions_go_with_their_signature_and_stay_without_it(team: Signers, hand_in: HandIn) -> None:
    team.on_conditions(team.lea, (READ, 3))
    team.on_conditions(team.omar, (MASKED, 3))
    (mine,) = (line for line in team.off("step").lines if line.by == "Omar")
    withdraw_signature(
        team.workspace, team.omar, team.at(), team.slug, mine.id, reason="I was mistaken, sorry"
    )
    assert team.states() == [PromiseState.OPEN, PromiseState.WITHDRAWN]
    hand_in(b'{"case_id": "more", "passed": true}\n', "more.jsonl", at=team.at())
    assert team.off("step").given == 0, "new evidence voids what was signed"
    assert team.decision(days=5).verdict is Verdict.NO_GO, "what was asked for is asked for all the same"


def test_only_the_go_for_a_step_takes_conditions(team: Signers) -> None:
    with pytest.raises(WrongUsage, match="Only the GO for a step takes conditions"):
        team.on_conditions(team.lea, (READ, 3), what="commitment")
    with pytest.raises(WrongUsage, match="Only the GO for a step takes conditions"):
        team.sign(team.lea, "step", choice="refuse", conditions=[AskedCondition(READ, "Lena", team.day(3))])
    with pytest.raises(WrongUsage, match="Nobody is named"):
        team.sign(team.lea, "step", conditions=[AskedCondition(READ, "", team.day(3))])
    assert (team.off("step").lines, team.states()) == ((), [])


def test_before_signing_again_one_reads_what_changed_since(team: Signers, hand_in: HandIn) -> None:
    team.sign(team.lea, "step")
    signed = team.now
    hand_in(b'{"case_id": "worse", "passed": false}\n', "more.jsonl", at=team.at())
    step = team.off("step")
    for who, is_mine in ((team.lea, True), (team.omar, False)):
        since = view_sign_off(team.workspace, who, team.now, team.slug).since[step.sha256]
        assert (since.by, since.at, since.is_mine) == ("Lea", signed, is_mine)
        changed = {one.what: (one.before, one.after) for one in since.changes}
        assert "Evidence (fingerprint)" in changed
        (row,) = (both for what, both in changed.items() if "n 40" in both[0])
        assert row[0].startswith("GO, 100 %, n 40") and "n 41" in row[1]
    assert view_sign_off(team.workspace, team.omar, team.now, team.slug).since.keys() == {step.sha256}


def test_a_condition_changed_beside_the_log_is_named(team: Signers) -> None:
    team.on_conditions(team.lea, (READ, 3))
    with team.workspace.database.writing() as connection:
        connection.execute(update(signed_condition).values(due=team.day(300)))
    (finding,) = verify_log(team.workspace, LOCAL_CALLER, team.now).findings
    assert (finding.record.kind, finding.record.fields) == ("go_condition", ("due",))
    assert READ in finding.record.name


def test_whoever_is_erased_goes_out_of_the_words_and_the_records_still_verify(team: Signers) -> None:
    team.on_conditions(team.lea, (MASKED, 3))
    team.meet(team.pia, 1, note="Checked with user-4711 on the phone")
    nothing = frozenset[str]()
    gone = Gone({}, nothing, nothing, nothing, Mention(["user-4711"]), "key", team.now.date().isoformat())
    with team.workspace.database.writing() as connection:
        feature_id = features.by_slug(connection, team.slug).id
        assert count_mentions(connection, feature_id, gone) == 2
        assert erase_mentions(connection, feature_id, gone) == 2
        erase_payloads(connection, team.slug, feature_id, gone)
        assert count_mentions(connection, feature_id, gone) == count_left(connection, feature_id, gone) == 0
    (line,) = view_promises(team.workspace, team.pia, team.now, team.slug).lines
    assert line.given.words == "Card numbers are masked for [erased]"
    assert verify_log(team.workspace, LOCAL_CALLER, team.now).findings == ()


def test_an_old_sign_in_releases_nothing_that_nobody_proved(team: Signers) -> None:
    team.on_conditions(team.lea, (READ, 3))
    with pytest.raises(NotAllowed, match="no condition can be released"):
        team.release(replace(team.lea, verified=False), 1)
