"""What was quoted at least, and how a charge is known."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns. Of earlier charges nobody knows any more who reported them."""
    op.execute("ALTER TABLE submission ADD COLUMN least BIGINT")
    op.execute("ALTER TABLE submission ADD COLUMN source TEXT DEFAULT '' NOT NULL")
    op.execute("UPDATE submission SET source = 'documented' WHERE charged > 0")
