"""Tallies by week, day, bundle or column, in slices; and nothing a user writes becomes SQL."""

from collections.abc import Callable, Mapping

import pytest

from core.metrics.measurement import Tally

Import = Callable[..., str]
AskGroups = Callable[..., Mapping[str | None, Tally]]

SIX_TRACES = """
    run_id | user_id | started_at       | task_type | channel | release_bundle | escalated | user_feedback
    a      | u1      | 2026-03-01T23:59 | billing   | web     | v1             | yes       | accepted
    b      | u2      | 2026-03-02T00:00 | billing   | phone   | v1             | no        | rejected
    c      | u3      | 2026-03-08T23:59 | refund    | web     | v2             | no        | accepted
    d      | u4      | 2026-03-09T00:00 | refund    | phone   | v2             | no        | accepted
    e      | u5      | 2026-03-09T12:00 |           | web     |                |           | edited
    f      | u6      | 2026-03-09T13:00 | billing   | web     | v2             | yes       |
"""

BY = {
    # The Monday that each week begins on, in UTC.
    "week": {"2026-02-23": (1, 1), "2026-03-02": (1, 2), "2026-03-09": (1, 2)},
    "day": {"2026-03-01": (1, 1), "2026-03-02": (0, 1), "2026-03-08": (1, 1), "2026-03-09": (1, 2)},
    "bundle": {"": (0, 1), "v1": (1, 2), "v2": (2, 2)},
    "task_type": {"": (0, 1), "billing": (1, 2), "refund": (2, 2)},
    "channel": {"phone": (1, 2), "web": (2, 3)},
    "escalated": {"": (0, 1), "false": (2, 3), "true": (1, 1)},
    None: {None: (3, 5)},
}

SLICES = [
    ({}, 3, 5),
    ({"task_type": "billing"}, 1, 2),
    ({"task_type": "billing", "channel": "phone"}, 0, 1),
    ({"channel": "web", "user_id": "u3"}, 1, 1),
    ({"escalated": "true"}, 1, 1),
    ({"task_type": ""}, 0, 1),
]

NOWHERE = [
    {"task_type": "bill"},
    {"task_type": "%"},
    {"task_type": "billing", "channel": "fax"},
    {"escalated": "maybe"},
    {"latency_ms": "quick"},
]


def test_tallies_by_group(traces: Import, groups: AskGroups) -> None:
    traces(SIX_TRACES)
    for by, expected in BY.items():
        found = groups("user_acceptance", "feedback", by=by)
        assert {group: (one.passes, one.n) for group, one in found.items()} == expected, by


def test_tallies_in_slices(traces: Import, groups: AskGroups) -> None:
    traces(SIX_TRACES)
    for where, passes, n in SLICES:
        found = groups("user_acceptance", "feedback", where)[None]
        assert (found.passes, found.n) == (passes, n), where
    # Whoever protects "billing" also means "Billing ".
    assert groups("user_acceptance", "feedback", {"task_type": "Billing "}) == groups(
        "user_acceptance", "feedback", {"task_type": "billing"}
    )
    for where in NOWHERE:
        assert groups("user_acceptance", "feedback", where) == {}, where


def test_a_slice_and_its_group_are_the_same_rows(traces: Import, groups: AskGroups) -> None:
    traces(SIX_TRACES)
    for group, found in groups("user_acceptance", "feedback", by="task_type").items():
        assert groups("user_acceptance", "feedback", {"task_type": group or ""})[None] == found


HOSTILE_VALUES = [
    "' OR 1=1 --",
    "billing' OR '1'='1",
    '" OR 1=1',
    "'; DROP TABLE label; --",
    "$since",
    "\\' OR TRUE; --",
    "\u0000",
]

HOSTILE_NAMES = [
    "1=1 OR task_type",
    'task_type" = "task_type" OR "task_type',
    "task_type; DROP TABLE label",
    "TRUE",
    "key",
    "filename",
    "(SELECT 1)",
    "TASK_TYPE",
    "",
]


def test_a_value_is_only_ever_a_value(traces: Import, groups: AskGroups) -> None:
    traces(SIX_TRACES)
    for value in HOSTILE_VALUES:
        assert groups("user_acceptance", "feedback", {"task_type": value}) == {}, value
    traces([{"run_id": "x", "user_id": "u9", "task_type": HOSTILE_VALUES[0], "user_feedback": "accepted"}])
    assert groups("user_acceptance", "feedback", {"task_type": HOSTILE_VALUES[0]})[None].n == 1


def test_a_name_is_a_canonical_column_or_refused(traces: Import, groups: AskGroups) -> None:
    traces(SIX_TRACES)
    for name in HOSTILE_NAMES:
        with pytest.raises(ValueError, match="is not a canonical column"):
            groups("user_acceptance", "feedback", {name: "billing"})
        with pytest.raises(ValueError, match="is not a canonical column"):
            groups("user_acceptance", "feedback", by=name)
