"""The tables of the review: sessions with what is to be looked at, and the words for what goes wrong."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from core.store.table_parts import (
    FIX_STATES,
    ITEM_STATES,
    LOOP_ENDS,
    MANY,
    METADATA,
    QUEUES,
    SAMPLINGS,
    WORD_KINDS,
    feature_id,
    one_of,
)
from core.store.types import JsonText, Key64, UtcTime

review_session = Table(
    "review_session",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("upload_id", Text, ForeignKey("upload.id")),
    Column("queue", Text, nullable=False),
    Column("sampling", Text, nullable=False),
    Column("population", Integer, nullable=False),
    Column("minutes", Integer),
    Column("opened_by", Text, nullable=False),
    Column("opened_by_id", Integer),
    Column("opened_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("asked", JsonText, nullable=False),
    Index(None, "feature_id", "opened_at"),
    one_of("queue", QUEUES),
    one_of("sampling", SAMPLINGS),
)
"""``population`` is how many traces there were to choose from; ``asked`` what was chosen (week, seed, size).
``upload_id`` is the upload that the labels of the session stand in, made with the first of them."""

review_item = Table(
    "review_item",
    METADATA,
    Column("id", MANY, primary_key=True),
    Column("session_id", Integer, ForeignKey("review_session.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("key", Key64, nullable=False),
    Column("state", Text, nullable=False),
    Column("reviewed_at", UtcTime),
    UniqueConstraint("session_id", "place"),
    Index(None, "key"),
    one_of("state", ITEM_STATES),
)

failure_word = Table(
    "failure_word",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("kind", Text, nullable=False),
    Column("word", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("example", Text, nullable=False),
    Column("became", Text),
    Column("saved_by", Text, nullable=False),
    Column("saved_by_id", Integer),
    Column("saved_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "feature_id", "kind", "word"),
    one_of("kind", WORD_KINDS),
)
"""Each saving is a row; the newest of a word counts. ``became``: renamed to, or merged into, that word."""

fix = Table(
    "fix",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("failure_type", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("fixed_at", UtcTime),
    Column("bundle", Text),
    Column("saved_by", Text, nullable=False),
    Column("saved_by_id", Integer),
    Column("saved_at", UtcTime, nullable=False),
    Index(None, "feature_id", "failure_type"),
    one_of("state", FIX_STATES),
)
"""Each saving is a row; the newest of a failure type counts."""

incident = Table(
    "incident",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("what", Text, nullable=False),
    Column("happened_at", UtcTime, nullable=False),
    Column("run_id", Text),
    Column("owner", Text, nullable=False),
    Column("reported_by", Text, nullable=False),
    Column("reported_by_id", Integer),
    Column("reported_at", UtcTime, nullable=False),
    Column("ended_in", Text),
    Column("link", Text),
    Column("closed_by", Text),
    Column("closed_at", UtcTime),
    Index(None, "feature_id"),
    one_of("ended_in", LOOP_ENDS),
)

tool_list = Table(
    "tool_list",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("file_name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_by_id", Integer),
    Column("added_at", UtcTime, nullable=False),
    Column("tools", JsonText, nullable=False),
    Index(None, "feature_id"),
)
