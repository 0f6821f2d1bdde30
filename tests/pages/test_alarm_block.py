"""The block of early warnings on the Phase plan page: open, acknowledged, watched, and who may do what."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.alarms import view_alarms
from core.actions.people import LOCAL_CALLER, Role
from core.actions.plans import save_plan
from core.actions.rollout import view_rollout
from core.actions.rollout_past import PastStart, record_past
from core.rollout.plan import read_plan
from core.rollout.transitions import State

SLUG = "refund-agent"
Words = Callable[[AppTest], str]
WARNING = {"metric": "answer_correctness", "source": "label", "bar": 0.85, "tier": "pause"}
BLIND = {"metric": "eval_pass_rate", "bar": 0.7, "tier": "pause"}
BETA = {
    "id": "beta", "name": "Beta", "exposure_share": [0.01, 0.05], "spend_day": 20, "spend_user_day": 5,
    "warnings": [WARNING, BLIND],
}  # fmt: skip


@pytest.fixture
def running(site: Any) -> Any:
    """A phase that began eight days ago, with two warnings and two limits of spend."""
    site.locked(SLUG)
    plan = read_plan({"owner": "Ada", "phases": [BETA]})
    save_plan(site.workspace, LOCAL_CALLER, site.before(29), SLUG, plan, based_on=None)
    record_past(site.workspace, LOCAL_CALLER, site.now, SLUG, [PastStart("beta", site.before(8).date())])
    return site


def spend(site: Any, *costs: float | None, name: str = "a", user: str | None = "<b>mona</b>") -> None:
    at = site.before(1)
    rows = [
        {"run_id": f"{name}-{place}", "user_id": user, "cost_usd": cost, "response": "Yes.",
         "started_at": (at + timedelta(minutes=place)).isoformat()}
        for place, cost in enumerate(costs)
    ]  # fmt: skip
    site.upload(SLUG, f"{name}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def opened(site: Any) -> AppTest:
    at: AppTest = site.open("phase_plan", SLUG)
    assert not at.exception
    return at


def keys(at: AppTest) -> set[str]:
    return {str(one.key) for one in [*at.button, *at.text_input]}


def test_without_an_alarm_the_block_says_what_is_watched(running: Any, words: Words) -> None:
    said = words(opened(running))
    assert "What is watched now (3 counters, 1 not watched)" in said
    assert "Spend of one user on one day of $5 or more: pause" in said
    assert "Test results are no traffic" in said
    assert "alarm_acknowledge" not in said
    spend(running, 1.0, None, 1.0)
    said = words(opened(running))
    assert "Of 3 tasks, 1 has no cost: they are not counted" in said
    assert "OPEN" not in said


def test_without_user_ids_the_limit_of_a_user_is_not_watched(running: Any, words: Words) -> None:
    spend(running, 1.0, user=None)
    said = words(opened(running))
    assert "What is watched now (2 counters, 2 not watched)" in said
    assert "without user_id nobody's day can be added up" in said


def test_an_alarm_is_told_acknowledged_and_kept(running: Any, words: Words) -> None:
    spend(running, 3.0, 2.5)
    (line,) = view_alarms(running.workspace, LOCAL_CALLER, running.now, SLUG).lines
    form = {f"alarm_reason_{line.alarm.id}", f"alarm_acknowledge_{line.alarm.id}"}
    at = opened(running)
    said = words(at)
    assert "The tasks of 1 user on" in said and "cost $5.5; at $5 we stop" in said
    assert "Readygate paused the rollout" in said
    assert "mona" not in said, "whose day it was stays where user ids may be read"
    assert form <= keys(at)

    at.button(key=f"alarm_acknowledge_{line.alarm.id}").click().run()
    assert "Acknowledging an alarm needs a reason" in words(at)
    at.text_input(key=f"alarm_reason_{line.alarm.id}").set_value("A loop of *one* user was ended")
    at.button(key=f"alarm_acknowledge_{line.alarm.id}").click().run()
    assert not at.exception
    said = words(at)
    assert "it counts from 0 again" in said and "1 earlier alarm" in said
    assert "A loop of *one* user was ended" in said
    assert not form & keys(at)
    state = view_rollout(running.workspace, LOCAL_CALLER, running.now, SLUG).standing.state
    assert state is State.PAUSED, "acknowledging lets nothing run on"


def test_who_may_not_resume_reads_the_alarm_without_its_form(
    running: Any, words: Words, act_as: Callable[..., Any]
) -> None:
    spend(running, 30.0)
    act_as(Role.REVIEWER)
    at = opened(running)
    assert "OPEN" in words(at)
    assert not any(key.startswith("alarm_reason") for key in keys(at))


def test_before_a_phase_runs_there_is_no_block(site: Any, words: Words) -> None:
    site.draft(SLUG)
    at = opened(site)
    assert "What is watched now" not in words(at)


def test_the_limits_are_set_and_taken_out_in_the_form(running: Any, words: Words) -> None:
    at = opened(running)
    assert "Spend of all users on one day of $20 or more: pause" in words(at), "on the card of the phase"
    at.button(key="edit_beta").click().run()
    assert at.number_input(key="phase_spend_day").value == 20
    at.number_input(key="phase_spend_day").set_value(12345.67)
    at.number_input(key="phase_spend_user_day").set_value(0)
    at.run()
    at.button(key="save_phase").click().run()
    assert not at.exception
    assert "Spend of all users on one day of $12,345.67 or more" in words(at)
