"""`tintype models`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeAlias

import click

from tintype._cli.client import looking
from tintype._cli.display import as_json, grouped, table, usd
from tintype._cli.offers import duration
from tintype._cli.options import option, through_proxy
from tintype._excerpts import guess, quoted
from tintype._plugins.registry import unknown_provider
from tintype.catalog import Model, Price, ProviderInfo, Unsupported
from tintype.convert import to_builtins
from tintype.errors import UnsupportedError

_Found: TypeAlias = Sequence[tuple[ProviderInfo, Model]]
_WRAP = ("tasks", "price", "what it takes", "at")
_NOTHING = "-"


@click.command()
@click.argument("model", required=False)
@option("-p", "--provider", "names", multiple=True, help="Only this one (repeatable).")
@option("--live", is_flag=True, help="Ask the provider for its list; needs -p.")
@option("--json", "json_", is_flag=True, help="An array of objects.")
@through_proxy
def command(*, model: str | None, names: tuple[str, ...], live: bool, json_: bool) -> None:
    """List models with their prices, or say who has MODEL, what it takes there and its limits."""
    if live and not names:
        msg = "Name whom to ask: --live goes with -p."
        raise click.UsageError(msg)
    found = _listed(names, live=live)
    if model is not None:
        found = _called(model, found)
    if json_:
        as_json([_row(info.name, each) for info, each in found])
    elif model is None:
        _show_list(found)
    else:
        _show_one(found)


def _listed(names: Sequence[str], *, live: bool) -> _Found:
    """Every model of the providers that are named, or of all."""
    with looking() as client:
        catalog = {info.name: info for info in client.providers}
        for name in names:
            if name not in catalog:
                raise unknown_provider(name, catalog)
        chosen = [catalog[name] for name in dict.fromkeys(names)] or list(catalog.values())
        if live:
            chosen = [client.models(provider=info.name) for info in chosen]
    return [(info, each) for info in chosen for each in info.models]


def _called(wanted: str, found: _Found) -> _Found:
    """Those of a canonical name, or of a provider's own id.

    Raises:
        UnsupportedError: There is none; it says which are near.
    """
    named = [each for each in found if wanted in {each[1].id, each[1].name}]
    if not named:
        known = dict.fromkeys(name for _, each in found for name in (each.name, each.id) if name)
        msg = f"No catalog has a model {quoted(wanted)}.{guess(wanted, known, 3)}"
        raise UnsupportedError(msg, field="model", allowed=tuple(known))
    return named


def _row(provider: str, model: Model) -> dict[str, object]:
    plain = to_builtins(model)
    row = plain if isinstance(plain, dict) else {}
    return {"provider": provider, **row, "tasks": to_builtins(dict(model.abilities))}


def _show_list(found: _Found) -> None:
    rows = [
        {
            "provider": info.name,
            "model": model.id,
            "canonical": model.name,
            "tasks": ", ".join(model.abilities),
            "n": str(model.max_n),
            "price": _prices(model),
            "until": _day(model.retires),
        }
        for info, model in found
    ]
    _show(rows, heads=2)


def _show_one(found: _Found) -> None:
    """One model at everybody who has it: what it costs, its limits, and what it takes."""
    rows = [
        {
            "provider": info.name,
            "model": model.id,
            "price": _prices(model),
            "n": str(model.max_n),
            "in flight": str(model.max_in_flight or ""),
            "a minute": str(model.requests_per_minute or ""),
            "kept": duration(model.results_kept) if model.results_kept else "",
            "until": _day(model.retires),
            "then": model.successor,
        }
        for info, model in found
    ]
    _show(rows, heads=2)
    takes = [
        ((name, words), info.name)
        for info, model in found
        for name, words in _takes(info, model).items()
    ]
    fields = list(dict.fromkeys(name for (name, _), _ in takes))
    taken = sorted(grouped(takes), key=lambda row: fields.index(row[0][0]))
    _show(
        {"field": name, "what it takes": words, "at": ", ".join(at)} for (name, words), at in taken
    )


def _show(rows: Iterable[Mapping[str, str]], heads: int = 1) -> None:
    """A table without the columns in which nothing stands."""
    told = list(rows)
    columns = [name for name in (told or [{}])[0] if any(row[name] for row in told)]
    table(columns, [[row[name] or _NOTHING for name in columns] for row in told], _WRAP, heads)


def _takes(info: ProviderInfo, model: Model) -> Mapping[str, str]:
    """What a model takes in each field."""
    fields = {
        name: ", ".join(held.allowed)
        for name, held in model.parameters.items()
        if not isinstance(held, Unsupported)
    }
    takes = model.references
    if takes is not None:
        most = [] if takes.max_count is None else [f"at most {takes.max_count}"]
        fields["references"] = ", ".join([*most, *takes.roles])
    raw = ", ".join(info.described(model))
    return {**fields, "raw options": raw} if raw else fields


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _prices(model: Model) -> str:
    return "; ".join(_price(line) for line in model.prices) or "not listed"


def _price(line: Price) -> str:
    if line.usd == 0:
        return "free"
    amount = usd(line.usd) if line.usd is not None else f"{line.credits:f} credits"
    when = " ".join(f"{key}={value}" for key, value in line.when.items())
    return f"{amount}/{line.unit}" + (f" ({when})" if when else "")
