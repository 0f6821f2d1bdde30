"""Where a rollout stands in words and numbers: phase, exposure, day, and the phase that would be next."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.rollout.plan import PhasePlan, read_plan
from core.rollout.standing import Standing, standing_of, standing_words
from core.rollout.timeline import timeline
from core.rollout.transitions import Move, State, Transition

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
DAY = timedelta(days=1)
PHASES: list[dict[str, Any]] = [
    {"id": "beta", "name": "Beta", "exposure_users": [50, 100], "minimum_days": 14},
    {"id": "early", "name": "Early access", "exposure_share": [0.01, 0.05], "minimum_days": 14},
    {"id": "full", "name": "Full", "exposure_share": [1, 1], "minimum_days": None},
]


def plan(*ids: str, users: int | None = 2_000) -> PhasePlan:
    return read_plan({"users": users, "phases": [one for one in PHASES if one["id"] in ids]})


ALL = plan("beta", "early", "full")


def stands(
    *moves: str, newest: PhasePlan = ALL, under: PhasePlan = ALL, after: timedelta = timedelta()
) -> Standing:
    """After ``moves``, each "move phase day", seen ``after`` NOW."""
    made = []
    for words in moves:
        move, phase, day = words.split()
        made.append(Transition(Move(move), phase, NOW + int(day) * DAY, "Ada", "why"))
    return standing_of(made, newest, under, NOW + after)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (stands(newest=PhasePlan()), "No phase plan yet"),
        (stands(), "Not started · first phase: Beta, 50–100 users"),
        (stands("start beta -8"), "Phase 1 of 3 · Beta · 50–100 users · day 9 of 14 · RUNNING"),
        (stands("start beta -20"), "Phase 1 of 3 · Beta · 50–100 users · day 21 · RUNNING"),
        (
            stands("start beta -20", "advance early -13"),
            "Phase 2 of 3 · Early access · 1–5 % of users · day 14 of 14 · RUNNING",
        ),
        (stands("start full -3"), "Phase 3 of 3 · Full · everyone · day 4 · RUNNING"),
        (
            stands("start beta -8", "pause beta -6"),
            "Phase 1 of 3 · Beta · 50–100 users · day 3 of 14 · PAUSED",
        ),
        (stands("start beta -8", "roll_back beta -6"), "Phase 1 of 3 · Beta · 50–100 users · ROLLED BACK"),
        (stands("start full -8", "complete full -6"), "Phase 3 of 3 · Full · everyone · COMPLETE"),
        (
            stands("start beta -8", newest=plan("early", "full")),
            "Phase · Beta · 50–100 users · day 9 of 14 · RUNNING",
        ),
        (
            stands("start beta -8", newest=PhasePlan(), under=PhasePlan()),
            "Phase · beta · day 9 · RUNNING",
        ),
    ],
)
def test_the_standing_on_one_line(standing: Standing, words: str) -> None:
    assert standing_words(standing) == words


@pytest.mark.parametrize(
    ("standing", "exposure"),
    [
        (stands(), None),
        (stands("start early 0"), 0.05),
        (stands("start beta 0"), 0.05),
        (stands("start beta 0", newest=plan("beta", users=None), under=plan("beta", users=None)), None),
        (stands("start early 0", "pause early 0"), 0.0),
        (stands("start early 0", "roll_back early 0"), 0.0),
        (stands("start full 0", "complete full 0"), 1.0),
        (stands("start beta 0", newest=PhasePlan(), under=PhasePlan()), None),
    ],
)
def test_the_share_of_users_that_may_meet_the_feature(standing: Standing, exposure: float | None) -> None:
    assert standing.exposure == exposure


def test_an_edit_of_the_plan_reaches_nobody_before_the_next_step() -> None:
    wider = read_plan({"phases": [PHASES[1] | {"exposure_share": [0.5, 0.5]}, PHASES[2]]})
    assert stands("start early -1", newest=wider).exposure == 0.05
    assert stands("start early -1", newest=wider).name == "Early access"


@pytest.mark.parametrize(
    ("standing", "phase"),
    [
        (stands(newest=PhasePlan()), None),
        (stands(), "beta"),
        (stands("start beta 0"), "early"),
        (stands("start beta 0", "pause beta 0"), "early"),
        (stands("start beta 0", "advance full 0"), None),
        (stands("start beta 0", "advance early 0", "roll_back early 0"), "beta"),
        (stands("start beta 0", newest=plan("early", "full")), None),
    ],
)
def test_the_phase_that_would_be_next(standing: Standing, phase: str | None) -> None:
    assert (standing.next.id if standing.next else None) == phase


@pytest.mark.parametrize(
    ("after", "left"),
    [
        (timedelta(), 14),
        (timedelta(seconds=1), 14),
        (DAY, 13),
        (14 * DAY - timedelta(seconds=1), 1),
        (14 * DAY, 0),
        (30 * DAY, 0),
    ],
)
def test_a_part_of_a_day_counts_as_a_day_left(after: timedelta, left: int) -> None:
    assert stands("start beta 0", after=after).days_left == left


def test_planned_against_actual() -> None:
    made = [
        Transition(Move.START, "beta", NOW, "Ada", ""),
        Transition(Move.PAUSE, "beta", NOW + 2 * DAY, "Ada", ""),
        Transition(Move.RESUME, "beta", NOW + 3 * DAY, "Ada", ""),
        Transition(Move.ADVANCE, "early", NOW + 20 * DAY, "Ada", ""),
        Transition(Move.ROLL_BACK, "early", NOW + 22 * DAY, "Ada", ""),
    ]
    now = NOW + 25 * DAY
    beta, early, full = timeline(standing_of(made, ALL, ALL, now), made, now)
    assert beta.planned == (NOW, NOW + 14 * DAY)
    assert early.planned == (NOW + 14 * DAY, NOW + 28 * DAY)
    assert full.planned == (NOW + 28 * DAY, NOW + 35 * DAY), "no minimum is drawn as the usual week"
    assert [(one.state, one.began, one.ended) for one in beta.actual] == [
        (State.RUNNING, NOW, NOW + 2 * DAY),
        (State.PAUSED, NOW + 2 * DAY, NOW + 3 * DAY),
        (State.RUNNING, NOW + 3 * DAY, NOW + 20 * DAY),
    ]
    assert (early.actual[0].ended, early.rolled_back) == (NOW + 22 * DAY, (NOW + 22 * DAY,))
    assert (full.actual, full.rolled_back) == ((), ())


def test_a_phase_that_ran_and_left_the_plan_is_still_told() -> None:
    made = [Transition(Move.START, "beta", NOW - DAY, "Ada", "")]
    rest = plan("full")
    rows = timeline(standing_of(made, rest, ALL, NOW), made, NOW)
    assert [(row.name, row.planned is None) for row in rows] == [("Full", False), ("Beta", True)]
    assert [one.ended for one in rows[1].actual] == [NOW]


def test_before_the_start_the_plan_counts_from_today() -> None:
    assert timeline(stands(), [], NOW)[0].planned == (NOW, NOW + 14 * DAY)
