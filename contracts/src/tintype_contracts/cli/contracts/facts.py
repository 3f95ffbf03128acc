"""`tintype contracts facts`: how many facts sheets have of each kind."""

from __future__ import annotations

import click

from tintype._cli.display import as_json, table
from tintype._cli.options import option
from tintype_contracts.cli.ending import give_up_in_lines
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.loader import installed, load
from tintype_contracts.runner.facts import KINDS, count_of


@click.command("facts")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@option("--json", "json_", is_flag=True, help="An array of objects.")
def command(names: tuple[str, ...], *, json_: bool) -> None:
    """Count what the sheets say by how literally documents say it; all installed if left out."""
    counted = {name: _count(name) for name in names or installed()}
    if json_:
        as_json([{"provider": name, **count} for name, count in counted.items()])
        return
    rows = [[name, *count.values(), sum(count.values())] for name, count in counted.items()]
    if len(rows) > 1:
        columns = zip(*(row[1:] for row in rows), strict=True)
        rows.append(["all", *map(sum, columns)])
    table(("provider", *KINDS, "facts"), [list(map(str, row)) for row in rows])


def _count(name: str) -> dict[str, int]:
    try:
        return dict(count_of(load(name)))
    except FixtureError as error:
        give_up_in_lines(str(error))
