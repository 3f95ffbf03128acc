"""The proof of the kit: reference plugins broken on purpose, each with the check that notices.

That some check fails on a broken plugin proves little: it may fail by accident, while the
check that was written for the fault looks on. So each row names its check, and every
check has a row.
"""

from __future__ import annotations

from tests.contracts.broken import (
    answers,
    catalogs,
    errors,
    facts,
    options,
    prices,
    pure,
    requests,
    texts,
    values,
    webhooks,
    wire,
)
from tests.contracts.broken.how import Row

__all__ = ["INSTALLED", "ROWS", "Row"]

ROWS: tuple[Row, ...] = (
    *texts.ROWS,
    *pure.ROWS,
    *requests.ROWS,
    *values.ROWS,
    *options.ROWS,
    *facts.ROWS,
    *answers.ROWS,
    *errors.ROWS,
    *prices.ROWS,
    *catalogs.ROWS,
    *webhooks.ROWS,
    *wire.ROWS,
)
INSTALLED = texts.INSTALLED
