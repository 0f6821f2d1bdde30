"""Test cases as evidence of their own, the weekly counts from outside, and how long texts are kept.

A migration that has been released is never changed; this one therefore names every column itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    widen("upload", "kind", "traces", "evals", "labels", "failures", "spans", "scores", "cases")
    for table in ("segment", "superseded"):
        widen(table, "kind", "traces", "evals", "spans", "scores", "cases")
    op.add_column("feature", sa.Column("text_days", sa.Integer()))
    op.add_column("upload", sa.Column("texts_expired_at", TIME))
    create_outside_counts()


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")


def widen(table: str, column: str, *words: str) -> None:
    """Let ``column`` hold other words than before."""
    listed = ", ".join(f"'{word}'" for word in words)
    name = op.f(f"ck_{table}_{column}_known")
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"{column} IN ({listed})")


def create_outside_counts() -> None:
    op.create_table(
        "outside_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("out_of", sa.BigInteger()),
        sa.Column("note", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("replaced_at", TIME),
        sa.ForeignKeyConstraint(
            ["feature_id"], ["feature.id"], name=op.f("fk_outside_count_feature_id_feature")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_count")),
    )
    op.create_index(op.f("ix_outside_count_feature_id_week"), "outside_count", ["feature_id", "week"])
