"""Documents: whatever people commit to, kept as immutable versions; nothing is ever overwritten."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from core.errors import Conflict, WrongUsage
from core.evidence import fingerprints
from core.store import features
from core.store.tables import document_version

CHECKLIST = "checklist"
"""The kind of the document that holds a feature's definition of ready."""

SCOPE = "scope"
"""The kind of the document that holds a feature's six visible decisions."""

PLAN = "plan"
"""The kind of the document that holds a feature's phase plan."""

BUNDLE = "bundle"
"""The kind of the document that holds a feature's release bundles, one after the other, by their names."""


@dataclass(frozen=True)
class DocumentVersion:
    """One saved state of a document; ``parent`` is the number it was based on, ``None`` for the first."""

    id: int
    feature_id: int
    kind: str
    number: int
    parent: int | None
    author: str
    saved_at: datetime
    reason: str
    sha256: str
    body: Mapping[str, Any]
    author_id: int | None = None


def save(
    connection: Connection,
    *,
    feature_id: int,
    kind: str,
    body: Mapping[str, Any],
    based_on: int | None,
    author: str,
    reason: str,
    now: datetime,
    author_id: int | None = None,
) -> DocumentVersion:
    """The new version, or the newest where that says the same already: saving twice is harmless.

    ``based_on`` is the number of the version that the author saw, ``None`` where there was none;
    raises Conflict where somebody saved another one meanwhile.
    """
    features.lock(connection, feature_id)
    current = newest(connection, feature_id, kind)
    sha256 = fingerprints.of_document(body)
    if current is not None and current.sha256 == sha256:
        return current
    if based_on != (current.number if current else None):
        raise _conflict(current, kind, based_on)
    row = {
        "feature_id": feature_id,
        "kind": kind,
        "number": current.number + 1 if current else 1,
        "parent": based_on,
        "author": author,
        "saved_at": now,
        "reason": reason,
        "sha256": sha256,
        "body": dict(body),
        "author_id": author_id,
    }
    saved = connection.execute(insert(document_version).values(row).returning(*document_version.c))
    return DocumentVersion(**saved.one()._asdict())


def newest(connection: Connection, feature_id: int, kind: str) -> DocumentVersion | None:
    row = connection.execute(_of(feature_id, kind).limit(1)).one_or_none()
    return None if row is None else DocumentVersion(**row._asdict())


def version(connection: Connection, feature_id: int, kind: str, number: int) -> DocumentVersion:
    """Raises WrongUsage where there is no such version."""
    query = _of(feature_id, kind).where(document_version.c.number == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise WrongUsage(f"There is no version {number} of the {kind}.", mend="Choose one from its history.")
    return DocumentVersion(**row._asdict())


def history(connection: Connection, feature_id: int, kind: str) -> list[DocumentVersion]:
    """Every version, the newest first."""
    return [DocumentVersion(**row._asdict()) for row in connection.execute(_of(feature_id, kind))]


@dataclass(frozen=True)
class VersionLine:
    """A version without its body."""

    id: int
    number: int
    saved_at: datetime
    sha256: str
    author_id: int | None


def lines(connection: Connection, feature_id: int, kind: str, until: datetime) -> list[VersionLine]:
    """Every version saved by ``until``, the newest first, without the bodies, which may be long."""
    columns = [document_version.c[name] for name in VersionLine.__dataclass_fields__]
    query = select(*columns).where(
        document_version.c.feature_id == feature_id,
        document_version.c.kind == kind,
        document_version.c.saved_at <= until,
    )
    rows = connection.execute(query.order_by(document_version.c.number.desc()))
    return [VersionLine(**row._asdict()) for row in rows]


def bodies(connection: Connection, ids: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """The bodies of these versions, by id."""
    query = select(document_version.c.id, document_version.c.body).where(document_version.c.id.in_(ids))
    return {row.id: row.body for row in connection.execute(query)}


def author_ids(connection: Connection, feature_id: int, kind: str, after: int, until: int) -> set[int]:
    """Who saved the versions after number ``after`` up to ``until``, as far as they had signed in."""
    saved = select(document_version.c.author_id).where(
        document_version.c.feature_id == feature_id,
        document_version.c.kind == kind,
        document_version.c.number > after,
        document_version.c.number <= until,
        document_version.c.author_id.is_not(None),
    )
    return {author for author in connection.scalars(saved.distinct()) if author is not None}


def _of(feature_id: int, kind: str) -> Select[Any]:
    versions = select(document_version).where(
        document_version.c.feature_id == feature_id, document_version.c.kind == kind
    )
    return versions.order_by(document_version.c.number.desc())


def _conflict(current: DocumentVersion | None, kind: str, based_on: int | None) -> Conflict:
    if current is None:
        return Conflict(
            f"Version {based_on} of the {kind}, on which this is based, does not exist.",
            newest=0,
            mend="Open the page again and save from there.",
        )
    saved_at = current.saved_at.astimezone(UTC)
    return Conflict(
        f"{current.author} saved version {current.number} of the {kind} on {saved_at.day} {saved_at:%B %Y} "
        f"at {saved_at:%H:%M} UTC, after you opened it.",
        newest=current.number,
        mend="Nothing was overwritten: compare both versions, then save yours on top of the newest.",
    )
