"""Starting from a scenario: what it says it fills is what it fills, and what somebody wrote stays."""

from datetime import datetime, timedelta

import pytest

from core.actions.checklists import save_checklist, take_template, view_checklist
from core.actions.features import find_feature
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.plans import save_plan, view_plan
from core.actions.scenarios import scenario_of, take_scenario, view_scenarios
from core.actions.scopes import save_scope, view_scope
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist
from core.criteria.scope import Scope, read_scope
from core.criteria.stakes import Stakes
from core.errors import NotAllowed, WrongUsage
from core.rollout.plan import Fallback, PhasePlan

PIA = Caller("Pia", frozenset({Role.PM}))


def filled(workspace: Workspace, slug: str) -> tuple[Scope, Checklist, PhasePlan]:
    return (
        view_scope(workspace, PIA, slug).scope,
        view_checklist(workspace, LOCAL_CALLER, slug).checklist,
        view_plan(workspace, PIA, slug).plan,
    )


def said(workspace: Workspace, slug: str, scenario: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    choice = view_scenarios(workspace, PIA, slug)
    found = next(one for one in choice.fillings if one.scenario.id == scenario)
    return found.fills, found.keeps


def test_an_empty_feature_gets_all_three_with_what_only_its_taker_knows(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    fills, keeps = said(workspace, feature, "financial_advice")
    assert [line.split(":")[0] for line in fills] == ["Stakes", "Scope", "Checklist", "Phase plan"]
    assert keeps == ()
    take_scenario(
        workspace,
        PIA,
        now,
        feature,
        "financial_advice",
        owner=" Ben ",
        fallback=Fallback.ASK_USER,
        requests_per_day=900,
        users=5_000,
    )
    scope, checklist, plan = filled(workspace, feature)
    assert (scope.scenario, scope.stakes_profile.regulated) == ("financial_advice", True)
    assert find_feature(workspace, feature).stakes == checklist.stakes == Stakes.HIGH
    assert checklist.item("legal_sign_off") is not None
    assert (plan.owner, plan.requests_per_day, plan.users) == ("Ben", 900, 5_000)
    found = scenario_of(workspace, PIA, scope)
    assert found is not None
    assert found.name == "Financial advice"


def test_again_it_has_nothing_left_to_fill(workspace: Workspace, feature: str, now: datetime) -> None:
    take_scenario(workspace, PIA, now, feature, "summarisation")
    before = filled(workspace, feature)
    fills, keeps = said(workspace, feature, "summarisation")
    assert fills == ()
    assert len(keeps) == 4, "stakes, scope, checklist, plan"
    take_scenario(workspace, PIA, now + timedelta(days=1), feature, "summarisation")
    assert filled(workspace, feature) == before
    assert view_scope(workspace, PIA, feature).number == 1


def test_what_somebody_wrote_is_never_overwritten(workspace: Workspace, feature: str, now: datetime) -> None:
    mine = read_scope({"segment": {"who": "The desk"}, "success_signal": "Settled alone"})
    save_scope(workspace, PIA, now, feature, mine, based_on=None)
    take_template(workspace, PIA, now, feature, "ready_for_everyone", based_on=None)
    fills, keeps = said(workspace, feature, "financial_advice")
    assert not any(line.startswith(("Stakes", "Checklist")) for line in fills)
    assert "Scope: first segment, main success signal" in keeps
    before = filled(workspace, feature)
    take_scenario(workspace, PIA, now, feature, "financial_advice")
    scope, checklist, plan = filled(workspace, feature)
    assert (scope.segment, scope.success_signal) == (mine.segment, "Settled alone")
    assert scope.stakes_profile.regulated is True, "an untouched part"
    assert checklist == before[1]
    assert find_feature(workspace, feature).stakes == before[1].stakes
    assert plan.phases
    take_scenario(workspace, PIA, now, feature, "summarisation")
    assert filled(workspace, feature) == (scope, checklist, plan), "a second one changes nothing either"


def test_a_plan_that_names_only_its_traffic_keeps_it(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    save_plan(workspace, PIA, now, feature, PhasePlan(owner="Zoe", users=70), based_on=None)
    save_checklist(workspace, PIA, now, feature, Checklist(stakes=Stakes.MEDIUM), based_on=None)
    take_scenario(workspace, PIA, now, feature, "internal_agent")
    _, checklist, plan = filled(workspace, feature)
    assert (plan.owner, plan.users, len(plan.phases)) == ("Zoe", 70, 4)
    assert checklist.items


def test_stakes_are_never_lowered(workspace: Workspace, feature: str, now: datetime) -> None:
    before = find_feature(workspace, feature).stakes
    assert before != "low"
    take_scenario(workspace, PIA, now, feature, "summarisation")
    assert find_feature(workspace, feature).stakes == before
    assert view_checklist(workspace, LOCAL_CALLER, feature).checklist.stakes == before


def test_a_companys_own_scenario_is_offered_and_a_faulty_one_is_named(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    folder = workspace.home / "templates" / "scenarios"
    folder.mkdir(parents=True)
    own = 'id = "ours"\nname = "Ours"\nfor_whom = "Us"\nabout = "It."\nstakes = "low"\n'
    (folder / "ours.toml").write_text(own + '[scope.segment]\nwho = "The desk"\n', encoding="utf-8")
    (folder / "bad.toml").write_text("id = 3", encoding="utf-8")
    choice = view_scenarios(workspace, PIA, feature)
    assert [one.scenario.id for one in choice.fillings if one.scenario.is_own] == ["ours"]
    assert ["bad.toml" in problem for problem in choice.problems] == [True]
    take_scenario(workspace, PIA, now, feature, "ours")
    scope, _, plan = filled(workspace, feature)
    assert (scope.segment.who, plan.phases) == ("The desk", ())


def test_an_unknown_one_and_a_reader_are_refused(workspace: Workspace, feature: str, now: datetime) -> None:
    with pytest.raises(WrongUsage, match="There is no scenario"):
        take_scenario(workspace, LOCAL_CALLER, now, feature, "../secrets")
    with pytest.raises(NotAllowed, match="Vera may not edit the scope"):
        take_scenario(workspace, Caller("Vera", frozenset({Role.VIEWER})), now, feature, "summarisation")
    assert filled(workspace, feature)[0] == Scope()
