"""A transport that lets no submission leave that the ledger does not know."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from tintype.messages import HttpRequest
from tintype.transports import Incoming, Transport
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.routes import fits


class Fence:
    """Wraps a transport. Whatever looks like a submission is announced before it leaves.

    Args:
        transport: Makes the exchanges.
        fixtures: Whose routes tell what a submission is.
        announce: Called before each; what it raises keeps the request from leaving.
    """

    def __init__(
        self, transport: Transport, fixtures: Fixtures, announce: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._announce = announce
        self._routes = fixtures.routes

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """Send a request and wait for the head of the answer."""
        if self._may_cost(request):
            self._announce()
        return self._transport.open(request, timeout=timeout)

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _may_cost(self, request: HttpRequest) -> bool:
        """Whether it may be a submission: any write that is not documented as something else."""
        if request.method in {"GET", "HEAD"} and not self._is("submit", request):
            return False
        others = {"price", "upload", "models", "cancel"}
        free = any(self._is(operation, request) for operation in others)
        return self._is("submit", request) or not free

    def _is(self, operation: str, request: HttpRequest) -> bool:
        """Whether the request ends as a route of the operation does; a base URL may precede."""
        path = urlsplit(request.url).path
        starts = [index for index, letter in enumerate(path) if letter == "/"]
        return any(
            route.operation == operation
            and route.method == request.method
            and any(fits(route.path, path[start:]) for start in starts)
            for route in self._routes
        )
