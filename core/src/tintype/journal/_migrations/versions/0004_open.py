"""What is open has an index, what is spent has sums, and a row names its files.

`spent` is called `charged` from here on: a process of an earlier version that still runs cannot
write past the sums, and sends nothing more.
"""

import json
import re
from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_PAGE = 500
_COLUMNS = {
    **dict.fromkeys(("model", "tag", "label", "key", "digest"), "TEXT DEFAULT '' NOT NULL"),
    "quote": "BIGINT",
    "files": "TEXT DEFAULT '[]' NOT NULL",
}


def upgrade() -> None:
    """Add the columns and the sums, and fill them from what is there."""
    on_sqlite = op.get_context().dialect.name == "sqlite"
    op.execute("ALTER TABLE submission RENAME COLUMN spent TO charged")
    for name, kind in _COLUMNS.items():
        op.execute(f"ALTER TABLE submission ADD COLUMN {name} {kind}")
    true = "1" if on_sqlite else "true"
    op.execute(f"ALTER TABLE submission ADD COLUMN unfinished BOOLEAN DEFAULT {true} NOT NULL")
    op.create_table(
        "total",
        *(sa.Column(each, sa.Text, primary_key=True) for each in _KEY),
        sa.Column(
            "nano",
            sa.BigInteger().with_variant(sa.Numeric(38, 0), "postgresql"),
            nullable=False,
        ),
    )
    _fill()
    op.drop_table("image")
    flag = sa.text("unfinished = 1" if on_sqlite else "unfinished")
    op.create_index(
        "submission_unfinished",
        "submission",
        ["created_at", "record"],
        sqlite_where=flag,
        postgresql_where=flag,
    )
    named = sa.text("key != ''")
    op.create_index(
        "submission_by_key",
        "submission",
        ["key"],
        sqlite_where=named,
        postgresql_where=named,
        postgresql_using="hash",
    )


_KEY = ("period", "since", "provider", "label")


def _fill() -> None:
    connection = op.get_bind()
    totals: Counter[tuple[str, ...]] = Counter()
    last = ""
    while rows := connection.execute(_ROWS, {"last": last, "page": _PAGE}).mappings().all():
        last = rows[-1]["record"]
        told: dict[str, list[dict[str, object]]] = {row["record"]: [] for row in rows}
        for image in connection.execute(_IMAGES, {"first": rows[0]["record"], "last": last}):
            told.setdefault(image.record, []).append(
                {
                    "index": image.number,
                    "path": _MARKED.sub(lambda odd: chr(int(odd[1], 16)), image.path),
                    "digest": image.digest,
                    "done": bool(image.done),
                }
            )
        connection.execute(_FILLED, [_filled(row, told[row["record"]]) for row in rows])
        for row in rows:
            for key in _keys(row["created_at"][:10], row["provider"]):
                totals[key] += row["reserved"] + row["charged"]
    if totals:
        connection.execute(
            _TOTAL, [{**dict(zip(_KEY, key, strict=True)), "nano": n} for key, n in totals.items()]
        )


def _keys(day: str, provider: str) -> list[tuple[str, ...]]:
    periods = (("day", day), ("month", f"{day[:7]}-01"), ("ever", "1970-01-01"))
    return [(*period, whose, "") for period in periods for whose in {"", provider}]


def _filled(row: sa.RowMapping, files: list[dict[str, object]]) -> dict[str, object]:
    """What is new in a row. One that cannot be read, or is in doubt, is unfinished."""
    try:
        task, request = json.loads(row["task"] or "{}"), json.loads(row["request"] or "{}")
        indexes = [image["index"] for image in task.get("images", ())]
        model, tag = task.get("model") or request.get("model") or "", request.get("tag") or ""
    except (ValueError, AttributeError, KeyError, TypeError):
        return {"of": row["record"], "model": "", "tag": "", "files": "[]", "open": True}
    known = {each["index"] for each in files}
    files += [
        {"index": index, "path": "", "digest": "", "done": False}
        for index in indexes
        if index not in known
    ]
    over = row["outcome"] not in {None, "unknown"} and row["state"] != "running"
    gone = row["state"] == "expired"
    return {
        "of": row["record"],
        "model": str(model),
        "tag": str(tag),
        "files": json.dumps(files),
        "open": bool(row["unread"]) or not over or not (gone or all(e["done"] for e in files)),
    }


_MARKED = re.compile("\ufffd(0000|d[89a-f][0-9a-f]{2})")  # what no database's text holds
_ROWS = sa.text(
    "SELECT record, provider, outcome, state, request, task, created_at, reserved, charged, "
    "EXISTS (SELECT 1 FROM event WHERE event.record = submission.record AND kind = 'unread') "
    "AS unread FROM submission WHERE record > :last ORDER BY record LIMIT :page"
)
_IMAGES = sa.text("SELECT * FROM image WHERE record BETWEEN :first AND :last ORDER BY number")
_FILLED = sa.text(
    "UPDATE submission SET model = :model, tag = :tag, files = :files, unfinished = :open "
    "WHERE record = :of"
).bindparams(sa.bindparam("open", type_=sa.Boolean))
_TOTAL = sa.text("INSERT INTO total VALUES (:period, :since, :provider, :label, :nano)")
