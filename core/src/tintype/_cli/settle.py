"""`tintype settle`."""

from __future__ import annotations

import click

from tintype._cli.client import journaled
from tintype._cli.options import option
from tintype._cli.records import whole
from tintype.errors import Billed


@click.command()
@click.argument("record")
@option(
    "--billed",
    required=True,
    type=click.Choice(["yes", "no"]),
    help="What the provider's own list or bill says.",
)
@option("--reason", default="", help="Where you looked it up, for the journal.")
def command(*, record: str, billed: str, reason: str) -> None:
    """Close a record by what you have looked up: its budget counts it, or gets it back."""
    with journaled() as client:
        (record,) = whole(client.journal, [record])
        closed = client.journal.settle(record, billed=Billed(billed), reason=reason)
    click.echo(f"tintype: {closed.id} ({closed.provider}) is settled, billed {billed}.", err=True)
