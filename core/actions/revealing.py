"""Personal data as it was stored, on the screen and in files: for few, with a reason, and in the log.

The log keeps who saw what and why, never a text.
"""

import gzip
from collections.abc import Mapping
from datetime import datetime

from core.actions.failures import failure_log_as
from core.actions.people import Caller
from core.actions.policy import Act, require, require_for_upload
from core.actions.texts import reason_to_reveal, texts_for
from core.actions.traces import ListedTraces, TraceFilter, TraceView, trace_as, traces_as
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.store import audit, features, uploads


def reveal_trace(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, run_id: str, *, reason: str
) -> TraceView:
    """One run with its texts as they were stored.

    Raises WrongUsage where there is no such run or the reason says too little.
    """
    require(workspace, caller, Act.REVEAL, slug)
    reason = reason_to_reveal(reason)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        texts = texts_for(workspace, caller, feature, as_it_was=True)
        view = trace_as(workspace, connection, feature, texts, run_id)
    if view is None:
        raise WrongUsage("There is no such trace.", mend="Open one from the list of traces.")
    _note(workspace, caller, now, slug, {"run": run_id, "reason": reason})
    return view


def reveal_traces(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    asked: TraceFilter,
    *,
    limit: int,
    reason: str,
) -> ListedTraces:
    """The traces that fit, whole and as they were, for a file."""
    require(workspace, caller, Act.REVEAL, slug)
    reason = reason_to_reveal(reason)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        texts = texts_for(workspace, caller, feature, as_it_was=True)
        found = traces_as(workspace, connection, feature, texts, asked, limit, 0, whole=True)
    _note(workspace, caller, now, slug, {"traces": len(found.lines), "reason": reason})
    return found


def reveal_failure_log(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, *, reason: str
) -> bytes:
    """The failure log (.xlsx) with its remarks as they were."""
    require(workspace, caller, Act.REVEAL, slug)
    reason = reason_to_reveal(reason)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        texts = texts_for(workspace, caller, feature, as_it_was=True)
        book = failure_log_as(workspace, connection, feature, texts)
    _note(workspace, caller, now, slug, {"log": "failures", "reason": reason})
    return book


def reveal_rejected_rows(
    workspace: Workspace, caller: Caller, now: datetime, upload_id: str, *, reason: str
) -> bytes:
    """The rejected rows of an upload (CSV) as they were."""
    slug = require_for_upload(workspace, caller, Act.REVEAL, upload_id)
    reason = reason_to_reveal(reason)
    with workspace.database.reading() as connection:
        packed = uploads.rejected_rows(connection, upload_id)
    _note(workspace, caller, now, slug, {"upload": upload_id, "reason": reason})
    return gzip.decompress(packed) if packed else b""


def _note(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, payload: Mapping[str, object]
) -> None:
    """Called before anything is handed out: what cannot be logged is not revealed."""
    with workspace.database.writing() as connection:
        audit.append(
            connection,
            actor=caller.name,
            action="texts revealed",
            subject=f"feature/{slug}",
            payload=dict(payload),
            now=now,
        )
