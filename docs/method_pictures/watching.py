"""The pictures of what is watched over time and between groups."""

import numpy as np
from drawing import AMBER, GREY, RED, TEAL, Figure, Whisker, figure_of, percent, says_at, whiskers

from core.metrics.catalogue import metric
from core.metrics.like_for_like import LotCount, compare_groups
from core.statistics.alarms import points_rule, replay
from core.statistics.before_after import compare_pairs
from core.statistics.concentration import Part, concentrations
from core.statistics.discovery import expected_kinds
from core.statistics.drift import chance_of_such_a_fall
from core.statistics.exact import bounds
from core.statistics.like_for_like import Stratum, compare_like_for_like
from core.statistics.noisy_days import daily_swing, days_that_stand_out

HIGH = 0.05
"""All pictures are drawn for high stakes."""


def points() -> Figure:
    """The points of an alarm: a feature at 90 % that falls to 75 % after 300 answers."""
    rule = points_rule(0.10, 0.15, 5000)
    if rule is None:
        raise ValueError("there is a rule for 90 against 85 %")
    chance = np.random.default_rng(8)
    failures = [*(chance.random(300) < 0.10).tolist(), *(chance.random(300) < 0.25).tolist()]
    course = replay(rule, failures)
    tripped = course.tripped_at or 0
    return figure_of(
        [
            {"y": list(course.points), "mode": "lines", "line": {"color": TEAL, "width": 2}},
            {
                "x": [0, 450],
                "y": [rule.limit, rule.limit],
                "mode": "lines",
                "line": {"color": RED, "dash": "dash"},
            },
        ],
        280,
        xaxis={"title": {"text": "answers"}, "range": [0, 450]},
        yaxis={"title": {"text": "points"}, "range": [0, rule.limit * 1.25]},
        annotations=[
            says_at(5, rule.limit, f"stop at {rule.limit} points", colour=RED, anchor="left"),
            says_at(445, rule.limit + 3, f"stopped after {tripped + 1 - 300} worse answers", anchor="right"),
            says_at(300, rule.limit * 0.05, "from here on 75 % right", colour=GREY, anchor="right"),
            says_at(
                5, rule.limit * 0.72, f"wrong: +{rule.per_failure}, right: -{rule.per_success}", anchor="left"
            ),
        ],
    )


def four_weeks() -> Figure:
    """87, 85, 83, 79 % of 200 a week."""
    right, weeks = (174, 170, 166, 158), [1, 2, 3, 4]
    intervals = [bounds(passes, 200, HIGH) for passes in right]
    chances = [chance_of_such_a_fall(right[:last], [200] * last, range(last)) or 1.0 for last in (3, 4)]
    data = [
        {"x": [week, week], "y": [one.low, one.high], "mode": "lines", "line": {"color": TEAL, "width": 7}}
        for week, one in zip(weeks, intervals, strict=True)
    ]
    data.append(
        {
            "x": weeks,
            "y": [passes / 200 for passes in right],
            "mode": "lines+markers",
            "line": {"color": TEAL, "width": 2},
            "marker": {"size": 13},
        }
    )
    words = [
        says_at(week, one.high + 0.003, percent(passes / 200))
        for week, one, passes in zip(weeks, intervals, right, strict=True)
    ]
    return figure_of(
        data,
        280,
        xaxis={"tickvals": weeks, "ticktext": [f"week {week}" for week in weeks], "range": [0.5, 4.9]},
        yaxis={"tickformat": ".0%", "range": [0.72, 0.94]},
        annotations=[
            *words,
            says_at(
                3,
                0.735,
                f"week 3: luck does this 1 time in {round(1 / chances[0])}: quiet",
                colour=GREY,
                anchor="right",
            ),
            says_at(
                4.85,
                0.722,
                f"week 4: 1 time in {round(1 / chances[1])}: investigate",
                colour=RED,
                anchor="right",
            ),
        ],
    )


def noisy_days() -> Figure:
    """Fourteen days of 40 answers whose rate swings more than luck."""
    chance = np.random.default_rng(21)
    n = [40] * 14
    passes = [int(chance.binomial(40, 0.88)) for _ in n]
    passes[9] = 18
    swing = daily_swing(passes, n, seed=1)
    out = days_that_stand_out(passes, n)
    colours = [RED if day in out else TEAL for day in range(14)]
    named = ", ".join(f"day {day + 1}" for day in out)
    return figure_of(
        [
            {
                "x": list(range(1, 15)),
                "y": [one / 40 for one in passes],
                "mode": "lines+markers",
                "line": {"color": GREY, "width": 1},
                "marker": {"size": 12, "color": colours},
            }
        ],
        270,
        xaxis={"title": {"text": "day"}, "dtick": 1},
        yaxis={"tickformat": ".0%", "range": [0.4, 1.05]},
        annotations=[
            says_at(
                1,
                0.42,
                f"days swing {swing.times_luck or 0:.1f} times more than luck; {named} stands out",
                anchor="left",
            )
        ],
    )


def same_tasks() -> Figure:
    """Harder work, not worse work: two kinds of tasks, served in other shares."""
    found = compare_like_for_like(
        [Stratum(81, 87, 234, 270), Stratum(192, 263, 55, 80)], margin=0.03, error=HIGH
    )
    parts = (
        ("all tasks together", found.raw.value or 0.0, found.raw.interval),
        ("on the same kinds of tasks", found.same_kinds.value or 0.0, found.same_kinds.interval),
    )
    rows: list[Whisker] = [
        (name, value, interval, f"{100 * value:+.1f} points", TEAL if value > 0 else RED)
        for name, value, interval in parts
    ]
    picture = whiskers(rows, -0.12, 0.14, (0.0, "no change"))
    picture["layout"]["annotations"].append(
        says_at(
            0.138,
            -0.55,
            f"the harder mix alone: {100 * (found.mix or 0):+.1f} points",
            colour=GREY,
            anchor="right",
        )
    )
    return picture


def gap_found() -> Figure:
    """A phase against the phase before and against its own first week, on the same kinds of tasks."""
    before = {"track": (288, 320), "refund": (60, 80)}
    first_week = {"track": (113, 120), "refund": (88, 110)}
    rest = {"track": (209, 240), "refund": (161, 230)}
    whole = {kind: (passes + rest[kind][0], n + rest[kind][1]) for kind, (passes, n) in first_week.items()}
    rows: list[Whisker] = []
    for name, new, old in (
        ("phase 2 against phase 1", whole, before),
        ("after its first week against it", rest, first_week),
    ):
        counts = [
            LotCount(0, is_new, kind, n, passes)
            for is_new, group in ((True, new), (False, old))
            for kind, (passes, n) in group.items()
        ]
        cases = int(sum(one.n for one in counts))
        found = compare_groups(metric("answer_correctness"), tuple(counts), cases, 0, True, 0.05, HIGH)
        raw, same = found.found.raw, found.found.same_kinds.value or 0.0
        is_gap = found.interval.high < 0
        said = f"{100 * same:+.1f} points: {'gap found' if is_gap else 'no gap shown'}"
        rows.append(
            (f"{name}, all tasks", raw.value or 0.0, raw.interval, f"{100 * (raw.value or 0):+.1f}", GREY)
        )
        rows.append(("same kinds of tasks", same, found.interval, said, RED if is_gap else TEAL))
    return whiskers(rows, -0.2, 0.1, (0.0, "no change"))


def same_cases() -> Figure:
    """The same cases before and after a change."""
    rows: list[Whisker] = []
    for broke, mended, n in ((6, 16, 161), (9, 6, 120)):
        found = compare_pairs(broke, mended, n, 0.05, HIGH)
        low, high = 100 * found.interval.low, 100 * found.interval.high
        says = f"{found.change.value}: {low:+.1f} to {high:+.1f} points"
        colour = TEAL if found.interval.low > -0.05 else AMBER
        rows.append(
            (f"{broke} broke, {mended} mended of {n}", found.value or 0.0, found.interval, says, colour)
        )
    return whiskers(rows, -0.12, 0.14, (-0.05, "margin: 5 points worse"))


def piling_up() -> Figure:
    """A tenth of the traffic with nearly half of the failures."""
    parts = [
        Part("refunds", 23, 100, users=20),
        Part("orders", 14, 500, users=12),
        Part("returns", 13, 400, users=11),
    ]
    found = {one.part.name: one for one in concentrations(parts, 50, 1000, HIGH)}
    names = [part.name for part in parts]
    bars = [
        {
            "type": "bar",
            "name": name,
            "x": names,
            "y": [getattr(found[one], field) for one in names],
            "marker": {"color": colour},
        }
        for name, field, colour in (
            ("share of traffic", "share_of_cases", "#B8C4C8"),
            ("share of failures", "share_of_failures", RED),
        )
    ]
    worst = found["refunds"]
    words = f"{percent(worst.rate or 0)} wrong here, {percent(worst.rest_rate or 0)} elsewhere"
    return figure_of(
        bars,
        270,
        barmode="group",
        showlegend=True,
        yaxis={"tickformat": ".0%", "range": [0, 0.62]},
        annotations=[says_at(0, 0.5, words)],
    )


def new_kinds() -> Figure:
    """Kinds of failure found beside failures noted: two teams."""
    counts = {
        "nearly all kinds seen": [20, 15, 11, 8, 6],
        "many still unseen": [14, 9, 7, 5, 4, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    }
    data, notes = [], []
    for (name, kinds), colour in zip(counts.items(), (TEAL, RED), strict=True):
        steps = list(range(0, sum(kinds) + 1, 5))
        y = [expected_kinds(kinds, step) for step in steps]
        data.append({"x": steps, "y": y, "mode": "lines", "line": {"color": colour, "width": 4}})
        once = kinds.count(1)
        notes.append(
            says_at(
                steps[-1],
                y[-1] + 0.3,
                f"{name}: {once} of {sum(kinds)} were one of a kind",
                colour=colour,
                anchor="right",
            )
        )
    return figure_of(
        data,
        280,
        xaxis={"title": {"text": "failures noted"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "kinds found"}, "range": [0, 24]},
        annotations=notes,
    )
