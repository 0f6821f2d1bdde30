"""The metrics that are amounts: time, money and tokens a task, as quantiles; money also as a mean."""

from core.metrics.declaration import Better, Metric, Reading, Relation, Shape
from core.metrics.measurement import Source
from core.metrics.quality import EVAL_HAS_RESULT, EVAL_PASSES
from core.units import Unit

MEDIAN, P95, P99 = 0.5, 0.95, 0.99


def _quantile(
    metric_id: str, label: str, sentence: str, unit: Unit, level: float, reading: Reading
) -> Metric:
    noun = "in time" if unit is Unit.MILLISECONDS else "below"
    return Metric(metric_id, label, sentence, unit, Better.LOWER, Shape.QUANTILE, (reading,), noun, level)


def _mean_cost(metric_id: str, label: str, sentence: str, readings: tuple[Reading, ...], noun: str) -> Metric:
    return Metric(metric_id, label, sentence, Unit.USD, Better.LOWER, Shape.MEAN, readings, noun)


def _cost_of(source: Source, relation: Relation, right: str, known: str, denominator: str) -> Reading:
    """All cost of the rows whose outcome is known, over those of them that are right."""
    columns = ("cost_usd", right)
    eligible = f"cost_usd IS NOT NULL AND ({known})"
    passes = EVAL_PASSES if relation is Relation.EVALS else right
    return Reading(source, relation, columns, eligible, passes, value="cost_usd", denominator=denominator)


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

_EVERY_COST = (
    Reading(
        Source.TRACE,
        Relation.TRACES,
        ("cost_usd",),
        "cost_usd IS NOT NULL",
        "TRUE",
        value="cost_usd",
        denominator=(
            "All traces with a cost, 0 included, also the many of one user; a missing cost is not 0 and does "
            "not count. Chance is reckoned over users, because one user's tasks cost alike."
        ),
    ),
    Reading(
        Source.EVAL,
        Relation.EVALS,
        ("cost_usd",),
        "cost_usd IS NOT NULL",
        "TRUE",
        value="cost_usd",
        denominator=(
            "All eval results with a cost, each repeat of a case one task; a missing cost is not 0 and does "
            "not count. Chance is reckoned over cases."
        ),
    ),
)

_COST_WHERE_RIGHT = (
    *(
        _cost_of(
            source,
            relation,
            "answer_right",
            "answer_right IS NOT NULL",
            f"The cost of all {rows} traces with a cost, whether their answer was right or wrong, over those "
            "whose answer was judged right.",
        )
        for source, relation, rows in (
            (Source.LABEL, Relation.LABELLED, "reviewed"),
            (Source.JUDGE, Relation.JUDGED, "judged"),
        )
    ),
    _cost_of(
        Source.EVAL,
        Relation.EVALS,
        "passed",
        EVAL_HAS_RESULT,
        "The cost of all eval results with a cost and a stated result, passed or not, over those that "
        "passed; a result whose run failed costs and did not pass.",
    ),
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

COST_P99 = _quantile(
    "cost_p99",
    "p99 cost per task",
    "What 99 of 100 tasks cost at most: the few that can eat the budget.",
    Unit.USD,
    P99,
    _COST,
)

COST_PER_TASK = _mean_cost(
    "cost_per_task", "Cost per task", "What a task costs on average.", _EVERY_COST, "counted"
)

COST_PER_SUCCESS = _mean_cost(
    "cost_per_successful_task",
    "Cost per successful task",
    "What it costs on average to get one task right, with the cost of those that went wrong.",
    _COST_WHERE_RIGHT,
    "successful",
)

TOKENS_P50 = _quantile(
    "tokens_p50",
    "Median tokens per task",
    "How many tokens half of the tasks use at most.",
    Unit.COUNT,
    MEDIAN,
    _TOKENS,
)

TOKENS_P95 = _quantile(
    "tokens_p95",
    "p95 tokens per task",
    "How many tokens 95 of 100 tasks use at most.",
    Unit.COUNT,
    P95,
    _TOKENS,
)
