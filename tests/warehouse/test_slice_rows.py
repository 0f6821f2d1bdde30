"""Sums by part, user and group over the live evidence: who counts, how often, and what stays out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from core.metrics.concentration import PartFailures
from core.metrics.measurement import Slice, Source, Window
from core.metrics.requests import TallyRequest
from core.store import features
from core.store.database import Database
from core.store.features import Feature
from core.store.group_rows import groups_of, two_groups
from core.store.slice_rows import part_counts, traffic, worst_users
from core.store.split_sql import Split, Stretch
from core.store.warehouse import Warehouse

Ask = Callable[..., Any]
BY_TASK = Split("task_type")

TRACES = """
    run_id | started_at | user_id | user_segment | task_type | user_feedback
    r1     | 2026-01-05 | ann     | beta         | billing   | rejected
    r2     | 2026-01-06 | ann     | beta         | billing   | rejected
    r3     | 2026-01-07 | bob     | all          | billing   | accepted
    r4     | 2026-01-08 | bob     | all          | refund    | edited
    r5     | 2026-01-09 |         | all          | refund    | accepted
    r6     | 2026-01-10 | cy      |              |           | accepted
    r7     | 2026-01-11 | cy      | beta         | refund    |
"""


@pytest.fixture
def ask(database: Database, feature: Feature, warehouse: Warehouse) -> Ask:
    """``ask(part_counts, "answer_correctness", "label", split, …)`` of the newest evidence."""

    def question(function: Callable[..., Any], metric: str, source: str, *rest: Any) -> Any:
        request = TallyRequest(metric, Source(source))
        with database.reading() as connection:
            return function(warehouse, connection, features.by_slug(connection, feature.slug), request, *rest)

    return question


def test_failures_are_counted_by_part_with_the_users_who_met_them(traces: Ask, ask: Ask) -> None:
    traces(TRACES)
    found = ask(part_counts, "user_acceptance", "feedback", BY_TASK)
    assert found.parts == (
        PartFailures("billing", 3, 2, 1),
        PartFailures("refund", 2, 1, 1),
        # Nobody met a failure here, so nobody is named.
        PartFailures("", 1, 0, None),
    )
    assert (found.n, found.failures, found.values, found.sampling_known) == (6, 3, 3, True)


def test_of_a_rate_that_should_be_low_the_event_is_the_failure(traces: Ask, ask: Ask) -> None:
    traces(TRACES)
    found = ask(part_counts, "rejected_rate", "feedback", BY_TASK)
    assert [(one.value, one.failures) for one in found.parts] == [("billing", 2), ("refund", 0), ("", 0)]


def test_stretches_of_time_part_the_rows_at_their_ends(traces: Ask, ask: Ask) -> None:
    traces(TRACES)
    start, end = (datetime(2026, 1, day, tzinfo=UTC) for day in (6, 9))
    split = Split(stretches=(Stretch("first", start, end), Stretch("second", end)))
    found = ask(part_counts, "user_acceptance", "feedback", split)
    assert {one.value: one.n for one in found.parts} == {"first": 3, "second": 2, "": 1}


LABELLED = """
    run_id | answer_right | sampling | reviewer
    r1     | no           | {first}  | Vera
    r2     | yes          | {first}  | Vera
    r3     | no           | worst    | Vera
"""


@pytest.mark.parametrize(
    ("first", "n", "known"),
    [("random", 2, True), ("", 2, False), ("worst", 0, True)],
)
def test_worst_first_reviews_never_count(
    traces: Ask, judgements: Ask, ask: Ask, first: str, n: int, known: bool
) -> None:
    traces(TRACES)
    judgements(LABELLED.format(first=first))
    found = ask(part_counts, "answer_correctness", "label", BY_TASK)
    assert (found.n, found.sampling_known) == (n, known)
    groups = ask(two_groups, "answer_correctness", "label", Split("user_segment"), "beta", "all")
    assert (sum(one.n for one in groups.counts), groups.sampling_known) == (n, known)
    assert sum(one.n for one in ask(groups_of, "answer_correctness", "label", BY_TASK)) == n
    assert ask(worst_users, "answer_correctness", "label").n == n


def test_the_worst_off_users_come_first_by_name(traces: Ask, ask: Ask) -> None:
    traces(TRACES)
    found = ask(worst_users, "user_acceptance", "feedback")
    assert [(one.user_id, one.failures, one.n) for one in found.users] == [("ann", 2, 2), ("bob", 1, 2)]
    assert (found.failed, found.failures, found.n) == (2, 3, 6)


def test_a_part_that_nobody_filled_is_still_traffic(
    traces: Ask, database: Database, feature: Feature, warehouse: Warehouse
) -> None:
    traces(TRACES)
    with database.reading() as connection:
        asked = features.by_slug(connection, feature.slug)
        parts, values, whole = traffic(warehouse, connection, asked, Split("user_segment"), Slice(), Window())
    assert {one.value: (one.traces, one.users) for one in parts} == {
        "all": (3, 1),
        "beta": (3, 2),
        "": (1, 1),
    }
    assert (values, whole) == (3, 7)


def test_groups_are_told_by_kind_of_task(traces: Ask, ask: Ask) -> None:
    traces(TRACES)
    found = ask(two_groups, "user_acceptance", "feedback", Split("user_segment"), "beta", "all")
    cells: dict[tuple[bool, str], float] = {}
    for one in found.counts:
        cells[one.is_new, one.kind] = cells.get((one.is_new, one.kind), 0.0) + one.n
    assert cells == {(True, "billing"): 2, (False, "billing"): 1, (False, "refund"): 2}
    assert sum(one.n for one in found.counts if not one.is_new) == 3
    assert sum(one.passes for one in found.counts if not one.is_new) == 2
    # Ann, Bob, and the day of the trace without a user.
    assert (found.users, found.in_both) == (3, 0)


def test_repeats_of_an_eval_case_are_one_case(evals: Ask, ask: Ask) -> None:
    evals(
        """
        eval_run_id | case_id | attempt | passed | task_type | release_bundle
        one         | c1      | 0       | yes    | refund    | v1
        one         | c1      | 1       | no     | refund    | v1
        one         | c2      | 0       | yes    | refund    | v1
        two         | c1      | 0       | yes    | refund    | v2
        """
    )
    by_release = Split("release_bundle")
    found = ask(part_counts, "eval_pass_rate", "eval", by_release)
    # Half of the repeats of c1 failed, and so did the case.
    assert found.parts == (PartFailures("v1", 2, 1, None), PartFailures("v2", 1, 0, None))
    groups = ask(two_groups, "eval_pass_rate", "eval", by_release, "v2", "v1")
    old = [one for one in groups.counts if not one.is_new]
    assert (sum(one.n for one in old), sum(one.passes for one in old)) == (2, 1.5)
    assert (groups.users, groups.in_both) == (2, 1)


def test_without_evidence_there_is_nothing(ask: Ask) -> None:
    assert ask(part_counts, "user_acceptance", "feedback", BY_TASK).parts == ()
    assert ask(two_groups, "user_acceptance", "feedback", BY_TASK, "a", "b").counts == ()
    assert ask(groups_of, "user_acceptance", "feedback", BY_TASK) == ()
    assert ask(worst_users, "user_acceptance", "feedback").users == ()
