"""Tallies become measurements: values, effective counts, the rule that applies; or the reason for none."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from scipy.stats import binomtest

from core.metrics.catalogue import metric
from core.metrics.measure import (
    is_running,
    measure_first,
    measure_quantile,
    measure_rate,
    quantile_ranks,
)
from core.metrics.measurement import (
    Cluster,
    FirstTraces,
    Measurement,
    NotMeasured,
    Slice,
    Source,
    Tally,
    Why,
    Window,
)
from core.metrics.requests import FirstRequest, TallyRequest

NEWEST = datetime(2026, 3, 1, tzinfo=UTC)
LABELS = TallyRequest("answer_correctness", Source.LABEL)
EVALS = TallyRequest("eval_pass_rate", Source.EVAL)
LATENCY = TallyRequest("latency_p95", Source.TRACE, bar=8000.0)
NOTHING = Tally((), (), Cluster.USER)


def apart(passes: int, n: int, cluster: Cluster = Cluster.USER) -> Tally:
    """Every row by a witness of its own."""
    return Tally((1.0,) * passes + (0.0,) * (n - passes), (1,) * n, cluster, rows=n, newest=NEWEST)


def measured(request: TallyRequest, tally: Tally, error: float = 0.05) -> Measurement:
    found = measure_rate(request, tally, error)
    assert isinstance(found, Measurement)
    return found


@pytest.mark.parametrize(
    ("cluster", "looks", "running"),
    [
        (Cluster.CASE, 1, False),
        (Cluster.CASE, 2, True),  # the set grew after a look
        (Cluster.USER, 1, True),
        (Cluster.SESSION, 1, True),
        (Cluster.DAY, 1, True),
    ],
)
def test_the_rule_follows_from_where_the_numbers_come_from(
    cluster: Cluster, looks: int, running: bool
) -> None:
    for passes in (0, 5, 10):  # never from what they say
        tally = replace(apart(passes, 10, cluster), looks=looks)
        assert is_running(tally) is running
        assert measured(EVALS, tally).running is running


@pytest.mark.parametrize(("passes", "n"), [(0, 100), (12, 25), (85, 100), (93, 100), (122, 150), (20, 20)])
@pytest.mark.parametrize("error", [0.05, 0.1, 0.2])
def test_the_interval_of_an_eval_set_is_the_exact_one_at_the_stakes(
    passes: int, n: int, error: float
) -> None:
    """Two-sided at 1 - 2 * error, as SciPy works it out."""
    found = measured(EVALS, apart(passes, n, Cluster.CASE), error)
    exact = binomtest(passes, n).proportion_ci(1 - 2 * error)
    assert found.value == passes / n
    assert (found.low, found.high) == (pytest.approx(exact.low), pytest.approx(exact.high))


def test_an_interval_that_may_be_looked_at_any_time_is_wider() -> None:
    once, always = measured(EVALS, apart(93, 100, Cluster.CASE)), measured(LABELS, apart(93, 100))
    assert once.low is not None and always.low is not None and once.high is not None
    assert always.low < once.low < once.value < once.high
    assert always.high is not None and always.high > once.high


def test_a_measurement_says_where_it_is_from() -> None:
    request = replace(LABELS, slice=Slice.of({"task_type": "billing"}))
    found = measured(request, apart(9, 10), 0.2)
    assert (found.metric, found.source, str(found.slice)) == (
        "answer_correctness",
        Source.LABEL,
        "task_type = billing",
    )
    assert (found.n, found.effective_n, found.effective_passes, found.error) == (10, 10, 9, 0.2)
    assert found.newest == NEWEST


def test_repeats_of_a_case_are_averaged_and_cases_count() -> None:
    tally = Tally((4.0, 2.0, 0.0), (4, 4, 4), Cluster.CASE, rows=12)
    found = measured(EVALS, tally)
    assert (found.n, found.effective_n, found.effective_passes) == (3, 3, 1.5)
    assert (tally.n, tally.passes) == (12, 6)


def test_repeats_by_a_user_are_worth_less_than_as_many_users() -> None:
    """Twenty users, five traces each, and every user's traces go the same way."""
    together = Tally((5.0,) * 16 + (0.0,) * 4, (5,) * 20, Cluster.USER, rows=100)
    found = measured(LABELS, together)
    assert (found.n, found.value) == (100, pytest.approx(0.8))
    assert found.effective_n < 20


NOT_THERE = [
    (
        LABELS,
        None,
        Why.NO_ROWS,
        "There are no reviewed traces yet. Review some traces on the Review page, or upload labels.",
    ),
    (
        EVALS,
        NOTHING,
        Why.NO_ROWS,
        "There are no eval results yet. Upload eval results with a result per case.",
    ),
    (
        replace(LABELS, source=Source.JUDGE),
        None,
        Why.NO_ROWS,
        "There are no judged traces yet. Upload the AI judge's labels.",
    ),
    (
        TallyRequest("user_acceptance", Source.FEEDBACK, Slice.of({"task_type": "billing"})),
        None,
        Why.NO_ROWS,
        "There are no traces for task_type = billing yet. "
        "Upload traces that say what the user did with the answer.",
    ),
    (
        TallyRequest("tool_selection_accuracy", Source.TRACE),
        replace(NOTHING, rows=1_234, unscored=1_234),
        Why.NOTHING_TO_JUDGE,
        "None of the 1,234 traces has the columns tool_selected and tool_expected filled. "
        "Upload traces with these columns filled.",
    ),
    (
        TallyRequest("latency_p95", Source.TRACE),
        None,
        Why.NO_ROWS,
        "There are no traces yet. Upload traces with the column latency_ms filled.",
    ),
    (
        LABELS,
        replace(NOTHING, rows=20, worst_first=20),
        Why.WORST_FIRST_ONLY,
        "All 20 reviewed traces were picked worst first, which says nothing about the rate. "
        "Review a random sample.",
    ),
]


@pytest.mark.parametrize(("request_", "tally", "why", "sentence"), NOT_THERE)
def test_what_is_not_measured_says_why_and_what_would_help(
    request_: TallyRequest, tally: Tally | None, why: Why, sentence: str
) -> None:
    found = measure_rate(request_, tally, 0.05)
    assert isinstance(found, NotMeasured)
    assert (found.why, found.sentence) == (why, sentence)


def test_a_quantile_has_the_value_and_the_bounds_at_its_ranks() -> None:
    tally = apart(196, 200)
    assert quantile_ranks(tally, metric("latency_p95"), 0.05) == (190, 178, 198)
    found = measure_quantile(LATENCY, tally, (3190.0, 3170.0, None), 0.05)
    assert isinstance(found, Measurement)
    assert (found.value, found.low, found.high, found.bar) == (3190.0, 3170.0, None, 8000.0)
    assert (found.effective_passes, found.effective_n, found.running) == (196, 200, True)


def test_a_quantile_of_nothing_is_not_measured_and_one_without_a_value_is_a_bug() -> None:
    assert isinstance(measure_quantile(LATENCY, None, (None, None, None), 0.05), NotMeasured)
    with pytest.raises(ValueError, match="has a value"):
        measure_quantile(LATENCY, apart(1, 1), (None, None, None), 0.05)


@pytest.mark.parametrize(("n", "upper"), [(87, None), (88, 88), (200, 198)])
def test_the_upper_bound_of_p95_needs_88_traces(n: int, upper: int | None) -> None:
    assert quantile_ranks(apart(n, n), metric("latency_p95"), 0.05)[2] == upper


def test_the_first_traces() -> None:
    request = FirstRequest("hallucinations_in_first", Source.LABEL, 100)
    none = measure_first(request, there=0, reviewed=0, bad=0, sampling_known=False, error=0.05)
    assert isinstance(none, NotMeasured)
    assert none.sentence == "There are no traces yet. Upload some."
    windowed = replace(request, window=Window(since=NEWEST, bundle="v2"))
    late = measure_first(windowed, there=0, reviewed=0, bad=0, sampling_known=False, error=0.05)
    assert isinstance(late, NotMeasured)
    after = "of release v2 dated after 1 Mar 2026, 00:00 UTC"
    assert late.sentence == f"There are no traces {after} yet. Upload some."
    some = measure_first(
        request, there=80, reviewed=60, bad=1, sampling_known=True, error=0.05, newest=NEWEST
    )
    assert isinstance(some, FirstTraces)
    assert (some.wanted, some.there, some.reviewed, some.bad) == (100, 80, 60, 1)
    assert (some.sampling_known, some.newest) == (True, NEWEST)


def test_a_slice_is_the_same_in_any_order() -> None:
    assert Slice.of({"b": "2", "a": "1"}) == Slice.of({"a": "1", "b": "2"})
    assert [str(Slice.of(where)) for where in ({}, {"b": "2", "a": "1"})] == ["all", "a = 1, b = 2"]
