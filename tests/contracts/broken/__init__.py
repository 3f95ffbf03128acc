"""The proof of the kit: reference plugins broken on purpose, each with the check that notices.

That some check fails on a broken plugin proves little: it may fail by accident, while the
check that was written for the fault looks on. So each row stands under its check. What a wrong
plugin of `tests.contracts.outside` shows of a check has no second row here.
"""

from __future__ import annotations

from tests.contracts.broken import answers, documents, pure, requests, tasks, texts, wire
from tests.contracts.broken.row import Row

__all__ = ["INSTALLED", "ROWS", "Row"]

_TABLES = (pure, requests, answers, tasks, documents, wire)
ROWS: tuple[tuple[str, Row], ...] = (
    *((check, row) for table in _TABLES for check, rows in table.ROWS.items() for row in rows),
    *texts.ROWS,
)
"""The id of a check, and what it has to notice."""

INSTALLED = texts.INSTALLED
