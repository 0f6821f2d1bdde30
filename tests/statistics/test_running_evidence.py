"""The running verdict's evidence: known values, extreme counts, and the promise that looking is free."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from core.statistics.sample_size import more_cases
from core.statistics.sequential import log_evidence_above, log_evidence_below, running_bounds


def chance_to_cross(seen: tuple[int, int], target: float, truth: float, further: int) -> list[float]:
    """The chance, after each further case, that the evidence above has ever reached 20 by then."""
    passes, n = seen
    needed, waiting, crossed, chances = 0, np.array([1.0]), 0.0, []
    for more in range(1, further + 1):
        while needed <= more and log_evidence_above(passes + needed, n + more, target) < math.log(20):
            needed += 1
        waiting = np.append(waiting, 0) * (1 - truth) + np.append(0, waiting) * truth
        crossed += waiting[needed:].sum()
        waiting[needed:] = 0
        chances.append(crossed)
    return chances


@pytest.mark.parametrize(
    ("passes", "n", "target", "evidence"),
    [(93, 100, 0.9, 0.9), (97, 100, 0.9, 16.7), (98, 100, 0.9, 61), (176, 200, 0.8, 26)],
)
def test_known_evidence(passes: int, n: int, target: float, evidence: float) -> None:
    assert math.exp(log_evidence_above(passes, n, target)) == pytest.approx(evidence, rel=0.01)


@pytest.mark.parametrize(("target", "false_passes"), [(0.8, 0.041), (0.9, 0.038), (0.95, 0.034)])
def test_looking_after_every_case_seldom_passes_a_rate_on_the_target(
    target: float, false_passes: float
) -> None:
    assert chance_to_cross((0, 0), target, target, 1000)[-1] == pytest.approx(false_passes, abs=0.001)


@pytest.mark.parametrize(
    ("passes", "n", "target"), [(170, 200, 0.8), (93, 100, 0.9), (40, 42, 0.9), (195, 200, 0.95)]
)
def test_the_projected_count_settles_it_with_a_chance_of_about_80_percent(
    passes: int, n: int, target: float
) -> None:
    count = more_cases(passes, n, target, 0.05, running=True).count
    assert count is not None
    assert chance_to_cross((passes, n), target, passes / n, count)[-1] == pytest.approx(0.81, abs=0.02)


@pytest.mark.parametrize("target", [0.3, 0.9])
@pytest.mark.parametrize(
    ("passes", "n"), [(0, 5), (1, 2.5), (27.5, 30), (60, 200), (500, 1000), (0, 2000), (1999.5, 2000)]
)
def test_evidence_is_the_average_likelihood_ratio(passes: float, n: float, target: float) -> None:
    """Against plain numerical integration, also where the beta tail is too small for a float."""

    def log_ratio(p: float) -> float:
        return passes * math.log(p / target) + (n - passes) * math.log((1 - p) / (1 - target))

    peak = min(max(passes / n, target), 1 - 1e-9)
    cuts = sorted({target, 1.0, peak, *np.clip(peak + 0.02 * np.arange(-5, 6), target, 1)})
    area = sum(
        quad(lambda p: math.exp(log_ratio(p) - log_ratio(peak)) if p < 1 else 0, low, high)[0]
        for low, high in pairwise(cuts)
    )
    expected = log_ratio(peak) + math.log(area / (1 - target))
    assert log_evidence_above(passes, n, target) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("n", [1, 10, 1000, 10**6])
@pytest.mark.parametrize("share", [0, 1e-6, 0.001, 0.5, 0.9, 0.99999, 1])
def test_the_bounds_are_where_the_evidence_reaches_the_limit(n: int, share: float) -> None:
    passes = n * share
    interval = running_bounds(passes, n, 0.05)
    assert 0 <= interval.low <= share <= interval.high <= 1
    if interval.low > 0:
        assert log_evidence_above(passes, n, interval.low) == pytest.approx(math.log(20), abs=1e-4)
    # Next to 1 a float cannot hold the bound finely enough to hit the limit.
    if interval.high < 1 - 1e-9:
        assert log_evidence_below(passes, n, interval.high) == pytest.approx(math.log(20), abs=1e-4)


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
def test_evidence_is_a_number_and_mirrors(n: int, share: float, target: float) -> None:
    passes = n * share
    above = log_evidence_above(passes, n, target)
    assert not math.isnan(above)
    if 1e-6 < target < 1 - 1e-6:
        mirrored = log_evidence_below(n - passes, n, 1 - target)
        assert mirrored == pytest.approx(above, rel=1e-6, abs=1e-6)


def test_no_cases_are_no_evidence() -> None:
    assert log_evidence_above(0, 0, 0.9) == pytest.approx(0, abs=1e-12)
    assert log_evidence_below(0, 0, 0.9) == pytest.approx(0, abs=1e-12)
