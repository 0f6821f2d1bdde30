"""Above, below or undecided: the exact bounds, the running bounds, and their edges."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.comparison import Answer, compare
from core.statistics.exact import bounds, p_value_above, p_value_below
from core.statistics.interval import Interval
from core.statistics.sequential import running_bounds

ERRORS = st.sampled_from([0.05, 0.1, 0.2])
TARGETS = st.floats(0.001, 0.999)
RANK = {Answer.BELOW: 0, Answer.UNDECIDED: 1, Answer.ABOVE: 2}


@st.composite
def counts(draw: st.DrawFn) -> tuple[float, float]:
    """(passes, n): whole or fractional."""
    n = draw(st.integers(1, 5000))
    whole = st.integers(0, n).map(float)
    return draw(st.one_of(whole, st.floats(0, n))), float(n)


@pytest.mark.parametrize(
    ("target", "n", "one_look", "running"),
    [(0.9, 50, 49, 50), (0.9, 100, 96, 98), (0.9, 200, 188, 191), (0.9, 500, 462, 469)],
)
def test_the_passes_needed(target: float, n: int, one_look: int, running: int) -> None:
    for needed, looks in [(one_look, False), (running, True)]:
        assert compare(needed, n, target, 0.05, running=looks).answer is Answer.ABOVE
        assert compare(needed - 1, n, target, 0.05, running=looks).answer is Answer.UNDECIDED


@pytest.mark.parametrize(
    ("passes", "n", "target", "error", "running", "answer"),
    [
        (20, 20, 0.9, 0.05, False, Answer.UNDECIDED),
        (20, 20, 0.9, 0.10, False, Answer.UNDECIDED),
        (20, 20, 0.9, 0.20, False, Answer.ABOVE),
        (20, 20, 0.9, 0.20, True, Answer.UNDECIDED),
        (21, 21, 0.9, 0.10, False, Answer.UNDECIDED),
        (22, 22, 0.9, 0.10, False, Answer.ABOVE),
        (28, 28, 0.9, 0.05, False, Answer.UNDECIDED),
        (29, 29, 0.9, 0.05, False, Answer.ABOVE),
        (42, 42, 0.9, 0.05, True, Answer.UNDECIDED),
        (43, 43, 0.9, 0.05, True, Answer.ABOVE),
        (97, 100, 0.9, 0.05, True, Answer.UNDECIDED),
        (98, 100, 0.9, 0.05, True, Answer.ABOVE),
        (176, 200, 0.8, 0.05, True, Answer.ABOVE),
        (78, 100, 0.9, 0.05, False, Answer.BELOW),
        (158, 200, 0.8, 0.05, False, Answer.UNDECIDED),
        (21, 50, 0.8, 0.05, False, Answer.BELOW),
        (0, 0, 0.9, 0.05, False, Answer.UNDECIDED),
        (0, 0, 0.9, 0.05, True, Answer.UNDECIDED),
        (5, 5, 1.0, 0.05, False, Answer.UNDECIDED),
        (4, 5, 1.0, 0.05, False, Answer.BELOW),
        (4, 5, 1.0, 0.05, True, Answer.BELOW),
        (0, 5, 0.0, 0.05, False, Answer.UNDECIDED),
        (1, 5, 0.0, 0.05, True, Answer.ABOVE),
    ],
)
def test_the_answer(
    passes: float, n: float, target: float, error: float, running: bool, answer: Answer
) -> None:
    found = compare(passes, n, target, error, running=running)
    assert (found.answer, found.running) == (answer, running)


@pytest.mark.parametrize("running", [False, True])
def test_a_bound_exactly_on_the_target_is_undecided(running: bool) -> None:
    interval = compare(93, 100, 0.5, 0.05, running=running).interval
    for target in (interval.low, interval.high):
        assert compare(93, 100, target, 0.05, running=running).answer is Answer.UNDECIDED


def test_known_bounds() -> None:
    assert bounds(20, 20, 0.2).low == pytest.approx(0.9227, abs=5e-5)
    assert bounds(93, 100, 0.05) == Interval(pytest.approx(0.8725, abs=5e-5), pytest.approx(0.9667, abs=5e-5))
    assert bounds(158, 200, 0.05) == Interval(pytest.approx(0.737, abs=5e-4), pytest.approx(0.836, abs=5e-4))


@pytest.mark.parametrize("find", [bounds, running_bounds])
def test_nothing_all_and_none(find: object) -> None:
    assert callable(find)
    assert find(0, 0, 0.05) == Interval(0, 1)
    assert find(0, 10, 0.05).low == 0
    assert find(10, 10, 0.05).high == 1


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize(
    ("passes", "n", "target", "error"),
    [
        (math.nan, 10, 0.9, 0.05),
        (9, math.nan, 0.9, 0.05),
        (9, math.inf, 0.9, 0.05),
        (math.inf, math.inf, 0.9, 0.05),
        (9, 10, math.nan, 0.05),
        (9, 10, 1.1, 0.05),
        (9, 10, -0.1, 0.05),
        (9, 10, 0.9, math.nan),
        (9, 10, 0.9, 0),
        (9, 10, 0.9, 0.6),
        (11, 10, 0.9, 0.05),
        (-1, 10, 0.9, 0.05),
    ],
)
def test_a_number_that_is_none_is_refused(
    passes: float, n: float, target: float, error: float, running: bool
) -> None:
    with pytest.raises(ValueError, match="must"):
        compare(passes, n, target, error, running=running)


@given(counts(), st.floats(0, 1), ERRORS, st.booleans())
def test_more_passes_never_lower_a_bound(
    seen: tuple[float, float], part: float, error: float, running: bool
) -> None:
    passes, n = seen
    find = running_bounds if running else bounds
    more = min(n, passes + part * (n - passes))
    assert find(more, n, error).low >= find(passes, n, error).low - 1e-9
    assert find(more, n, error).high >= find(passes, n, error).high - 1e-9


@given(counts(), TARGETS, ERRORS, st.booleans())
def test_the_observed_rate_never_contradicts_the_answer(
    seen: tuple[float, float], target: float, error: float, running: bool
) -> None:
    passes, n = seen
    answer = compare(passes, n, target, error, running=running).answer
    if passes / n <= target:
        assert answer is not Answer.ABOVE
    if passes / n >= target:
        assert answer is not Answer.BELOW


@given(counts(), TARGETS, ERRORS, st.booleans())
def test_a_failure_never_moves_toward_above(
    seen: tuple[float, float], target: float, error: float, running: bool
) -> None:
    passes, n = seen
    before = compare(passes, n, target, error, running=running).answer
    after = compare(passes, n + 1, target, error, running=running).answer
    assert RANK[after] <= RANK[before]


@given(counts(), ERRORS)
def test_the_running_interval_is_the_wider_one_around_the_observed_rate(
    seen: tuple[float, float], error: float
) -> None:
    passes, n = seen
    one_look, running = bounds(passes, n, error), running_bounds(passes, n, error)
    assert running.low <= one_look.low + 1e-12
    assert one_look.high <= running.high + 1e-12
    assert running.low <= passes / n <= running.high


@given(counts(), ERRORS, st.booleans())
def test_passes_and_failures_mirror_each_other(
    seen: tuple[float, float], error: float, running: bool
) -> None:
    passes, n = seen
    find = running_bounds if running else bounds
    assert find(passes, n, error).low == pytest.approx(1 - find(n - passes, n, error).high, abs=1e-9)


@given(counts(), TARGETS, ERRORS)
def test_p_values_and_bounds_agree(seen: tuple[float, float], target: float, error: float) -> None:
    interval = bounds(*seen, error)
    if abs(interval.low - target) > 1e-9:
        assert (p_value_above(*seen, target) < error) == (interval.low > target)
    if abs(interval.high - target) > 1e-9:
        assert (p_value_below(*seen, target) < error) == (interval.high < target)
