"""The forecast from real evidence: what was counted, scaled to the next phase, and what a step risks."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core.actions.checklists import save_checklist
from core.actions.forecasts import next_blast, view_forecast
from core.actions.people import LOCAL_CALLER
from core.actions.plans import lint_plan, save_plan
from core.actions.rollout_past import PastStart, record_past
from core.actions.scopes import save_scope
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.scope import read_scope
from core.errors import WrongUsage
from core.rollout.blast import blast_words
from core.rollout.forecast import Outcome
from core.rollout.plan import PhasePlan, read_plan
from core.rollout.transitions import State

HandIn = Callable[..., Any]

ACCEPTED = {"kind": "measured", "id": "said", "metric": "user_acceptance", "source": "feedback", "bar": 0.9}
LATENCY = {
    "kind": "measured",
    "id": "billing",
    "metric": "latency_p95",
    "source": "trace",
    "bar": 8000,
    "slice": {"task_type": "billing"},
    "protected": True,
}


def phase(phase_id: str, share: float, **changes: Any) -> dict[str, Any]:
    return {
        "id": phase_id,
        "name": phase_id.capitalize(),
        "exposure_share": [share, share],
        "review_share": 0.5,
        "minimum_days": 14,
        **changes,
    }


def planned(**plan: Any) -> PhasePlan:
    phases = [phase("first", 0.05), phase("second", 0.25), phase("third", 1.0)]
    return read_plan({"owner": "Ada", "phases": phases} | plan)


@pytest.fixture
def asked(workspace: Workspace, feature: str, now: datetime) -> str:
    """A feature with a checklist and a plan that expects 1,000 requests a day of 1,000 users."""
    checklist = read_checklist({"stakes": "medium", "items": [ACCEPTED, LATENCY]})
    save_checklist(workspace, LOCAL_CALLER, now - timedelta(days=60), feature, checklist, based_on=None)
    plan = planned(requests_per_day=1_000, users=1_000)
    save_plan(workspace, LOCAL_CALLER, now - timedelta(days=60), feature, plan, based_on=None)
    return feature


def traces(now: datetime, days: int, a_day: int, reacting: int) -> bytes:
    """``a_day`` traces on each of the last ``days``, ``reacting`` of them accepted, a fifth of billing."""
    rows = ["run_id,started_at,user_id,query,response,user_feedback,task_type,latency_ms"]
    for age in range(1, days + 1):
        day = (now - timedelta(days=age)).strftime("%Y-%m-%d")
        for number in range(a_day):
            said = "accepted" if number < reacting else ""
            kind = "billing" if number % 5 == 0 else "other"
            name = f"r{age}-{number}"
            rows.append(f"{name},{day}T09:{number:02}:00Z,u{name},Where?,There.,{said},{kind},900")
    return "\n".join(rows).encode()


def test_without_a_plan_there_is_nothing_to_foretell(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    view = view_forecast(workspace, LOCAL_CALLER, now, feature)
    assert (view.phases, view.blasts, view.traffic) == ((), (), None)
    assert next_blast(workspace, LOCAL_CALLER, now, feature) is None


def test_before_anything_is_counted_the_plan_is_believed(
    workspace: Workspace, asked: str, now: datetime
) -> None:
    view = view_forecast(workspace, LOCAL_CALLER, now, asked)
    assert (view.state, view.traffic) == (State.NOT_STARTED, None)
    first = view.phases[0]
    assert first.is_current and first.tasks is not None and not first.tasks.is_measured
    assert (first.tasks.low, first.tasks.high) == (50, 50)
    # Latency takes 71 users who are all in time; 5 % of 1,000 are 50.
    assert [one.outcome for one in first.criteria] == [Outcome.DAYS, Outcome.NEVER]
    assert first.review is not None
    assert (first.review.minutes.high, first.review.people) == (50, (2, 2))


def test_what_was_counted_in_the_current_phase_is_scaled_to_the_next(
    workspace: Workspace, asked: str, now: datetime, hand_in: HandIn
) -> None:
    """20 tasks a day at 5 % make 100 at 25 %; of them 10 a day react now, and 50 then."""
    began = (now - timedelta(days=12)).date()
    record_past(workspace, LOCAL_CALLER, now, asked, [PastStart("first", began)])
    hand_in(traces(now, 20, 20, 10), "traces.csv")
    view = view_forecast(workspace, LOCAL_CALLER, now, asked)
    assert view.traffic is not None
    assert (view.traffic.phase, view.traffic.tasks) == ("first", 20)
    assert view.traffic.days == 12, "what came before the phase began is not counted"
    current, second, _ = view.phases
    assert current.tasks is not None and current.tasks.is_measured
    assert second.tasks is not None
    assert (round(second.tasks.low, 6), round(second.tasks.high, 6)) == (100, 100)
    reactions = second.criteria[0].per_day
    assert reactions is not None and round(reactions.high, 6) == 50
    blast = view.blast("second")
    assert blast is not None and blast.high_stakes is not None
    assert (blast.high_stakes.name, round(blast.high_stakes.share, 6)) == ("task_type = billing", 0.2)


def test_traces_that_come_once_a_week_are_no_week_without_users(
    workspace: Workspace, asked: str, now: datetime, hand_in: HandIn
) -> None:
    hand_in(traces(now - timedelta(days=9), 5, 8, 2), "traces.csv")
    view = view_forecast(workspace, LOCAL_CALLER, now, asked)
    assert view.traffic is not None
    assert (view.traffic.days, view.traffic.tasks, view.traffic.exposure) == (5, 8, None)


def test_the_next_step_and_its_worst_case(
    workspace: Workspace, asked: str, now: datetime, hand_in: HandIn
) -> None:
    scope = read_scope({"worst_case": {"usd": 500, "people": 2}})
    save_scope(workspace, LOCAL_CALLER, now, asked, scope, based_on=None)
    hand_in(traces(now, 10, 20, 20), "traces.csv")
    found = next_blast(workspace, LOCAL_CALLER, now, asked)
    assert found is not None and found.phase.id == "first"
    assert found.row == "User acceptance"
    words = blast_words(found)
    assert "50 tasks a day (as planned)" in words
    assert "($500, 2 people)" in words


def test_advice_goes_by_the_traffic_that_was_counted(
    workspace: Workspace, asked: str, now: datetime, hand_in: HandIn
) -> None:
    began: date = (now - timedelta(days=12)).date()
    record_past(workspace, LOCAL_CALLER, now, asked, [PastStart("first", began)])
    assert "traffic_below_plan" not in rules(workspace, asked, now)
    hand_in(traces(now, 12, 20, 10), "traces.csv")
    (found,) = (
        one for one in lint_plan(workspace, LOCAL_CALLER, now, asked) if one.rule.id == "traffic_below_plan"
    )
    assert not found.blocks
    assert "makes about 400 once everyone has the feature" in found.sentence


def test_counted_traffic_takes_the_place_of_what_the_plan_does_not_say(
    workspace: Workspace, asked: str, now: datetime, hand_in: HandIn
) -> None:
    save_plan(workspace, LOCAL_CALLER, now - timedelta(days=50), asked, planned(), based_on=1)
    record_past(workspace, LOCAL_CALLER, now, asked, [PastStart("first", (now - timedelta(days=12)).date())])
    assert "traffic_unknown" in rules(workspace, asked, now)
    hand_in(traces(now, 12, 20, 10), "traces.csv")
    assert "traffic_unknown" not in rules(workspace, asked, now)


@pytest.mark.parametrize("minutes", [0, -1, 601, float("nan")])
def test_minutes_that_cannot_be(minutes: float, workspace: Workspace, asked: str, now: datetime) -> None:
    with pytest.raises(WrongUsage, match="cannot be"):
        view_forecast(workspace, LOCAL_CALLER, now, asked, minutes_a_label=minutes)


def rules(workspace: Workspace, slug: str, now: datetime) -> set[str]:
    return {one.rule.id for one in lint_plan(workspace, LOCAL_CALLER, now, slug)}
