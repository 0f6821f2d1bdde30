"""Every table of the records: what there is, how it hangs together, what may stand in it.

The migrations build the same tables step by step; a test holds the two equal on both databases.
Large contents stand last in their table, because SQLite has to read past them to reach the rest.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from core.evidence.column import CellType
from core.evidence.columns import FAILURE_COLUMNS, LABEL_COLUMNS
from core.store.decision_tables import decision_question, follow_up, signed_condition
from core.store.eval_tables import baseline, eval_case, eval_suite
from core.store.people_tables import attached_file, erasure, person, role_grant, signature, waiver
from core.store.release_tables import live_bundle, red_team_check, red_team_finding, rehearsal
from core.store.review_tables import (
    failure_word,
    fix,
    incident,
    review_item,
    review_session,
    tool_list,
)
from core.store.table_parts import (
    ANSWERS,
    DOCUMENT_KINDS,
    MANY,
    METADATA,
    MOVES,
    SEGMENT_KINDS,
    STAKES,
    UNFINISHED,
    UPLOAD_KINDS,
    UPLOAD_STATES,
    VERDICTS,
    feature_id,
    one_of,
    upload_id,
)
from core.store.token_tables import api_token
from core.store.types import JsonText, Key64, UtcTime
from core.store.watch_tables import alarm, legal_hold, override
from core.store.webhook_tables import webhook, webhook_delivery

__all__ = [
    "METADATA", "UNFINISHED", "alarm", "api_token", "attached_file", "attestation", "audit_event",
    "audit_payload", "baseline", "commitment", "decision_question", "document_version", "erasure",
    "eval_case", "eval_suite", "failure", "failure_word", "feature", "fix", "follow_up", "incident",
    "label", "legal_hold", "live_bundle", "outside_count", "override", "person", "red_team_check",
    "red_team_finding", "rehearsal", "review_item", "review_session", "role_grant", "segment",
    "signature", "signed_condition", "superseded", "tool_list", "transition", "upload", "verdict_change",
    "waiver", "webhook", "webhook_delivery",
]  # fmt: skip

feature = Table(
    "feature",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("stakes", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("evidence_version", Integer, nullable=False, default=0),
    Column("text_days", Integer),
    Column("number_days", Integer),
    Column("log_days", Integer),
    Column("case_days", Integer),
    one_of("stakes", STAKES),
)

document_version = Table(
    "document_version",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("kind", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("parent", Integer),
    Column("author", Text, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("body", JsonText, nullable=False),
    Column("author_id", Integer),
    UniqueConstraint("feature_id", "kind", "number"),
    one_of("kind", DOCUMENT_KINDS),
)

commitment = Table(
    "commitment",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("number", Integer, nullable=False),
    Column("checklist_number", Integer, nullable=False),
    Column("checklist_sha256", Text, nullable=False),
    Column("stakes", Text, nullable=False),
    Column("locked_at", UtcTime, nullable=False),
    Column("locked_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence_seen", Boolean, nullable=False),
    Column("locked_by_id", Integer),
    Column("in_force_at", UtcTime),
    Column("sha256", Text),
    Column("terms", JsonText),
    UniqueConstraint("feature_id", "number"),
    one_of("stakes", STAKES),
)

attestation = Table(
    "attestation",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("item_id", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("answered_by", Text, nullable=False),
    Column("answered_at", UtcTime, nullable=False),
    Column("answered_by_id", Integer),
    Index(None, "feature_id", "item_id"),
    one_of("answer", ANSWERS),
)

upload = Table(
    "upload",
    METADATA,
    Column("id", Text, primary_key=True),
    feature_id(),
    Column("file_name", Text, nullable=False),
    Column("kind", Text),
    Column("source", Text),
    Column("sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("bundle", Text),
    Column("suite", Text),
    Column("state", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("rows_done", BigInteger, nullable=False),
    Column("share", Float),
    Column("cancel_asked", Boolean, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("heartbeat_at", UtcTime, nullable=False),
    Column("answers", JsonText, nullable=False),
    Column("report", JsonText),
    Column("fault", JsonText),
    Column("sequence", Integer),
    Column("withdrawn_by", Text),
    Column("withdrawn_at", UtcTime),
    Column("withdrawn_reason", Text),
    Column("texts_expired_at", UtcTime),
    Column("rejected_rows", LargeBinary),
    Column("asked_by_id", Integer),
    Column("numbers_expired_at", UtcTime),
    UniqueConstraint("feature_id", "sequence"),
    Index(None, "feature_id", "asked_at"),
    one_of("kind", UPLOAD_KINDS),
    one_of("state", UPLOAD_STATES),
)

segment = Table(
    "segment",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    upload_id(),
    Column("kind", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("earliest", UtcTime),
    Column("latest", UtcTime),
    Column("packed_keys", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("upload_id", "kind", "ordinal"),
    Index(None, "feature_id", "kind"),
    Index(None, "sha256"),
    one_of("kind", SEGMENT_KINDS),
)

superseded = Table(
    "superseded",
    METADATA,
    upload_id(primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("packed_keys", LargeBinary, nullable=False),
    one_of("kind", SEGMENT_KINDS),
)

_TYPE_OF_CELL: dict[CellType, type[TypeEngine[Any]]] = {
    CellType.TEXT: Text,
    CellType.TIME: UtcTime,
    CellType.BOOLEAN: Boolean,
}

label = Table(
    "label",
    METADATA,
    Column("id", MANY, primary_key=True),
    feature_id(),
    upload_id(),
    Column("key", Key64, nullable=False),
    Column("label_key", Key64, nullable=False),
    Column("row_key", Key64, nullable=False),
    Column("row", BigInteger),
    *(
        Column(column.name, _TYPE_OF_CELL[column.type], nullable=not column.required)
        for column in LABEL_COLUMNS
    ),
    Index(None, "feature_id", "label_key"),
    Index(None, "upload_id"),
)

failure = Table(
    "failure",
    METADATA,
    Column("id", MANY, primary_key=True),
    feature_id(),
    upload_id(),
    Column("key", Key64, nullable=False),
    Column("failure_key", Key64, nullable=False),
    Column("row_key", Key64, nullable=False),
    Column("row", BigInteger),
    *(
        Column(column.name, _TYPE_OF_CELL[column.type], nullable=not column.required)
        for column in FAILURE_COLUMNS
    ),
    Index(None, "feature_id", "failure_key"),
    Index(None, "upload_id"),
)

outside_count = Table(
    "outside_count",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("week", Date, nullable=False),
    Column("measure", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("out_of", BigInteger),
    Column("note", Text),
    Column("source", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("replaced_at", UtcTime),
    Index(None, "feature_id", "week"),
)

verdict_change = Table(
    "verdict_change",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("verdict", Text, nullable=False),
    Column("is_draft", Boolean, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Index(None, "feature_id", "changed_at"),
    one_of("verdict", VERDICTS),
)

transition = Table(
    "transition",
    METADATA,
    Column("id", Integer, primary_key=True),
    feature_id(),
    Column("move", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("plan_number", Integer),
    Column("at", UtcTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("verdict", Text),
    Column("recorded_at", UtcTime, nullable=False),
    Index(None, "feature_id", "at"),
    one_of("move", MOVES),
    one_of("verdict", VERDICTS),
)

audit_event = Table(
    "audit_event",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("ts", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("commitment", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index(None, "subject", "seq"),
)

audit_payload = Table(
    "audit_payload",
    METADATA,
    Column("seq", BigInteger, ForeignKey("audit_event.seq"), primary_key=True, autoincrement=False),
    Column("salt", LargeBinary),
    Column("payload", Text),
)
