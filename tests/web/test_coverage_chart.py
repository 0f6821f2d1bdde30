"""The picture of what traces record week by week: every share written, none rounded into a lie."""

import pytest

from core.web.charts.coverage import CoverageColumn, coverage_alt, coverage_chart

WEEKS = [CoverageColumn("02 Nov", 1000, (1000, 1)), CoverageColumn("09 Nov", 400, (399, 0))]


def words(figure: dict) -> list[str]:
    return [note["text"] for note in figure["layout"]["annotations"]]


def test_each_week_says_how_many_traces_it_has_and_each_cell_its_share() -> None:
    figure = coverage_chart(["query", "model"], WEEKS)
    shown = words(figure)
    assert [text for text in shown if "n " in text] == ["<b>02 Nov</b><br>n 1,000", "<b>09 Nov</b><br>n 400"]
    assert [text for text in shown if text.endswith("%")] == ["100 %", "99 %", "1 %", "0 %"]
    assert figure["data"][0]["hovertext"][2] == "model<br>02 Nov: 1 of 1,000"


def test_more_is_darker() -> None:
    shades = [shape["fillcolor"] for shape in coverage_chart(["query", "model"], WEEKS)["layout"]["shapes"]]
    assert shades[0] == "rgba(30, 140, 138, 0.40)"
    assert shades[3] == "rgba(30, 140, 138, 0.06)"


def test_the_picture_in_words() -> None:
    assert coverage_alt(["query", "model"], WEEKS) == (
        "query: 02 Nov 100 %, 09 Nov 99 %. model: 02 Nov 1 %, 09 Nov 0 %."
    )


@pytest.mark.parametrize("weeks", [[], [CoverageColumn("02 Nov", 0, (0,))]])
def test_nothing_to_show_draws_nothing_wrong(weeks: list[CoverageColumn]) -> None:
    assert "0 %" not in words(coverage_chart(["query"], weeks))


def test_markup_in_a_field_is_only_text() -> None:
    assert "<b>x" not in "".join(words(coverage_chart(["<b>x</b>"], [CoverageColumn("w", 1, (1,))])))
