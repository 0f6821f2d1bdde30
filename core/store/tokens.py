"""Tokens of the HTTP interface: made and revoked, never changed; only their hashes are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from core.store.tables import api_token


@dataclass(frozen=True)
class ApiToken:
    """``feature_id`` None: for all features. ``last_used_at`` is exact to the hour only."""

    id: int
    name: str
    sha256: str = field(repr=False)
    scopes: Sequence[str] = field(hash=False)
    feature_id: int | None
    made_by: str
    made_by_id: int | None
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_by: str | None
    revoked_at: datetime | None


def add(
    connection: Connection,
    *,
    name: str,
    sha256: str,
    scopes: Sequence[str],
    feature_id: int | None,
    made_by: str,
    made_by_id: int | None,
    now: datetime,
    expires_at: datetime,
) -> ApiToken:
    row = {
        "name": name,
        "sha256": sha256,
        "scopes": list(scopes),
        "feature_id": feature_id,
        "made_by": made_by,
        "made_by_id": made_by_id,
        "made_at": now,
        "expires_at": expires_at,
    }
    added = connection.execute(insert(api_token).values(row).returning(*api_token.c)).one()
    return ApiToken(**added._asdict())


def by_sha256(connection: Connection, sha256: str) -> ApiToken | None:
    row = connection.execute(select(api_token).where(api_token.c.sha256 == sha256)).one_or_none()
    return None if row is None else ApiToken(**row._asdict())


def by_id(connection: Connection, token_id: int) -> ApiToken | None:
    row = connection.execute(select(api_token).where(api_token.c.id == token_id)).one_or_none()
    return None if row is None else ApiToken(**row._asdict())


def every(connection: Connection) -> list[ApiToken]:
    """All that were ever made, the newest first."""
    newest_first = select(api_token).order_by(api_token.c.made_at.desc(), api_token.c.id.desc())
    return [ApiToken(**row._asdict()) for row in connection.execute(newest_first)]


def revoke(connection: Connection, token_id: int, *, by: str, now: datetime) -> None:
    """A token that was revoked stays so, with whoever did it first."""
    standing = update(api_token).where(api_token.c.id == token_id, api_token.c.revoked_at.is_(None))
    connection.execute(standing.values(revoked_by=by, revoked_at=now))


def mark_used(connection: Connection, token_id: int, now: datetime) -> None:
    connection.execute(update(api_token).where(api_token.c.id == token_id).values(last_used_at=now))
