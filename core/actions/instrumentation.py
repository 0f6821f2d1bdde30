"""What the evidence can answer: metrics a file does not allow, fields the traces record, lost judgements."""

from collections.abc import Collection
from dataclasses import dataclass

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.evidence.columns import RUN_KINDS, TRACE_COLUMNS, Kind
from core.metrics.catalogue import CATALOGUE, Reading, Relation
from core.metrics.measurement import Source
from core.store import features, uploads
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

_IN_RUNS = frozenset({"latency_ms", "cost_usd", "tokens", "tools_called", "passed"})
"""What eval results that name their runs are completed with, once the runs and their scores are there."""

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
    require(workspace, caller, Act.SEE, slug)
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


@dataclass(frozen=True)
class PartCoverage:
    """One week (its Monday) or one upload (the name of its file): its ``traces``, and how many of them
    fill each of the columns that were asked for."""

    name: str
    traces: int
    filled: tuple[int, ...]


@dataclass(frozen=True)
class CoverageOverTime:
    """Coverage of ``columns`` by week, the latest last, and by upload, the latest first."""

    columns: tuple[str, ...]
    weeks: tuple[PartCoverage, ...]
    uploads: tuple[PartCoverage, ...]


def coverage_over_time(workspace: Workspace, caller: Caller, slug: str) -> CoverageOverTime:
    """Since when, and from which upload on, the traces of a feature record what is asked of them."""
    require(workspace, caller, Act.SEE, slug)
    asked = [name for sets in _QUESTIONS.values() for names in sets for name in names]
    columns = tuple(dict.fromkeys([*asked, *_FURTHER]))
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        weeks = workspace.warehouse.coverage(connection, feature, columns, "week")
        by_upload = workspace.warehouse.coverage(connection, feature, columns, "sequence")
        names = {str(one.sequence): one.file_name for one in uploads.of_feature(connection, feature.id)}
    # Places are numbers, which do not sort as texts.
    newest_first = sorted(by_upload, key=lambda part: -int(part[0]))
    return CoverageOverTime(
        columns,
        tuple(PartCoverage(*part) for part in reversed(weeks)),
        tuple(PartCoverage(names.get(place, ""), traces, filled) for place, traces, filled in newest_first),
    )


def unmatched(workspace: Workspace, caller: Caller, slug: str) -> Unmatched:
    """How many labels and scores name runs that are not in the evidence, and so count nowhere yet."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        return workspace.warehouse.unmatched(connection, features.by_slug(connection, slug))


def cannot_compute(kind: Kind, filled: Collection[str], listed: Collection[str] = ()) -> list[dict[str, str]]:
    """The metrics that a file of ``kind`` with these ``filled`` columns cannot give, and why.

    Steps and scores count as what they tell of their traces; ``filled`` names columns of the trace.
    ``listed`` are those that the file has although every cell may be blank.
    """
    if kind in (Kind.FAILURES, Kind.CASES):
        # Nobody expects a rate of a list of what went wrong, or of cases that were not run.
        return []
    counted = Kind.TRACES if kind in RUN_KINDS else kind
    has_no_cases = "of_whole_suite" in filled
    missing = []
    for metric in CATALOGUE.values():
        fitting = [reading for reading in metric.readings if _KIND_OF[reading.relation] is counted]
        if not has_no_cases and any(not _absent(reading, filled, listed) for reading in fitting):
            continue
        if fitting and has_no_cases:
            why = "The file holds checks of a whole data set, and no single case."
        elif fitting:
            absent = _absent(fitting[0], filled, listed)
            why = f"The file fills no column {' or '.join(absent)}."
            if absent == [fitting[0].blank_is_no] and fitting[0].source is not Source.FEEDBACK:
                why = f"The file has no column that says {fitting[0].blank_says}."
            if kind is Kind.TRACES and _IN_STEPS.issuperset(absent):
                why += " The tool's export of steps (observations, spans) has it; import that as well."
            if kind is Kind.EVALS and "source_trace" in filled and _IN_RUNS.issuperset(absent):
                why += " It is taken from the traces and scores of its runs where they are imported."
        else:
            sources = {_ELSEWHERE[_KIND_OF[reading.relation]] for reading in metric.readings}
            why = f"It comes from {' or '.join(sorted(sources))}."
        missing.append({"metric": metric.label, "why": why})
    return missing


def _absent(reading: Reading, filled: Collection[str], listed: Collection[str]) -> list[str]:
    """The columns that ``reading`` needs and the file does not give."""
    # Where nothing stands instead, the column itself is asked for again.
    instead = dict(reading.instead)
    absent = [name for name in reading.columns if not {name, instead.get(name, name)} & set(filled)]
    blank = reading.blank_is_no
    if not blank:
        return absent
    # As in measuring: a blank column of reactions does not say that anybody was asked.
    is_there = blank in filled or (blank in listed and reading.source is not Source.FEEDBACK)
    return [name for name in absent if name != blank] + ([] if is_there else [blank])
