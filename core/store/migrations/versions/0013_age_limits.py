"""For how long numbers and entries of the log are kept, and when those of an upload went.

A migration that has been released is never changed; this one therefore names every column itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Features that are there keep both for ever, as before, until somebody says otherwise."""
    op.add_column("feature", sa.Column("number_days", sa.Integer()))
    op.add_column("feature", sa.Column("log_days", sa.Integer()))
    op.add_column("upload", sa.Column("numbers_expired_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    raise NotImplementedError("Readygate goes back by restoring a backup, never by unmaking tables.")
