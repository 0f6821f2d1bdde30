"""What the log says of reviews, as columns of the rows that it told of: sessions, uploads, each label."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from core.evidence.fingerprints import of_document
from core.store.logged_columns import LoggedEvent
from core.store.raw_rows import moment_of, raw
from core.store.tables import label, review_item, review_session

LABEL_FACTS = (
    "tool_right",
    "context_right",
    "answer_right",
    "grounded",
    "hallucination",
    "failure_type",
    "root_cause",
    "severity",
    "sampling",
    "settled",
)
"""What the log tells of a label; its texts stay out of the log."""


def queue_digest(run_ids: list[str]) -> str:
    """The fingerprint of a queue in its order."""
    return of_document(run_ids)


def opened(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    return {
        "queue": said["queue"],
        "sampling": said["sampling"],
        "population": said["population"],
        "opened_by": event.actor,
        "opened_at": event.at,
        "runs": said["runs"],
    }


def begun(event: LoggedEvent) -> dict[str, Any]:
    """The upload of a session: its labels are told of one by one, so its counts are not."""
    said = event.payload
    return {
        "file_name": said["file"],
        "sha256": said["sha256"],
        "asked_by": event.actor,
        "asked_at": event.at,
        "kind": "labels",
        "counts": True,
        "withdrawn": False,
        "numbers_expired_at": None,
    }


def labelled(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    after = {name: said["after"].get(name) for name in LABEL_FACTS}
    return {"upload_id": said["upload"], "run_id": said["run"], "reviewer": event.actor, **after}


def present(connection: Connection) -> Iterator[tuple[str, int, tuple[Any, ...], str, dict[str, Any]]]:
    """(kind, feature id, key, name, columns) of every session and of every label that a session saved."""
    uploads = set()
    for row in connection.execute(select(*raw(review_session)).order_by(review_session.c.id)):
        found = row._asdict()
        uploads.add(found["upload_id"])
        runs = select(review_item.c.run_id).where(review_item.c.session_id == found["id"])
        listed = list(connection.scalars(runs.order_by(review_item.c.place)))
        # Disagreements join the queue in which they are settled one by one.
        digest = None if found["queue"] == "settled" else queue_digest(listed)
        found |= {"runs": digest, "opened_at": moment_of(found["opened_at"])}
        yield "review", found["feature_id"], (found["id"],), f"the review {found['id']}", found
    for row in connection.execute(select(*raw(label)).order_by(label.c.id)):
        if row.upload_id in uploads:
            found = _yes_and_no(row._asdict())
            found["labelled_at"] = moment_of(found["labelled_at"])
            name = f"the label of {found['reviewer']} on “{found['run_id']}”"
            yield "label", found["feature_id"], (found["id"],), name, found


def _yes_and_no(cells: Mapping[str, Any]) -> dict[str, Any]:
    """SQLite hands yes and no out as numbers where they are read raw."""
    names = (*LABEL_FACTS[:5], "settled")
    return {
        name: bool(value) if name in names and value is not None else value for name, value in cells.items()
    }
