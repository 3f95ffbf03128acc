"""How the sides of a row are measured: in alternating blocks of one process, by CPU time."""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from attrs import evolve, frozen

Block: TypeAlias = Callable[[], None]
# Sides of a row by name, each with a figure for each round.
Raw: TypeAlias = Mapping[str, Sequence[float]]


@frozen(kw_only=True)
class Size:
    """How much is measured.

    Attributes:
        rounds: How many blocks of each side; one more is run before them and forgotten.
        share: How much of the whole amount: 1 for the figures, less to see that it runs.
        place: A folder for journals, which several rows use.
        crowd: How many tasks other clients are asked by at a time.
    """

    rounds: int
    share: float
    place: Path
    crowd: int = 10

    def of(self, amount: int) -> int:
        """The share of an amount, at least 1."""
        return max(1, int(amount * self.share))


def crowded(program: Callable[[Size], Raw]) -> Callable[[Size], Raw]:
    """The program, with a hundred tasks at a time in place of ten."""
    return lambda size: program(evolve(size, crowd=100))


def cpu(block: Block) -> float:
    """The CPU microseconds of all threads of this process in a block."""
    gc.collect()
    start = time.process_time()
    block()
    return (time.process_time() - start) * 1e6


def wall(block: Block) -> float:
    """The microseconds that a block takes."""
    start = time.perf_counter()
    block()
    return (time.perf_counter() - start) * 1e6


def child(*command: str) -> float:
    """The CPU microseconds of a command and all it starts."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return (used.ru_utime + used.ru_stime) * 1e6


def alternated(size: Size, sides: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """The figures of all sides, round by round; who begins changes each time."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(size.rounds + 1):
        for name in sorted(sides, reverse=bool(turn % 2)):
            figure = sides[name]()
            if turn or not size.rounds:
                found[name].append(figure)
    return found


def timed(sides: Mapping[str, Block], count: int = 1) -> dict[str, Callable[[], float]]:
    """Sides by their CPU microseconds for each of so many pieces of work."""
    return {name: lambda block=block: cpu(block) / count for name, block in sides.items()}


def at_once(
    runner: asyncio.Runner, work: Callable[[], Awaitable[object]], count: int, width: int
) -> Block:
    """So many pieces of work, so many of them at a time."""

    async def worker(left: list[None]) -> None:
        while left:
            left.pop()
            await work()

    async def all_of_it() -> None:
        left = [None] * count
        await asyncio.gather(*(worker(left) for _ in range(width)))

    return lambda: runner.run(all_of_it())


def ratios(raw: Raw, over: str, under: str) -> list[float]:
    """How often one side is the other, round by round."""
    return [a / b for a, b in zip(raw[over], raw[under], strict=True)]


def spread(figures: Sequence[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper quartile."""
    if len(figures) == 1:
        return figures[0], figures[0], figures[0]
    low, middle, high = statistics.quantiles(figures, n=4, method="inclusive")
    return low, middle, high


# --------------------------------------------------------------------------- memory


def resident() -> int:
    """The bytes of this process that are in memory now."""
    return _status("VmRSS")


def peak(block: Block) -> int:
    """The bytes that a block takes at most, above what was there before it."""
    gc.collect()
    before = resident()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    block()
    return _status("VmHWM") - before


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    found = next(line for line in lines if line.startswith(f"{name}:"))
    return int(found.split()[1]) * 1024
