"""Every published or independently computed reference value is reproduced within its tolerance."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import beta, binomtest

from core.statistics.clusters import korn_graubard_n
from core.statistics.comparison import Answer, compare
from core.statistics.exact import bounds, p_value_above
from core.statistics.quantiles import order_bounds, quantile_levels
from core.statistics.repeats import pass_hat_k
from core.statistics.sample_size import chance_above, fewest_all_passing, more_cases
from core.statistics.zero_faults import chance_of_a_clean_run, most_bad_among

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))["vectors"]
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "vectors.json"
WORDS = {
    Answer.ABOVE: "pass",
    Answer.BELOW: "fail",
    Answer.UNDECIDED: "not enough evidence",
}


def exact(passes: float, n: float, error: float = 0.025) -> list[float]:
    interval = bounds(passes, n, error)
    return [interval.low, interval.high]


def wilson(passes: int, n: int) -> list[float]:
    """Only charts use this one, from SciPy."""
    interval = binomtest(passes, n).proportion_ci(0.95, method="wilson")
    return [interval.low, interval.high]


def jeffreys(passes: int, n: int) -> list[float]:
    """Not used anywhere: it shows that the data of these vectors are the ones meant."""
    return list(beta.ppf([0.025, 0.975], passes + 0.5, n - passes + 0.5))


def first_n_with_size_and_power(p0: float, p1: float) -> dict[str, float]:
    n = next(n for n in range(1, 1000) if chance_above(n, p0, p1, 0.05) >= 0.8)
    return {"n": n, "alpha": chance_above(n, p0, p0, 0.05), "power": chance_above(n, p0, p1, 0.05)}


def korn_graubard_interval(cluster_pass: list[int], cluster_n: list[int], cap_neff_at_n: bool) -> list[float]:
    assert not cap_neff_at_n
    n = korn_graubard_n(cluster_pass, cluster_n, 0.025)
    return exact(n * sum(cluster_pass) / sum(cluster_n), n)


def answer_and_more_cases(passes: int, n: int, threshold: float) -> dict[str, Any]:
    answer = compare(passes, n, threshold, 0.05, running=False).answer
    more = more_cases(passes, n, threshold, 0.05, running=False)
    return {"verdict": WORDS[answer], "more": more.count}


def fewest_reviewed_to_meet_a_bad_one(cases: list[list[int]]) -> list[int]:
    return [
        next(r for r in range(total + 1) if most_bad_among(total, r, 0, 0.05) < bad) for total, bad in cases
    ]


def fewest_values_for_the_largest(m: int) -> int:
    for n in range(1, 1000):
        upper = quantile_levels(n, 0.95, 0.05)[1]
        if upper is not None and round(upper * n) <= n - m + 1:
            return n
    raise AssertionError("not within 1000")


def quantile_interval(x: str, p: float, conf: float, alternative: str) -> list[float | None]:
    assert x == "exp(0.00..1.00 step 0.01)"
    values = np.exp(np.arange(101) / 100).tolist()
    low, high = order_bounds(values, p, (1 - conf) / (2 if alternative == "two-sided" else 1))
    return [None if alternative == "less" else low, None if alternative == "greater" else high]


def values_over_the_limit_allowed(n: list[int]) -> list[int | None]:
    uppers = [(size, quantile_levels(size, 0.95, 0.05)[1]) for size in n]
    return [None if upper is None else size - round(upper * size) for size, upper in uppers]


def pass_hat_ks(cases_by_passes_of_4: dict[str, int], k: list[int]) -> list[float | None]:
    passes = [int(p) for p, cases in cases_by_passes_of_4.items() for _ in range(cases)]
    return [pass_hat_k(passes, [4] * len(passes), each) for each in k]


RUNNERS: dict[str, Callable[..., Any]] = {
    "exact interval": lambda passes, n, conf: exact(passes, n, (1 - conf) / 2),
    "exact intervals": lambda cases: [exact(*case) for case in cases],
    "wilson interval": wilson,
    "jeffreys interval": jeffreys,
    "wilson and exact interval": lambda passes, n: {"wilson": wilson(passes, n), "cp": exact(passes, n)},
    "exact p-value above": lambda passes, n, threshold: p_value_above(passes, n, threshold),
    "exact low bound": lambda passes, n: bounds(passes, n, 0.05).low,
    "first n with size and power": first_n_with_size_and_power,
    "fewest all passing, one look": lambda threshold: fewest_all_passing(threshold, 0.05, running=False),
    "fewest all passing, running": lambda thresholds: [
        fewest_all_passing(threshold, 0.05, running=True) for threshold in thresholds
    ],
    "korn-graubard interval": korn_graubard_interval,
    "answer and more cases": answer_and_more_cases,
    "fewest reviewed to meet a bad one": fewest_reviewed_to_meet_a_bad_one,
    "most bad among": lambda cases: [
        most_bad_among(total, reviewed, bad, 0.05) for bad, reviewed, total in cases
    ],
    "chance of a clean run": lambda **given: [
        chance_of_a_clean_run(given["rate"], given["run"], total) for total in given["N"]
    ],
    "fewest values for the m-th largest": lambda m: [fewest_values_for_the_largest(each) for each in m],
    "quantile interval": quantile_interval,
    "values over the limit allowed": values_over_the_limit_allowed,
    "pass^k": pass_hat_ks,
}


def assert_equal(found: Any, expected: Any, tolerance: float) -> None:
    """``found`` equals ``expected``, numbers within ``tolerance``, down to the last leaf."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert_equal(found[key], value, tolerance)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_equal(one, other, tolerance)
    elif expected is None or isinstance(expected, str):
        assert found == expected
    else:
        assert found == pytest.approx(expected, abs=tolerance, rel=0)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_a_reference_value_is_reproduced(vector: dict[str, Any]) -> None:
    run = RUNNERS[vector["method"]]
    # Ten printed digits carry a rounding of their own, which the smallest tolerances leave out.
    assert_equal(run(**vector["inputs"]), vector["expected"], max(vector["tolerance"], 1e-10))


def test_every_runner_has_a_vector() -> None:
    assert {vector["method"] for vector in VECTORS} == set(RUNNERS)


def test_our_copy_holds_every_shared_vector_of_questions_1_to_3() -> None:
    if not SHARED.exists():
        pytest.skip("the shared reference vectors are not beside this checkout")
    ours = {vector["id"]: vector for vector in VECTORS}
    shared = json.loads(SHARED.read_text(encoding="utf-8"))["vectors"]
    wanted = [vector for vector in shared if vector["question"] in (1, 2, 3)]
    assert wanted
    for vector in wanted:
        for field in ("inputs", "expected", "tolerance"):
            assert ours[vector["id"]][field] == vector[field], vector["id"]
