"""Gates: points in a request's life at which the server pauses, and tells.

A test closes a gate, waits until a request has reached it, does what it likes (such as
killing the client's process), and opens it. The pause is the server's: the client may live
in any process.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Literal, TypeAlias, get_args

from attrs import field, frozen, validators

from tintype_contracts.sandbox.faults.dial import ANY

Point: TypeAlias = Literal["request-head-read", "request-read", "answer-half-sent", "answered"]
POINTS: tuple[Point, ...] = get_args(Point)


@frozen(kw_only=True)
class Gate:
    """One pause.

    Attributes:
        provider: Whose requests, or `*`.
        operation: Which of them, or `*`.
        point: Where in the request's life: `request-head-read`; `request-read`, with the
            work done and nothing answered; `answer-half-sent`; `answered`, whole.
        nth: Which of the requests that come by, counted from 1.
        reached: Set once the request is there.
    """

    provider: str
    operation: str
    point: Point = field(validator=validators.in_(POINTS))
    nth: int = 1
    reached: threading.Event = field(factory=threading.Event, eq=False, repr=False)
    _opened: Future[None] = field(factory=Future, eq=False, repr=False)

    def open(self) -> None:
        """Let the request go on; later ones do not stop here."""
        with suppress(InvalidStateError):  # it is open
            self._opened.set_result(None)

    async def passed(self) -> None:
        """Tell that a request is here, and wait until it may go on."""
        self.reached.set()
        await asyncio.shield(asyncio.wrap_future(self._opened))

    def concerns(self, provider: str, operation: str, point: Point) -> bool:
        """Whether requests of that kind are counted."""
        return (
            self.point == point
            and self.provider in (ANY, provider)
            and self.operation in (ANY, operation)
        )


class Gates:
    """The gates that are closed. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[int, int] = {}
        self._gates: list[Gate] = []

    def add(self, gate: Gate) -> None:
        """Close a gate; requests are counted from now on."""
        with self._lock:
            self._gates.append(gate)
            self._counts[len(self._gates) - 1] = 0

    def open_all(self) -> None:
        """Let everything go on."""
        with self._lock:
            for gate in self._gates:
                gate.open()

    def reach(self, provider: str, operation: str, point: Point) -> Gate | None:
        """The gate that this request stops at, or None. To be asked once a request and point."""
        with self._lock:
            found: Gate | None = None
            for number, gate in enumerate(self._gates):
                if gate.concerns(provider, operation, point):
                    self._counts[number] += 1
                    found = found or (gate if self._counts[number] == gate.nth else None)
            return found
