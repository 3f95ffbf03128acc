"""Opens signed exchanges: who is asked, what is bought, what is sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing, closing
from typing import Protocol

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
from tintype.messages import Headers, HttpRequest, Response
from tintype.transports import without_frames


class Arriving(Protocol):
    """An answer whose body is still on its way.

    Attributes:
        status: Its status.
        headers: Its headers.
    """

    status: int
    headers: Headers

    async def read(self, take: Callable[[bytes], bool]) -> None:
        """Hand the body on as it arrives, until it has ended or no more is taken just now."""

    async def aclose(self) -> None:
        """Let the connection go."""


class Exchanges(Protocol):
    """How a client makes exchanges."""

    async def open(self, request: HttpRequest, timeout: float) -> Arriving:  # noqa: ASYNC109
        """Send a request and wait for the head of the answer."""

    async def ask(self, function: Callable[[], object], seconds: float) -> object:
        """What the caller's function for a credential tells.

        Raises:
            NotSentError: It does not in time.
        """

    def one_at_a_time(self, keyring: Keyring) -> AbstractAsyncContextManager[object]:
        """Wait until nobody else buys a token for an account."""


class Opener:
    """Opens exchanges, one token bought at a time for each account."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges

    async def open(self, keyring: Keyring, effect: Send) -> tuple[Arriving, Redactor]:
        """The head of the answer to a request, and what takes the secrets out of the rest.

        A token that was bought for an earlier exchange and is refused is bought anew, once:
        who says 401 has not begun to work.
        """
        deadline = time.monotonic() + effect.timeout
        ready = keyring.at_hand(effect) or await self._prepared(keyring, effect, deadline)
        answer = await self._sent(ready, deadline)
        if answer.status == UNAUTHORIZED and ready.reused is not None:
            await answer.aclose()
            ready = await self._prepared(keyring, effect, deadline, ready.reused)
            answer = await self._sent(ready, deadline)
        return answer, ready.redactor

    async def _prepared(
        self, keyring: Keyring, effect: Send, deadline: float, stale: Secret | None = None
    ) -> Prepared:
        steps = keyring.prepared(effect, stale)
        if not keyring.must_buy and stale is None:
            return await self._led(steps, deadline)
        async with self._exchanges.one_at_a_time(keyring):
            return await self._led(steps, deadline)

    async def _sent(self, ready: Prepared, deadline: float) -> Arriving:
        try:
            return await self._exchanges.open(ready.request, _left(deadline))
        except TransportError as error:
            ready.redactor.clear(error)
            raise

    async def _led(self, steps: Steps, deadline: float) -> Prepared:
        """What the steps before an exchange lead to; there are none where no one is to be asked."""
        try:
            step = next(steps)
            with closing(steps):
                while True:
                    reply: Secret | Response | Exception | None
                    try:
                        reply = await self._taken(step, deadline)
                    except Exception as error:  # noqa: BLE001 - the steps say what it means
                        reply = error
                    # Thrown from here it is nobody's context: its words may hold a key.
                    step = steps.throw(reply) if isinstance(reply, Exception) else steps.send(reply)
        except StopIteration as stop:
            made: Prepared = stop.value
            return made

    async def _taken(self, step: Step, deadline: float) -> Secret | Response | None:
        if isinstance(step, Question):
            return as_secret(await self._exchanges.ask(step.asked.ask, _left(deadline)))
        try:
            return await self._bought(step, deadline)
        except BaseException as error:  # whatever it is, its frames hold a token
            without_frames(error)
            raise

    async def _bought(self, step: Purchase, deadline: float) -> Response:
        answer = await self._exchanges.open(step.request, _left(deadline))
        async with aclosing(answer):
            body = bytearray()

            def take(chunk: bytes) -> bool:
                body.extend(chunk)
                return len(body) <= MAX_TOKEN_BYTES

            await answer.read(take)
            return Response(status=answer.status, headers=answer.headers, body=bytes(body))


def _left(deadline: float) -> float:
    """Seconds that are left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise in_vain()
    return left
