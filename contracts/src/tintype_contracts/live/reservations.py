"""What was spent, on disk before it is spent.

A file of JSON lines. A submission's line is written and flushed to the disk before its
first byte leaves; a second line says what came of it. A line without a second one, as
after a crash, counts as spent at its worst. Processes that share a ledger take turns, by a
lock beside it; the pictures that were paid for lie beside it, too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from attrs import field, frozen

from tintype.errors import BudgetError, UsageError
from tintype_contracts.live.lock import locked

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


class Reservations:
    """Reservations and what became of them, in one file."""

    def __init__(self, path: Path, caps: Caps) -> None:
        self._path = path
        self._caps = caps
        self._submits = 0
        self._attempts = 0
        self._open = ""

    @property
    def pictures(self) -> Path:
        """The folder for what was paid for."""
        return self._path.with_name(f"{self._path.name}.pictures")

    @property
    def spent(self) -> Decimal:
        """US dollars, as the file has it: the worst case of whatever has no end.

        Raises:
            UsageError: The file cannot be read or written: who cannot write down what is
                spent does not spend.
        """
        with self._alone():
            return self._spent()

    def check(self, worst: Sequence[tuple[str, Decimal | None]]) -> None:
        """Refuse a run that cannot be paid whole, before anything of it is paid.

        Args:
            worst: Each scene, and what it may cost in US dollars; None where nobody knows.

        Raises:
            BudgetError: A price is unknown, all together do not fit the budget, or they are
                too many.
        """
        total = sum((_known(scene, usd) for scene, usd in worst), Decimal())
        self._check_room(", ".join(scene for scene, _ in worst), total, self.spent)
        if self._submits + len(worst) > self._caps.submits:
            msg = f"{len(worst)} submissions are more than the {self._caps.submits} of a run."
            raise BudgetError(msg)

    def reserve(self, scene: str, worst: Decimal | None) -> str:
        """Set the worst case of a submission aside, on disk.

        Returns:
            The id of its line.

        Raises:
            BudgetError: Its price is unknown, it does not fit the budget, or it is one
                submission too many.
        """
        usd = _known(scene, worst)
        if self._submits >= self._caps.submits:
            msg = f"{scene} would be submission {self._submits + 1} of {self._caps.submits}."
            raise BudgetError(msg)
        with self._alone():
            self._check_room(scene, usd, self._spent())
            self._submits += 1
            self._open = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.urandom(4).hex()}"
            self._write({"id": self._open, "scene": scene, "usd": str(usd), "state": "sent"})
        return self._open

    def _check_room(self, scenes: str, usd: Decimal, spent: Decimal) -> None:
        if spent + usd > self._caps.budget:
            msg = (
                f"{scenes} may cost {usd} USD; {spent} of {self._caps.budget} USD are spent. "
                "Raise the budget, or choose a cheaper scene."
            )
            raise BudgetError(msg)

    def attempt(self) -> None:
        """A submission is about to leave.

        Raises:
            BudgetError: Nothing was set aside for it, or it is one attempt too many.
        """
        if not self._open:
            msg = "A submission was about to leave that no line of the ledger stands for."
            raise BudgetError(msg)
        if self._attempts >= self._caps.attempts:
            msg = f"{self._attempts} attempts were made, and no more are allowed."
            raise BudgetError(msg)
        self._attempts += 1

    def settle(self, entry: str, usd: Decimal) -> None:
        """Write down what a submission cost in the end."""
        with self._alone():
            self._write({"id": entry, "usd": str(usd), "state": "settled"})
        self._open = ""

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with locked(self._path.with_name(f"{self._path.name}.lock")):
                yield
        except OSError as error:
            msg = f"The ledger {self._path} cannot be used: {error.strerror}. Name another one."
            raise UsageError(msg) from error

    def _spent(self) -> Decimal:
        amounts: dict[str, Decimal] = {}
        for line in self._lines():
            amounts[str(line["id"])] = Decimal(str(line["usd"]))
        return sum(amounts.values(), Decimal())

    def _lines(self) -> list[Mapping[str, object]]:
        if not self._path.exists():
            return []
        lines = self._path.read_text("utf-8").splitlines()
        try:
            return [json.loads(line) for line in lines]
        except ValueError as error:
            msg = f"The ledger {self._path.name} is damaged: mend it, or begin another."
            raise UsageError(msg) from error

    def _write(self, line: Mapping[str, str]) -> None:
        dated = {**line, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(dated) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _known(scene: str, worst: Decimal | None) -> Decimal:
    if worst is None:
        msg = f"The price of {scene} is unknown: nothing is submitted without one."
        raise BudgetError(msg)
    return worst
