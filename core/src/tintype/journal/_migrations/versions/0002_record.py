"""What names a record is called so in every table, and no text has a width."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_WIDE = {
    "submission": (
        *("record", "provider", "outcome", "billed", "state", "task_id"),
        *("created_at", "updated_at", "owner"),
    ),
    "event": ("record", "at", "kind"),
    "image": ("record", "digest", "at"),
    "turn": ("name",),
}


def upgrade() -> None:
    """Rename the columns, widen them, and have an index that takes an id of any length."""
    for table in ("submission", "event", "image"):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN entry TO record")
    op.drop_index("submission_by_task", "submission")
    if op.get_context().dialect.name != "sqlite":  # which knows no widths
        for table, columns in _WIDE.items():
            for column in columns:
                op.alter_column(table, column, type_=sa.Text)
    op.create_index("submission_by_task", "submission", ["task_id"], postgresql_using="hash")
