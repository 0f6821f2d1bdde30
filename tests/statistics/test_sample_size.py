"""How many cases, how many more: the published tables, and a plain search over the same rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom

from core.statistics.comparison import Answer, compare
from core.statistics.sample_size import (
    MOST_CASES,
    MoreCases,
    cases_needed,
    chance_above,
    fewest_all_passing,
    more_cases,
)


@pytest.mark.parametrize(
    ("target", "truth", "n80", "n90"),
    [
        (0.75, 0.80, 463, 634),
        (0.75, 0.85, 117, 153),
        (0.75, 0.90, 50, 65),
        (0.80, 0.85, 398, 528),
        (0.80, 0.90, 94, 124),
        (0.80, 0.95, 37, 44),
        (0.90, 0.93, 593, 792),
        (0.90, 0.95, 203, 263),
        (0.90, 0.97, 89, 116),
        (0.95, 0.97, 694, 900),
        (0.95, 0.98, 286, 361),
        (0.95, 0.99, 124, 181),
    ],
)
def test_cases_needed(target: float, truth: float, n80: int, n90: int) -> None:
    assert cases_needed(target, truth, 0.05, 0.8) == n80
    assert cases_needed(target, truth, 0.05, 0.9) == n90


@pytest.mark.parametrize(("criteria", "n"), [(1, 203), (3, 298), (6, 356)])
def test_cases_needed_when_several_criteria_must_hold(criteria: int, n: int) -> None:
    assert cases_needed(0.9, 0.95, 0.05, 1 - 0.2 / criteria) == n


def test_cases_needed_has_no_answer_for_a_truth_that_is_not_above_or_too_close() -> None:
    assert cases_needed(0.9, 0.9, 0.05, 0.8) is None
    assert cases_needed(0.9, 0.85, 0.05, 0.8) is None
    assert cases_needed(0.9, 0.901, 0.05, 0.8) is None
    assert cases_needed(0, 0.5, 0.05, 0.8) == 3  # one pass is enough: 1 - 0.5**3 = 87.5 %


@settings(max_examples=25)
@given(st.floats(0.05, 0.9), st.floats(0.1, 0.9), st.sampled_from([0.05, 0.1, 0.2]), st.floats(0.5, 0.95))
def test_from_the_cases_needed_on_the_power_holds(
    target: float, part: float, error: float, power: float
) -> None:
    truth = target + part * (1 - target)
    needed = cases_needed(target, truth, error, power)
    assert needed is not None
    assert needed == 1 or chance_above(needed - 1, target, truth, error) < power
    assert all(chance_above(n, target, truth, error) >= power for n in range(needed, needed + 60))


@pytest.mark.parametrize(
    ("target", "one_look", "running"),
    [(0.75, 11, 16), (0.8, 14, 20), (0.9, 29, 43), (0.95, 59, 88), (0.99, 299, 449)],
)
def test_fewest_all_passing(target: float, one_look: int, running: int) -> None:
    assert fewest_all_passing(target, 0.05, running=False) == one_look
    assert fewest_all_passing(target, 0.05, running=True) == running


def test_nothing_is_above_one() -> None:
    with pytest.raises(ValueError, match="above 1"):
        fewest_all_passing(1, 0.05, running=False)
    assert more_cases(5, 5, 1, 0.05, running=True) == MoreCases(None, Answer.UNDECIDED, None)


@pytest.mark.parametrize(
    ("passes", "n", "target", "expected"),
    [
        (93, 100, 0.9, MoreCases(415, Answer.ABOVE, 29)),
        (85, 100, 0.8, MoreCases(237, Answer.ABOVE, 12)),
        (20, 20, 0.9, MoreCases(26, Answer.ABOVE, 9)),
        (28, 28, 0.9, MoreCases(1, Answer.ABOVE, 1)),
        (90, 100, 0.9, MoreCases(None, Answer.UNDECIDED, 67)),
        (0, 0, 0.9, MoreCases(29, Answer.ABOVE, 29)),
        (78, 100, 0.9, MoreCases(0, Answer.BELOW, 210)),
        (29, 29, 0.9, MoreCases(0, Answer.ABOVE, 0)),
        # So few that a rate below certainty would be below the target: the fewest possible.
        (5, 5, 0.9, MoreCases(24, Answer.ABOVE, 24)),
        (20, 20, 0.99, MoreCases(279, Answer.ABOVE, 279)),
        # Below the target, it is counted until that is sure.
        (88, 100, 0.9, MoreCases(1381, Answer.BELOW, 91)),
        (0, 20, 0.01, MoreCases(279, Answer.BELOW, 2)),
        (1803, 2000, 0.9, MoreCases(None, Answer.ABOVE, 205)),
    ],
)
def test_more_cases_for_one_look(passes: float, n: float, target: float, expected: MoreCases) -> None:
    assert more_cases(passes, n, target, 0.05, running=False) == expected


@pytest.mark.parametrize(
    ("passes", "n", "target", "expected"),
    [
        (0, 0, 0.9, MoreCases(43, Answer.ABOVE, 43)),
        (93, 100, 0.9, MoreCases(999, Answer.ABOVE, 68)),  # settled at 813 in all: 1.4 * 713
        (97, 100, 0.9, MoreCases(9, Answer.ABOVE, 3)),
        (98, 100, 0.9, MoreCases(0, Answer.ABOVE, 0)),
        (90, 100, 0.9, MoreCases(None, Answer.UNDECIDED, 112)),
        (880, 1000, 0.9, MoreCases(3370, Answer.BELOW, 552)),  # settled at 3,407 in all
        (9050, 10000, 0.9, MoreCases(None, Answer.ABOVE, 520)),
    ],
)
def test_more_cases_looking_any_time(passes: float, n: float, target: float, expected: MoreCases) -> None:
    assert more_cases(passes, n, target, 0.05, running=True) == expected


def plain_search(passes: float, n: float, target: float, error: float, most: int) -> int | None:
    """The rule of ``more_cases`` for a rate above its target, spelled out case by case."""
    today = min(passes / n, 1 - 1 / (2 * n))

    def chance(more: int) -> float:
        further = np.arange(more + 1)
        low = beta.ppf(error, passes + further, n + more - passes - further + 1)
        return float(binom.pmf(further, more, today)[low > target].sum())

    enough = [chance(more) >= 0.8 for more in range(1, most + 2)]
    return next((more for more in range(1, most + 1) if enough[more - 1] and enough[more]), None)


@pytest.mark.parametrize("error", [0.05, 0.2])
@pytest.mark.parametrize(
    ("passes", "n", "target"),
    [(9, 10, 0.7), (37.6, 40, 0.9), (12, 12, 0.9), (190, 205, 0.9), (55.5, 100, 0.5), (8, 100, 0.05)],
)
def test_more_cases_equals_a_plain_search(passes: float, n: float, target: float, error: float) -> None:
    found = more_cases(passes, n, target, error, running=False)
    if compare(passes, n, target, error, running=False).answer is Answer.ABOVE:
        assert found.count == 0
    else:
        assert found.count == plain_search(passes, n, target, error, 800)
        assert found.towards is Answer.ABOVE


@pytest.mark.parametrize(("passes", "n", "target"), [(532, 1000, 0.52), (913, 1000, 0.902)])
def test_a_count_in_the_thousands_is_the_first_of_its_kind(passes: int, n: int, target: float) -> None:
    """The stretch before the count is searched one by one, as the bisection would skip it."""
    count = more_cases(passes, n, target, 0.05, running=False).count
    assert count is not None
    assert count > 1000

    def chance(more: int) -> float:
        further = np.arange(more + 1)
        low = beta.ppf(0.05, passes + further, n + more - passes - further + 1)
        return float(binom.sf(further[low > target][0] - 1, more, passes / n))

    assert chance(count) >= 0.8
    assert chance(count + 1) >= 0.8
    for more in range(count - 100, count):
        assert chance(more) < 0.8 or chance(more + 1) < 0.8


@settings(max_examples=60)
@given(
    st.floats(0.5, 300),
    st.floats(0, 1),
    st.floats(0.02, 0.98),
    st.sampled_from([0.05, 0.1, 0.2]),
    st.booleans(),
)
def test_more_cases_agrees_with_the_comparison(
    n: float, share: float, target: float, error: float, running: bool
) -> None:
    passes = min(n * share, n)
    found = more_cases(passes, n, target, error, running=running)
    answer = compare(passes, n, target, error, running=running).answer
    assert found.count is None or 0 <= found.count <= MOST_CASES
    assert (found.count == 0) == (answer is not Answer.UNDECIDED)
    assert found.fewest is not None
    if found.fewest > 0:
        one_short, enough = found.fewest - 1, found.fewest
        after = [
            compare(passes + more, n + more, target, error, running=running).answer
            for more in (one_short, enough)
        ]
        assert after == [after[0], Answer.ABOVE]
        assert after[0] is not Answer.ABOVE
    if found.towards is Answer.ABOVE and found.count is not None:
        assert found.count >= found.fewest
