"""`tintype quote`."""

from __future__ import annotations

import click

from tintype._resolve import OnUnsupported
from tintype.cli.display import as_json, quote_row, quotes_table
from tintype.cli.requests import request_flags, request_from
from tintype.client import Client
from tintype.errors import MissingKeyError, TintypeError
from tintype.models import Quote


@click.command()
@request_flags
@click.option("-p", "--provider", "names", multiple=True, help="Whom to ask (repeatable).")
@click.option("--json", "json_", is_flag=True, help="An array of objects.")
def command(
    *, names: tuple[str, ...], json_: bool, on_unsupported: OnUnsupported, **flags: object
) -> None:
    """Ask what a picture costs: one provider, or every one that has a key."""
    with Client(on_unsupported=on_unsupported) as client:
        if names:
            quotes = [client.quote(request_from(name, flags), provider=name) for name in names]
        else:
            quotes = [_or_why_not(client, name, flags) for name in _with_a_key(client)]
    if json_:
        as_json([quote_row(quote) for quote in quotes])
    else:
        quotes_table(quotes)


def _with_a_key(client: Client) -> list[str]:
    """The providers that have a key.

    Raises:
        MissingKeyError: None has.
    """
    names = [info.name for info in client.providers]
    found = [name for name in names if client.account(name).key is not None]
    if not found:
        keys = ", ".join(f"{name.upper()}_API_KEY" for name in names) or "a provider's key"
        msg = f"No provider has a key: set one of {keys}; `tintype demo` needs none."
        raise MissingKeyError(msg)
    return found


def _or_why_not(client: Client, name: str, flags: dict[str, object]) -> Quote:
    """A provider's quote; where it cannot draw this at all, an unknown one that says why."""
    request = request_from(name, flags)
    try:
        return client.quote(request, provider=name)
    except TintypeError as error:
        return Quote(provider=name, model=request.model or "", reason=error.message)
