"""People and their roles, signatures, waivers, files beside answers, and the erasure of a person.

A migration that has been released is never changed; this one therefore names every column itself.
Whoever wrote, locked or answered before has no id: there was no sign-in. What was locked before
was in force from its lock.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ROLES = "'viewer', 'reviewer', 'pm', 'signer', 'admin', 'auditor'"
CHOICES = "'approve', 'refuse'"


def upgrade() -> None:
    add_columns()
    create_people()
    create_signatures()
    create_waivers()
    create_attached_files()
    create_erasures()


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")


def add_columns() -> None:
    for table, column in (
        ("document_version", "author_id"),
        ("commitment", "locked_by_id"),
        ("attestation", "answered_by_id"),
        ("upload", "asked_by_id"),
    ):
        op.add_column(table, sa.Column(column, sa.Integer()))
    op.add_column("commitment", sa.Column("in_force_at", TIME))
    op.add_column("commitment", sa.Column("sha256", sa.Text()))
    op.add_column("commitment", sa.Column("terms", sa.Text()))
    op.execute("UPDATE commitment SET in_force_at = locked_at")


def create_people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME),
        sa.Column("removed_at", TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_person_issuer_subject")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_index(op.f("ix_person_email"), "person", ["email"])
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer()),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_by_id", sa.Integer()),
        sa.Column("granted_at", TIME, nullable=False),
        sa.Column("revoked_by", sa.Text()),
        sa.Column("revoked_at", TIME),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_role_grant_role_known")),
        refers("role_grant", "feature"),
        refers("role_grant", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_person_id"), "role_grant", ["person_id"])


def create_signatures() -> None:
    op.create_table(
        "signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("commitment_number", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text()),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("signed_at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME),
        sa.Column("withdrawn_reason", sa.Text()),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.CheckConstraint("about IN ('commitment', 'step')", name=op.f("ck_signature_about_known")),
        sa.CheckConstraint(f"choice IN ({CHOICES})", name=op.f("ck_signature_choice_known")),
        refers("signature", "feature"),
        refers("signature", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
    )
    op.create_index(op.f("ix_signature_feature_id_signed_at"), "signature", ["feature_id", "signed_at"])


def create_waivers() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("item_sha256", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer()),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("choice", sa.Text()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_by_id", sa.Integer()),
        sa.Column("decided_at", TIME),
        sa.Column("decided_reason", sa.Text()),
        sa.Column("revoked_by", sa.Text()),
        sa.Column("revoked_at", TIME),
        sa.Column("revoked_reason", sa.Text()),
        sa.CheckConstraint(f"choice IN ({CHOICES})", name=op.f("ck_waiver_choice_known")),
        refers("waiver", "feature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
    )
    op.create_index(op.f("ix_waiver_feature_id_item_id"), "waiver", ["feature_id", "item_id"])


def create_attached_files() -> None:
    op.create_table(
        "attached_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attestation_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        refers("attached_file", "attestation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attached_file")),
    )
    op.create_index(op.f("ix_attached_file_attestation_id"), "attached_file", ["attestation_id"])


def create_erasures() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer()),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("cancelled_by", sa.Text()),
        sa.Column("cancelled_at", TIME),
        sa.Column("done_by", sa.Text()),
        sa.Column("done_by_id", sa.Integer()),
        sa.Column("done_at", TIME),
        sa.Column("counts", sa.Text()),
        refers("erasure", "feature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_feature_id_fingerprint"), "erasure", ["feature_id", "fingerprint"])


def refers(table: str, other: str) -> sa.ForeignKeyConstraint:
    """``other``_id of ``table`` names a row of ``other``."""
    name = op.f(f"fk_{table}_{other}_id_{other}")
    return sa.ForeignKeyConstraint([f"{other}_id"], [f"{other}.id"], name=name)
