"""The tables of releases: which bundle was live since when, rehearsals of going back, red-team findings."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.store.table_parts import (
    ATTACK_KINDS,
    FINDING_STATES,
    METADATA,
    REHEARSED,
    SEVERITIES,
    feature_id,
    one_of,
)
from core.store.types import UtcTime

live_bundle = Table(
    "live_bundle",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("name", Text, nullable=False),
    Column("document_number", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("live_at", UtcTime, nullable=False),
    Column("put_live_by", Text, nullable=False),
    Column("put_live_by_id", Integer),
    Column("recorded_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "feature_id", "live_at"),
)
"""``document_number`` is the version of the bundle, ``sha256`` the fingerprint of its eight parts. The newest
row is what is live now; going back is one more row."""

rehearsal = Table(
    "rehearsal",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("part", Text, nullable=False),
    Column("bundle", Text),
    Column("part_sha256", Text),
    Column("rehearsed_at", UtcTime, nullable=False),
    Column("worked", Boolean, nullable=False),
    Column("minutes", Float, nullable=False),
    Column("done_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_by_id", Integer),
    Column("recorded_at", UtcTime, nullable=False),
    Index(None, "feature_id", "part"),
    one_of("part", REHEARSED),
)
"""``bundle`` and ``part_sha256`` are what was live then; ``part`` is one of the eight, or the kill switch.
``done_by`` are the words for who did it, ``recorded_by`` is who wrote it down."""

red_team_finding = Table(
    "red_team_finding",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("bundle", Text),
    Column("parts_sha256", Text),
    Column("found_at", UtcTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_by_id", Integer),
    Column("recorded_at", UtcTime, nullable=False),
    UniqueConstraint("feature_id", "number"),
    one_of("kind", ATTACK_KINDS),
    one_of("severity", SEVERITIES),
)
"""An attack that worked once, on the ``bundle`` that was live then; ``parts_sha256`` is the fingerprint of
the parts that were attacked. Whether it still works, its checks say."""

red_team_check = Table(
    "red_team_check",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("finding_id", Integer, ForeignKey("red_team_finding.id"), nullable=False),
    Column("bundle", Text),
    Column("parts_sha256", Text),
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("checked_at", UtcTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_by_id", Integer),
    Column("recorded_at", UtcTime, nullable=False),
    Index(None, "finding_id"),
    one_of("state", FINDING_STATES),
)
"""One try of the attack: "open" where it still works, "closed" where it does not any more."""
