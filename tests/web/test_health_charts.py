"""The charts of the Health page: the heat table, and the trend by day with its releases."""

from datetime import date

import plotly.graph_objects as go
import pytest

from core.metrics.measurement import Cluster, Measurement, NotMeasured, Slice, Source, Tally, WeekPoint, Why
from core.statistics.drift import Level
from core.units import Unit
from core.web.charts import TrendPoint, trend_alt, trend_chart, trend_points
from core.web.charts.heat import LOOKS, HeatCell, HeatRow, heat_alt, heat_chart
from core.web.charts.phases import PhaseLine, phase_alt, phase_chart
from core.web.charts.trend_marks import LEVELS, Change, Marks, mark_trend, marks_alt
from core.web.screens.health_trend import releases

HEADS = [("Answer", "labels"), ("Accepted", "users")]
ROWS = [
    HeatRow(
        "billing",
        (HeatCell("below", "48 %", 25, "48 % (30.2–66.2 %), n 25"), HeatCell("too few", "50 %", 4)),
    ),
    HeatRow("refund", (HeatCell("above", "94 %", 640), HeatCell("not measured"))),
]
MONDAY = date(2026, 1, 5)


def texts(figure: dict[str, object]) -> list[str]:
    return [note.text for note in go.Figure(figure).layout.annotations]


def fills(figure: dict[str, object]) -> list[str]:
    return [shape.fillcolor for shape in go.Figure(figure).layout.shapes]


def test_every_cell_says_its_value_and_n_with_a_sign() -> None:
    assert texts(heat_chart(HEADS, ROWS)) == [
        "<b>Answer</b><br>labels",
        "<b>Accepted</b><br>users",
        "billing",
        "<b>✕ 48 %</b><br>n 25",
        "– too few<br>n 4",
        "refund",
        "<b>✓ 94 %</b><br>n 640",
        "–",
    ]


def test_colour_is_never_alone_and_never_shared() -> None:
    assert fills(heat_chart(HEADS, ROWS)) == [
        LOOKS[stands].fill for stands in ("below", "too few", "above", "not measured")
    ]
    assert len({look.fill for look in LOOKS.values()}) == len(LOOKS)
    assert len({LOOKS[stands].sign for stands in ("above", "below", "unclear", "no bar")}) == 4


def test_a_cell_that_is_too_small_hides_its_value_but_not_its_n() -> None:
    (hover,) = [trace.hovertext for trace in go.Figure(heat_chart(HEADS, ROWS[:1])).data]
    assert hover == (
        "<b>billing</b><br>Answer: 48 % (30.2–66.2 %), n 25",
        "<b>billing</b><br>Accepted: too few cases",
    )
    assert not any("50 %" in text for text in texts(heat_chart(HEADS, ROWS)))


@pytest.mark.parametrize(("heads", "rows"), [(HEADS, ROWS * 40), (HEADS, []), ([], [])])
def test_any_number_of_rows_is_a_picture(heads: list[tuple[str, str]], rows: list[HeatRow]) -> None:
    figure = go.Figure(heat_chart(heads, rows))
    assert figure.layout.height == 50 + 72 * len(rows)
    assert len(figure.data) == len(rows)


def test_the_name_of_a_slice_is_text_and_never_markup() -> None:
    written = str(heat_chart(HEADS, [HeatRow("<a href='x'>$x$</a>" * 9, ROWS[0].cells)]))
    assert "<a" not in written
    assert "$" not in written


def test_the_heat_table_in_words() -> None:
    assert heat_alt(HEADS, ROWS) == (
        "Answer, Accepted by slice, the worst first. "
        "billing: Answer 48 %, n 25, shown below its bar; Accepted too few cases (n 4). "
        "refund: Answer 94 %, n 640, shown above its bar; Accepted not measured."
    )


def week(number: int, n: float, *bundles: str) -> WeekPoint:
    tally = Tally((n * 0.9,), (round(n),), Cluster.USER, bundles=bundles)
    found = Measurement(
        "answer_correctness", Source.LABEL, Slice(), Unit.SHARE, 0.9, 0.8, 1.0, tally, n, n * 0.9, True, 0.05
    )  # fmt: skip
    return WeekPoint(date.fromordinal(MONDAY.toordinal() + 7 * number), found)


GAP = WeekPoint(
    date(2026, 1, 12), NotMeasured("answer_correctness", Source.LABEL, Slice(), Why.NO_ROWS, "No labels yet.")
)


def test_a_point_of_few_independent_cases_is_hollow() -> None:
    points = trend_points([week(0, 10), week(1, 9.9)])
    line = go.Figure(trend_chart(points, None)).data[0]
    assert line.marker.symbol == ("circle", "circle-open")
    assert "few independent cases" in line.hovertext[1]
    assert "few independent cases" not in line.hovertext[0]


def test_a_release_is_marked_where_it_is_first_counted() -> None:
    assert releases(
        [week(0, 50, "a"), GAP, week(2, 50, "a", "b"), week(3, 50, "b"), week(4, 50, "a", "c")]
    ) == [
        Change(date(2026, 1, 19), "b"),
        Change(date(2026, 2, 2), "c"),
    ]
    assert releases([week(0, 50), week(1, 50, "a")]) == []  # the first one known is no change
    assert releases([]) == []


POINTS = [
    TrendPoint(date.fromordinal(MONDAY.toordinal() + 7 * place), value, value - 0.05, value + 0.05, 200)
    for place, value in enumerate((0.9, 0.87, 0.85, 0.83, 0.79))
]
FELL = tuple(point.week for point in POINTS[1:])


def marked(marks: Marks, points: list[TrendPoint] = POINTS, step: str = "week") -> go.Figure:
    return go.Figure(mark_trend(trend_chart(points, None, step=step), points, marks))


def test_changes_stand_on_their_day_with_their_words() -> None:
    figure = marked(
        Marks(releases=[Change(MONDAY, "<b>new</b>")], phases=[Change(date(2026, 1, 21), "Beta")])
    )
    release, phase = figure.layout.shapes
    assert (release.x0, release.x1, release.line.dash) == ("2026-01-05", "2026-01-05", "dot")
    assert (phase.x0, phase.line.dash) == ("2026-01-21", "solid")
    assert texts(figure) == ["▸ &lt;b&gt;new&lt;/b&gt;", "⚑ Beta"]


def test_words_of_a_late_change_stand_on_its_left() -> None:
    """On its right they would run out of a narrow picture."""
    figure = marked(Marks(releases=[Change(POINTS[0].week, "old"), Change(POINTS[-1].week, "new")]))
    assert [note.xanchor for note in figure.layout.annotations] == ["left", "right"]


@pytest.mark.parametrize("level", [Level.INVESTIGATE, Level.CONFIRMED, Level.STOP])
def test_weeks_that_fall_are_marked_by_ground_word_and_shape(level: Level) -> None:
    figure = marked(Marks(compared=FELL, level=level, word="Look here"))
    look = LEVELS[level]
    (ground,) = figure.layout.shapes
    assert (ground.fillcolor, ground.x0, ground.x1) == (
        look.band, "2026-01-09T00:00:00", "2026-02-05T00:00:00",
    )  # fmt: skip
    assert texts(figure) == [f"<b>{look.sign} Look here</b>"]
    assert figure.data[0].marker.symbol == ("circle", *[look.symbol] * 4)


def test_no_two_levels_look_alike() -> None:
    for part in ("sign", "symbol", "icon", "colour", "ink"):
        assert len({getattr(look, part) for look in LEVELS.values()}) == len(LEVELS)


def test_nothing_is_marked_where_nothing_speaks() -> None:
    figure = marked(Marks(compared=FELL))
    assert not figure.layout.shapes and not figure.layout.annotations
    assert set(figure.data[0].marker.symbol) == {"circle"}


def test_days_that_stand_out_have_a_ring_and_the_ground_ends_with_the_last_week() -> None:
    days = [TrendPoint(date(2026, 1, 5 + place), 0.9, 0.8, 1.0, 40) for place in range(14)]
    marks = Marks(
        compared=(MONDAY, date(2026, 1, 12)),
        level=Level.CONFIRMED,
        word="Confirmed drift",
        stand_out=[date(2026, 1, 8), date(2026, 3, 1)],
        by_day=True,
    )
    figure = marked(marks, days, "day")
    ring = figure.data[-1]
    assert (ring.x, ring.marker.symbol) == (("2026-01-08",), "circle-open")
    assert figure.layout.shapes[0].x1 == "2026-01-18T12:00:00"
    assert set(figure.data[0].marker.symbol) == {"circle"}


def test_the_marks_in_words() -> None:
    marks = Marks([Change(MONDAY, "v2")], [Change(MONDAY, "Beta")], FELL, Level.STOP, "Stop", [MONDAY])
    assert marks_alt(marks) == (
        "5 Jan 2026: release v2 begins. 5 Jan 2026: phase Beta begins. Stop: the weeks of 12 Jan 2026 to "
        "2 Feb 2026. Days that stand out: 5 Jan 2026."
    )
    assert marks_alt(Marks()) == ""


def test_a_trend_by_day_says_days() -> None:
    points = [TrendPoint(MONDAY, 0.9, 0.8, 1.0, 40), TrendPoint(date(2026, 1, 6))]
    line, gaps = go.Figure(trend_chart(points, None, step="day")).data
    assert line.hovertext[0] == "5 Jan 2026<br><b>90 % (80–100 %)</b>  n 40"
    assert gaps.hovertext == ("6 Jan 2026: not measured",)
    assert trend_alt(points, None, step="day") == (
        "Value by day. 5 Jan 2026: 90 %, n 40. 6 Jan 2026: not measured."
    )


PHASES = [
    PhaseLine("Team", 0.92, 0.85, 0.97, 120, 0.9, 0.8),
    PhaseLine("<i>Beta</i>", 0.7, 0.6, 0.78, 90, 0.88, 0.8, has_gap=True),
    PhaseLine("All", 0.9, 0.4, 1.0, 6, is_small=True),
    PhaseLine("Next", bar=0.8),
]


def test_a_gap_is_told_by_sign_and_shape() -> None:
    figure = go.Figure(phase_chart(PHASES))
    assert texts(figure) == [
        "Team", "92 %  n 120", "&lt;i&gt;Beta&lt;/i&gt;", "▼ 70 %  n 90",
        "All", "90 %  n 6", "Next", "not measured",
    ]  # fmt: skip
    assert [one.marker.symbol for one in figure.data] == [
        "diamond-open", "circle", "diamond-open", "triangle-down", "circle-open",
    ]  # fmt: skip


def test_phases_in_words() -> None:
    assert phase_alt("Answer correctness", PHASES[1:]) == (
        "Answer correctness by phase. <i>Beta</i>: 70 %, n 90, its first week 88 %, bar 80 %; gap found. "
        "All: 90 %, n 6. Next: not measured."
    )
    assert go.Figure(phase_chart([])).layout.height >= 10
