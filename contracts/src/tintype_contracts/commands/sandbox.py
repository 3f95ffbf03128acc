"""`tintype sandbox`: every provider on loopback, without a key."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

import click

from tintype_contracts.faults import FixtureError
from tintype_contracts.loader import installed
from tintype_contracts.sandbox import Sandbox

_MISUSE = 2


@click.command("sandbox")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="0 is any free port.")
@click.option("--provider", "providers", multiple=True, metavar="NAME", help="All if left out.")
@click.option("--pace", default=1.0, type=click.FloatRange(0), help="Seconds that a state lasts.")
def command(port: int, providers: tuple[str, ...], pace: float) -> None:
    """Serve providers on loopback, made of what they document. Ends with Ctrl-C.

    Prints the lines that point tintype at it: eval "$(tintype sandbox …)" in another shell.
    """
    unknown = sorted(set(providers) - set(installed()))
    if unknown:
        known = ", ".join(installed()) or "none"
        _give_up(f"There are no fixtures of {', '.join(unknown)}; there are: {known}.")
    try:
        with (
            contextlib.suppress(KeyboardInterrupt),
            Sandbox(providers or None, port=port, pace=pace) as sandbox,
        ):
            for name, value in sandbox.environ().items():
                click.echo(f"export {name}={value}")
            sys.stdout.flush()
            threading.Event().wait()
    except OSError as error:
        why = os.strerror(error.errno or 0)
        _give_up(f"Port {port} cannot be used: {why}. Choose another, or 0 for any.")
    except FixtureError as error:
        _give_up(str(error))


def _give_up(sentence: str) -> None:
    click.echo(sentence, err=True)
    raise SystemExit(_MISUSE)
