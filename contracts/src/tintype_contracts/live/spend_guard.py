"""What no run may exceed, and a transport that announces each submission before it leaves."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from urllib.parse import urlsplit

from attrs import field, frozen

from tintype.errors import UsageError
from tintype.messages import HttpRequest
from tintype.transports import Incoming, Transport
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.routes import fits

_MAX_SUBMITS = 10
_MAX_ATTEMPTS = 20


@frozen(kw_only=True)
class Caps:
    """What no run may exceed.

    Attributes:
        budget: US dollars, over everything the ledger holds.
        submits: Submissions in one run.
        attempts: Times that a submission leaves in one run, repetitions among them.
    """

    budget: Decimal
    submits: int = field(default=4)
    attempts: int = field(default=6)

    def __attrs_post_init__(self) -> None:
        """Refuse caps that are none."""
        if not (self.budget.is_finite() and self.budget > 0):
            msg = f"A budget of {self.budget} USD is none."
            raise UsageError(msg)
        if not (1 <= self.submits <= _MAX_SUBMITS and 1 <= self.attempts <= _MAX_ATTEMPTS):
            msg = f"At most {_MAX_SUBMITS} submissions and {_MAX_ATTEMPTS} attempts are made."
            raise UsageError(msg)


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
