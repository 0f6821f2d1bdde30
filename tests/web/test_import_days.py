"""What an import report says of the days of a file, and of rows that are older than the lock."""

from datetime import UTC, datetime

import pytest

from core.web.screens.import_days import days_words, too_old_words

LOCKED = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
NOTHING = ("", False)
LOCK_WORDS = "the checklist was locked on 4 May 2026, 12:00 UTC, and only what is dated since counts."


def report(first: str | None, last: str | None, kind: str = "traces") -> dict[str, str | None]:
    return {"kind": kind, "earliest": first, "latest": last}


def test_the_days_are_said_once_where_they_are_the_same() -> None:
    assert days_words(report("2026-05-01T08:00:00Z", "2026-05-01T20:00:00Z")) == "All from 1 May 2026."
    assert days_words(report("2026-04-30T08:00:00Z", "2026-05-01T20:00:00Z")) == (
        "From 30 Apr 2026 to 1 May 2026."
    )


@pytest.mark.parametrize(
    ("found", "since", "words"),
    [
        (
            report("2026-05-01T08:00:00Z", "2026-05-04T11:59:59Z"),
            [LATER, LOCKED],
            (f"None of these rows counts for the verdict: {LOCK_WORDS}", True),
        ),
        (
            report("2026-05-01T08:00:00Z", "2026-05-04T12:00:00Z", "evals"),
            [LOCKED],
            (f"The older ones of these rows do not count for the verdict: {LOCK_WORDS}", False),
        ),
        (report("2026-05-04T12:00:00Z", "2026-05-05T00:00:00Z"), [LOCKED], NOTHING),
        (report("2026-05-01T08:00:00Z", "2026-05-01T08:00:00Z"), [], NOTHING),
        (report("2026-05-01T08:00:00Z", "2026-05-01T08:00:00Z", "labels"), [LOCKED], NOTHING),
        (report(None, None), [LOCKED], NOTHING),
    ],
)
def test_rows_older_than_the_lock_are_told(
    found: dict[str, str | None], since: list[datetime], words: tuple[str, bool]
) -> None:
    assert too_old_words(found, since) == words
