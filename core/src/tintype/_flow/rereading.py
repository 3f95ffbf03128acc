"""Answers that nobody understood when they came, read again."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from tintype._flow.channel import Channel
from tintype._flow.effects import Flow
from tintype._flow.submitting import Told
from tintype._flow.verdicts import closed_stream
from tintype._http.events import EventDecoder
from tintype.entries import Unread
from tintype.errors import TintypeError
from tintype.models import Task


def reread(channel: Channel, kept: Sequence[Unread]) -> Flow[Task]:
    """The task that kept answers of one record tell of, written down.

    One with a picture counts before others, then one that tells the end, then the latest. What is
    not understood stays where it is kept, until its picture is had.

    Raises:
        TintypeError: None is understood; it is the latest one's.
    """
    found: list[Task] = []
    errors: list[TintypeError] = []
    for unread in reversed(kept):
        try:
            found.append(_read(channel, unread))
        except TintypeError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    best = max(found, key=lambda task: (bool(task.images), task.state.terminal))
    return (yield from channel.record(best, understood=not errors))


def _read(channel: Channel, unread: Unread) -> Task:
    before = unread.before
    with channel.unread(unread.operation, unread.response, before, stream=unread.stream):
        if unread.stream:
            return _streamed(channel, unread)
        return channel.caller.read_task(unread.operation, unread.response, before)


def _streamed(channel: Channel, unread: Unread) -> Task:
    head = evolve(unread.response, body=b"")
    told = Told(channel, None, unread.before, head)
    decoder = EventDecoder()
    for event in (*decoder.feed(unread.response.body), *decoder.close()):
        told.hear(event)
    told.end()
    return closed_stream(told.task, told.failure)
