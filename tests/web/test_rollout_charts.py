"""The pictures of a rollout: planned against actual, and the dark band of a stop."""

from datetime import UTC, datetime, timedelta

from core.rollout.timeline import TimelineRow
from core.rollout.transitions import State, Stretch
from core.web.charts.rollout_timeline import timeline_alt, timeline_chart
from core.web.charts.state_band import state_band

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
DAY = timedelta(days=1)
HOSTILE = "<b>Beta</b> $x$"

ROWS = (
    TimelineRow(
        HOSTILE,
        (NOW - 9 * DAY, NOW - 2 * DAY),
        (
            Stretch("beta", State.RUNNING, NOW - 9 * DAY, NOW - 5 * DAY),
            Stretch("beta", State.PAUSED, NOW - 5 * DAY, NOW - 4 * DAY),
        ),
        (NOW - 4 * DAY,),
    ),
    TimelineRow("Full", (NOW - 2 * DAY, NOW + 5 * DAY), (), ()),
    TimelineRow("Former", None, (Stretch("former", State.RUNNING, NOW - 9 * DAY, NOW),), ()),
)


def test_each_phase_has_its_plan_its_stretches_and_its_roll_backs() -> None:
    traces = timeline_chart(ROWS, NOW)["data"]
    lines = [trace for trace in traces if trace["mode"] == "lines"]
    assert len(lines) == 2 + 2 + 1, "two plans, two stretches of the first phase, one of the former"
    assert [trace["line"].get("dash") for trace in lines].count("dot") == 1, "the pause"
    crosses = [trace for trace in traces if trace["mode"] == "markers"]
    assert [trace["x"] for trace in crosses] == [[(NOW - 4 * DAY).isoformat()]]


def test_the_rows_stand_below_each_other_under_their_own_names() -> None:
    layout = timeline_chart(ROWS, NOW)["layout"]
    heights = [one["y"] for one in layout["annotations"] if one["yref"] == "y"]
    assert heights == sorted(heights, reverse=True)
    low, high = layout["yaxis"]["range"]
    assert all(low < height < high for height in heights)
    # The line of today crosses out none of them, and stands beside every phase's own lines.
    pieces = [(one["y0"], one["y1"]) for one in layout["shapes"]]
    assert not any(bottom <= height <= top for bottom, top in pieces for height in heights)
    assert all(any(bottom < -place < top for bottom, top in pieces) for place in range(len(ROWS)))


def test_names_are_shown_as_they_are_written() -> None:
    figure = str(timeline_chart(ROWS, NOW)) + str(state_band(HOSTILE, "today"))
    assert "<b>Beta" not in figure
    assert "$x$" not in figure


def test_the_timeline_in_words() -> None:
    said = timeline_alt(ROWS)
    assert "planned 21 Feb 2026 to 28 Feb 2026 at the earliest, ran 21 Feb 2026 to 25 Feb 2026" in said
    assert "paused 25 Feb 2026 to 26 Feb 2026, rolled back 26 Feb 2026." in said
    assert "Full: planned 28 Feb 2026 to 7 Mar 2026 at the earliest, has not run." in said
    assert "Former: no longer in the plan, ran 21 Feb 2026 to 2 Mar 2026." in said


def test_the_band_says_its_word_in_white_on_dark() -> None:
    band = state_band("PAUSED", "2 Mar 2026")
    assert band["data"][0]["text"] == ["<b>PAUSED</b> since 2 Mar 2026"]
    assert band["data"][0]["textfont"]["color"] == "#FFFFFF"
    assert band["layout"]["paper_bgcolor"] == "#31454C"
