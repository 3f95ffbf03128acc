"""What proves that a webhook may name a record."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE submission ADD COLUMN callback TEXT DEFAULT '' NOT NULL")
