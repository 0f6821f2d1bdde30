"""Conditions of a GO, questions before one, and whether it was right.

A migration that has been released is never changed; this one therefore names every column itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_signed_condition()
    create_decision_question()
    create_follow_up()


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")


def create_signed_condition() -> None:
    op.create_table(
        "signed_condition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("signature_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("met_by", sa.Text(), nullable=True),
        sa.Column("met_by_id", sa.Integer(), nullable=True),
        sa.Column("met_at", TIME, nullable=True),
        sa.Column("met_note", sa.Text(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("released_by_id", sa.Integer(), nullable=True),
        sa.Column("released_at", TIME, nullable=True),
        sa.Column("released_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["feature_id"], ["feature.id"], name=op.f("fk_signed_condition_feature_id_feature")
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_signed_condition_signature_id_signature")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_condition")),
    )
    op.create_index(
        op.f("ix_signed_condition_feature_id_signature_id"),
        "signed_condition",
        ["feature_id", "signature_id"],
        unique=False,
    )


def create_decision_question() -> None:
    op.create_table(
        "decision_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["feature_id"], ["feature.id"], name=op.f("fk_decision_question_feature_id_feature")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_question")),
    )
    op.create_index(
        op.f("ix_decision_question_feature_id_asked_at"),
        "decision_question",
        ["feature_id", "asked_at"],
        unique=False,
    )


def create_follow_up() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("transition_id", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("hindsight", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.CheckConstraint(
            "hindsight IN ('right', 'wrong', 'too_early')", name=op.f("ck_follow_up_hindsight_known")
        ),
        sa.ForeignKeyConstraint(["feature_id"], ["feature.id"], name=op.f("fk_follow_up_feature_id_feature")),
        sa.ForeignKeyConstraint(
            ["transition_id"], ["transition.id"], name=op.f("fk_follow_up_transition_id_transition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index(
        op.f("ix_follow_up_feature_id_transition_id"),
        "follow_up",
        ["feature_id", "transition_id"],
        unique=False,
    )
