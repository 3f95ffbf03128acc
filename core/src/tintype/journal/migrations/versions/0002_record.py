"""What names a record is called so in every table."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Rename the columns."""
    for table in ("submission", "event", "image"):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN entry TO record")
