"""pass^k: worked by hand, and against drawing k attempts from those made."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.repeats import cases_with, pass_hat_k


@pytest.mark.parametrize(
    ("passes", "attempts", "k", "expected"),
    [
        ([1, 0], [1, 1], 1, 0.5),
        ([3, 4], [4, 4], 2, 0.75),  # 3 of 6 pairs, 6 of 6
        ([2, 4], [3, 4], 4, 1.0),  # the first case has too few attempts
        ([2, 1], [3, 1], 4, None),
        ([], [], 1, None),
        ([0, 0], [4, 4], 3, 0.0),
    ],
)
def test_pass_hat_k(passes: list[int], attempts: list[int], k: int, expected: float | None) -> None:
    assert pass_hat_k(passes, attempts, k) == (None if expected is None else pytest.approx(expected))


def test_cases_with_enough_attempts() -> None:
    assert [cases_with([1, 4, 3, 4, 0], k) for k in (1, 2, 4, 5)] == [4, 3, 2, 0]


@pytest.mark.parametrize(("passes", "attempts", "k"), [([1], [1], 0), ([2], [1], 1), ([1], [1, 2], 1)])
def test_impossible_repeats_are_refused(passes: list[int], attempts: list[int], k: int) -> None:
    with pytest.raises(ValueError, match=r"must|groups"):
        pass_hat_k(passes, attempts, k)


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=6), st.integers(1, 4))
def test_it_is_the_share_of_draws_that_pass_throughout(cases: list[list[bool]], k: int) -> None:
    shares = [sum(map(all, draws)) / len(draws) for case in cases if (draws := list(combinations(case, k)))]
    found = pass_hat_k([sum(case) for case in cases], [len(case) for case in cases], k)
    assert found == (pytest.approx(sum(shares) / len(shares)) if shares else None)


@given(st.lists(st.tuples(st.integers(0, 5), st.just(5)), min_size=1, max_size=20))
def test_more_attempts_in_a_row_are_never_likelier(cases: list[tuple[int, int]]) -> None:
    passes, attempts = [c for c, _ in cases], [n for _, n in cases]
    chances = [pass_hat_k(passes, attempts, k) or 0 for k in range(1, 6)]
    assert chances == sorted(chances, reverse=True)
