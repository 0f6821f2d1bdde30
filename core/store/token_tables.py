"""The table of the tokens with which other programs ask over HTTP."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from core.store.table_parts import METADATA
from core.store.types import JsonText, UtcTime

api_token = Table(
    "api_token",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("scopes", JsonText, nullable=False),
    Column("feature_id", Integer, ForeignKey("feature.id")),
    Column("made_by", Text, nullable=False),
    Column("made_by_id", Integer),
    Column("made_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime),
    Column("revoked_by", Text),
    Column("revoked_at", UtcTime),
    Index(None, "made_at"),
)
"""The token itself is kept nowhere: ``sha256`` is its hash. ``feature_id`` NULL: for all features."""
