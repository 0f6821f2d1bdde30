"""Overruling the gate: who can, when nobody can, what it opens, how long, and what it leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from core.actions.as_json import decision_as_json
from core.actions.audit_verify import verify_log
from core.actions.audit_words import told
from core.actions.flags import view_permission
from core.actions.gates import gate
from core.actions.overrides import OverrideView, end_override, give_override, view_overrides
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.reports import ReportFormat, make_report
from core.actions.rollout import pause, resume, roll_back, start_phase, view_rollout
from core.actions.workspace import Workspace
from core.criteria.verdict import Verdict
from core.decision.decide import Decision
from core.decision.override import OverrideState
from core.errors import Conflict, NotAllowed, WrongUsage
from core.export.flags import as_plain
from core.store import audit, features
from core.store.tables import override
from core.store.uploads import Upload
from core.store.watch_tables import alarm
from tests.actions.test_signing import Team

HandIn = Callable[..., Upload]
Results = Callable[..., str]
WHY = "The old system is switched off tonight; Omar reads every answer until then."


class Crew(Team):
    """The people of the signing tests, who also overrule."""

    def view(self, who: Caller = LOCAL_CALLER) -> OverrideView:
        return view_overrides(self.workspace, self.fresh(who), self.now, self.slug)

    def overrule(self, who: Caller, **more: Any) -> None:
        sha256 = more.pop("sha256", None) or self.view().sha256
        self.at()
        given: dict[str, Any] = {"typed": "overrule", "reason": WHY, **more}
        give_override(self.workspace, self.fresh(who), self.now, self.slug, sha256=sha256, **given)

    def decision(self) -> Decision:
        return gate(self.workspace, LOCAL_CALLER, self.now, self.slug)

    def start(self, who: Caller) -> None:
        start_phase(self.workspace, who, self.at(), self.slug, reason="Tonight")

    def newest(self) -> Any:
        with self.workspace.database.reading() as connection:
            return audit.timeline(connection, f"feature/{self.slug}", 1)[0]

    def alarms(self, tier: str, phase: str) -> None:
        with self.workspace.database.writing() as connection:
            connection.execute(
                insert(alarm).values(
                    feature_id=features.by_slug(connection, self.slug).id, phase=phase, warning="w",
                    metric="hallucination", tier=tier, noticed_at=self.at(), did="nothing",
                    sentence="3 of 10 answers were made up.",
                )
            )  # fmt: skip


@pytest.fixture
def team(
    workspace: Workspace,
    feature: str,
    now: datetime,
    items: dict[str, dict[str, Any]],
    person: Callable[..., Caller],
    ship: Callable[..., None],
    hand_in: HandIn,
    results: Results,
) -> Crew:
    """NO-GO on a locked checklist with a plan, unsigned."""
    made = Crew(workspace, feature, now - timedelta(days=3), items["suite"] | {"bar": 0.9}, person)
    ship(workspace, feature, made.at())
    made.save(made.pia)
    made.plan(made.pia)
    made.lock(made.pia)
    hand_in(results(10, 30), at=made.at())
    return made


def test_one_signer_lets_the_next_phase_begin_and_the_verdict_stays_what_it_is(team: Crew) -> None:
    before = team.decision()
    assert (before.verdict, before.may_advance, before.override) == (Verdict.NO_GO, False, None)
    team.overrule(team.lea)
    after = team.decision()
    assert (after.verdict, after.may_advance, after.is_approved) == (Verdict.NO_GO, True, False)
    assert [one.name for one in after.lacking] == [one.name for one in before.lacking]
    (line,) = after.overrides
    sentence = f"Overruled by Lea until 28 Feb 2026, {team.now:%H:%M} UTC: {WHY}"
    assert (line.state, line.sentence) == (OverrideState.HOLDS, sentence)
    assert after.conditions[-2].sentence == sentence and after.conditions[-1].name == "signatures"
    said = decision_as_json(after)
    assert (said["verdict"], said["may_advance"], said["overruled"]) == ("no_go", True, sentence)
    assert said["overrides"][0]["overrules"] == ["verdict", "signatures"]


def test_the_step_taken_on_it_is_marked_for_ever(team: Crew) -> None:
    team.overrule(team.lea)
    team.start(team.pia)
    event = team.newest()
    assert event.payload["overruled_by"] == "Lea"
    assert "Started on an overruling by Lea" in told(event).details
    history = view_rollout(team.workspace, LOCAL_CALLER, team.now, team.slug).history
    assert history[-1].moved.reason == f"Tonight · Overruled by Lea: {WHY}"
    team.now += timedelta(days=60)
    decision = team.decision()
    assert decision.override is None and decision.overrides[0].state is OverrideState.USED
    assert "was taken on 27 Feb 2026" in decision.overrides[0].sentence
    said = make_report(team.workspace, LOCAL_CALLER, team.now, team.slug, ReportFormat.HTML).content.decode()
    assert "overruled by Lea" in said and "switched off tonight" in said
    gate_file = as_plain(view_permission(team.workspace, LOCAL_CALLER, team.now, team.slug))
    assert "overruled by Lea" in gate_file["overruled"]


def test_one_step_only(team: Crew) -> None:
    team.overrule(team.lea)
    team.start(team.pia)
    assert not team.decision().may_advance
    roll_back(team.workspace, team.pia, team.at(), team.slug, reason="It went wrong")
    with pytest.raises(WrongUsage, match="The gate does not let it"):
        team.start(team.pia)


def test_what_is_signed_and_go_needs_none(team: Crew, hand_in: HandIn, results: Results) -> None:
    hand_in(results(2000, first=100), at=team.at())
    for who in (team.lea, team.omar):
        team.sign(who, "commitment")
        team.sign(who, "step")
    assert team.view(team.lea).why_not.startswith("Nothing keeps the next step")
    with pytest.raises(WrongUsage, match="nothing to overrule"):
        team.overrule(team.lea)


# Who can.


def test_nobody_overrules_their_own_work(team: Crew) -> None:
    both = team.person("Bea", "pm", "signer")
    team.save(both, theme="Quality")
    team.lock(team.pia)
    for who in (both, team.person("Pia2", "signer", email="pia@EXAMPLE.com")):
        assert "had a hand in it" in team.view(who).why_not
        with pytest.raises(NotAllowed) as refused:
            team.overrule(who)
        assert refused.value.code == "not_a_signer_of_it"


def test_whoever_overrules_does_not_take_the_step(team: Crew) -> None:
    both = team.person("Bea", "pm", "signer")
    team.overrule(both)
    assert team.decision().may_advance
    with pytest.raises(WrongUsage, match="The gate does not let it"):
        team.start(both)
    team.start(team.pia)


@pytest.mark.parametrize("roles", [("pm",), ("admin",), ("reviewer",), ("auditor",), ("viewer",)])
def test_it_takes_a_signer(team: Crew, roles: tuple[str, ...]) -> None:
    who = team.person("Max", *roles)
    assert team.view(who).why_not == "Overruling takes the role signer."
    with pytest.raises(NotAllowed, match="may not overrule"):
        team.overrule(who)


def test_it_takes_a_role_given_by_somebody_else(team: Crew) -> None:
    with pytest.raises(NotAllowed, match="given by yourself"):
        team.overrule(team.person("Adam", "signer", grants_itself=True))


def test_it_takes_a_proven_name_and_a_fresh_sign_in(team: Crew) -> None:
    for who in (LOCAL_CALLER, replace(team.lea, verified=False)):
        with pytest.raises(NotAllowed) as refused:
            team.overrule(who)
        assert refused.value.code == "no_sign_in"
    stale = replace(team.lea, signed_in_at=team.now.timestamp() - 16 * 60)
    view = view_overrides(team.workspace, stale, team.now, team.slug)
    assert view.needs_fresh_sign_in and not view.nobody
    with pytest.raises(NotAllowed) as refused:
        give_override(
            team.workspace, stale, team.now, team.slug, sha256=view.sha256, typed="OVERRULE", reason=WHY
        )
    assert refused.value.code == "stale_sign_in"


def test_without_sign_in_nothing_is_ever_overruled(
    workspace: Workspace, feature: str, now: datetime, commit: Callable[..., int]
) -> None:
    commit()
    view = view_overrides(workspace, LOCAL_CALLER, now, feature)
    assert view.nobody and "Nobody signs in here" in view.why_not
    with pytest.raises(NotAllowed):
        give_override(workspace, LOCAL_CALLER, now, feature, sha256=view.sha256, typed="OVERRULE", reason=WHY)


# How.


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"typed": ""}, "is not what has to be typed"),
        ({"typed": "GO"}, "is not what has to be typed"),
        ({"reason": "We have to go live now, sorry"}, "a reason of 30 characters"),
        ({"reason": "x" + " " * 40 + "y"}, "a reason of 30 characters"),
    ],
)
def test_it_is_typed_and_has_a_reason(team: Crew, given: dict[str, str], sentence: str) -> None:
    with pytest.raises(WrongUsage, match=sentence):
        team.overrule(team.lea, **given)
    assert team.decision().overrides == ()


def test_only_what_was_shown_is_overruled(team: Crew, hand_in: HandIn, results: Results) -> None:
    shown = team.view().sha256
    hand_in(results(1, first=900), at=team.at())
    with pytest.raises(Conflict, match="no longer what stands"):
        team.overrule(team.lea, sha256=shown)
    signed = team.off("step").sha256
    with pytest.raises(Conflict):
        team.overrule(team.lea, sha256=signed)


def test_one_at_a_time(team: Crew) -> None:
    team.overrule(team.lea)
    with pytest.raises(WrongUsage, match="only one overruling"):
        team.overrule(team.omar)


# How long.


def test_it_ends_after_a_day(team: Crew) -> None:
    team.overrule(team.lea)
    given = team.now
    team.now = given + timedelta(hours=24) - timedelta(seconds=1)
    assert team.decision().may_advance
    team.now = given + timedelta(hours=24)
    assert not team.decision().may_advance
    assert team.decision().overrides[0].state is OverrideState.EXPIRED
    with pytest.raises(WrongUsage):
        team.start(team.pia)
    team.overrule(team.omar)
    assert [line.given.by for line in team.decision().overrides] == ["Omar", "Lea"]


def test_it_stands_when_the_evidence_changes_and_says_so(
    team: Crew, hand_in: HandIn, results: Results
) -> None:
    team.overrule(team.lea)
    assert team.decision().overrides[0].changed == ""
    hand_in(results(1, 9, first=900), at=team.at())
    decision = team.decision()
    assert decision.may_advance
    assert decision.overrides[0].changed.startswith("the evidence changed after it: 1 row")


@pytest.mark.parametrize("who", ["pia", "omar", "lea"])
def test_a_signer_or_a_pm_ends_it_early(team: Crew, who: str) -> None:
    team.overrule(team.lea)
    number = team.decision().overrides[0].given.id
    with pytest.raises(WrongUsage, match="needs a reason"):
        end_override(team.workspace, getattr(team, who), team.at(), team.slug, number, reason="No")
    end_override(team.workspace, getattr(team, who), team.at(), team.slug, number, reason="It can wait now")
    line = team.decision().overrides[0]
    assert line.state is OverrideState.ENDED and "It can wait now" in line.sentence
    assert not team.decision().may_advance
    with pytest.raises(WrongUsage, match="is over: ended"):
        end_override(team.workspace, team.pia, team.at(), team.slug, number, reason="It can wait now")


def test_one_that_was_used_cannot_be_ended(team: Crew) -> None:
    team.overrule(team.lea)
    number = team.decision().overrides[0].given.id
    team.start(team.pia)
    with pytest.raises(WrongUsage, match="was taken on this overruling"):
        end_override(team.workspace, team.omar, team.at(), team.slug, number, reason="It can wait now")


def test_it_ends_with_the_role_of_whoever_gave_it(team: Crew) -> None:
    from core.actions.roles import remove_person

    team.overrule(team.lea)
    assert team.lea.person_id is not None
    remove_person(team.workspace, LOCAL_CALLER, team.at(), team.lea.person_id, reason="Left the company")
    decision = team.decision()
    assert not decision.may_advance
    assert decision.overrides[0].sentence.endswith("without effect: Lea: no longer a signer.")


# When nobody can.


def test_a_roll_back_is_never_overruled(team: Crew) -> None:
    team.overrule(team.lea)
    team.start(team.pia)
    roll_back(team.workspace, team.pia, team.at(), team.slug, reason="Wrong refunds")
    view = team.view(team.lea)
    assert view.nobody and "a roll back is never overruled" in view.why_not
    with pytest.raises(WrongUsage, match="a roll back is never overruled"):
        team.overrule(team.lea)


def test_a_paused_rollout_is_resumed_first(team: Crew) -> None:
    team.overrule(team.lea)
    team.start(team.pia)
    pause(team.workspace, team.pia, team.at(), team.slug)
    with pytest.raises(WrongUsage, match="resumed"):
        team.overrule(team.lea)
    resume(team.workspace, team.pia, team.at(), team.slug, reason="A false alarm it was")
    team.overrule(team.lea)
    assert team.decision().may_advance


def test_an_alarm_that_rolls_back_is_never_overruled_in_its_phase(team: Crew) -> None:
    team.overrule(team.lea)
    team.start(team.pia)
    phase = team.decision().phase
    assert phase is not None
    team.alarms("pause", phase)
    team.alarms("roll_back", "another")
    team.overrule(team.lea)
    assert team.decision().may_advance
    team.alarms("roll_back", phase)
    line = team.decision().overrides[0]
    assert not team.decision().may_advance and line.state is OverrideState.WITHOUT_EFFECT
    assert "3 of 10 answers were made up" in line.sentence
    with pytest.raises(WrongUsage, match="never overruled: 3 of 10"):
        team.overrule(team.omar)


def test_a_draft_cannot_be_overruled(
    workspace: Workspace, feature: str, now: datetime, items: dict[str, Any], person: Callable[..., Caller]
) -> None:
    team = Crew(workspace, feature, now, items["suite"], person)
    team.save(team.pia)
    with pytest.raises(WrongUsage, match="only what is locked can be overruled"):
        team.overrule(team.lea)


# What the log keeps.


def test_verify_sees_every_change_of_it(team: Crew) -> None:
    team.overrule(team.lea)
    team.start(team.pia)
    assert verify_log(team.workspace, LOCAL_CALLER, team.now).ok
    for changed in (
        {"used_at": None},
        {"reason": "It was all agreed with everybody beforehand."},
        {"given_by": "Omar"},
        {"expires_at": team.now + timedelta(days=9)},
        {"statement": {"title": "Something harmless"}},
    ):
        with team.workspace.database.writing() as connection:
            before = connection.execute(override.select()).one()._asdict()
            connection.execute(update(override).values(changed))
        found = verify_log(team.workspace, LOCAL_CALLER, team.now)
        assert [one.record.kind for one in found.findings] == ["override"], changed
        with team.workspace.database.writing() as connection:
            connection.execute(update(override).values(before))
    assert verify_log(team.workspace, LOCAL_CALLER, team.now).ok
