"""Opens signed exchanges with blocking calls: who is asked, what is bought, what is sent."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import closing, nullcontext
from inspect import iscoroutine

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
from tintype.errors import TransportError, UsageError
from tintype.messages import Response
from tintype.transports import Incoming, Transport, without_frames


class Opener:
    """Opens exchanges, one token bought at a time for each account."""

    def __init__(self) -> None:
        self.begin_anew()
        _forks.guard(self)

    def begin_anew(self) -> None:
        """Have no purchase under way, as a process that was just forked."""
        self._buying: defaultdict[Keyring, threading.Lock] = defaultdict(threading.Lock)

    def open(
        self, keyring: Keyring, effect: Send, transport: Transport
    ) -> tuple[Incoming, Redactor]:
        """The head of the answer to a request, and what takes the secrets out of the rest.

        A token that was bought for an earlier exchange and is refused is bought anew, once:
        who says 401 has not begun to work.
        """
        line = _TimedSteps(transport, time.monotonic() + effect.timeout)
        ready = self._prepared(keyring, effect, line)
        incoming = line.sent(ready)
        if incoming.status == UNAUTHORIZED and ready.reused is not None:
            incoming.close()
            ready = self._prepared(keyring, effect, line, ready.reused)
            incoming = line.sent(ready)
        return incoming, ready.redactor

    def _prepared(
        self, keyring: Keyring, effect: Send, line: _TimedSteps, stale: Secret | None = None
    ) -> Prepared:
        buying = keyring.must_buy or stale is not None
        with self._buying[keyring] if buying else nullcontext():
            return line.driven(keyring.prepared(effect, stale))


class _TimedSteps:
    """Takes the steps before one exchange, within its time."""

    def __init__(self, transport: Transport, deadline: float) -> None:
        self._transport = transport
        self._deadline = deadline

    def left(self) -> float:
        """Seconds that are left."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise in_vain()
        return left

    def sent(self, ready: Prepared) -> Incoming:
        """The head of the answer to a request."""
        try:
            return self._transport.open(ready.request, timeout=self.left())
        except TransportError as error:
            ready.redactor.clear(error)
            raise

    def driven(self, steps: Steps) -> Prepared:
        """What the steps lead to."""
        with closing(steps):
            try:
                step = next(steps)
                while True:
                    reply: Secret | Response | Exception | None
                    try:
                        reply = self._taken(step)
                    except Exception as error:  # noqa: BLE001 - the steps say what it means
                        reply = error
                    # Thrown from here it is nobody's context: its words may hold a key.
                    step = steps.throw(reply) if isinstance(reply, Exception) else steps.send(reply)
            except StopIteration as stop:
                made: Prepared = stop.value
                return made

    def _taken(self, step: Step) -> Secret | Response | None:
        if isinstance(step, Question):
            told = step.asked.ask()
            if iscoroutine(told):
                told.close()
                msg = "The function for a credential is to be awaited: that is for AsyncClient."
                raise UsageError(msg)
            return as_secret(told)
        try:
            return self._bought(step)
        except BaseException as error:  # whatever it is, its frames hold a token
            without_frames(error)
            raise

    def _bought(self, step: Purchase) -> Response:
        with closing(self._transport.open(step.request, timeout=self.left())) as incoming:
            body = b""
            for chunk in incoming.chunks():
                body += chunk
                if len(body) > MAX_TOKEN_BYTES:
                    break
            return Response(status=incoming.status, headers=incoming.headers, body=body)
