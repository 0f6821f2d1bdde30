"""What holds for every comparison with a bar: order changes nothing, odd numbers and failures never help."""

import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.before_after import compare_pairs, compare_repeats
from core.statistics.clusters import Weighted, effective, effective_weighted
from core.statistics.comparison import Answer, compare, compare_clustered
from core.statistics.costs import mean_cost
from core.statistics.discovery import discovery
from core.statistics.drift import drift_level
from core.statistics.judge_audit import agreement, corrected_rate
from core.statistics.like_for_like import Stratum as Kind
from core.statistics.like_for_like import compare_like_for_like
from core.statistics.noisy_days import daily_swing
from core.statistics.slope import daily_slope
from core.statistics.stratified import Stratum, stratified_rate
from core.statistics.threshold import Scored, choose_threshold

ODD = [math.nan, math.inf, -math.inf]
RANK = {Answer.BELOW: 0, Answer.UNDECIDED: 1, Answer.ABOVE: 2}

WITH_ONE_NUMBER: list[Callable[[float], object]] = [
    lambda odd: compare(odd, 10, 0.9, 0.05, running=True),
    lambda odd: compare(9, 10, odd, 0.05, running=False),
    lambda odd: compare_pairs(1, 2, 30, odd, 0.05),
    lambda odd: compare_pairs(odd, 2, 30, 0.05, 0.05),  # type: ignore[arg-type]
    lambda odd: compare_repeats([(odd, 2)] * 3, [(1, 2)] * 3, 0.05, 0.05),  # type: ignore[list-item]
    lambda odd: compare_like_for_like([Kind(1, 2, odd, 3)], 0.05, 0.05),
    lambda odd: compare_like_for_like([Kind(1, 2, 2, 3)], odd, 0.05),
    lambda odd: effective([1, odd], [1, 1], 0.05),
    lambda odd: effective_weighted([Weighted("a", odd, 1, 1)], 0.05),
    lambda odd: mean_cost([odd, 1], [1, 1], 0.05),
    lambda odd: discovery([odd, 1], 0.05),  # type: ignore[list-item]
    lambda odd: drift_level([odd], [10], [0], None, 0.05),
    lambda odd: drift_level([9], [10], [odd], None, 0.05),
    lambda odd: daily_slope([odd] * 6, [10] * 6, range(6)),
    lambda odd: daily_swing([odd, 3], [10, 10]),  # type: ignore[list-item]
    lambda odd: agreement(odd, 1, 1, 1, 0.05),  # type: ignore[arg-type]
    lambda odd: corrected_rate([odd, 1], [1, 1], 9, 10, 0.05),
    lambda odd: stratified_rate([Stratum(10, 5, odd)], 0.05),
    lambda odd: choose_threshold([Scored(odd, True)], 0.9, 0.05),
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("ask", WITH_ONE_NUMBER)
def test_what_is_no_number_is_refused(ask: Callable[[float], object], odd: float) -> None:
    with pytest.raises(ValueError, match=r"must|cannot be"):
        ask(odd)


@st.composite
def clusters(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    sizes = draw(st.lists(st.integers(0, 5), min_size=1, max_size=40))
    return [float(draw(st.integers(0, n))) for n in sizes], [float(n) for n in sizes]


@given(clusters(), st.sampled_from([0.05, 0.1, 0.2]), st.integers(0, 9))
def test_the_order_of_users_changes_nothing(
    seen: tuple[Sequence[float], Sequence[float]], error: float, seed: int
) -> None:
    together = list(zip(*seen, strict=True))
    shuffled = random.Random(seed).sample(together, len(together))
    one = effective(*seen, error)
    other = effective([k for k, _ in shuffled], [n for _, n in shuffled], error)
    assert (other.passes, other.n) == (pytest.approx(one.passes), pytest.approx(one.n))


@given(
    st.lists(st.booleans(), max_size=200),
    st.sampled_from([0.5, 0.8, 0.9, 0.95]),
    st.sampled_from([0.05, 0.1, 0.2]),
    st.booleans(),
)
def test_one_more_failing_user_never_moves_toward_above(
    users: list[bool], target: float, error: float, running: bool
) -> None:
    """One case a user: the effective counts are the plain ones."""
    answers = []
    for seen in (users, [*users, False]):
        found = effective([float(one) for one in seen], [1.0] * len(seen), error)
        answers.append(compare(found.passes, found.n, target, error, running=running).answer)
    assert RANK[answers[1]] <= RANK[answers[0]]


def test_an_empty_user_changes_nothing() -> None:
    assert effective([4, 0, 5], [5, 0, 5], 0.05) == effective([4, 5], [5, 5], 0.05)


@pytest.mark.parametrize("running", [False, True])
def test_users_never_show_more_than_the_same_users_without_a_failure(running: bool) -> None:
    """30 users with 5 cases each: all right they are 30 cases, with one failure 141."""
    clean, one_failure = [5.0] * 30, [5.0] * 29 + [4.0]
    found = effective(one_failure, [5.0] * 30, 0.05)
    assert found.n > 140
    target = 0.9 if running else 0.92
    assert compare(found.passes, found.n, target, 0.05, running=running).answer is Answer.ABOVE
    for passes in (clean, one_failure):
        answer = compare_clustered(passes, [5.0] * 30, target, 0.05, running=running).answer
        assert answer is Answer.UNDECIDED
    enough = compare_clustered([5.0] * 59 + [4.0], [5.0] * 60, 0.9, 0.05, running=running)
    assert enough.answer is Answer.ABOVE
    assert (
        compare_clustered([0.0] * 29 + [1.0], [5.0] * 30, 1 - target, 0.05, running=running).answer
        is Answer.UNDECIDED
    )
    assert compare_clustered([1.0] * 30, [5.0] * 30, 0.9, 0.05, running=running).answer is Answer.BELOW


@given(
    st.lists(st.integers(1, 5), min_size=2, max_size=60),
    st.sampled_from([0.5, 0.8, 0.9, 0.95]),
    st.sampled_from([0.05, 0.1, 0.2]),
    st.booleans(),
    st.integers(0, 59),
)
def test_the_first_failure_of_users_who_all_passed_never_helps(
    sizes: list[int], target: float, error: float, running: bool, place: int
) -> None:
    n = [float(size) for size in sizes]
    clean = compare_clustered(n, n, target, error, running=running).answer
    passes = list(n)
    passes[place % len(n)] -= 1
    turned = compare_clustered(passes, n, target, error, running=running).answer
    added = compare_clustered([*n, 0.0], [*n, 1.0], target, error, running=running).answer
    assert RANK[turned] <= RANK[clean] and RANK[added] <= RANK[clean]
