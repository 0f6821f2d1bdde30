"""Which rows a window holds: its edges, undated rows, and the bundle that a row belongs to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from core.metrics.measurement import Tally, Window

Import = Callable[..., str]
Ask = Callable[..., Tally]

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, tzinfo=UTC)

AROUND_MONDAY = """
    run_id | user_id | started_at                 | user_feedback
    a      | u1      | 2026-03-01T23:59:59.999999 | accepted
    b      | u2      | 2026-03-02T00:00:00        | accepted
    c      | u3      | 2026-03-02T23:59:59.999999 | rejected
    d      | u4      | 2026-03-03T00:00:00        | rejected
"""


WINDOWS = [
    (Window(), 2, 4),
    (Window(since=MONDAY), 1, 3),  # the very moment counts
    (Window(until=MONDAY), 1, 1),  # the very moment does not
    (Window(since=MONDAY, until=TUESDAY), 1, 2),
    (Window(until=TUESDAY), 2, 3),
    (Window(until=TUESDAY + timedelta(microseconds=1)), 2, 4),
    (Window(since=TUESDAY), 0, 1),
]


def test_a_window_holds_its_beginning_and_not_its_end(traces: Import, tally: Ask) -> None:
    traces(AROUND_MONDAY)
    for window, passes, n in WINDOWS:
        found = tally("user_acceptance", "feedback", window=window)
        assert (found.passes, found.n) == (passes, n), window


def test_a_window_without_a_row_has_no_tally(
    traces: Import, groups: Callable[..., dict[str | None, Tally]]
) -> None:
    assert groups("user_acceptance", "feedback") == {}
    traces(AROUND_MONDAY)
    assert groups("user_acceptance", "feedback", window=Window(since=MONDAY, until=MONDAY)) == {}


def test_undated_rows_count_at_the_time_of_their_upload(traces: Import, tally: Ask) -> None:
    traces(
        """
        run_id | user_id | started_at       | user_feedback
        a      | u1      | 2026-02-01T12:00 | rejected
        b      | u2      |                  | accepted
        """,
        asked_at=MONDAY,
    )
    assert tally("user_acceptance", "feedback", window=Window(since=MONDAY)).passes == 1
    assert tally("user_acceptance", "feedback", window=Window(until=MONDAY)).passes == 0
    found = tally("user_acceptance", "feedback")
    assert (found.n, found.newest) == (2, MONDAY)


def test_the_newest_row_is_the_newest_that_counts(traces: Import, tally: Ask) -> None:
    """Silence is no reaction, so a later silent trace does not make the evidence newer."""
    traces(
        """
        run_id | user_id | started_at          | user_feedback
        a      | u1      | 2026-03-01T10:00:07 | accepted
        b      | u2      | 2026-03-02T10:00    |
        """
    )
    assert tally("user_acceptance", "feedback").newest == datetime(2026, 3, 1, 10, 0, 7, tzinfo=UTC)


def test_a_row_names_its_bundle_or_takes_that_of_its_upload(traces: Import, tally: Ask) -> None:
    traces(
        """
        run_id | user_id | release_bundle | user_feedback
        a      | u1      | v2             | accepted
        b      | u2      |                | rejected
        c      | u3      |                | rejected
        """,
        bundle="v1",
    )
    traces(
        """
        run_id | user_id | release_bundle | user_feedback
        d      | u4      | v1             | accepted
        e      | u5      |                | accepted
        """
    )
    for bundle, passes, n in [("v1", 1, 3), ("v2", 1, 1), (None, 3, 5)]:
        found = tally("user_acceptance", "feedback", window=Window(bundle=bundle))
        assert (found.passes, found.n) == (passes, n), bundle


def test_rows_without_a_bundle_are_a_group_of_their_own(
    traces: Import, groups: Callable[..., dict[str | None, Tally]]
) -> None:
    traces("run_id | user_id | user_feedback\na | u1 | accepted")
    assert groups("user_acceptance", "feedback", window=Window(bundle="v1")) == {}
    by_bundle = groups("user_acceptance", "feedback", by="bundle")
    assert by_bundle == {"": groups("user_acceptance", "feedback", window=Window(bundle=""))[None]}
