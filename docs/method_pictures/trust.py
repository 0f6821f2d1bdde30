"""The pictures of confidence, judges, reviews, cost and duration."""

import numpy as np
from drawing import GREY, RED, TEAL, Figure, Whisker, figure_of, percent, says_at, whiskers

from core.metrics.cost_projection import AS_TODAY, outlook
from core.statistics.calibration import reliability
from core.statistics.costs import mean_cost, project
from core.statistics.exact import bounds
from core.statistics.judge_audit import corrected_rate
from core.statistics.phase_length import Flow, days_needed
from core.statistics.sequential import running_bounds
from core.statistics.stratified import Stratum as ReviewStratum
from core.statistics.stratified import stratified_rate

HIGH = 0.05
"""All pictures are drawn for high stakes."""


def confidence() -> Figure:
    """Stated confidence beside how often it was right, in bins of equally many answers."""
    chance = np.random.default_rng(17)
    stated = chance.beta(6, 1.6, 600)
    right = chance.random(600) < np.clip(stated - 0.12, 0, 1)
    bins = reliability(stated.tolist(), right.tolist(), HIGH).bins
    data: list[Figure] = [
        {"x": [0.2, 1], "y": [0.2, 1], "mode": "lines", "line": {"color": GREY, "dash": "dash"}}
    ]
    for one in bins:
        colour = RED if one.over else TEAL
        ends = [one.interval.low, one.interval.high]
        data.append(
            {"x": [one.stated] * 2, "y": ends, "mode": "lines", "line": {"color": colour, "width": 6}}
        )
        data.append(
            {
                "x": [one.stated],
                "y": [one.right / one.n],
                "mode": "markers",
                "marker": {"color": colour, "size": 12},
            }
        )
    over = sum(one.over for one in bins)
    return figure_of(
        data,
        300,
        xaxis={"title": {"text": "stated confidence"}, "tickformat": ".0%", "range": [0.35, 1.01]},
        yaxis={"title": {"text": "right"}, "tickformat": ".0%", "range": [0.2, 1.02]},
        annotations=[
            says_at(0.37, 0.92, f"{over} of {len(bins)} bins are over-confident", colour=RED, anchor="left"),
            says_at(0.37, 0.23, "dashed: confidence means what it says", colour=GREY, anchor="left"),
        ],
    )


def judge() -> Figure:
    """What the judge says, and the rate corrected by people."""
    people = [1.0] * 90 + [0.0] * 10
    says = [1.0] * 85 + [0.0] * 5 + [1.0] * 3 + [0.0] * 7
    found = corrected_rate(people, says, 0.875 * 1900, 1900, HIGH)
    if found is None:
        raise ValueError("100 labels give a rate")
    # As on the pages: a range that holds at every look.
    alone = running_bounds(90, 100, HIGH)
    both = running_bounds(found.value * found.effective_n, found.effective_n, HIGH)
    raw = (0.875 * 1900 + sum(says)) / 2000
    rows: list[Whisker] = [
        (
            "the judge, 2,000 cases",
            raw,
            running_bounds(raw * 2000, 2000, HIGH),
            f"{percent(raw, 1)}, uncorrected",
            RED,
        ),
        ("people, 100 cases", 0.9, alone, f"{percent(alone.low)} to {percent(alone.high)}", GREY),
        (
            "both together",
            found.value,
            both,
            f"{percent(found.value)}: {percent(both.low)} to {percent(both.high)}",
            TEAL,
        ),
    ]
    return whiskers(rows, 0.75, 1.0, None)


def reviews() -> Figure:
    """Reviews of unequal parts: each kind counts by its share of the traffic."""
    strata = [ReviewStratum(900, 50, 48), ReviewStratum(100, 50, 30)]
    weighted = stratified_rate(strata, HIGH)
    plain = bounds(78, 100, HIGH)
    says = f"{percent(weighted.value or 0, 1)}: each kind by its traffic"
    rows: list[Whisker] = [
        ("orders, 90 % of traffic", 0.96, bounds(48, 50, HIGH), "48 of 50 reviewed", GREY),
        ("refunds, 10 %", 0.6, bounds(30, 50, HIGH), "30 of 50 reviewed", GREY),
        ("thrown together", 0.78, plain, "78.0 %: the wrong mix", RED),
        ("weighted", weighted.value or 0.0, weighted.interval, says, TEAL),
    ]
    return whiskers(rows, 0.4, 1.05, None)


def cost() -> Figure:
    """The mean cost of a task and what ten times the traffic would cost."""
    chance = np.random.default_rng(2)
    tasks = chance.poisson(4, 400) + 1
    costs = [float(chance.lognormal(-3.6, 1, count).sum()) for count in tasks]
    found = mean_cost(costs, tasks.tolist(), HIGH)
    month = project(found, 1_000_000)
    if found.value is None or month is None:
        raise ValueError("there are tasks")
    cents = [100 * one for one in (found.value, found.interval.low, found.interval.high)]
    per_task = f"{cents[0]:.1f} cents a task ({cents[1]:.1f} to {cents[2]:.1f})"
    low, high = month.interval.low / 1000, month.interval.high / 1000
    return figure_of(
        [
            {
                "type": "histogram",
                "x": (100 * np.array(costs) / tasks).tolist(),
                "xbins": {"size": 0.5},
                "marker": {"color": "#B8C4C8"},
            }
        ],
        280,
        xaxis={"title": {"text": "cents a task, by user"}},
        yaxis={"title": {"text": "users"}},
        shapes=[
            {
                "type": "rect",
                "x0": 100 * found.interval.low,
                "x1": 100 * found.interval.high,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "fillcolor": "rgba(30,140,138,0.35)",
                "line": {"width": 0},
            }
        ],
        annotations=[
            {
                "x": 0.98,
                "y": 0.9,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "right",
                "showarrow": False,
                "text": per_task,
                "font": {"color": TEAL, "size": 14},
            },
            {
                "x": 0.98,
                "y": 0.72,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "right",
                "showarrow": False,
                "text": f"1,000,000 tasks: {low:.0f} to {high:.0f} thousand dollars",
            },
        ],
    )


def cost_at_scale() -> Figure:
    """The same tasks at another volume: 30 days at today's volume, ten times it, and a million a day."""
    chance = np.random.default_rng(2)
    tasks = chance.poisson(4, 400) + 1
    costs = [float(chance.lognormal(-3.6, 1, count).sum()) for count in tasks]
    found = mean_cost(costs, tasks.tolist(), HIGH)
    names = {2_000: "today, 2,000 a day", 20_000: "ten times", 1_000_000: "a million a day"}
    volumes, months, bands, notes = list(names), [], [], []
    for volume, name in names.items():
        seen = outlook(found, volume, AS_TODAY, (), None, HIGH)
        if seen is None or seen.month.high is None:
            raise ValueError("there are tasks of several users")
        months.append(seen.month.value)
        bands.append((seen.month.low, seen.month.high))
        money = f"${seen.month.low:,.0f} to ${seen.month.high:,.0f}"
        anchor, across, up = ("right", -0.08, 0.1) if volume == volumes[-1] else ("left", 0.08, -0.45)
        notes.append(
            says_at(float(np.log10(volume)) + across, float(np.log10(months[-1])) + up, f"{name}: {money}")
            | {"xanchor": anchor}
        )
    band = [*(low for low, _ in bands), *(high for _, high in reversed(bands))]
    return figure_of(
        [
            {
                "x": [*volumes, *reversed(volumes)],
                "y": band,
                "fill": "toself",
                "mode": "none",
                "fillcolor": "rgba(30,140,138,0.3)",
            },
            {"x": volumes, "y": months, "mode": "lines+markers", "line": {"color": TEAL, "width": 3}},
        ],
        300,
        xaxis={"type": "log", "title": {"text": "tasks a day"}, "range": [3, 6.5], "dtick": 1},
        yaxis={"type": "log", "title": {"text": "dollars in 30 days"}, "dtick": 1, "range": [2.8, 6.6]},
        annotations=notes,
    )


def how_long() -> Figure:
    """Days that 203 independent cases take, by the share reviewed."""
    plans = (
        ("2,000 a day, 5 % exposed, 20 % reviewed", Flow(2000, 0.05, 0.20)),
        ("2,000 a day, 5 % exposed, 5 % reviewed", Flow(2000, 0.05, 0.05)),
        ("400 a day, 25 % exposed, 20 % reviewed", Flow(400, 0.25, 0.20)),
        ("400 a day, 5 % exposed, 5 % reviewed", Flow(400, 0.05, 0.05)),
    )
    days = [days_needed(203, flow) or 0 for _, flow in plans]
    return figure_of(
        [
            {
                "type": "bar",
                "orientation": "h",
                "y": [name for name, _ in plans],
                "x": days,
                "marker": {"color": TEAL},
            }
        ],
        260,
        xaxis={"title": {"text": "days"}, "range": [0, 310]},
        yaxis={"autorange": "reversed"},
        annotations=[
            {"x": count + 4, "y": place, "text": f"{count} days", "showarrow": False, "xanchor": "left"}
            for place, count in enumerate(days)
        ],
    )
