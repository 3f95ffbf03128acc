"""What is injected: what goes wrong, and with which call. Data alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from tintype_contracts.sandbox.faults.dial import Fault

_DEADLINE = 3.0  # seconds for a request, and for those before it, whose answer is to be too late
_NO_HURRY = 15.0  # seconds for any other: a busy machine is no fault
_LATE = 4.0
_SLOW = 0.3  # seconds: less than that
_FOREVER = range(1, 1_000_000)


@frozen(kw_only=True)
class Injection:
    """Something that goes wrong with one operation.

    Attributes:
        name: What, in a few words.
        operation: With which call; `stream` is a submission whose answer is a stream of events, ""
            nothing at all.
        fault: As it is dialled; None for a run in which nothing goes wrong.
        lasting: Whether it lasts until the task's deadline has passed.
        webhooks: How many of them come.
    """

    name: str
    operation: str
    fault: Fault | None = None
    lasting: bool = False
    webhooks: int = 0

    @property
    def request_timeout(self) -> float:
        """Seconds that the client gives an answer."""
        fault = self.fault
        too_late = fault and fault.kind in _TIMED and fault.seconds > _DEADLINE
        return _DEADLINE if too_late else _NO_HURRY

    def refused(self, calls: Sequence[str]) -> Fault:
        """A `refuse` in other words: nobody listens after the call before the one it means.

        Args:
            calls: The operations of a run in which nothing goes wrong.
        """
        place = calls.index(_WIRE.get(self.operation, self.operation))
        before = calls[place - 1] if place else self.operation
        nth = calls[:place].count(before)
        return Fault(kind="refuse", operation=_dialled(before), nth=nth, seconds=_SLOW)


_TIMED = {"stall", "stall-mid-answer", "drip"}
_WIRE = {"stream": "submit"}


def _dialled(operation: str) -> str:
    return _WIRE.get(operation, operation)


# Name, kind, and what is special about it. A fault may befall any call, but for an asset's.
_CALLS: tuple[tuple[str, Fault], ...] = (
    ("connection refused", Fault(kind="refuse")),
    ("reset before reading", Fault(kind="reset-before-reading")),
    ("reset after reading", Fault(kind="reset-after-reading")),
    ("reset half-way through the answer", Fault(kind="reset-mid-answer")),
    ("no answer in time", Fault(kind="stall", seconds=_LATE)),
    ("a late answer", Fault(kind="stall", seconds=_SLOW)),
    ("half an answer in time", Fault(kind="stall-mid-answer", seconds=_LATE)),
    ("an answer in drops", Fault(kind="drip", seconds=_SLOW)),
    ("drops beyond the deadline", Fault(kind="drip", seconds=2 * _DEADLINE)),
    ("slow down, in seconds", Fault(kind="slow-down", seconds=1)),
    ("slow down, with a date", Fault(kind="slow-down", seconds=1, as_date=True)),
    ("500", Fault(kind="500")),
    ("502 of a gateway", Fault(kind="502")),
    ("503 of a gateway", Fault(kind="503")),
    ("an HTML page", Fault(kind="html")),
    ("half an answer, complete", Fault(kind="truncated")),
    ("no body", Fault(kind="empty")),
    ("redirected to another host", Fault(kind="redirect")),
)
_JSON: tuple[tuple[str, Fault], ...] = (
    ("JSON of another shape", Fault(kind="wrong-json")),
    ("values of other types", Fault(kind="wrong-type")),
)
_AFTER_THE_WORK: tuple[tuple[str, Fault], ...] = tuple(
    (f"{kind} after the work", Fault(kind=kind, works=True)) for kind in ("500", "502", "503")
)
_LASTING: tuple[tuple[str, Fault], ...] = tuple(
    (f"{name} until the deadline", Fault(kind=kind, nth=_FOREVER))
    for name, kind in (
        ("500", "500"),
        ("resets", "reset-after-reading"),
        ("HTML", "html"),
        ("an unknown status", "unknown-status"),
    )
)
_UNKNOWN_STATUS = ("an unknown status", Fault(kind="unknown-status"))
_ASSETS: tuple[tuple[str, Fault], ...] = (
    ("expired, once", Fault(kind="expired")),
    ("an HTML page as the image", Fault(kind="asset-html")),
    ("half an image, complete", Fault(kind="asset-truncated")),
)
_WEBHOOKS: tuple[tuple[str, Fault], ...] = (
    ("delivered twice", Fault(kind="webhook-duplicate")),
    ("out of order", Fault(kind="webhook-out-of-order")),
    ("forged", Fault(kind="webhook-forged")),
)
_LOST = (  # the answer to the submission; the webhook comes
    ("the answer before it: a reset", "reset-after-reading"),
    ("the answer before it: HTML", "html"),
)
_SPOILT = {"html", "truncated"}  # an image has injections of its own for them
_IN_A_STREAM = {"connection refused", "a late answer", "slow down, with a date"}


def _injections() -> Iterator[Injection]:
    yield Injection(name="nothing", operation="")
    yield from _made("price", (*_CALLS, *_JSON))
    yield from _made("submit", (*_CALLS, *_JSON, *_AFTER_THE_WORK))
    yield from _made("stream", (each for each in _CALLS if each[0] not in _IN_A_STREAM))
    yield from _made("poll", (*_CALLS, *_JSON, _UNKNOWN_STATUS))
    for each in _made("poll", _LASTING):
        yield evolve(each, lasting=True)
    yield from _made("asset", (*(each for each in _CALLS if each[1].kind not in _SPOILT), *_ASSETS))
    for each in _made("webhook", _WEBHOOKS):
        yield evolve(each, webhooks=2)  # each of these faults makes two of one
    for name, kind in _LOST:
        fault = Fault(kind=kind, operation="submit")
        yield Injection(name=name, operation="webhook", fault=fault, webhooks=1)


def _made(
    operation: str, faults: Iterator[tuple[str, Fault]] | Sequence[tuple[str, Fault]]
) -> Iterator[Injection]:
    for name, fault in faults:
        dialled = evolve(fault, operation=_dialled(operation))
        yield Injection(name=name, operation=operation, fault=dialled)


INJECTIONS: tuple[Injection, ...] = tuple(_injections())
"""Every one. Those of operations that a provider does not have are left out for it."""
