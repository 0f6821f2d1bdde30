"""What the evidence can answer: metrics a file does not allow, fields the traces record, lost judgements."""

from collections.abc import Collection
from dataclasses import dataclass

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.evidence.columns import RUN_KINDS, TRACE_COLUMNS, Kind
from core.metrics.catalogue import CATALOGUE, Relation
from core.store import features
from core.store.traces import Unmatched

_KIND_OF = {
    Relation.TRACES: Kind.TRACES,
    Relation.LABELLED: Kind.LABELS,
    Relation.JUDGED: Kind.LABELS,
    Relation.EVALS: Kind.EVALS,
}
_ELSEWHERE = {Kind.TRACES: "traces", Kind.LABELS: "labels from reviewers", Kind.EVALS: "eval results"}

_IN_STEPS = frozenset({"latency_ms", "input_tokens", "output_tokens", "cost_usd"})
"""What exports of whole traces often leave to the export of their steps."""

_QUESTIONS = {
    "What was asked?": (("query",),),
    "Which tools were considered?": (("tools_considered",),),
    "Which tool was picked, and why?": (("tool_selected", "tool_reason"),),
    "What context was used?": (("context_summary",), ("retrieved_ids",)),
    "What was the answer?": (("response",),),
    "Was it accepted, edited or rejected?": (("user_feedback",),),
}
"""The six questions that a trace should answer: sets of columns, any one of which answers it."""

_FURTHER = (
    "prompt_version",
    "model",
    "retrieved_ids",
    "tools_called",
    "guardrail_decisions",
    "latency_ms",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "user_feedback",
    "escalated",
)
"""What else each trace should record, so that a failure can be explained and a cost be told."""


@dataclass(frozen=True)
class FieldCoverage:
    """How many traces fill a column; ``meaning`` says in a sentence what it holds."""

    column: str
    meaning: str
    filled: int


@dataclass(frozen=True)
class QuestionCoverage:
    """How many traces answer one of the six questions, and how many fill each of its columns.

    Where it takes a tool and a reason, a trace answers only with both; where context may be a
    summary or ids, either is enough.
    """

    question: str
    answered: int
    fields: tuple[FieldCoverage, ...]


@dataclass(frozen=True)
class Instrumentation:
    """What the ``traces`` of a feature record: the six questions, then the further fields."""

    traces: int
    questions: tuple[QuestionCoverage, ...]
    further: tuple[FieldCoverage, ...]


def instrumentation(workspace: Workspace, caller: Caller, slug: str) -> Instrumentation:
    """How far the traces of a feature answer what will be asked of them."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        filled = workspace.warehouse.filled(connection, feature, Kind.TRACES)
        traces, *answered = workspace.warehouse.recorded(connection, feature, tuple(_QUESTIONS.values()))
    meanings = {column.name: column.meaning for column in TRACE_COLUMNS}

    def coverage(names: Collection[str]) -> tuple[FieldCoverage, ...]:
        return tuple(FieldCoverage(name, meanings[name], filled[name]) for name in names)

    questions = tuple(
        QuestionCoverage(question, count, coverage([name for columns in sets for name in columns]))
        for (question, sets), count in zip(_QUESTIONS.items(), answered, strict=True)
    )
    return Instrumentation(traces, questions, coverage(_FURTHER))


def unmatched(workspace: Workspace, caller: Caller, slug: str) -> Unmatched:
    """How many labels and scores name runs that are not in the evidence, and so count nowhere yet."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        return workspace.warehouse.unmatched(connection, features.by_slug(connection, slug))


def cannot_compute(kind: Kind, filled: Collection[str | None]) -> list[dict[str, str]]:
    """The metrics that a file of ``kind`` with these ``filled`` columns cannot give, and why.

    Steps and scores count as what they tell of their traces; ``filled`` names columns of the trace.
    """
    if kind is Kind.FAILURES:
        # Nobody expects a rate of a list of what went wrong.
        return []
    counted = Kind.TRACES if kind in RUN_KINDS else kind
    missing = []
    for metric in CATALOGUE.values():
        fitting = [reading for reading in metric.readings if _KIND_OF[reading.relation] is counted]
        if any(set(reading.columns) <= set(filled) for reading in fitting):
            continue
        if fitting:
            absent = [name for name in fitting[0].columns if name not in filled]
            why = f"The file fills no column {' or '.join(absent)}."
            if kind is Kind.TRACES and _IN_STEPS.issuperset(absent):
                why += " The tool's export of steps (observations, spans) has it; import that as well."
        else:
            sources = {_ELSEWHERE[_KIND_OF[reading.relation]] for reading in metric.readings}
            why = f"It comes from {' or '.join(sorted(sources))}."
        missing.append({"metric": metric.label, "why": why})
    return missing
