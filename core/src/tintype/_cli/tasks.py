"""`tintype tasks`."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import TYPE_CHECKING, cast

import click

from tintype._cli.client import journaled
from tintype._cli.display import as_json
from tintype._cli.options import Day, option
from tintype._cli.records import check_names, show_list, show_whole, whole
from tintype._cli.speaking import can_ask, complain, say_json, tell
from tintype.convert import to_builtins
from tintype.errors import UsageError

if TYPE_CHECKING:
    from tintype.journal._sql import SqlJournal


@click.group(invoke_without_command=True)
@option("--all", "every", is_flag=True, help="Also what is finished.")
@option("-p", "--provider", help="Of this provider alone.")
@option("--tag", empty=True, help="Of this tag alone; '' is none.")
@option("--label", empty=True, help="Of this label alone; '' is none.")
@option("--json", "json_", is_flag=True, help="An array of objects.")
@click.pass_context
def command(context: click.Context, /, *, every: bool, json_: bool, **of: str | None) -> None:
    """List the journal: what is under way, what is not saved, what nobody knows of."""
    if context.invoked_subcommand:
        return
    wanted = {name: value for name, value in of.items() if value is not None}
    with journaled() as client:
        journal = client.journal
        check_names(journal, wanted)
        found = journal.records() if every else journal.unfinished()
        records = [
            each
            for each in found
            if all(getattr(each, name) == value for name, value in wanted.items())
        ]
    if json_:
        as_json([to_builtins(record) for record in records])
    elif records:
        show_list(records)
    else:
        tell("Nothing is open." if not every else "The journal is empty.")


@command.command()
@click.argument("record")
@option("--json", "json_", is_flag=True, help="An object.")
def show(*, record: str, json_: bool) -> None:
    """Show a record whole: its files, what it was quoted and cost, and why."""
    with journaled() as client:
        (found,) = client.journal.records(whole(client.journal, [record]))
    if json_:
        say_json(json.dumps(to_builtins(found), ensure_ascii=False, indent=2))
    else:
        show_whole(found)


@command.command()
@option("--mend", is_flag=True, help="Have it as the records say.")
def check(*, mend: bool) -> None:
    """Hold the sums that budgets count with, and what is open, against the records."""
    with journaled() as client:
        found = cast("SqlJournal", client.journal).check(mend=mend)
    for each in found:
        complain(each)
    if found and not mend:
        sys.exit(1)


@command.command()
@option(
    "--before",
    required=True,
    type=Day(),
    metavar="DATE",
    help="The day, in UTC, such as 2026-10-01; what is of this month stays.",
)
@option("-y", "--yes", is_flag=True, help="Do not ask.")
def prune(*, before: date, yes: bool) -> None:
    """Forget what was over before a day: never what is open, unknown or not saved."""
    with journaled() as client:
        journal = cast("SqlJournal", client.journal)
        count = journal.prune(before, dry=True)
        told = f"{count} record{'' if count == 1 else 's'} before {before}"
        if count and not yes:
            if not can_ask():
                msg = f"{told} would be forgotten, and nobody can be asked: give --yes."
                raise UsageError(msg)
            click.confirm(f"Forget {told}?", abort=True, err=True)
        if count:
            journal.prune(before)
    tell(f"{told} {'is' if count == 1 else 'are'} forgotten.")
