"""`tintype config`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from tintype._cli.client import journal_place
from tintype._cli.display import as_json, table
from tintype._cli.options import option
from tintype._cli.settings import Settings, load, place
from tintype._cli.speaking import say, tell
from tintype.budget import Budget
from tintype.messages import Proxy

_NAMES = ("provider", "order", "model", "folder", "proxy")
_DEFAULTS = {"folder": "."}


@click.command()
@option("--path", is_flag=True, help="Only where the file is, or would be.")
@option("--json", "json_", is_flag=True, help="An array of objects.")
def command(*, path: bool, json_: bool) -> None:
    """Show the defaults that hold, and where each comes from; a wrong line is named."""
    if path:
        say(str(place(os.environ) or "off"))
        return
    settings = load(os.environ)
    rows = list(_rows(settings))
    if json_:
        as_json([dict(zip(("name", "value", "from"), row, strict=True)) for row in rows])
        return
    table(("setting", "value", "from"), [(name, value or "-", by) for name, value, by in rows])
    told = "is read" if settings.found else "is not there: its defaults hold"
    tell(f"{settings.path} {told}." if settings.path else "No file is read.")


def _rows(settings: Settings) -> Iterator[tuple[str, str | None, str]]:
    """Each setting, its value, and what it comes from."""
    for name in _NAMES:
        variable = f"TINTYPE_{name.upper()}"
        given = getattr(settings, name)
        if found := os.environ.get(variable):
            yield name, _shown(name, found), variable
        elif given is not None:
            yield name, _shown(name, given), "file"
        else:
            yield name, _DEFAULTS.get(name), "default"
    for budget in settings.budgets:
        yield "budget", _budget(budget), "file"
    where = os.environ.get("TINTYPE_JOURNAL")
    kept = journal_place()
    yield "journal", None if kept is None else str(kept), "TINTYPE_JOURNAL" if where else "default"


def _shown(name: str, value: str | tuple[str, ...]) -> str:
    """A value without a password."""
    if name == "proxy" and isinstance(value, str):
        return Proxy(value).url
    return value if isinstance(value, str) else ", ".join(value)


def _budget(budget: Budget) -> str:
    unknown = ", unknown prices may leave" if budget.unknown_price else ""
    return f"{budget}{unknown}"
