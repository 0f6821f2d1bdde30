"""The tables of people: what they may do, what they signed, set aside, attached and had erased."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from core.store.table_parts import CHOICES, METADATA, ROLES, SIGNED_THINGS, feature_id, one_of, person_id
from core.store.types import JsonText, UtcTime

person = Table(
    "person",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("issuer", Text),
    Column("subject", Text),
    Column("name", Text, nullable=False, unique=True),
    Column("email", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime),
    Column("removed_at", UtcTime),
    UniqueConstraint("issuer", "subject"),
    Index(None, "email"),
)

role_grant = Table(
    "role_grant",
    METADATA,
    Column("id", Integer, primary_key=True),
    person_id(),
    Column("feature_id", Integer, ForeignKey("feature.id")),
    Column("role", Text, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("granted_by_id", Integer),
    Column("granted_at", UtcTime, nullable=False),
    Column("revoked_by", Text),
    Column("revoked_at", UtcTime),
    Index(None, "person_id"),
    one_of("role", ROLES),
)

signature = Table(
    "signature",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("about", Text, nullable=False),
    Column("commitment_number", Integer, nullable=False),
    Column("step", Text),
    Column("choice", Text, nullable=False),
    Column("reason", Text, nullable=False),
    person_id(),
    Column("signed_by", Text, nullable=False),
    Column("signed_at", UtcTime, nullable=False),
    Column("withdrawn_at", UtcTime),
    Column("withdrawn_reason", Text),
    Column("sha256", Text, nullable=False),
    Column("statement", JsonText, nullable=False),
    Index(None, "feature_id", "signed_at"),
    one_of("about", SIGNED_THINGS),
    one_of("choice", CHOICES),
)

waiver = Table(
    "waiver",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("item_id", Text, nullable=False),
    Column("item_sha256", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_by_id", Integer),
    Column("asked_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("choice", Text),
    Column("decided_by", Text),
    Column("decided_by_id", Integer),
    Column("decided_at", UtcTime),
    Column("decided_reason", Text),
    Column("revoked_by", Text),
    Column("revoked_at", UtcTime),
    Column("revoked_reason", Text),
    Index(None, "feature_id", "item_id"),
    one_of("choice", CHOICES),
)

attached_file = Table(
    "attached_file",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("attestation_id", Integer, ForeignKey("attestation.id"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index(None, "attestation_id"),
)

erasure = Table(
    "erasure",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("fingerprint", Text, nullable=False),
    Column("wanted", Text),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_by_id", Integer),
    Column("asked_at", UtcTime, nullable=False),
    Column("cancelled_by", Text),
    Column("cancelled_at", UtcTime),
    Column("done_by", Text),
    Column("done_by_id", Integer),
    Column("done_at", UtcTime),
    Column("counts", JsonText),
    Index(None, "feature_id", "fingerprint"),
)
