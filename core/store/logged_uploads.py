"""What an event says of an upload, as columns: asked for, counted, withdrawn."""

from collections.abc import Mapping
from typing import Any

from core.store.logged_columns import LoggedEvent
from core.store.row_digests import JUDGED, WORDS

READ_WITH = "read_with"
"""The fingerprint of what was chosen between the readings of a file."""

COUNTS = ("read", "accepted", "duplicate", "updated", "rejected", "skipped")
"""What is counted of the rows of a file."""


def asked(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    return {
        "file_name": said["file"],
        "sha256": said["sha256"],
        "bytes": said["bytes"],
        "asked_by": event.actor,
        "asked_at": event.at,
        "counts": False,
        "withdrawn": False,
        "numbers_expired_at": None,
    }


def imported(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    columns = {name: said[name] for name in (*COUNTS, "kind")} | {"counts": True}
    return columns | {name: said[name] for name in (JUDGED, WORDS, READ_WITH) if name in said}


def withdrawn(event: LoggedEvent) -> dict[str, Any]:
    return {
        "counts": False,
        "withdrawn": True,
        "withdrawn_by": event.actor,
        "withdrawn_at": event.at,
        "withdrawn_reason": event.payload["reason"],
    }


def expired(event: LoggedEvent, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is ``known`` of the upload, whose rows and their digests are gone since the event."""
    left = {name: value for name, value in known.items() if name not in (JUDGED, WORDS)}
    return left | {"numbers_expired_at": event.at}
