"""Rows judged from plain counts: what the tests of the criteria share."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row, judge_measured
from core.metrics.catalogue import metric
from core.metrics.measure import measure_quantile, measure_rate, quantile_ranks
from core.metrics.measurement import Cluster, Measurement, Source, Tally
from core.metrics.requests import TallyRequest

Judge = Callable[..., Row]


def counts(passes: int, n: int, cluster: Cluster, newest: datetime, **about: Any) -> Tally:
    """So many passes of n, each row by a user (or case) of its own unless ``about`` says otherwise."""
    each = {"passes_by_cluster": (1.0,) * passes + (0.0,) * (n - passes), "n_by_cluster": (1,) * n}
    return Tally(**{**each, "cluster": cluster, "rows": n, "newest": newest, **about})


@pytest.fixture
def measured(now: datetime) -> Callable[..., tuple[MeasuredItem, Measurement]]:
    """An item and what was measured for it: ``passes`` of ``n`` against ``bar``."""

    def measure(
        passes: int,
        n: int,
        bar: float,
        *,
        source: str = "eval",
        error: float = 0.05,
        tally: dict[str, Any] | None = None,
        **item: Any,
    ) -> tuple[MeasuredItem, Measurement]:
        asked = MeasuredItem.model_validate(
            {"id": "answers", "metric": "answer_correctness", "source": source, "bar": bar} | item
        )
        cluster = Cluster.CASE if source == "eval" else Cluster.USER
        counted = counts(passes, n, **{"cluster": cluster, "newest": now, **(tally or {})})
        request = TallyRequest(asked.metric, asked.source, asked.slice_of, bar=bar)
        found = measure_rate(request, counted, error)
        assert isinstance(found, Measurement)
        return asked, found

    return measure


@pytest.fixture
def judged(measured: Callable[..., tuple[MeasuredItem, Measurement]], now: datetime) -> Judge:
    """The row of ``passes`` of ``n`` against ``bar``; an eval set in one look unless a source is named."""

    def judge(passes: int, n: int, bar: float, **about: Any) -> Row:
        item, found = measured(passes, n, bar, **about)
        return judge_measured(item, found, now)

    return judge


@pytest.fixture
def judged_latency(now: datetime) -> Judge:
    """The row of p95 < 8 s where ``slow`` of ``n`` users' traces took 9 s and the rest 3 s."""

    def judge(slow: int, n: int, error: float = 0.05, **item: Any) -> Row:
        asked = MeasuredItem.model_validate(
            {"id": "latency", "metric": "latency_p95", "source": "trace", "direction": "below"}
            | {"bar": 8000, **item}
        )
        counted = counts(n - slow, n, Cluster.USER, now)
        values = [3000.0] * (n - slow) + [9000.0] * slow + [math.inf]
        ranks = quantile_ranks(counted, metric(asked.metric), error)
        at_ranks = tuple(None if rank is None else values[rank - 1] for rank in ranks)
        request = TallyRequest(asked.metric, Source.TRACE, bar=asked.limit)
        return judge_measured(asked, measure_quantile(request, counted, at_ranks, error), now)

    return judge
