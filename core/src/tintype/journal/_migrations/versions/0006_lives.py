"""When each process that follows anything was last known to live."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add a table. Of processes of earlier versions nobody can tell."""
    op.create_table(
        "life",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("seen", sa.BigInteger, nullable=False),
    )
