"""`tintype contracts explain`: what a check is about."""

from __future__ import annotations

import inspect

import click

from tintype._cli.speaking import complain, say
from tintype._excerpts import guess
from tintype_contracts.checks import all_checks

_MISUSE = 2


@click.command("explain")
@click.argument("check_id", required=False)
def command(check_id: str | None) -> None:
    """Say what a check looks at, why, and what an author does about it.

    Without an id, all checks with a line each.
    """
    checks = {check.id: check for check in all_checks()}
    if check_id is None:
        for check in checks.values():
            say(f"{check.id:34} [{check.level}]  {check.summary}")
        return
    found = checks.get(check_id)
    if found is None:
        hint = guess(check_id, checks) or " `tintype contracts explain` lists them."
        complain(f"There is no check {check_id}.{hint}")
        raise SystemExit(_MISUSE)
    say(f"{found.id} (level {found.level}, since {found.since})\n")
    say(inspect.cleandoc(found.explanation))
