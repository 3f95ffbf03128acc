"""A batch of many lines, killed on the way: `python -m tests.batch --lines 10000 --kills 3`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from tests.batch.running import Course, play


@click.command()
@click.option("--lines", default=10_000, show_default=True)
@click.option("--kills", default=3, show_default=True)
@click.option("--width", default=32, show_default=True)
@click.option("--provider", "providers", multiple=True, default=["apiyi", "apimodels"])
def main(*, lines: int, kills: int, width: int, providers: tuple[str, ...]) -> None:
    """Draw so many lines at each provider in its sandbox, kill that as often, and judge it."""
    wrongs = 0
    for provider in providers:
        course = Course(lines=lines, kills=kills, provider=provider, width=width)
        with TemporaryDirectory() as folder:
            found = play(course, Path(folder))
        told = ", ".join(f"{times} {outcome}" for outcome, times in sorted(found.outcomes.items()))
        click.echo(
            f"{provider}: {lines} lines, {kills} kills: {told}; {found.charges} charges, "
            f"{len(found.twice)} lines charged twice; peak {found.peak / 1024:.1f} MiB; "
            f"{found.seconds:.0f} s; {len(found.wrongs)} wrongs"
        )
        for wrong in found.wrongs[:20]:
            click.echo(f"  {wrong}")
        wrongs += len(found.wrongs)
    sys.exit(1 if wrongs else 0)


main()
