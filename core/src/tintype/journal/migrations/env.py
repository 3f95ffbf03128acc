"""Alembic's entry: the connection comes from `tintype.journal.schema`."""

from alembic import context

from tintype.journal.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
