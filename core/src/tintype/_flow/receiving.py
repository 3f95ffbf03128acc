"""Webhooks: a hint each, until the provider confirms it, or its signature proved the body."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve, frozen

from tintype._flow.channel import Channel
from tintype._flow.effects import Flow
from tintype._flow.following import question
from tintype._flow.settle import is_empty_success
from tintype.errors import ProtocolError
from tintype.exchange import Operation
from tintype.messages import Delivery
from tintype.models import Task


@frozen(kw_only=True)
class Heard:
    """What a webhook says.

    Attributes:
        hint: The task as it tells of it, believed by nobody yet.
        known: The task as it was known before, or None where nobody knows it.
    """

    hint: Task
    known: Task | None = None


def hear(channel: Channel, delivery: Delivery, task: Task | None = None) -> Heard:
    """What a webhook says.

    Raises:
        ProtocolError: It says nothing that a document describes.
    """
    hint = channel.caller.read_task(Operation.WEBHOOK, delivery, _undated(task or Task()))
    return Heard(hint=hint, known=task)


def confirm(channel: Channel, heard: Heard, *, proven: bool) -> Flow[Task]:
    """The task a webhook speaks of: the provider is asked, unless it signed what it said.

    Args:
        channel: The provider.
        heard: What the webhook says.
        proven: Whether a signature proved all of that.

    Raises:
        ProtocolError: It speaks of another task, or nobody can confirm it.
    """
    before, hint = heard.known or Task(), heard.hint
    if before.id and hint.id != before.id:
        msg = f"The webhook speaks of the task {hint.id!r}, not of {before.id!r}."
        raise ProtocolError(msg, provider=channel.info.name)
    known = evolve(_undated(before), id=hint.id, provider=hint.provider, model=hint.model)
    if known.state.terminal:
        return known
    lost = bool(before.record) and not before.id
    if proven and not is_empty_success(hint):
        return (yield from _kept(channel, hint, before, lost=lost))
    asked = question(channel, known)
    if asked is None:
        msg = (
            "No signature proves the webhook's body and the provider cannot be asked: nobody "
            "confirms it."
        )
        raise ProtocolError(msg, provider=channel.info.name)
    yield from channel.unmuted()
    latest = yield from channel.look(Operation.POLL, asked, known)
    return (yield from _kept(channel, latest, before, lost=lost))


def _kept(channel: Channel, task: Task, before: Task, *, lost: bool) -> Flow[Task]:
    """A task, written down; as that of a lost submission only once it has ended, and fits.

    Raises:
        ProtocolError: It cannot be the submission's.
    """
    if not lost:
        return (yield from channel.record(task))
    if not task.state.terminal:  # some providers say so of tasks that they do not know
        return evolve(task, record="")
    if not _fits(channel, task, before):
        msg = f"The task {task.id!r} is not what the record {before.record} asked for."
        raise ProtocolError(msg, provider=channel.info.name)
    return (yield from channel.record(evolve(task, created_at=before.created_at)))


def _undated(task: Task) -> Task:
    """A lost submission without its time: what the provider says of its own is to be compared."""
    return evolve(task, created_at=None) if task.record and not task.id else task


def _fits(channel: Channel, task: Task, before: Task) -> bool:
    """Whether a task may be the submission's, by the time and the model that it tells."""
    early = task.created_at and before.created_at and task.created_at < before.created_at - _SKEW
    asked = before.request.model if before.request else None
    models = {model.id for model in channel.info.models}
    other = task.model != asked and {task.model, asked} <= models
    return not early and not other


# How far a provider's clock may be behind.
_SKEW = timedelta(minutes=5)
