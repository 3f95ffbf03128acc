"""`python -m tests.benchmarks`: measure every row, keep the samples, print the table.

Each program runs in a process of its own, one after the other. A program whose client is not
installed is left out by name.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import page
from tests.benchmarks.measuring import Size
from tests.benchmarks.rows import PROGRAMS, ROWS

ROOT = Path(__file__).parents[2]
_LIMIT = 3_600.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", nargs="*", choices=[[], *PROGRAMS], help="all, if none")
    parser.add_argument("--rounds", type=int, default=11, help="blocks of each side")
    parser.add_argument("--share", type=float, default=1.0, help="of each amount")
    parser.add_argument("--samples", type=Path, default=ROOT / "build" / "benchmarks.json")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/speed.md")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)  # in a folder: no child
    return parser.parse_args()


def main() -> None:
    """Measure, or be the process that measures one program."""
    given = _arguments()
    if given.one:
        (program,) = given.programs
        size = Size(rounds=given.rounds, share=given.share, place=given.one)
        sys.stdout.write(json.dumps(PROGRAMS[program](size)))
        return
    samples = json.loads(given.samples.read_text()) if given.samples.exists() else {}
    with tempfile.TemporaryDirectory() as place:
        for program in given.programs or PROGRAMS:
            samples[program] = _measured(program, given, place)
            given.samples.parent.mkdir(parents=True, exist_ok=True)
            given.samples.write_text(json.dumps(samples, indent=1) + "\n")
    sys.stdout.write(page.table(samples))
    if given.docs:
        page.write(samples)


def _measured(program: str, given: argparse.Namespace, place: str) -> dict[str, object]:
    share = min(row.rounds for row in ROWS if row.program == program)
    rounds = str(round(given.rounds * share))
    asked = [program, "--one", place, "--rounds", rounds, "--share", str(given.share)]
    load = os.getloadavg()[0]
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "tests.benchmarks", *asked],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=_LIMIT,
    )
    lines = done.stderr.strip().splitlines()
    sys.stderr.write(f"{program}: {lines[-1] if done.returncode else 'measured'}\n")
    told: dict[str, object] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": round(load, 1),
    }
    if done.returncode:
        return {**told, "missing": lines[-1]}
    return {**told, "raw": json.loads(done.stdout)}


if __name__ == "__main__":
    main()
