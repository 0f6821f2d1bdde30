"""The tables of what watches and overrules a rollout: alarms, overrides, legal holds."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from core.store.table_parts import ALARM_ACTS, METADATA, TIERS, feature_id, one_of
from core.store.types import JsonText, UtcTime

alarm = Table(
    "alarm",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("phase", Text, nullable=False),
    Column("warning", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("cases", Integer),
    Column("reached_at", UtcTime),
    Column("noticed_at", UtcTime, nullable=False),
    Column("upload_id", Text, ForeignKey("upload.id")),
    Column("did", Text, nullable=False),
    Column("acknowledged_by", Text),
    Column("acknowledged_by_id", Integer),
    Column("acknowledged_at", UtcTime),
    Column("acknowledged_reason", Text),
    Column("sentence", Text, nullable=False),
    Index(None, "feature_id", "noticed_at"),
    one_of("tier", TIERS),
    one_of("did", ALARM_ACTS),
)
"""``reached_at`` is the time of the trace at which the limit was reached; ``cases`` how many it took."""

override = Table(
    "override",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("step", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("given_by_id", Integer),
    Column("given_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
    Column("ended_by", Text),
    Column("ended_at", UtcTime),
    Column("ended_reason", Text),
    Column("sha256", Text, nullable=False),
    Column("statement", JsonText, nullable=False),
    Index(None, "feature_id", "given_at"),
)
"""``statement`` is what was overruled, exactly as it stood; ``used_at`` when the step was taken on it."""

legal_hold = Table(
    "legal_hold",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("reason", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_by_id", Integer),
    Column("placed_at", UtcTime, nullable=False),
    Column("lifted_by", Text),
    Column("lifted_by_id", Integer),
    Column("lifted_at", UtcTime),
    Column("lifted_reason", Text),
    Index(None, "feature_id"),
)
