"""What a plugin reads in an answer, as the task that the core makes of it."""

from __future__ import annotations

from tintype._flow.settle import folded
from tintype.exchange import Exchange
from tintype.hooks import Provider
from tintype.models import Update


def parsed_by(plugin: Provider, exchange: Exchange) -> object:
    """What `parse` returns; an update of a task is laid over the task before."""
    said = plugin.parse(exchange)
    return folded(exchange.task, said) if isinstance(said, Update) else said
