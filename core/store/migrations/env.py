"""Runs the migrations on the connection, and inside the transaction, that the caller hands over."""

from alembic import context

from core.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite cannot change a column in place: a changed table is built anew and its rows are copied.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
