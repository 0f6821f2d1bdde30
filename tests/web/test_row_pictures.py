"""The small pictures beside a row: what is drawn where, in which colour, and the same in words."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.criteria.verdict import Verdict
from core.units import Unit
from core.web.charts.row_pictures import spark_picture, spark_words, whisker_picture, whisker_words
from core.web.charts.trend import TrendPoint
from core.web.charts.whisker import WhiskerRow
from core.web.wording import verdict_words

BILLING = WhiskerRow(
    label="<b>Billing</b>",
    verdict="no_go",
    bar_words="above 80 %",
    value_words="50 % (25–75 %)",
    bar=0.8,
    value=0.5,
    low=0.25,
    high=0.75,
    n=25,
)
LATENCY = WhiskerRow(
    label="p95 latency",
    verdict="go",
    bar_words="below 8 s",
    value_words="4 s (2–6 s)",
    unit=Unit.MILLISECONDS,
    above=False,
    bar=8_000,
    value=4_000,
    low=2_000,
    high=6_000,
    n=400,
)
NEWEST = date(2026, 3, 2)


def strokes(picture: str, colour: str) -> list[tuple[float, float]]:
    """Where the level lines of a colour begin and end, in pixels."""
    found = re.findall(rf'd="M([\d.]+) [\d.]+H([\d.]+)" stroke="{colour}"', picture)
    return [(float(start), float(end)) for start, end in found]


def test_a_share_stands_where_it_is_between_0_and_100_per_cent() -> None:
    red, green, grey = verdict_words("no_go").ink, "#23935F", "#7C8B90"
    picture = whisker_picture(BILLING)
    assert strokes(picture, grey) == [(7.0, 153.0)], "the whole scale"
    assert strokes(picture, green) == [(123.8, 153.0)], "the good side of 80 %"
    assert strokes(picture, red) == [(43.5, 116.5)], "from 25 to 75 %"
    assert "M80.0 15m-5 -5" in picture, "the cross of a NO-GO at 50 %"
    assert "M123.8 1V" in picture


def test_another_unit_has_its_bar_in_the_middle_and_its_good_side_where_it_is() -> None:
    picture = whisker_picture(LATENCY)
    assert strokes(picture, "#23935F") == [(7.0, 80.0), (25.2, 61.8)], "below the bar; then the interval"
    assert 'cx="43.5"' in picture
    assert "M80.0 1V" in picture


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_mark_of_its_own_shape(verdict: Verdict) -> None:
    marks = {re.sub(r"#\w{6}", "", whisker_picture(replace(BILLING, verdict=one))) for one in Verdict}
    assert len(marks) == len(Verdict), "colour alone says nothing"
    assert verdict_words(verdict).ink in whisker_picture(replace(BILLING, verdict=verdict))


def test_what_is_not_known_is_not_drawn() -> None:
    red = verdict_words("no_go").ink
    assert strokes(whisker_picture(replace(BILLING, low=None)), red) == [(7.0, 116.5)]
    assert strokes(whisker_picture(replace(BILLING, low=None, high=None)), red) == []
    bare = whisker_picture(replace(BILLING, bar=None, value=None, low=None, high=None))
    assert "#23935F" not in bare
    assert red not in bare


def test_no_text_of_a_person_is_in_a_picture_and_its_words_are_its_numbers() -> None:
    assert "Billing" not in whisker_picture(BILLING)
    assert whisker_words(BILLING) == "50 % (25–75 %), n 25; bar above 80 %; NO-GO."


def weeks(*values: float | None) -> list[TrendPoint]:
    first = NEWEST - timedelta(weeks=len(values) - 1)
    return [TrendPoint(first + timedelta(weeks=n), value) for n, value in enumerate(values)]


def test_a_spark_shows_the_last_eight_weeks_with_a_gap_where_none_was_measured() -> None:
    points = weeks(0.1, 0.9, 0.9, None, 0.8, 0.8, 0.7, 0.7, 0.6)
    picture = spark_picture(points, 0.8, until=NEWEST)
    (course,) = re.findall(r'<path d="(M[^"]+)" fill="none"', picture)
    assert course.count("M") == 2, "the line begins anew after the gap"
    assert course.count("L") == 5
    assert "stroke-dasharray" in picture
    said = spark_words(points, Unit.SHARE, until=NEWEST)
    assert said == "By week, the newest last: 90 %, 90 %, not measured, 80 %, 80 %, 70 %, 70 %, 60 %."


@pytest.mark.parametrize("values", [(), (0.5,), (None, 0.5, None)])
def test_one_week_has_no_course(values: tuple[float | None, ...]) -> None:
    assert spark_picture(weeks(*values), 0.8, until=NEWEST) == ""


def test_a_course_that_hardly_moves_stays_flat() -> None:
    def span(*values: float) -> float:
        (course,) = re.findall(
            r'<path d="(M[^"]+)" fill="none"', spark_picture(weeks(*values), None, until=NEWEST)
        )
        heights = [float(one) for one in re.findall(r"[ML][\d.]+ ([\d.]+)", course)]
        return max(heights) - min(heights)

    assert span(0.900, 0.901) < 1
    assert span(0.5, 0.9) == pytest.approx(20, abs=0.2)
