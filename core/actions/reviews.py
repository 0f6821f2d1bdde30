"""Reviewing: the traces of a review one after the other, and what was found in the end.

Nothing of what others said about a trace is shown to whoever labels it: neither people's labels nor an AI
judge's, in whatever queue.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.texts import texts_for
from core.actions.traces import TraceView, trace_as
from core.actions.workspace import Workspace
from core.evidence.columns import Kind
from core.evidence.failure_words import fold_words
from core.store import features, reviews
from core.store.reviews import ReviewItem, ReviewSession, SavedLabel


@dataclass(frozen=True)
class Judged:
    """What a reviewer says of one trace; None: not said, or cannot tell. ``unsure`` says that the reviewer
    looked and cannot tell, which makes even a label without any verdict one."""

    tool_right: bool | None = None
    context_right: bool | None = None
    answer_right: bool | None = None
    grounded: bool | None = None
    hallucination: bool | None = None
    failure_type: str = ""
    root_cause: str = ""
    severity: str = ""
    note: str = ""
    corrected_answer: str = ""
    unsure: bool = False

    @property
    def says_something(self) -> bool:
        verdicts = (self.tool_right, self.context_right, self.answer_right, self.grounded, self.hallucination)
        return self.unsure or bool(self.failure_type) or any(one is not None for one in verdicts)


@dataclass(frozen=True)
class ReviewTask:
    """One trace to be labelled. ``why`` says what brought it into the queue, ``mine`` is what the caller has
    said about it in this review, numbered ``based_on``; ``trace`` is None where it is gone."""

    item: ReviewItem
    trace: TraceView | None
    why: str
    mine: Judged | None
    based_on: int | None


@dataclass(frozen=True)
class Found:
    """What a review found: failure types with how often, ``new`` ones that nobody had named before, the runs
    with a failure, and how many answers were right of those judged."""

    session: ReviewSession
    labels: tuple[SavedLabel, ...]
    types: tuple[tuple[str, int], ...]
    new: tuple[str, ...]
    failed_runs: tuple[str, ...]
    right: int
    judged: int


def view_session(workspace: Workspace, caller: Caller, slug: str, session_id: int) -> ReviewSession:
    """How far a review is."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature_id = features.by_slug(connection, slug).id
        return reviews.by_id(connection, feature_id, session_id)


def queue_of(workspace: Workspace, caller: Caller, slug: str, session_id: int) -> tuple[ReviewItem, ...]:
    """The traces of a review in their order, with the state of each."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        session = reviews.by_id(connection, features.by_slug(connection, slug).id, session_id)
        return tuple(reviews.items(connection, session.id))


def coming(
    workspace: Workspace, caller: Caller, slug: str, session_id: int, after: int = 0
) -> tuple[ReviewItem, ...]:
    """The next trace to look at behind the place ``after``, and the one after it; none at the end."""
    require(workspace, caller, Act.REVIEW, slug)
    with workspace.database.reading() as connection:
        session = reviews.by_id(connection, features.by_slug(connection, slug).id, session_id)
        return tuple(reviews.coming(connection, session.id, after))


def open_item(workspace: Workspace, caller: Caller, slug: str, session_id: int, place: int) -> ReviewTask:
    """The trace at this place of the queue, personal data masked, without what others said about it."""
    require(workspace, caller, Act.REVIEW, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        session = reviews.by_id(connection, feature.id, session_id)
        found = reviews.item(connection, session.id, place)
        texts = texts_for(workspace, caller, feature)
        trace = trace_as(workspace, connection, feature, texts, found.run_id)
        mine = None
        if session.upload_id is not None:
            mine = reviews.newest_label(connection, session.upload_id, found.run_id, caller.name)
    why = session.asked.get("why", {}).get(found.run_id, "")
    shown = None if trace is None else blinded(trace)
    if mine is None:
        return ReviewTask(found, shown, why, None, None)
    return ReviewTask(found, shown, why, judged_in(mine), mine.id)


def blinded(view: TraceView) -> TraceView:
    """The trace without what people, judges and the failure log say of it; scores may be a judge's."""
    record = replace(
        view.record, labels=(), failures=(), scores=(), values={**view.record.values, "scores": None}
    )
    kept = tuple(one for one in record.origins if one.kind not in (Kind.LABELS, Kind.FAILURES, Kind.SCORES))
    handed_in = {one.upload_id: view.handed_in[one.upload_id] for one in kept}
    return replace(view, record=replace(record, origins=kept), handed_in=handed_in)


def judged_in(saved: SavedLabel) -> Judged:
    """A stored label as it is shown in the form."""
    cells = {name: saved.cells.get(name) for name in Judged.__dataclass_fields__ if name != "unsure"}
    judged = Judged(**{name: value for name, value in cells.items() if value is not None})
    return judged if judged.says_something else replace(judged, unsure=True)


def what_was_found(workspace: Workspace, caller: Caller, slug: str, session_id: int) -> Found:
    """The labels of a review that count, and what they say; remarks as the caller may see them."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        session = reviews.by_id(connection, feature.id, session_id)
        texts = texts_for(workspace, caller, feature)
        saved = reviews.labels_of(connection, session.upload_id) if session.upload_id else []
        named = workspace.warehouse.named_failures(connection, feature)
        logged = workspace.warehouse.logged_failures(connection, feature)
    before = {fold_words(one.failure_type) for one in logged}
    before |= {
        fold_words(one.failure_type)
        for one in named
        if (one.labelled_at or one.uploaded_at) < session.opened_at
    }
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for one in saved:
        if word := one.cells.get("failure_type"):
            counts[first.setdefault(fold_words(word), word)] += 1
    judged = [one.cells["answer_right"] for one in saved if one.cells["answer_right"] is not None]
    shown = tuple(replace(one, cells=texts.cells(one.cells)) for one in saved)
    return Found(
        session,
        shown,
        tuple(counts.most_common()),
        tuple(word for folded, word in first.items() if folded not in before),
        tuple(dict.fromkeys(one.run_id for one in saved if is_failure(one.cells))),
        sum(judged),
        len(judged),
    )


def is_failure(cells: Mapping[str, Any]) -> bool:
    """Whether a label finds any fault."""
    faults = ("tool_right", "context_right", "answer_right", "grounded")
    return bool(
        cells.get("failure_type")
        or cells.get("hallucination")
        or any(cells.get(one) is False for one in faults)
    )
