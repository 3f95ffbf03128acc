"""Clients that do what the real ones never do, to prove that the wire tier notices."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import evolve

from tintype.errors import (
    DroppedError,
    NotSentError,
    RequestTimeoutError,
    TintypeError,
    TransportError,
)
from tintype.messages import Headers, HttpRequest, find_header
from tintype.models import Image, Task
from tintype.request import ImageRequest
from tintype.transports import Incoming, Transport
from tintype_contracts.wire.callers import Awaiting, Blocking, Line


class Around:
    """A transport around another."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """As the inner one does."""
        return self.inner.open(request, timeout=timeout)

    def close(self) -> None:
        """As the inner one does."""
        self.inner.close()


class Repeats(Around):
    """Sends once more whatever was dropped."""

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """Twice, where once would do."""
        try:
            return self.inner.open(request, timeout=timeout)
        except DroppedError:
            return self.inner.open(request, timeout=timeout)


class Vague(Around):
    """Tells every failure in the same words."""

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """Dropped, always."""
        try:
            return self.inner.open(request, timeout=timeout)
        except (NotSentError, RequestTimeoutError) as error:
            raise DroppedError(str(error)) from error


class Follows(Around):
    """Goes where a redirect leads, headers and all."""

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """One redirect deep."""
        answer = self.inner.open(request, timeout=timeout)
        target = find_header(answer.headers, "location")
        if target is None:
            return answer
        answer.close()
        return self.inner.open(evolve(request, url=target), timeout=timeout)


class Generous(Around):
    """Shows a key it has once seen to everyone from then on."""

    seen: Headers = ()

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """With the key."""
        keys = tuple(pair for pair in request.headers if "canary" in pair[1])
        self.seen = self.seen or keys
        headers = request.headers if keys else (*request.headers, *self.seen)
        return self.inner.open(evolve(request, headers=headers), timeout=timeout)


class HangsUp(Around):
    """Closes its connections before each exchange."""

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """Over a connection of its own."""
        self.inner.close()
        return self.inner.open(request, timeout=timeout)


class Proxied(Around):
    """Goes through what the environment names, where nobody is."""

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """Nowhere, if a proxy is named."""
        if "HTTPS_PROXY" in os.environ:
            msg = "The proxy hung up."
            raise DroppedError(msg)
        return self.inner.open(request, timeout=timeout)


class Shortened:
    """An answer that ends where its connection does, as if that were its end."""

    def __init__(self, inner: Incoming) -> None:
        self.inner = inner
        self.status = inner.status
        self.headers = inner.headers

    def chunks(self) -> Iterator[bytes]:
        """Whatever came."""
        try:
            yield from self.inner.chunks()
        except TransportError:
            return

    def close(self) -> None:
        """As the inner one does."""
        self.inner.close()


class Shortens(Around):
    """Takes half an answer for a whole one."""

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """Whatever comes of it."""
        return Shortened(self.inner.open(request, timeout=timeout))


def blocking(around: Callable[[Transport], Transport]) -> Callable[[Line], Blocking]:
    """The sync client on a poor transport."""

    class Poor(Blocking):
        def transport(self, line: Line) -> Transport:
            return around(super().transport(line))

    return Poor


class Greedy(Blocking):
    """Fetches a result as long as there is one."""

    def fetch(self, image: Image) -> bytes:
        """All of it."""
        request = HttpRequest(method="GET", url=image.url or "", headers=())
        return self.exchange(request, 20.0).body


class Careless(Blocking):
    """Saves whatever comes."""

    def save(self, image: Image, folder: Path) -> tuple[Path, ...]:
        """By the name it is called."""
        path = folder / "picture.png"
        path.write_bytes(Greedy.fetch(self, image))  # type: ignore[arg-type]
        return (path,)


class Forgets(Blocking):
    """Brings home a task without its images."""

    def refresh(self, task: Task) -> Task:
        """The state alone."""
        return evolve(super().refresh(task), images=())


class Tosses(Blocking):
    """Raises an error, and throws away the answer that nobody understood."""

    def submit(self, request: ImageRequest) -> Task:
        """As it is, while all goes well."""
        try:
            return super().submit(request)
        except TintypeError as error:
            error.answer = None
            raise


class Stubborn(Awaiting):
    """Does not let itself be cancelled."""

    def submit_and_leave(self, *_: object) -> bool:
        """Does not even begin."""
        return False
