"""The pictures of slices and comparisons: shares at their place, words for screen readers, names inert."""

from datetime import date

import plotly.graph_objects as go
import pytest

from core.web.charts.adoption import AdoptionRow, adoption_alt, adoption_chart
from core.web.charts.heat import PROTECTED_SIGN, HeatCell, HeatRow, heat_alt, heat_chart
from core.web.charts.mix import ChangeRow, mix_alt, mix_chart
from core.web.charts.piles import MOST_ROWS, PileBar, pile_alt, pile_chart

REFUND = PileBar("refund", 0.46, 0.1, "23 %, 3 % elsewhere", "Not luck.", stands_out=True)
OTHER = PileBar("<b>$x$</b>", 0.54, 0.9, "3 %, 23 % elsewhere", "<i>luck</i> " * 30, stands_out=False)
STONES = [
    ChangeRow("Overall", -0.046, "−4.6 points", -0.095, 0.004),
    ChangeRow("Same kinds of tasks", 0.054, "+5.4 points", -0.001, 0.109, True),
    ChangeRow("By the mix of tasks", -0.099, "−9.9 points"),
]
WEEKS = [date(2026, 1, 5), date(2026, 1, 12)]


def texts(figure: dict[str, object]) -> list[str]:
    return [note.text for note in go.Figure(figure).layout.annotations]


def test_shares_of_failures_stand_beside_shares_of_cases() -> None:
    wide, thin = go.Figure(pile_chart([REFUND, OTHER])).data
    assert (list(wide.x), list(thin.x)) == ([46.0, 54.0], [10.0, 90.0])
    assert texts(pile_chart([REFUND]))[0] == "▲ <b>refund</b>"
    assert (
        "refund: 46 % of the failures, 10 % of what was counted; 23 %, 3 % elsewhere, stands out."
        in pile_alt([REFUND, OTHER])
    )


@pytest.mark.parametrize("number", [0, 1, 40])
def test_any_number_of_parts_is_a_picture(number: int) -> None:
    figure = go.Figure(pile_chart([REFUND] * number))
    assert len(figure.data[0].x) == min(number, MOST_ROWS)


def test_peoples_words_stay_words() -> None:
    changed = [ChangeRow("<a>", 0, "$x$")]
    written = str(pile_chart([OTHER])) + str(mix_chart(changed, 0.05, higher_is_better=True))
    written += str(adoption_chart(WEEKS, [AdoptionRow("<a>$x$", (1, 2))], "users"))
    for mark in ("<i>", "<a>", "$x$"):
        assert mark not in written


def test_a_change_and_its_parts_stand_on_one_scale() -> None:
    figure = go.Figure(mix_chart(STONES, 0.05, higher_is_better=True))
    assert [mark.x[0] for mark in figure.data] == pytest.approx([-4.6, 5.4, -9.9])
    assert [mark.marker.symbol for mark in figure.data] == ["circle", "circle", "diamond-open"]
    low, high = figure.layout.xaxis.range
    assert low == -high < -9.9
    (zone,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (zone.x0, zone.x1) == (-5.0, high)
    assert mix_alt(STONES).startswith("Overall: −4.6 points. Same kinds of tasks: +5.4 points.")


def test_the_zone_of_a_rate_that_should_be_low_lies_on_the_other_side() -> None:
    figure = go.Figure(mix_chart(STONES, 0.05, higher_is_better=False))
    (zone,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (zone.x0, zone.x1) == (5.0, figure.layout.xaxis.range[0])


@pytest.mark.parametrize("rows", [[], [ChangeRow("Overall", 0.0, "0 points", 0.0, 0.0)]])
def test_no_change_is_a_picture_too(rows: list[ChangeRow]) -> None:
    assert go.Figure(mix_chart(rows, 0.01, higher_is_better=True)).layout.xaxis.range[1] > 0


def test_segments_share_one_scale() -> None:
    rows = [AdoptionRow("beta", (10, 20)), AdoptionRow("all", (5, 0))]
    beta, other = go.Figure(adoption_chart(WEEKS, rows, "users")).data
    assert (list(beta.base), list(beta.y)) == ([1, 1], pytest.approx([0.3, 0.6]))
    assert (list(other.base), list(other.y)) == ([0, 0], pytest.approx([0.15, 0.0]))
    assert "beta: 20 in the last week. all: 0 in the last week." in adoption_alt(WEEKS, rows, "users")


def test_nobody_came_yet() -> None:
    assert go.Figure(adoption_chart([], [], "users")).data == ()
    assert adoption_alt([], [], "users") == "No users yet."


def test_a_protected_row_says_so_with_its_share() -> None:
    row = HeatRow(
        "billing", (HeatCell("below", "48 %", 25),), "protected · 17 % of traces", is_protected=True
    )
    assert texts(heat_chart([("Answer", "labels")], [row]))[1:3] == [
        f"{PROTECTED_SIGN} billing",
        "protected · 17 % of traces",
    ]
    assert "billing (protected · 17 % of traces): Answer 48 %, n 25, shown below its bar." in heat_alt(
        [("Answer", "labels")], [row]
    )


def test_a_rate_that_should_be_low_is_good_below_its_bar() -> None:
    assert HeatCell("above", "2 %", 90, low_is_good=True).words == "shown below its bar, which is good"
    assert HeatCell("below", "20 %", 90, low_is_good=True).words == "shown above its bar, which is bad"
    assert HeatCell("unclear", "5 %", 90, low_is_good=True).words == "not settled against its bar"
