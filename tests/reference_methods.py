"""How each reference value is computed: the method's name in the file -> the function for its inputs.

What the program itself never uses (Jeffreys, Bonett and Price, the asymptotic McNemar test) is spelled out
here: it shows that the numbers of these vectors are the ones meant.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import betaincc, betaln, chdtrc, ndtri, stdtr
from scipy.stats import beta, binom

from core.statistics.alarms import PointsRule, mean_run_length, points_rule
from core.statistics.before_after import mcnemar_different, tango_bounds
from core.statistics.clusters import korn_graubard_n
from core.statistics.comparison import Answer, compare
from core.statistics.concentration import adjusted_for_many
from core.statistics.costs import mean_cost
from core.statistics.differences import difference, wilson_bounds
from core.statistics.discovery import chao1, coverage
from core.statistics.drift import chance_of_a_falling_run, chance_of_such_a_fall, falls_every_time, trend_z
from core.statistics.exact import bounds, p_value_above
from core.statistics.interval import Interval
from core.statistics.judge_audit import cohens_kappa, predicted_mean, rate_behind
from core.statistics.like_for_like import Stratum, compare_like_for_like
from core.statistics.noisy_days import chi2_of_one_rate
from core.statistics.quantiles import order_bounds, quantile_levels
from core.statistics.repeats import pass_hat_k
from core.statistics.sample_size import chance_above, fewest_all_passing, more_cases
from core.statistics.slope import Slope, daily_slope
from core.statistics.stratified import stratified_mean
from core.statistics.zero_faults import chance_of_a_clean_run, most_bad_among

WORDS = {Answer.ABOVE: "pass", Answer.BELOW: "fail", Answer.UNDECIDED: "not enough evidence"}


def ends(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def exact(passes: float, n: float, error: float = 0.025) -> list[float]:
    return ends(bounds(passes, n, error))


def wilson(passes: int, n: int) -> list[float]:
    return ends(wilson_bounds(passes, n, 0.025))


def jeffreys(passes: int, n: int) -> list[float]:
    return list(beta.ppf([0.025, 0.975], passes + 0.5, n - passes + 0.5))


def first_n_with_size_and_power(p0: float, p1: float) -> dict[str, float]:
    n = next(n for n in range(1, 1000) if chance_above(n, p0, p1, 0.05) >= 0.8)
    return {"n": n, "alpha": chance_above(n, p0, p0, 0.05), "power": chance_above(n, p0, p1, 0.05)}


def korn_graubard(cluster_pass: list[int], cluster_n: list[int], cap_neff_at_n: bool) -> list[float]:
    n = korn_graubard_n(cluster_pass, cluster_n, 0.025)
    n = min(n, sum(cluster_n)) if cap_neff_at_n else n
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
    if x != "exp(0.00..1.00 step 0.01)":
        raise ValueError(f"unknown values: {x}")
    values = np.exp(np.arange(101) / 100).tolist()
    low, high = order_bounds(values, p, (1 - conf) / (2 if alternative == "two-sided" else 1))
    return [None if alternative == "less" else low, None if alternative == "greater" else high]


def values_over_the_limit_allowed(n: list[int]) -> list[int | None]:
    uppers = [(size, quantile_levels(size, 0.95, 0.05)[1]) for size in n]
    return [None if upper is None else size - round(upper * size) for size, upper in uppers]


def log_mixture_evidence(passes: float, n: float, p0: float, a: float, b: float) -> float:
    """The evidence above ``p0`` with a Beta(a, b) prior on the rates there; core's is that of Beta(1, 1)."""
    failures = n - passes
    whole = betaln(a + passes, b + failures) - betaln(a, b)
    tails = math.log(betaincc(a + passes, b + failures, p0)) - math.log(betaincc(a, b, p0))
    return float(whole + tails - passes * math.log(p0) - failures * math.log1p(-p0))


def run_length(points: Sequence[float]) -> float:
    """Of (m, limit, rate): a failure adds m - 1; of (a, b, limit, rate): a and b points."""
    *points_of, limit, rate = points
    a, b = points_of if len(points_of) == 2 else (points_of[0] - 1, 1)
    return mean_run_length(PointsRule(int(a), int(b), int(limit)), rate)


def designed(cases: Sequence[Sequence[float]]) -> list[list[int]]:
    rules = [points_rule(*case) for case in cases]
    return [[rule.per_failure, rule.per_success, rule.limit] for rule in rules if rule]


def trend_and_homogeneity(k: list[int], n: list[int]) -> dict[str, float]:
    z = trend_z(k, n, range(len(k))) or 0.0
    chi2 = chi2_of_one_rate(k, n)
    return {"z2": z * z, "p2": float(chdtrc(1, z * z)), "X2": chi2, "pX2": float(chdtrc(len(k) - 1, chi2))}


def slope_of(k: list[int], n: int, t: str) -> Slope:
    first, last = (int(end) for end in t.split(".."))
    found = daily_slope(k, [n] * len(k), range(first, last + 1))
    if found is None:
        raise ValueError("there is no slope")
    return found


def quasi_slope(k: list[int], n: int, t: str) -> dict[str, float]:
    found = slope_of(k, n, t)
    two_sided = 2 * float(stdtr(found.days - 2, -abs(found.value / found.standard_error)))
    return {
        "slope": found.value,
        "se": found.standard_error,
        "phi": found.dispersion,
        "p_two": two_sided,
    }


def plain_slope(k: list[int], n: int, t: str) -> dict[str, float]:
    found = slope_of(k, n, t)
    return {"slope": found.value, "se": found.standard_error}


def falling_runs(x4: list[float], x3: list[float]) -> list[float]:
    return [chance_of_a_falling_run(len(run)) if falls_every_time(run) else math.nan for run in (x4, x3)]


def seed_weeks(n_per_week: list[int]) -> list[list[float | None]]:
    rates = (0.87, 0.85, 0.83, 0.79)
    return [
        [chance_of_such_a_fall([r * n for r in rates[:w]], [n] * w, range(w)) for w in (3, 4)]
        for n in n_per_week
    ]


def doll_hill(k1: list[int], n1: list[int], k0: list[int], n0: list[int]) -> float | None:
    strata = [Stratum(*counts) for counts in zip(k1, n1, k0, n0, strict=True)]
    return compare_like_for_like(strata, 0.05, 0.05).same_kinds.value


def simpson(new: list[list[int]], old: list[list[int]]) -> dict[str, float | None]:
    strata = [Stratum(*one, *other) for one, other in zip(new, old, strict=True)]
    found = compare_like_for_like(strata, 0.05, 0.05)
    return {
        "raw": found.raw.value,
        "mh": found.same_kinds.value,
        "rate": found.rate,
        "mix": found.mix,
    }


def mcnemar(b: int, c: int) -> dict[str, float]:
    exact_p = mcnemar_different(b, c)
    return {"exact": exact_p, "midp": exact_p - float(binom.pmf(min(b, c), b + c, 0.5))}


def bonett_price(n12: int, n21: int, N: int) -> list[float]:  # noqa: N803
    p12, p21 = (n12 + 1) / (N + 2), (n21 + 1) / (N + 2)
    reach = float(ndtri(0.975)) * math.sqrt((p12 + p21 - (p12 - p21) ** 2) / (N + 2))
    return [p12 - p21 - reach, p12 - p21 + reach]


def rejected(p: list[float]) -> list[int]:
    return [sum(q <= 0.05 for q in adjusted_for_many(p)), sum(x <= 0.05 / len(p) for x in p)]


def kappa(table: list[list[float]]) -> dict[str, Any]:
    found = cohens_kappa(table, 0.025)
    if found is None:
        raise ValueError("kappa is not defined")
    return {"k": found.value, "var": found.variance, "ci": ends(found.interval)}


def rogan_gladen(flagged: int, n: int, se: float, sp: float) -> dict[str, Any]:
    value, interval = rate_behind(flagged, n, se, sp, 0.025)
    score = wilson_bounds(flagged, n, 0.025)
    return {
        "est": value,
        "cp": ends(interval),
        "wilson": [rate_behind(1e6 * end, 1e6, se, sp, 0.025)[0] for end in ends(score)],
    }


def ppi(human: str, judge_labelled: str, judge_unlabelled: str) -> dict[str, Any]:
    people, judge, elsewhere = (scores(text) for text in (human, judge_labelled, judge_unlabelled))
    value, variance = predicted_mean(people, judge, float(elsewhere.sum()), len(elsewhere), 1.0)
    reach = float(ndtri(0.975)) * math.sqrt(variance)
    return {"est": value, "ci": [value - reach, value + reach]}


def scores(text: str) -> Any:
    """``44x1,6x0``: 44 ones, then 6 zeros."""
    runs = [run.split("x") for run in text.split(",")]
    return np.concatenate([np.full(int(count), float(value)) for count, value in runs])


def spider(n: int, S: int, f1: int, f2: int) -> dict[str, float | None]:  # noqa: N803
    return {"chao1": chao1(S, f1, f2, n), "coverage": coverage(n, f1, f2), "unseen": f1 / n}


def stratified(N: list[int], n: list[int], mean: list[float], var: list[float]) -> dict[str, float]:  # noqa: N803
    found = stratified_mean(N, n, mean, var)
    return {"mean": found.value, "se": found.standard_error}


RUNNERS: dict[str, Callable[..., Any]] = {
    "Clopper-Pearson two-sided 95%": lambda passes, n, conf: exact(passes, n, (1 - conf) / 2),
    "Wilson two-sided 95% (charts only)": wilson,
    "Jeffreys two-sided 95% (not used, comparison)": jeffreys,
    "Clopper-Pearson 0 of 10 and 10 of 10": lambda cases: [exact(*case) for case in cases],
    "Wilson and Clopper-Pearson two-sided 95%": lambda passes, n: {
        "wilson": wilson(passes, n),
        "cp": exact(passes, n),
    },
    "one-sided exact test rate>0.90": lambda passes, n, threshold: p_value_above(passes, n, threshold),
    "one-sided 95% lower bound": lambda passes, n: bounds(passes, n, 0.05).low,
    "smallest n with exact size<=5% and power>=80% (first crossing)": first_n_with_size_and_power,
    "fewest cases, all passing, that prove rate>t at 95%": lambda threshold: fewest_all_passing(
        threshold, 0.05, running=False
    ),
    "Korn-Graubard, rare event in one cluster": korn_graubard,
    "three-way verdict (exact, one-sided 5% each way) + more cases for 80% chance": answer_and_more_cases,
    "sample size to see >=1 of D bad in N with 95% (exact hypergeometric)": fewest_reviewed_to_meet_a_bad_one,
    "largest number bad in N not excluded at 95%": lambda cases: [
        most_bad_among(total, reviewed, bad, 0.05) for bad, reviewed, total in cases
    ],
    "P(some run of 100 clean traces within N) at true fault rate 2%": lambda **given: [
        chance_of_a_clean_run(given["rate"], given["run"], total) for total in given["N"]
    ],
    "smallest n so the m-th largest is a 95% upper bound for p95": lambda m: [
        fewest_values_for_the_largest(each) for each in m
    ],
    "order-statistic interval for a quantile": quantile_interval,
    "traces over 8 s allowed for p95<8 s to pass": values_over_the_limit_allowed,
    "same mixture reaches log 20 at s=28.41238": log_mixture_evidence,
    "running evidence: fewest cases, all passing, to reach e>=20 (flat prior above t)": lambda thresholds: [
        fewest_all_passing(threshold, 0.05, running=True) for threshold in thresholds
    ],
    "CUSUM mean run length, fail +1/pass -1, alarm at H, failure rate 1/2": lambda **given: run_length(
        (given["m"], given["H"], given["q"])
    ),
    "CUSUM mean run length": lambda cases: [run_length(case) for case in cases],
    "CUSUM mean run length, +a per failure, -b per success": lambda cases: [
        run_length(case) for case in cases
    ],
    "points rules for (expected failure rate, alarm failure rate, mean cases between false alarms)": designed,
    "Cochran-Armitage X2 (two-sided p) and homogeneity X2": trend_and_homogeneity,
    # SAS counts the other outcome, so its sign is the opposite one.
    "Cochran-Armitage Z": lambda k, n: trend_z(
        [size - one for one, size in zip(k, n, strict=True)], n, range(len(k))
    ),
    "quasi-binomial logistic slope with overdispersion": quasi_slope,
    "binomial logistic slope, dispersion floored at 1": plain_slope,
    "strictly falling run of 4 and of 3 weeks, one-sided exact p": falling_runs,
    "seed weeks 87/85/83/79 %: one-sided Cochran-Armitage p at week 3 and 4": seed_weeks,
    "Newcombe hybrid score interval for p1-p2": lambda k1, n1, k2, n2: ends(
        difference(k1, n1, k2, n2, 0.025).interval
    ),
    "Mantel-Haenszel risk difference (estimate)": doll_hill,
    "kidney stones: raw difference, MH risk difference, Kitagawa rate effect and mix effect": simpson,
    "exact conditional McNemar two-sided, and mid-P": mcnemar,
    "Tango score interval": lambda **given: ends(tango_bounds(given["n21"], given["n12"], given["N"], 0.025)),
    "Bonett-Price Wald (comparison only)": bonett_price,
    "asymptotic McNemar p (comparison only)": lambda b, c: float(chdtrc(1, (b - c) ** 2 / (b + c))),
    "Benjamini-Hochberg at 5%: number rejected; Bonferroni: number rejected": rejected,
    "Cohen kappa with 95% CI": kappa,
    "Rogan-Gladen true rate, with transformed Clopper-Pearson and Wilson limits": rogan_gladen,
    "PPI++ mean, lambda=1: estimate and CLT 95% CI": ppi,
    "Chao1, sample coverage (Chao & Jost), Good-Turing unseen": spider,
    "bias-corrected Chao1 S+f1(f1-1)/(2(f2+1))": lambda **given: chao1(given["S"], given["f1"], given["f2"]),
    "stratified mean and SE with finite-population correction": stratified,
    "stratified mean and SE with fpc": stratified,
    "BCa 95% interval for the mean (loose: resampling noise)": lambda x: ends(
        mean_cost(x, [1] * len(x), 0.025).interval
    ),
    "pass^k": lambda cases_by_passes_of_4, k: [
        pass_hat_k(
            [int(p) for p, cases in cases_by_passes_of_4.items() for _ in range(cases)],
            [4] * sum(cases_by_passes_of_4.values()),
            each,
        )
        for each in k
    ],
}
