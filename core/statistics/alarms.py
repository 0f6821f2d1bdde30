"""An alarm that may watch all the time: points for failures, taken off for successes, a limit that trips.

METHODS 4: the Bernoulli CUSUM of Reynolds & Stoumbos (1999), Journal of Quality Technology 31:87-108,
in whole points, so that everybody can follow it on paper. Its limit is set by how many cases may pass
between two false alarms. A plain "hourly rate below 85 %" trips many times a week by luck.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_banded

from core.statistics.counts import check_share
from core.statistics.search import first_true

CLOSE_ENOUGH = 0.05
"""Whole points may miss the best ratio by this much before larger points are tried."""

MOST_PER_SUCCESS = 3
HIGHEST_LIMIT = 4096


@dataclass(frozen=True)
class PointsRule:
    """A failure adds ``per_failure`` points, a success takes ``per_success`` off (never below 0); at
    ``limit`` points the alarm trips."""

    per_failure: int
    per_success: int
    limit: int


@dataclass(frozen=True)
class Course:
    """The points after each case, up to and with the alarm; ``tripped_at`` and ``began_at`` are places
    from 0 (None: no alarm). The rise began with the case after the last 0: "probably began around"."""

    points: tuple[int, ...]
    tripped_at: int | None
    began_at: int | None


def points_rule(expected: float, alarm: float, cases_between: float) -> PointsRule | None:
    """The rule that watches for a failure rate of ``alarm`` where ``expected`` is agreed (both shares).

    By luck alone it trips once in ``cases_between`` cases or less often; with k alarms, ask for k times
    that. The points follow the likelihood ratio: a/b close to r2/r1 - 1. ``None`` where the limit would
    be above ``HIGHEST_LIMIT``: the two rates are too close for an alarm.
    """
    _check_rates(expected, alarm)
    if not (math.isfinite(cases_between) and cases_between >= 1):
        raise ValueError(f"cases between false alarms must be at least 1, not {cases_between}")
    ratio = _log_odds(expected, alarm) / -math.log((1 - alarm) / (1 - expected)) - 1
    per_failure, per_success = _whole_points(ratio)

    def seldom_enough(limit: int) -> bool:
        return mean_run_length(PointsRule(per_failure, per_success, limit), expected) >= cases_between

    reach = per_failure
    while not seldom_enough(reach):
        if reach >= HIGHEST_LIMIT:
            return None
        reach = min(2 * reach, HIGHEST_LIMIT)
    limit = first_true(seldom_enough, 1, reach)
    return None if limit is None else PointsRule(per_failure, per_success, limit)


def mean_run_length(rule: PointsRule, failure_rate: float) -> float:
    """The mean number of cases until the alarm trips, from 0 points on; infinite where nothing fails.

    Exact: one linear system over the points below the limit.
    """
    _check_rule(rule)
    check_share(failure_rate, "failure rate")
    if failure_rate == 0:
        return math.inf
    points = np.arange(rule.limit)
    up, down = points + rule.per_failure, np.maximum(points - rule.per_success, 0)
    stays = up < rule.limit
    # One step goes no further than a failure up or a success down, so that few diagonals hold the system:
    # SciPy keeps the element (row, column) at (above + row - column, column).
    above, below = min(rule.per_failure, rule.limit - 1), min(rule.per_success, rule.limit - 1)
    steps = np.zeros((above + below + 1, rule.limit))
    steps[above] = 1
    np.subtract.at(steps, (above + points[stays] - up[stays], up[stays]), failure_rate)
    np.subtract.at(steps, (above + points - down, down), 1 - failure_rate)
    found = float(solve_banded((below, above), steps, np.ones(rule.limit))[0])
    # Beyond what floats can resolve the solution loses its sign; it is then longer than any log.
    return found if found > 0 and math.isfinite(found) else math.inf


def replay(rule: PointsRule, failures: Sequence[bool], start: int = 0) -> Course:
    """The course of the points over cases in the order of their time; it stops where the alarm trips.

    Give one random case a session: related cases trip it far too often. After somebody has acknowledged
    the alarm, replay the rest from 0.
    """
    _check_rule(rule)
    points, course, began = start, list[int](), 0
    for place, failed in enumerate(failures):
        if points == 0:
            began = place
        points = points + rule.per_failure if failed else max(points - rule.per_success, 0)
        course.append(points)
        if points >= rule.limit:
            return Course(tuple(course), place, began)
    return Course(tuple(course), None, None)


def cases_to_notice(expected: float, alarm: float, cases_between: float) -> float:
    """About how many cases a drop to ``alarm`` takes to be noticed, on the careful side: ln(A)/KL.

    The rule with its exact limit is about twice as quick; this bound needs no search and serves planning.
    """
    _check_rates(expected, alarm)
    return math.log(cases_between) / _divergence(expected, alarm)


def noticed_within(expected: float, cases: float, cases_between: float) -> float | None:
    """The mildest failure rate that ``cases`` cases can notice; ``None`` where not even a total failure.

    It answers an alarm that cannot work: "at your traffic, within an hour, it can see a drop to ..."
    """
    check_share(expected, "expected failure rate")
    if not expected > 0 or not cases > 0:
        return None
    asked = math.log(cases_between) / cases
    rates = np.linspace(expected, 1, 10_001)[1:-1]
    seen = [rate for rate in rates if _divergence(expected, float(rate)) >= asked]
    return float(seen[0]) if seen else None


def _whole_points(ratio: float) -> tuple[int, int]:
    """The smallest whole points within ``CLOSE_ENOUGH`` of the ratio, else the closest."""
    tried = [(max(1, round(per * ratio)), per) for per in range(1, MOST_PER_SUCCESS + 1)]
    off = [abs(a / b - ratio) / ratio for a, b in tried]
    good = [points for points, miss in zip(tried, off, strict=True) if miss <= CLOSE_ENOUGH]
    return good[0] if good else tried[off.index(min(off))]


def _log_odds(expected: float, alarm: float) -> float:
    return math.log(alarm * (1 - expected) / (expected * (1 - alarm)))


def _divergence(expected: float, alarm: float) -> float:
    """Kullback-Leibler: how much evidence one case brings on average when ``alarm`` is true."""
    return alarm * math.log(alarm / expected) + (1 - alarm) * math.log((1 - alarm) / (1 - expected))


def _check_rates(expected: float, alarm: float) -> None:
    if not 0 < expected < alarm < 1:  # also true of NaN
        raise ValueError(f"failure rates must obey 0 < expected < alarm < 1, not {expected} and {alarm}")


def _check_rule(rule: PointsRule) -> None:
    if rule.per_failure < 1 or rule.per_success < 0 or rule.limit < 1:
        raise ValueError(f"{rule} is no rule: points must be positive")
