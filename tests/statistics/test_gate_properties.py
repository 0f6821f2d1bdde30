"""What holds for every comparison with a bar: order changes nothing, odd numbers and failures never help."""

import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.before_after import compare_pairs, compare_repeats
from core.statistics.clustered_bounds import clustered_bounds
from core.statistics.clusters import Weighted, effective, effective_weighted
from core.statistics.comparison import Answer, compare, compare_clustered
from core.statistics.costs import mean_cost
from core.statistics.discovery import discovery
from core.statistics.drift import drift_level
from core.statistics.exact import bounds
from core.statistics.judge_audit import agreement, corrected_rate
from core.statistics.like_for_like import Stratum as Kind
from core.statistics.like_for_like import compare_like_for_like
from core.statistics.noisy_days import daily_swing
from core.statistics.sequential import running_bounds
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
    """30 users with 5 cases each: all right they are 30 cases, with one failure an effective 141."""
    clean, one_failure = [5.0] * 30, [5.0] * 29 + [4.0]
    assert effective(one_failure, [5.0] * 30, 0.05).n > 140
    target = 0.9 if running else 0.92
    for passes in (clean, one_failure):
        answer = compare_clustered(passes, [5.0] * 30, target, 0.05, running=running).answer
        assert answer is Answer.UNDECIDED
    enough = compare_clustered([5.0] * 59 + [4.0], [5.0] * 60, 0.9, 0.05, running=running)
    assert enough.answer is Answer.ABOVE
    faults = [0.0] * 29 + [1.0]
    found = compare_clustered(faults, [5.0] * 30, 1 - target, 0.05, running=running, of_faults=True)
    assert found.answer is Answer.UNDECIDED
    assert compare_clustered([1.0] * 30, [5.0] * 30, 0.9, 0.05, running=running).answer is Answer.BELOW


@given(
    st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.05, 0.1, 0.2]), st.booleans(), st.booleans()
)
def test_one_case_a_user_gives_the_plain_bounds(
    passes: int, failures: int, error: float, running: bool, of_faults: bool
) -> None:
    n = passes + failures
    seen = [1.0] * passes + [0.0] * failures
    found = clustered_bounds(seen, [1.0] * n, error, running=running, of_faults=of_faults).interval
    plain = (running_bounds if running else bounds)(passes, n, error)
    assert (found.low, found.high) == (pytest.approx(plain.low), pytest.approx(plain.high))


def test_failures_of_one_user_count_together() -> None:
    """Ten failures of two users are worth two, ten of ten users are worth ten; so is what may be rare."""
    by_two = clustered_bounds([0.0] * 2 + [5.0] * 58, [5.0] * 60, 0.05, running=False)
    by_ten = clustered_bounds([4.0] * 10 + [5.0] * 50, [5.0] * 60, 0.05, running=False)
    assert (by_two.low_from.n, by_two.low_from.passes) == (pytest.approx(60), pytest.approx(58))
    assert (by_ten.low_from.n, by_ten.low_from.passes) == (pytest.approx(300), pytest.approx(290))
    assert by_two.interval.low < by_ten.interval.low


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=40),
    st.integers(0, 10**6),
    st.sampled_from([0.05, 0.2]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 39),
)
def test_a_failure_never_raises_a_bound_and_a_pass_never_lowers_one(
    sizes: list[int], seed: int, error: float, running: bool, of_faults: bool, place: int
) -> None:
    luck = random.Random(seed)
    n = [float(size) for size in sizes]
    chance = luck.choice([0.02, 0.1, 0.5, 0.9, 1.0])
    passes = [float(sum(luck.random() < chance for _ in range(size))) for size in sizes]
    place %= len(n)

    def ends(changed: Sequence[float], among: Sequence[float]) -> tuple[float, float]:
        found = clustered_bounds(changed, among, error, running=running, of_faults=of_faults).interval
        return found.low, found.high

    def changed(values: list[float]) -> list[float]:
        return [value + (at == place) for at, value in enumerate(values)]

    now = ends(passes, n)
    worse = [ends(passes, changed(n)), ends([*passes, 0.0], [*n, 1.0])]
    better = [ends(changed(passes), changed(n)), ends([*passes, 1.0], [*n, 1.0])]
    if passes[place] < n[place]:
        better.append(ends(changed(passes), n))
    little = 1e-9
    assert all(low <= now[0] + little and high <= now[1] + little for low, high in worse)
    assert all(low >= now[0] - little and high >= now[1] - little for low, high in better)


@pytest.mark.parametrize("odd", ODD)
def test_bounds_of_users_refuse_what_is_no_number(odd: float) -> None:
    for seen, n in (([odd], [1.0]), ([1.0], [odd])):
        with pytest.raises(ValueError, match="must"):
            clustered_bounds(seen, n, 0.05, running=True)
    with pytest.raises(ValueError, match="must"):
        clustered_bounds([1.0], [1.0], 0.05, running=True, weight_by_cluster=[odd])
    nothing = clustered_bounds([], [], 0.05, running=True).interval
    assert (nothing.low, nothing.high) == (0, 1)


def test_weights_thin_what_all_users_show() -> None:
    """Twenty users of whom half stand for nine times as many traces: ten would show nearly as much."""
    heavy = [1.8] * 10 + [0.2] * 10
    found = clustered_bounds(heavy, heavy, 0.05, running=False, weight_by_cluster=heavy, cases=20)
    assert found.low_from.n == pytest.approx(20**2 / (10 * 1.8**2 + 10 * 0.2**2))
