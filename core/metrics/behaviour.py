"""The metrics of how the feature behaves: faults, hand-overs and users' other reactions."""

from core.metrics.declaration import Better, Metric, Reading, Relation, Shape
from core.metrics.measurement import Source
from core.units import Unit

SLOW_MS = 10_000
"""From here on an answer is slow."""

NO_FAULT = ("ok", "no", "no error")
"""In a column that is blank where nothing went wrong, a log may also say so."""
_NO_FAULT = "(" + ", ".join(f"'{word}'" for word in NO_FAULT) + ")"


def _rate(
    metric_id: str,
    label: str,
    sentence: str,
    noun: str,
    reading: Reading,
    better: Better = Better.LOWER,
) -> Metric:
    return Metric(metric_id, label, sentence, Unit.SHARE, better, Shape.RATE, (reading,), noun)


def _flag(column: str, passes: str, denominator: str) -> Reading:
    """A yes/no column of the traces; a blank one was not recorded and does not count."""
    return Reading(
        Source.TRACE, Relation.TRACES, (column,), f"{column} IS NOT NULL", passes, denominator=denominator
    )


def _reaction(word: str) -> Reading:
    return Reading(
        Source.FEEDBACK,
        Relation.TRACES,
        ("user_feedback",),
        "user_feedback IS NOT NULL",
        f"user_feedback = '{word}'",
        denominator="Traces with a reaction: accepted, edited or rejected; silence is not a reaction.",
    )


ERROR_RATE = _rate(
    "error_rate",
    "Error rate",
    "How often a run fails and gives no proper answer.",
    "failed",
    Reading(
        Source.TRACE,
        Relation.TRACES,
        ("response",),
        "response IS NOT NULL OR error IS NOT NULL",
        f"error IS NOT NULL AND LOWER(TRIM(error)) NOT IN {_NO_FAULT}",
        denominator=(
            "Traces with an answer or an error, once a file has a column that says whether a run failed; "
            "traces with neither say nothing."
        ),
        blank_is_no="error",
        blank_says="whether a run failed",
    ),
)

TOOL_FAILURE = _rate(
    "tool_failure_rate",
    "Tool failure rate",
    "How often a tool that was called reports an error.",
    "failed",
    Reading(
        Source.TRACE,
        Relation.TRACES,
        ("tool_error",),
        "tool_error IS NOT NULL OR tool_selected IS NOT NULL OR LEN(tools_called) > 0",
        f"tool_error IS NOT NULL AND LOWER(TRIM(tool_error)) NOT IN {_NO_FAULT}",
        denominator=(
            "Traces that called a tool, once a file has a column that says whether a tool failed: before, "
            "nobody knows whether such errors are recorded."
        ),
        blank_is_no="tool_error",
        blank_says="whether a tool failed",
    ),
)

SCHEMA_FAILURE = _rate(
    "schema_failure_rate",
    "Schema failure rate",
    "How often the output does not have the agreed form.",
    "malformed",
    _flag("schema_valid", "NOT schema_valid", "Traces whose output was checked for its form."),
)

CITATION_FAILURE = _rate(
    "citation_failure_rate",
    "Citation failure rate",
    "How often an answer cites a document that was not fetched for it.",
    "cited wrongly",
    Reading(
        Source.TRACE,
        Relation.TRACES,
        ("cited_ids", "retrieved_ids"),
        "LEN(cited_ids) > 0 AND retrieved_ids IS NOT NULL",
        "NOT LIST_HAS_ALL(retrieved_ids, cited_ids)",
        denominator="Traces that cite documents and name those that were fetched; none fetched is a failure.",
    ),
)

ESCALATION = _rate(
    "escalation_rate",
    "Escalation rate",
    "How often the task is handed to a person.",
    "handed over",
    _flag("escalated", "escalated", "Traces that say whether they were handed to a person."),
)

ABSTENTION = _rate(
    "abstention_rate",
    "Abstention rate",
    "How often the feature declines to answer.",
    "declined",
    _flag("abstained", "abstained", "Traces that say whether the feature declined to answer."),
)

FALLBACK = _rate(
    "fallback_rate",
    "Fallback rate",
    "How often the non-AI path takes over.",
    "taken over",
    _flag("fallback", "fallback", "Traces that say whether the non-AI path took over."),
)

SLOW = _rate(
    "slow_rate",
    "Slow answers",
    "How often an answer takes more than 10 seconds.",
    "slow",
    Reading(
        Source.TRACE,
        Relation.TRACES,
        ("latency_ms",),
        "latency_ms IS NOT NULL OR error IS NOT NULL",
        f"COALESCE(latency_ms > {SLOW_MS}, TRUE)",
        denominator="Traces with a latency; a failed run without a latency counts as slow.",
    ),
)

EDITED = _rate(
    "edited_rate",
    "Edited by users",
    "How often users change the answer before they use it, out of those who reacted.",
    "edited",
    _reaction("edited"),
)

REJECTED = _rate(
    "rejected_rate",
    "Rejected by users (thumbs-down)",
    "How often users reject the answer or give it a thumbs-down, out of those who reacted.",
    "rejected",
    _reaction("rejected"),
)

REACTION = _rate(
    "reaction_rate",
    "Users who react",
    "How often users react to an answer at all.",
    "reactions",
    Reading(
        Source.FEEDBACK,
        Relation.TRACES,
        ("user_feedback",),
        "TRUE",
        "user_feedback IS NOT NULL",
        denominator="All traces, once at least one has a reaction.",
        blank_is_no="user_feedback",
        blank_says="what the user did with the answer",
    ),
    Better.HIGHER,
)
