"""How long an examination takes: level 1, the whole, and all plugins at once.

    python -m tests.contracts.timings [PROVIDER …] [--runs N] [--checks N]

Each is run as a shell runs it, N times, and the quickest is told: seconds on the clock and seconds
of CPU, children counted. `--checks N` lists the checks of each whole examination that took longest.
Nothing is asserted: on a machine that does other work, the CPU is what can be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from tintype._plugins.registry import Registry

_CHECK = (sys.executable, "-m", "tintype", "contracts", "check")


@frozen
class Spent:
    """Seconds on the clock, and of CPU."""

    clock: float
    cpu: float

    def __str__(self) -> str:
        """Both, to a tenth."""
        return f"{self.clock:6.1f} s {self.cpu:6.1f} s CPU"


def spent(*arguments: str) -> Spent:
    """What one run costs; it has to end in a verdict that conforms."""
    began, before = time.perf_counter(), _cpu()
    subprocess.run([*_CHECK, *arguments], stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own command
    return Spent(time.perf_counter() - began, _cpu() - before)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _longest(report: Path, count: int) -> list[str]:
    rows = json.loads(report.read_text("utf-8"))["rows"]
    rows.sort(key=lambda row: -row["ms"])
    return [f"    {row['ms'] / 1000:6.2f} s {row['check']}" for row in rows[:count]]


def _line(title: str, runs: int, *arguments: str) -> None:
    quickest = min((spent(*arguments) for _ in range(runs)), key=lambda each: each.clock)
    sys.stdout.write(f"{title:24}{quickest}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line a measurement."""
    parser = argparse.ArgumentParser(prog="python -m tests.contracts.timings", description=__doc__)
    parser.add_argument("providers", nargs="*", default=Registry().names)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--checks", type=int, default=0)
    asked = parser.parse_args(arguments)
    sys.stdout.write(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        for name in asked.providers:
            _line(f"{name}, level 1", asked.runs, name, "--level", "1")
            _line(f"{name}, whole", asked.runs, name, "--json", str(report))
            sys.stdout.writelines(f"{line}\n" for line in _longest(report, asked.checks))
    _line("--all", asked.runs, "--all")


if __name__ == "__main__":
    main()
