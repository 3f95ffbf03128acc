"""An answer's way onto the socket: piece by piece, with a middle at which things may happen."""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeAlias

from aiohttp import web
from attrs import evolve, frozen
from multidict import CIMultiDict

from tintype_contracts.sandbox.engine.messages import Stream, TimedEvent, WholeResponse

_DROPS = 8  # pieces that a dripping body is cut into
# SO_LINGER on, for no time: closing then resets the connection.
_NO_LINGER = struct.pack("ii", 1, 0)

# Told of the images that have left whole so far.
Told: TypeAlias = Callable[[tuple[int, ...]], None]
# What happens half-way: False where nothing more is to be sent.
Halfway: TypeAlias = Callable[[], Awaitable[bool]]


@frozen(kw_only=True)
class Way:
    """How an answer travels.

    Attributes:
        told: Called after each piece that completes an image.
        halfway: Awaited once half of the answer is on the wire, or None.
        pause: Waits between pieces.
    """

    told: Told
    halfway: Halfway | None
    pause: Callable[[float], Awaitable[None]]

    async def write(self, response: web.StreamResponse, events: Iterable[TimedEvent]) -> None:
        """Put pieces on the wire, each in its time."""
        for event in events:
            await self.pause(event.after)
            if event.data:
                await response.write(event.data)
            self.arrived(event.images)

    def arrived(self, images: tuple[int, ...]) -> None:
        """Tell of the images that are complete by now, if any are."""
        if images:
            self.told(images)


async def send(request: web.Request, reply: WholeResponse | Stream, way: Way) -> web.StreamResponse:
    """Send an answer.

    Raises:
        ConnectionError: The client has gone, or `halfway` ended it.
    """
    headers = CIMultiDict(reply.headers)
    if isinstance(reply, WholeResponse):
        headers["Content-Length"] = str(len(reply.body))
    if isinstance(reply, WholeResponse) and way.halfway is None:  # one piece, head and body
        whole = web.Response(status=reply.status, headers=headers, body=reply.body)
        await whole.prepare(request)
        await whole.write_eof()
        way.arrived(reply.images)
        return whole
    response = web.StreamResponse(status=reply.status, headers=headers)
    await response.prepare(request)
    first, second = halves(pieces(reply)) if way.halfway else (pieces(reply), ())
    await way.write(response, first)
    if way.halfway is not None and not await way.halfway():
        msg = "The connection was reset half-way."
        raise ConnectionResetError(msg)
    await way.write(response, second)
    await response.write_eof()
    if isinstance(reply, WholeResponse):
        way.arrived(reply.images)
    return response


def pieces(reply: WholeResponse | Stream) -> Sequence[TimedEvent]:
    """What is written, one after the other."""
    return reply.events if isinstance(reply, Stream) else (TimedEvent(after=0.0, data=reply.body),)


def halves(events: Sequence[TimedEvent]) -> tuple[Sequence[TimedEvent], Sequence[TimedEvent]]:
    """Two halves of what is written; the piece in the middle is cut in two."""
    middle = len(events) // 2
    cut = events[middle]
    at = len(cut.data) // 2
    before = evolve(cut, data=cut.data[:at], images=())
    after = evolve(cut, after=0.0, data=cut.data[at:])
    return (*events[:middle], before), (after, *events[middle + 1 :])


def dripping(reply: WholeResponse | Stream, seconds: float) -> Stream:
    """The same bytes in small pieces, over so many seconds."""
    events = pieces(reply)
    if len(events) == 1:
        data = events[0].data
        size = max(1, -(-len(data) // _DROPS))
        events = [
            TimedEvent(after=0.0, data=data[start : start + size])
            for start in range(0, len(data), size)
        ] or list(events)
    wait = seconds / len(events)
    slow = [evolve(event, after=event.after + wait) for event in events]
    images = reply.images if isinstance(reply, WholeResponse) else ()
    slow[-1] = evolve(slow[-1], images=images or slow[-1].images)
    return Stream(status=reply.status, headers=reply.headers, events=tuple(slow), task=reply.task)


def reset(request: web.Request) -> None:
    """Reset the connection: the client sees it break, not end."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def is_gone(request: web.Request) -> bool:
    """Whether nobody waits for an answer any more."""
    return request.transport is None or request.transport.is_closing()
