"""The client of the command line: it keeps a journal wherever it can."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tintype._cli.options import proxy_here, tries_here
from tintype._cli.settings import settings_of
from tintype._cli.speaking import tell
from tintype.client import Client
from tintype.errors import UsageError
from tintype.journal import usual_place

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
    if (tries := tries_here()) is not None:
        options.setdefault("tries", tries)
    options.setdefault("keyring", True)
    return Client(**options)


def journal_place() -> str | Path | None:
    """Where the journal is kept: as the environment says, or the usual place, if there is one.

    Raises:
        UsageError: The user has no home.
    """
    return os.environ.get("TINTYPE_JOURNAL") or usual_place()


def journaled(*, task_timeout: float | None = None, begun: bool = True) -> Client:
    """A client with a journal that is there: to ask what one holds makes none.

    Args:
        task_timeout: Seconds for one task.
        begun: Whether the one that `TINTYPE_JOURNAL` names has to be there. It is not where a
            process died before it could begin one: to finish what that paid for is nothing.

    Raises:
        UsageError: There is none to be had, or none where `TINTYPE_JOURNAL` says.
    """
    place = journal_place()
    if place in {None, "off"}:
        msg = "No journal is kept here: pip install 'tintype[journal]', or set TINTYPE_JOURNAL."
        raise UsageError(msg)
    file = _file_of(place or "")
    if file is None or file.exists():
        return client(task_timeout=task_timeout)
    if begun and os.environ.get("TINTYPE_JOURNAL"):
        msg = f"TINTYPE_JOURNAL names {file}, where no journal is: drawing makes one, asking none."
        raise UsageError(msg)
    tell(f"note: No journal is kept yet: drawing begins one, {file}.")
    return client(task_timeout=task_timeout, journal="sqlite://")  # empty, and gone with us


def _file_of(place: str | Path) -> Path | None:
    """The file that a journal is, where it is one."""
    try:
        from tintype.journal._schema import database_url, file_of  # noqa: PLC0415 - an extra's
    except ImportError:  # opening it says what is missing
        return None
    return file_of(database_url(place))
