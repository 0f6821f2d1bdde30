"""What reviewers say of traces, saved: each label at once with its audit row, taken back, put off, ended."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from core.actions.early_warnings import BY_REVIEWERS, watch
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.review_queue import title_of
from core.actions.reviews import Judged, judged_in
from core.actions.texts import texts_for
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.errors import Conflict, WrongUsage
from core.evidence.columns import Kind
from core.evidence.fingerprints import key_of
from core.evidence.review_queue import Queue
from core.store import audit, features, reviews, uploads
from core.store.database import Connection
from core.store.features import Feature
from core.store.logged_reviews import LABEL_FACTS, queue_digest
from core.store.reviews import DEFERRED, REVIEWED, WAITING, ReviewSession, SavedLabel

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
