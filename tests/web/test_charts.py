"""The charts: valid Plotly, every number where it belongs, and people's text inert."""

from dataclasses import replace
from datetime import date

import plotly.graph_objects as go
import pytest

from core.criteria.verdict import Verdict
from core.metrics.measurement import Cluster, Measurement, NotMeasured, Slice, Source, Tally, WeekPoint, Why
from core.units import Unit
from core.web.charts import (
    TrendPoint,
    WhiskerRow,
    trend_alt,
    trend_chart,
    trend_points,
    whisker_alt,
    whisker_chart,
)

BILLING = WhiskerRow(
    "Answer correctness, billing", "no_go", "above 80 %", "48 % (30.2–66.2 %)",
    bar=0.8, value=0.48, low=0.302, high=0.662, n=25, note="12 of 25 are right.",
)  # fmt: skip
LATENCY = WhiskerRow(
    "p95 latency", "no_go", "below 8 s", "9.1 s (8.5–10.2 s)", Unit.MILLISECONDS, False,
    bar=8000, value=9100, low=8500, high=10_200, n=412,
)  # fmt: skip
GROUNDING = WhiskerRow("Grounding accuracy", "no_data", "above 90 %", "not measured", bar=0.9)
WEEKS = [
    TrendPoint(date(2026, 1, 5), 0.9, 0.8, 0.95, 40),
    TrendPoint(date(2026, 1, 12)),
    TrendPoint(date(2026, 1, 19), 0.7, 0.6, 0.8, 35),
]


def marks(figure: dict[str, object]) -> list[tuple[float, str]]:
    """Position and colour of every value mark (the flags of the bars are grey)."""
    traces = go.Figure(figure).data
    return [(trace.x[0], trace.marker.symbol) for trace in traces if trace.marker.size == 15]


def thick_lines(figure: dict[str, object]) -> list[tuple[float, float]]:
    return [(shape.x0, shape.x1) for shape in go.Figure(figure).layout.shapes if shape.line.width == 5]


def test_a_share_stands_at_its_place_from_0_to_100_per_cent() -> None:
    figure = whisker_chart([BILLING])
    assert marks(figure) == [(0.48, "x")]
    assert thick_lines(figure) == [(0.302, 0.662)]


def test_another_unit_stands_relative_to_its_bar_on_a_scale_of_its_own() -> None:
    figure = whisker_chart([LATENCY, BILLING])
    assert marks(figure) == [(0.48, "x"), (9100 / 8000, "x")]
    assert list(go.Figure(figure).layout.xaxis2.ticktext) == ["0", "half the bar", "the bar", "twice"]


def test_a_value_beyond_the_scale_is_an_arrow_at_its_end() -> None:
    far = replace(LATENCY, value=80_000, low=70_000, high=90_000)
    figure = whisker_chart([far])
    assert marks(figure) == [(2.0, "triangle-right")]


def test_a_missing_bound_reaches_to_the_end_of_the_scale() -> None:
    assert thick_lines(whisker_chart([replace(BILLING, high=None)])) == [(0.302, 1.0)]
    assert thick_lines(whisker_chart([replace(BILLING, low=None)])) == [(0.0, 0.662)]
    assert thick_lines(whisker_chart([replace(BILLING, low=None, high=None)])) == []


def test_what_was_not_measured_has_a_bar_but_no_mark() -> None:
    figure = whisker_chart([GROUNDING])
    assert marks(figure) == []
    assert "not measured" in [note.text for note in go.Figure(figure).layout.annotations]


def test_a_bar_of_zero_divides_nothing() -> None:
    assert marks(whisker_chart([replace(LATENCY, bar=0.0)])) == [(9100 / 10_200 * 2.0, "x")]
    assert marks(whisker_chart([replace(LATENCY, bar=0.0, value=0.0, low=0.0, high=0.0)])) == [(0.0, "x")]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_can_be_drawn(verdict: Verdict) -> None:
    go.Figure(whisker_chart([replace(BILLING, verdict=verdict)]))


def test_no_rows_are_an_empty_picture() -> None:
    assert go.Figure(whisker_chart([])).data == ()


def test_a_name_is_text_and_never_markup() -> None:
    written = str(whisker_chart([replace(BILLING, label="<a href='x'>$x$</a>", note="%{x}<b>")]))
    assert "<a" not in written
    assert "$" not in written
    assert "hovertemplate" not in written


def test_the_whisker_chart_in_words() -> None:
    assert whisker_alt([BILLING, GROUNDING]) == (
        "Each criterion with its interval and its bar. "
        "Answer correctness, billing: 48 % (30.2–66.2 %), n 25; bar above 80 %; NO-GO. "
        "Grounding accuracy: not measured; bar above 90 %; NO DATA."
    )


def test_a_week_without_measurement_is_a_gap_and_never_a_zero() -> None:
    line, gaps = go.Figure(trend_chart(WEEKS, 0.8)).data
    assert list(line.y) == [90.0, None, 70.0]
    assert line.connectgaps is False
    assert list(gaps.x) == ["2026-01-12"]
    assert gaps.hovertext == ("Week of 12 Jan 2026: not measured",)


def test_the_trend_shows_the_whole_of_every_interval_and_the_bar() -> None:
    figure = go.Figure(trend_chart(WEEKS, 0.97))
    low, high = figure.layout.yaxis.range
    assert low < 60
    assert 97 < high <= 100
    assert figure.layout.shapes[0].y0 == 97


def test_the_trend_says_n_on_hovering() -> None:
    line = go.Figure(trend_chart(WEEKS, 0.8)).data[0]
    assert line.hovertext[0] == "Week of 5 Jan 2026<br><b>90 % (80–95 %)</b>  n 40"


@pytest.mark.parametrize("points", [[], [TrendPoint(date(2026, 1, 5))]])
def test_a_trend_without_any_measurement(points: list[TrendPoint]) -> None:
    go.Figure(trend_chart(points, None))


def test_latency_is_written_in_seconds() -> None:
    figure = go.Figure(
        trend_chart([TrendPoint(date(2026, 1, 5), 9100, 8500, 10_200, 9)], 8000, unit=Unit.MILLISECONDS)
    )
    assert list(figure.data[0].y) == [9.1]
    assert figure.layout.yaxis.ticksuffix == " s"
    assert figure.layout.shapes[0].y0 == 8


def test_the_trend_in_words() -> None:
    assert trend_alt(WEEKS, 0.8, label="Answer correctness") == (
        "Answer correctness by week. The bar is 80 %. 5 Jan 2026: 90 %, n 40. "
        "12 Jan 2026: not measured. 19 Jan 2026: 70 %, n 35."
    )


def test_weeks_of_measurements_become_points() -> None:
    tally = Tally((9.0,), (10,), Cluster.USER)
    found = Measurement(
        "answer_correctness", Source.LABEL, Slice(), Unit.SHARE, 0.9, 0.6, None, tally, 10, 9, False, 0.05
    )  # fmt: skip
    absent = NotMeasured("answer_correctness", Source.LABEL, Slice(), Why.NO_ROWS, "No labels yet.")
    weeks = [WeekPoint(date(2026, 1, 5), found), WeekPoint(date(2026, 1, 12), absent)]
    assert trend_points(weeks) == [
        TrendPoint(date(2026, 1, 5), 0.9, 0.6, None, 10),
        TrendPoint(date(2026, 1, 12)),
    ]


def test_an_interval_that_is_open_above_reaches_the_edge_and_says_so() -> None:
    points = [TrendPoint(date(2026, 3, 2), 2_000, 1_500, None, 12), TrendPoint(date(2026, 3, 9), 2_000)]
    figure = trend_chart(points, None, unit=Unit.MILLISECONDS)
    line, top = figure["data"][0], figure["layout"]["yaxis"]["range"][1]
    assert line["y"][0] + line["error_y"]["array"][0] == pytest.approx(top)
    assert line["error_y"]["array"][1] == line["error_y"]["arrayminus"][1] == 0, "no interval, none drawn"
    assert "(1.5 s or more)" in line["hovertext"][0]
