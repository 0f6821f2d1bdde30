"""Like-for-like comparison and concentration through whole imports, on both databases."""

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from core.actions.cohorts import compare_cohorts, first_column, group_choices
from core.actions.concentration import view_piles, view_worst_users
from core.actions.gauges import Part
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.workspace import Workspace
from core.errors import NotAllowed
from core.metrics.like_for_like import Because, Outcome
from core.metrics.measurement import Source
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
ACCEPTED = ("user_acceptance", Source.FEEDBACK)
CORRECT = ("answer_correctness", Source.LABEL)


def stones(now: datetime, seed: int = 0) -> str:
    """Charig 1986 as traces: 350 patients each of open surgery and keyhole operation, by size of stone."""
    rows = []
    for segment, days, cells in (
        ("open", 5, (("small", 81, 87), ("large", 192, 263))),
        ("keyhole", 20, (("small", 234, 270), ("large", 55, 80))),
    ):
        for task, passes, n in cells:
            for place in range(n):
                verdict = "accepted" if place < passes else "rejected"
                started = (now - timedelta(days=days)).isoformat()
                name = f"{segment}-{task}-{place}"
                rows.append(f"{name},{started},user-{name},{segment},{task},Yes.,{verdict}")
    random.Random(seed).shuffle(rows)
    head = "run_id,started_at,user_id,user_segment,task_type,response,user_feedback"
    return "\n".join([head, *rows]) + "\n"


@pytest.mark.parametrize("seed", [0, 1])
def test_the_kidney_stones_come_out_whatever_their_order(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime, seed: int
) -> None:
    hand_in(stones(now, seed), "stones.csv")
    about = (workspace, LOCAL_CALLER, now, feature, Part())
    assert first_column(*about, *ACCEPTED) == "user_segment"
    choices = group_choices(*about, "user_segment", *ACCEPTED)
    assert [(one.value, one.n) for one in choices.groups] == [("open", 350), ("keyhole", 350)]
    assert (choices.new, choices.old) == ("open", "keyhole")
    found = compare_cohorts(*about, "user_segment", "open", "keyhole", *ACCEPTED)
    assert found is not None
    assert found.found.raw.value == pytest.approx(-0.0457, abs=1e-4)
    assert found.found.same_kinds.value == pytest.approx(0.0538, abs=1e-4)
    assert found.found.rate == pytest.approx(0.0537, abs=1e-4)
    assert found.found.mix == pytest.approx(-0.0994, abs=1e-4)
    assert (found.outcome, found.users, found.in_both, found.by_user) == (Outcome.BETTER, 700, 0, False)
    turned = compare_cohorts(*about, "user_segment", "keyhole", "open", *ACCEPTED)
    assert turned is not None
    assert turned.found.same_kinds.value == pytest.approx(-0.0538, abs=1e-4)


def rows(now: datetime, users: int, each: int, **cells: object) -> list[dict[str, object]]:
    """``each`` traces of each user, all accepted, of one kind of task."""
    return [
        {
            "run_id": f"{cells.get('user_segment', '')}-{user}-{place}",
            "started_at": (now - timedelta(days=3)).isoformat(),
            "user_id": f"user-{user}",
            "task_type": "refund",
            "response": "Yes.",
            "user_feedback": "accepted",
            **cells,
        }
        for user in range(users)
        for place in range(each)
    ]


def as_lines(drawn: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in drawn)


def test_users_in_both_groups_are_counted_and_at_most_five_rows_each(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    both = [*rows(now, 30, 9, user_segment="new"), *rows(now, 30, 2, user_segment="old")]
    hand_in(as_lines(both), "both.jsonl")
    about = (workspace, LOCAL_CALLER, now, feature, Part())
    found = compare_cohorts(*about, "user_segment", "new", "old", *ACCEPTED)
    assert found is not None
    assert (found.new_n, found.old_n, found.users, found.in_both, found.by_user) == (150, 60, 30, 30, True)


def test_tasks_that_nobody_named_are_left_out(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    both = [*rows(now, 30, 1, user_segment="new"), *rows(now, 30, 1, user_segment="old")]
    hand_in(as_lines([row | {"task_type": None} for row in both]), "both.jsonl")
    about = (workspace, LOCAL_CALLER, now, feature, Part())
    found = compare_cohorts(*about, "user_segment", "new", "old", *ACCEPTED)
    assert found is not None
    assert (found.outcome, found.because, found.found.left_out) == (
        Outcome.NOT_ENOUGH,
        Because.LEFT_OUT,
        1.0,
    )


def test_the_newest_release_is_offered_against_the_one_before(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    for days, release in ((30, "v1"), (20, "v3"), (10, "v2")):
        started = (now - timedelta(days=days)).isoformat()
        drawn = rows(now, 12, 1, release_bundle=release, started_at=started, user_segment=release)
        hand_in(as_lines(drawn), f"{release}.jsonl")
    about = (workspace, LOCAL_CALLER, now, feature, Part())
    assert first_column(*about, *ACCEPTED) == "release_bundle"
    choices = group_choices(*about, "release_bundle", *ACCEPTED)
    assert (choices.new, choices.old) == ("v2", "v3")
    assert group_choices(*about, "phase", *ACCEPTED).groups == ()
    assert compare_cohorts(*about, "phase", "pilot", "early", *ACCEPTED) is None


def test_eval_cases_are_paired_and_say_no_channel(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime, results: Callable[..., str]
) -> None:
    old = results(30, 10, task_type="refund", release_bundle="v1", eval_run_id="one")
    new = results(40, 0, task_type="refund", release_bundle="v2", eval_run_id="two")
    hand_in(old, "old.jsonl")
    hand_in(new, "new.jsonl")
    about = (workspace, LOCAL_CALLER, now, feature, Part())
    asked = ("eval_pass_rate", Source.EVAL)
    found = compare_cohorts(*about, "release_bundle", "v2", "v1", *asked)
    assert found is not None
    assert (found.users, found.in_both, found.outcome) == (40, 40, Outcome.BETTER)
    assert compare_cohorts(*about, "channel", "web", "chat", *asked) is None
    assert view_worst_users(*about, *asked).users == ()


@pytest.fixture
def refunds(hand_in: HandIn, now: datetime) -> None:
    """The refunds of METHODS 8: 10 % of the traffic, 23 % wrong there and 3 % elsewhere; a user a trace."""
    traced, labelled = [], []
    for place in range(1000):
        refund = place < 100
        wrong = place < 23 if refund else place < 127
        traced.append(
            {
                "run_id": f"run-{place}",
                "started_at": (now - timedelta(days=2)).isoformat(),
                "user_id": f"user-{place}",
                "task_type": "refund" if refund else f"other-{place % 3}",
                "model": "small" if refund else "large",
                "response": "Yes.",
            }
        )
        labelled.append(
            {
                "run_id": f"run-{place}",
                "answer_right": not wrong,
                "sampling": "complete",
                "reviewer": "Vera",
            }
        )
    hand_in(as_lines(traced), "traces.jsonl")
    hand_in(as_lines(labelled), "labels.jsonl")


def test_refunds_hold_nearly_half_of_the_failures(
    refunds: None, workspace: Workspace, feature: str, now: datetime
) -> None:
    about = (workspace, LOCAL_CALLER, now, feature, Part())
    found = view_piles(*about, *CORRECT, "task_type")
    assert found is not None
    (pile,) = found.concentrated
    one = pile.found
    assert (pile.value, one.part.failures, one.part.n, one.part.users) == ("refund", 23, 100, 23)
    assert (one.share_of_failures, one.share_of_cases) == (0.46, 0.1)
    assert (found.n, found.failures, found.is_declared) == (1000, 50, True)
    by_model = view_piles(*about, *CORRECT, "model")
    assert by_model is not None
    assert (by_model.is_declared, [one.value for one in by_model.concentrated]) == (False, ["small"])
    # Nobody recorded a channel, and one value parts nothing.
    assert view_piles(*about, *CORRECT, "channel") is None
    assert view_piles(*about, *CORRECT, "release_bundle") is None


def test_a_column_of_the_checklist_is_declared(
    refunds: None, workspace: Workspace, feature: str, now: datetime, commit: Callable[..., int]
) -> None:
    item = {"kind": "measured", "id": "m", "metric": "answer_correctness", "source": "label", "bar": 0.8}
    commit([item | {"slice": {"model": "small"}}])
    found = view_piles(workspace, LOCAL_CALLER, now, feature, Part(), *CORRECT, "model")
    assert found is not None
    assert (found.is_declared, found.columns) == (True, ("model", "task_type"))


def test_one_users_nine_failures_are_one_story(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    many = rows(now, 1, 9, task_type="refund", user_segment="a", user_feedback="rejected")
    fine = [
        *rows(now, 60, 1, task_type="refund", user_segment="b"),
        *rows(now, 300, 1, task_type="other", user_segment="c"),
    ]
    hand_in(as_lines([*many, *[row | {"user_id": f"x-{row['run_id']}"} for row in fine]]), "traces.jsonl")
    about = (workspace, LOCAL_CALLER, now, feature, Part())
    found = view_piles(*about, *ACCEPTED, "task_type")
    assert found is not None
    (refund,) = [pile for pile in found.piles if pile.value == "refund"]
    # At most five of the nine count, and one user met them.
    assert (refund.found.part.failures, refund.found.part.n, refund.found.part.users) == (5, 65, 1)
    assert found.concentrated == ()
    users = view_worst_users(*about, *ACCEPTED)
    (line,) = users.users
    assert (line.user_id, line.failures, line.n, users.failed, users.failures) == ("user-0", 9, 9, 1, 9)
    assert 0.6 < line.low < line.high == 1.0


def test_traces_without_users_name_nobody(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    drawn = [row | {"user_id": None} for row in rows(now, 30, 1, user_feedback="rejected")]
    fine = rows(now, 300, 1, task_type="other", user_segment="c", user_id=None)
    hand_in(as_lines([*drawn, *fine]), "traces.jsonl")
    about = (workspace, LOCAL_CALLER, now, feature, Part())
    found = view_piles(*about, *ACCEPTED, "task_type")
    assert found is not None
    assert [pile.found.part.users for pile in found.piles] == [None, None]
    users = view_worst_users(*about, *ACCEPTED)
    assert (users.users, users.failed, users.failures) == ((), 0, 30)


def test_whoever_may_not_see_is_told_nothing(workspace: Workspace, feature: str, now: datetime) -> None:
    nobody = Caller("Nobody", frozenset())
    about = (workspace, nobody, now, feature, Part())
    for ask in (
        lambda: view_piles(*about, *CORRECT, "task_type"),
        lambda: view_worst_users(*about, *CORRECT),
        lambda: group_choices(*about, "user_segment", *CORRECT),
        lambda: compare_cohorts(*about, "user_segment", "a", "b", *CORRECT),
    ):
        with pytest.raises(NotAllowed):
            ask()
