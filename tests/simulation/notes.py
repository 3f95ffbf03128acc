"""What is noticed while a simulated world goes on: faults that happened, promises that broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.simulation.actors import Call
from tests.simulation.asks import End
from tests.simulation.plots import drawn_at, drawn_in, picture
from tests.simulation.studio import Studio

from tintype import Task, TintypeError


class Notes:
    """The notes of one world.

    Args:
        studio: Whose pictures they are.
        now: What time it is.
        trace: Told of everything, where somebody reads along.

    Attributes:
        happened: How often each fault did.
        wrongs: Every violation, in words that begin with its kind.
        found: The pictures on disk.
    """

    def __init__(
        self, studio: Studio, now: Callable[[], float], trace: Callable[[str], None] | None
    ) -> None:
        self.happened: Counter[str] = Counter()
        self.wrongs: list[str] = []
        self.found: set[tuple[str, int]] = set()
        self._studio = studio
        self._now = now
        self._trace = trace

    def say(self, *words: object) -> None:
        """Tell who reads along; nothing is spelt out for nobody."""
        if self._trace is not None:
            line = " ".join(str(each) for each in words)
            self._trace(f"{self._now():10.2f}  {line:.2000}")

    def wrong(self, kind: str, words: str) -> None:
        """Note a violation."""
        self.say("VIOLATION", kind, words)
        self.wrongs.append(f"{kind}: {words}")

    def check_error(self, end: End) -> None:
        """Whatever a caller is told is one of tintype's errors."""
        for error in end.errors:
            if not isinstance(error, TintypeError):
                self.wrong("untyped", f"{type(error).__name__}: {str(error)[:200]}")

    def check_call(self, call: Call, task: Task) -> None:
        """A caller is given the pictures of his own submission, and he has them now."""
        for drawn in _drawn(task):
            if any(work.id == drawn[0] for work in call.works):
                call.held.add(drawn)
            else:
                self.wrong("swapped", f"call {call.number} was given {drawn[0]}")

    def check_record(self, task: Task, record: str) -> None:
        """A record has the pictures of its own submission."""
        for name, _ in _drawn(task):
            work = self._studio.works.get(name)
            if record and work is not None and work.record != record:
                self.wrong("swapped", f"record {record} was given {name}, of {work.record}")

    def check_bytes(self, data: bytes, call: Call | None = None) -> tuple[str, int] | None:
        """A picture that was fetched is whole, and the caller's own."""
        drawn = drawn_in(data)
        if drawn is None:
            return None
        if data != picture(*drawn):
            self.wrong("corrupt", f"picture {drawn} is not as it was drawn")
        if call is not None and not any(work.id == drawn[0] for work in call.works):
            self.wrong("swapped", f"call {call.number} fetched {drawn[0]}")
        return drawn

    def check_files(self, folder: Path) -> None:
        """What is on disk is whole."""
        for path in folder.glob("*.png"):
            drawn = self.check_bytes(path.read_bytes())
            if drawn is not None:
                self.found.add(drawn)


def _drawn(task: Task) -> Iterator[tuple[str, int]]:
    """The work and the place of each picture that a task tells of."""
    for image in task.images:
        drawn = drawn_in(image.data) if image.data else drawn_at(image.url or "")
        if drawn is not None:
            yield drawn
