"""What related cases are worth: clusters of users, repeats of one case."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.clusters import Effective, effective, effective_cases, korn_graubard_n


@pytest.mark.parametrize(
    ("passes", "sizes", "expected"),
    [
        ([], [], Effective(0, 0, 0)),
        ([0, 0], [0, 0], Effective(0, 0, 0)),
        ([30], [40], Effective(0.75, 1, 1)),
        ([30, 0], [40, 0], Effective(0.75, 1, 1)),
        ([5, 5, 5], [5, 5, 5], Effective(3, 3, 3)),
        ([0, 0, 0], [5, 5, 5], Effective(0, 3, 3)),
        ([1, 0, 1, 1], [1, 1, 1, 1], Effective(3, 4, 4)),
        ([1, 0, 1, 1, 0], [1, 1, 1, 1, 0], Effective(3, 4, 4)),
        # Clusters that agree exactly hide no spread: every case counts.
        ([4, 4, 4], [5, 5, 5], Effective(12, 15, 3)),
    ],
)
def test_effective(passes: list[float], sizes: list[float], expected: Effective) -> None:
    found = effective(passes, sizes, 0.05)
    assert (found.passes, found.n) == (pytest.approx(expected.passes), pytest.approx(expected.n))
    assert found.clusters == expected.clusters


def test_a_worked_example() -> None:
    """Rate 0.9; v = 4/3 * (1 + 1 + 1 + 1)/1600 = 1/300; 0.09 * 300 = 27; t ratio (1.6849/2.3534)^2."""
    found = effective([10, 8, 10, 8], [10, 10, 10, 10], 0.05)
    assert found.n == pytest.approx(27 * (1.684875 / 2.353363) ** 2, rel=1e-5)
    assert found.passes == pytest.approx(0.9 * found.n)


def test_clusters_that_fail_together_are_worth_little() -> None:
    apart = effective([9] * 20, [10] * 20, 0.05)
    together = effective([10] * 18 + [0] * 2, [10] * 20, 0.05)
    assert apart.n == 200
    assert together.n < 20


def test_a_smaller_error_weighs_few_clusters_harder() -> None:
    passes, sizes = [10, 8, 10, 8], [10, 10, 10, 10]
    assert korn_graubard_n(passes, sizes, 0.05) < korn_graubard_n(passes, sizes, 0.2)


@pytest.mark.parametrize(
    ("passes", "sizes"), [([1], [1, 2]), ([math.nan], [1]), ([1], [math.inf]), ([3], [2]), ([-1], [2])]
)
def test_broken_counts_are_refused(passes: list[float], sizes: list[float]) -> None:
    with pytest.raises(ValueError, match="passes"):
        effective(passes, sizes, 0.05)
    with pytest.raises(ValueError, match="passes"):
        effective_cases(passes, sizes)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1)), min_size=1, max_size=40),
    st.sampled_from([0.05, 0.1, 0.2]),
)
def test_effective_counts_never_exceed_the_plain_ones_and_keep_the_rate(
    clusters: list[tuple[int, float]], error: float
) -> None:
    sizes = [size for size, _ in clusters]
    passes = [round(size * share) for size, share in clusters]
    found = effective(passes, sizes, error)
    assert 0 <= found.passes <= found.n <= sum(sizes)
    if sum(sizes):
        assert found.n > 0
        assert found.passes / found.n == pytest.approx(sum(passes) / sum(sizes))


def test_repeats_count_once_per_case() -> None:
    assert effective_cases([4, 2, 0, 3], [4, 4, 4, 4]) == Effective(2.25, 4, 4)
    assert effective_cases([1, 2, 0], [1, 4, 0]) == Effective(1.5, 2, 2)
    assert effective_cases([], []) == Effective(0, 0, 0)
