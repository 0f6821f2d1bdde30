"""The Pareto of failures drawn: every share at its place, in words, and people's own words inert."""

from dataclasses import replace

import plotly.graph_objects as go
import pytest

from core.metrics.pareto import Failure, ParetoBar, PerceptionSplit, by_type
from core.web.charts.pareto import MOST_BARS, pareto_alt, pareto_chart
from core.web.screens.failures import split_words

TOOL = ParetoBar("wrong tool", 6, 10, 0.6, 0.3035, 0.85, 0.6, 6)
SLOW = ParetoBar("slow", 4, 10, 0.4, 0.15, 0.6965, 1.0, 3)
SPLIT = PerceptionSplit(20, 15, 0.5444, 0.8961, 2, 0.0181, 0.2826, "perception")


def test_bars_intervals_and_the_running_share_stand_in_per_cent() -> None:
    bars, line = go.Figure(pareto_chart([TOOL, SLOW])).data
    assert (list(bars.x), list(bars.y)) == ([60.0, 40.0], [0.0, 1.0])
    assert list(bars.error_x.array) == pytest.approx([25.0, 29.65])
    assert list(bars.error_x.arrayminus) == pytest.approx([29.65, 25.0])
    assert list(line.x) == [60.0, 100.0]


def test_the_first_row_stands_at_the_top_with_its_name_and_count() -> None:
    layout = go.Figure(pareto_chart([TOOL, SLOW])).layout
    bottom, top = layout.yaxis.range
    assert bottom > top
    assert [note.text for note in layout.annotations] == ["wrong tool  <b>6</b>", "slow  <b>4</b>"]


def test_hovering_says_count_interval_and_traces() -> None:
    bars, line = go.Figure(pareto_chart([SLOW])).data
    assert bars.hovertext[0] == "<b>slow</b><br>4 of 10: 40 % (15–69.7 %)<br>in 3 traces"
    assert line.hovertext[0] == "together with all above: 100 %"


def test_many_types_are_cut_to_what_can_be_read_and_the_words_say_so() -> None:
    many = by_type([Failure(f"r{n}", f"type {n:02}") for n in range(MOST_BARS + 2)], 0.05)
    assert len(go.Figure(pareto_chart(many)).data[0].x) == MOST_BARS
    assert pareto_alt(many, "Failures by type").endswith("And 2 more.")


def test_the_chart_in_words() -> None:
    assert pareto_alt([TOOL, SLOW], "Failures by type") == (
        "Failures by type, the most frequent first. "
        "wrong tool: 6 of 10, 60 % (30.3–85 %), together 60 %. "
        "slow: 4 of 10, 40 % (15–69.7 %), together 100 %."
    )
    assert pareto_alt([], "Root causes") == "Root causes: none."
    go.Figure(pareto_chart([]))


def test_a_type_is_text_and_never_markup() -> None:
    written = str(pareto_chart([replace(TOOL, word="<a href='x'>$x$</a> %{x}")]))
    assert "<a" not in written
    assert "$" not in written
    assert "hovertemplate" not in written


@pytest.mark.parametrize(
    ("leads", "advice"),
    [
        ("perception", "Mend what it sees before the prompt."),
        ("prompt", "The prompt comes first here."),
        (None, "Which of the two comes first cannot be told yet."),
    ],
)
def test_perception_against_prompt_in_words(leads: str | None, advice: str) -> None:
    assert split_words(replace(SPLIT, leads=leads)) == (
        "Of 20 failures with a root cause, 15 (75 %, 54.4–89.7 %) lie in what the model sees (tool names "
        "and descriptions, missing or wrong context, irrelevant retrieval) and 2 (10 %, 1.8–28.3 %) in the "
        f"prompt. {advice}"
    )
