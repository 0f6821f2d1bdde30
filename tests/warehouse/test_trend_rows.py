"""Counts by day and the course of an early warning's points: as the tallies and the replay have them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from core.metrics.daily import DayCount
from core.metrics.measurement import Slice, Source, Tally, Window
from core.metrics.requests import TallyRequest
from core.statistics.alarms import PointsRule, replay
from core.store import features
from core.store.database import Database
from core.store.day_counts import day_counts
from core.store.features import Feature
from core.store.points_course import PointsCourse, points_course
from core.store.warehouse import Warehouse

Import = Callable[..., str]
Days = Callable[..., tuple[DayCount, ...]]
Course = Callable[..., PointsCourse]

START = datetime(2026, 2, 2, tzinfo=UTC)
RULE = PointsRule(per_failure=5, per_success=1, limit=20)


@pytest.fixture
def days(database: Database, feature: Feature, warehouse: Warehouse) -> Days:
    def ask(metric: str, source: str, window: Window = Window()) -> tuple[DayCount, ...]:
        request = TallyRequest(metric, Source(source), Slice(), window)
        with database.reading() as connection:
            return day_counts(warehouse, connection, features.by_slug(connection, feature.slug), request)

    return ask


@pytest.fixture
def course(database: Database, feature: Feature, warehouse: Warehouse) -> Course:
    def ask(metric: str, source: str, rule: PointsRule = RULE, window: Window = Window()) -> PointsCourse:
        request = TallyRequest(metric, Source(source), Slice(), window)
        with database.reading() as connection:
            return points_course(
                warehouse, connection, features.by_slug(connection, feature.slug), request, rule
            )

    return ask


def reactions(accepted: Sequence[bool], **cells: Any) -> list[dict[str, Any]]:
    """A trace an hour, each of a user of its own unless ``cells`` say otherwise."""
    return [
        {
            "run_id": f"run {place}",
            "user_id": f"user {place}",
            "started_at": START + timedelta(hours=place),
            "user_feedback": "accepted" if one else "rejected",
            **cells,
        }
        for place, one in enumerate(accepted)
    ]


def test_days_are_the_sums_of_the_tallies(
    traces: Import, days: Days, groups: Callable[..., Mapping[str | None, Tally]]
) -> None:
    luck = np.random.default_rng(3)
    rows = reactions([bool(one) for one in luck.random(200) < 0.8])
    for place, row in enumerate(rows):
        row["user_id"] = f"user {place % 3}"  # more than five a day of each
    traces(rows)
    tallies = groups("user_acceptance", "feedback", by="day")
    found = days("user_acceptance", "feedback")
    assert {one.day.isoformat(): (one.passes, one.n) for one in found} == {
        day: (tally.passes, tally.n) for day, tally in tallies.items()
    }
    assert [one.day for one in found] == sorted(one.day for one in found)
    assert found[0].n == 15


def test_days_of_a_worst_first_review_do_not_count(traces: Import, judgements: Import, days: Days) -> None:
    traces(
        """
        run_id | user_id | started_at
        a      | u1      | 2026-02-02T10:00
        b      | u2      | 2026-02-02T11:00
        c      | u3      | 2026-02-03T10:00
        """
    )
    judgements(
        """
        run_id | answer_right | sampling
        a      | yes          | random
        b      | no           | worst
        c      | no           | worst
        """
    )
    assert days("answer_correctness", "label") == (DayCount(START.date(), 1, 1),)


def test_no_evidence_has_no_days_and_no_course(days: Days, course: Course) -> None:
    assert days("user_acceptance", "feedback") == ()
    assert course("user_acceptance", "feedback") == PointsCourse(0, None, None)


@pytest.mark.parametrize("seed", range(6))
def test_the_points_follow_the_replay(traces: Import, course: Course, seed: int) -> None:
    luck = np.random.default_rng(seed)
    accepted = [bool(one) for one in luck.random(150) < (0.9 if seed % 2 else 0.8)]
    traces(reactions(accepted))
    on_paper = replay(RULE, [not one for one in accepted])
    trips = on_paper.tripped_at is not None
    assert course("user_acceptance", "feedback") == PointsCourse(
        150,
        _hour(on_paper.tripped_at),
        _hour(on_paper.began_at if trips else None),
        on_paper.tripped_at + 1 if on_paper.tripped_at is not None else None,
    )


def test_a_rate_that_should_be_low_adds_points_where_it_happens(traces: Import, course: Course) -> None:
    rows = reactions([True] * 10, response="Yes.")
    for place, row in enumerate(rows):
        row["error"] = "time-out" if place in (2, 3, 4, 5) else None
    traces(rows)
    assert course("error_rate", "trace") == PointsCourse(10, _hour(5), _hour(2), 6)


def test_one_case_of_a_user_and_day_counts(traces: Import, course: Course) -> None:
    traces(reactions([False] * 24, user_id="one"))
    assert course("user_acceptance", "feedback").cases == 1
    assert course("user_acceptance", "feedback").tripped_at is None


def test_cases_of_nobody_all_count(traces: Import, course: Course) -> None:
    traces(reactions([False] * 24, user_id=None))
    assert course("user_acceptance", "feedback") == PointsCourse(24, _hour(3), _hour(0), 4)


def test_only_the_window_is_replayed(traces: Import, course: Course) -> None:
    traces(reactions([False] * 10 + [True] * 10))
    window = Window(since=START + timedelta(hours=10))
    assert course("user_acceptance", "feedback", window=window) == PointsCourse(10, None, None)


def _hour(place: int | None) -> datetime | None:
    return None if place is None else START + timedelta(hours=place)
