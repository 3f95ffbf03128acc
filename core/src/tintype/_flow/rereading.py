"""An answer that nobody understood when it came, read again."""

from __future__ import annotations

from attrs import evolve

from tintype._effects import Flow
from tintype._events import EventDecoder
from tintype._flow.channel import Channel
from tintype._flow.submitting import Told
from tintype._verdicts import closed_stream
from tintype.entries import Unread
from tintype.exchange import Operation
from tintype.models import Task


def reread(channel: Channel, unread: Unread) -> Flow[Task]:
    """The task that a kept answer tells of, written down.

    Raises:
        TintypeError: It is still not understood. It stays where it is kept.
    """
    before = unread.before
    with channel.unread(unread.operation, unread.response, before, stream=unread.stream):
        if unread.stream:
            task = _streamed(channel, unread)
        else:
            task = channel.reader.read_task(
                unread.operation,
                unread.response,
                before,
                task=None if unread.operation is Operation.SUBMIT else before,
            )
    return (yield from channel.keep(task, understood=True))


def _streamed(channel: Channel, unread: Unread) -> Task:
    head = evolve(unread.response, body=b"")
    told = Told(channel, unread.before.request, unread.before, head)
    decoder = EventDecoder()
    for event in (*decoder.feed(unread.response.body), *decoder.close()):
        told.hear(event)
    told.end()
    return closed_stream(told.task, told.failure)
