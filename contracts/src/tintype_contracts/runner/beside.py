"""Work shared out between this process and a fork of it, so that two cores are used.

What is loaded by then is loaded for both. Each takes the next part whenever it is through with
one. A part that does not come back, or ends its process, takes the whole with it, as it does in
one process.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TypeVar

P = TypeVar("P")
T = TypeVar("T")


def each_part(parts: Sequence[P], do: Callable[[P], T], *, seconds: int) -> list[T]:
    """What comes of each part, in their order: of at most 256, by what can be pickled.

    Args:
        parts: The parts; those that take longest first.
        do: What is done with each.
        seconds: After so many the fork ends itself, should nobody be left to end it.
    """
    if not hasattr(os, "fork"):
        return [do(part) for part in parts]
    numbers, given = os.pipe()
    os.write(given, bytes(range(len(parts))))
    os.close(given)
    answer, telling = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(seconds)
        _tell(telling, lambda: _taken(numbers, parts, do))
    os.close(telling)
    try:
        mine = _taken(numbers, parts, do)
        with open(answer, "rb") as file:  # noqa: PTH123 - it is a pipe
            told = file.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(numbers)
        _, ended = os.waitpid(child, 0)
    if ended:
        sys.exit(f"A hook ended its process: status {os.waitstatus_to_exitcode(ended)}.")
    theirs: dict[int, T] = pickle.loads(told)  # noqa: S301 - this program's own fork wrote it
    return [{**mine, **theirs}[number] for number in range(len(parts))]


def _taken(numbers: int, parts: Sequence[P], do: Callable[[P], T]) -> dict[int, T]:
    """The parts that this process takes, one after another, until none is left."""
    done: dict[int, T] = {}
    while number := os.read(numbers, 1):
        done[number[0]] = do(parts[number[0]])
    return done


def _tell(telling: int, work: Callable[[], object]) -> None:
    """The fork's whole life: it comes back to no code of its parent's."""
    status = 1
    try:
        with open(telling, "wb") as file:
            pickle.dump(work(), file)
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it is, there is nobody to raise it to
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)
