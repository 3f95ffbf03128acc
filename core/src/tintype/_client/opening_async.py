"""Opens signed exchanges with await: who is asked, what is bought, what is sent."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from contextlib import closing, nullcontext
from inspect import isawaitable, iscoroutinefunction
from weakref import WeakKeyDictionary

from tintype import _forks
from tintype._client.keyring import (
    MAX_TOKEN_BYTES,
    UNAUTHORIZED,
    Keyring,
    Prepared,
    Purchase,
    Question,
    Step,
    Steps,
    as_secret,
    in_vain,
)
from tintype._flow.effects import Send
from tintype._keys.redaction import Redactor
from tintype.account import Secret
from tintype.errors import TransportError
from tintype.messages import Response
from tintype.transports import AsyncIncoming, AsyncTransport, without_frames


class AsyncOpener:
    """Opens exchanges, one token bought at a time for each account and event loop."""

    def __init__(self) -> None:
        self.begin_anew()
        _forks.guard(self)

    def begin_anew(self) -> None:
        """Have no purchase under way, as a process that was just forked."""
        self._loops: WeakKeyDictionary[
            asyncio.AbstractEventLoop, defaultdict[Keyring, asyncio.Lock]
        ] = WeakKeyDictionary()

    async def open(
        self, keyring: Keyring, effect: Send, transport: AsyncTransport
    ) -> tuple[AsyncIncoming, Redactor]:
        """The head of the answer to a request, and what takes the secrets out of the rest.

        A token that was bought for an earlier exchange and is refused is bought anew, once:
        who says 401 has not begun to work.
        """
        line = _TimedSteps(transport, time.monotonic() + effect.timeout)
        ready = await self._prepared(keyring, effect, line)
        incoming = await line.sent(ready)
        if incoming.status == UNAUTHORIZED and ready.reused is not None:
            await incoming.close()
            ready = await self._prepared(keyring, effect, line, ready.reused)
            incoming = await line.sent(ready)
        return incoming, ready.redactor

    async def _prepared(
        self, keyring: Keyring, effect: Send, line: _TimedSteps, stale: Secret | None = None
    ) -> Prepared:
        buying = keyring.must_buy or stale is not None
        async with self._lock(keyring) if buying else nullcontext():
            return await line.driven(keyring.prepared(effect, stale))

    def _lock(self, keyring: Keyring) -> asyncio.Lock:
        locks = self._loops.setdefault(asyncio.get_running_loop(), defaultdict(asyncio.Lock))
        return locks[keyring]


class _TimedSteps:
    """Takes the steps before one exchange, within its time."""

    def __init__(self, transport: AsyncTransport, deadline: float) -> None:
        self._transport = transport
        self._deadline = deadline

    def left(self) -> float:
        """Seconds that are left."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise in_vain()
        return left

    async def sent(self, ready: Prepared) -> AsyncIncoming:
        """The head of the answer to a request."""
        try:
            return await self._transport.open(ready.request, timeout=self.left())
        except TransportError as error:
            ready.redactor.clear(error)
            raise

    async def driven(self, steps: Steps) -> Prepared:
        """What the steps lead to."""
        with closing(steps):
            try:
                step = next(steps)
                while True:
                    reply: Secret | Response | Exception | None
                    try:
                        reply = await self._taken(step)
                    except Exception as error:  # noqa: BLE001 - the steps say what it means
                        reply = error
                    # Thrown from here it is nobody's context: its words may hold a key.
                    step = steps.throw(reply) if isinstance(reply, Exception) else steps.send(reply)
            except StopIteration as stop:
                made: Prepared = stop.value
                return made

    async def _taken(self, step: Step) -> Secret | Response | None:
        if isinstance(step, Question):
            return await self._asked(step)
        try:
            return await self._bought(step)
        except BaseException as error:  # whatever it is, its frames hold a token
            without_frames(error)
            raise

    async def _bought(self, step: Purchase) -> Response:
        incoming = await self._transport.open(step.request, timeout=self.left())
        try:
            body = b""
            async for chunk in incoming.chunks():
                body += chunk
                if len(body) > MAX_TOKEN_BYTES:
                    break
            return Response(status=incoming.status, headers=incoming.headers, body=body)
        finally:
            await incoming.close()

    async def _asked(self, step: Question) -> Secret | None:
        """What the caller's function tells: awaited, or called in a thread, for it may block."""
        ask = step.asked.ask
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + self.left()):
                if iscoroutinefunction(ask):
                    return as_secret(await ask())
                return as_secret(await _settled(await asyncio.to_thread(ask)))
        except TimeoutError:
            raise in_vain() from None


async def _settled(told: object) -> object:
    """What a function tells that is none of a coroutine and may hand one out all the same."""
    return await told if isawaitable(told) else told
