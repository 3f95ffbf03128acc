"""`tintype models`."""

from __future__ import annotations

import click

from tintype._cli.display import as_json, table, usd
from tintype._cli.options import option
from tintype._plugins.registry import unknown_provider
from tintype.catalog import Model, Price, ProviderInfo, Unsupported
from tintype.client import Client
from tintype.convert import to_builtins


@click.command()
@option("-p", "--provider", "names", multiple=True, help="Only this one (repeatable).")
@option("--live", is_flag=True, help="Ask the provider for its list; needs -p.")
@option("--json", "json_", is_flag=True, help="An array of objects.")
def command(*, names: tuple[str, ...], live: bool, json_: bool) -> None:
    """List models: their canonical names, their limits and their prices."""
    if live and not names:
        msg = "Name whom to ask: --live goes with -p."
        raise click.UsageError(msg)
    with Client() as client:
        catalog = {info.name: info for info in client.providers}
        for name in names:
            if name not in catalog:
                raise unknown_provider(name, catalog)
        chosen = [catalog[name] for name in names] or list(catalog.values())
        if live:
            chosen = [client.models(provider=info.name) for info in chosen]
    found = [(info, model) for info in chosen for model in info.models]
    if json_:
        as_json([_row(info.name, model) for info, model in found])
    else:
        rows = [
            (
                info.name,
                model.id,
                model.name or "-",
                ", ".join(model.abilities),
                str(model.max_n),
                _limits(info, model),
                _prices(model),
            )
            for info, model in found
        ]
        table(
            ("provider", "model", "canonical", "tasks", "n", "takes", "price"),
            rows,
            ("tasks", "takes", "price"),
        )


def _row(provider: str, model: Model) -> dict[str, object]:
    plain = to_builtins(model)
    row = plain if isinstance(plain, dict) else {}
    return {"provider": provider, **row, "tasks": to_builtins(dict(model.abilities))}


def _limits(info: ProviderInfo, model: Model) -> str:
    """The fields that a model takes, and the raw options that are described for it."""
    named = [name for name, held in model.parameters.items() if not isinstance(held, Unsupported)]
    if model.references is not None:
        most = model.references.max_count
        named.append("references" if most is None else f"references≤{most}")
    taken = ", ".join(named) or "prompt"
    raw = ", ".join(info.described(model))
    return f"{taken}; options {raw}" if raw else taken


def _prices(model: Model) -> str:
    return "; ".join(_price(line) for line in model.prices) or "unknown"


def _price(line: Price) -> str:
    if line.usd == 0:
        return "free"
    amount = usd(line.usd) if line.usd is not None else f"{line.credits:f} credits"
    when = " ".join(f"{key}={value}" for key, value in line.when.items())
    return f"{amount}/{line.unit}" + (f" ({when})" if when else "")
