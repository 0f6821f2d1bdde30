"""The most frequent kinds: what is handled, what came back, the share of later ones, what a fix changed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.metrics.top_failures import (
    CaseOutcome,
    Fixed,
    Happened,
    Share,
    Shown,
    Standing,
    effect,
    top_failures,
)
from core.statistics.exact import bounds

FIRST = datetime(2026, 1, 5, 12, tzinfo=UTC)
COUNTS = (50, 30, 25, 20, 15, 12, 10, 9, 8, 7, 6, 4, 3, 1)
"""200 failures in 14 kinds."""


def kind(place: int) -> str:
    return f"kind {place:02}"


def failures() -> list[Happened]:
    """The kinds evenly over eight weeks from :data:`FIRST`, a Monday, each failure in a run of its own."""
    return [
        Happened(f"r{place}-{n}", kind(place), FIRST + timedelta(days=55 * n / count))
        for place, count in enumerate(COUNTS)
        for n in range(count)
    ]


def fixed(at: datetime | None, state: str = "done") -> Fixed:
    return Fixed("renamed", "Bo", state, at, "v2")


PASSES = (CaseOutcome("c1", True),)
LATE = FIRST + timedelta(days=56)


def test_ten_of_fourteen_kinds_are_followed_and_handled_takes_a_case_that_passes_and_a_fix_that_holds() -> (
    None
):
    fixes = {kind(0): fixed(LATE), kind(1): fixed(LATE), kind(2): fixed(LATE), kind(3): fixed(None, "open")}
    cases = {
        kind(0): PASSES,
        kind(1): (*PASSES, CaseOutcome("c2", False)),
        kind(2): (*PASSES, CaseOutcome("c3", None)),
        kind(3): PASSES,
    }
    found = top_failures(failures(), fixes, cases, 0.05)
    assert (len(found.lines), found.kinds, found.handled) == (10, 14, 1)
    assert [line.bar.count for line in found.lines] == list(COUNTS[:10])
    assert [line.why_not for line in found.lines[:5]] == [
        (),
        ("1 of 2 eval cases fail",),
        ("1 of 2 eval cases have no result on the live release",),
        ("not fixed yet",),
        ("no eval case tests it", "not fixed yet"),
    ]


def test_a_recurrence_opens_it_again_and_says_when() -> None:
    of_first = sorted(one.at for one in failures() if one.failure_type == kind(0))
    at = {"last": of_first[-1], "before": of_first[-3]}
    held = top_failures(failures(), {kind(0): fixed(at["last"])}, {kind(0): PASSES}, 0.05).lines[0]
    assert (held.standing, held.recurrences, held.came_back) == (Standing.HANDLED, 0, None)
    back = top_failures(failures(), {kind(0): fixed(at["before"])}, {kind(0): PASSES}, 0.05).lines[0]
    assert (back.standing, back.recurrences, back.came_back) == (Standing.OPEN_AGAIN, 2, of_first[-2])
    assert back.why_not == ("it happened 2 times since the fix",)


def test_the_share_is_of_later_failures_and_the_kinds_are_those_of_earlier_weeks() -> None:
    later = top_failures(failures(), {kind(0): fixed(LATE)}, {kind(0): PASSES}, 0.05).later
    assert later is not None
    rest = [one for one in failures() if one.at.date() >= later.since]
    assert later.since.isoweekday() == 1
    assert later.since > date(2026, 1, 26)
    assert (later.n, later.handled) == (len(rest), sum(one.failure_type == kind(0) for one in rest))
    assert later.top == sum(int(one.failure_type[-2:]) < 10 for one in rest)
    assert later.interval == bounds(later.top, later.n, 0.05)


def test_new_kinds_of_later_weeks_are_not_in_the_top_of_the_earlier() -> None:
    earlier = [Happened(f"a{n}", "old", FIRST) for n in range(6)]
    new = [Happened(f"b{n}", "new", FIRST + timedelta(days=14)) for n in range(4)]
    later = top_failures([*earlier, *new], {}, {}, 0.05).later
    assert later is not None
    assert (later.top, later.n) == (0, 4)
    assert top_failures(earlier, {}, {}, 0.05).later is None
    assert top_failures([], {}, {}, 0.05).lines == ()


def test_spellings_of_one_kind_are_one() -> None:
    found = top_failures(
        [Happened("r1", "Wrong tool", FIRST), Happened("r2", "wrong  tool", FIRST)],
        {"wrong tool": fixed(LATE)},
        {"wrong tool": PASSES},
        0.05,
    )
    assert [(line.bar.count, line.standing) for line in found.lines] == [(2, Standing.HANDLED)]


@pytest.mark.parametrize(
    ("before", "after", "higher", "change", "shown"),
    [
        ((120, 200), (174, 200), True, 0.27, Shown.BETTER),
        ((120, 200), (174, 200), False, 0.27, Shown.WORSE),
        ((6, 10), (9, 10), True, 0.3, Shown.UNDECIDED),
        ((40, 200), (6, 200), False, -0.17, Shown.BETTER),
        ((5, 5), (5, 5), True, 0.0, Shown.UNDECIDED),
    ],
)
def test_what_a_fix_changed(
    before: tuple[int, int], after: tuple[int, int], higher: bool, change: float, shown: Shown
) -> None:
    """60 % to 87 % of tool selection is shown on 200 cases each side, and not on 10."""
    found = effect(Share.of(*before), Share.of(*after), 0.05, higher_is_better=higher)
    assert found is not None
    assert (round(found.change, 3), found.shown) == (change, shown)


def test_without_a_case_on_one_side_nothing_is_said() -> None:
    assert effect(Share.of(0, 0), Share.of(3, 9), 0.05) is None
    assert effect(Share.of(3, 9), Share.of(0, 0), 0.05) is None
