"""The fault dial: which call goes wrong, and how.

A fault names a provider, an operation and which call of it; `KINDS` tells what each kind
does. Nothing here touches a socket.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import define, field, frozen, validators

Place: TypeAlias = Literal["call", "asset", "webhook"]
_ANYWHERE: tuple[Place, ...] = ("call", "asset")

ANY = "*"
_NTH = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")
OPERATIONS = ("submit", "poll", "price", "models", "upload", "cancel", "asset", "webhook", ANY)


@frozen
class Kind:
    """What a kind of fault does.

    Attributes:
        says: What happens, as a sentence.
        where: What it can happen to.
        works: Whether the provider does what it was asked before things go wrong: a
            submission is then accepted, and charged.
    """

    says: str
    where: tuple[Place, ...] = _ANYWHERE
    works: bool = False


KINDS: Mapping[str, Kind] = {
    "refuse": Kind(
        "After the nth answer of the operation (0: at once) every connection is closed, and "
        "nobody listens for `seconds`.",
        works=True,
    ),
    "reset-before-reading": Kind("The connection is reset once the head was read, not the body."),
    "reset-after-reading": Kind("The work is done, and the connection reset.", works=True),
    "reset-mid-answer": Kind(
        "The work is done; half the answer is sent, then a reset.", works=True
    ),
    "stall": Kind("The work is done; the answer comes `seconds` late.", works=True),
    "stall-mid-answer": Kind("The answer stops half-way for `seconds`.", works=True),
    "drip": Kind("The answer comes in small pieces over `seconds`.", works=True),
    "slow-down": Kind(
        "429, or what is documented for it, with Retry-After: `seconds`, or a date (`as_date`)."
    ),
    "500": Kind("500 in plain words, as of a server that broke."),
    "502": Kind("502 with a gateway's HTML page."),
    "503": Kind("503 in plain words, as of a gateway."),
    "html": Kind("200 with an HTML page in place of the answer.", works=True),
    "truncated": Kind("A complete answer whose body is cut in half.", works=True),
    "wrong-json": Kind("200 with JSON of no documented shape.", ("call",), works=True),
    "wrong-type": Kind(
        "The answer; numbers are texts in it, texts numbers.", ("call",), works=True
    ),
    "unknown-status": Kind(
        "The answer with a task status no document lists.", ("call",), works=True
    ),
    "empty": Kind("200 without a body.", works=True),
    "redirect": Kind("307 to another host, which listens for credentials."),
    "expired": Kind("404, as for a result that was not kept.", ("asset",)),
    "asset-html": Kind("200 with an HTML page in place of the image.", ("asset",), works=True),
    "asset-truncated": Kind("A complete answer with half the image.", ("asset",), works=True),
    "webhook-duplicate": Kind("The webhook is delivered twice.", ("webhook",), works=True),
    "webhook-out-of-order": Kind(
        "After the webhook of the end comes one that says the task is running.",
        ("webhook",),
        works=True,
    ),
    "webhook-forged": Kind(
        "Before the webhook comes a stranger's, its images at another host.",
        ("webhook",),
        works=True,
    ),
}


@frozen(kw_only=True)
class Fault:
    """Something that is to go wrong.

    Attributes:
        kind: What happens: a key of `KINDS`.
        provider: Whose calls are counted, or `*`.
        operation: Which of them: a documented operation, `asset`, `webhook`, or `*`.
        nth: Which call, counted from 1 since it was dialled; or a range of them.
        seconds: How long it lasts, where it lasts.
        as_date: Whether `slow-down` gives a date in place of seconds.
        works: Whether the work is done all the same; None is what the kind says.
    """

    kind: str = field(validator=validators.in_(KINDS))
    provider: str = ANY
    operation: str = field(default=ANY, validator=validators.in_(OPERATIONS))
    nth: int | range = 1
    seconds: float = 1.0
    as_date: bool = False
    works: bool | None = None

    @property
    def does_the_work(self) -> bool:
        """Whether the provider does what it was asked."""
        return KINDS[self.kind].works if self.works is None else self.works

    def __str__(self) -> str:
        """As `fault_from` reads it."""
        nth = f"{self.nth.start}-{self.nth.stop - 1}" if isinstance(self.nth, range) else self.nth
        return f"{self.provider}:{self.operation}:{nth}:{self.kind}:{self.seconds:g}"

    def concerns(self, provider: str, operation: str) -> bool:
        """Whether calls of that kind are counted. Webhooks have faults of their own."""
        where = "webhook" if operation == "webhook" else "asset" if operation == "asset" else "call"
        same = self.provider in (ANY, provider) and self.operation in (ANY, operation)
        return same and where in KINDS[self.kind].where

    def strikes(self, count: int) -> bool:
        """Whether it happens to the call of that number."""
        return count in self.nth if isinstance(self.nth, range) else count == self.nth


def fault_from(text: str) -> Fault:
    """A fault from `provider:operation:nth:kind[:seconds]`; nth may be `2-4`.

    Raises:
        ValueError: It is none; the message says why.
    """
    provider, operation, nth, kind, seconds, *more = [*text.split(":"), "", "", "", "", ""][:6]
    found = _NTH.fullmatch(nth)
    if found is None or more[0] or operation not in OPERATIONS or kind not in KINDS:
        msg = (
            f"{text!r} is not provider:operation:nth:kind or provider:operation:nth:kind:seconds. "
            f"Operations: {', '.join(OPERATIONS)}. Kinds: {', '.join(KINDS)}."
        )
        raise ValueError(msg)
    first, last = int(found[1]), int(found[2] or found[1])
    return Fault(
        kind=kind,
        provider=provider,
        operation=operation,
        nth=range(first, last + 1),
        seconds=float(seconds or 1.0),
    )


@define
class _Dialled:
    fault: Fault
    count: int = 0


class Dial:
    """The faults that are dialled in. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dialled: list[_Dialled] = []
        self._struck: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Dial a fault in; its calls are counted from now on."""
        with self._lock:
            self._dialled.append(_Dialled(fault))

    def clear(self) -> None:
        """Let everything go well from now on."""
        with self._lock:
            self._dialled.clear()

    def strike(self, provider: str, operation: str) -> Fault | None:
        """The fault that happens to this call, or None. Every call is to be asked about once."""
        with self._lock:
            struck: Fault | None = None
            for each in self._dialled:
                if each.fault.concerns(provider, operation):
                    each.count += 1
                    struck = struck or (each.fault if each.fault.strikes(each.count) else None)
            if struck is not None:
                self._struck.append(struck)
            return struck

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is dialled in."""
        with self._lock:
            return tuple(each.fault for each in self._dialled)

    @property
    def struck(self) -> tuple[Fault, ...]:
        """What happened, in order."""
        with self._lock:
            return tuple(self._struck)
