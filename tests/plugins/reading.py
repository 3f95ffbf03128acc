"""What a plugin reads in an answer, as the task that the core makes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from tintype._flow.settle import folded
from tintype.exchange import Exchange
from tintype.hooks import Provider
from tintype.models import Update
from tintype.request import Submission

submission = partial(Submission, at=datetime(2026, 11, 20, 12, tzinfo=UTC))
"""What was asked for, resolved."""


def parsed_by(plugin: Provider, exchange: Exchange) -> object:
    """What `parse` returns; an update of a task is laid over the task before."""
    said = plugin.parse(exchange)
    return folded(exchange.task, said) if isinstance(said, Update) else said
