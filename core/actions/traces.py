"""Traces for people: found by run id, user, text or failure, and one of them with all that is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from core.actions.failures import failure_words, failures_of_runs, runs_with_failure
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.metrics.measurement import Slice
from core.store import features, uploads
from core.store.traces import SpanRecord, TraceLine, TraceRecord

MOST_DOWNLOADED = 10_000
"""So many of the found traces go into one file at most, the newest."""

_MOST_TASKS = 200


@dataclass(frozen=True)
class TraceFilter:
    """What is looked for; "" leaves it open. ``run`` is the beginning of a run id, ``user`` a whole user
    id, ``text`` stands in the question or the answer, the others are whole values."""

    run: str = ""
    user: str = ""
    text: str = ""
    failure: str = ""
    task: str = ""
    feedback: str = ""

    @property
    def is_open(self) -> bool:
        return not any(astuple(self))


@dataclass(frozen=True)
class ListedTraces:
    """The ``lines`` asked for, newest first, of ``total`` that fit; ``failures`` are the types by run id."""

    lines: tuple[TraceLine, ...]
    total: int
    failures: Mapping[str, tuple[str, ...]]


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

    ``handed_in`` has every upload that the trace rests on, by its id.
    """

    record: TraceRecord
    steps: tuple[Step, ...]
    handed_in: Mapping[str, HandedIn]


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
    """The traces that fit; questions and answers are cut after 200 characters unless asked for ``whole``."""
    require(caller, Act.SEE)
    where = (("task_type", asked.task), ("user_feedback", asked.feedback))
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        runs = (
            tuple(runs_with_failure(workspace, connection, feature, asked.failure)) if asked.failure else None
        )
        found = workspace.warehouse.find_traces(
            connection,
            feature,
            text=asked.text,
            user=asked.user,
            run_id=asked.run,
            slice=Slice(tuple((name, value) for name, value in where if value)),
            limit=limit,
            offset=offset,
            runs=runs,
            whole=whole,
        )
        noted = failures_of_runs(workspace, connection, feature, [line.run_id for line in found.lines])
    return ListedTraces(found.lines, found.total, noted)


def trace_choices(workspace: Workspace, caller: Caller, slug: str) -> tuple[list[str], list[str]]:
    """(failure types, task types) that the traces of a feature can be filtered by."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        tasks = workspace.warehouse.values_of(connection, feature, "task_type", _MOST_TASKS)
        return failure_words(workspace, connection, feature)[0], [task for task, _ in tasks]


def open_trace(workspace: Workspace, caller: Caller, slug: str, run_id: str) -> TraceView | None:
    """Everything that is known of the run with exactly this id; None where there is no such run."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        record = workspace.warehouse.trace(connection, feature, run_id)
        if record is None:
            return None
        ids = {origin.upload_id for origin in record.origins}
        files = [uploads.by_id(connection, upload_id) for upload_id in sorted(ids)]
    handed_in = {upload.id: HandedIn(upload.asked_by, upload.asked_at) for upload in files}
    return TraceView(record, steps_in_tree(record.spans), handed_in)


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
