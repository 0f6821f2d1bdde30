"""The board of Health as data, on both databases: phases, roles, named slices, weeks, the runs behind."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.gauges import Gauge, Health, Part
from core.actions.health import BOARD_WEEKS, phases_of, slices_of_row, view_health
from core.actions.people import LOCAL_CALLER
from core.actions.traces import TraceFilter, find_traces, number_behind
from core.actions.workspace import Workspace
from core.metrics.measurement import NotMeasured, Source
from core.rollout.transitions import Move, PhasePeriod, Transition
from core.store import features, transitions
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
ANSWERS = {"kind": "measured", "id": "answers", "metric": "answer_correctness", "source": "label", "bar": 0.6}
BILLING = ANSWERS | {"id": "billing", "bar": 0.9, "slice": {"task_type": "billing"}, "protected": True}


def runs(now: datetime, rows: int = 40) -> str:
    """One trace a user, two a day back from yesterday; one in four is about billing, half by phone."""
    lines = [
        {
            "run_id": f"run-{place:03d}",
            "started_at": (now - timedelta(days=1 + place // 2)).isoformat(),
            "user_id": f"user-{place:03d}",
            "user_role": "agent" if place % 4 == 1 else "customer",
            "channel": "phone" if place % 2 else "web",
            "task_type": "billing" if place % 4 == 0 else "refund",
            "response": "Yes.",
            "latency_ms": 1000 + 100 * place,
        }
        for place in range(rows)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def reviews(rows: int = 40, **cells: Any) -> str:
    """Billing is answered wrongly, the rest rightly."""
    lines = [
        {
            "run_id": f"run-{place:03d}",
            "answer_right": place % 4 != 0,
            "reviewer": "Vera",
            "sampling": "complete",
            **cells,
        }
        for place in range(rows)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


@pytest.fixture
def filled(hand_in: HandIn, results: Callable[..., str], now: datetime) -> None:
    hand_in(runs(now), "traces.jsonl")
    hand_in(reviews(), "labels.jsonl")
    hand_in(results(8, 2, task_type="billing"))


@pytest.fixture
def look(workspace: Workspace, feature: str, now: datetime) -> Callable[..., Health]:
    return lambda **part: view_health(workspace, LOCAL_CALLER, now, feature, Part(**part))


def gauge(view: Health, key: str) -> Gauge:
    return next(one for one in view.gauges if one.key == key)


def n(view: Health, key: str) -> int:
    found = gauge(view, key).measured
    return 0 if found is None else found.n


def moved(workspace: Workspace, slug: str, *moves: tuple[Move, str, datetime]) -> None:
    with workspace.database.writing() as connection:
        feature = features.by_slug(connection, slug)
        for move, phase, at in moves:
            moved_to = Transition(move, phase, at, "Ada", "agreed")
            transitions.add(
                connection, feature_id=feature.id, moved=moved_to, plan_number=None, verdict=None, now=at
            )


def test_a_phase_is_its_latest_period_and_limits_every_number(
    filled: None, workspace: Workspace, feature: str, now: datetime, look: Callable[..., Health]
) -> None:
    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    moved(
        workspace,
        feature,
        (Move.START, "beta", before(20)),
        (Move.ROLL_BACK, "beta", before(15)),
        (Move.START, "beta", before(10)),
        (Move.ADVANCE, "wide", before(5)),
    )
    found = phases_of(workspace, LOCAL_CALLER, feature)
    assert list(found) == ["beta", "wide"]
    assert (found["beta"].period, found["beta"].times) == (PhasePeriod("beta", before(10), before(5)), 2)
    # Two traces a day at this hour: the tenth day back is in, the fifth is in the next phase.
    assert n(look(phase=found["beta"].period), "slow_rate.trace") == 10
    assert n(look(phase=found["beta"].period), "answer_correctness.label") == 10
    assert n(look(phase=found["wide"].period), "slow_rate.trace") == 10
    assert n(look(phase=found["wide"].period, weeks=1), "slow_rate.trace") == 0


def test_a_feature_that_never_started_has_no_phase(workspace: Workspace, feature: str) -> None:
    assert phases_of(workspace, LOCAL_CALLER, feature) == {}


@pytest.mark.parametrize(("part", "traced"), [({"role": "agent"}, 10), ({"channel": "phone"}, 20)])
def test_what_a_source_does_not_say_leaves_it_out_with_a_reason(
    filled: None, look: Callable[..., Health], part: dict[str, str], traced: int
) -> None:
    view = look(**part)
    assert n(view, "slow_rate.trace") == n(view, "answer_correctness.label") == traced
    finding = gauge(view, "eval_pass_rate.eval").finding
    assert isinstance(finding, NotMeasured)
    (name,) = part
    assert finding.sentence.startswith(
        f"Eval results do not say their {'user role' if name == 'role' else name}"
    )


def test_the_slices_that_the_checklist_names_have_numbers_of_their_own(
    filled: None, look: Callable[..., Health], commit: Callable[..., int]
) -> None:
    commit([ANSWERS, BILLING])
    (billing,) = look().slices
    assert (billing.key, billing.within.where) == ("answer_correctness.label", (("task_type", "billing"),))
    assert billing.measured is not None and (billing.measured.value, billing.measured.n) == (0.0, 10)
    assert billing.is_protected and billing.bar == 0.9
    assert not gauge(look(), "answer_correctness.label").is_protected
    # What is the whole part has its row already; what the part leaves out has none.
    assert look(task="Billing").slices == look(task="refund").slices == ()


def test_every_number_has_its_last_weeks_up_to_the_newest_row(
    filled: None, look: Callable[..., Health], now: datetime
) -> None:
    view = look()
    monday = (now - timedelta(days=1)).date() - timedelta(days=(now - timedelta(days=1)).weekday())
    for key in ("slow_rate.trace", "latency_p95.trace", "answer_correctness.label"):
        weeks = gauge(view, key).weeks
        assert 1 < len(weeks) <= BOARD_WEEKS, key
        assert weeks[-1].week == monday, key
    assert gauge(view, "grounding_accuracy.label").weeks == ()


def test_a_row_opens_its_slices_worst_first(
    filled: None, workspace: Workspace, feature: str, now: datetime, look: Callable[..., Health]
) -> None:
    def values(key: str, column: str) -> list[str] | None:
        found = slices_of_row(workspace, LOCAL_CALLER, now, feature, Part(), gauge(look(), key), column)
        return None if found is None else [one.value for one in found]

    assert values("answer_correctness.label", "task_type") == ["billing", "refund"]
    # Slower is worse: for a metric that should be low the largest value stands first.
    assert values("latency_p95.trace", "channel") == ["phone", "web"]
    assert values("eval_pass_rate.eval", "channel") is None


@pytest.mark.parametrize(
    ("behind", "against", "expected"),
    [
        ("answer_correctness.label", "", 40),
        ("answer_correctness.label", "yes", 10),
        ("latency_p95.trace", "", 40),
        # Without a bar p95 is held to its own value, the 38th of 40: it and two more are not below that.
        ("latency_p95.trace", "yes", 3),
        ("slow_rate.trace", "yes", 0),
        ("eval_pass_rate.eval", "", 40),  # cases are no traces: the filter is left out
        ("nonsense", "yes", 40),
    ],
)
def test_the_traces_behind_a_number(
    filled: None, workspace: Workspace, feature: str, behind: str, against: str, expected: int
) -> None:
    asked = TraceFilter(behind=behind, against=against)
    found = find_traces(workspace, LOCAL_CALLER, feature, asked, limit=50)
    assert found.total == expected


def test_the_traces_behind_a_number_take_the_other_filters(
    filled: None, workspace: Workspace, feature: str, now: datetime
) -> None:
    asked = TraceFilter(behind="answer_correctness.label", against="yes", channel="web", role="customer")
    found = find_traces(workspace, LOCAL_CALLER, feature, asked, limit=50)
    assert {line.task_type for line in found.lines} == {"billing"}
    assert found.total == 10
    nobody = TraceFilter(behind="answer_correctness.label", against="yes", channel="phone")
    assert find_traces(workspace, LOCAL_CALLER, feature, nobody, limit=50).total == 0


def test_worst_first_reviews_are_behind_no_number(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    hand_in(runs(now, 8), "traces.jsonl")
    hand_in(reviews(8, sampling="worst"), "labels.jsonl")
    asked = TraceFilter(behind="answer_correctness.label")
    assert find_traces(workspace, LOCAL_CALLER, feature, asked, limit=50).total == 0


def test_only_numbers_that_count_traces_have_traces_behind_them() -> None:
    found = number_behind("answer_correctness.label")
    assert found is not None and (found[0].id, found[1]) == ("answer_correctness", Source.LABEL)
    for behind in ("", "answer_correctness", "answer_correctness.eval", "x.label", "slow_rate.label"):
        assert number_behind(behind) is None, behind
