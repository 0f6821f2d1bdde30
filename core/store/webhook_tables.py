"""The tables of webhooks: whom to tell, and what was told, when and with what answer."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from core.store.table_parts import DELIVERY_STATES, MANY, METADATA, one_of
from core.store.types import JsonText, UtcTime

webhook = Table(
    "webhook",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("events", JsonText, nullable=False),
    Column("feature_id", Integer, ForeignKey("feature.id")),
    Column("made_by", Text, nullable=False),
    Column("made_by_id", Integer),
    Column("made_at", UtcTime, nullable=False),
    Column("followed_to", BigInteger, nullable=False),
    Column("verdicts_to", BigInteger, nullable=False),
    Column("stopped_by", Text),
    Column("stopped_at", UtcTime),
    Index(None, "made_at"),
)
"""``followed_to`` is the sequence number of the last audit event that was looked at for this webhook, and
``verdicts_to`` the number of the last change of a verdict."""

webhook_delivery = Table(
    "webhook_delivery",
    METADATA,
    Column("id", MANY, primary_key=True),
    Column("webhook_id", Integer, ForeignKey("webhook.id"), nullable=False),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Integer),
    Column("fault", Text),
    Column("ended_at", UtcTime),
    Column("body", JsonText, nullable=False),
    Index(None, "webhook_id", "made_at"),
    Index(None, "state", "due_at"),
    one_of("state", DELIVERY_STATES),
)
"""``subject`` is what it tells of: ``audit/`` or ``verdict/`` with the number of the row, or ``test``. While
it is being sent, ``due_at`` is the moment from which another server may take it over."""
