"""What was counted, in words, for metrics that are not plain rates: shares of a case, costs, medians."""

from datetime import datetime

import pytest

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import judge_measured
from core.criteria.verdict import Verdict
from core.criteria.wording import counted_words
from core.metrics.measure import measure_quantile, measure_rate
from core.metrics.measurement import Cluster, Measurement, Source, Tally
from core.metrics.requests import TallyRequest


def users(*passes: float) -> Tally:
    """One row a user."""
    return Tally(passes, (1,) * len(passes), Cluster.USER, rows=len(passes))


def test_recall_is_an_average_over_traces() -> None:
    request = TallyRequest("retrieval_recall", Source.TRACE)
    found = measure_rate(request, users(*[1.0, 0.5] * 50), 0.05)
    assert isinstance(found, Measurement)
    assert (found.value, found.n, found.effective_n) == (0.75, 100, 100)
    assert counted_words(found) == "Over 100 traces, on average: 75 % (61.1–86.9 %)."


def test_recall_is_judged_like_a_rate(now: datetime) -> None:
    item = MeasuredItem.model_validate(
        {"id": "recall", "metric": "retrieval_recall", "source": "trace", "bar": 0.6}
    )
    request = TallyRequest("retrieval_recall", Source.TRACE, bar=0.6)
    row = judge_measured(item, measure_rate(request, users(*[1.0, 0.5] * 50), 0.05), now)
    assert (row.verdict, row.bar) == (Verdict.GO, "above 60 %")


@pytest.mark.parametrize(
    ("metric", "bar", "value", "words"),
    [
        ("cost_p95", 0.05, 0.04, "10 of 100 cost $0.05 or more; p95 is $0.04 ($0.04 or more)."),
        ("latency_p50", 2_000, 1_500, "10 of 100 took 2 s or longer; the median is 1.5 s (1.5 s or more)."),
        ("tokens_p95", 4_000, 3_000, "10 of 100 used 4,000 or more; p95 is 3,000 (3,000 or more)."),
    ],
)
def test_an_amount_says_how_many_go_beyond_its_bar(metric: str, bar: float, value: float, words: str) -> None:
    request = TallyRequest(metric, Source.TRACE, bar=bar)
    found = measure_quantile(request, users(*[1.0] * 90, *[0.0] * 10), (value, value, None), 0.05)
    assert isinstance(found, Measurement)
    assert counted_words(found) == words
