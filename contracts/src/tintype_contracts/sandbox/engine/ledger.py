"""The ledger: what was charged, given back, answered and collected. Tests ask it.

A charge alone proves nothing: what matters is whether one submission was paid for twice,
and whether everything that was paid for reached the customer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, TypeAlias

from attrs import frozen

Event: TypeAlias = Literal["charged", "refunded", "answered", "collected"]
# An image: the id of its task, and its place in it.
Picture: TypeAlias = tuple[str, int]


@frozen(kw_only=True)
class LedgerEvent:
    """One line of the ledger.

    Attributes:
        at: When, in Unix seconds.
        event: `charged` or `refunded`; `answered`: the answer to the submission left whole;
            `collected`: the bytes of whole images did, at an asset's address or inline.
        task: The task's id in the sandbox.
        digest: SHA-256 of the submission without its callback address: the same when the
            same picture is asked for again.
        key: The `Idempotency-Key` that came with the submission, or "".
        images: Which of the task's images it is about.
        usd: How much; None where the price table does not say, or money is not moved.
        credits: Likewise.
    """

    at: float
    event: Event
    task: str
    digest: str
    key: str = ""
    images: tuple[int, ...] = ()
    usd: Decimal | None = None
    credits: Decimal | None = None


@frozen
class Ledger:
    """Every entry so far, in order. It does not change any more."""

    entries: tuple[LedgerEvent, ...] = ()

    def __iter__(self) -> Iterator[LedgerEvent]:
        """The entries, in order."""
        return iter(self.entries)

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self.entries)

    def of(self, event: Event) -> tuple[LedgerEvent, ...]:
        """The entries of one kind."""
        return tuple(entry for entry in self.entries if entry.event == event)

    def refunded(self, task: str) -> bool:
        """Whether the money for a task was given back."""
        return any(entry.task == task for entry in self.of("refunded"))

    @property
    def paid(self) -> tuple[LedgerEvent, ...]:
        """The charges that were not given back."""
        return tuple(entry for entry in self.of("charged") if not self.refunded(entry.task))

    @property
    def charged_tasks(self) -> tuple[str, ...]:
        """The tasks that were paid for, in order."""
        return tuple(entry.task for entry in self.paid)

    @property
    def charged_twice(self) -> tuple[str, ...]:
        """The digests of submissions that were paid for more than once.

        Give each picture that you want a prompt or a seed of its own; then whatever stands
        here was paid twice.
        """
        counts = Counter(entry.digest for entry in self.paid)
        return tuple(digest for digest, count in counts.items() if count > 1)

    @property
    def collected(self) -> frozenset[Picture]:
        """The images whose bytes left whole at least once."""
        return frozenset(_pictures(self.of("collected")))

    @property
    def uncollected(self) -> tuple[Picture, ...]:
        """The images that were paid for and never left whole."""
        return tuple(each for each in _pictures(self.paid) if each not in self.collected)


def _pictures(entries: tuple[LedgerEvent, ...]) -> Iterator[Picture]:
    for entry in entries:
        for index in entry.images:
            yield entry.task, index
