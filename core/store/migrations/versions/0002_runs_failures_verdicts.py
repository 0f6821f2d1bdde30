"""Steps and scores of runs as evidence of their own, the failure log, and the record of verdicts.

A migration that has been released is never changed; this one therefore names every column itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    widen("upload", "kind", "traces", "evals", "labels", "failures", "spans", "scores")
    for table in ("segment", "superseded"):
        widen(table, "kind", "traces", "evals", "spans", "scores")
    create_failures()
    create_verdict_changes()


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")


def widen(table: str, column: str, *words: str) -> None:
    """Let ``column`` hold other words than before."""
    listed = ", ".join(f"'{word}'" for word in words)
    name = op.f(f"ck_{table}_{column}_known")
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"{column} IN ({listed})")


def belongs_to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def create_failures() -> None:
    op.create_table(
        "failure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("failure_key", sa.BigInteger(), nullable=False),
        sa.Column("row_key", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger()),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("failure_type", sa.Text()),
        sa.Column("root_cause", sa.Text()),
        sa.Column("fix", sa.Text()),
        sa.Column("owner", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("found_at", TIME),
        belongs_to("failure", "feature_id", "feature"),
        belongs_to("failure", "upload_id", "upload"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failure")),
    )
    op.create_index(op.f("ix_failure_feature_id_failure_key"), "failure", ["feature_id", "failure_key"])
    op.create_index(op.f("ix_failure_upload_id"), "failure", ["upload_id"])


def create_verdict_changes() -> None:
    words = "'go', 'not_enough_evidence', 'stale', 'no_data', 'no_go'"
    op.create_table(
        "verdict_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("is_draft", sa.Boolean(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.CheckConstraint(f"verdict IN ({words})", name=op.f("ck_verdict_change_verdict_known")),
        belongs_to("verdict_change", "feature_id", "feature"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict_change")),
    )
    op.create_index(
        op.f("ix_verdict_change_feature_id_changed_at"), "verdict_change", ["feature_id", "changed_at"]
    )
