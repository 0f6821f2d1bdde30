"""The picture of one number on the board: one scale for all shares, the bar, the weeks beside it."""

from datetime import date, timedelta

import plotly.graph_objects as go
import pytest

from core.units import Unit
from core.web.charts import TrendPoint
from core.web.charts.meter import Meter, meter_alt, meter_chart

MONDAY = date(2026, 1, 5)


def weeks(*values: float | None, around: float = 0.0) -> list[TrendPoint]:
    return [
        TrendPoint(MONDAY + timedelta(weeks=place))
        if value is None
        else TrendPoint(MONDAY + timedelta(weeks=place), value, value - around, value + around, 50)
        for place, value in enumerate(values)
    ]


def drawn(meter: Meter, points: list[TrendPoint]) -> go.Figure:
    return go.Figure(meter_chart(meter, points, until=MONDAY + timedelta(weeks=7)))


@pytest.mark.parametrize("value", [0.0, 0.004, 0.5, 1.0])
def test_every_share_stands_on_the_same_scale(value: float) -> None:
    figure = drawn(Meter(value, value, value), weeks(value))
    assert list(figure.layout.xaxis.range) == [-0.02, 1.02]
    assert figure.data[0].x == (value,)


@pytest.mark.parametrize(("above", "good"), [(True, (0.8, 1.0)), (False, (0.0, 0.8))])
def test_the_bar_is_a_tick_with_its_good_side(above: bool, good: tuple[float, float]) -> None:
    figure = drawn(Meter(0.9, 0.85, 0.95, bar=0.8, above=above, verdict="go"), [])
    ends = [(shape.x0, shape.x1) for shape in figure.layout.shapes]
    assert good in ends
    assert (0.8, 0.8) in ends
    assert (0.85, 0.95) in ends


def test_a_bound_that_is_not_known_reaches_to_the_end_of_the_scale() -> None:
    ends = [(shape.x0, shape.x1) for shape in drawn(Meter(0.9, None, 0.95), []).layout.shapes]
    assert (0.0, 0.95) in ends


def test_without_any_interval_there_is_only_the_value() -> None:
    assert len(drawn(Meter(0.9, None, None), []).layout.shapes) == 1


def test_an_amount_has_a_scale_that_holds_its_bar() -> None:
    figure = drawn(Meter(5180.0, 4780.0, 5510.0, Unit.MILLISECONDS, bar=8000.0, above=False), [])
    low, high = figure.layout.xaxis.range
    assert low < 0 < 8000 < high
    assert figure.layout.xaxis.ticktext == ("0 ms", "8 s")


def test_chance_is_no_cliff() -> None:
    low, high = drawn(Meter(0.9, 0.8, 0.95), weeks(0.90, 0.89, 0.91)).layout.yaxis2.tickvals
    assert round(high - low, 9) >= 0.1


@pytest.mark.parametrize("values", [(0.001, 0.0), (0.999, 1.0), (0.5, 0.52)])
def test_the_scale_of_the_weeks_stays_within_all_shares_and_holds_the_intervals(
    values: tuple[float, ...],
) -> None:
    low, high = drawn(Meter(0.5, 0.4, 0.6), weeks(*values)).layout.yaxis2.tickvals
    assert 0 <= low <= min(values) and max(values) <= high <= 1


def test_no_week_no_second_picture() -> None:
    assert len(drawn(Meter(0.9, 0.8, 0.95), weeks(None, None)).data) == 1
    assert len(drawn(Meter(0.9, 0.8, 0.95), []).data) == 1


def test_the_words_say_what_the_picture_shows() -> None:
    said = meter_alt("Answers", "90 % (80–95 %)", "above 80 %", "Not settled", weeks(0.9, None, 0.8))
    assert said == (
        "Answers: 90 % (80–95 %); bar above 80 %, Not settled. By week: 5 Jan 2026 0.9, 19 Jan 2026 0.8."
    )
    assert meter_alt("Answers", "90 %", "", "", []) == "Answers: 90 %; no bar."
