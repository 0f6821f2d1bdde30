"""The tables around a decision: conditions of a GO, questions before one, and whether it was right."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text

from core.store.table_parts import HINDSIGHTS, METADATA, feature_id, one_of
from core.store.types import UtcTime

signed_condition = Table(
    "signed_condition",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("signature_id", Integer, ForeignKey("signature.id"), nullable=False),
    Column("words", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("due", Date, nullable=False),
    Column("met_by", Text),
    Column("met_by_id", Integer),
    Column("met_at", UtcTime),
    Column("met_note", Text),
    Column("released_by", Text),
    Column("released_by_id", Integer),
    Column("released_at", UtcTime),
    Column("released_reason", Text),
    Index(None, "feature_id", "signature_id"),
)
"""What a signer asks for with their GO: by when (the end of the day ``due``, UTC), from whom. Unmet after
that, the GO lapses, until it is met or a signer releases it."""

decision_question = Table(
    "decision_question",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("step", Text),
    Column("words", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_by_id", Integer),
    Column("asked_at", UtcTime, nullable=False),
    Column("answer", Text),
    Column("answered_by", Text),
    Column("answered_by_id", Integer),
    Column("answered_at", UtcTime),
    Index(None, "feature_id", "asked_at"),
)
"""What somebody wants to know before they sign."""

follow_up = Table(
    "follow_up",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("transition_id", Integer, ForeignKey("transition.id"), nullable=False),
    Column("days", Integer, nullable=False),
    Column("hindsight", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_by_id", Integer),
    Column("recorded_at", UtcTime, nullable=False),
    Index(None, "feature_id", "transition_id"),
    one_of("hindsight", HINDSIGHTS),
)
"""Whether going forward was right, said ``days`` (7 or 30) after the step; the newest word counts."""
