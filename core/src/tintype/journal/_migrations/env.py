"""Alembic's entry: the connection comes from `tintype.journal._schema`."""

from alembic import context

from tintype.journal._tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
