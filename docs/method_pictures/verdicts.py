"""The pictures of how one row is judged."""

from collections.abc import Callable

import numpy as np
from drawing import AMBER, GREY, RED, TEAL, Figure, Whisker, figure_of, line_at, percent, says_at, whiskers

from core.statistics.clustered_bounds import clustered_bounds
from core.statistics.clusters import effective
from core.statistics.exact import bounds
from core.statistics.interval import Interval
from core.statistics.quantiles import ranks_among
from core.statistics.sequential import running_bounds
from core.statistics.zero_faults import clean_cases_for, rate_still_possible

HIGH = 0.05
"""All pictures are drawn for high stakes."""


def three_answers() -> Figure:
    """Above the bar, below it, or neither."""
    rows: list[Whisker] = []
    for right, says, colour in (
        (97, "shown above: GO", TEAL),
        (93, "neither: not enough evidence", AMBER),
        (80, "shown below: NO-GO", RED),
    ):
        rows.append((f"{right} of 100", right / 100, bounds(right, 100, HIGH), says, colour))
    return whiskers(rows, 0.7, 1.0, (0.9, "bar 90 %"))


def a_range() -> Figure:
    """The same share of right answers, from ever more cases."""
    rows: list[Whisker] = []
    for n in (50, 100, 200, 1000):
        interval = bounds(0.92 * n, n, HIGH)
        says = f"{percent(interval.low, 1)} to {percent(interval.high, 1)}"
        colour = TEAL if interval.low > 0.9 else AMBER
        rows.append((f"{round(0.92 * n):,} of {n:,}", 0.92, interval, says, colour))
    return whiskers(rows, 0.8, 1.0, (0.9, "bar 90 %"))


def stakes() -> Figure:
    """One result at three stakes."""
    rows: list[Whisker] = []
    for name, error in (("high stakes, 5 % each way", 0.05), ("medium, 10 %", 0.10), ("low, 20 %", 0.20)):
        interval = bounds(94, 100, error)
        colour = TEAL if interval.low > 0.9 else AMBER
        says = f"{percent(interval.low, 1)} to {percent(interval.high, 1)}"
        rows.append((name, 0.94, interval, says, colour))
    return whiskers(rows, 0.82, 1.0, (0.9, "bar 90 %"))


def looking() -> Figure:
    """A feature that is exactly at its bar, looked at after every case."""
    chance = np.random.default_rng(11)
    histories = chance.random((2000, 500)) < 0.9
    right = histories.cumsum(axis=1)
    cases = np.arange(1, 501)
    passed: dict[str, list[float]] = {}
    for name, rule in (("one-look rule", bounds), ("any-time rule", running_bounds)):
        fewest = np.array([_fewest_right(rule, int(n)) for n in cases])
        ever = (right >= fewest).cumsum(axis=1) > 0
        passed[name] = [float(share) for share in ever.mean(axis=0)]
    data = [
        {"x": cases.tolist(), "y": shares, "mode": "lines", "line": {"color": colour, "width": 4}}
        for shares, colour in zip(passed.values(), (RED, TEAL), strict=True)
    ]
    data.append({"x": [0, 500], "y": [HIGH, HIGH], "mode": "lines", "line": {"color": GREY, "dash": "dash"}})
    notes = [
        says_at(
            495, shares[-1] + 0.01, f"{name}: {percent(shares[-1])} wrong GO", colour=colour, anchor="right"
        )
        for (name, shares), colour in zip(passed.items(), (RED, TEAL), strict=True)
    ]
    notes.append(says_at(5, HIGH, "promised: at most 5 %", colour=GREY, anchor="left"))
    return figure_of(
        data,
        280,
        xaxis={"range": [0, 500], "title": {"text": "cases, with a look after each"}},
        yaxis={"range": [0, 0.32], "tickformat": ".0%"},
        annotations=notes,
    )


def _fewest_right(rule: Callable[[float, float, float], Interval], n: int) -> int:
    """The fewest right of n that the rule takes as above 90 %; more than n where none is."""
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        if middle <= n and rule(middle, n, HIGH).low <= 0.9:
            low = middle + 1
        else:
            high = middle
    return low


def users() -> Figure:
    """150 traces of 30 users: what they are worth, the more alike the traces of one user are."""
    chance = np.random.default_rng(3)
    names, counted = [], []
    for alike, name in ((0.0, "alike by chance only"), (0.3, "somewhat alike"), (0.9, "nearly the same")):
        concentration = 1 / alike - 1 if alike else None
        rates = chance.beta(0.85 * concentration, 0.15 * concentration, 30) if concentration else [0.85] * 30
        passes = [float(chance.binomial(5, rate)) for rate in rates]
        names.append(name)
        good_side = clustered_bounds(passes, [5.0] * 30, HIGH, running=True).low_from
        counted.append(min(effective(passes, [5.0] * 30, HIGH).n, good_side.n))
    return figure_of(
        [{"type": "bar", "x": names, "y": counted, "marker": {"color": [TEAL, AMBER, RED]}, "width": 0.5}],
        270,
        yaxis={"range": [0, 175], "title": {"text": "worth independent cases"}},
        annotations=[
            *(says_at(place, 0.5 * n, f"{n:,.0f}", colour="#FFFFFF") for place, n in enumerate(counted)),
            says_at(2.45, 152, "150 traces of 30 users", colour=GREY, anchor="right"),
        ],
        shapes=[
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": 150,
                "y1": 150,
                "line": {"color": GREY, "dash": "dash", "width": 2},
            }
        ],
    )


def clean_cases() -> Figure:
    """None found in n: the rate that is still possible."""
    sizes = [10, 20, 30, 59, 100, 150, 200, 299, 400]
    highest = [rate_still_possible(n, HIGH) or 0.0 for n in sizes]
    needed = clean_cases_for(0.01, HIGH)
    at_100 = rate_still_possible(100, HIGH) or 0.0
    return figure_of(
        [{"x": sizes, "y": highest, "mode": "lines+markers", "line": {"color": TEAL, "width": 3}}],
        270,
        xaxis={"title": {"text": "cases, all clean"}, "rangemode": "tozero"},
        yaxis={"tickformat": ".0%", "rangemode": "tozero", "title": {"text": "fault rate still possible"}},
        annotations=[
            says_at(104, at_100 + 0.004, f"0 of 100: up to {percent(at_100, 1)}", anchor="left"),
            says_at(needed, 0.016, f"{needed} clean ones for 1 %", colour=RED),
        ],
    )


def slow_answers() -> Figure:
    """200 answer times in order: the p95 and where it can lie."""
    times = np.sort(np.random.default_rng(5).lognormal(1.1, 0.42, 200))
    _, high = ranks_among(200, 200, 0.95, HIGH, running=False)
    p95, upper = float(times[189]), float(times[(high or 200) - 1])
    over = int((times >= 8).sum())
    shapes, named = line_at(8, "bar 8 s")
    return figure_of(
        [
            {
                "x": times.tolist(),
                "y": [(place + 1) / 200 for place in range(200)],
                "mode": "lines",
                "line": {"color": TEAL, "width": 4},
            }
        ],
        280,
        margin={"l": 10, "r": 20, "t": 30, "b": 40},
        xaxis={"title": {"text": "seconds"}, "range": [0, 11]},
        yaxis={"tickformat": ".0%", "title": {"text": "answers that took less"}, "range": [0, 1.04]},
        shapes=[
            *shapes,
            {
                "type": "rect",
                "x0": p95,
                "x1": upper,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "fillcolor": "rgba(30,140,138,0.2)",
                "line": {"width": 0},
            },
        ],
        annotations=[
            *named,
            says_at(p95 - 0.1, 0.45, f"p95 {p95:.1f} s, surely under {upper:.1f} s", anchor="right"),
            says_at(8.1, 0.2, f"{over} of 200 took longer", anchor="left"),
        ],
    )
