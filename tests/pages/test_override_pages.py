"""Overruling and legal holds on the pages: who sees what, the form, and the marks that stay."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.gates import gate
from core.actions.legal_holds import view_holds
from core.actions.people import LOCAL_CALLER, Role
from core.actions.plans import take_plan_template
from core.decision.override import OverrideState
from core.rollout.plan import Fallback
from tests.pages.test_commitment_pages import SLUG, Team, checklist, keys, problems

Words = Callable[[AppTest], str]
WHY = "The old system is switched off tonight; Omar reads every answer."


@pytest.fixture
def team(site: Any, monkeypatch: pytest.MonkeyPatch) -> Team:
    """NO-GO on a locked checklist with a plan."""
    made = Team(site, monkeypatch)
    take_plan_template(
        site.workspace, made.ada, site.before(21), SLUG, "guardrail_escalation", based_on=None, owner="Ada",
        fallback=Fallback.NON_AI,
    )  # fmt: skip
    made.lock(checklist(), days_ago=20)
    made.evidence(right=40)
    return made


def overrule(team: Team, *, typed: str = "OVERRULE", reason: str = WHY) -> AppTest:
    at = team.open(team.lea)
    at.text_area(key="override_reason").set_value(reason)
    at.text_input(key="override_typed").set_value(typed)
    at.button(key="override_give").click().run()
    assert not at.exception
    return at


def test_a_signer_overrules_and_everybody_reads_it_everywhere(team: Team, words: Words) -> None:
    before = words(team.open(team.lea))
    assert "For an emergency only" in before and "Overruled by" not in before
    at = overrule(team)
    assert not problems(at)
    decision = gate(team.site.workspace, LOCAL_CALLER, team.site.now, SLUG)
    assert decision.override is not None and decision.override.state is OverrideState.HOLDS
    for who, page in ((team.sam, "evidence"), (team.vic, "checklist"), (team.ada, "go_no_go")):
        said = words(team.open(who, page))
        assert "Overruled by Lea until" in said and WHY in said, page
    assert "It may begin against the gate." in words(team.open(team.ada, "phase_plan"))


def test_what_was_typed_wrongly_overrules_nothing(team: Team, words: Words) -> None:
    assert "Type OVERRULE to say that you know what you do" in words(overrule(team, typed="yes"))
    assert "keeps users safe meanwhile: everyone reads it" in words(overrule(team, reason="It cannot wait"))
    assert gate(team.site.workspace, LOCAL_CALLER, team.site.now, SLUG).overrides == ()


def test_nobody_else_sees_the_form(team: Team) -> None:
    for who in (team.ada, team.vic, LOCAL_CALLER):
        assert "override_give" not in keys(team.open(who)), who.name
    assert "override_give" in keys(team.open(team.sam))


def test_a_pm_ends_it_and_the_step_taken_on_another_stays_marked(team: Team, words: Words) -> None:
    overrule(team)
    at = team.open(team.ada)
    at.text_input(key="override_end_reason_1").set_value("It can wait until Monday")
    at.button(key="override_end_1").click().run()
    assert "It can wait until Monday" in words(at)
    overrule(team)
    at = team.open(team.ada, "phase_plan")
    at.button(key="rollout_go").click().run()
    assert not problems(at)
    said = words(team.open(team.vic))
    assert "1 step was taken against the gate." in said and "STEP TAKEN ON IT" in said


def test_an_admin_places_and_lifts_a_legal_hold(team: Team, words: Words) -> None:
    ann = team.person("Ann", Role.ADMIN)
    assert "hold_place" not in keys(team.open(team.ada, "evidence"))
    at = team.open(ann, "evidence")
    at.text_input(key="hold_reason").set_value("Request of the authority, file 17")
    at.button(key="hold_place").click().run()
    assert not problems(at)
    said = words(team.open(team.vic, "evidence"))
    assert "A legal hold, placed by Ann, keeps everything of this feature" in said
    assert "Request of the authority, file 17" in said
    at = team.open(ann, "evidence")
    at.text_input(key="hold_lift_reason_1").set_value("The matter is closed")
    at.button(key="hold_lift_1").click().run()
    assert not problems(at)
    assert view_holds(team.site.workspace, LOCAL_CALLER, SLUG).standing == ()
    assert "lifted on" in words(team.open(team.vic, "evidence"))
