"""What a group spent becomes a mean with its interval, or the reason why there is none."""

import pytest

from core.criteria.wording import interval_words
from core.decision.statement import numbers_of
from core.metrics.measure_mean import Spend, measure_mean
from core.metrics.measurement import Cluster, Measurement, NotMeasured, Slice, Source, Tally, Why
from core.metrics.requests import TallyRequest
from core.statistics.costs import mean_cost
from core.units import Unit

PER_TASK = TallyRequest("cost_per_task", Source.TRACE)
PER_SUCCESS = TallyRequest("cost_per_successful_task", Source.LABEL)


def spend(costs: list[float], tasks: list[int], right: list[int] | None = None, rows: int = 0) -> Spend:
    passes = tuple(float(one) for one in right or tasks)
    return Spend(tuple(costs), Tally(passes, tuple(tasks), Cluster.USER, rows or sum(tasks)))


def measured(request: TallyRequest, found: Spend) -> Measurement:
    finding = measure_mean(request, found, 0.05)
    assert isinstance(finding, Measurement)
    return finding


def test_the_mean_is_all_cost_over_all_tasks_and_its_interval_is_drawn_over_users() -> None:
    costs, tasks = [0.02, 0.30, 0.04, 0.12, 0.72], [1, 6, 1, 4, 18]
    found = measured(PER_TASK, spend(costs, tasks))
    assert found.value == pytest.approx(1.2 / 30)
    assert (found.n, found.effective_n, found.tally.passes, found.unit) == (30, 30.0, 30.0, Unit.USD)
    expected = mean_cost(costs, tasks, 0.05).interval
    assert (found.low, found.high) == (expected.low, expected.high)
    assert not found.running


def test_what_failed_costs_too_and_is_divided_among_the_successes() -> None:
    found = measured(PER_SUCCESS, spend([0.1, 0.3, 0.2], [2, 3, 1], right=[1, 2, 1]))
    assert found.value == pytest.approx(0.6 / 4)
    assert (found.n, found.tally.passes) == (6, 4.0)


def test_the_same_users_in_another_order_give_the_same_numbers() -> None:
    costs, tasks = [0.1 * (1 + place % 7) for place in range(60)], [1 + place % 3 for place in range(60)]
    one, other = measured(PER_TASK, spend(costs, tasks)), measured(PER_TASK, spend(costs[::-1], tasks[::-1]))
    assert (one.value, one.low, one.high) == (other.value, other.low, other.high)


@pytest.mark.parametrize(
    "tasks",
    [
        pytest.param([400], id="one user"),
        pytest.param([1, 1, 1], id="three tasks"),
        pytest.param([100, 90, 110, 100], id="four users"),
        pytest.param([6, 6, 6, 6, 5], id="29 tasks"),
    ],
)
def test_so_few_tasks_or_users_give_a_mean_and_no_bounds(tasks: list[int]) -> None:
    costs = [0.01 * (1 + place) * count for place, count in enumerate(tasks)]
    found = measured(PER_TASK, spend(costs, tasks))
    assert found.value == pytest.approx(sum(costs) / sum(tasks))
    assert (found.low, found.high) == (None, None)


def test_an_eval_set_is_worth_its_cases_not_their_repeats() -> None:
    """150 cases, each tried 8 times: 1,200 results, 150 independent cases, and the mean of all results."""
    cases = Tally((8.0,) * 150, (8,) * 150, Cluster.CASE, 1_200)
    costs = tuple(0.01 * (1 + place % 7) for place in range(150))
    found = measured(TallyRequest("cost_per_task", Source.EVAL), Spend(costs, cases))
    assert (found.n, found.effective_n, found.effective_passes, found.tally.n) == (150, 150.0, 150.0, 1_200)
    assert found.value == pytest.approx(sum(costs) / 1_200)


@pytest.mark.parametrize(("tasks", "written"), [(299, False), (300, True)])
def test_the_interval_of_a_mean_is_written_from_300_tasks_on(tasks: int, written: bool) -> None:
    found = measured(PER_TASK, spend([0.01 * (1 + place % 7) for place in range(tasks)], [1] * tasks))
    assert found.low is not None
    told = numbers_of(found)
    assert (told["low"] is not None) is (told["high"] is not None) is written, "JSON and tables say no more"
    assert (interval_words(found) != "too few to say: under 300 tasks") is written


@pytest.mark.parametrize("cost", [0.0, 0.25])
def test_users_that_all_cost_alike_leave_nothing_open(cost: float) -> None:
    found = measured(PER_TASK, spend([2 * cost] * 40, [2] * 40))
    assert (found.value, found.low, found.high) == (cost, cost, cost)


def test_without_rows_or_without_a_cost_the_reason_is_said() -> None:
    nothing = measure_mean(PER_TASK, None, 0.05)
    assert isinstance(nothing, NotMeasured) and nothing.why is Why.NO_ROWS
    blank = measure_mean(PER_TASK, spend([], [], rows=40), 0.05)
    assert isinstance(blank, NotMeasured)
    assert blank.sentence == (
        "None of the 40 traces has the column cost_usd filled. Upload traces with this column filled."
    )


def test_without_a_success_there_is_no_cost_of_one() -> None:
    finding = measure_mean(PER_SUCCESS, spend([0.1, 0.2], [2, 3], right=[0, 0]), 0.05)
    assert finding == NotMeasured(
        "cost_per_successful_task",
        Source.LABEL,
        Slice(),
        Why.NOTHING_TO_JUDGE,
        "None of the 5 tasks with a cost is successful, so there is no cost per successful task.",
    )
