"""Is every parser linear in what a stranger sends? `python -m tests.linear [WORD]` measures.

Process CPU is taken at N, 2N and 4N bytes. A parser fails where 4N costs more than six times
N in three runs of three; a linear one costs four times as much. Python's garbage collection stands
still meanwhile: it comes in a step, wherever enough is alive, and doubles what is behind that.
"""

from __future__ import annotations

import gc
import sys
import time

from tests.linear.entrances import Entrance, entrances, survived

_FIRST = 4 * 1024
_MAX_BYTES = 1024 * 1024
_MIN_SECONDS = 0.004  # below it the clock says little
_RUNS = 3
_LIMIT = 6.0
_MIB = 2**20


def _cost(entrance: Entrance, size: int) -> tuple[float, int]:
    """(seconds of CPU, bytes) of one input."""
    data = entrance.make(size)
    gc.collect()
    return min(_seconds(entrance, data) for _ in range(2)), len(data)


def _seconds(entrance: Entrance, data: bytes) -> float:
    start = time.process_time()
    survived(entrance, data)
    return time.process_time() - start


def _fitting(entrance: Entrance) -> int:
    """A size whose cost can be told from nothing."""
    size = _FIRST
    while size < _MAX_BYTES and _cost(entrance, size)[0] < _MIN_SECONDS:
        size *= 2
    return size


def measure(entrance: Entrance) -> tuple[bool, str]:
    """(whether it is linear, its row of the table)."""
    size = _fitting(entrance)
    ratio, row = 0.0, ""
    for _ in range(_RUNS):
        costs = [_cost(entrance, size * times) for times in (1, 2, 4)]
        ratio = costs[2][0] / max(costs[0][0], _MIN_SECONDS)
        per_mib = costs[2][0] * 1000 / (max(costs[2][1], 1) / _MIB)
        shown = " ".join(f"{seconds * 1000:8.1f}" for seconds, _ in costs)
        row = f"{entrance.name:55} {size:8} {shown} {ratio:6.1f} {per_mib:9.1f}"
        if ratio <= _LIMIT:
            break
    return ratio <= _LIMIT, row


def main(word: str = "") -> int:
    """Measure all, or those whose name holds a word; the number that is not linear."""
    heads = ("N bytes", "ms at N", "at 2N", "at 4N", "ratio", "ms a MiB")
    shown = " ".join(f"{head:>8}" for head in heads)
    print(f"{'entrance':55} {shown}")  # noqa: T201
    failures = 0
    gc.disable()
    for entrance in entrances():
        if word in entrance.name:
            linear, row = measure(entrance)
            failures += not linear
            print(row if linear else f"{row}  NOT LINEAR", flush=True)  # noqa: T201
    return failures


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:2]) else 0)
