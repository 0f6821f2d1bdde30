"""The metrics that are amounts, given as quantiles: time, money and tokens a task."""

from core.metrics.declaration import Better, Metric, Reading, Relation, Shape
from core.metrics.measurement import Source
from core.units import Unit

MEDIAN, P95 = 0.5, 0.95


def _quantile(
    metric_id: str, label: str, sentence: str, unit: Unit, level: float, reading: Reading
) -> Metric:
    noun = "in time" if unit is Unit.MILLISECONDS else "below"
    return Metric(metric_id, label, sentence, unit, Better.LOWER, Shape.QUANTILE, (reading,), noun, level)


_LATENCY = Reading(
    Source.TRACE,
    Relation.TRACES,
    ("latency_ms",),
    "latency_ms IS NOT NULL OR error IS NOT NULL",
    "COALESCE(latency_ms < $bar, FALSE)",
    value="latency_ms",
    denominator="Traces with a latency; a failed run without a latency counts as slow.",
)

_COST = Reading(
    Source.TRACE,
    Relation.TRACES,
    ("cost_usd",),
    "cost_usd IS NOT NULL",
    "cost_usd < $bar",
    value="cost_usd",
    denominator="Traces with a cost, 0 included; a missing cost is not 0 and does not count.",
)

_TOKENS = Reading(
    Source.TRACE,
    Relation.TRACES,
    ("input_tokens", "output_tokens"),
    "input_tokens IS NOT NULL AND output_tokens IS NOT NULL",
    "CAST(input_tokens AS DOUBLE) + output_tokens < $bar",
    value="CAST(input_tokens AS DOUBLE) + output_tokens",
    denominator="Traces with both counts: tokens sent to the model and tokens it wrote.",
)

LATENCY_P50 = _quantile(
    "latency_p50",
    "Median latency",
    "The time within which half of the answers arrive.",
    Unit.MILLISECONDS,
    MEDIAN,
    _LATENCY,
)

LATENCY_P95 = _quantile(
    "latency_p95",
    "p95 latency",
    "The time within which 95 of 100 answers arrive.",
    Unit.MILLISECONDS,
    P95,
    _LATENCY,
)

COST_P50 = _quantile(
    "cost_p50",
    "Median cost per task",
    "What half of the tasks cost at most.",
    Unit.USD,
    MEDIAN,
    _COST,
)

COST_P95 = _quantile(
    "cost_p95",
    "p95 cost per task",
    "What 95 of 100 tasks cost at most: the dear tail that an average hides.",
    Unit.USD,
    P95,
    _COST,
)

TOKENS_P95 = _quantile(
    "tokens_p95",
    "p95 tokens per task",
    "How many tokens 95 of 100 tasks use at most.",
    Unit.COUNT,
    P95,
    _TOKENS,
)
