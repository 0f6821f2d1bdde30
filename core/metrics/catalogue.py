"""The metric catalogue: every metric declared once, as data (how, says core.metrics.declaration)."""

from core.errors import InvalidDocument
from core.metrics import amounts, behaviour, quality
from core.metrics.declaration import Better, Metric, Reading, Relation, Shape

__all__ = [
    "AMOUNTS",
    "BEHAVIOUR",
    "CATALOGUE",
    "QUALITY",
    "Better",
    "Metric",
    "Reading",
    "Relation",
    "Shape",
    "metric",
]

QUALITY = (
    quality.TOOL_SELECTION,
    quality.RETRIEVAL_RECALL,
    quality.ANSWER_CORRECTNESS,
    quality.GROUNDING_ACCURACY,
    quality.USER_ACCEPTANCE,
)
"""The five that tell where a feature goes wrong; kept apart, never one score."""

AMOUNTS = (
    amounts.LATENCY_P50,
    amounts.LATENCY_P95,
    amounts.COST_PER_TASK,
    amounts.COST_PER_SUCCESS,
    amounts.COST_P50,
    amounts.COST_P95,
    amounts.COST_P99,
    amounts.TOKENS_P50,
    amounts.TOKENS_P95,
)

BEHAVIOUR = (
    quality.HALLUCINATION_RATE,
    quality.GROUNDEDNESS_FAILURE,
    quality.PREMATURE_STOP,
    quality.EVAL_PASS_RATE,
    behaviour.ERROR_RATE,
    behaviour.TOOL_FAILURE,
    behaviour.SCHEMA_FAILURE,
    behaviour.CITATION_FAILURE,
    behaviour.ESCALATION,
    behaviour.ABSTENTION,
    behaviour.FALLBACK,
    behaviour.SLOW,
    behaviour.REJECTED,
    behaviour.EDITED,
    behaviour.REACTION,
)

CATALOGUE: dict[str, Metric] = {
    metric.id: metric for metric in (*QUALITY, *AMOUNTS, quality.HALLUCINATIONS_IN_FIRST, *BEHAVIOUR)
}


def metric(metric_id: str) -> Metric:
    """The metric of that id; :class:`InvalidDocument` names the ones there are."""
    try:
        return CATALOGUE[metric_id]
    except KeyError:
        known = ", ".join(CATALOGUE)
        raise InvalidDocument(f"There is no metric “{metric_id}”.", mend=f"Choose one of: {known}.") from None
