"""The rollout as it went: when each phase began, was paused, rolled back or ended, by whom and why.

A migration that has been released is never changed; this one therefore names every column itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
MOVES = "'start', 'advance', 'pause', 'resume', 'roll_back', 'complete'"
VERDICTS = "'go', 'not_enough_evidence', 'stale', 'no_data', 'no_go'"


def upgrade() -> None:
    op.create_table(
        "transition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("plan_number", sa.Integer()),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text()),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.CheckConstraint(f"move IN ({MOVES})", name=op.f("ck_transition_move_known")),
        sa.CheckConstraint(f"verdict IN ({VERDICTS})", name=op.f("ck_transition_verdict_known")),
        sa.ForeignKeyConstraint(
            ["feature_id"], ["feature.id"], name=op.f("fk_transition_feature_id_feature")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transition")),
    )
    op.create_index(op.f("ix_transition_feature_id_at"), "transition", ["feature_id", "at"])


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")
