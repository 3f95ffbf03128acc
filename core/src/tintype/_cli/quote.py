"""`tintype quote`."""

from __future__ import annotations

import sys

import click

from tintype._cli.display import as_json, quote_row, quotes_table
from tintype._cli.options import option, verbose
from tintype._cli.requests import request_flags, request_from
from tintype._client.accounts import has_key
from tintype._flow.resolve import OnUnsupported
from tintype._keys.variables import variable
from tintype.client import Client
from tintype.errors import MissingKeyError, TintypeError
from tintype.models import Quote
from tintype.request import ImageRequest


@click.command()
@request_flags
@option("-p", "--provider", "names", multiple=True, help="Whom to ask (repeatable).")
@option("--json", "json_", is_flag=True, help="An array of objects.")
@verbose
def command(
    *, names: tuple[str, ...], json_: bool, on_unsupported: OnUnsupported, **flags: object
) -> None:
    """Ask what a picture costs: one provider, or every one that has a key."""
    with Client(on_unsupported=on_unsupported) as client:
        asked = dict.fromkeys(names) or _with_a_key(client)
        answers = [_quote_or_error(client, request_from(name, flags), name) for name in asked]
    failed = [error for _, error in answers if error is not None]
    if len(asked) == 1 and names and failed:
        raise failed[0]
    quotes = [quote for quote, _ in answers]
    if json_:
        as_json([quote_row(quote) for quote in quotes])
    else:
        quotes_table(quotes)
    if len(failed) == len(answers):
        sys.exit(2)


def _with_a_key(client: Client) -> list[str]:
    """The providers that have a key. One that needs none, such as a server of one's own, is named.

    Raises:
        MissingKeyError: None has.
    """
    infos = client.providers
    found = [info.name for info in infos if has_key(info, client.account(info.name))]
    if not found:
        needing = [info for info in infos if not info.auth.optional]
        named = [variable(info, name) for info in needing for name in info.auth.needs[:1]]
        keys = ", ".join(named) or "a provider's key"
        msg = f"No provider has a key: set one of {keys}; `tintype demo` needs none."
        raise MissingKeyError(msg)
    return found


def _quote_or_error(
    client: Client, request: ImageRequest, name: str
) -> tuple[Quote, TintypeError | None]:
    """A quote; of a provider that cannot draw this at all, an unknown one that says why."""
    try:
        return client.quote(request, provider=name), None
    except TintypeError as error:
        return Quote(provider=name, model=request.model or "", reason=error.message), error
