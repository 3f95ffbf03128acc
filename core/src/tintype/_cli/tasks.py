"""`tintype tasks`."""

from __future__ import annotations

import click

from tintype._cli.client import journaled
from tintype._cli.display import as_json, table
from tintype._cli.options import option
from tintype.convert import to_builtins
from tintype.journal import JournalRecord


@click.command()
@option("--all", "every", is_flag=True, help="Also what is finished.")
@option("--json", "json_", is_flag=True, help="An array of objects.")
def command(*, every: bool, json_: bool) -> None:
    """List the journal: what is under way, what is not saved, what nobody knows of."""
    with journaled() as client:
        records = [
            record for record in client.journal.records() if every or record.open or _lost(record)
        ]
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
            ("record", "provider", "submission", "task", "billed", "since", "tag", "prompt"), rows
        )


def _submission(record: JournalRecord) -> str:
    """What became of the submission; whether an answer is kept that nobody understood."""
    became = record.outcome.value if record.outcome else "under way"
    return f"{became}, answer kept" if record.unread else became


def _lost(record: JournalRecord) -> bool:
    return record.outcome is not None and record.outcome.value == "unknown"
