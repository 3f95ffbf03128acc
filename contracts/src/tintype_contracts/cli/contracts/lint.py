"""`tintype contracts lint`: sheets against the rules of their format."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from tintype._cli.options import option
from tintype._cli.speaking import say
from tintype_contracts.cli.ending import give_up, give_up_in_lines
from tintype_contracts.fixtures.ageing import ages
from tintype_contracts.fixtures.flaws import FixtureError, Flaw
from tintype_contracts.fixtures.loader import installed, installed_folder, load_folder

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("lint")
@click.argument("names", nargs=-1, metavar="[NAME|FOLDER]...")
@option("--today", type=_DAY, help="Tell what is old on that day: after 180 days.")
@option("--strict", is_flag=True, help="With --today: more than a year is a fault.")
def command(names: tuple[str, ...], *, today: datetime | None, strict: bool) -> None:
    """Hold sheets and excerpts against the rules of their format; all installed if left out.

    Exit status: 0 nothing is wrong, 1 something is, 2 misuse.
    """
    wrong = 0
    for name in names or installed():
        folder = _folder(name)
        faults = _rule_faults(folder)
        wrong += len(faults)
        for fault in faults:
            say(f"{name}/{fault}")
        wrong += _old(name, folder, today.date(), strict=strict) if today and not faults else 0
    say(f"{wrong} faults." if wrong else "Nothing is wrong.")
    raise SystemExit(1 if wrong else 0)


def _old(name: str, folder: Path, today: date, *, strict: bool) -> int:
    """Tells which sources are old; how many of them are faults."""
    found = list(ages(load_folder(folder), today))
    for age in found:
        say(f"{age.severity} {name}/{age.fault()}")
    return sum(age.severity == "error" for age in found) if strict else 0


def _folder(name: str) -> Path:
    """The folder of that path, or that an installed provider's fixtures lie in."""
    try:
        folder = installed_folder(name) or Path(name)
    except FixtureError as error:
        give_up_in_lines(str(error))
    if not folder.is_dir():
        give_up(f"{name} is neither a folder nor a provider that has fixtures installed.")
    return folder


def _rule_faults(folder: Path) -> tuple[Flaw, ...]:
    try:
        load_folder(folder)
    except FixtureError as error:
        return error.faults
    return ()
