"""What a review of parts proves of the whole, what it is worth, and how long a phase must run."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.clusters import Weighted, effective, effective_weighted
from core.statistics.exact import bounds
from core.statistics.interval import Interval
from core.statistics.phase_length import (
    Flow,
    cases_for_phase,
    days_needed,
    exposure_needed,
    phase_days,
    power_for,
    review_needed,
)
from core.statistics.stratified import (
    Stratum,
    allocate,
    most_bad_in_all,
    stratified_mean,
    stratified_rate,
)
from core.statistics.unanswered import rate_if_all_answered
from core.statistics.zero_faults import clean_cases_for, most_bad_among, rate_still_possible

STRATA = st.lists(
    st.integers(0, 80).flatmap(
        lambda n: st.builds(Stratum, st.integers(n, 400), st.just(n), st.integers(0, n).map(float))
    ),
    min_size=1,
    max_size=6,
)


def test_more_review_of_one_part_does_not_bend_the_whole() -> None:
    """The rest of 10 % is right every second time only, and was reviewed four times as much."""
    found = stratified_rate([Stratum(900, 20, 18), Stratum(100, 80, 40)], 0.05)
    assert found.value == pytest.approx(0.9 * 0.9 + 0.1 * 0.5)
    assert found.effective_n == pytest.approx(0.86 * 0.14 / (0.81 * 0.09 / 20 + 0.01 * 0.25 / 80))
    assert found.effective_n < 35 and found.reviewed == 100
    assert found.effective_passes == pytest.approx(found.effective_n * 0.86)
    assert found.interval == bounds(found.effective_passes, found.effective_n, 0.05)


def test_proportional_review_is_the_plain_rate_or_better() -> None:
    found = stratified_rate([Stratum(900, 90, 81), Stratum(100, 10, 9)], 0.05)
    assert (found.value, found.effective_n) == (pytest.approx(0.9), pytest.approx(100))


@pytest.mark.parametrize(
    ("strata", "value", "n", "left_out"),
    [
        ([], None, 0, 0),
        ([Stratum(100, 0, 0)], None, 0, 1),
        ([Stratum(100, 20, 20), Stratum(300, 0, 0)], 1.0, 20, 0.75),
        ([Stratum(100, 20, 20), Stratum(100, 20, 20)], 1.0, 40, 0),
        ([Stratum(900, 20, 20), Stratum(100, 20, 20)], 1.0, 1 / (0.81 / 20 + 0.01 / 20), 0),
        ([Stratum(100, 20, 0), Stratum(100, 20, 20)], 0.5, 40, 0),
        ([Stratum(0, 0, 0), Stratum(10, 5, 5)], 1.0, 5, 0),
    ],
)
def test_the_edges_of_a_stratified_rate(
    strata: list[Stratum], value: float | None, n: float, left_out: float
) -> None:
    found = stratified_rate(strata, 0.05)
    assert found.value == (None if value is None else pytest.approx(value))
    assert (found.effective_n, found.left_out) == (pytest.approx(n), pytest.approx(left_out))
    if value is None:
        assert found.interval == Interval(0, 1)


@given(STRATA, st.sampled_from([0.05, 0.1, 0.2]))
def test_a_failure_never_raises_the_rate_and_order_does_not_matter(
    strata: list[Stratum], error: float
) -> None:
    found, back = stratified_rate(strata, error), stratified_rate(strata[::-1], error)
    assert found.effective_n <= sum(one.n for one in strata) + 1e-9
    if found.value is None:
        return
    assert back.value == pytest.approx(found.value)
    assert back.effective_n == pytest.approx(found.effective_n)
    at = next((place for place, one in enumerate(strata) if one.passes >= 1), None)
    if at is not None:
        one = strata[at]
        worse = stratified_rate(
            [*strata[:at], Stratum(one.size, one.n, one.passes - 1), *strata[at + 1 :]], error
        )
        assert worse.value is not None and worse.value <= found.value + 1e-12


@pytest.mark.parametrize(
    "stratum", [Stratum(10, 11, 5), Stratum(10, 5, 6), Stratum(10, 5, math.nan), Stratum(-1, 0, 0)]
)
def test_impossible_strata_are_refused(stratum: Stratum) -> None:
    with pytest.raises(ValueError, match=r"cannot be|must"):
        stratified_rate([stratum], 0.05)


@pytest.mark.parametrize(("sizes", "n"), [([], []), ([10], [0]), ([10], [11]), ([10, 5], [2])])
def test_a_mean_needs_every_stratum(sizes: list[int], n: list[int]) -> None:
    with pytest.raises(ValueError, match="stratum"):
        stratified_mean(sizes, n, [1.0] * len(n), [1.0] * len(n))


def test_a_complete_review_has_no_sampling_error() -> None:
    assert stratified_mean([10, 30], [10, 30], [2.0, 4.0], [5.0, 5.0]).standard_error == 0


def test_weights_of_a_stratified_review_keep_the_rate_and_cost_cases() -> None:
    cases = [Weighted(f"u{at}", 9.0, float(at % 10 > 0), 1) for at in range(100)]
    cases += [Weighted(f"v{at}", 1.0, float(at % 2), 1) for at in range(100)]
    found = effective_weighted(cases, 0.05)
    assert found.passes / found.n == pytest.approx(0.9 * 0.9 + 0.1 * 0.5)
    assert found.n < 200 and found.clusters == 200


def test_equal_weights_are_no_weights() -> None:
    passes, sizes = [10, 8, 10, 8], [10, 10, 10, 10]
    cases = [Weighted(str(at), 3.0, p, n) for at, (p, n) in enumerate(zip(passes, sizes, strict=True))]
    assert effective_weighted(cases, 0.05) == effective(passes, sizes, 0.05)
    assert effective_weighted([], 0.05) == effective([], [], 0.05)
    clean = [Weighted("a", 1.0, 2, 2), Weighted("b", 3.0, 1, 1), Weighted("b", 1.0, 1, 1)]
    assert effective_weighted(clean, 0.05).n == pytest.approx(6**2 / (2**2 + 4**2))
    with pytest.raises(ValueError, match="weights"):
        effective_weighted([Weighted("a", 0.0, 1, 1)], 0.05)


def test_the_worst_first_are_counted_and_only_the_rest_is_estimated() -> None:
    assert most_bad_in_all(20, 7, 980, 50, 0, 0.05) == 7 + most_bad_among(980, 50, 0, 0.05)
    assert most_bad_in_all(0, 0, 1000, 50, 0, 0.05) == 56  # "at most 56 of the 1,000"
    with pytest.raises(ValueError, match="cannot be"):
        most_bad_in_all(5, 6, 10, 1, 0, 0.05)


@pytest.mark.parametrize(
    ("total", "share"), [(100, 0.44), (200, 0.25), (500, 0.11), (1000, 0.056), (2000, 0.029), (5000, 0.012)]
)
def test_what_five_percent_of_a_clean_review_proves(total: int, share: float) -> None:
    assert most_bad_among(total, total // 20, 0, 0.05) / total == pytest.approx(share, abs=0.006)


def test_how_reviews_are_shared_out() -> None:
    assert allocate(100, [800, 150, 50]) == (60, 20, 20)
    assert allocate(200, [800, 150, 50]) == (152, 28, 20)
    assert allocate(30, [800, 150, 10]) == (20, 20, 10)  # floors first
    assert allocate(1000, [5, 6]) == (5, 6)
    assert allocate(0, []) == ()
    # Neyman: where errors are frequent, a review tells more.
    even, tilted = allocate(100, [500, 500], floor=0), allocate(100, [500, 500], [0.99, 0.6], floor=0)
    assert even == (50, 50)
    assert tilted[1] > 80 and sum(tilted) == 100
    with pytest.raises(ValueError, match="rate"):
        allocate(100, [500], [1.5])


def test_the_silent_ones_could_change_everything() -> None:
    assert rate_if_all_answered(40, 50, 500) == Interval(0.08, 0.98)
    assert rate_if_all_answered(0, 0, 0) == Interval(0, 1)
    with pytest.raises(ValueError, match="passes"):
        rate_if_all_answered(5, 10, 9)


@pytest.mark.parametrize(("sensitivity", "rate"), [(1.0, 0.0295), (0.8, 0.0369), (0.6, 0.0492), (0, 1)])
def test_a_reviewer_who_misses_faults_rules_out_less(sensitivity: float, rate: float) -> None:
    assert rate_still_possible(100, 0.05, sensitivity) == pytest.approx(rate, abs=5e-5)


def test_0_of_100_and_what_1_percent_takes() -> None:
    """Up to 3.0 %; 199 more clean ones for 1 %."""
    assert rate_still_possible(100, 0.05) == pytest.approx(0.030, abs=5e-4)
    assert clean_cases_for(0.01, 0.05) - 100 == 199


@pytest.mark.parametrize(
    ("traffic", "exposure", "reviewed", "days"),
    [(2000, 0.05, 0.20, 14), (2000, 0.05, 0.05, 53), (400, 0.05, 0.05, 264), (400, 0.25, 0.20, 14)],
)
def test_how_many_days_203_cases_take(traffic: float, exposure: float, reviewed: float, days: int) -> None:
    flow = Flow(traffic, exposure, reviewed)
    assert days_needed(203, flow) == days
    share = review_needed(203, flow, days)
    assert share is not None and share <= reviewed + 1e-9
    reach = exposure_needed(203, flow, days)
    assert reach is not None and reach <= exposure + 1e-9
    assert review_needed(203, flow, 1) is None or traffic * exposure >= 203 * 1.3


def test_phases_last_whole_weeks_and_wait_for_the_slowest() -> None:
    assert phase_days([14, 53]) == 56
    assert phase_days([3]) == 7
    assert phase_days([]) == 7
    assert phase_days([3], weekdays_differ=True) == 14
    assert phase_days([3, None]) is None


def test_a_phase_without_flow_never_ends() -> None:
    assert days_needed(203, Flow(2000, 0.0)) is None
    assert days_needed(0, Flow(2000, 0.0)) == 0
    assert review_needed(203, Flow(2000, 0.0), 7) is None
    with pytest.raises(ValueError, match="share"):
        days_needed(203, Flow(2000, 1.5))
    with pytest.raises(ValueError, match="finite"):
        days_needed(math.nan, Flow(2000, 0.5))
    with pytest.raises(ValueError, match="design effect"):
        days_needed(203, Flow(2000, 0.5), repeats=0.5)


@pytest.mark.parametrize(("criteria", "power"), [(1, 0.8), (3, 1 - 0.2 / 3), (6, 1 - 0.2 / 6)])
def test_the_power_each_criterion_is_planned_with(criteria: int, power: float) -> None:
    assert power_for(criteria) == pytest.approx(power)


def test_cases_for_a_phase() -> None:
    assert [cases_for_phase(0.9, 0.95, 0.05, criteria=k, running=False) for k in (1, 3, 6)] == [203, 298, 356]
    assert cases_for_phase(0.9, 0.95, 0.05) == math.ceil(203 * 1.8)
    assert cases_for_phase(0.9, 0.9, 0.05) is None
