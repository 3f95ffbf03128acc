"""`tintype tasks`."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, cast

import click

from tintype._cli.client import journaled
from tintype._cli.display import as_json, table
from tintype._cli.options import option
from tintype._cli.speaking import can_ask, complain, tell
from tintype.convert import to_builtins
from tintype.errors import UsageError
from tintype.journal import JournalRecord

if TYPE_CHECKING:
    from tintype.journal._sql import SqlJournal


@click.group(invoke_without_command=True)
@option("--all", "every", is_flag=True, help="Also what is finished.")
@option("--json", "json_", is_flag=True, help="An array of objects.")
@click.pass_context
def command(context: click.Context, *, every: bool, json_: bool) -> None:
    """List the journal: what is under way, what is not saved, what nobody knows of."""
    if context.invoked_subcommand:
        return
    with journaled() as client:
        journal = client.journal
        records = list(journal.records() if every else journal.unfinished())
    if json_:
        as_json([to_builtins(record) for record in records])
    else:
        rows = [
            (
                record.id,
                record.provider,
                _submission(record),
                record.task.state.value if record.task else "-",
                record.billed.value,
                f"{record.created_at:%Y-%m-%d %H:%M}",
                (record.request and record.request.tag) or "-",
                record.request.prompt if record.request else "",
            )
            for record in records
        ]
        table(
            ("record", "provider", "submission", "task", "billed", "since", "tag", "prompt"),
            rows,
            ("submission", "since", "tag", "prompt"),
        )


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
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day, in UTC, such as 2026-10-01; what is of this month stays.",
)
@option("-y", "--yes", is_flag=True, help="Do not ask.")
def prune(*, before: datetime, yes: bool) -> None:
    """Forget what was over before a day: never what is open, unknown or not saved."""
    with journaled() as client:
        journal = cast("SqlJournal", client.journal)
        count = journal.prune(before.date(), dry=True)
        told = f"{count} record{'' if count == 1 else 's'} before {before:%Y-%m-%d}"
        if count and not yes:
            if not can_ask():
                msg = f"{told} would be forgotten, and nobody can be asked: give --yes."
                raise UsageError(msg)
            click.confirm(f"Forget {told}?", abort=True, err=True)
        if count:
            journal.prune(before.date())
    tell(f"{told} {'is' if count == 1 else 'are'} forgotten.")


def _submission(record: JournalRecord) -> str:
    """What became of the submission; whether an answer is kept that nobody understood."""
    became = record.outcome.value if record.outcome else "under way"
    return f"{became}, answer kept" if record.unread else became
