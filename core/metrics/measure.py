"""Tallies become findings: the value, what the rows are worth as independent cases, the interval."""

import math
from datetime import datetime

from core.metrics.catalogue import Metric, Reading, Relation, metric
from core.metrics.measurement import (
    Cluster,
    FirstTraces,
    Measurement,
    NotMeasured,
    Source,
    Tally,
    Why,
)
from core.metrics.requests import FirstRequest, TallyRequest
from core.statistics.clusters import Effective, effective, effective_cases
from core.statistics.exact import bounds
from core.statistics.quantiles import ranks_among
from core.statistics.sequential import running_bounds

_ROWS = {
    Relation.TRACES: "traces",
    Relation.LABELLED: "reviewed traces",
    Relation.JUDGED: "judged traces",
    Relation.EVALS: "eval results",
}
_NEEDED = {
    Source.EVAL: "Upload eval results with a result per case.",
    Source.LABEL: "Review some traces and upload the labels.",
    Source.JUDGE: "Upload the AI judge's labels.",
    Source.FEEDBACK: "Upload traces that say what the user did with the answer.",
    Source.TRACE: "Upload traces with this column filled.",
}


def is_running(tally: Tally) -> bool:
    """Whether the peek-safe rule applies: production evidence, or an eval set that grew after a look.

    Chosen by where the numbers come from, never by what they say (METHODS section 0).
    """
    return tally.cluster is not Cluster.CASE or tally.looks > 1


def worth(tally: Tally, error: float) -> Effective:
    """What the counted rows are worth as independent cases (METHODS section 1)."""
    if tally.cluster is Cluster.CASE:
        return effective_cases(tally.passes_by_cluster, tally.n_by_cluster)
    return effective(tally.passes_by_cluster, tally.n_by_cluster, error)


def quantile_ranks(tally: Tally, asked: Metric, error: float) -> tuple[int | None, ...]:
    """Which of the sorted values are (the value, its lower bound, its upper bound); ranks from 1."""
    low, high = ranks_among(tally.n, worth(tally, error).n, asked.level, error, running=is_running(tally))
    return math.ceil(asked.level * tally.n), low, high


def measure_rate(request: TallyRequest, tally: Tally | None, error: float) -> Measurement | NotMeasured:
    """A proportion with its interval; ``error`` is the stakes' error each way."""
    countable = _countable(request, tally)
    if isinstance(countable, NotMeasured):
        return countable
    counted = worth(countable, error)
    running = is_running(countable)
    interval = (running_bounds if running else bounds)(counted.passes, counted.n, error)
    return Measurement(
        metric=request.metric,
        source=request.source,
        slice=request.slice,
        unit=metric(request.metric).unit,
        value=counted.passes / counted.n,
        low=interval.low,
        high=interval.high,
        tally=countable,
        effective_n=counted.n,
        effective_passes=counted.passes,
        running=running,
        error=error,
    )


def measure_quantile(
    request: TallyRequest, tally: Tally | None, values: tuple[float | None, ...], error: float
) -> Measurement | NotMeasured:
    """A quantile with its order-statistic interval; ``values`` answer :func:`quantile_ranks`.

    The passes of ``tally`` are the rows under the bar: the bar itself is judged on them, as the
    same statement about a share (METHODS section 3).
    """
    countable = _countable(request, tally)
    if isinstance(countable, NotMeasured):
        return countable
    value, low, high = values
    if value is None:
        raise ValueError("a quantile of counted rows has a value")
    counted = worth(countable, error)
    return Measurement(
        metric=request.metric,
        source=request.source,
        slice=request.slice,
        unit=metric(request.metric).unit,
        value=value,
        low=low,
        high=high,
        tally=countable,
        effective_n=counted.n,
        effective_passes=counted.passes,
        running=is_running(countable),
        error=error,
        bar=request.bar,
    )


def unrecorded(request: TallyRequest, rows: int) -> NotMeasured:
    """A metric whose blanks mean "no" while the column is not recorded in any of the ``rows``."""
    reading = metric(request.metric).reading(request.source)
    if rows == 0:
        return _nothing(request)
    return NotMeasured(
        request.metric,
        request.source,
        request.slice,
        Why.NOTHING_TO_JUDGE,
        _unrecorded_because(reading, rows),
    )


def _unrecorded_because(reading: Reading, rows: int) -> str:
    if reading.source is Source.FEEDBACK:
        return (
            f"None of the {rows:,} {_ROWS[reading.relation]} says {reading.blank_says}. "
            f"{_NEEDED[reading.source]}"
        )
    return (
        f"No file has a column that says {reading.blank_says}. "
        f"Upload traces with a column {reading.blank_is_no}; it may be blank where nothing failed."
    )


def measure_first(
    request: FirstRequest,
    *,
    there: int,
    reviewed: int,
    bad: int,
    sampling_known: bool,
    error: float,
    newest: datetime | None = None,
) -> FirstTraces | NotMeasured:
    """What is known of the first traces; without any trace there is nothing to say."""
    if there == 0:
        return NotMeasured(
            request.metric,
            request.source,
            request.slice,
            Why.NO_ROWS,
            f"There are no traces{_where(request)} yet. Upload some.",
        )
    return FirstTraces(
        request.metric,
        request.source,
        request.slice,
        wanted=request.count,
        there=there,
        reviewed=reviewed,
        bad=bad,
        sampling_known=sampling_known,
        error=error,
        newest=newest,
    )


def _countable(request: TallyRequest, tally: Tally | None) -> Tally | NotMeasured:
    """The tally if it counts anything, else why it does not and what would help."""
    reading = metric(request.metric).reading(request.source)
    rows, where = _ROWS[reading.relation], _where(request)
    if tally is None or tally.rows == 0:
        return _nothing(request)
    if tally.n == 0 and tally.worst_first:
        why = Why.WORST_FIRST_ONLY
        sentence = (
            f"All {tally.worst_first} {rows}{where} were picked worst first, which says nothing about the "
            "rate. Review a random sample."
        )
    elif tally.n == 0:
        columns = " and ".join(reading.columns)
        why = Why.NOTHING_TO_JUDGE
        sentence = f"None of the {tally.rows:,} {rows}{where} has {columns} filled. {_NEEDED[request.source]}"
    else:
        return tally
    return NotMeasured(request.metric, request.source, request.slice, why, sentence)


def _nothing(request: TallyRequest) -> NotMeasured:
    rows = _ROWS[metric(request.metric).reading(request.source).relation]
    sentence = f"There are no {rows}{_where(request)} yet. {_NEEDED[request.source]}"
    return NotMeasured(request.metric, request.source, request.slice, Why.NO_ROWS, sentence)


def _where(request: TallyRequest | FirstRequest) -> str:
    where = "" if not request.slice.where else f" for {request.slice}"
    if request.window.bundle is not None:
        where += f" of release {request.window.bundle}"
    if request.window.since is not None:
        since = request.window.since
        where += f" dated after {since.day} {since:%b %Y, %H:%M} UTC"
    return where
