"""`tintype providers`."""

from __future__ import annotations

import click

from tintype._cli.display import as_json, table
from tintype._cli.options import option
from tintype._cli.speaking import tell
from tintype._client.accounts import missing
from tintype.account import Account
from tintype.catalog import ProviderInfo
from tintype.client import Client
from tintype.convert import to_builtins


@click.command()
@option("--json", "json_", is_flag=True, help="An array of objects.")
def command(*, json_: bool) -> None:
    """List the installed providers: their models, and whether a key is set."""
    with Client() as client:
        keys = {info.name: _is_set(info, client.account(info.name)) for info in client.providers}
        if json_:
            plain = [to_builtins(info) for info in client.providers]
            as_json([{**dict(row), "key": keys[row["name"]]} for row in plain])  # type: ignore[call-overload,index]  # a catalog is an object
        else:
            rows = [
                (
                    info.name,
                    info.title,
                    str(len(info.models)),
                    "set" if keys[info.name] else "-",
                    info.homepage,
                )
                for info in client.providers
            ]
            table(("provider", "title", "models", "key", "get a key"), rows)
        for name, error in client.broken.items():
            tell(f"broken: {name}: {error.message}")


def _is_set(info: ProviderInfo, account: Account) -> bool:
    """Whether an account has all that the provider wants to be shown."""
    return not missing(info, account)
