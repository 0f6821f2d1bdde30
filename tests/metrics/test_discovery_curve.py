"""The search for kinds of failure: incidents counted once, and how many kinds are still unseen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.discovery import LATELY, FoundFailure, Stage, discovery_curve, incidents

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def failure(
    run: int, kind: str, day: float = 0, cause: str | None = None, user: str | None = None
) -> FoundFailure:
    return FoundFailure(f"r{run}", kind, cause, MONDAY + timedelta(days=day), user)


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        pytest.param([failure(n, "late", cause="index") for n in range(40)], 1, id="one incident, 40 traces"),
        pytest.param([failure(n, "late", day=n, cause="index") for n in range(3)], 3, id="three days"),
        pytest.param([failure(1, "late", cause="a"), failure(2, "late", cause="b")], 2, id="two causes"),
        pytest.param([failure(n, "late", user="u") for n in range(9)], 1, id="one user, no cause"),
        pytest.param([failure(n, "late", user=f"u{n}") for n in range(9)], 9, id="nine users, no cause"),
        pytest.param([failure(n, "late") for n in range(9)], 9, id="nothing known"),
        pytest.param([failure(1, "Late "), failure(1, "late")], 1, id="spellings"),
        pytest.param([failure(1, "late", cause="a"), failure(1, "rude", cause="a")], 2, id="two kinds"),
    ],
)
def test_an_incident_counts_once(failures: list[FoundFailure], expected: int) -> None:
    assert len(incidents(failures)) == expected


def named(counts: dict[str, int], per_day: int = 1) -> list[FoundFailure]:
    """Failures of the kinds in this order, so many a day."""
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    return [failure(n, kind, day=n // per_day) for n, kind in enumerate(kinds)]


def test_nine_of_sixty_were_one_of_a_kind() -> None:
    """METHODS section 11: about 1 in 7 of the next, at most 1 in 4."""
    curve = discovery_curve(named({"wrong tool": 31, "late": 20, **{f"odd {n}": 1 for n in range(9)}}), 0.05)
    assert (curve.counted.n, curve.counted.kinds, curve.counted.once) == (60, 11, 9)
    assert curve.counted.chance_of_new == 0.15
    assert curve.counted.interval.high == pytest.approx(0.25, abs=0.01)
    assert curve.stage is Stage.STILL_FINDING
    assert curve.lately == tuple(f"odd {n}" for n in range(9))


@pytest.mark.parametrize(
    ("counts", "stage"),
    [
        ({"a": 19}, Stage.TOO_EARLY),
        ({"a": 20}, Stage.STILL_FINDING),
        ({"a": 1, "b": LATELY}, Stage.STILL_FINDING),
        ({"a": 5, "b": 1, "a ": LATELY}, Stage.NOTHING_NEW_LATELY),
        ({"a": 1, "b": 1, "A": LATELY - 1, "c": 1}, Stage.STILL_FINDING),
    ],
)
def test_the_stage_is_that_of_the_newest_twenty(counts: dict[str, int], stage: Stage) -> None:
    assert discovery_curve(named(counts), 0.05).stage is stage


def test_the_weeks_say_what_came_up_in_each() -> None:
    curve = discovery_curve(named({"a": 7, "b": 5, "c": 2, "a ": 7}), 0.05)
    assert [(week.failures, week.kinds, week.new) for week in curve.weeks] == [
        (7, 1, ("a",)),
        (14, 3, ("b", "c")),
        (21, 3, ()),
    ]
    assert curve.weeks[-1].expected == pytest.approx(3)
    assert 1 < curve.weeks[0].expected < 3
    assert curve.weeks[0].week == MONDAY.date()


def test_nothing_found_leaves_everything_open() -> None:
    curve = discovery_curve([], 0.05)
    assert (curve.counted.n, curve.weeks, curve.stage) == (0, (), Stage.TOO_EARLY)


NOTES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abcde"), st.integers(0, 30)), max_size=40)


@given(NOTES, st.randoms())
def test_the_order_of_the_notes_changes_nothing(rows: list[tuple[int, str, int]], dice: object) -> None:
    failures = [failure(run, kind, day) for run, kind, day in rows]
    shuffled = list(failures)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert discovery_curve(shuffled, 0.1) == discovery_curve(failures, 0.1)
    curve = discovery_curve(failures, 0.1)
    assert sum(len(week.new) for week in curve.weeks) == curve.counted.kinds
