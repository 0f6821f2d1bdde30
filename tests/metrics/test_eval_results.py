"""Eval results as numbers: cases count once, repeats tell of flakiness, runs fall due, mixes are compared."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.eval_results import CaseGroup, RerunState, SuiteTally, rerun, suite_result, task_mix

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)


def tally(*groups: tuple[int, int, int]) -> SuiteTally:
    return SuiteTally("Eval set", 1, "b", tuple(CaseGroup(*one) for one in groups), 0, NOW)


def test_a_case_counts_once_however_often_it_was_tried() -> None:
    once, thrice = (
        suite_result(tally((1, 1, 45), (1, 0, 5)), 0.05),
        suite_result(tally((3, 3, 45), (3, 0, 5)), 0.05),
    )
    assert (once.rate, once.cases) == (thrice.rate, thrice.cases) == (0.9, 50)
    assert once.interval == thrice.interval
    # Clopper-Pearson of 45 of 50, 5 % each side.
    assert (once.interval.low, once.interval.high) == pytest.approx((0.8006, 0.9597), abs=1e-3)


def test_repeats_give_pass_hat_and_the_flake_rate() -> None:
    # Of ten cases six always pass, two pass 2 of 3 times, one 1 of 3 times, one never; one was tried once.
    found = suite_result(tally((3, 3, 6), (3, 2, 2), (3, 1, 1), (3, 0, 1), (1, 1, 1)), 0.05)
    assert found.cases == 11
    assert found.rate == pytest.approx((6 + 2 * 2 / 3 + 1 / 3 + 1) / 11)
    assert (found.repeated, found.flaky, found.flake_rate) == (10, 3, 0.3)
    hats = {hat.k: (hat.value, hat.cases) for hat in found.hats}
    # C(2, 2) / C(3, 2) = 1 / 3 for those that passed twice.
    assert hats[2] == (pytest.approx((6 + 2 / 3) / 10), 10)
    assert hats[3] == (pytest.approx(0.6), 10)
    assert 4 not in hats


def test_without_repeats_nothing_is_said_of_flakiness() -> None:
    found = suite_result(tally((1, 1, 5), (0, 0, 2)), 0.05)
    assert (found.cases, found.repeated, found.flake_rate, found.hats) == (5, 0, None, ())
    nothing = suite_result(tally((0, 0, 3)), 0.05)
    assert (nothing.rate, nothing.interval.low, nothing.interval.high) == (None, 0.0, 1.0)


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6), st.integers(1, 40)), min_size=1))
def test_the_rate_lies_in_its_interval(groups: list[tuple[int, int, int]]) -> None:
    found = suite_result(tally(*((n, min(passes, n), cases) for n, passes, cases in groups)), 0.1)
    assert found.rate is not None
    assert found.interval.low <= found.rate + 1e-12
    assert found.rate - 1e-12 <= found.interval.high
    assert found.flaky <= found.repeated <= found.cases


@pytest.mark.parametrize(
    ("newest", "state", "due"),
    [
        (NOW - timedelta(days=6), RerunState.DONE, NOW + timedelta(days=1)),
        (NOW - timedelta(days=7), RerunState.DUE, NOW),
        (NOW - timedelta(days=7, hours=13), RerunState.DUE, NOW - timedelta(hours=13)),
        (NOW - timedelta(days=7, hours=15), RerunState.OVERDUE, NOW - timedelta(hours=15)),
        (NOW - timedelta(days=6, hours=5), RerunState.DONE, NOW + timedelta(hours=19)),
        (None, RerunState.DUE, NOW + timedelta(days=5)),
    ],
)
def test_a_set_is_due_a_week_after_its_newest_result(
    newest: datetime | None, state: RerunState, due: datetime
) -> None:
    found = rerun(newest, NOW - timedelta(days=2), 7, NOW)
    assert (found.state, found.due_at) == (state, due)


def test_a_set_that_was_never_run_is_overdue_a_week_after_its_lock() -> None:
    assert rerun(None, NOW - timedelta(days=7), 7, NOW).state is RerunState.OVERDUE


def test_kinds_are_compared_folded_and_missing_ones_are_named() -> None:
    mix = task_mix({"Refund": 3, "refund": 1, "greeting": 4, None: 2}, [("refund", 60), ("tracking", 40)])
    assert [(one.kind, one.cases, one.traces) for one in mix.kinds] == [
        ("refund", 4, 60),
        ("tracking", 0, 40),
        ("greeting", 4, 0),
    ]
    assert [one.case_share for one in mix.kinds] == [0.5, 0.0, 0.5]
    assert ([one.kind for one in mix.missing], mix.missed_share, mix.unnamed) == (["tracking"], 0.4, 2)


def test_a_mix_of_nothing_is_empty() -> None:
    mix = task_mix({}, [])
    assert (mix.kinds, mix.missing, mix.missed_share) == ((), (), 0)
