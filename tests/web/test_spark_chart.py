"""The small chart of a card: eight weeks, gaps left open, one scale for all shares."""

from datetime import date, timedelta

from core.units import Unit
from core.web.charts import TrendPoint, spark_chart

UNTIL = date(2026, 3, 4)
MONDAY = date(2026, 3, 2)


def week(ago: int, value: float | None = None, **more: float) -> TrendPoint:
    return TrendPoint(MONDAY - timedelta(weeks=ago), value, **more)


def test_only_the_last_eight_weeks_are_drawn_and_a_week_without_is_a_gap() -> None:
    points = [week(9, 0.1), week(7, 0.5, low=0.3, high=0.8, n=10), week(1), week(0, 0.9)]
    line = spark_chart(points, 0.8, until=UNTIL)["data"][0]
    assert line["x"] == ["2026-01-12", "2026-02-23", "2026-03-02"]
    assert line["y"] == [0.5, None, 0.9]
    assert line["connectgaps"] is False
    assert [round(length, 2) for length in line["error_y"]["array"]] == [0.3, 0.0, 0.0]
    assert [round(length, 2) for length in line["error_y"]["arrayminus"]] == [0.2, 0.0, 0.0]
    assert line["hovertext"][1] == "Week of 23 Feb 2026: not measured"


def test_shares_of_all_features_stand_on_one_scale() -> None:
    for points in ([week(0, 0.02)], [week(0, 0.99)], []):
        axis = spark_chart(points, 0.8, until=UNTIL)["layout"]["yaxis"]
        assert axis["ticktext"] == ["0 %", "100 %"]
        assert axis["range"] == [-0.04, 1.04]


def test_other_units_begin_at_zero_and_hold_the_bar() -> None:
    layout = spark_chart([week(0, 4000.0, high=5000.0)], 8000.0, until=UNTIL, unit=Unit.MILLISECONDS)[
        "layout"
    ]
    assert layout["yaxis"]["ticktext"] == ["0 ms", "8 s"]
    assert layout["shapes"][0]["y0"] == 8000.0
    assert layout["yaxis"]["range"][1] > 8000.0


def test_the_weeks_are_named_at_both_ends_whatever_was_measured() -> None:
    layout = spark_chart([], None, until=UNTIL)["layout"]
    assert layout["xaxis"]["ticktext"] == ["12 Jan", "2 Mar"]
    assert layout["shapes"] == []
