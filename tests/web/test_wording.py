"""The words of the screens: complete for every machine word, and dates and ages at their edges."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from core.criteria.checklist import Tier
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.criteria.verdict import Verdict
from core.metrics.measurement import Source
from core.web.wording import (
    STAKES,
    TIERS,
    VERDICTS,
    checklist_said,
    source_title,
    stakes_words,
    tier_words,
    verdict_said,
    verdict_words,
    write_age,
    write_count,
    write_date,
    write_moment,
)


def test_every_verdict_tier_and_stake_has_its_words_and_nothing_else_has() -> None:
    assert set(VERDICTS) == {verdict.value for verdict in Verdict}
    assert set(TIERS) == {tier.value for tier in Tier}
    assert set(STAKES) == {stakes.value for stakes in Stakes}


def test_enum_members_work_as_keys() -> None:
    assert verdict_words(Verdict.NO_GO).word == "NO-GO"
    assert tier_words(Tier.ROLL_BACK).word == "Roll back"
    assert stakes_words(Stakes.HIGH).word == "High stakes"


@pytest.mark.parametrize(
    ("verdict", "word", "colour"),
    [
        ("go", "GO", "green"),
        ("no_go", "NO-GO", "red"),
        ("not_enough_evidence", "NOT ENOUGH EVIDENCE", "orange"),
        ("stale", "STALE", "blue"),
        ("no_data", "NO DATA", "gray"),
    ],
)
def test_the_verdicts_look_as_the_screens_say(verdict: str, word: str, colour: str) -> None:
    assert (verdict_words(verdict).word, verdict_words(verdict).colour) == (word, colour)


def test_verdicts_differ_without_colour() -> None:
    for field in ("word", "icon", "symbol", "sign", "meaning"):
        assert len({getattr(words, field) for words in VERDICTS.values()}) == len(VERDICTS), field


def test_an_unknown_verdict_is_never_shown_as_something() -> None:
    with pytest.raises(KeyError):
        verdict_words("approved")


def test_the_meaning_of_stakes_names_the_error_that_they_accept() -> None:
    for stakes, error in ACCEPTED_ERROR.items():
        assert f" {error * 100:.0f} % " in stakes_words(stakes).meaning


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 10, 14), "14 Oct 2026"),
        (date(2026, 5, 1), "1 May 2026"),
        # Late in the evening west of Greenwich it is already tomorrow in UTC.
        (datetime(2026, 10, 14, 23, 30, tzinfo=timezone(timedelta(hours=-5))), "15 Oct 2026"),
        (datetime(2026, 10, 14, 23, 30, tzinfo=UTC), "14 Oct 2026"),
    ],
)
def test_dates(day: date, text: str) -> None:
    assert write_date(day) == text


def test_a_moment_is_written_in_utc() -> None:
    moment = datetime(2026, 10, 14, 11, 5, tzinfo=timezone(timedelta(hours=2)))
    assert write_moment(moment) == "14 Oct 2026, 09:05 UTC"


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=-5), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=1), "1 d"),
        (timedelta(days=2, hours=23), "2 d"),
        (timedelta(days=1200), "1,200 d"),
    ],
)
def test_ages(ago: timedelta, text: str, now: datetime) -> None:
    assert write_age(now - ago, now) == text


@pytest.mark.parametrize(
    ("n", "text"), [(0, "no traces"), (1, "1 trace"), (2, "2 traces"), (1204, "1,204 traces")]
)
def test_counts(n: int, text: str) -> None:
    assert write_count(n, "trace") == text


def test_an_irregular_plural() -> None:
    assert write_count(3, "entry", "entries") == "3 entries"


def test_a_source_at_the_start_of_a_line_keeps_its_capitals() -> None:
    assert source_title("judge") == "An AI judge's labels"
    assert [source_title(source)[0].isupper() for source in Source] == [True] * len(Source)


def test_a_draft_is_said_wherever_its_verdict_is() -> None:
    assert verdict_said("no_go") == "NO-GO"
    assert verdict_said("no_go", draft=True) == "Draft: would be NO-GO"
    assert checklist_said(None) == "draft"
    assert (
        checklist_said(datetime(2026, 3, 1, 9, tzinfo=UTC)).replace("\u00a0", " ") == "locked on 1 Mar 2026"
    )
