"""The history of the journal's schema, for alembic."""
