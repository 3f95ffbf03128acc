"""Many worlds, on all cores, and what came of them in numbers."""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import define, field, frozen
from tests.simulation.judge import judged
from tests.simulation.stage import Stage
from tests.simulation.world import World

_CHUNK = 50
_MAX_TOLD = 5
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it
_SELDOM = 20_000  # objects between two looks for garbage: most of it goes by itself


@frozen(kw_only=True)
class Wrong:
    """A violation, and the seed of the world in which it happens."""

    kind: str
    seed: int
    words: str


@define(kw_only=True)
class Tally:
    """What came of a range of worlds, the first one's seed being `first`."""

    first: int
    worlds: int = 0
    submissions: int = 0
    charges: int = 0
    seconds: float = 0.0
    kinds: Counter[str] = field(factory=Counter)
    faults: Counter[str] = field(factory=Counter)
    wrongs: list[Wrong] = field(factory=list)

    def add(self, other: Tally) -> None:
        """Count another range as well."""
        self.worlds += other.worlds
        self.submissions += other.submissions
        self.charges += other.charges
        self.seconds += other.seconds
        self.kinds += other.kinds
        self.faults += other.faults
        self.wrongs += other.wrongs


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder that is gone afterwards, in memory where the system has such a place."""
    place = _MEMORY if _MEMORY.is_dir() else None
    with TemporaryDirectory(prefix="tintype-simulation-", dir=place) as folder:
        yield Path(folder)


def played(stage: Stage, first: int, worlds: int, kind: str = "") -> Tally:
    """A range of worlds, one after the other."""
    tally = Tally(first=first)
    began = time.process_time()
    for seed in range(first, first + worlds):
        world = _played(World(stage, seed, kind=kind))
        tally.worlds += 1
        tally.submissions += sum(len(call.posts) for call in world.calls)
        tally.charges += sum(work.charged for work in world.studio.works.values())
        tally.kinds[world.kind] += 1
        tally.faults += world.notes.happened
        tally.wrongs += [
            Wrong(kind=words.partition(":")[0], seed=seed, words=words)
            for words in world.notes.wrongs
        ]
    tally.seconds = time.process_time() - began
    return tally


def _played(world: World) -> World:
    try:
        world.run()
        judged(world)
    except Exception:  # noqa: BLE001 - what escapes a client is a finding too
        world.notes.wrong("untyped", traceback.format_exc(limit=-4))
    return world


def replayed(seed: int, kind: str, trace: Callable[[str], None]) -> list[str]:
    """What is wrong in one world, with everything that happens in it told."""
    with in_memory() as folder:
        return _played(World(Stage(folder), seed, kind=kind, trace=trace)).notes.wrongs


def simulated(
    submissions: int, *, first: int = 0, kind: str = "", processes: int | None = None
) -> Tally:
    """Worlds from a seed on, in their order, until there were so many submissions."""
    tally = Tally(first=first)
    hands = processes or os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    # An executor breaks where a process cannot begin; a multiprocessing.Pool starts the next.
    with (
        in_memory() as folder,
        ProcessPoolExecutor(hands, context, _begin, (folder, kind)) as pool,
    ):
        waiting = deque(pool.submit(_part, first + n * _CHUNK) for n in range(2 * hands))
        for number in count(2 * hands):
            tally.add(waiting.popleft().result())
            if tally.submissions >= submissions:
                pool.shutdown(cancel_futures=True)
                return tally
            waiting.append(pool.submit(_part, first + number * _CHUNK))
    raise AssertionError  # count() does not end


_STAGE: list[tuple[Stage, str]] = []


def _begin(folder: Path, kind: str) -> None:
    """Set the stage of a process, once."""
    place = folder / str(os.getpid())
    place.mkdir()
    _STAGE.append((Stage(place), kind))
    gc.freeze()
    gc.set_threshold(_SELDOM)


def _part(first: int) -> Tally:
    stage, kind = _STAGE[0]
    return played(stage, first, _CHUNK, kind)


def told(tally: Tally) -> str:
    """The numbers, for people."""
    rate = tally.submissions / max(tally.seconds, 0.01)
    last = tally.first + tally.worlds - 1
    lines = [
        f"{tally.submissions:,} submissions, {tally.charges:,} charged.",
        f"{tally.worlds:,} worlds, seeds {tally.first} to {last}.",
        f"{tally.seconds:.0f} s of CPU, {rate:.0f} submissions a second.",
        f"Journals: {dict(sorted(tally.kinds.items()))}.",
        f"{sum(tally.faults.values()):,} faults:",
        *(f"  {number:>9,}  {name}" for name, number in sorted(tally.faults.items())),
        f"{len(tally.wrongs)} violations.",
    ]
    for kind, number in sorted(Counter(each.kind for each in tally.wrongs).items()):
        found = [each for each in tally.wrongs if each.kind == kind]
        lines.append(f"  {number:>9,}  {kind}")
        lines += [f"      --seed {each.seed}  {each.words:.300}" for each in found[:_MAX_TOLD]]
    return "\n".join(lines)
