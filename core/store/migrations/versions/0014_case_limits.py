"""For how long the texts of eval cases made from traces are kept, and when those of a version went.

A migration that has been released is never changed; this one therefore names every column itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Features that are there keep them for ever, as before, until somebody says otherwise."""
    op.add_column("feature", sa.Column("case_days", sa.Integer()))
    op.add_column("eval_case", sa.Column("texts_expired_at", sa.DateTime(timezone=True)))
    op.add_column("eval_case", sa.Column("asked_sha256", sa.Text()))


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")
