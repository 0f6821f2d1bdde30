"""Review sessions, the words for failures, fixes, incidents and lists of tools.

A migration that has been released is never changed; this one therefore names every column itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
# SQLite numbers rows by itself only in a column of the type INTEGER.
MANY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("label", sa.Column("settled", sa.Boolean(), nullable=True))
    create_review_session()
    create_review_item()
    create_failure_word()
    create_fix()
    create_incident()
    create_tool_list()


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")


def create_review_session() -> None:
    op.create_table(
        "review_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("sampling", sa.Text(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "queue IN ('all', 'worst', 'random', 'stratified', 'confident_wrong', 'judge_disagrees', "
            "'second', 'settled')",
            name=op.f("ck_review_session_queue_known"),
        ),
        sa.CheckConstraint(
            "sampling IN ('complete', 'random', 'stratified', 'worst')",
            name=op.f("ck_review_session_sampling_known"),
        ),
        sa.ForeignKeyConstraint(
            ["feature_id"], ["feature.id"], name=op.f("fk_review_session_feature_id_feature")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_review_session_upload_id_upload")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_session")),
    )
    op.create_index(
        op.f("ix_review_session_feature_id_opened_at"),
        "review_session",
        ["feature_id", "opened_at"],
        unique=False,
    )


def create_review_item() -> None:
    op.create_table(
        "review_item",
        sa.Column("id", MANY, nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reviewed_at", TIME, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'reviewed', 'deferred')", name=op.f("ck_review_item_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["review_session.id"], name=op.f("fk_review_item_session_id_review_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        sa.UniqueConstraint("session_id", "place", name=op.f("uq_review_item_session_id_place")),
    )
    op.create_index(op.f("ix_review_item_key"), "review_item", ["key"], unique=False)


def create_failure_word() -> None:
    op.create_table(
        "failure_word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.Column("became", sa.Text(), nullable=True),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=True),
        sa.Column("saved_at", TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('type', 'cause')", name=op.f("ck_failure_word_kind_known")),
        sa.ForeignKeyConstraint(
            ["feature_id"], ["feature.id"], name=op.f("fk_failure_word_feature_id_feature")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failure_word")),
    )
    op.create_index(
        op.f("ix_failure_word_feature_id_kind_word"),
        "failure_word",
        ["feature_id", "kind", "word"],
        unique=False,
    )


def create_fix() -> None:
    op.create_table(
        "fix",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("failure_type", sa.Text(), nullable=False),
        sa.Column("fix", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fixed_at", TIME, nullable=True),
        sa.Column("bundle", sa.Text(), nullable=True),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=True),
        sa.Column("saved_at", TIME, nullable=False),
        sa.CheckConstraint("state IN ('open', 'in_progress', 'done')", name=op.f("ck_fix_state_known")),
        sa.ForeignKeyConstraint(["feature_id"], ["feature.id"], name=op.f("fk_fix_feature_id_feature")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fix")),
    )
    op.create_index(
        op.f("ix_fix_feature_id_failure_type"), "fix", ["feature_id", "failure_type"], unique=False
    )


def create_incident() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("happened_at", TIME, nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reported_by_id", sa.Integer(), nullable=True),
        sa.Column("reported_at", TIME, nullable=False),
        sa.Column("ended_in", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.CheckConstraint(
            "ended_in IN ('rubric', 'runbook', 'eval_case')", name=op.f("ck_incident_ended_in_known")
        ),
        sa.ForeignKeyConstraint(["feature_id"], ["feature.id"], name=op.f("fk_incident_feature_id_feature")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(op.f("ix_incident_feature_id"), "incident", ["feature_id"], unique=False)


def create_tool_list() -> None:
    op.create_table(
        "tool_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("tools", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["feature_id"], ["feature.id"], name=op.f("fk_tool_list_feature_id_feature")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_list")),
    )
    op.create_index(op.f("ix_tool_list_feature_id"), "tool_list", ["feature_id"], unique=False)
