"""Trends on imported labels, on both databases: the four weeks of the example, noisy days, stops, phases."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.gauges import Part
from core.actions.health import view_health
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.phase_metrics import PhaseRow, view_phases
from core.actions.plans import save_plan
from core.actions.trends import PhaseStart, RateTrend, phase_starts, view_drifts
from core.actions.workspace import Workspace
from core.errors import NotAllowed
from core.metrics.drift_wording import drift_sentence
from core.metrics.phases import gap_sentences
from core.rollout.plan import read_plan
from core.rollout.transitions import Move, Transition
from core.statistics.drift import Level
from core.store import features, transitions
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Commit = Callable[..., int]
Levels = Callable[..., RateTrend]
Started = Callable[..., None]
Phases = Callable[..., tuple[PhaseRow, ...]]

ALL = Part()
NOBODY = Caller("Nobody", frozenset())
ANSWERS = {"kind": "measured", "id": "answers", "metric": "answer_correctness", "source": "label", "bar": 0.9}
EXAMPLE = (174, 170, 166, 158)
"""Of 200 answers a week, the right ones: 87, 85, 83 and 79 %."""


def weeks_of(
    now: datetime, right: Sequence[int], a_week: int, bundles: Sequence[str] = ("v1",), **cells: Any
) -> tuple[str, str]:
    """Traces and complete labels of the weeks before ``now``, a user each, evenly over the days."""
    monday = (now - timedelta(days=now.weekday(), weeks=len(right))).replace(hour=9, minute=0)
    traces, labels = [], []
    for week, passes in enumerate(right):
        bundle = bundles[min(week, len(bundles) - 1)]
        for place in range(a_week):
            run = f"run-{week}-{place:03d}"
            began = monday + timedelta(weeks=week, days=place % 7, minutes=place)
            row = {"run_id": run, "user_id": f"user-{week}-{place}", "started_at": began.isoformat()}
            traces.append(row | {"release_bundle": bundle, "response": "Yes.", "task_type": "refund"} | cells)
            # Every so many answers is wrong, so that no day is worse than the others of its week.
            right_one = (place + 1) * passes // a_week > place * passes // a_week
            labels.append(
                {"run_id": run, "answer_right": right_one, "reviewer": "Vera", "sampling": "complete"}
            )
    return tuple("".join(json.dumps(row) + "\n" for row in rows) for rows in (traces, labels))  # type: ignore[return-value]


@pytest.fixture
def given_weeks(hand_in: HandIn, now: datetime) -> Callable[..., None]:
    def give(right: Sequence[int], a_week: int, **about: Any) -> None:
        traces, labels = weeks_of(now, right, a_week, **about)
        hand_in(traces, "traces.jsonl")
        hand_in(labels, "labels.jsonl")

    return give


@pytest.fixture
def level(workspace: Workspace, feature: str, now: datetime) -> Levels:
    """What the trend of answer correctness by labels says."""

    def ask(part: Part = ALL, at: datetime = now) -> RateTrend:
        view = view_health(workspace, LOCAL_CALLER, at, feature, part)
        gauges = [
            one for one in view.gauges if (one.metric.id, one.source) == ("answer_correctness", "label")
        ]
        (found,) = view_drifts(workspace, LOCAL_CALLER, at, feature, part, gauges)
        return found

    return ask


@pytest.mark.parametrize(
    ("right", "a_week", "found", "by_run_alone"),
    [
        (EXAMPLE[:3], 200, Level.QUIET, False),
        (EXAMPLE, 200, Level.INVESTIGATE, False),
        ((43, 42, 41), 50, Level.QUIET, False),
        ((43, 42, 41, 39), 50, Level.INVESTIGATE, True),
    ],
)
def test_the_four_weeks_through_imported_labels(
    given_weeks: Callable[..., None],
    level: Levels,
    right: tuple[int, ...],
    a_week: int,
    found: Level,
    by_run_alone: bool,
) -> None:
    given_weeks(right, a_week)
    drift = level().drift
    assert (drift.level, drift.by_run_alone, drift.weeks) == (found, by_run_alone, len(right))


def test_what_the_page_says_of_the_four_weeks(given_weeks: Callable[..., None], level: Levels) -> None:
    given_weeks(EXAMPLE, 200)
    trend = level()
    assert drift_sentence(trend.drift) == (
        "Four weeks in a row lower, 87 to 79 %. Luck does this about 1 time in 75. Investigate."
    )
    assert trend.swing is not None and not trend.swing.beyond_luck
    assert trend.drift.slope is not None and trend.drift.slope.days == 28
    # On the same kinds of tasks the fall is the fall: here all of them are of one kind.
    assert trend.same_kinds is not None
    assert trend.same_kinds.found.same_kinds.value == pytest.approx(-0.08)


def test_a_steep_fall_day_by_day_is_confirmed(given_weeks: Callable[..., None], level: Levels) -> None:
    given_weeks((194, 180, 160, 140), 200)
    assert level().drift.level is Level.CONFIRMED


def test_the_weeks_before_a_release_are_not_compared(given_weeks: Callable[..., None], level: Levels) -> None:
    given_weeks(EXAMPLE, 200, bundles=("v1", "v2"))
    drift = level().drift
    assert (drift.level, drift.weeks, drift.split) == (Level.QUIET, 3, True)
    assert "Compared since release v2." in drift_sentence(drift)


def test_a_row_that_misses_its_bar_says_stop(
    given_weeks: Callable[..., None], level: Levels, commit: Commit, now: datetime
) -> None:
    given_weeks(EXAMPLE, 200)
    commit([ANSWERS], lock=False)
    drift = level().drift
    assert (drift.level, drift.stop.misses_bar, drift.stop.of_draft) == (Level.STOP, True, True)
    # Another part of the evidence is not what the row is about.
    assert level(Part(task="refund")).drift.level is Level.INVESTIGATE
    commit([ANSWERS | {"tier": "advisory"}], lock=False)
    assert level().drift.level is Level.INVESTIGATE


PHASE: dict[str, Any] = {"exposure_share": [0.01, 0.05], "feedback_button": True}


@pytest.fixture
def started(workspace: Workspace, feature: str, now: datetime) -> Started:
    """``started(("team", 21), ("beta", 7))``: phases that began so many days before now."""

    def start(*phases: tuple[str, float], warnings: Sequence[dict[str, Any]] = ()) -> None:
        names = dict.fromkeys(phase for phase, _ in phases)
        plan = {
            "phases": [
                PHASE | {"id": name, "name": name.capitalize(), "warnings": list(warnings)} for name in names
            ]
        }
        first = now - timedelta(days=60)
        save_plan(workspace, LOCAL_CALLER, first, feature, read_plan(plan), based_on=None)
        with workspace.database.writing() as connection:
            feature_id = features.by_slug(connection, feature).id
            for place, (phase, days) in enumerate(phases):
                transitions.add(
                    connection,
                    feature_id=feature_id,
                    moved=Transition(
                        Move.ADVANCE if place else Move.START, phase, now - timedelta(days=days), "Ada", "Go."
                    ),
                    plan_number=1,
                    verdict="go",
                    now=now,
                )

    return start


WARNING = {"metric": "answer_correctness", "bar": 0.75, "tier": "pause"}


def test_an_early_warning_that_trips_says_stop(
    given_weeks: Callable[..., None], level: Levels, commit: Commit, started: Started
) -> None:
    commit([ANSWERS | {"bar": 0.85}], lock=False)
    started(("team", 28), warnings=[WARNING])
    given_weeks((175, 170, 120, 110), 200)
    (tripped,) = level().drift.stop.tripped
    assert tripped.began <= tripped.at
    assert tripped.cases == 800 - 29  # those of the first Monday came before the phase
    assert "the early warning “below 75 %” tripped on" in drift_sentence(level().drift)


@pytest.mark.parametrize(
    ("warning", "bar", "unwatched"),
    [
        (WARNING | {"tier": "advisory"}, 0.85, ""),
        (WARNING | {"bar": 0.05}, 0.85, ""),  # nothing like so deep a fall
        (WARNING | {"metric": "error_rate", "bar": 0.1}, 0.85, ""),
        (WARNING | {"bar": 0.05}, None, ""),  # half of what raises the alarm is taken for normal
    ],
)
def test_a_warning_that_does_not_trip(
    given_weeks: Callable[..., None],
    level: Levels,
    commit: Commit,
    started: Started,
    warning: dict[str, Any],
    bar: float | None,
    unwatched: str,
) -> None:
    if bar is not None:
        commit([ANSWERS | {"bar": bar}], lock=False)
    started(("team", 28), warnings=[warning])
    given_weeks((175, 170, 120, 110), 200)
    trend = level()
    assert trend.drift.stop.tripped == ()
    assert unwatched in trend.unwatched


def test_amounts_have_no_drift(
    workspace: Workspace, feature: str, now: datetime, given_weeks: Callable[..., None]
) -> None:
    given_weeks((10,), 12, latency_ms=900)
    view = view_health(workspace, LOCAL_CALLER, now, feature, Part())
    gauges = [one for one in view.gauges if one.metric.id == "latency_p95"]
    assert view_drifts(workspace, LOCAL_CALLER, now, feature, Part(), gauges) == ()


@pytest.fixture
def phases(workspace: Workspace, feature: str, now: datetime) -> Phases:
    def ask(part: Part = ALL) -> tuple[PhaseRow, ...]:
        view = view_health(workspace, LOCAL_CALLER, now, feature, part)
        gauges = [
            one for one in view.gauges if (one.metric.id, one.source) == ("answer_correctness", "label")
        ]
        return view_phases(workspace, LOCAL_CALLER, now, feature, part, gauges)

    return ask


def test_before_the_first_phase_there_is_nothing_by_phase(
    phases: Phases, workspace: Workspace, feature: str
) -> None:
    assert phases() == ()
    assert phase_starts(workspace, LOCAL_CALLER, feature) == ()


def test_each_phase_has_its_numbers_and_its_own_baseline(
    given_weeks: Callable[..., None],
    phases: Phases,
    started: Started,
    commit: Commit,
    workspace: Workspace,
    feature: str,
    now: datetime,
) -> None:
    commit([ANSWERS | {"bar": 0.8}], lock=False)
    # The weeks begin on Monday at nine, the phases at five past two: a phase begins within a day.
    started(("team", 28.5), ("beta", 14.5))
    given_weeks((190, 190, 130, 90), 200)
    team, beta = phases()
    assert [row.name for row in (team, beta)] == ["Team", "Beta"]
    assert [row.cells[0].finding.n for row in (team, beta)] == [400, 400]  # type: ignore[union-attr]
    assert team.first_week_is_over and beta.first_week_is_over
    assert team.cells[0].first_week is not None and team.cells[0].first_week.n == 200  # type: ignore[union-attr]
    assert not team.cells[0].has_gap
    assert beta.cells[0].misses_what_was_met
    assert gap_sentences(beta.cells[0]) == (
        "Against its own first week it fell 20 points on the same kinds of tasks: "
        "from 65 % (n 200) in its first week to 45 % (n 200) since.",
        "Against the phase before it fell 40 points on the same kinds of tasks: "
        "from 95 % (n 400) in the phase before to 55 % (n 400).",
        "It is shown to miss the bar, above 80 %, that the phase before met.",
    )
    assert phase_starts(workspace, LOCAL_CALLER, feature) == (
        PhaseStart((now - timedelta(days=28.5)).date(), "Team"),
        PhaseStart((now - timedelta(days=14.5)).date(), "Beta"),
    )


def test_harder_work_is_no_gap(hand_in: HandIn, phases: Phases, started: Started, now: datetime) -> None:
    """Both kinds of tasks are answered as well as before; the new group brings more of the harder one."""
    started(("team", 28.5), ("beta", 14.5))
    for kind, right, names in (("easy", (95, 95, 19, 19), "e"), ("hard", (14, 14, 70, 70), "h")):
        for week, (passes, a_week) in enumerate(zip(right, _sizes(kind), strict=True)):
            at = now - timedelta(weeks=3 - week)
            traces, labels = weeks_of(at, (passes,), a_week, task_type=kind)
            hand_in(traces.replace("-0-", f"-{names}{week}-"), f"{names}{week}.jsonl")
            hand_in(labels.replace("-0-", f"-{names}{week}-"), f"labels-{names}{week}.jsonl")
    _, beta = phases()
    before = beta.cells[0].compared[-1].found
    assert before.found.raw.value is not None and before.found.raw.value < -0.1
    assert before.found.same_kinds.value == pytest.approx(0, abs=0.02)
    assert not beta.cells[0].has_gap


def _sizes(kind: str) -> tuple[int, ...]:
    return (100, 100, 20, 20) if kind == "easy" else (20, 20, 100, 100)


def test_a_phase_of_less_than_a_week_has_no_baseline_yet(
    given_weeks: Callable[..., None], phases: Phases, started: Started
) -> None:
    started(("team", 28.5), ("beta", 3))
    given_weeks((190, 190, 190, 190), 200)
    _, beta = phases()
    assert not beta.first_week_is_over
    assert beta.cells[0].first_week is None
    assert [one.baseline for one in beta.cells[0].compared] == ["the phase before"]


def test_whoever_may_not_see_is_refused(workspace: Workspace, feature: str, now: datetime) -> None:
    for refused in (
        lambda: view_drifts(workspace, NOBODY, now, feature, Part(), []),
        lambda: view_phases(workspace, NOBODY, now, feature, Part(), []),
        lambda: phase_starts(workspace, NOBODY, feature),
    ):
        with pytest.raises(NotAllowed):
            refused()
