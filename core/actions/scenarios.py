"""Starting from a scenario: what it would fill in, and filling it in where nothing is written."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.checklists import save_checklist, view_checklist
from core.actions.features import change_feature, find_feature
from core.actions.people import Caller
from core.actions.plans import save_plan, view_plan
from core.actions.policy import Act, require
from core.actions.scopes import save_scope, view_scope
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist
from core.criteria.scope import Scope, read_scope
from core.criteria.stakes import Stakes
from core.rollout.plan import Fallback, PhasePlan
from core.rollout.scenario import Scenario, ScenarioShelf, scenario_shelf
from core.rollout.wording import exposure_words

_SCOPE_PARTS = {
    "stakes_profile": "stakes profile",
    "segment": "first segment",
    "worst_case": "worst case",
    "regression_rule": "what counts as a regression",
    "permitted": "permissions",
    "sources": "sources",
    "owners": "owners",
    "calendar": "calendar",
    "cohort": "early cohort",
    "investment": "investment",
    "fragile": "self-check",
    "decisions": "six decisions",
    "success_signal": "main success signal",
}


@dataclass(frozen=True)
class Filling:
    """What a scenario would fill in on one feature, and what stands there already and stays."""

    scenario: Scenario
    fills: tuple[str, ...]
    keeps: tuple[str, ...]


@dataclass(frozen=True)
class ScenarioChoice:
    """Every scenario with what it would do; ``problems`` name the files that cannot be used."""

    fillings: tuple[Filling, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Standing:
    """The documents as they are, with the numbers of their newest versions."""

    scope: Scope
    scope_number: int | None
    checklist: Checklist
    checklist_number: int | None
    plan: PhasePlan
    plan_number: int | None
    stakes: Stakes
    owner: str


def all_scenarios(workspace: Workspace) -> ScenarioShelf:
    """The scenarios of Readygate and those in the folder ``templates/scenarios`` of the home."""
    return scenario_shelf(workspace.home / "templates" / "scenarios")


def scenario_of(workspace: Workspace, caller: Caller, scope: Scope) -> Scenario | None:
    """The scenario that the scope was started from, as long as it is there."""
    require(workspace, caller, Act.SEE)
    return all_scenarios(workspace).scenario(scope.scenario) if scope.scenario else None


def view_scenarios(workspace: Workspace, caller: Caller, slug: str) -> ScenarioChoice:
    """What each scenario would fill in on this feature, and what it would leave as it is."""
    require(workspace, caller, Act.SEE, slug)
    shelf, standing = all_scenarios(workspace), _standing(workspace, caller, slug)
    return ScenarioChoice(tuple(_filling(one, standing) for one in shelf.scenarios), shelf.problems)


def take_scenario(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    scenario_id: str,
    *,
    owner: str = "",
    fallback: Fallback | None = None,
    requests_per_day: int | None = None,
    users: int | None = None,
) -> Filling:
    """Fill scope, checklist and plan where nothing is written; what somebody wrote is never overwritten.

    Stakes are raised to the scenario's while no checklist is written, never lowered. ``owner`` decides
    about the plan; the feature's owner does where nobody else is named.
    """
    for act in (Act.EDIT_SCOPE, Act.EDIT_CHECKLIST, Act.EDIT_PLAN):
        require(workspace, caller, act, slug)
    scenario = all_scenarios(workspace).wanted(scenario_id)
    standing = _standing(workspace, caller, slug)
    done, reason = _filling(scenario, standing), f"Scenario “{scenario.name}”"
    stakes = _stakes(scenario, standing)
    if stakes is not standing.stakes:
        change_feature(workspace, caller, now, slug, name=None, owner=None, stakes=stakes)
    scope = _filled_scope(scenario.scope, standing.scope)
    if scope != standing.scope:
        save_scope(workspace, caller, now, slug, scope, based_on=standing.scope_number, reason=reason)
    if not standing.checklist.items:
        checklist = scenario.checklist_at(stakes)
        number = standing.checklist_number
        save_checklist(workspace, caller, now, slug, checklist, based_on=number, reason=reason)
    if not standing.plan.phases and scenario.plan.plan.phases:
        plan = scenario.plan.filled(
            owner=owner.strip() or standing.plan.owner or standing.owner,
            fallback=fallback,
            requests_per_day=requests_per_day or standing.plan.requests_per_day,
            users=users or standing.plan.users,
        )
        save_plan(workspace, caller, now, slug, plan, based_on=standing.plan_number, reason=reason)
    return done


def _standing(workspace: Workspace, caller: Caller, slug: str) -> _Standing:
    scope, plan = view_scope(workspace, caller, slug), view_plan(workspace, caller, slug)
    checklist, feature = view_checklist(workspace, caller, slug), find_feature(workspace, slug)
    return _Standing(
        scope.scope,
        scope.number,
        checklist.checklist,
        checklist.number,
        plan.plan,
        plan.number,
        Stakes(feature.stakes),
        feature.owner,
    )


def _stakes(scenario: Scenario, standing: _Standing) -> Stakes:
    """The higher of the two, as long as no checklist is written for the present ones."""
    rising = list(Stakes)
    if standing.checklist.items or rising.index(scenario.stakes) <= rising.index(standing.stakes):
        return standing.stakes
    return scenario.stakes


def _filled_scope(from_scenario: Scope, written: Scope) -> Scope:
    """``written`` with the scenario's parts in the place of those that nobody has touched."""
    given = from_scenario.model_dump(mode="json")
    taken = {name: given[name] for name in _open_parts(from_scenario, written)}
    if not written.scenario:
        taken["scenario"] = from_scenario.scenario
    return read_scope(written.model_dump(mode="json") | taken)


def _open_parts(from_scenario: Scope, written: Scope) -> list[str]:
    empty = Scope()
    return [
        name
        for name in _SCOPE_PARTS
        if getattr(from_scenario, name) != getattr(empty, name) == getattr(written, name)
    ]


def _filling(scenario: Scenario, standing: _Standing) -> Filling:
    fills, keeps = [], []
    stakes = _stakes(scenario, standing)
    if stakes is not standing.stakes:
        fills.append(f"Stakes: raised from {standing.stakes} to {stakes}")
    elif scenario.stakes is not standing.stakes:
        keeps.append(f"Stakes: they stay {standing.stakes} (this scenario is written for {scenario.stakes})")
    taken = _open_parts(scenario.scope, standing.scope)
    if taken:
        fills.append(f"Scope: {', '.join(_SCOPE_PARTS[name] for name in taken)}")
    kept = [name for name in _SCOPE_PARTS if getattr(standing.scope, name) != getattr(Scope(), name)]
    if kept:
        keeps.append(f"Scope: {', '.join(_SCOPE_PARTS[name] for name in kept)}")
    if standing.checklist.items:
        keeps.append(f"Checklist: its {_count(len(standing.checklist.items), 'item')}")
    elif items := scenario.checklist_at(stakes).items:
        measured = sum(item.kind == "measured" for item in items)
        questions = _count(len(items) - measured, "question")
        fills.append(f"Checklist: {_count(measured, 'measured row')} and {questions}")
    if standing.plan.phases:
        keeps.append(f"Phase plan: its {_count(len(standing.plan.phases), 'phase')}")
    elif phases := scenario.plan.plan.phases:
        steps = " → ".join(f"{phase.name} ({exposure_words(phase)})" for phase in phases)
        fills.append(f"Phase plan: {steps}")
    return Filling(scenario, tuple(fills), tuple(keeps))


def _count(n: int, noun: str) -> str:
    return f"1 {noun}" if n == 1 else f"{n:,} {noun}s"
