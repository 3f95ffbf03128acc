"""How a charge is known, whose turn it is of calls with one key, until when everyone waits."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_TEXTS = ("digest", "asked", "turn", "owner")


def upgrade() -> None:
    """Add columns and tables. Of earlier charges nobody knows any more who reported them."""
    op.execute("ALTER TABLE submission ADD COLUMN least BIGINT")
    op.execute("ALTER TABLE submission ADD COLUMN source TEXT DEFAULT '' NOT NULL")
    op.execute("UPDATE submission SET source = 'documented' WHERE charged > 0")
    op.create_table(
        "call",
        sa.Column("key", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in _TEXTS),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
    )
    op.create_index("call_by_turn", "call", ["turn"])
    op.create_table(
        "gate",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("shut_until", sa.Text, nullable=False),
    )
