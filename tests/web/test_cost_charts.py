"""The pictures of cost: log scales, marks, bands, and the same in words."""

import math
from datetime import date

import pytest

from core.units import Rounding, Unit
from core.web.charts import trend_chart, trend_points
from core.web.charts.cost import (
    CostColumn,
    Mark,
    StepMark,
    VolumePoint,
    distribution_alt,
    distribution_chart,
    mark_steps,
    money,
    money_interval,
    projection_alt,
    projection_chart,
    short_money,
    steps_alt,
)

COLUMNS = [CostColumn(0, 0, 4), CostColumn(0.01, 0.1, 20), CostColumn(0.1, 1.0, 3)]
MARKS = [Mark("p50", 0.02), Mark("p99", 0.5)]
POINTS = [
    VolumePoint("today", 100, 41, 38, 46),
    VolumePoint("1,000,000 a day", 1e6, 410_000, 380_000, 460_000),
]


@pytest.mark.parametrize(
    ("value", "rounding", "written"),
    [
        (0.0412, Rounding.NEAREST, "$0.0412"),
        (59.4, Rounding.NEAREST, "$59.40"),
        (59.401, Rounding.UP, "$59.41"),
        (59.409, Rounding.DOWN, "$59.40"),
        (1234.5, Rounding.UP, "$1,235"),
        (1234.5, Rounding.DOWN, "$1,234"),
        (0.0, Rounding.NEAREST, "$0"),
    ],
)
def test_money_is_written_as_one_says_it(value: float, rounding: Rounding, written: str) -> None:
    assert money(value, rounding) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(1_750_830, "$1.75M"), (12_345, "$12.3k"), (999.6, "$1k"), (46, "$46.00"), (2.5e9, "$2.5B")],
)
def test_money_in_few_letters(value: float, written: str) -> None:
    assert short_money(value) == written


@pytest.mark.parametrize(
    ("value", "rounding", "written"),
    [
        (12_301, Rounding.UP, "$12.4k"),
        (12_399, Rounding.DOWN, "$12.3k"),
        (999_400, Rounding.UP, "$1M"),
        (999_400, Rounding.DOWN, "$999k"),
        (99.991, Rounding.UP, "$100.00"),
    ],
)
def test_few_letters_round_outward_too(value: float, rounding: Rounding, written: str) -> None:
    assert short_money(value, rounding) == written


def test_bounds_are_rounded_outward_wherever_they_stand() -> None:
    point = VolumePoint("today", 10, 14.3, 14.218, 1_234_567)
    assert money_interval(14.218, 1_234_567) == "$14.21–$1,234,567"
    assert "$14.21–$1,234,567" in projection_alt([point])
    names = projection_chart([point])["layout"]["annotations"]
    assert "&#36;14.21–&#36;1.24M" in names[0]["text"]


@pytest.mark.parametrize(("most", "step"), [(1, 1), (5, 1), (6, None), (400, None)])
def test_the_axis_counts_whole_tasks(most: int, step: int | None) -> None:
    figure = distribution_chart([CostColumn(0.01, 0.1, most)], [])
    assert figure["layout"]["yaxis"].get("dtick") == step


def test_free_tasks_stand_left_of_the_powers_of_ten() -> None:
    figure = distribution_chart(COLUMNS, MARKS)
    bars = figure["data"][0]
    assert bars["y"] == [4, 20, 3]
    free, first, second = bars["x"]
    assert free < -2 < first < -1 < second < 0
    assert figure["layout"]["xaxis"]["ticktext"][0] == "&#36;0"
    assert [round(shape["x0"], 6) for shape in figure["layout"]["shapes"]] == [
        round(math.log10(0.02), 6),
        round(math.log10(0.5), 6),
    ]


@pytest.mark.parametrize("columns", [[], COLUMNS[:1], COLUMNS[1:], COLUMNS[2:]])
def test_any_spread_can_be_drawn(columns: list[CostColumn]) -> None:
    figure = distribution_chart(columns, [Mark("p50", 0.0)])
    assert sum(sum(bars["y"]) for bars in figure["data"]) == sum(one.tasks for one in columns)
    assert figure["layout"]["shapes"] == []


def test_the_projection_has_its_line_and_its_band() -> None:
    band, line = projection_chart(POINTS)["data"]
    assert line["x"] == [100, 1e6] and line["y"] == [41, 410_000]
    assert band["y"] == [46, 460_000, 380_000, 38]


def test_a_bound_that_is_missing_or_nothing_has_no_band() -> None:
    assert len(projection_chart([VolumePoint("today", 100, 41, 0, None)])["data"]) == 1
    assert projection_chart([VolumePoint("today", 100, 0, 0, 0)])["data"] == []
    assert projection_chart([])["data"] == []


def test_a_dearer_week_points_up() -> None:
    steps = [StepMark(date(2026, 3, 2), 0.05, 0.01), StepMark(date(2026, 3, 9), 0.04, -0.01)]
    figure = mark_steps(trend_chart(trend_points([]), None, unit=Unit.USD), steps)
    assert figure["data"][-1]["marker"]["symbol"] == ["triangle-up", "triangle-down"]
    assert steps_alt(steps) == (
        "Week of 2 Mar 2026: $0.01 dearer than the one before. "
        "Week of 9 Mar 2026: $0.01 cheaper than the one before."
    )


def test_every_picture_says_itself() -> None:
    assert distribution_alt(COLUMNS, MARKS) == (
        "Tasks by their cost. p50 is $0.02. p99 is $0.5. free: 4 tasks. $0.01 to $0.1: 20 tasks. "
        "$0.1 to $1.00: 3 tasks."
    )
    assert projection_alt(POINTS[:1]) == (
        "What 30 days would cost. today, 100 tasks a day: $41.00 in 30 days, $38.00–$46.00."
    )
