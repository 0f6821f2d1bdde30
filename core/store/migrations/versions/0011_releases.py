"""Which bundle was live since when, rehearsals of going back, red-team findings.

A migration that has been released is never changed; this one therefore names every column itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_live_bundle()
    create_rehearsal()
    create_red_team_finding()
    create_red_team_check()


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")


def create_live_bundle() -> None:
    op.create_table(
        "live_bundle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document_number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("live_at", TIME, nullable=False),
        sa.Column("put_live_by", sa.Text(), nullable=False),
        sa.Column("put_live_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feature_id"], ["feature.id"], name=op.f("fk_live_bundle_feature_id_feature")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_bundle")),
    )
    op.create_index(
        op.f("ix_live_bundle_feature_id_live_at"), "live_bundle", ["feature_id", "live_at"], unique=False
    )


def create_rehearsal() -> None:
    op.create_table(
        "rehearsal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=True),
        sa.Column("part_sha256", sa.Text(), nullable=True),
        sa.Column("rehearsed_at", TIME, nullable=False),
        sa.Column("worked", sa.Boolean(), nullable=False),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.CheckConstraint(
            "part IN ('model', 'prompt', 'parser', 'retriever', 'tools', 'policy', 'suite', 'runbook', "
            "'kill_switch')",
            name=op.f("ck_rehearsal_part_known"),
        ),
        sa.ForeignKeyConstraint(["feature_id"], ["feature.id"], name=op.f("fk_rehearsal_feature_id_feature")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsal")),
    )
    op.create_index(op.f("ix_rehearsal_feature_id_part"), "rehearsal", ["feature_id", "part"], unique=False)


def create_red_team_finding() -> None:
    op.create_table(
        "red_team_finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=True),
        sa.Column("parts_sha256", sa.Text(), nullable=True),
        sa.Column("found_at", TIME, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.CheckConstraint(
            "kind IN ('injection', 'jailbreak', 'tool_output', 'leakage', 'spend', 'harmful', 'other')",
            name=op.f("ck_red_team_finding_kind_known"),
        ),
        sa.CheckConstraint(
            "severity IN ('critical', 'serious', 'minor')", name=op.f("ck_red_team_finding_severity_known")
        ),
        sa.ForeignKeyConstraint(
            ["feature_id"], ["feature.id"], name=op.f("fk_red_team_finding_feature_id_feature")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_red_team_finding")),
        sa.UniqueConstraint("feature_id", "number", name=op.f("uq_red_team_finding_feature_id_number")),
    )


def create_red_team_check() -> None:
    op.create_table(
        "red_team_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=True),
        sa.Column("parts_sha256", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("checked_at", TIME, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_red_team_check_state_known")),
        sa.ForeignKeyConstraint(
            ["feature_id"], ["feature.id"], name=op.f("fk_red_team_check_feature_id_feature")
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["red_team_finding.id"],
            name=op.f("fk_red_team_check_finding_id_red_team_finding"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_red_team_check")),
    )
    op.create_index(op.f("ix_red_team_check_finding_id"), "red_team_check", ["finding_id"], unique=False)
