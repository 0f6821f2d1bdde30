"""Scenarios: each that comes along is sound, a company's own are read, and a faulty file is named."""

from datetime import date
from pathlib import Path

import pytest

from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.floors import demands, lacking
from core.criteria.scope_review import advice_on
from core.criteria.stakes import Stakes
from core.errors import WrongUsage
from core.rollout.lint import lint
from core.rollout.plan import Fallback
from core.rollout.scenario import Scenario, scenario_shelf
from core.rollout.speed import on_speed

TODAY = date(2026, 3, 2)
NONE = Path("there-is-no-such-folder")
BUILT_IN = scenario_shelf(NONE).scenarios
TRAFFIC = {"internal_agent": (1_000, 200)}
"""Requests a day and users of a typical feature of its kind; the others serve customers."""

OWN = """
id = "triage"
name = "Triage"
for_whom = "The desk"
about = "Sorts what comes in."
stakes = "low"

[scope.segment]
who = "The desk"
"""


def test_the_four_kinds_come_along_from_low_stakes_to_high() -> None:
    assert [(one.id, one.stakes.value) for one in BUILT_IN] == [
        ("summarisation", "low"),
        ("code_generation", "medium"),
        ("internal_agent", "medium"),
        ("financial_advice", "high"),
    ]


@pytest.mark.parametrize("scenario", BUILT_IN, ids=lambda one: one.id)
class TestEach:
    def test_its_plan_has_no_blocking_finding_once_its_gaps_are_filled(self, scenario: Scenario) -> None:
        requests, users = TRAFFIC.get(scenario.id, (20_000, 20_000))
        plan = scenario.plan.filled(
            owner="Ada", fallback=Fallback.NON_AI, requests_per_day=requests, users=users
        )
        found = lint(plan, scenario.checklist_at(scenario.stakes))
        assert [finding.sentence for finding in found if finding.blocks] == []
        assert on_speed(plan) == ()

    def test_it_fills_all_three_and_keeps_the_least(self, scenario: Scenario) -> None:
        checklist = scenario.checklist_at(scenario.stakes)
        assert checklist.stakes is scenario.stakes
        assert lacking(checklist) == ()
        kinds = {type(item) for item in checklist.items}
        assert kinds == {MeasuredItem, AttestedItem}
        assert len(checklist.items) >= len(demands(scenario.stakes)) + 2
        assert scenario.plan.plan.phases
        assert scenario.worst_case_hint
        assert scenario.scope.segment.who

    def test_only_what_it_leaves_to_its_taker_is_advised_against(self, scenario: Scenario) -> None:
        found = {one.key for one in advice_on(scenario.scope, TODAY, scenario.stakes)}
        assert found <= {"owners_missing", "segment_stays"}


def test_the_numbers_of_the_known_stories() -> None:
    shelf = scenario_shelf(NONE)
    summaries, code = shelf.wanted("summarisation"), shelf.wanted("code_generation")
    advice, agent = shelf.wanted("financial_advice"), shelf.wanted("internal_agent")
    first = summaries.plan.plan.phases[0]
    assert (first.exposure_share, first.confidence_threshold, first.minimum_days) == ((0.05, 0.05), 0.8, 14)
    thumbs = summaries.checklist.item("thumbs_up")
    assert isinstance(thumbs, MeasuredItem)
    assert (thumbs.metric, thumbs.bar) == ("user_acceptance", 0.9)
    first, second = code.plan.plan.phases
    assert (first.confidence_threshold, first.minimum_days) == (0.85, 28)
    assert second.exposure_users == tuple(int(n * 2.5) for n in first.exposure_users or ())
    first, second = advice.plan.plan.phases
    assert (first.review_share, first.minimum_days, first.rate_limit is not None) == (1.0, 14, True)
    assert second.exposure_share == (0.01, 0.01)
    assert advice.checklist.item("legal_sign_off") is not None
    assert [phase.exposure_users for phase in agent.plan.plan.phases[:2]] == [(3, 3), (10, 10)]
    assert all((phase.minimum_days or 0) >= 7 for phase in agent.plan.plan.phases)


def test_higher_stakes_than_the_scenarios_bring_their_own_least() -> None:
    summaries = scenario_shelf(NONE).wanted("summarisation")
    low, high = summaries.checklist_at(Stakes.LOW), summaries.checklist_at(Stakes.HIGH)
    assert lacking(high) == ()
    assert len(high.items) > len(low.items)


def test_a_companys_own_scenario_stands_after_those_that_come_along(tmp_path: Path) -> None:
    (tmp_path / "triage.toml").write_text(OWN, encoding="utf-8")
    shelf = scenario_shelf(tmp_path)
    own = shelf.scenarios[-1]
    assert (own.id, own.is_own, own.scope.scenario, own.plan.plan.phases) == ("triage", True, "triage", ())
    assert shelf.problems == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id = [", "The scenario ours.toml cannot be read:"),
        (OWN.replace('"low"', '"tiny"'), "The scenario ours.toml cannot be used: stakes: this must be"),
        (
            OWN + "budget = 3\n",
            "The scenario ours.toml cannot be used: The scope cannot be used: segment › budget",
        ),
        (OWN.replace('name = "Triage"', ""), "The scenario ours.toml cannot be used: name: this is missing"),
        (OWN.replace('"triage"', '"summarisation"'), "has the id “summarisation”, which another one has"),
        (
            OWN + '[[phases]]\nid = "a"\nname = "A"\n',
            "The phase plan cannot be used: phase 1: Say the exposure",
        ),
        (OWN + '[[items]]\nkind = "measured"\nid = "a"\n', "The checklist cannot be used: items › item 1"),
    ],
)
def test_a_faulty_file_is_named_and_the_others_still_work(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "ours.toml").write_text(text, encoding="utf-8")
    (tmp_path / "zz.toml").write_text(OWN.replace('"triage"', '"other"'), encoding="utf-8")
    shelf = scenario_shelf(tmp_path)
    assert len(shelf.problems) == 1
    assert says in shelf.problems[0]
    assert [one.id for one in shelf.scenarios if one.is_own] == ["other"]


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_bytes(b"\xff\xfe\x00")
    assert "ours.toml cannot be read" in scenario_shelf(tmp_path).problems[0]


def test_an_unknown_one_is_refused_with_those_there_are() -> None:
    with pytest.raises(WrongUsage, match="There is no scenario “x”"):
        scenario_shelf(NONE).wanted("x")
