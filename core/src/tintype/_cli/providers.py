"""`tintype providers`."""

from __future__ import annotations

import click

from tintype._cli.client import looking
from tintype._cli.display import as_json, table
from tintype._cli.offers import NOT_NEEDED, offers
from tintype._cli.options import option
from tintype._cli.speaking import tell
from tintype._client.accounts import has_key
from tintype._plugins.registry import Registry
from tintype.account import Account
from tintype.catalog import ProviderInfo
from tintype.convert import to_builtins


@click.command()
@click.argument("name", required=False)
@option("--json", "json_", is_flag=True, help="An array of objects.")
def command(*, name: str | None, json_: bool) -> None:
    """List the installed providers, or say what the one of that NAME offers."""
    if name is not None:
        offered = offers(Registry().get(name))
        if json_:
            as_json([{"name": name, **offered}])
        else:
            table((name, ""), list(offered.items()), ("",))
        return
    with looking() as client:
        keys = {info.name: _key(info, client.account(info.name)) for info in client.providers}
        if json_:
            plain = [to_builtins(info) for info in client.providers]
            as_json([{**dict(row), "key": keys[row["name"]] == "set"} for row in plain])  # type: ignore[call-overload,index]  # a catalog is an object
        else:
            rows = [
                (
                    info.name,
                    info.title,
                    str(len(info.models)),
                    keys[info.name],
                    info.homepage,
                )
                for info in client.providers
            ]
            table(("provider", "title", "models", "key", "get a key"), rows, ("title",))
        for broken, error in client.broken.items():
            tell(f"broken: {broken}: {error.message}")


def _key(info: ProviderInfo, account: Account) -> str:
    """Whether an account has all that the provider wants to be shown, or nothing is wanted."""
    return "set" if has_key(info, account) else NOT_NEEDED if info.auth.optional else "-"
