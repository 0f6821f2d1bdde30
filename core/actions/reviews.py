"""Reviewing: one trace after the other, each label saved at once, taken back, put off; and what was found.

Nothing of what others said about a trace is shown to whoever labels it: neither people's labels nor an AI
judge's, in whatever queue.
"""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from core.actions.early_warnings import BY_REVIEWERS, watch
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.review_queue import title_of
from core.actions.texts import texts_for
from core.actions.traces import TraceView, trace_as
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.errors import Conflict, WrongUsage
from core.evidence.columns import Kind
from core.evidence.failure_words import fold_words
from core.evidence.fingerprints import key_of
from core.evidence.review_queue import Queue
from core.store import audit, features, reviews, uploads
from core.store.database import Connection
from core.store.features import Feature
from core.store.logged_reviews import LABEL_FACTS, queue_digest
from core.store.reviews import DEFERRED, REVIEWED, WAITING, ReviewItem, ReviewSession, SavedLabel

LONGEST_NOTE, LONGEST_ANSWER, LONGEST_WORD = 2_000, 20_000, 120
_LONGEST = {
    "note": LONGEST_NOTE,
    "corrected_answer": LONGEST_ANSWER,
    "failure_type": LONGEST_WORD,
    "root_cause": LONGEST_WORD,
}
SEVERITIES = ("low", "medium", "high", "critical")
SOURCE = "review"
"""The source of the uploads that hold the labels of reviews."""


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


def save_label(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    session_id: int,
    place: int,
    judged: Judged,
    based_on: int | None = None,
) -> SavedLabel:
    """Save what ``caller`` says of the trace at ``place``; from now on it counts as its queue allows.

    ``based_on`` is the label that the caller saw in the form; raises Conflict where they have saved another
    one meanwhile, in another tab.
    """
    require(workspace, caller, Act.REVIEW, slug)
    judged = _checked(judged)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        session = _writable(connection, feature, caller, session_id)
        found = reviews.item(connection, session.id, place)
        upload_id = session.upload_id or begin_upload(connection, feature, caller, now, session)
        before = reviews.newest_label(connection, upload_id, found.run_id, caller.name)
        if (before.id if before else None) != based_on:
            raise Conflict(
                "You have labelled this trace in another tab since.",
                newest=before.id if before else 0,
                mend="Nothing was saved over it. Open the trace again to see what it says.",
            )
        cells = {
            **_cells(workspace, caller, feature, judged, now),
            "run_id": found.run_id,
            "sampling": session.sampling,
        }
        feeds = session.sampling != "worst"
        identity = (found.run_id, caller.name, "person", *(() if feeds else ("worst",)))
        reviews.mark(connection, found.id, REVIEWED, now)
        reviews.set_ended(connection, session.id, None)
        return store_label(
            workspace, connection, feature, caller, now, upload_id,
            label_key=key_of(*identity), row=place, cells=cells, before=before, session=session,
        )  # fmt: skip


def _writable(connection: Connection, feature: Feature, caller: Caller, session_id: int) -> ReviewSession:
    """The session, for whoever may add a label to it."""
    session = reviews.by_id(connection, feature.id, session_id)
    if session.queue == Queue.SECOND and session.opened_by != caller.name:
        raise WrongUsage(
            f"This is {session.opened_by}'s second look: its traces are new to them only.",
            mend="Open one of your own.",
        )
    if session.id in reviews.withdrawn(connection, feature.id):
        raise WrongUsage("The labels of this review were withdrawn.", mend="Open a new review.")
    return session


def begin_upload(
    connection: Connection, feature: Feature, caller: Caller, now: datetime, session: ReviewSession
) -> str:
    """The upload that the labels of a session stand in: they are withdrawn and verified like a file's."""
    upload_id, title = str(uuid.uuid4()), title_of(session)
    digest = queue_digest([one.run_id for one in reviews.items(connection, session.id)])
    uploads.add(
        connection,
        upload_id=upload_id,
        feature_id=feature.id,
        file_name=title,
        sha256=digest,
        size=0,
        asked_by=caller.name,
        asked_by_id=caller.person_id,
        now=now,
    )
    uploads.finish(
        connection,
        upload_id,
        kind=Kind.LABELS.value,
        source=SOURCE,
        report=reviews.report_of(title, 0),
        rejected_rows=None,
        rows_done=0,
        now=now,
    )
    reviews.set_upload(connection, session.id, upload_id)
    audit.append(
        connection,
        actor=caller.name,
        action="review begun",
        subject=f"feature/{feature.slug}",
        payload={
            "review": session.id,
            "upload": upload_id,
            "file": title,
            "title": title,
            "sha256": digest,
        },
        now=now,
    )
    return upload_id


def store_label(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    caller: Caller,
    now: datetime,
    upload_id: str,
    *,
    label_key: int,
    row: int,
    cells: Mapping[str, Any],
    before: SavedLabel | None,
    session: ReviewSession,
) -> SavedLabel:
    """The label with its audit row, in the caller's transaction; early warnings look at it there."""
    saved = reviews.save_label(connection, feature.id, upload_id, label_key=label_key, row=row, cells=cells)
    reviews.count_labels(connection, upload_id)
    features.bump_evidence_version(connection, feature.id)
    audit.append(
        connection,
        actor=caller.name,
        action="trace labelled",
        subject=f"feature/{feature.slug}",
        payload={
            "review": session.id,
            "upload": upload_id,
            "label": saved.id,
            "run": cells["run_id"],
            "before": _facts(before.cells) if before else None,
            "after": _facts(cells),
        },
        now=now,
    )
    watch(workspace, connection, feature, upload_id, now, BY_REVIEWERS)
    return saved


def _facts(cells: Mapping[str, Any]) -> dict[str, Any]:
    """What the log tells of a label: its words, and that it has texts, but not the texts."""
    said = {name: cells[name] for name in LABEL_FACTS if cells.get(name) is not None}
    texts = {f"has_{name}": True for name in ("note", "corrected_answer") if cells.get(name)}
    return {**said, **texts}


def _checked(judged: Judged) -> Judged:
    if not judged.says_something:
        raise WrongUsage(
            "This label says nothing yet.",
            mend="Say of at least one thing whether it was right, or that you cannot tell.",
        )
    for name, longest in _LONGEST.items():
        if len(getattr(judged, name)) > longest:
            said = name.replace("_", " ")
            raise WrongUsage(f"The {said} is longer than {longest:,} characters.", mend="Say it shorter.")
    if judged.severity and judged.severity not in SEVERITIES:
        raise WrongUsage(
            f"“{judged.severity}” is no severity.", mend=f"It is one of {', '.join(SEVERITIES)}."
        )
    return replace(
        judged,
        failure_type=" ".join(judged.failure_type.split()),
        root_cause=" ".join(judged.root_cause.split()),
        note=judged.note.strip(),
        corrected_answer=judged.corrected_answer.strip(),
    )


def _cells(
    workspace: Workspace, caller: Caller, feature: Feature, judged: Judged, now: datetime
) -> dict[str, Any]:
    """The label columns, personal data in the texts replaced as an import would."""
    texts = texts_for(workspace, caller, feature)
    said = {name: value for name, value in asdict(judged).items() if name != "unsure" and value != ""}
    for name in ("note", "corrected_answer"):
        if name in said:
            said[name] = texts.text(said[name])
    return {**said, "reviewer": caller.name, "labelled_at": now, "is_judge": False}


def take_back_last(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, session_id: int
) -> tuple[int, Judged]:
    """Undo the caller's last save in this review: (its place in the queue, what it said).

    What they had said of the trace before counts again. Raises WrongUsage where nothing is left to undo.
    """
    require(workspace, caller, Act.REVIEW, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        session = _writable(connection, feature, caller, session_id)
        last = reviews.last_label(connection, session.upload_id, caller.name) if session.upload_id else None
        if last is None or session.upload_id is None:
            raise WrongUsage("There is nothing to take back.", mend="You have saved nothing in this review.")
        reviews.take_back(connection, last.id)
        left = reviews.newest_label(connection, session.upload_id, last.run_id, caller.name)
        place = int(last.cells["row"])
        item = reviews.item(connection, session.id, place)
        reviews.mark(connection, item.id, REVIEWED if left else WAITING, item.reviewed_at if left else None)
        reviews.set_ended(connection, session.id, None)
        reviews.count_labels(connection, session.upload_id)
        features.bump_evidence_version(connection, feature.id)
        audit.append(
            connection,
            actor=caller.name,
            action="label taken back",
            subject=f"feature/{slug}",
            payload={
                "review": session.id,
                "label": last.id,
                "run": last.run_id,
                "before": _facts(last.cells),
            },
            now=now,
        )
        watch(workspace, connection, feature, session.upload_id, now, BY_REVIEWERS)
    return place, judged_in(last)


def defer(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, session_id: int, place: int
) -> None:
    """Put a trace off: it comes again at the end of the queue. What was said about it stays as it was."""
    require(workspace, caller, Act.REVIEW, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        session = _writable(connection, feature, caller, session_id)
        found = reviews.item(connection, session.id, place)
        if found.state != WAITING:
            return
        reviews.mark(connection, found.id, DEFERRED)
        audit.append(
            connection,
            actor=caller.name,
            action="trace deferred",
            subject=f"feature/{slug}",
            payload={"review": session.id, "run": found.run_id},
            now=now,
        )


def end_review(workspace: Workspace, caller: Caller, now: datetime, slug: str, session_id: int) -> None:
    """Say that this review is over, whole or not; a label saved later opens it again."""
    require(workspace, caller, Act.REVIEW, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        session = reviews.by_id(connection, feature.id, session_id)
        if session.ended_at is not None:
            return
        reviews.set_ended(connection, session.id, now)
        audit.append(
            connection,
            actor=caller.name,
            action="review ended",
            subject=f"feature/{slug}",
            payload={
                "review": session.id,
                "title": title_of(session),
                "size": session.size,
                "reviewed": session.reviewed,
                "deferred": session.deferred,
            },
            now=now,
        )
    note_verdict(workspace, now, slug)


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
