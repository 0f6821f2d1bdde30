"""The worked examples of docs/plan-rules.md: every rule bites its first plan and lets the second one pass."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from core.criteria.checklist import Checklist, read_checklist
from core.criteria.gallery import template
from core.criteria.stakes import Stakes
from core.rollout.gallery import plan_template
from core.rollout.lint import RULES, lint
from core.rollout.plan import Fallback, PhasePlan, read_plan
from core.rollout.seen import ConfidenceSeen, Seen
from core.rollout.traffic import Traffic

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "plan-rules.md").read_text(encoding="utf-8")
BLOCKS = [tomllib.loads(text) for text in re.findall(r"^```toml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)]
BASE, EXAMPLES = BLOCKS[0], BLOCKS[1:]


def plan_of(changes: dict[str, Any]) -> PhasePlan:
    """The plan of the page with ``changes``; "unset" names fields that are left out."""
    phases = []
    for phase in BASE["phases"]:
        if phase["id"] not in changes.get("without", ()):
            changed = dict(changes.get(phase["id"], {}))
            unset = [*changed.pop("unset", ()), *(["exposure_share"] if "exposure_users" in changed else [])]
            body = {name: value for name, value in (phase | changed).items() if name not in unset}
            phases.append(body | {"minimum_days": None} if "minimum_days" in unset else body)
    plan = {name: BASE[name] for name in ("owner", "requests_per_day", "users")} | changes.get("plan", {})
    return read_plan({name: value for name, value in plan.items() if value} | {"phases": phases})


def checklist_of(changes: dict[str, Any]) -> Checklist:
    """The checklist of the page with ``changes`` to its row, or so many ``rows`` of it."""
    (row,) = BASE["checklist"]
    rows = changes.get("rows", 1)
    changed = row | changes.get("checklist", {})
    unset = changed.pop("unset", ())
    body = {name: value for name, value in changed.items() if name not in unset}
    items = [body | {"id": body["id"] if not place else f"{body['id']}_{place}"} for place in range(rows)]
    return read_checklist({"stakes": changes.get("stakes", "medium"), "items": items})


def seen_of(changes: dict[str, Any]) -> Seen:
    """What was measured, where an example says so."""
    said = changes.get("measured", {})
    traffic = None
    if "tasks_a_day" in said:
        traffic = Traffic(said["tasks_a_day"], 28, said["phase"], said["exposure"])
    confidence = ConfidenceSeen(said["confidence"]) if "confidence" in said else None
    return Seen(traffic, confidence, tuple(said.get("too_close", ())))


def found_in(changes: dict[str, Any]) -> list[tuple[str, str]]:
    found = lint(plan_of(changes), checklist_of(changes), seen_of(changes))
    return [(one.rule.id, one.sentence) for one in found]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["rule"]))
def test_the_first_plan_has_just_this_finding_and_the_second_none(example: dict[str, Any]) -> None:
    found = found_in(example["bites"])
    assert {rule for rule, _ in found} == {example["rule"]}
    assert found[0][1] == example["says"]
    assert found_in(example["passes"]) == []


def test_every_rule_has_its_example_and_every_example_its_rule() -> None:
    assert [example["rule"] for example in EXAMPLES] == [rule.id for rule in RULES]


def test_the_plan_of_the_page_has_no_finding() -> None:
    assert found_in({}) == []


# The three cases that the linter is shown by


@pytest.mark.parametrize("stakes", Stakes)
def test_the_escalation_with_owner_fallback_and_ten_thousand_tasks_a_day_has_no_finding(
    stakes: Stakes,
) -> None:
    plan = plan_template("guardrail_escalation").filled(
        owner="Ada", fallback=Fallback.NON_AI, requests_per_day=10_000, users=10_000
    )
    assert lint(plan, template("ready_for_everyone").with_stakes(stakes)) == ()


def test_half_of_the_users_on_day_one_is_exactly_that_finding() -> None:
    half = {"first": {"exposure_share": [0.5, 0.5]}, "second": {"exposure_share": [1.0, 1.0]}}
    assert found_in(half) == [("half_on_day_one", "First starts with 50 %.")]


def test_thirty_tasks_cannot_show_ninety_per_cent() -> None:
    """One reviewed task a day for 30 days, at an accepted error of 5 %, looked at any time."""
    thirty = {
        "stakes": "high",
        "without": ["second"],
        "plan": {"requests_per_day": 100},
        "first": {"exposure_share": [0.01, 0.01], "minimum_days": 30},
    }
    ((rule, sentence),) = found_in(thirty)
    assert rule == "undecidable_criteria"
    assert "at most 30 reviewed answers" in sentence
    assert sentence.endswith("Even 30 of 30 only shows 86.1 %. At least 43 are needed.")
