"""Webhooks: a hint each, until the provider or its signature confirms it."""

from __future__ import annotations

from attrs import evolve

from tintype._effects import Flow
from tintype._flow.channel import Channel
from tintype._flow.following import question
from tintype.account import Secret
from tintype.errors import ProtocolError
from tintype.exchange import Exchange, Operation
from tintype.messages import Delivery
from tintype.models import Task


def receive(
    channel: Channel, delivery: Delivery, task: Task | None = None, secret: Secret | None = None
) -> Flow[Task]:
    """The task a webhook speaks of.

    What it says is a hint, and the provider is asked; unless the plugin can tell that it
    is signed with `secret`.

    Raises:
        ProtocolError: It speaks of another task, its signature is wrong, or nobody can
            confirm it.
    """
    before = task or Task()
    verified = _verified(channel, delivery, secret)
    hint = channel.reader.read_task(Operation.WEBHOOK, delivery, before, task=task)
    if before.id and hint.id != before.id:
        msg = f"The webhook speaks of the task {hint.id!r}, not of {before.id!r}."
        raise ProtocolError(msg, provider=channel.info.name)
    known = evolve(before, id=hint.id, provider=hint.provider, model=hint.model)
    if known.state.terminal:
        return known
    if verified:
        return (yield from channel.keep(hint))
    asked = question(channel, known)
    if asked is None:
        msg = "The webhook is unsigned and the provider cannot be asked: nobody confirms it."
        raise ProtocolError(msg, provider=channel.info.name)
    return (yield from channel.tell(Operation.POLL, asked, known))


def _verified(channel: Channel, delivery: Delivery, secret: Secret | None) -> bool:
    """Whether the plugin knows the webhook to be the provider's."""
    if secret is None:
        return False
    at = channel.terms.clock.now()
    exchange = Exchange(operation=Operation.WEBHOOK, at=at, message=delivery)
    signed = channel.reader.call(channel.extras.verify, exchange=exchange, secret=secret.reveal())
    if signed is False:
        msg = "The webhook's signature is wrong."
        raise ProtocolError(msg, provider=channel.info.name)
    return bool(signed)
