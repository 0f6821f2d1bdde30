"""The audit log for people: who did what, when, before and after; filtered, paged and exported.

Everybody sees what was done to a feature. The whole log, and the files of it, are for those who check it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.actions.audit_words import told
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.workspace import Workspace
from core.criteria.changes import changed_items
from core.criteria.checklist import read_checklist
from core.errors import UserError, WrongUsage
from core.store import audit, audit_search, commitments, documents, features
from core.store.audit import AuditEvent
from core.store.audit_search import EventFilter
from core.store.database import Connection
from core.store.features import Feature

PER_PAGE = 100
MOST_EXPORTED = 100_000
"""So many entries, the newest, go into a table; the JSON lines hold all of them."""

EXPORT_COLUMNS = (
    "Entry", "Moment (UTC)", "Who", "Feature", "What", "Before and after", "Action", "Details", "Hash",
)  # fmt: skip


@dataclass(frozen=True)
class AuditFilter:
    """What is asked for; "" and None narrow nothing. Days are of UTC, and both are included."""

    person: str = ""
    action: str = ""
    first: date | None = None
    last: date | None = None
    words: str = ""

    @property
    def is_open(self) -> bool:
        return self == AuditFilter()


@dataclass(frozen=True)
class AuditEntry:
    """One thing that somebody did. ``sentence`` follows the name ``who``; ``details`` are a line each.

    ``feature`` is (slug, name), None where the entry is about no feature; ``payload`` is None where it
    was erased.
    """

    seq: int
    at: datetime
    who: str
    action: str
    feature: tuple[str, str] | None
    sentence: str
    details: tuple[str, ...]
    payload: Any
    erased: bool
    hash: str


@dataclass(frozen=True)
class AuditView:
    """A page of the log, the newest first; ``total`` is how many entries fit.

    ``people`` and ``actions`` are those to choose from. ``head`` is (number, hash) of the last entry of
    the whole log, for those who may check it.
    """

    entries: tuple[AuditEntry, ...]
    total: int
    page: int
    pages: int
    people: tuple[str, ...]
    actions: tuple[str, ...]
    may_check: bool
    head: tuple[int, str] | None


@dataclass(frozen=True)
class ExportedLog:
    """Column names and rows of the entries as a table."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


def view_audit(
    workspace: Workspace, caller: Caller, slug: str | None, wanted: AuditFilter, page: int = 1
) -> AuditView:
    """Page ``page`` (from 1) of what fits: of one feature, or of everything where ``slug`` is None."""
    _may_see(workspace, caller, slug)
    with workspace.database.reading() as connection:
        asked = _asked(connection, slug, wanted)
        total = audit_search.count(connection, asked)
        pages = max(1, -(-total // PER_PAGE))
        page = min(max(page, 1), pages)
        events = audit_search.found(connection, asked, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        everything = EventFilter(feature=asked.feature)
        may_check = may(workspace, caller, Act.SEE_AUDIT)
        return AuditView(
            _entries(connection, events),
            total,
            page,
            pages,
            tuple(audit_search.actors(connection, everything)),
            tuple(audit_search.actions(connection, everything)),
            may_check,
            audit_search.head(connection) if may_check else None,
        )


def open_entry(workspace: Workspace, caller: Caller, slug: str | None, seq: int) -> AuditEntry:
    """One entry. Raises WrongUsage where there is none with that number among those asked for."""
    _may_see(workspace, caller, slug)
    with workspace.database.reading() as connection:
        event = audit_search.event(connection, seq) if 0 < seq < 2**62 else None
        entry = _entries(connection, [event])[0] if event is not None else None
        if entry is None or (slug is not None and (entry.feature or ("",))[0] != slug):
            raise WrongUsage(f"There is no entry {seq:,} here.", mend="Look for it in the list.")
        return entry


def export_table(
    workspace: Workspace, caller: Caller, now: datetime, slug: str | None, wanted: AuditFilter, file_kind: str
) -> ExportedLog:
    """The newest entries that fit, as a table for a file of ``file_kind``; the log notes who took it."""
    require(workspace, caller, Act.SEE_AUDIT, slug)
    with workspace.database.reading() as connection:
        asked = _asked(connection, slug, wanted)
        entries = _entries(connection, audit_search.found(connection, asked, limit=MOST_EXPORTED))
    _note_export(workspace, caller, now, slug, file_kind, len(entries))
    return ExportedLog(EXPORT_COLUMNS, [_row(entry) for entry in entries])


def export_chain(workspace: Workspace, caller: Caller, now: datetime) -> bytes:
    """The whole log as JSON lines, the oldest entry first, with all that it takes to check the chain."""
    require(workspace, caller, Act.SEE_AUDIT)
    with workspace.database.reading() as connection:
        lines = [
            json.dumps(asdict(linked), ensure_ascii=False, default=str)
            for linked in audit_search.chain(connection)
        ]
    _note_export(workspace, caller, now, None, "JSON lines", len(lines))
    return "".join(f"{line}\n" for line in lines).encode("utf-8", errors="replace")


def _may_see(workspace: Workspace, caller: Caller, slug: str | None) -> None:
    require(workspace, caller, Act.SEE if slug is not None else Act.SEE_AUDIT, slug)


def _note_export(
    workspace: Workspace, caller: Caller, now: datetime, slug: str | None, file_kind: str, entries: int
) -> None:
    with workspace.database.writing() as connection:
        audit.append(
            connection,
            actor=caller.name,
            action="audit log exported",
            subject=f"feature/{slug}" if slug is not None else "audit",
            payload={"format": file_kind, "entries": entries},
            now=now,
        )


def _asked(connection: Connection, slug: str | None, wanted: AuditFilter) -> EventFilter:
    feature = features.by_slug(connection, slug) if slug is not None else None
    return EventFilter(
        feature=(feature.slug, feature.id) if feature else None,
        actor=wanted.person,
        action=wanted.action,
        since=_start_of(wanted.first) if wanted.first else None,
        until=_start_of(wanted.last) + timedelta(days=1) if wanted.last else None,
        words=wanted.words,
    )


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _entries(connection: Connection, events: Sequence[AuditEvent]) -> tuple[AuditEntry, ...]:
    known = features.everything(connection)
    by_slug, by_id = {one.slug: one for one in known}, {one.id: one for one in known}
    uploads = audit_search.named_uploads(connection, [_upload(event) for event in events])
    return tuple(_entry(connection, event, by_slug, by_id, uploads) for event in events)


def _entry(
    connection: Connection,
    event: AuditEvent,
    by_slug: Mapping[str, Feature],
    by_id: Mapping[int, Feature],
    uploads: Mapping[str, tuple[str, int]],
) -> AuditEntry:
    file_name, feature_id = uploads.get(_upload(event), ("", 0))
    slug = audit_search.feature_of(event.subject)
    feature = by_slug.get(slug) if slug is not None else by_id.get(feature_id)
    words = told(_with_changes(connection, event, feature), file_name)
    # A feature that is named but not there was removed past Readygate: its slug is all that is left.
    named = (feature.slug, feature.name) if feature else (slug, slug) if slug else None
    return AuditEntry(
        event.seq, event.ts, event.actor, event.action, named, words.sentence, words.details,
        event.payload, event.erased, event.hash,
    )  # fmt: skip


def _upload(event: AuditEvent) -> str:
    """The id of the upload that the event is about, "" where it is about none."""
    said = event.payload.get("upload") if isinstance(event.payload, dict) else None
    return audit_search.upload_of(event.subject) or (said if isinstance(said, str) else "")


def _with_changes(connection: Connection, event: AuditEvent, feature: Feature | None) -> AuditEvent:
    """An amendment with what it changed in the bars that had been committed to, told from both versions."""
    if event.action != "checklist amended" or feature is None or not isinstance(event.payload, dict):
        return event
    locks = {lock.number: lock for lock in commitments.history(connection, feature.id)}
    before = locks.get(_number(event.payload, "commitment") - 1)
    if before is None:
        return event
    try:
        numbers = before.checklist_number, _number(event.payload, "checklist")
        was, became = (
            read_checklist(documents.version(connection, feature.id, documents.CHECKLIST, number).body)
            for number in numbers
        )
    except UserError:
        return event
    return replace(event, payload={**event.payload, "changes": list(changed_items(was, became))})


def _number(said: Mapping[str, Any], name: str) -> int:
    found = said.get(name)
    return found if isinstance(found, int) else 0


def _row(entry: AuditEntry) -> tuple[object, ...]:
    return (
        entry.seq,
        entry.at,
        entry.who,
        entry.feature[0] if entry.feature else "",
        entry.sentence,
        "\n".join(entry.details),
        entry.action,
        "erased" if entry.erased else json.dumps(entry.payload, ensure_ascii=False),
        entry.hash,
    )
