"""The charts of confidence: every number at its place, in words, with shapes beside the colours."""

import plotly.graph_objects as go
import pytest

from core.metrics.confidence import HistogramBin
from core.statistics.calibration import Bin
from core.statistics.exact import bounds
from core.statistics.interval import Interval
from core.statistics.threshold import Cut
from core.web.charts.confidence import (
    distribution_alt,
    distribution_chart,
    reliability_alt,
    reliability_chart,
)
from core.web.charts.confidence_curve import Mark, curve_alt, curve_chart

AFTER = (HistogramBin(0.0, 0.5, 25), HistogramBin(0.5, 1.0, 75))
BEFORE = (HistogramBin(0.0, 0.5, 1), HistogramBin(0.5, 1.0, 1))
NOTHING = (HistogramBin(0.0, 0.5, 0), HistogramBin(0.5, 1.0, 0))


def bin_of(stated: float, right: int, n: int, *, over: bool = False, under: bool = False) -> Bin:
    return Bin(stated - 0.02, stated + 0.02, stated, right, n, bounds(right, n, 0.05), over, under)


BINS = (bin_of(0.5, 80, 100, under=True), bin_of(0.8, 79, 100), bin_of(0.95, 60, 100, over=True))


def cut(confidence: float, share: float, right: int, n: int) -> Cut:
    return Cut(confidence, share, right, n, bounds(right, n, 0.05))


CUTS = (cut(0.99, 0.01, 4, 4), cut(0.95, 0.2, 39, 40), cut(0.8, 0.5, 90, 100), cut(0.4, 1.0, 150, 200))


def test_both_periods_are_shares_of_what_states_a_confidence() -> None:
    bars, line = go.Figure(distribution_chart(AFTER, BEFORE, 0.8)).data
    assert (list(bars.x), list(bars.y)) == ([0.25, 0.75], [25.0, 75.0])
    assert list(line.y) == [50.0, 50.0]
    assert bars.hovertext[1] == "0.5–1: 75 %, 75 of 100"
    assert line.hovertext[0] == "before: 0–0.5: 50 %, 1 of 2"
    (threshold,) = go.Figure(distribution_chart(AFTER, BEFORE, 0.8)).layout.shapes
    assert (threshold.x0, threshold.x1) == (0.8, 0.8)


def test_a_period_without_traffic_is_left_out() -> None:
    assert len(go.Figure(distribution_chart(AFTER, NOTHING)).data) == 1
    assert list(go.Figure(distribution_chart(NOTHING)).data[0].y) == [0.0, 0.0]


def test_the_distribution_in_words() -> None:
    assert distribution_alt(AFTER, BEFORE) == (
        "Confidence of 100 traces: 0–0.5 25 %, 0.5–1 75 %. Before, 2 traces: 0–0.5 50 %, 0.5–1 50 %."
    )
    assert distribution_alt(NOTHING) == "Confidence of no traces: ."


def test_each_bin_says_its_n_and_how_it_stands_by_word_and_shape() -> None:
    figure = go.Figure(reliability_chart(BINS))
    right, stated = figure.data
    assert list(right.x) == [80.0, 79.0, 60.0]
    assert list(stated.x) == [50.0, 80.0, 95.0]
    assert list(right.marker.symbol) == ["triangle-up", "circle", "triangle-down"]
    assert right.error_x.array[2] == pytest.approx((bounds(60, 100, 0.05).high - 0.6) * 100)
    assert right.error_x.arrayminus[2] == pytest.approx((0.6 - bounds(60, 100, 0.05).low) * 100)
    assert [note.text for note in figure.layout.annotations] == [
        "<b>0.48–0.52</b>  n 100  ▲ under-confident",
        "<b>0.78–0.82</b>  n 100",
        "<b>0.93–0.97</b>  n 100  ▼ over-confident",
    ]
    bottom, top = figure.layout.yaxis.range
    assert bottom > top


def test_reliability_in_words() -> None:
    assert reliability_alt(BINS[2:]) == (
        "Stated confidence against right answers. 0.93–0.97: states 0.95 on average, 60 of 100 right, 60 % "
        "(51.2–68.3 %), over-confident."
    )
    one_lump = Bin(0.9, 0.9, 0.9, 9, 10, Interval(0.6, 0.99), False, False)
    assert "0.9: states 0.9 on average, 9 of 10 right" in reliability_alt([one_lump])
    assert reliability_alt([]) == "Stated confidence against right answers. No labelled answer."
    go.Figure(reliability_chart([]))


def test_the_curve_is_wrong_answers_over_what_goes_out_alone() -> None:
    lower, upper, line = go.Figure(curve_chart(CUTS, 0.1)).data
    assert list(line.x) == [20.0, 50.0, 100.0]  # four labelled answers are not drawn
    assert list(line.y) == pytest.approx([2.5, 10.0, 25.0])
    assert list(lower.y) == list(line.y)
    assert list(upper.y) == pytest.approx([(1 - one.precision.low) * 100 for one in CUTS[1:]])
    assert line.hovertext[1] == "from 0.8: 50 % of traffic<br>10 of 100 wrong: 10 % (5.5–16.4 %)"


def test_what_the_promise_allows_is_a_line_with_its_words() -> None:
    layout = go.Figure(curve_chart(CUTS, 0.1)).layout
    (allowed,) = layout.shapes
    assert (allowed.y0, allowed.y1) == (10.0, 10.0)
    (words,) = layout.annotations
    assert words.text == "allowed: 10 % wrong"
    assert words.yanchor == "top"  # the curve ends above the line
    assert go.Figure(curve_chart(CUTS, 0.4)).layout.annotations[0].yanchor == "bottom"


def test_each_kind_of_threshold_has_a_shape_of_its_own() -> None:
    marks = [
        Mark("plan", 0.95, 0.2, 0.025, "the plan"),
        Mark("safe", 0.8, 0.5, 0.1, "safe"),
        Mark("picked", 0.7, 0.6, 0.9, "looked <b>at</b>"),
        Mark("picked", 0.999, 0.0, None, "nothing labelled"),
    ]
    figure = go.Figure(curve_chart(CUTS, 0.1, marks))
    drawn = figure.data[3:]
    assert [one.marker.symbol for one in drawn] == ["square-open", "star", "circle-open"]
    assert [one.x[0] for one in drawn] == [20.0, 50.0, 60.0]
    assert drawn[2].y[0] == figure.layout.yaxis.range[1]  # off the scale is at its end
    assert "&lt;b&gt;at" in drawn[2].hovertext[0]


def test_the_curve_in_words() -> None:
    marks = [Mark("plan", 0.95, 0.2, 0.025, "At 0.95, 20 of 100 traces")]
    assert curve_alt(CUTS, 0.1, marks) == (
        "Answered alone against wrong; 10 % wrong are allowed. "
        "20 % of traffic (from 0.95): 2.5 % wrong, at most 11.3 %, n 40. "
        "50 % of traffic (from 0.8): 10 % wrong, at most 16.4 %, n 100. "
        "100 % of traffic (from 0.4): 25 % wrong, at most 30.5 %, n 200. "
        "In the phase plan: At 0.95, 20 of 100 traces."
    )
    assert "Too few labelled answers" in curve_alt([], 0.1)
    go.Figure(curve_chart([], 0.1))


def test_many_cuts_are_thinned_to_what_a_screen_can_show() -> None:
    many = [cut(1 - place / 5000, (place + 1) / 5000, 20 + place, 20 + place) for place in range(5000)]
    line = go.Figure(curve_chart(many, 0.1)).data[2]
    assert len(line.x) <= 251
    assert line.x[-1] == 100.0
