"""The band with the stop buttons on every page of a feature, and the rollout on the Phase plan page."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.people import LOCAL_CALLER, Role
from core.actions.plans import take_plan_template
from core.actions.rollout import pause, resume, roll_back, view_rollout
from core.actions.rollout_past import PastStart, record_past
from core.rollout.plan import Fallback
from core.rollout.transitions import Move, State
from core.web.registry import PAGES

SLUG = "refund-agent"
OF_NO_FEATURE = {"portfolio", "audit", "settings", "glossary"}
PAGES_OF_A_FEATURE = [page.key for page in PAGES if page.key not in OF_NO_FEATURE]
MAY_STOP = {Role.REVIEWER, Role.PM, Role.SIGNER, Role.ADMIN}
Words = Callable[[AppTest], str]


@pytest.fixture
def planned(site: Any) -> Any:
    """A feature with a plan; nothing has begun."""
    site.locked(SLUG)
    take_plan_template(
        site.workspace,
        LOCAL_CALLER,
        site.before(29),
        SLUG,
        "guardrail_escalation",
        based_on=None,
        owner="Ada",
        fallback=Fallback.NON_AI,
        users=20_000,
        requests_per_day=20_000,
    )
    return site


@pytest.fixture
def running(planned: Any) -> Any:
    """The second phase runs, for nine days."""
    starts = [
        PastStart("beta", planned.before(28).date()),
        PastStart("early_access", planned.before(8).date()),
    ]
    record_past(planned.workspace, LOCAL_CALLER, planned.now, SLUG, starts)
    return planned


def state(site: Any) -> State:
    later = site.now + timedelta(days=1)
    return view_rollout(site.workspace, LOCAL_CALLER, later, SLUG).standing.state


def keys(at: AppTest) -> set[str]:
    return {str(button.key) for button in at.button}


@pytest.mark.parametrize("page", PAGES_OF_A_FEATURE)
def test_every_page_says_where_the_rollout_stands_and_can_stop_it(
    page: str, running: Any, words: Words
) -> None:
    at = running.open(page, SLUG)
    assert not at.exception
    said = words(at)
    assert "Phase 2 of 4 · Early access · 1–5 % of users · day 9 of 14" in said
    assert "RUNNING" in said
    assert "Phase 3 · Gradual rollout (5–25 % of users) waits for:" in said
    assert "5 days after today" in said
    assert {"band_pause", "band_roll_back"} <= keys(at)


def test_two_clicks_pause_from_any_page_and_the_record_holds_no_words_that_nobody_said(
    running: Any, words: Words
) -> None:
    at = running.open("health", SLUG)
    at.button(key="band_pause").click().run()
    assert state(running) is State.RUNNING, "nothing happens before it is confirmed"
    at.button(key="band_pause_confirm").click().run()
    assert not at.exception
    assert not at.error
    assert state(running) is State.PAUSED
    at = running.open("health", SLUG)
    said = words(at)
    assert "PAUSED since 2 Mar 2026, 14:05 UTC" in said
    assert "local user: No reason was given" in said
    assert "waits for" not in said.split("Next:")[0]
    assert "band_pause" not in keys(at)
    assert "band_roll_back" in keys(at)


@pytest.mark.parametrize("emptied", [False, True])
def test_a_roll_back_takes_two_clicks_and_no_words(emptied: bool, running: Any, words: Words) -> None:
    at = running.open("go_no_go", SLUG)
    at.button(key="band_roll_back").click().run()
    if emptied:
        at.text_input(key="band_roll_back_reason").set_value(" ")
    assert state(running) is State.RUNNING, "nothing happens before it is confirmed"
    at.button(key="band_roll_back_confirm").click().run()
    assert not at.error
    assert state(running) is State.ROLLED_BACK
    said = words(running.open("go_no_go", SLUG))
    assert "No reason was given" in said
    assert "The rollout is rolled back, whatever the verdict." in said


def test_a_roll_back_keeps_the_reason_that_is_typed(running: Any, words: Words) -> None:
    at = running.open("go_no_go", SLUG)
    at.button(key="band_roll_back").click().run()
    at.text_input(key="band_roll_back_reason").set_value("Wrong refunds since ten")
    at.button(key="band_roll_back_confirm").click().run()
    assert not at.error
    assert state(running) is State.ROLLED_BACK
    assert "ROLLED BACK since" in words(running.open("go_no_go", SLUG))


def test_a_second_tab_is_told_that_it_is_stopped_already(running: Any) -> None:
    at = running.open("evidence", SLUG)
    at.button(key="band_pause").click().run()
    pause(running.workspace, LOCAL_CALLER, running.now, SLUG, reason="First")
    at.button(key="band_pause_confirm").click().run()
    assert not at.exception
    assert "The rollout is paused since" in at.error[0].proto.title
    assert len(view_rollout(running.workspace, LOCAL_CALLER, running.now, SLUG).history) == 3


@pytest.mark.parametrize("role", Role)
def test_who_sees_the_stop_buttons_and_the_forms(
    role: Role, running: Any, act_as: Callable[..., Any]
) -> None:
    act_as(role)
    at = running.open("phase_plan", SLUG)
    assert not at.exception
    assert ({"band_pause", "band_roll_back"} <= keys(at)) == (role in MAY_STOP)
    assert ("rollout_record" in keys(at)) == (role is Role.PM)
    pause(running.workspace, LOCAL_CALLER, running.now, SLUG)
    at = running.open("phase_plan", SLUG)
    assert ("band_roll_back" in keys(at)) == (role in MAY_STOP)
    assert ("rollout_resume" in keys(at)) == (role is Role.PM)


def test_resuming_is_a_decision_with_a_reason(running: Any, words: Words) -> None:
    pause(running.workspace, LOCAL_CALLER, running.now, SLUG)
    at = running.open("phase_plan", SLUG)
    at.button(key="rollout_resume").click().run()
    assert "Resuming needs a reason" in at.error[0].proto.title
    at.text_input(key="rollout_resume_reason").set_value("A typing error")
    at.button(key="rollout_resume").click().run()
    assert not at.error
    assert state(running) is State.RUNNING


def test_a_resume_from_an_old_page_is_refused(running: Any) -> None:
    pause(running.workspace, LOCAL_CALLER, running.now, SLUG)
    at = running.open("phase_plan", SLUG)
    at.text_input(key="rollout_resume_reason").set_value("A typing error")
    resume(running.workspace, LOCAL_CALLER, running.now, SLUG, reason="Mine")
    pause(running.workspace, LOCAL_CALLER, running.now, SLUG)
    at.button(key="rollout_resume").click().run()
    assert "after you opened the page" in at.error[0].proto.title
    assert state(running) is State.PAUSED


def test_the_step_forward_shows_what_it_waits_for_and_no_button(running: Any, words: Words) -> None:
    at = running.open("phase_plan", SLUG)
    said = words(at)
    assert "Go on to Gradual rollout (5–25 % of users)" in said
    assert "Early access has to run for 5 days after today; pauses do not count." in said
    assert "rollout_go" not in keys(at)


def test_a_rollout_that_runs_already_is_written_down(planned: Any, words: Words) -> None:
    at = planned.open("phase_plan", SLUG)
    assert "Not started · first phase: Beta, 50–100 users" in words(at)
    assert "band_pause" not in keys(at), "nothing is there to stop"
    at.date_input(key="rollout_began_beta").set_value(date(2026, 2, 10))
    at.button(key="rollout_record").click().run()
    assert not at.exception
    assert not at.error
    said = words(at)
    assert "day 21" in said
    moved = [one.moved for one in view_rollout(planned.workspace, LOCAL_CALLER, planned.now, SLUG).history]
    assert [(one.move, one.phase) for one in moved] == [(Move.START, "beta")]


def test_the_timeline_tells_planned_and_actual_in_words(running: Any, words: Words) -> None:
    roll_back(running.workspace, LOCAL_CALLER, running.now, SLUG, reason="Wrong refunds")
    said = words(running.open("phase_plan", SLUG))
    assert "Beta: planned 2 Feb 2026 to 23 Feb 2026 at the earliest, ran 2 Feb 2026 to 22 Feb 2026." in said
    assert "ran 22 Feb 2026 to 2 Mar 2026, rolled back 2 Mar 2026." in said
    assert "Everyone: planned " in said


def test_the_portfolio_tells_phase_and_state(running: Any, words: Words) -> None:
    pause(running.workspace, LOCAL_CALLER, running.now, SLUG)
    said = words(running.open("portfolio"))
    assert "PAUSED" in said
    assert "Phase 2 of 4 · Early access · 1–5 % of users · day 9 of 14" in said
