"""`tintype contracts faults`: the fault grid, printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from tintype._cli.options import option
from tintype._cli.speaking import give_up, say
from tintype.errors import UsageError
from tintype_contracts.fixtures.faults import FixtureError
from tintype_contracts.fixtures.loader import installed


@click.command("faults")
@option("--all", "everyone", is_flag=True, help="Every provider that has fixtures.")
@option("--provider", "names", multiple=True, metavar="NAME", help="This one (repeatable).")
@option("--pairwise", is_flag=True, help="The clients take turns: half the cells.")
@option("--json", "json_", type=click.Path(path_type=Path), help="Write all cells here.")
def command(*, everyone: bool, names: tuple[str, ...], pairwise: bool, json_: Path | None) -> None:
    """Draw a picture at every provider with every fault, by both clients, in the sandbox.

    Its ledger is the judge: nothing is paid twice, and what was paid is on disk, or listed as
    unknown where its answer was lost. Exit status: 0 so it is, 1 a promise was broken, 2 misuse.
    """
    from tintype_contracts.faultgrid import run_grid  # noqa: PLC0415 - slow to import

    chosen = _chosen(names, everyone=everyone)
    try:
        grid = run_grid(chosen, pairwise=pairwise)
    except (UsageError, FixtureError) as error:
        give_up(str(error))
    say(grid.as_text())
    if json_ is not None:
        try:
            json_.write_text(
                json.dumps(grid.as_json(), indent=1, ensure_ascii=False) + "\n", "utf-8"
            )
        except OSError as error:
            give_up(f"{json_} cannot be written: {error.strerror}.")
    raise SystemExit(1 if grid.broken or grid.idle else 0)


def _chosen(names: tuple[str, ...], *, everyone: bool) -> Sequence[str]:
    if everyone == bool(names):
        give_up("Name a provider with --provider, or give --all.")
    unknown = sorted(set(names) - set(installed()))
    if unknown:
        known = ", ".join(installed()) or "none"
        give_up(f"There are no fixtures of {', '.join(unknown)}; there are: {known}.")
    return installed() if everyone else names
