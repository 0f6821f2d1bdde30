"""The tables of the eval sets that people write here: cases, locked versions of sets, the non-AI baseline."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from core.store.table_parts import CASE_PARTS, MANY, METADATA, feature_id, one_of
from core.store.types import JsonText, UtcTime

eval_case = Table(
    "eval_case",
    METADATA,
    Column("id", MANY, primary_key=True),
    feature_id(),
    Column("case_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("part", Text, nullable=False),
    Column("is_critical", Boolean, nullable=False),
    Column("is_retired", Boolean, nullable=False),
    Column("source_run_id", Text),
    Column("failure_type", Text),
    Column("task_type", Text),
    Column("user_segment", Text),
    Column("author", Text, nullable=False),
    Column("author_id", Integer),
    Column("saved_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("tags", JsonText, nullable=False),
    Column("tools_expected", JsonText, nullable=False),
    Column("query", Text, nullable=False),
    Column("ground_truth", Text),
    Column("expected_behavior", Text),
    Column("failure_observed", Text),
    Column("texts_expired_at", UtcTime),
    Column("asked_sha256", Text),
    UniqueConstraint("feature_id", "case_id", "number"),
    Index(None, "feature_id", "source_run_id"),
    one_of("part", CASE_PARTS),
)
"""Each saving is a version (``number`` from 1); the newest of a case counts. ``asked_sha256`` is what tells
versions apart whose texts have expired."""

eval_suite = Table(
    "eval_suite",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("name", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("upload_id", Text, ForeignKey("upload.id")),
    Column("rerun_days", Integer),
    Column("locked_by", Text, nullable=False),
    Column("locked_by_id", Integer),
    Column("locked_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("parts", JsonText, nullable=False),
    Column("cases", JsonText, nullable=False),
    UniqueConstraint("feature_id", "name", "number"),
)
"""``parts`` are those that it is made of, ``cases`` lists (case id, version); ``upload_id`` is the evidence
that the set was published as."""

baseline = Table(
    "baseline",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("metric", Text, nullable=False),
    Column("passes", BigInteger),
    Column("cases", BigInteger),
    Column("value", Float),
    Column("path", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_by_id", Integer),
    Column("recorded_at", UtcTime, nullable=False),
    Column("replaced_at", UtcTime),
    Index(None, "feature_id", "metric"),
)
"""How the path without AI does: ``passes`` of ``cases``, or a ``value`` in the metric's base unit."""
