"""How each source answers each metric: worked examples of the catalogue's declarations."""

import math
from collections.abc import Callable
from datetime import datetime

import pytest

from core.metrics.measurement import Cluster, Source, Tally
from core.metrics.requests import TallyRequest
from core.store import features
from core.store.database import Database
from core.store.warehouse import Warehouse

Import = Callable[..., str]
Ask = Callable[..., Tally]


def counted(found: Tally) -> tuple[float, int, int]:
    return found.passes, found.n, found.unscored


def test_acceptance_counts_reactions_only(traces: Import, tally: Ask) -> None:
    traces(
        """
        run_id | user_id | user_feedback
        a      | u1      | accepted
        b      | u2      | edited
        c      | u3      | rejected
        d      | u4      |
        """
    )
    assert counted(tally("user_acceptance", "feedback")) == (1, 3, 1)


def test_tool_selection_from_traces_that_name_the_right_tool(traces: Import, tally: Ask) -> None:
    traces(
        """
        run_id | user_id | tool_selected | tool_expected
        a      | u1      | refund        | refund
        b      | u2      | search        | refund
        c      | u3      |               | refund
        d      | u4      | refund        |
        e      | u5      | Refund        | refund
        """
    )
    assert counted(tally("tool_selection_accuracy", "trace")) == (1, 4, 1)


def test_tool_selection_from_eval_cases(evals: Import, tally: Ask) -> None:
    """Right when every expected tool was called; extra calls do no harm, no call is wrong."""
    evals(
        """
        case_id | tools_expected | tools_called | tool_selected
        1       | a b            | b a c        |
        2       | a b            | a            |
        3       | a              |              |
        4       |                | a            |
        5       | a              |              | a
        6       | a              |              | b
        """
    )
    assert counted(tally("tool_selection_accuracy", "eval")) == (2, 5, 1)


def test_a_file_that_records_no_tool_says_nothing_about_tools(evals: Import, tally: Ask) -> None:
    """In a file with tools a blank is no call; in one without any, nobody knows what was called."""
    evals("case_id | tools_expected\n 1 | a\n 2 | a")
    evals("case_id | tools_expected | tools_called\n 3 | a | a\n 4 | a |")
    assert counted(tally("tool_selection_accuracy", "eval")) == (1, 2, 2)


SLOW = """
    run_id | user_id | latency_ms | error
    a      | u1      | 7999.999   |
    b      | u2      | 8000       |
    c      | u3      | 9000       |
    d      | u4      |            | timeout
    e      | u5      | 100        | broken
    f      | u6      |            |
"""


def test_a_failed_run_without_a_latency_is_slow_and_the_bar_itself_is_not_in_time(
    traces: Import, tally: Ask
) -> None:
    traces(SLOW)
    assert counted(tally("latency_p95", "trace", bar=8000.0)) == (2, 5, 1)


def test_latencies_that_are_no_numbers_are_slow(traces: Import, tally: Ask) -> None:
    """The import refuses them; if one were there, it must not help."""
    traces(
        [
            {"run_id": str(place), "user_id": str(place), "latency_ms": latency}
            for place, latency in enumerate([math.nan, math.inf, 1.0])
        ]
    )
    assert counted(tally("latency_p95", "trace", bar=8000.0)) == (1, 3, 0)


def test_values_at_ranks_put_failed_runs_above_every_value(
    database: Database, warehouse: Warehouse, traces: Import
) -> None:
    traces(SLOW)
    request = TallyRequest("latency_p95", Source.TRACE, bar=8000.0)
    with database.reading() as connection:
        feature = features.by_slug(connection, "helper")
        found = warehouse.values_at(connection, feature, request, {None: (1, 2, None, 4, 5)})[None]
    assert found == (100, 7999.999, None, 9000, math.inf)


def test_values_of_each_group_stand_apart(database: Database, warehouse: Warehouse, traces: Import) -> None:
    traces(
        [
            {"run_id": f"{task}-{place}", "task_type": task, "latency_ms": float(place * size)}
            for task, size in (("billing", 10), ("returns", 1))
            for place in (1, 2, 3)
        ]
    )
    request = TallyRequest("latency_p95", Source.TRACE, bar=8000.0, by="task_type")
    with database.reading() as connection:
        feature = features.by_slug(connection, "helper")
        found = warehouse.values_at(connection, feature, request, {"billing": (1, 3), "returns": (2, 4)})
    assert found == {"billing": (10, 30), "returns": (2, None)}


def test_values_leave_out_what_the_limit_per_user_sets_aside(
    database: Database, warehouse: Warehouse, traces: Import, tally: Ask
) -> None:
    traces([{"run_id": str(place), "user_id": "u1", "latency_ms": float(place)} for place in range(20)])
    request = TallyRequest("latency_p95", Source.TRACE, bar=8000.0)
    with database.reading() as connection:
        feature = features.by_slug(connection, "helper")
        found = warehouse.values_at(connection, feature, request, {None: (1, 5, 6)})[None]
    assert tally("latency_p95", "trace", bar=8000.0).n == 5
    assert None not in found[:2]
    assert found[2] is None


EVAL_RESULTS = [
    # passed, error kind: eligible, passes
    ("yes", "", True, True),
    ("no", "", True, False),
    ("", "run", True, False),  # the run broke: that counts against the feature
    ("yes", "run", True, False),
    ("", "judge", False, False),  # the judge broke: that says nothing about the feature
    ("", "limit", False, False),
    ("", "", False, False),
]


@pytest.mark.parametrize("metric", ["eval_pass_rate", "answer_correctness"])
def test_eval_results(evals: Import, tally: Ask, metric: str) -> None:
    lines = [f"{case} | {case} | {row[0]} | {row[1]}" for case, row in enumerate(EVAL_RESULTS)]
    evals("\n".join(["case_id | task_type | passed | error_kind", *lines]))
    for case, (passed, error_kind, is_eligible, passes) in enumerate(EVAL_RESULTS):
        found = tally(metric, "eval", {"task_type": str(case)})
        assert counted(found) == (passes, is_eligible, not is_eligible), (passed, error_kind)


def test_repeats_belong_to_their_case_and_all_of_them_count(evals: Import, tally: Ask) -> None:
    lines = [f"1 | {attempt} | yes" for attempt in range(7)] + ["2 | 0 | no", "2 | 1 | yes"]
    evals("\n".join(["case_id | attempt | passed", *lines]))
    found = tally("eval_pass_rate", "eval")
    assert (found.cluster, found.capped) == (Cluster.CASE, 0)
    assert dict(zip(found.n_by_cluster, found.passes_by_cluster, strict=True)) == {7: 7, 2: 1}


def test_a_case_without_any_result_is_unanswered_and_one_that_was_tried_again_is_not(
    evals: Import, tally: Ask
) -> None:
    lines = [
        "a | 0 | yes | ",
        "b | 0 | | judge",
        "b | 1 | no | ",
        "c | 0 | | limit",
        "c | 1 | | limit",
        "d | 0 | | ",
    ]
    evals("\n".join(["case_id | attempt | passed | error_kind", *lines]))
    found = tally("eval_pass_rate", "eval")
    assert (found.n_by_cluster, found.unscored, found.unanswered) == ((1, 1), 4, 2)


def test_every_import_with_results_is_a_look(evals: Import, tally: Ask, now: datetime) -> None:
    """Also a second run of the same cases: whoever asked for it had seen the first."""
    header = "eval_run_id | case_id | passed"
    evals(f"{header}\nmonday | 1 | yes\nmonday | 2 | no")
    assert tally("eval_pass_rate", "eval").looks == 1
    evals(f"{header}\ntuesday | 1 | yes\ntuesday | 2 | yes")
    again = tally("eval_pass_rate", "eval")
    assert (again.looks, again.n_by_cluster) == (2, (2, 2))
    evals(f"{header}\nwednesday | 3 | yes")
    assert tally("eval_pass_rate", "eval").looks == 3


def test_the_releases_that_the_counted_rows_name(evals: Import, tally: Ask) -> None:
    header = "case_id | release_bundle | passed"
    evals(f"{header}\n1 | v2 | yes\n2 | v1 | no\n3 | | yes\n4 | v3 | ")
    assert tally("eval_pass_rate", "eval").bundles == ("v1", "v2")
