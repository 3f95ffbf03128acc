"""`tintype keys`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping

import click

from tintype._cli.client import looking
from tintype._cli.display import as_json, table
from tintype._cli.options import option
from tintype._cli.speaking import is_terminal, tell
from tintype._client.stored_keys import NOT_INSTALLED, StoredKeys
from tintype._excerpts import guess
from tintype._keys.signing import unfit
from tintype._keys.variables import own_variable
from tintype._plugins.registry import Registry
from tintype.account import Secret
from tintype.catalog import ProviderInfo
from tintype.errors import UsageError

_NAMES = (click.argument("name"), click.argument("credential", default=""))


@click.group()
def command() -> None:
    """Keep keys in the system's keyring. A variable of the environment wins."""


@command.command("set")
@_NAMES[0]
@_NAMES[1]
def set_(*, name: str, credential: str) -> None:
    """Keep a key of the provider NAME: asked for unseen, or read from standard input."""
    info, which = _found(name, credential)
    key = _asked(own_variable(info, which))
    if not key:
        msg = "A key is asked for, or read from standard input, where nothing stands."
        raise UsageError(msg, provider=name)
    reason = unfit(which, Secret(key), public=key in info.public_keys)
    if reason:
        msg = f"What was given {reason}: nothing is kept."
        raise UsageError(msg, provider=name)
    StoredKeys().set(own_variable(info, which), key)
    tell(f"{name}: the {which} is kept in the keyring.")
    for variable in _variables(info, which):
        if os.environ.get(variable):
            tell(f"note: {variable} is set, and wins.")


@command.command("list")
@option("--json", "json_", is_flag=True, help="An array of objects.")
def list_(*, json_: bool) -> None:
    """List which keys there are, and where each comes from; never the keys."""
    stored = StoredKeys()
    with looking(keyring=False) as client:
        rows = [row for info in client.providers for row in _rows(info, stored)]
    if json_:
        as_json(rows)
    else:
        cells = [[each["provider"], each["credential"], each["from"] or "-"] for each in rows]
        table(("provider", "credential", "from"), cells)
    trouble = stored.trouble if stored.is_installed else NOT_INSTALLED
    if trouble:
        tell(f"note: {trouble}")


@command.command()
@_NAMES[0]
@_NAMES[1]
def remove(*, name: str, credential: str) -> None:
    """Forget a key of the provider NAME."""
    info, which = _found(name, credential)
    StoredKeys().remove(own_variable(info, which))
    tell(f"{name}: the {which} is forgotten.")


def _found(name: str, credential: str) -> tuple[ProviderInfo, str]:
    """A provider, and which of its credentials is meant.

    Raises:
        UnknownProviderError: The provider is nobody.
        UsageError: It has no such credential, or several, and none is named.
    """
    info = Registry().get(name).info
    known = (*info.auth.needs, *info.auth.takes)
    listed = ", ".join(known) or "none"
    which = credential or (known[0] if "key" in known[:1] or len(known) == 1 else "")
    if which in known:
        return info, which
    # What was typed is not repeated: it may be the key itself.
    what = (
        "What stands behind the provider is the name of none of its credentials; the key itself is "
        f"asked for, or read from standard input.{guess(credential, known)}"
        if credential
        else "Say which credential."
    )
    msg = f"{what} There are: {listed}."
    raise UsageError(msg, provider=name)


def _asked(variable: str) -> str:
    if is_terminal(sys.stdin):
        return str(click.prompt(variable, hide_input=True, err=True)).strip()
    try:
        return sys.stdin.read().strip() if sys.stdin else ""
    except UnicodeDecodeError as error:
        msg = "What stands on standard input is no text."
        raise UsageError(msg) from error


def _variables(info: ProviderInfo, which: str) -> Iterator[str]:
    """The variables that a credential may stand in."""
    yield own_variable(info, which)
    if which in info.variables:
        yield info.variables[which]


def _rows(info: ProviderInfo, stored: StoredKeys) -> Iterator[Mapping[str, str]]:
    for which in (*info.auth.needs, *info.auth.takes):
        named = (each for each in _variables(info, which) if os.environ.get(each, "").strip())
        kept = "keyring" if stored.get(own_variable(info, which)) else ""
        yield {"provider": info.name, "credential": which, "from": next(named, kept)}
