"""The first so many traces by time and run id: how many are there, reviewed, and bad."""

from collections.abc import Callable
from datetime import UTC, datetime

from core.metrics.measurement import Window
from core.store.warehouse import FirstCounts

Import = Callable[..., str]
First = Callable[..., FirstCounts]

MOMENT = datetime(2026, 3, 1, 10, tzinfo=UTC)

FIVE_TRACES = """
    run_id | started_at       | task_type
    e      | 2026-03-01T09:00 | billing
    b      | 2026-03-01T10:00 | refund
    a      | 2026-03-01T10:00 | billing
    d      | 2026-03-01T11:00 | refund
    c      | 2026-03-01T12:00 | billing
"""
"""In order: e, a, b (the same moment, by run id), d, c."""

REVIEW = """
    run_id | hallucination | sampling | reviewer | is_judge
    e      | no            | random   | Ada      |
    a      | yes           | random   | Ada      |
    b      |               | random   | Ada      |
    d      | yes           | random   | judge    | yes
    c      | no            | random   | Ada      |
"""


def test_without_a_trace_there_is_nothing(first: First) -> None:
    assert first(3) == FirstCounts(0, 0, 0, False, None)


def test_the_first_by_time_then_run_id(traces: Import, judgements: Import, first: First) -> None:
    """An AI judge's word and a label that does not answer leave a trace unreviewed."""
    traces(FIVE_TRACES)
    judgements(REVIEW)
    counted = {wanted: first(wanted) for wanted in (1, 2, 3, 4, 5, 100)}
    assert {n: (found.there, found.reviewed, found.bad) for n, found in counted.items()} == {
        1: (1, 1, 0),
        2: (2, 2, 1),
        3: (3, 2, 1),
        4: (4, 2, 1),
        5: (5, 3, 1),
        100: (5, 3, 1),
    }
    assert counted[3].newest == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_of_traces_of_the_same_moment_the_first_by_run_id_come_first(
    traces: Import, judgements: Import, first: First
) -> None:
    traces([{"run_id": run, "user_id": run, "started_at": MOMENT} for run in "hgfedcba"])
    judgements("\n".join(["run_id | hallucination | sampling", "a | yes | random", "b | yes | random"]))
    assert [first(wanted).bad for wanted in (1, 2, 3, 8)] == [1, 2, 2, 2]


def test_the_first_of_a_window_and_a_slice(traces: Import, judgements: Import, first: First) -> None:
    traces(FIVE_TRACES)
    judgements(REVIEW)
    since_ten = first(2, window=Window(since=datetime(2026, 3, 1, 10, tzinfo=UTC)))
    assert (since_ten.there, since_ten.reviewed, since_ten.bad) == (2, 1, 1)
    billing = first(3, {"task_type": "billing"})
    assert (billing.there, billing.reviewed, billing.bad) == (3, 3, 1)


def test_any_reviewer_who_finds_something_invented_counts(
    traces: Import, judgements: Import, first: First
) -> None:
    traces(FIVE_TRACES)
    judgements(
        """
        run_id | hallucination | sampling | reviewer
        e      | no            | random   | Ada
        e      | yes           | random   | Bob
        e      | no            | random   | Cleo
        """
    )
    found = first(1)
    assert (found.reviewed, found.bad) == (1, 1)


def test_one_reviewed_trace_of_unknown_making_makes_the_sampling_unknown(
    traces: Import, judgements: Import, first: First
) -> None:
    traces(FIVE_TRACES)
    judgements("run_id | hallucination | sampling\ne | no | random\na | no |\nb | no | worst")
    assert [first(wanted).sampling_known for wanted in (1, 2)] == [True, False]


def test_worst_first_reviews_count_as_reviewed(traces: Import, judgements: Import, first: First) -> None:
    """All of the first must be reviewed, for whatever reason; a bound on the rest needs a random sample."""
    traces(FIVE_TRACES)
    judgements("run_id | hallucination | sampling\ne | no | worst")
    assert first(1) == FirstCounts(1, 1, 0, False, datetime(2026, 3, 1, 9, tzinfo=UTC))
