"""What tasks cost, on both databases: every task of a user counts, a missing cost is none, sums are exact."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from core.metrics.measure_mean import Spend
from core.metrics.measurement import Cluster, Slice, Source, Window
from core.metrics.requests import TallyRequest
from core.store import features
from core.store.cost_rows import CostBin, DaySpend, DearUser, Spending, UserDay, spend_by_group, spending
from core.store.database import Database
from core.store.features import Feature
from core.store.warehouse import Warehouse

Import = Callable[..., str]
Spends = Callable[..., Mapping[str | None, Spend]]

SEVEN = """
    run_id | user_id | session_id | started_at       | task_type | cost_usd
    r1     | ann     |            | 2026-02-02T08:00 | billing   | 0.1
    r2     | ann     |            | 2026-02-02T09:00 | billing   | 0.2
    r3     | ann     |            | 2026-02-03T09:00 | refund    | 0
    r4     | bob     |            | 2026-02-03T10:00 | refund    | 0.4
    r5     | bob     |            | 2026-02-09T10:00 | refund    |
    r6     |         | talk       | 2026-02-09T10:00 | refund    | 0.05
    r7     |         |            | 2026-02-09T10:00 |           | 0.25
"""


@pytest.fixture
def spends(database: Database, feature: Feature, warehouse: Warehouse) -> Spends:
    def ask(
        metric: str = "cost_per_task", source: str = "trace", by: str | None = None, **where: str
    ) -> Mapping[str | None, Spend]:
        request = TallyRequest(metric, Source(source), Slice.of(where), Window(), by=by)
        with database.reading() as connection:
            newest = features.by_slug(connection, feature.slug)
            return spend_by_group(warehouse, connection, newest, request)

    return ask


@pytest.fixture
def seen(database: Database, feature: Feature, warehouse: Warehouse) -> Callable[..., Spending]:
    def ask(window: Window = Window(), **where: str) -> Spending:
        request = TallyRequest("cost_per_task", Source.TRACE, Slice.of(where), window)
        with database.reading() as connection:
            newest = features.by_slug(connection, feature.slug)
            return spending(warehouse, connection, newest, request)

    return ask


def by_cost(spend: Spend) -> list[tuple[float, int, float]]:
    """(cost, rows with a cost, rows that pass) of each witness; the order of witnesses means nothing."""
    columns = (spend.cost_by_cluster, spend.tally.n_by_cluster, spend.tally.passes_by_cluster)
    return sorted(zip(*columns, strict=True))


def test_users_sessions_and_days_stand_for_themselves_and_a_missing_cost_is_none(
    traces: Import, spends: Spends
) -> None:
    traces(SEVEN)
    spend = spends()[None]
    assert by_cost(spend) == [(0.05, 1, 1.0), (0.25, 1, 1.0), (0.3, 3, 3.0), (0.4, 1, 1.0)]
    assert (spend.tally.rows, spend.tally.unscored, spend.tally.cluster) == (7, 1, Cluster.DAY)


def test_the_sixth_task_of_a_user_counts_too(traces: Import, spends: Spends) -> None:
    traces([{"run_id": f"r{place}", "user_id": "ann", "cost_usd": 0.1} for place in range(9)])
    spend = spends()[None]
    assert by_cost(spend) == [(0.9, 9, 9.0)]
    assert spend.tally.capped == 0


def test_groups_slices_and_weeks(traces: Import, spends: Spends) -> None:
    traces(SEVEN)
    assert {group: sum(spend.cost_by_cluster) for group, spend in spends(by="week").items()} == {
        "2026-02-02": pytest.approx(0.7),
        "2026-02-09": pytest.approx(0.3),
    }
    assert set(spends(by="task_type")) == {"billing", "refund", ""}
    assert by_cost(spends(task_type="Billing ")[None]) == [(0.3, 2, 2.0)]


def test_numbers_that_are_no_cost_are_not_known(traces: Import, spends: Spends) -> None:
    odd = [float("nan"), float("inf"), 1e300, 1e15, -1.0, 2.0]
    traces([{"run_id": f"r{number}", "user_id": "ann", "cost_usd": cost} for number, cost in enumerate(odd)])
    spend = spends()[None]
    assert by_cost(spend) == [(2.0, 1, 1.0)]
    assert spend.tally.unscored == 5


def test_the_cost_of_a_success_takes_the_labels_of_people_and_never_the_worst_first(
    traces: Import, judgements: Import, spends: Spends
) -> None:
    traces(SEVEN)
    judgements("""
        run_id | answer_right | reviewer | sampling | is_judge
        r1     | yes          | Vera     | random   |
        r2     | no           | Vera     | random   |
        r4     | yes          | Vera     | random   |
        r5     | yes          | Vera     | random   |
        r6     | no           | Vera     | worst    |
        r7     | yes          | bot      | random   | yes
    """)
    people = spends("cost_per_successful_task", "label")[None]
    assert by_cost(people) == [(0.3, 2, 1.0), (0.4, 1, 1.0)]
    assert (people.tally.worst_first, people.tally.sampling_known, people.tally.unscored) == (1, True, 1)
    assert by_cost(spends("cost_per_successful_task", "judge")[None]) == [(0.25, 1, 1.0)]


def test_labels_of_unknown_making_are_counted_alone_and_said_to_be_so(
    traces: Import, judgements: Import, spends: Spends
) -> None:
    traces(SEVEN)
    judgements("run_id | answer_right | reviewer\nr1 | yes | Vera\nr4 | no | Vera")
    spend = spends("cost_per_successful_task", "label")[None]
    assert by_cost(spend) == [(0.1, 1, 1.0), (0.4, 1, 0.0)]
    assert not spend.tally.sampling_known


def test_eval_results_have_their_cost_and_their_outcome_in_one_row(evals: Import, spends: Spends) -> None:
    evals("""
        case_id | attempt | passed | cost_usd | error_kind
        c1      | 0       | yes    | 0.2      |
        c1      | 1       | no     | 0.1      |
        c2      | 0       |        | 0.4      | run
        c3      | 0       |        | 0.8      | judge
    """)
    spend = spends("cost_per_successful_task", "eval")[None]
    assert by_cost(spend) == [(0.3, 2, 1.0), (0.4, 1, 0.0)]
    assert spend.tally.cluster is Cluster.CASE
    assert by_cost(spends("cost_per_task", "eval")[None]) == [(0.3, 2, 2.0), (0.4, 1, 1.0), (0.8, 1, 1.0)]


def test_without_traces_there_is_nothing(spends: Spends, seen: Callable[..., Spending]) -> None:
    assert spends() == {}
    found = seen()
    assert (found.days, found.bins, found.users, found.tasks, found.releases) == ((), (), (), (), ())
    assert found.runaways.median is None


def test_days_tell_the_tasks_from_those_with_a_cost(traces: Import, seen: Callable[..., Spending]) -> None:
    traces(SEVEN, bundle="1.0")
    found = seen()
    assert found.days == (
        DaySpend(date(2026, 2, 2), 2, 2, 0.3),
        DaySpend(date(2026, 2, 3), 2, 2, 0.4),
        DaySpend(date(2026, 2, 9), 3, 2, 0.3),
    )
    assert found.releases == ("1.0",)


def test_free_tasks_and_powers_of_ten_have_their_places(
    traces: Import, seen: Callable[..., Spending]
) -> None:
    costs = [0, 0, 0.01, 0.011, 0.1, 1.0]
    traces([{"run_id": f"r{number}", "cost_usd": float(cost)} for number, cost in enumerate(costs)])
    free, *priced = seen().bins
    assert free == CostBin(0.0, 0.0, 2)
    assert [(pytest.approx(one.low), one.tasks) for one in priced] == [(0.01, 2), (0.1, 1), (1.0, 1)]


def test_the_dearest_users_and_tasks_come_first(traces: Import, seen: Callable[..., Spending]) -> None:
    traces(SEVEN)
    found = seen()
    assert found.users == (DearUser("bob", 1, 0.4), DearUser("ann", 3, 0.3))
    assert [(one.run_id, one.cost, one.task_type) for one in found.tasks] == [
        ("r4", 0.4, "refund"),
        ("r7", 0.25, None),
        ("r2", 0.2, "billing"),
        ("r1", 0.1, "billing"),
        ("r6", 0.05, "refund"),
    ]


def loop(calls: int) -> list[dict[str, Any]]:
    """Nine users with one task of 10 cents, and one whose loop runs so many times on the same day."""
    usual = [{"run_id": f"r{number}", "user_id": f"user-{number}", "cost_usd": 0.1} for number in range(9)]
    return usual + [{"run_id": f"loop-{call}", "user_id": "loop", "cost_usd": 0.1} for call in range(calls)]


def test_the_loop_of_twelve_calls_is_found_and_ten_are_not_beyond(
    traces: Import, seen: Callable[..., Spending]
) -> None:
    traces(loop(10))
    assert (seen().runaways.median, seen().runaways.days, seen().runaways.count) == (0.1, 10, 0)
    traces([{"run_id": f"more-{call}", "user_id": "loop", "cost_usd": 0.1} for call in range(2)])
    found = seen().runaways
    assert found.count == 1
    assert [(one.user, one.tasks, one.cost) for one in found.dearest] == [("loop", 12, 1.2)]
    assert isinstance(found.dearest[0], UserDay)


def test_a_premature_stop_is_what_people_named_so_and_what_they_left_unnamed(
    traces: Import, judgements: Import, groups: Callable[..., Any]
) -> None:
    traces([{"run_id": f"r{number}", "user_id": f"user-{number}"} for number in range(1, 8)])
    judgements(
        "run_id | answer_right | reviewer | sampling\nr1 | no | Vera | random\nr2 | yes | Vera | random"
    )
    # Nobody has named a kind yet: what a wrong answer was is not known.
    assert groups("premature_stop_rate", "label")[None].n == 0
    judgements("""
        run_id | answer_right | failure_type   | reviewer | sampling | is_judge
        r3     | no           | Premature stop | Vera     | random   |
        r4     | no           | wrong tool     | Vera     | random   |
        r5     |              | premature stop | Vera     | random   |
        r6     | no           | premature stop | bot      | random   | yes
    """)
    found = groups("premature_stop_rate", "label")[None]
    # Of r1 to r5: r3 and r5 are named so, and r1 is wrong without a word about how.
    assert (found.n, found.passes) == (5, 3.0)
    by_judge = groups("premature_stop_rate", "judge")[None]
    assert (by_judge.n, by_judge.passes) == (1, 1.0)


def test_only_the_asked_slice_and_window_is_spent(traces: Import, seen: Callable[..., Spending]) -> None:
    traces(SEVEN)
    assert [day.tasks for day in seen(task_type="refund").days] == [2, 2]
