"""Tallies become findings: the value, what the rows are worth as independent cases, the interval."""

import math
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from core.metrics.catalogue import Better, Metric, Reading, Relation, Shape, metric
from core.metrics.measurement import (
    Cluster,
    FirstTraces,
    Measurement,
    NotMeasured,
    Source,
    Tally,
    Weighting,
    Why,
)
from core.metrics.requests import FirstRequest, TallyRequest
from core.statistics.clustered_bounds import ClusteredBounds, Counts, clustered_bounds
from core.statistics.clusters import Effective, effective, effective_cases
from core.statistics.exact import bounds
from core.statistics.quantiles import ranks_among
from core.statistics.sequential import running_bounds

_REMEMBERED = 2_048
"""Bounds that are kept; their counts are those of tallies that are kept as well."""

_ROWS = {
    Relation.TRACES: "traces",
    Relation.LABELLED: "reviewed traces",
    Relation.JUDGED: "judged traces",
    Relation.EVALS: "eval results",
}
_NEEDED = {
    Source.EVAL: "Upload eval results with a result per case.",
    Source.LABEL: "Review some traces on the Review page, or upload labels.",
    Source.JUDGE: "Upload the AI judge's labels.",
    Source.FEEDBACK: "Upload traces that say what the user did with the answer.",
    Source.TRACE: "Upload traces with {columns} filled.",
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
    return _worth_of_users(tally.passes_by_cluster, tally.n_by_cluster, error)


@lru_cache(_REMEMBERED)
def _worth_of_users(passes: tuple[float, ...], n: tuple[int, ...], error: float) -> Effective:
    return effective(passes, n, error)


def quantile_ranks(tally: Tally, asked: Metric, error: float) -> tuple[int | None, ...]:
    """Which of the sorted values are (the value, its lower bound, its upper bound); ranks from 1."""
    low, high = ranks_among(tally.n, worth(tally, error).n, asked.level, error, running=is_running(tally))
    return math.ceil(asked.level * tally.n), low, high


def measure_rate(request: TallyRequest, tally: Tally | None, error: float) -> Measurement | NotMeasured:
    """A proportion with its interval; ``error`` is the stakes' error each way."""
    countable = _countable(request, tally)
    if isinstance(countable, NotMeasured):
        return countable
    of_faults = counts_faults(request.metric)
    found = bounds_of(countable, error, of_faults=of_faults)
    counted = _no_more_than(worth(countable, error), found.high_from if of_faults else found.low_from)
    interval = found.interval
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
        running=is_running(countable),
        error=error,
    )


def _no_more_than(counted: Effective, good_side: Counts) -> Effective:
    """A few failures show how little users are alike; that does not make them worth more cases."""
    if not 0 < good_side.n < counted.n:
        return counted
    return replace(counted, passes=counted.passes / counted.n * good_side.n, n=good_side.n)


def counts_faults(metric_id: str) -> bool:
    """Whether the passes of a metric are what should be rare, such as hallucinations."""
    asked = metric(metric_id)
    return asked.shape is Shape.RATE and asked.better is Better.LOWER


def bounds_of(tally: Tally, error: float, *, of_faults: bool) -> ClusteredBounds:
    """The bounds of a tally's rate, on which no failure can look good, and the counts behind each."""
    running = is_running(tally)
    if tally.cluster is not Cluster.CASE:
        return _of_users(tally.passes_by_cluster, tally.n_by_cluster, error, running, of_faults)
    cases = effective_cases(tally.passes_by_cluster, tally.n_by_cluster)
    counts = Counts(cases.passes, cases.n)
    interval = (running_bounds if running else bounds)(cases.passes, cases.n, error)
    return ClusteredBounds(interval, counts, counts)


@lru_cache(_REMEMBERED)
def _of_users(
    passes: tuple[float, ...], n: tuple[int, ...], error: float, running: bool, of_faults: bool
) -> ClusteredBounds:
    # A page asks for the same bounds of hundreds of weeks and slices at each of its runs.
    return clustered_bounds(passes, n, error, running=running, of_faults=of_faults)


def bounds_behind(finding: Measurement) -> ClusteredBounds:
    """The bounds that a verdict on ``finding`` rests on; of a quantile those of the share under its bar."""
    of_faults = counts_faults(finding.metric)
    if finding.audit is not None and finding.audit.is_corrected:
        counts = Counts(finding.effective_passes, finding.effective_n)
        interval = running_bounds(counts.passes, counts.n, finding.error)
        return ClusteredBounds(interval, counts, counts)
    if finding.weighting is not None:
        return weighted_bounds(finding.weighting, finding.tally.n, finding.error, of_faults=of_faults)
    return bounds_of(finding.tally, finding.error, of_faults=of_faults)


def weighted_bounds(weighting: Weighting, cases: int, error: float, *, of_faults: bool) -> ClusteredBounds:
    """The bounds of a rate that is weighted by kind of task; production evidence, so at any look."""
    return clustered_bounds(
        weighting.passes_by_cluster,
        weighting.n_by_cluster,
        error,
        running=True,
        of_faults=of_faults,
        weight_by_cluster=weighting.weight_by_cluster,
        cases=cases,
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
        columns, these = _columns(reading), "this column" if len(reading.columns) == 1 else "these columns"
        why = Why.NOTHING_TO_JUDGE
        needed = _NEEDED[request.source].format(columns=these)
        sentence = f"None of the {tally.rows:,} {rows}{where} has {columns} filled. {needed}"
    else:
        return tally
    return NotMeasured(request.metric, request.source, request.slice, why, sentence)


def _nothing(request: TallyRequest) -> NotMeasured:
    reading = metric(request.metric).reading(request.source)
    needed = _NEEDED[request.source].format(columns=_columns(reading))
    sentence = f"There are no {_ROWS[reading.relation]}{_where(request)} yet. {needed}"
    return NotMeasured(request.metric, request.source, request.slice, Why.NO_ROWS, sentence)


def _columns(reading: Reading) -> str:
    noun = "column" if len(reading.columns) == 1 else "columns"
    return f"the {noun} {' and '.join(reading.columns)}"


def _where(request: TallyRequest | FirstRequest) -> str:
    where = "" if not request.slice.where else f" for {request.slice}"
    if request.window.bundle is not None:
        where += f" of release {request.window.bundle}"
    if request.window.since is not None:
        since = request.window.since
        where += f" dated after {since.day} {since:%b %Y, %H:%M} UTC"
    return where
