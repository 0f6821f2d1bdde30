"""The portfolio in every order and behind every filter, and the weeks of its headline."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.checklists import save_checklist
from core.actions.demo import DEMO_CALLER, make_demo
from core.actions.features import create_feature
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.portfolio import Order, Wanted, arranged, view_headline_weeks, view_portfolio
from core.actions.workspace import Workspace
from core.criteria.checklist import Tier, read_checklist
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.decision.override import GivenOverride, OverrideLine, OverrideState
from core.errors import NotAllowed
from core.metrics.measurement import Measurement
from core.rollout.alarms import WATCHER, OpenAlarm
from core.rollout.plan import read_plan
from core.rollout.standing import standing_of
from core.rollout.transitions import Move, State, Transition
from core.store.uploads import Upload

Commit = Callable[..., int]
HandIn = Callable[..., Upload]
Results = Callable[..., str]


@pytest.fixture
def three(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Any],
    hand_in: HandIn, results: Results,
) -> list[Any]:  # fmt: skip
    """GO since now (Helper), NO DATA since yesterday at low stakes (apple), just created (Zebra)."""
    made = {"stakes": Stakes.LOW, "now": now}
    for name, owner in (("Zebra", "Bob"), ("apple", "Ben")):
        create_feature(workspace, LOCAL_CALLER, name=name, owner=owner, **made)
    draft = read_checklist({"stakes": "low", "items": [items["suite"]]})
    save_checklist(workspace, LOCAL_CALLER, now - timedelta(days=1), "apple", draft, based_on=None)
    commit()
    hand_in(results(40), at=now)
    return view_portfolio(workspace, LOCAL_CALLER, now)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(), ["Helper", "apple", "Zebra"]),
        (Wanted(order=Order.NAME), ["apple", "Helper", "Zebra"]),
        (Wanted(order=Order.SINCE), ["Helper", "Zebra", "apple"]),
        (Wanted(text="  ZEB "), ["Zebra"]),
        (Wanted(text="bo zebra"), ["Zebra"]),
        (Wanted(text="zebra ada"), []),
        (Wanted(verdicts=frozenset({Verdict.GO})), ["Helper"]),
        (Wanted(verdicts=frozenset({Verdict.GO, Verdict.NO_DATA}), owners=frozenset({"Bob"})), ["Zebra"]),
        (Wanted(stakes=frozenset({Stakes.LOW})), ["apple", "Zebra"]),
        (Wanted(stakes=frozenset({Stakes.HIGH})), []),
    ],
)
def test_order_and_filters(wanted: Wanted, names: list[str], three: list[Any]) -> None:
    assert [line.feature.name for line in arranged(three, wanted)] == names


def test_of_equal_verdicts_what_asks_for_a_look_comes_first_then_what_reaches_the_most_users(
    three: list[Any],
) -> None:
    apple, zebra = three[1:]
    assert apple.decision.verdict is zebra.decision.verdict
    assert arranged([apple, replace(zebra, look_backs=1)], Wanted())[0].feature.name == "Zebra"
    plan = read_plan({"phases": [{"id": "full", "name": "Everyone", "exposure_share": [1, 1]}]})
    begun = Transition(Move.START, "full", zebra.decision.as_of, "Ada", "")
    everyone = replace(zebra.decision, standing=standing_of([begun], plan, plan, zebra.decision.as_of))
    assert everyone.exposure == 1
    assert arranged([apple, replace(zebra, decision=everyone)], Wanted())[0].feature.name == "Zebra"


PLAN = read_plan({"phases": [{"id": "beta", "name": "Beta", "exposure_share": [0.01, 0.05]}]})


def at_rest(line: Any, *moves: tuple[Move, str]) -> Any:
    """The line after these moves, each by the person (or the early warning) beside it."""
    now = line.decision.as_of
    steps = [Transition(move, "beta", now, by, "") for move, by in moves]
    return replace(line, decision=replace(line.decision, standing=standing_of(steps, PLAN, PLAN, now)))


def judged(line: Any, name: str, verdict: Verdict) -> Any:
    feature, decision = replace(line.feature, name=name), replace(line.decision, verdict=verdict)
    return replace(line, feature=feature, decision=decision)


def alarmed(line: Any, tier: Tier) -> Any:
    alarm = OpenAlarm(1, "Complaints", tier, "", "More than 3 a day.", line.decision.as_of)
    return replace(line, decision=replace(line.decision, alarms=(alarm,)))


def overruled(line: Any, state: OverrideState, *, days_left: int) -> Any:
    now = line.decision.as_of
    ends = now + timedelta(days=days_left)
    given = GivenOverride(1, "beta", "Launch day", "Ada", 1, now - timedelta(days=5), ends, "0" * 64, {})
    return replace(line, decision=replace(line.decision, overrides=(OverrideLine(given, state),)))


def test_worst_first_asks_who_is_exposed_before_it_asks_for_the_verdict(three: list[Any]) -> None:
    locked, draft, blank = three
    out, by_hand = (Move.START, "Ada"), (Move.PAUSE, "Ada")
    lines = [
        overruled(judged(locked, "overruled", Verdict.NO_GO), OverrideState.HOLDS, days_left=1),
        overruled(judged(locked, "overruled, and went on", Verdict.NO_GO), OverrideState.USED, days_left=1),
        at_rest(judged(locked, "stopped by an alarm", Verdict.STALE), out, (Move.PAUSE, WATCHER)),
        alarmed(at_rest(judged(locked, "alarm that pauses", Verdict.GO), out), Tier.PAUSE),
        at_rest(judged(locked, "out, fails", Verdict.NO_GO), out),
        at_rest(judged(draft, "out, a draft that would be GO", Verdict.GO), out),
        at_rest(judged(locked, "out, stale", Verdict.STALE), out),
        alarmed(at_rest(judged(locked, "out, too little", Verdict.NOT_ENOUGH_EVIDENCE), out), Tier.ADVISORY),
        overruled(judged(locked, "at home, fails", Verdict.NO_GO), OverrideState.USED, days_left=0),
        at_rest(judged(draft, "stopped by hand, a draft", Verdict.GO), out, by_hand),
        at_rest(judged(locked, "stopped by hand", Verdict.STALE), out, by_hand),
        judged(locked, "at home, too little", Verdict.NOT_ENOUGH_EVIDENCE),
        at_rest(judged(locked, "rolled back by hand, GO", Verdict.GO), out, (Move.ROLL_BACK, "Ada")),
        at_rest(judged(locked, "out, GO", Verdict.GO), out),
        judged(locked, "at home, GO", Verdict.GO),
        judged(draft, "a draft that would fail", Verdict.NO_GO),
        judged(draft, "a draft that would be GO", Verdict.GO),
        blank,
    ]
    names = [line.feature.name for line in lines]
    for mixed in (lines, lines[::-1]):
        assert [line.feature.name for line in arranged(mixed, Wanted())] == names


def test_only_what_asks_for_a_look_and_by_where_the_rollout_stands(three: list[Any]) -> None:
    due = replace(three[1], look_backs=2)
    lines = [due, three[0], three[2]]
    assert arranged(lines, Wanted(asks_for_a_look=True)) == [due]
    assert arranged(lines, Wanted(states=frozenset({State.RUNNING}))) == []
    assert len(arranged(lines, Wanted(states=frozenset({State.NOT_STARTED})))) == 3
    assert Wanted(asks_for_a_look=True).narrows and Wanted(states=frozenset({State.RUNNING})).narrows


def test_a_line_knows_the_live_release_and_whether_it_is_of_the_demo(
    workspace: Workspace, feature: str, now: datetime, ship: Callable[..., None]
) -> None:
    create_feature(workspace, DEMO_CALLER, now, name="Shown", owner="Ada", stakes=Stakes.LOW)
    ship(workspace, feature, now - timedelta(days=1))
    lines = {line.feature.name: line for line in view_portfolio(workspace, LOCAL_CALLER, now)}
    assert (lines["Shown"].is_demo, lines["Shown"].release) == (True, "")
    assert (lines["Helper"].is_demo, lines["Helper"].release) == (False, "Release 1")
    assert arranged(lines.values(), Wanted(text="release 1")) == [lines["Helper"]]


def test_since_is_told_where_it_is_on_record(three: list[Any], now: datetime) -> None:
    since = {line.feature.name: line.since for line in three}
    assert since == {"Helper": now, "apple": now - timedelta(days=1), "Zebra": now}


def test_what_a_feature_waits_for_says_how_much(
    workspace: Workspace, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    commit()
    hand_in(results(8, 1), at=now)
    line = view_portfolio(workspace, LOCAL_CALLER, now)[0]
    more = line.decision.rows[0].more_cases
    assert line.waits_for == f"about {more:,} more eval cases for Eval pass rate"


def test_a_feature_whose_pass_rests_on_cases_without_a_result_waits_for_those(
    workspace: Workspace, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    commit()
    hand_in(results(30) + results(20, first=30).replace("true", "null"), at=now)
    line = view_portfolio(workspace, LOCAL_CALLER, now)[0]
    assert line.waits_for == "results of the 20 cases that have none, for Eval pass rate"


def test_the_headline_has_its_weeks_only_when_they_are_asked_for(
    workspace: Workspace, three: list[Any], now: datetime
) -> None:
    helper = three[0]
    assert helper.headline.item.id == "suite"
    weeks = view_headline_weeks(workspace, LOCAL_CALLER, helper)
    assert [point.finding.n for point in weeks if isinstance(point.finding, Measurement)] == [40]
    assert view_headline_weeks(workspace, LOCAL_CALLER, three[1]) == ()


def test_a_portfolio_without_features_is_empty(workspace: Workspace, now: datetime) -> None:
    assert view_portfolio(workspace, LOCAL_CALLER, now) == []


def test_the_demo_is_made_only_for_whoever_may_create_features(workspace: Workspace, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="Vera may not create a feature"):
        make_demo(workspace, now, asked_by=Caller("Vera", frozenset({Role.VIEWER})))
    assert view_portfolio(workspace, LOCAL_CALLER, now) == []
