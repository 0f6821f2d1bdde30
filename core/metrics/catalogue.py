"""The metric catalogue: every metric declared once, as data.

A reading says how one source answers a metric: which rows are eligible, which of them pass, and
which could not be judged. These are plain SQL conditions over the canonical columns (ANSI but for the
two list functions, which every engine has under some name), so that the
same declaration runs wherever the evidence lies (ADR 0006). They are constants of this file and
never hold anything a user typed; the only placeholder is ``$bar``.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import InvalidDocument
from core.evidence.columns import Kind
from core.metrics.measurement import Source
from core.units import Unit


class Relation(StrEnum):
    """The evidence that a reading counts; one row each."""

    TRACES = "traces"
    LABELLED = "labelled"  # traces that a person has judged, with the judgement
    JUDGED = "judged"  # traces that an AI judge has judged
    EVALS = "evals"

    @property
    def rows(self) -> Kind:
        """The kind of evidence whose columns a row of this relation has."""
        return Kind.EVALS if self is Relation.EVALS else Kind.TRACES


class Shape(StrEnum):
    """How a metric is compared with its bar."""

    RATE = "rate"
    QUANTILE = "quantile"
    NONE_IN_FIRST = "none in first"


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Reading:
    """How one source answers a metric, as conditions over canonical columns."""

    source: Source
    relation: Relation
    columns: tuple[str, ...]
    eligible: str
    passes: str
    value: str = ""
    denominator: str = ""


@dataclass(frozen=True)
class Metric:
    """One metric: ``sentence`` is what a PM reads, ``quantile`` is set for quantile metrics."""

    id: str
    label: str
    sentence: str
    unit: Unit
    better: Better
    shape: Shape
    readings: tuple[Reading, ...]
    noun: str = "right"
    quantile: float | None = None

    @property
    def level(self) -> float:
        """The quantile of a quantile metric, 0 to 1; asking a rate for it is a bug."""
        if self.quantile is None:
            raise ValueError(f"{self.id} is not a quantile")
        return self.quantile

    def reading(self, source: Source) -> Reading:
        """The reading of ``source``; :class:`InvalidDocument` when the metric does not take it."""
        for reading in self.readings:
            if reading.source is source:
                return reading
        taken = ", ".join(reading.source for reading in self.readings)
        raise InvalidDocument(
            f"{self.label} cannot be measured from source “{source}”.", mend=f"Choose one of: {taken}."
        )


# A run that failed counts against the feature; a judge that failed says nothing about it.
_EVAL_PASSED = Reading(
    Source.EVAL,
    Relation.EVALS,
    ("passed",),
    eligible="passed IS NOT NULL OR error_kind = 'run'",
    passes="COALESCE(passed, FALSE) AND COALESCE(error_kind, '') <> 'run'",
    denominator=(
        "All cases with a stated result; a case whose run failed counts as not passed; a case whose "
        "judge failed is left out and shown. Repeats of a case are averaged: cases count, not repeats."
    ),
)


def _labelled(verdict: str, denominator: str) -> tuple[Reading, ...]:
    return tuple(
        Reading(source, relation, (verdict,), f"{verdict} IS NOT NULL", verdict, denominator=denominator)
        for source, relation in ((Source.LABEL, Relation.LABELLED), (Source.JUDGE, Relation.JUDGED))
    )


TOOL_SELECTION = Metric(
    id="tool_selection_accuracy",
    label="Tool selection accuracy",
    sentence="How often the feature picks the tool that the task calls for.",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    shape=Shape.RATE,
    readings=(
        *_labelled("tool_right", "Reviewed traces whose tool was judged right or wrong."),
        Reading(
            Source.TRACE,
            Relation.TRACES,
            ("tool_selected", "tool_expected"),
            "tool_expected IS NOT NULL",
            "COALESCE(tool_selected = tool_expected, FALSE)",
            denominator="Traces that name the expected tool; no tool picked counts as wrong.",
        ),
        Reading(
            Source.EVAL,
            Relation.EVALS,
            ("tools_expected", "tools_called"),
            "LEN(tools_expected) > 0",
            "COALESCE(LIST_HAS_ALL(tools_called, tools_expected), FALSE)",
            denominator="Eval cases that expect a tool; right when every expected tool was called.",
        ),
    ),
)

ANSWER_CORRECTNESS = Metric(
    id="answer_correctness",
    label="Answer correctness",
    sentence="How often the answer is right.",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    shape=Shape.RATE,
    readings=(
        *_labelled("answer_right", "Reviewed traces whose answer was judged right or wrong."),
        _EVAL_PASSED,
    ),
)

USER_ACCEPTANCE = Metric(
    id="user_acceptance",
    label="User acceptance",
    sentence="How often users take the answer as it is, out of those who reacted.",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    shape=Shape.RATE,
    noun="accepted",
    readings=(
        Reading(
            Source.FEEDBACK,
            Relation.TRACES,
            ("user_feedback",),
            "user_feedback IS NOT NULL",
            "user_feedback = 'accepted'",
            denominator="Traces with a reaction: accepted, edited or rejected; silence is not a reaction.",
        ),
    ),
)

LATENCY_P95 = Metric(
    id="latency_p95",
    label="p95 latency",
    sentence="The time within which 95 of 100 answers arrive.",
    unit=Unit.MILLISECONDS,
    better=Better.LOWER,
    shape=Shape.QUANTILE,
    quantile=0.95,
    noun="in time",
    readings=(
        Reading(
            Source.TRACE,
            Relation.TRACES,
            ("latency_ms",),
            "latency_ms IS NOT NULL OR error IS NOT NULL",
            "COALESCE(latency_ms < $bar, FALSE)",
            value="latency_ms",
            denominator="Traces with a latency; a failed run without a latency counts as slow.",
        ),
    ),
)

HALLUCINATIONS_IN_FIRST = Metric(
    id="hallucinations_in_first",
    label="Hallucinations in the first traces",
    sentence="Whether any of the first traces after the lock invents something.",
    unit=Unit.COUNT,
    better=Better.LOWER,
    shape=Shape.NONE_IN_FIRST,
    noun="hallucinations",
    readings=(
        Reading(
            Source.LABEL,
            Relation.LABELLED,
            ("hallucination",),
            "hallucination IS NOT NULL",
            "NOT hallucination",
            denominator="The first traces by time, all of which must be reviewed.",
        ),
    ),
)

HALLUCINATION_RATE = Metric(
    id="hallucination_rate",
    label="Hallucination rate",
    sentence="How often the answer invents something.",
    unit=Unit.SHARE,
    better=Better.LOWER,
    shape=Shape.RATE,
    noun="invented something",
    readings=_labelled("hallucination", "Reviewed traces that were checked for inventions."),
)

EVAL_PASS_RATE = Metric(
    id="eval_pass_rate",
    label="Eval pass rate",
    sentence="How often a case of the eval set passes, averaged over its repeats.",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    shape=Shape.RATE,
    noun="passed",
    readings=(_EVAL_PASSED,),
)

CATALOGUE: dict[str, Metric] = {
    metric.id: metric
    for metric in (
        TOOL_SELECTION,
        ANSWER_CORRECTNESS,
        USER_ACCEPTANCE,
        LATENCY_P95,
        HALLUCINATIONS_IN_FIRST,
        HALLUCINATION_RATE,
        EVAL_PASS_RATE,
    )
}


def metric(metric_id: str) -> Metric:
    """The metric of that id; :class:`InvalidDocument` names the ones there are."""
    try:
        return CATALOGUE[metric_id]
    except KeyError:
        known = ", ".join(CATALOGUE)
        raise InvalidDocument(f"There is no metric “{metric_id}”.", mend=f"Choose one of: {known}.") from None
