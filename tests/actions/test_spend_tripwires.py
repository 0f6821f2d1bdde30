"""Spend tripwires on imported evidence, on both databases; and what else than an import makes one look."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions import early_warnings
from core.actions.alarms import acknowledge_alarm, view_alarms
from core.actions.audit_verify import verify_log
from core.actions.early_warnings import BY_REVIEWERS, noticed
from core.actions.people import LOCAL_CALLER
from core.actions.plans import save_plan
from core.actions.rollout import view_rollout
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.rollout.plan import read_plan
from core.rollout.transitions import Move, State, Transition
from core.store import alarms, audit, features, transitions
from core.store.alarms import Alarm
from core.store.uploads import Upload

DAY = timedelta(days=1)
ANSWERS = {"kind": "measured", "id": "answers", "metric": "answer_correctness", "source": "label", "bar": 0.9}
WRONG = {"metric": "answer_correctness", "source": "label", "bar": 0.85, "tier": "pause"}
Task = tuple[float, str | None, Any]
"""How many hours after the phase began it was, whose it is, and what it cost."""


class Story:
    """A phase that began at midnight a week before ``now``, and the traces that come in."""

    def __init__(
        self, workspace: Workspace, slug: str, now: datetime, hand_in: Callable[..., Upload]
    ) -> None:
        self.workspace, self.slug, self.now, self.hand_in = workspace, slug, now, hand_in
        self.began = now.replace(hour=0, minute=0, second=0, microsecond=0) - 7 * DAY

    def plan(self, **fields: Any) -> None:
        phase = {"id": "beta", "name": "Beta", "exposure_share": [0.01, 0.05], **fields}
        wanted = read_plan({"phases": [phase]})
        save_plan(self.workspace, LOCAL_CALLER, self.began - DAY, self.slug, wanted, based_on=None)
        with self.workspace.database.writing() as connection:
            feature = features.by_slug(connection, self.slug)
            audit.append(
                connection, actor="Ada", action="rollout started", subject=f"feature/{self.slug}",
                now=self.began, payload={"phase": "beta", "reason": "Go.", "plan": 1, "verdict": "go"},
            )  # fmt: skip
            transitions.add(
                connection, feature_id=feature.id, plan_number=1, verdict="go", now=self.began,
                moved=Transition(Move.START, "beta", self.began, "Ada", "Go."),
            )  # fmt: skip

    def spend(self, tasks: Iterable[Task], name: str = "a", at: datetime | None = None, **cells: Any) -> None:
        rows = [
            {
                "run_id": f"{name}-{place}", "user_id": user, "cost_usd": cost, "response": "Yes.",
                "started_at": (self.began + timedelta(hours=hours)).isoformat(),
            } | cells
            for place, (hours, user, cost) in enumerate(tasks)
        ]  # fmt: skip
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        self.hand_in(lines, f"traces-{name}.jsonl", at=at or self.now)

    @property
    def state(self) -> State:
        return view_rollout(self.workspace, LOCAL_CALLER, self.now, self.slug).standing.state

    @property
    def alarms(self) -> list[Alarm]:
        """Oldest first."""
        with self.workspace.database.reading() as connection:
            feature = features.by_slug(connection, self.slug)
            return list(reversed(alarms.of_feature(connection, feature.id)))

    @property
    def followed(self) -> list[tuple[bool, str, str]]:
        view = view_alarms(self.workspace, LOCAL_CALLER, self.now, self.slug)
        return [(one.is_blind, one.how, one.why) for one in view.followed]


@pytest.fixture
def story(
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: Callable[..., Upload],
    commit: Callable[..., int],
) -> Story:
    commit([ANSWERS], at=now - 9 * DAY, lock=False)
    return Story(workspace, feature, now, hand_in)


def test_the_day_that_reaches_its_amount_pauses_before_the_import_returns(story: Story) -> None:
    story.plan(spend_day=10)
    story.spend([(1, "a", 9.99), (25, "b", 4), (26, "c", 5.99), (27, "d", 0.01), (28, "e", 1)])
    (alarm,) = story.alarms
    assert (story.state, alarm.did, alarm.tier, alarm.metric) == (
        State.PAUSED, "paused", "pause", "spend_day"
    )  # fmt: skip
    assert (alarm.cases, alarm.reached_at) == (3, story.began + 27 * timedelta(hours=1))
    day = story.began + DAY
    assert alarm.sentence == (
        "Spend of all users on one day of $10 or more: The tasks of "
        f"{day.day} {day:%B %Y} cost $11 in all; at $10 we stop."
    )
    assert verify_log(story.workspace, LOCAL_CALLER, story.now).ok


def test_a_user_is_counted_apart_and_never_named(story: Story) -> None:
    story.plan(spend_user_day=3)
    story.spend([(one / 10, f"user-{one}", 2.5) for one in range(20)])
    assert (story.alarms, story.state) == ([], State.RUNNING)
    story.spend([(23, "loop-1", 1.5), (23.1, "loop-2", 9), (23.2, "loop-1", 1.5)], "b")
    (alarm,) = story.alarms
    assert story.state is State.PAUSED
    assert "2 users reached it on" in alarm.sentence and "the dearest of them with $9" in alarm.sentence
    assert (alarm.cases, alarm.reached_at) == (1, story.began + timedelta(hours=23.1))
    assert "loop" not in alarm.sentence


@pytest.mark.parametrize(
    "tasks",
    [
        [(1, "a", 5), (25, "a", 5)],  # two days, each below
        [(-2, "a", 50)],  # before the phase began
        [(1, "a", None), (2, "a", None)],  # nobody knows: neither 0 nor too much
        [(1, "a", 9.994999)],
    ],
)
def test_what_reaches_nothing(story: Story, tasks: list[Task]) -> None:
    story.plan(spend_day=10, spend_user_day=10)
    story.spend(tasks)
    assert (story.alarms, story.state) == ([], State.RUNNING)


def test_sums_are_exact(story: Story) -> None:
    """Ten times 0.1 is 1, which it is not in floating point."""
    story.plan(spend_day=1)
    story.spend([(1, "a", 0.1)] * 9)
    assert story.alarms == []
    story.spend([(2, "a", 0.1)], "b")
    assert [one.cases for one in story.alarms] == [10]


def test_unknown_cost_is_told_and_never_counted_as_nothing(story: Story) -> None:
    story.plan(spend_day=10, spend_user_day=10)
    story.spend([(1, "a", 12), (2, None, 1), (3, "a", None)])
    by_user, by_day = sorted(story.alarms, key=lambda one: one.metric, reverse=True)
    assert "Of 3 tasks, 1 has no cost: they are not counted" in by_day.sentence
    assert "Of 3 tasks, 1 has no cost and 1 has no user id" in by_user.sentence


def test_without_costs_or_user_ids_it_is_said_to_be_not_followed(story: Story) -> None:
    story.plan(spend_day=10, spend_user_day=10)
    assert [one[0] for one in story.followed] == [False, False], "as long as there are no traces at all"
    story.spend([(1, None, None)])
    assert [(blind, "cost_usd is empty" in how) for blind, how, _ in story.followed] == [(True, True)] * 2
    story.spend([(2, None, 1.0)], "b")
    (user_is_blind, how, _), (day_is_blind, _, why) = story.followed
    assert (user_is_blind, day_is_blind) == (True, False)
    assert "without user_id" in how and "Of 2 tasks, 1 has no cost" in why


def test_acknowledged_it_counts_anew_from_then_on(story: Story) -> None:
    story.plan(spend_day=10)
    story.spend([(1, "a", 12)], at=story.began + timedelta(hours=2))
    (first,) = story.alarms
    acknowledge_alarm(
        story.workspace, LOCAL_CALLER, story.began + timedelta(hours=3), story.slug, first.id,
        reason="A loop was ended",
    )  # fmt: skip
    story.spend([(2.5, "a", 12), (4, "a", 9)], "b", at=story.began + timedelta(hours=5))
    assert len(story.alarms) == 1, "what came before nobody holds against what was mended"
    story.spend([(6, "a", 1)], "c", at=story.began + timedelta(hours=7))
    assert [one.cases for one in story.alarms] == [1, 2]


def labelled(story: Story, right: list[bool], name: str) -> Upload:
    """Labels of the traces ``a-0``, ``a-1`` and so on from the place of ``name`` on."""
    start = int(name)
    rows = (
        {"run_id": f"a-{start + place}", "answer_right": one, "reviewer": "Vera", "sampling": "complete"}
        for place, one in enumerate(right)
    )
    return story.hand_in("".join(json.dumps(row) + "\n" for row in rows), f"labels-{name}.jsonl")


def test_to_withdraw_the_good_cases_can_trip(story: Story) -> None:
    """Nine wrong ones, seven right ones for each of them, the last wrong one: quiet as long as all count."""
    story.plan(warnings=[WRONG])
    story.spend([(one / 10, f"u{one}", 1) for one in range(80)])
    labelled(story, [False] * 9, "0")
    good = labelled(story, [True] * 63, "9")
    labelled(story, [False], "72")
    assert (story.alarms, story.state) == ([], State.RUNNING)
    withdraw_upload(story.workspace, LOCAL_CALLER, story.now, good.id, "Labelled by mistake")
    (alarm,) = story.alarms
    assert (story.state, alarm.cases, alarm.upload_id) == (State.PAUSED, 10, None)
    with story.workspace.database.reading() as connection:
        events = audit.timeline(connection, f"feature/{story.slug}", 3)
    assert {one.action for one in events} >= {"early warning tripped", "rollout paused"}
    assert verify_log(story.workspace, LOCAL_CALLER, story.now).ok


def test_a_saved_label_asks_only_what_labels_can_trip(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    story.plan(warnings=[WRONG, {"metric": "error_rate", "bar": 0.1, "tier": "pause"}], spend_day=10)
    story.spend([(1, "a", 1)])

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*given: Any) -> Any:
            asked.append(name)
            return real(*given)

        return ask

    for name in ("points_course", "first_dear_day"):
        monkeypatch.setattr(early_warnings, name, counted(name, getattr(early_warnings, name)))
    with story.workspace.database.reading() as connection:
        feature = features.by_slug(connection, story.slug)
        assert noticed(story.workspace, connection, feature, story.now, BY_REVIEWERS) == ()
        assert asked == ["points_course"]
        assert noticed(story.workspace, connection, feature, story.now) == ()
    assert sorted(asked[1:]) == ["first_dear_day", "points_course", "points_course"]
