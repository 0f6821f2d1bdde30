"""Looking back: when each look-back is due, which word counts, and how often the steps were right."""

from datetime import UTC, datetime, timedelta

import pytest

from core.decision.hindsight import Hindsight, LookBack, due_after, last_word, track_record
from core.decision.signed_changes import changes_since

TAKEN = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
RIGHT, WRONG, EARLY = Hindsight.RIGHT, Hindsight.WRONG, Hindsight.TOO_EARLY


def said(days: int, word: Hindsight = RIGHT, at: float | None = None) -> LookBack:
    return LookBack(1, 1, days, word, "", "Ada", TAKEN + timedelta(days=days if at is None else at))


@pytest.mark.parametrize(
    ("after", "looked_back", "due"),
    [
        (6.99, (), None),
        (7, (), 7),
        (7, (said(7, EARLY),), None),
        (29.99, (said(7),), None),
        (30, (said(7),), 30),
        (30, (), 30),
        (400, (said(7), said(30)), None),
        (400, (said(30),), None),
    ],
)
def test_a_look_back_is_due_after_a_week_and_after_a_month(
    after: float, looked_back: tuple[LookBack, ...], due: int | None
) -> None:
    assert due_after(TAKEN, looked_back, TAKEN + timedelta(days=after)) == due


def test_the_newest_word_counts() -> None:
    assert last_word(()) is None
    word = last_word((said(7, RIGHT), said(7, WRONG, at=8)))
    assert word is not None and word.hindsight is WRONG


def test_the_share_right_has_its_interval_and_says_what_is_open() -> None:
    """Nine of ten right, at 5 % each side: between 60.6 % and 99.5 % (Clopper and Pearson)."""
    track = track_record([RIGHT] * 9 + [WRONG, EARLY, None])
    assert (track.right, track.wrong, track.open, track.n, track.share) == (9, 1, 2, 10, 0.9)
    assert track.interval is not None
    assert (round(track.interval.low, 3), round(track.interval.high, 3)) == (0.606, 0.995)
    nothing = track_record([None, EARLY])
    assert (nothing.share, nothing.interval, nothing.open) == (None, None, 2)


ROW = {
    "id": "a", "label": "Answers.", "unit": "share", "verdict": "go", "value": 0.921,
    "low": 0.9, "high": 0.95, "n": 700, "bar": "above 90 %",
}  # fmt: skip
PERSON = {
    "id": "b", "label": "Legal has read it", "unit": None, "verdict": "go", "value": None, "n": None,
    "answer": {"answer": "yes", "by": "Lena", "at": "2026-03-01T10:00:00+00:00"},
}  # fmt: skip
BUNDLE = {"name": "2026-10", "sha256": "8" * 64, "parts": {"model": {"version": "x-4"}}}
OLDER = {"name": "2026-09", "sha256": "7" * 64, "parts": {"model": {"version": "x-3"}}}
STATEMENT = {
    "feature": "helper", "step": "start:beta", "verdict": "go", "commitment": {"number": 1, "sha256": "c"},
    "plan_sha256": "d" * 64, "moves": 0, "rows": [ROW, PERSON], "waivers": [], "unmet": [], "program": "1.0",
}  # fmt: skip


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({}, []),
        ({"verdict": "no_go"}, [("Verdict", "GO", "NO-GO")]),
        ({"commitment": {"number": 2, "sha256": "e"}}, [("Commitment", "the lock", "amendment 1")]),
        ({"plan_sha256": "f" * 64}, [("Phase plan (fingerprint)", "d" * 8, "f" * 8)]),
        (
            {"rows": [ROW | {"value": 0.88, "n": 730, "verdict": "no_go"}, PERSON]},
            [("Answers", "GO, 92.1 %, n 700", "NO-GO, 88 %, n 730")],
        ),
        (
            {"rows": [ROW | {"bar": "above 95 %"}, PERSON]},
            [("Answers", "GO, 92.1 %, n 700, above 90 %", "GO, 92.1 %, n 700, above 95 %")],
        ),
        (
            {"rows": [ROW | {"low": 0.91}, PERSON]},
            [("Answers", "GO, 92.1 %, n 700, 90 % to 95 %", "GO, 92.1 %, n 700, 91 % to 95 %")],
        ),
        ({"rows": [ROW]}, [("Legal has read it", "GO, “yes” by Lena, 2026-03-01", "not there")]),
        (
            {"waivers": [{"item": "a", "until": "2026-03-20T23:59:59", "approved_by": "Lea"}]},
            [("Waivers", "none", "a until 2026-03-20")],
        ),
        (
            {"bundle": BUNDLE | {"name": "2026-11", "sha256": "9" * 64}},
            [("Release bundle", "none", f"2026-11 ({'9' * 8})")],
        ),
        (
            {"bundle": BUNDLE, "was": {"bundle": OLDER}},
            [("Release bundle", f"2026-09 ({'7' * 8})", f"2026-10 ({'8' * 8})"), ("Model", "x-3", "x-4")],
        ),
        ({"something_new": [True, 3]}, [("Something new", "none", "yes, 3")]),
    ],
)
def test_what_changed_since_a_signature_is_told_thing_by_thing(
    now: dict[str, object], told: list[tuple[str, str, str]]
) -> None:
    was = now.pop("was", {})
    assert isinstance(was, dict)
    changes = changes_since(STATEMENT | was, STATEMENT | now)
    assert [(one.what, one.before, one.after) for one in changes] == told
