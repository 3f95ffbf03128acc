"""The client of the command line: it keeps a journal wherever it can."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tintype._cli.options import proxy_here
from tintype._cli.settings import settings_of
from tintype.client import Client
from tintype.errors import UsageError
from tintype.journal import NoJournal, usual_place

if TYPE_CHECKING:
    from typing import Unpack

    from tintype._client.options import Keywords


def client(**options: Unpack[Keywords]) -> Client:
    """A client that writes down what it pays for.

    The journal is what `TINTYPE_JOURNAL` names, else the usual place, where
    `tintype[journal]` is installed. Every submission fits into the budgets of the file of settings.
    """
    options.setdefault("journal", journal_place())
    context = click.get_current_context(silent=True)
    options.setdefault("budgets", settings_of(context).budgets)
    return looking(**options)


def looking(**options: Unpack[Keywords]) -> Client:
    """A client that buys nothing: it keeps a journal only where `TINTYPE_JOURNAL` names one."""
    options.setdefault("proxy", proxy_here())
    options.setdefault("keyring", True)
    return Client(**options)


def journal_place() -> str | Path | None:
    """Where the journal is kept: as the environment says, or the usual place, if there is one.

    Raises:
        UsageError: The user has no home.
    """
    return os.environ.get("TINTYPE_JOURNAL") or usual_place()


def journaled(*, task_timeout: float | None = None) -> Client:
    """A client with a journal.

    Raises:
        UsageError: There is none to be had.
    """
    made = client(task_timeout=task_timeout)
    if isinstance(made.journal, NoJournal):
        msg = "No journal is kept here: pip install 'tintype[journal]', or set TINTYPE_JOURNAL."
        raise UsageError(msg)
    return made
