"""What events say of people, of their roles, of files behind answers and of erasures, as columns of rows."""

from typing import Any

from core.evidence.fingerprints import of_document
from core.store.logged_columns import LoggedEvent

Columns = dict[str, Any]

OF_A_PERSON = frozenset(
    {
        "person invited",
        "invitation taken up",
        "signed in",
        "sign-in refused",
        "address changed",
        "person removed",
        "person let in again",
    }
)
"""The actions that tell of the row of one person."""


def identity_of(issuer: str, subject: str) -> str:
    """What an event keeps of how a person signs in: enough to see that it was changed."""
    return of_document({"issuer": issuer, "subject": subject})


def of_person(event: LoggedEvent) -> Columns:
    """What an event says of its person; a first sign-in tells the whole row."""
    said, at = event.payload, event.at
    columns: Columns = {name: said[name] for name in ("email", "identity") if name in said}
    match event.action:
        case "person invited":
            columns |= {"name": said["person"], "added_by": event.actor, "added_at": at, "identity": None}
        case "invitation taken up":
            columns |= {"name": said["person"]}
        case "signed in" if "identity" in said:
            columns |= {"name": said["person"], "added_at": at}
        case "address changed":
            columns |= {"email": said["after"]}
        case "person removed":
            columns |= {"removed_at": at}
        case "person let in again":
            columns |= {"removed_at": None}
    return columns


def role_given(event: LoggedEvent) -> Columns:
    said = event.payload
    columns = {"granted_by": event.actor, "granted_at": event.at, "revoked_by": None, "revoked_at": None}
    return columns | ({"granted_by_id": said["by_id"]} if "by_id" in said else {})


def attached(event: LoggedEvent) -> tuple[tuple[Any, ...], str, Columns]:
    """(key, name, columns) of a file behind an answer."""
    said = event.payload
    columns = {
        "file_name": said["file"],
        "sha256": said["sha256"],
        "bytes": said["bytes"],
        "content": said["sha256"],
    }
    name = f"the file “{said['file']}” of the answer to “{said['item']}”"
    return (said["answer"], said["sha256"]), name, columns


def erasure_asked(event: LoggedEvent) -> Columns:
    said = event.payload
    closed = ("cancelled_by", "cancelled_at", "done_by", "done_at")
    columns = {
        "reason": said["reason"],
        "asked_by": event.actor,
        "asked_at": event.at,
        **dict.fromkeys(closed),
    }
    return columns | {name: said[name] for name in ("fingerprint", "asked_by_id") if name in said}


def erasure_closed(event: LoggedEvent) -> Columns:
    said = event.payload
    if event.action == "erasure cancelled":
        return {"cancelled_by": event.actor, "cancelled_at": event.at, "wanted": None}
    columns = {"done_by": event.actor, "done_at": event.at, "wanted": None, "counts": dict(said["counts"])}
    return columns | {name: said[name] for name in ("done_by_id",) if name in said}
