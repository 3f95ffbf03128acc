"""`python -m tests.simulation`: many worlds on all cores, or one with everything that happens."""

from __future__ import annotations

import argparse
import sys

from tests.simulation.running import replayed, simulated, told


def main() -> int:
    """Simulate, tell, and say by the exit status whether anything was wrong."""
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--submissions", type=int, default=20_000, help="at least so many")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first world")
    parser.add_argument("--processes", type=int, default=None, help="as many as there are cores")
    parser.add_argument("--kind", default="", choices=("", "book", "disk", "none"), help="journal")
    parser.add_argument("--seed", type=int, default=None, help="replay this world, and tell of it")
    asked = parser.parse_args()
    if asked.seed is not None:
        return 1 if replayed(asked.seed, asked.kind, print) else 0
    tally = simulated(
        asked.submissions, first=asked.first, kind=asked.kind, processes=asked.processes
    )
    print(told(tally))  # noqa: T201 - a program
    return 1 if tally.wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
