"""Traces for people: found by run id, user, text or failure, and one of them with all that is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from core.actions.failures import failure_words, failures_of_runs, runs_with_failure
from core.actions.held_checklist import held_checklist
from core.actions.measuring import counted_against
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.texts import TextsFor, texts_for
from core.actions.workspace import Workspace
from core.criteria.checklist import MeasuredItem
from core.metrics.catalogue import CATALOGUE, Metric, Shape
from core.metrics.measurement import Slice, Source, Window
from core.metrics.requests import TallyRequest
from core.store import features, uploads
from core.store.database import Connection
from core.store.features import Feature
from core.store.traces import SpanRecord, TraceLine, TraceRecord
from core.store.traces_behind import runs_behind

MOST_DOWNLOADED = 10_000
"""So many of the found traces go into one file at most, the newest."""

_MOST_TASKS = 200

_EXCERPT = 200
"""Characters of a question or answer in a list."""


@dataclass(frozen=True)
class TraceFilter:
    """What is looked for; "" leaves it open. ``run`` is the beginning of a run id, ``user`` a whole user
    id, ``text`` stands in the question or the answer, the others are whole values. ``first`` and ``last``
    are the days (UTC) between which a trace began, both included. ``behind`` names a number of the Health
    page (``answer_correctness.label``) whose traces are wanted; with ``against`` only those that count
    against it."""

    run: str = ""
    user: str = ""
    text: str = ""
    failure: str = ""
    task: str = ""
    feedback: str = ""
    first: date | None = None
    last: date | None = None
    segment: str = ""
    role: str = ""
    channel: str = ""
    bundle: str = ""
    behind: str = ""
    against: str = ""

    @property
    def is_open(self) -> bool:
        return not any(astuple(self))

    @property
    def window(self) -> Window:
        """The days as a window, from the first midnight to the one after the last day."""
        after = None if self.last is None else self.last + timedelta(days=1)
        return Window(_midnight(self.first), _midnight(after), self.bundle or None)

    @property
    def slice(self) -> Slice:
        """The columns that must have just these values."""
        pairs = {
            "task_type": self.task,
            "user_feedback": self.feedback,
            "user_segment": self.segment,
            "user_role": self.role,
            "channel": self.channel,
        }
        return Slice.of({name: value for name, value in pairs.items() if value})


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class ListedTraces:
    """The ``lines`` asked for, newest first, of ``total`` that fit; ``failures`` are the types by run id.

    ``masked`` counts the personal data that was replaced in their texts; ``has_texts`` is False for whoever
    sees numbers only, and then no words are looked for either.
    """

    lines: tuple[TraceLine, ...]
    total: int
    failures: Mapping[str, tuple[str, ...]]
    masked: int = 0
    has_texts: bool = True


@dataclass(frozen=True)
class Step:
    """One step of a run at its place in the tree: ``depth`` 0 is at the top; it took ``took_ms``."""

    span: SpanRecord
    depth: int
    took_ms: float | None


@dataclass(frozen=True)
class HandedIn:
    """Who handed an upload in, and when."""

    by: str
    at: datetime


@dataclass(frozen=True)
class TraceView:
    """One run with its steps in the order they began, each under the one that called it.

    ``handed_in`` has every upload that the trace rests on, by its id. ``masked`` and ``has_texts`` are as in
    :class:`ListedTraces`.
    """

    record: TraceRecord
    steps: tuple[Step, ...]
    handed_in: Mapping[str, HandedIn]
    masked: int = 0
    has_texts: bool = True


def find_traces(
    workspace: Workspace,
    caller: Caller,
    slug: str,
    asked: TraceFilter,
    *,
    limit: int,
    offset: int = 0,
    whole: bool = False,
) -> ListedTraces:
    """The traces that fit, personal data in their texts masked; questions and answers are cut after 200
    characters unless asked for ``whole``."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        texts = texts_for(workspace, caller, feature)
        return traces_as(workspace, connection, feature, texts, asked, limit, offset, whole)


def traces_as(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    texts: TextsFor,
    asked: TraceFilter,
    limit: int,
    offset: int,
    whole: bool,
) -> ListedTraces:
    """The traces that fit, with ``texts`` as the caller may see them."""
    found = workspace.warehouse.find_traces(
        connection,
        feature,
        # Who may not read texts must not learn either which words stand in them.
        text=asked.text if texts.may_read else "",
        user=asked.user,
        run_id=asked.run,
        slice=asked.slice,
        window=asked.window,
        limit=limit,
        offset=offset,
        runs=_wanted_runs(workspace, connection, feature, asked),
        whole=whole,
    )
    noted = failures_of_runs(workspace, connection, feature, [line.run_id for line in found.lines])
    longest = None if whole else _EXCERPT
    lines = tuple(_line(line, texts, longest) for line in found.lines)
    return ListedTraces(lines, found.total, noted, texts.masked, texts.may_read)


def _line(line: TraceLine, texts: TextsFor, longest: int | None) -> TraceLine:
    return replace(
        line,
        user_id=texts.user(line.user_id),
        query=texts.text(line.query, longest),
        response=texts.text(line.response, longest),
        error=texts.text(line.error),
        tool_error=texts.text(line.tool_error),
    )


def number_behind(behind: str) -> tuple[Metric, Source] | None:
    """The metric and source that ``answer_correctness.label`` names, if traces are what it counts."""
    metric_id, _, source = behind.partition(".")
    asked = CATALOGUE.get(metric_id)
    if asked is None or source == Source.EVAL or asked.shape is Shape.NONE_IN_FIRST:
        return None
    return next(((asked, one.source) for one in asked.readings if one.source == source), None)


def _wanted_runs(
    workspace: Workspace, connection: Connection, feature: Feature, asked: TraceFilter
) -> tuple[str, ...] | None:
    """The runs that the failure type and the number behind allow; None where neither is asked for."""
    noted = runs_with_failure(workspace, connection, feature, asked.failure) if asked.failure else None
    number = number_behind(asked.behind)
    if number is None:
        return None if noted is None else tuple(noted)
    metric, source = number
    request = TallyRequest(metric.id, source, asked.slice, asked.window)
    if metric.shape is Shape.QUANTILE:
        request = replace(request, bar=_bar_of(workspace, connection, feature, request))
    counted = runs_behind(workspace.warehouse, connection, feature, request, against=bool(asked.against))
    allowed = None if noted is None else set(noted)
    return tuple(run for run in counted.run_ids if allowed is None or run in allowed)


def _bar_of(workspace: Workspace, connection: Connection, feature: Feature, request: TallyRequest) -> float:
    """What an amount is held to: the bar of the checklist, else the amount's own measured value."""
    items = held_checklist(connection, feature)[0].items
    bars = [
        item.bar
        for item in items
        if isinstance(item, MeasuredItem) and item.metric == request.metric and item.bar is not None
    ]
    return bars[0] if bars else counted_against(workspace, connection, feature, request).bar or 0.0


def trace_choices(workspace: Workspace, caller: Caller, slug: str) -> tuple[list[str], list[str]]:
    """(failure types, task types) that the traces of a feature can be filtered by."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        tasks = workspace.warehouse.values_of(connection, feature, "task_type", _MOST_TASKS)
        return failure_words(workspace, connection, feature)[0], [task for task, _ in tasks]


def open_trace(workspace: Workspace, caller: Caller, slug: str, run_id: str) -> TraceView | None:
    """Everything that is known of the run with exactly this id, personal data in its texts masked; None
    where there is no such run."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        return trace_as(workspace, connection, feature, texts_for(workspace, caller, feature), run_id)


def trace_as(
    workspace: Workspace, connection: Connection, feature: Feature, texts: TextsFor, run_id: str
) -> TraceView | None:
    """One run, with ``texts`` as the caller may see them; None where there is no such run."""
    found = workspace.warehouse.trace(connection, feature, run_id)
    if found is None:
        return None
    record = _shown(found, texts)
    ids = {origin.upload_id for origin in record.origins}
    files = [uploads.by_id(connection, upload_id) for upload_id in sorted(ids)]
    handed_in = {upload.id: HandedIn(upload.asked_by, upload.asked_at) for upload in files}
    return TraceView(record, steps_in_tree(record.spans), handed_in, texts.masked, texts.may_read)


def _shown(record: TraceRecord, texts: TextsFor) -> TraceRecord:
    """The run as the caller may see it: every text of it, of its steps and of what was said about it."""
    return replace(
        record,
        values=texts.cells(record.values) | {"user_id": texts.user(record.values["user_id"])},
        spans=tuple(
            replace(
                span,
                input=texts.text(span.input),
                output=texts.text(span.output),
                error=texts.text(span.error),
            )
            for span in record.spans
        ),
        scores=tuple(replace(score, comment=texts.text(score.comment)) for score in record.scores),
        labels=tuple(texts.cells(label) for label in record.labels),
        failures=tuple(
            replace(failure, fix=texts.text(failure.fix), note=texts.text(failure.note))
            for failure in record.failures
        ),
    )


def steps_in_tree(spans: Sequence[SpanRecord]) -> tuple[Step, ...]:
    """Each step once, before those it called.

    A step whose caller is not there stands at the top; of steps that call each other in a circle the
    first is taken to be at the top.
    """
    known = {span.span_id for span in spans}
    called: dict[str | None, list[SpanRecord]] = {}
    for span in spans:
        has_caller = span.parent_id in known and span.parent_id != span.span_id
        called.setdefault(span.parent_id if has_caller else None, []).append(span)
    done: dict[str, Step] = {}
    for start in (*called.get(None, ()), *spans):
        waiting = [(start, 0)]
        while waiting:
            span, depth = waiting.pop()
            if span.span_id in done:
                continue
            done[span.span_id] = Step(span, depth, _took_ms(span))
            waiting += [(child, depth + 1) for child in reversed(called.get(span.span_id, []))]
    return tuple(done.values())


def _took_ms(span: SpanRecord) -> float | None:
    if span.started_at is None or span.ended_at is None or span.ended_at < span.started_at:
        return None
    return (span.ended_at - span.started_at).total_seconds() * 1000
