"""`tintype resume`."""

from __future__ import annotations

import sys

import click

from tintype._cli.client import journaled
from tintype._cli.display import progress
from tintype._cli.options import Verbosity, into_folder, option, through_proxy, verbose
from tintype._cli.records import whole
from tintype._cli.speaking import complain, say_path
from tintype._cli.unfinished import tell_details, words_for
from tintype._client.downloads import check_home
from tintype.sinks import home_of


@click.command()
@click.argument("records", nargs=-1)
@into_folder
@option("--timeout", type=float, help="Seconds to wait for each task.")
@through_proxy
@verbose
def command(*, records: tuple[str, ...], output: str, timeout: float | None) -> None:
    """Finish what was paid for: wait for tasks, save images, tell what nobody knows of."""
    home = home_of(output)
    check_home(home)
    with (
        journaled(task_timeout=timeout, begun=bool(records)) as client,
        progress("resume") as show,
    ):
        resumed = client.resume(home, records=whole(client.journal, records), on_progress=show)
    for each in resumed:
        for path in each.paths:
            say_path(path)
        words = words_for(each.error) if each.error else each.advice
        if words:
            complain(f"{each.record.id} ({each.record.provider}): {words}")
        if each.error and Verbosity.here():
            tell_details(each.error)
    if any(each.error for each in resumed):
        sys.exit(1)
