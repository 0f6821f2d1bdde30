"""What an event says of an upload, as columns: asked for, counted, withdrawn."""

from typing import Any

from core.store.logged_columns import LoggedEvent
from core.store.row_digests import JUDGED, WORDS

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
    }


def imported(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    columns = {name: said[name] for name in (*COUNTS, "kind")} | {"counts": True}
    return columns | {name: said[name] for name in (JUDGED, WORDS) if name in said}


def withdrawn(event: LoggedEvent) -> dict[str, Any]:
    return {
        "counts": False,
        "withdrawn": True,
        "withdrawn_by": event.actor,
        "withdrawn_at": event.at,
        "withdrawn_reason": event.payload["reason"],
    }
