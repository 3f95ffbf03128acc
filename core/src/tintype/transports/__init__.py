"""What a transport is: it makes one exchange, byte for byte, and judges nothing.

`urllib3` is the sync transport, `aiohttp` the async one (`tintype[async]`), and
`tintype.transports.httpx` wraps a client that you already have. Each library is imported
in its own module and nowhere else. To bring another, write these few methods.

A transport follows no redirect, keeps no cookie, reads no environment, repeats nothing, and
tells every failure as one of three errors: `NotSentError` only when it is certain that no
byte of the request left, `RequestTimeoutError` when the deadline passed, `DroppedError`
for all else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from tintype.errors import CertificateError, NotSentError
from tintype.messages import Headers, HttpRequest


class Incoming(Protocol):
    """An answer whose body is still on its way."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Headers:
        """The headers, in order."""

    def chunks(self) -> Iterator[bytes]:
        """The body, decompressed, as it arrives."""

    def close(self) -> None:
        """Let the connection go. A body that was not read to its end takes it along."""


class Transport(Protocol):
    """Makes exchanges with blocking calls. Used from several threads at once."""

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """Send a request and wait for the head of the answer.

        Args:
            request: What to send.
            timeout: Seconds from now until the whole body must have arrived.
        """

    def close(self) -> None:
        """Close every connection."""


class AsyncIncoming(Protocol):
    """An answer whose body is still on its way."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Headers:
        """The headers, in order."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, decompressed, as it arrives."""

    async def close(self) -> None:
        """Let the connection go. A body that was not read to its end takes it along."""


class AsyncTransport(Protocol):
    """Makes exchanges with await."""

    async def open(self, request: HttpRequest, *, timeout: float) -> AsyncIncoming:  # noqa: ASYNC109
        """Send a request and wait for the head of the answer.

        Args:
            request: What to send.
            timeout: Seconds from now until the whole body must have arrived.
        """

    async def close(self) -> None:
        """Close every connection."""


class Progress:
    """How far a request has come.

    Attributes:
        begun: Whether a byte of it may have left: its connection stands, after TLS's handshake
            and a proxy's consent.
    """

    def __init__(self, *, begun: bool = False) -> None:
        self.begun = begun


def without_frames(error: BaseException) -> BaseException:
    """A library's error, and all that led to it, without the frames they came through.

    The frames hold the request's headers, and with them the key: crash reporters print the
    local variables that they find there.
    """
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = None
            waiting += [each.__cause__, each.__context__]
    return error


def not_sent(error: BaseException) -> NotSentError:
    """The error of a request that did not begin: its cause, in the system's words."""
    causes = [error]
    while (cause := _cause(causes[-1])) is not None and cause not in causes:
        causes.append(cause)
    untrusted = any(type(each).__name__ == "SSLCertVerificationError" for each in causes)
    told = [str(each) for each in causes if isinstance(each, OSError) and str(each)]
    words = told[-1] if told else str(error) or type(error).__name__
    return (CertificateError if untrusted else NotSentError)(f"No connection: {words}")


def _cause(error: BaseException) -> BaseException | None:
    """The cause of a library's error: some drop it, and keep it as an argument."""
    of = (error.__cause__, *error.args)
    return next((each for each in of if isinstance(each, BaseException)), None)
