"""Eval cases that people write here, locked versions of sets, and the non-AI baseline.

A migration that has been released is never changed; this one therefore names every column itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
# SQLite numbers rows by itself only in a column of the type INTEGER.
MANY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    create_eval_case()
    create_eval_suite()
    create_baseline()


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")


def create_eval_case() -> None:
    op.create_table(
        "eval_case",
        sa.Column("id", MANY, nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("is_critical", sa.Boolean(), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("source_run_id", sa.Text(), nullable=True),
        sa.Column("failure_type", sa.Text(), nullable=True),
        sa.Column("task_type", sa.Text(), nullable=True),
        sa.Column("user_segment", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("saved_at", TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("tools_expected", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("ground_truth", sa.Text(), nullable=True),
        sa.Column("expected_behavior", sa.Text(), nullable=True),
        sa.Column("failure_observed", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "part IN ('gold', 'adversarial', 'regression')", name=op.f("ck_eval_case_part_known")
        ),
        sa.ForeignKeyConstraint(["feature_id"], ["feature.id"], name=op.f("fk_eval_case_feature_id_feature")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eval_case")),
        sa.UniqueConstraint(
            "feature_id", "case_id", "number", name=op.f("uq_eval_case_feature_id_case_id_number")
        ),
    )
    op.create_index(
        op.f("ix_eval_case_feature_id_source_run_id"),
        "eval_case",
        ["feature_id", "source_run_id"],
        unique=False,
    )


def create_eval_suite() -> None:
    op.create_table(
        "eval_suite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=True),
        sa.Column("rerun_days", sa.Integer(), nullable=True),
        sa.Column("locked_by", sa.Text(), nullable=False),
        sa.Column("locked_by_id", sa.Integer(), nullable=True),
        sa.Column("locked_at", TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("cases", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feature_id"], ["feature.id"], name=op.f("fk_eval_suite_feature_id_feature")
        ),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_eval_suite_upload_id_upload")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eval_suite")),
        sa.UniqueConstraint(
            "feature_id", "name", "number", name=op.f("uq_eval_suite_feature_id_name_number")
        ),
    )


def create_baseline() -> None:
    op.create_table(
        "baseline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("passes", sa.BigInteger(), nullable=True),
        sa.Column("cases", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("replaced_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["feature_id"], ["feature.id"], name=op.f("fk_baseline_feature_id_feature")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baseline")),
    )
    op.create_index(op.f("ix_baseline_feature_id_metric"), "baseline", ["feature_id", "metric"], unique=False)
