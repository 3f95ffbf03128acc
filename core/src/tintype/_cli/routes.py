"""The flags that say who draws: one provider, several, or any."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Literal, TypeAlias, TypedDict

import click

from tintype._cli.options import Command, option
from tintype._client.routing import ANY, ORDERS
from tintype._plugins.registry import Registry

NamedOrder: TypeAlias = Literal["price", "listed"]

_FLAGS = (
    option(
        "-p",
        "--provider",
        "names",
        multiple=True,
        required=True,
        setting="provider",
        help="Who draws: of several the first that can; `any` is all that have a key.",
    ),
    option(
        "--order",
        type=click.Choice(ORDERS),
        setting="order",
        help="Whom of several to try first; else as listed, and of `any` by price.",
    ),
)


class Where(TypedDict, total=False):
    """Who draws, as `Client.generate` is told."""

    provider: str
    providers: Sequence[str]
    order: NamedOrder


def route_flags(command: Command) -> Command:  # type: ignore[explicit-any]  # as click
    """Give a command the flags that say who draws."""
    return reduce(lambda made, decorate: decorate(made), reversed(_FLAGS), command)


def where(names: Sequence[str], order: NamedOrder | None) -> Where:
    """Who draws, by a command's flags.

    Raises:
        click.BadParameter: Any provider will do, and one is named.
    """
    if ANY in names:
        if len(names) > 1:
            msg = f"`{ANY}` is every provider that has a key: name none besides."
            raise click.BadParameter(msg, param_hint="--provider")
        return Where(providers=ANY, order=order or "price")
    if len(names) > 1:
        return Where(providers=names, order=order or "listed")
    return Where(provider=names[0])


def all_of(names: Sequence[str]) -> Sequence[str]:
    """Everyone who may be asked."""
    return Registry().names if ANY in names else names
