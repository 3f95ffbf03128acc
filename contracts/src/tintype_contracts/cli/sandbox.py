"""`tintype sandbox`: every provider on loopback, without a key."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tintype._cli.options import option
from tintype._cli.speaking import say
from tintype_contracts.cli.ending import give_up, give_up_in_lines

if TYPE_CHECKING:
    from tintype_contracts.sandbox import Fault

_MADE = "made"


@click.command("sandbox")
@option("--port", default=0, type=click.IntRange(0, 65535), help="0 is any free port.")
@option("--provider", "providers", multiple=True, metavar="NAME", help="All if left out.")
@option("--pace", default=1.0, type=click.FloatRange(0), help="Seconds that a state lasts.")
@option(
    "--fault",
    "wanted",
    multiple=True,
    metavar="PROVIDER:OPERATION:NTH:KIND[:SECONDS]",
    help="Something that is to go wrong, such as apiyi:submit:1:reset-after-reading.",
)
@option("--lenient", is_flag=True, help="Accept undocumented fields and models.")
@option(
    "--tls",
    is_flag=False,
    flag_value=_MADE,
    metavar="[PEM]",
    help="Speak TLS: with a certificate that is made, or the one in a file with its key.",
)
def command(
    *,
    port: int,
    providers: tuple[str, ...],
    pace: float,
    wanted: tuple[str, ...],
    lenient: bool,
    tls: str | None,
) -> None:
    """Serve providers on loopback, made of what they document. Ends with Ctrl-C or SIGTERM.

    Prints the lines that point tintype at it. With `tintype sandbox > sandbox.env &` another
    shell reads them by `. ./sandbox.env`.
    Faults can be dialled in later, too: POST them to /-/faults; GET /-/ledger/NAME tells what
    was charged. docs/faults.md lists the kinds.
    """
    # A server and the format of fixtures: they take ten times as long to import as a page of help.
    from tintype_contracts.fixtures.flaws import FixtureError  # noqa: PLC0415
    from tintype_contracts.fixtures.loader import installed  # noqa: PLC0415
    from tintype_contracts.sandbox import Sandbox  # noqa: PLC0415
    from tintype_contracts.sandbox.serving.certificates import CertificateError  # noqa: PLC0415

    unknown = sorted(set(providers) - set(installed()))
    if unknown:
        known = ", ".join(installed()) or "none"
        give_up(f"There are no fixtures of {', '.join(unknown)}; there are: {known}.")
    sandbox = Sandbox(
        providers or None,
        port=port,
        pace=pace,
        faults=_faults(wanted),
        lenient=lenient,
        tls=Path(tls) if tls not in {None, _MADE} else bool(tls),
    )
    try:
        with _terminated() as ended, sandbox:
            for name, value in sandbox.environ().items():
                say(f"export {name}={value}")
            sys.stdout.flush()
            ended.wait()  # for SIGTERM, or an interrupt
    except OSError as error:
        why = os.strerror(error.errno or 0)
        give_up(f"Port {port} cannot be used: {why}. Choose another, or 0 for any.")
    except (FixtureError, CertificateError) as error:
        give_up_in_lines(str(error))


@contextmanager
def _terminated() -> Iterator[threading.Event]:
    """What is set when the process is told to end by SIGTERM."""
    ended = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        yield ended
    finally:
        signal.signal(signal.SIGTERM, before)


def _faults(wanted: tuple[str, ...]) -> list[Fault]:
    from tintype_contracts.sandbox import fault_from  # noqa: PLC0415 - as above

    try:
        return [fault_from(text) for text in wanted]
    except ValueError as error:
        give_up(str(error))
