"""`tintype tasks`."""

from __future__ import annotations

import click

from tintype.cli.client import journaled
from tintype.cli.display import as_json, table
from tintype.convert import to_builtins
from tintype.journal import Line


@click.command()
@click.option("--all", "every", is_flag=True, help="Also what is finished.")
@click.option("--json", "json_", is_flag=True, help="An array of objects.")
def command(*, every: bool, json_: bool) -> None:
    """List the journal: what is under way, what is not saved, what nobody knows of."""
    with journaled() as client:
        lines = [line for line in client.journal.lines() if every or line.open or _lost(line)]
    if json_:
        as_json([to_builtins(line) for line in lines])
    else:
        rows = [
            (
                line.entry,
                line.provider,
                line.outcome.value if line.outcome else "under way",
                line.task.state.value if line.task else "-",
                line.billed.value,
                f"{line.created_at:%Y-%m-%d %H:%M}",
                line.request.prompt if line.request else "",
            )
            for line in lines
        ]
        table(("entry", "provider", "submission", "task", "billed", "since", "prompt"), rows)


def _lost(line: Line) -> bool:
    return line.outcome is not None and line.outcome.value == "unknown"
