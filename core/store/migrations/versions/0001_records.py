"""The first schema: features, documents, commitments, attestations, uploads, evidence, labels, audit.

A migration that has been released is never changed; this one therefore names every column itself.
The audit triggers belong to their tables: a later migration that rebuilds one has to make them anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_features()
    create_documents()
    create_promises()
    create_uploads()
    create_segments()
    create_labels()
    create_audit()
    if op.get_context().dialect.name == "sqlite":
        guard_audit_on_sqlite()
    else:
        guard_audit_on_postgresql()


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")


def one_of(table: str, column: str, *words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_known"))


def belongs_to(table: str, column: str, other: str, other_column: str = "id") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.{other_column}"], name=name)


def identified_by(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def create_features() -> None:
    op.create_table(
        "feature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("stakes", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("evidence_version", sa.Integer(), nullable=False),
        one_of("feature", "stakes", "low", "medium", "high"),
        identified_by("feature", "id"),
        unique("feature", "slug"),
    )


def create_documents() -> None:
    op.create_table(
        "document_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer()),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        one_of("document_version", "kind", "scope", "checklist", "plan", "bundle"),
        belongs_to("document_version", "feature_id", "feature"),
        identified_by("document_version", "id"),
        unique("document_version", "feature_id", "kind", "number"),
    )


def create_promises() -> None:
    op.create_table(
        "commitment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("checklist_number", sa.Integer(), nullable=False),
        sa.Column("checklist_sha256", sa.Text(), nullable=False),
        sa.Column("stakes", sa.Text(), nullable=False),
        sa.Column("locked_at", TIME, nullable=False),
        sa.Column("locked_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence_seen", sa.Boolean(), nullable=False),
        one_of("commitment", "stakes", "low", "medium", "high"),
        belongs_to("commitment", "feature_id", "feature"),
        identified_by("commitment", "id"),
        unique("commitment", "feature_id", "number"),
    )
    op.create_table(
        "attestation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", TIME, nullable=False),
        one_of("attestation", "answer", "yes", "no", "not_applicable"),
        belongs_to("attestation", "feature_id", "feature"),
        identified_by("attestation", "id"),
    )
    index("attestation", "feature_id", "item_id")


def create_uploads() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("bundle", sa.Text()),
        sa.Column("suite", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.Float()),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.Column("heartbeat_at", TIME, nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("report", sa.Text()),
        sa.Column("fault", sa.Text()),
        sa.Column("sequence", sa.Integer()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawn_at", TIME),
        sa.Column("withdrawn_reason", sa.Text()),
        sa.Column("rejected_rows", sa.LargeBinary()),
        one_of("upload", "kind", "traces", "evals", "labels"),
        one_of("upload", "state", "waiting", "reading", "saving", "done", "failed", "cancelled", "withdrawn"),
        belongs_to("upload", "feature_id", "feature"),
        identified_by("upload", "id"),
        unique("upload", "feature_id", "sequence"),
    )
    index("upload", "feature_id", "asked_at")


def create_segments() -> None:
    op.create_table(
        "segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("earliest", TIME),
        sa.Column("latest", TIME),
        sa.Column("packed_keys", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        one_of("segment", "kind", "traces", "evals"),
        belongs_to("segment", "feature_id", "feature"),
        belongs_to("segment", "upload_id", "upload"),
        identified_by("segment", "id"),
        unique("segment", "upload_id", "kind", "ordinal"),
    )
    index("segment", "feature_id", "kind")
    index("segment", "sha256")
    op.create_table(
        "superseded",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("packed_keys", sa.LargeBinary(), nullable=False),
        one_of("superseded", "kind", "traces", "evals"),
        belongs_to("superseded", "upload_id", "upload"),
        identified_by("superseded", "upload_id", "kind"),
    )


def create_labels() -> None:
    op.create_table(
        "label",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("label_key", sa.BigInteger(), nullable=False),
        sa.Column("row_key", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger()),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("tool_right", sa.Boolean()),
        sa.Column("context_right", sa.Boolean()),
        sa.Column("answer_right", sa.Boolean()),
        sa.Column("grounded", sa.Boolean()),
        sa.Column("hallucination", sa.Boolean()),
        sa.Column("failure_type", sa.Text()),
        sa.Column("root_cause", sa.Text()),
        sa.Column("severity", sa.Text()),
        sa.Column("corrected_answer", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("reviewer", sa.Text()),
        sa.Column("sampling", sa.Text()),
        sa.Column("labelled_at", TIME),
        sa.Column("is_judge", sa.Boolean()),
        belongs_to("label", "feature_id", "feature"),
        belongs_to("label", "upload_id", "upload"),
        identified_by("label", "id"),
    )
    index("label", "feature_id", "label_key")
    index("label", "upload_id")


def create_audit() -> None:
    op.create_table(
        "audit_event",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ts", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        identified_by("audit_event", "seq"),
    )
    index("audit_event", "subject", "seq")
    op.create_table(
        "audit_payload",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary()),
        sa.Column("payload", sa.Text()),
        belongs_to("audit_payload", "seq", "audit_event", "seq"),
        identified_by("audit_payload", "seq"),
    )


# What the triggers hold: an event is written once, at the end; a payload comes with its event and
# can later only be emptied. INSERT OR REPLACE deletes without asking the DELETE trigger, so the
# INSERT triggers have to refuse every number but the next one.

GROWS_AT_ITS_END = "the audit log only grows at its end"
IS_NEVER_CHANGED = "the audit log is never changed"
IS_ONLY_EMPTIED = "a payload of the audit log can only be emptied"

EVENT_IS_NEXT = "NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM audit_event)"
PAYLOAD_IS_NEXT = """NEW.seq = (SELECT max(seq) FROM audit_event)
                     AND NOT EXISTS (SELECT 1 FROM audit_payload WHERE seq = NEW.seq)"""


def guard_audit_on_sqlite() -> None:
    emptied = "NEW.seq = OLD.seq AND NEW.payload IS NULL AND (NEW.salt IS NULL OR NEW.salt = OLD.salt)"
    for table, what, allowed, sentence in (
        ("audit_event", "INSERT", EVENT_IS_NEXT, GROWS_AT_ITS_END),
        ("audit_event", "UPDATE", "0", IS_NEVER_CHANGED),
        ("audit_event", "DELETE", "0", IS_NEVER_CHANGED),
        ("audit_payload", "INSERT", PAYLOAD_IS_NEXT, GROWS_AT_ITS_END),
        ("audit_payload", "UPDATE", emptied, IS_ONLY_EMPTIED),
        ("audit_payload", "DELETE", "0", IS_NEVER_CHANGED),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{what.lower()} BEFORE {what} ON {table} "
            f"WHEN ({allowed}) IS NOT 1 BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        )


def guard_audit_on_postgresql() -> None:
    emptied = """NEW.seq = OLD.seq AND NEW.payload IS NULL
                 AND (NEW.salt IS NULL OR NEW.salt IS NOT DISTINCT FROM OLD.salt)"""
    for table, what, level, allowed, sentence in (
        ("audit_event", "INSERT", "ROW", EVENT_IS_NEXT, GROWS_AT_ITS_END),
        ("audit_event", "UPDATE", "ROW", "FALSE", IS_NEVER_CHANGED),
        ("audit_event", "DELETE", "ROW", "FALSE", IS_NEVER_CHANGED),
        ("audit_event", "TRUNCATE", "STATEMENT", "FALSE", IS_NEVER_CHANGED),
        ("audit_payload", "INSERT", "ROW", PAYLOAD_IS_NEXT, GROWS_AT_ITS_END),
        ("audit_payload", "UPDATE", "ROW", emptied, IS_ONLY_EMPTIED),
        ("audit_payload", "DELETE", "ROW", "FALSE", IS_NEVER_CHANGED),
        ("audit_payload", "TRUNCATE", "STATEMENT", "FALSE", IS_NEVER_CHANGED),
    ):
        name = f"{table}_{what.lower()}"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF ({allowed}) IS NOT TRUE THEN RAISE EXCEPTION '{sentence}'; END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH {level} EXECUTE FUNCTION {name}()"
        )
