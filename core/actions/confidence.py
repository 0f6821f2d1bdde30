"""Confidence: what the feature states about its own answers, held against what people say of them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.actions.gauges import Part
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.texts import TextsFor, texts_for
from core.actions.workspace import Workspace
from core.metrics.catalogue import metric
from core.metrics.confidence import (
    AtThreshold,
    Counted,
    OnlyAbove,
    Promise,
    at_threshold,
    curve,
    noticed,
    only_above,
    promise,
    reliability_of,
)
from core.metrics.measurement import Source, Window
from core.rollout.plan import read_plan
from core.rollout.transitions import rollout_of
from core.statistics.calibration import Calibration
from core.statistics.threshold import Cut, Shift
from core.store import confidence_rows, documents, transitions
from core.store.confidence_rows import ReleaseSpan, WrongAnswer

MOST_WRONG_SHOWN = 50
MOST_WRONG_DOWNLOADED = 10_000

_EXCERPT = 200
"""Characters of a question in a list."""

_TARGET, _THRESHOLD = 0.9, 0.8
"""The promise and the threshold that stand there where neither checklist nor plan says one."""


@dataclass(frozen=True)
class PlanThreshold:
    """A threshold of the phase plan, with the names of the phases that set it.

    ``is_current`` where the rollout is in one of them, running or stopped.
    """

    confidence: float
    phases: tuple[str, ...]
    is_current: bool


@dataclass(frozen=True)
class Periods:
    """The traffic of two periods that follow each other; ``turn`` is where the later one begins."""

    before: Counted
    after: Counted
    began: datetime
    turn: datetime
    shift: Shift


@dataclass(frozen=True)
class ConfidenceView:
    """What the section shows.

    ``counted`` is everything of ``release`` in the part, ``traffic`` that of all releases; ``others`` are the
    releases with labels of their own. ``periods`` is None where there is nothing to compare. ``at`` is what
    the threshold that is looked at would do, ``target_from_checklist`` whether the checklist has a bar.
    """

    release: ReleaseSpan
    others: tuple[ReleaseSpan, ...]
    traffic: Counted
    counted: Counted
    calibration: Calibration
    cuts: tuple[Cut, ...]
    promise: Promise
    at: AtThreshold
    only_above: OnlyAbove | None
    plan: tuple[PlanThreshold, ...]
    periods: Periods | None
    wrong: tuple[WrongAnswer, ...]
    wrong_in_all: int
    target_from_checklist: bool
    error: float


def view_confidence(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    *,
    target: float | None = None,
    threshold: float | None = None,
) -> ConfidenceView | None:
    """Confidence over ``part``, of one release: the part's own, else the newest. None: no trace states one.

    ``target`` is the share of right answers to promise, ``threshold`` the one to look at; else those of the
    checklist's bar of answer correctness and of the phase plan stand there.
    """
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        spans = _spans(reader)
        if not any(span.stated for span in spans):
            return None
        release = _newest(spans)
        window = replace(reader.window, bundle=release.release)
        counted, error = _counted(reader, window), reader.error
        bar = _bar(reader)
        made = promise(counted, target if target is not None else bar or _TARGET, error)
        plan = _plan_thresholds(reader)
        looked_at = threshold if threshold is not None else _first_threshold(plan, made)
        warehouse, feature = workspace.warehouse, reader.feature
        wrong, in_all = confidence_rows.confident_and_wrong(
            warehouse, connection, feature, part.slice, window, looked_at, MOST_WRONG_SHOWN
        )
        return ConfidenceView(
            release=release,
            others=tuple(span for span in spans if span is not release and span.judged),
            traffic=counted if len(spans) == 1 else _counted(reader, reader.window),
            counted=counted,
            calibration=reliability_of(counted, error),
            cuts=curve(counted, error),
            promise=made,
            at=at_threshold(counted, looked_at, error),
            only_above=only_above(counted, error),
            plan=plan,
            periods=_periods(reader, spans, looked_at),
            wrong=_shown(wrong, texts_for(workspace, caller, feature)),
            wrong_in_all=in_all,
            target_from_checklist=bar is not None,
            error=error,
        )


def all_confident_and_wrong(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    part: Part,
    *,
    release: str,
    threshold: float,
) -> tuple[WrongAnswer, ...]:
    """The confident wrong answers of a release for a file, MOST_WRONG_DOWNLOADED of them at most."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        window = replace(reader.window, bundle=release)
        wrong, _ = confidence_rows.confident_and_wrong(
            workspace.warehouse,
            connection,
            reader.feature,
            part.slice,
            window,
            threshold,
            MOST_WRONG_DOWNLOADED,
        )
        return _shown(wrong, texts_for(workspace, caller, reader.feature))


def _shown(wrong: tuple[WrongAnswer, ...], texts: TextsFor) -> tuple[WrongAnswer, ...]:
    """The list with its questions as the caller may see them."""
    return tuple(replace(one, query=texts.text(one.query, _EXCERPT)) for one in wrong)


def _spans(reader: PartReader) -> tuple[ReleaseSpan, ...]:
    """The releases of the part over all its weeks: which one is the newest must not hang on a filter."""
    window = replace(reader.window, since=None)
    return confidence_rows.releases(
        reader.workspace.warehouse, reader.connection, reader.feature, reader.part.slice, window
    )


def _newest(spans: tuple[ReleaseSpan, ...]) -> ReleaseSpan:
    """The release that began last; traces that do not say theirs count as one only where none does."""
    return next((span for span in spans if span.release), spans[0])


def _counted(reader: PartReader, window: Window) -> Counted:
    return confidence_rows.counted(
        reader.workspace.warehouse, reader.connection, reader.feature, reader.part.slice, window
    )


def _bar(reader: PartReader) -> float | None:
    """The bar of answer correctness, that of people's labels before others."""
    asked, where = metric("answer_correctness"), dict(reader.part.slice.where)
    items = (reader.item(asked, source, where) for source in (Source.LABEL, Source.JUDGE, Source.EVAL))
    return next((item.bar for item in items if item is not None), None)


def _plan_thresholds(reader: PartReader) -> tuple[PlanThreshold, ...]:
    """The thresholds of the newest plan, each once, the highest first."""
    newest = documents.newest(reader.connection, reader.feature.id, documents.PLAN)
    if newest is None:
        return ()
    current = rollout_of(transitions.of_feature(reader.connection, reader.feature.id)).phase
    phases = [phase for phase in read_plan(newest.body).phases if phase.confidence_threshold is not None]
    by_threshold: dict[float, list[tuple[str, bool]]] = {}
    for phase in phases:
        named = by_threshold.setdefault(phase.confidence_threshold or 0.0, [])
        named.append((phase.name, phase.id == current))
    return tuple(
        PlanThreshold(confidence, tuple(name for name, _ in named), any(runs for _, runs in named))
        for confidence, named in sorted(by_threshold.items(), reverse=True)
    )


def _first_threshold(plan: tuple[PlanThreshold, ...], made: Promise) -> float:
    """The one to look at first: that of the phase that runs, the first of the plan, the one that is safe."""
    current = [one.confidence for one in plan if one.is_current]
    safe = [made.cut.confidence] if made.cut is not None else []
    return next(iter([*current, *(one.confidence for one in plan), *safe]), _THRESHOLD)


def _periods(reader: PartReader, spans: tuple[ReleaseSpan, ...], threshold: float) -> Periods | None:
    """The weeks of the part beside as many before; of all weeks the later half beside the earlier one."""
    first, last = min(span.first for span in spans), max(span.last for span in spans)
    if reader.window.since is not None and reader.part.weeks is not None:
        turn = reader.window.since
        began = turn - timedelta(weeks=reader.part.weeks)
    else:
        turn, began = _midnight(first + (last - first) / 2), _midnight(first)
    if not began < turn <= last or first >= turn:
        return None
    before = _counted(reader, replace(reader.window, since=began, until=turn))
    after = _counted(reader, replace(reader.window, since=turn))
    if not before.rows_stated or not after.rows:
        return None
    return Periods(before, after, began, turn, noticed(before, after, threshold, reader.error))


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
