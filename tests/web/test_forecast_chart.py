"""The chart of the forecast: a bar for what has days, words for what has none, a tick for the minimum."""

from core.rollout.forecast import Outcome
from core.web.charts.forecast import DaysBar, forecast_alt, forecast_chart

BARS = [
    DaysBar("Answer <b>correctness</b>", Outcome.DAYS, (14, 95), "14–95 days", "About 475.", 3),
    DaysBar("p95 latency", Outcome.HOLDS, None, "holds", "Holds now."),
    DaysBar("Acceptance", Outcome.DAYS, (20, 3_650), "20 days or far more", "Few come."),
]


def test_bars_stay_inside_and_every_row_has_its_tick() -> None:
    figure = forecast_chart(BARS, 14)
    edge = figure["layout"]["xaxis"]["range"][1]
    assert all(0 <= x <= edge for line in figure["data"] for x in line["x"])
    assert edge < 400, "what takes years is drawn up to the edge"
    assert [(shape["x0"], shape["x1"]) for shape in figure["layout"]["shapes"]] == [(14, 14)] * 3
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert "minimum: 14 d" in texts and "holds" in texts
    assert not any("<b>correctness" in text for text in texts), "names are no markup"


def test_without_a_minimum_there_is_no_tick() -> None:
    assert forecast_chart(BARS, 0)["layout"]["shapes"] == []


def test_it_is_said_in_words() -> None:
    assert forecast_alt(BARS[1:], 7) == (
        "Days until each criterion can be decided; the phase runs at least 7 days. p95 latency: holds. "
        "Acceptance: 20 days or far more."
    )
