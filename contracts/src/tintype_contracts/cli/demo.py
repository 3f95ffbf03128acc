"""`tintype demo`: every provider priced and drawn from, in the sandbox unless told otherwise."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click
from attrs import evolve
from PIL import Image as Picture

from tintype import Client
from tintype._cli.client import client
from tintype._cli.display import charged, offers_table, price, table
from tintype._cli.drawing import Drawn, Order, draw, tell_failures
from tintype._cli.options import option, verbose
from tintype._cli.requests import prompt_from
from tintype._cli.speaking import can_ask
from tintype._cli.unfinished import Seen, told_if_interrupted
from tintype._client.accounts import advice, missing
from tintype._client.downloads import check_folder
from tintype._printable import printable
from tintype.errors import MissingKeyError, UnknownProviderError, UsageError
from tintype.models import Offer
from tintype.request import ImageRequest
from tintype_contracts.fixtures.loader import installed
from tintype_contracts.sandbox import Sandbox

_MODEL = "seedream-4.5"  # what several providers sell; of another its own default draws


@click.command()
@click.argument("prompt", default="a red panda astronaut", callback=prompt_from)
@option("-p", "--provider", "names", multiple=True, help="Only this one (repeatable).")
@option("-m", "--model", help=f"What draws it: {_MODEL} where there is one, if left out.")
@option("-o", "--output", default="out", show_default=True, metavar="DIR", help="Where to.")
@option(
    "--pace",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds a sandbox state lasts.",
)
@option("--live", is_flag=True, help="Pay the providers named with -p, with your keys.")
@option("-y", "--yes", is_flag=True, help="Do not ask before real money is spent.")
@verbose
def command(  # noqa: PLR0913 - each is a flag
    *,
    prompt: str,
    names: tuple[str, ...],
    model: str | None,
    output: str,
    pace: float,
    live: bool,
    yes: bool,
) -> None:
    """Price a picture at every provider, draw it, and save it: a tour that needs no key.

    The sandbox plays all of them, from what their documentation says, and no key in the
    environment is used. With --live the providers named with -p are paid, after a question.
    """
    request = ImageRequest(prompt=prompt, model=model)
    folder = Path(output)
    check_folder(folder)
    with ExitStack() as stack:
        seen = stack.enter_context(told_if_interrupted())
        if live:
            opened = _payer(names, seen, yes=yes)
        else:
            names = _played(names)
            sandbox = stack.enter_context(Sandbox(names, pace=pace))
            opened, seen = Client(environ=sandbox.environ(), journal="off"), Seen()
        with opened:
            orders = _orders(opened, request, tuple(dict.fromkeys(names)))
            offers = [each.offer for each in orders]
            offers_table(offers)
            if live and not yes:
                _ask(offers)
            drawn = draw(opened, orders, folder, seen)
    _show(drawn, live=live)
    if tell_failures(drawn, lasting=live):  # what the sandbox plays is gone with it
        sys.exit(1)


def _played(names: Sequence[str]) -> tuple[str, ...]:
    """The providers that the sandbox plays, or those of them that are named.

    Raises:
        UnknownProviderError: There is none of that name.
    """
    able = [info.name for info in Client(journal="off").providers if info.name in installed()]
    for name in names:
        _check_known(name, able)
    if not able:
        msg = "No provider is installed: pip install a plugin, such as tintype-apiyi."
        raise UnknownProviderError(msg)
    return tuple(names or able)


def _payer(names: Sequence[str], seen: Seen, *, yes: bool) -> Client:
    """A client that writes down what it pays for, where somebody may say that it should.

    Raises:
        UsageError: Nobody is named, or there is nobody to be asked.
        UnknownProviderError: There is no provider of that name.
        MissingKeyError: It has no key.
    """
    if not names:
        msg = "--live pays only who is named: give -p NAME, too."
        raise UsageError(msg)
    if not (yes or can_ask()):
        msg = "Nobody can be asked whether this may cost money: give --yes. Nothing was sent."
        raise UsageError(msg)
    opened = client(observers=[seen.observe])
    infos = {info.name: info for info in opened.providers}
    for name in names:
        _check_known(name, list(infos))
        lacking = missing(infos[name], opened.account(name))
        if lacking:
            msg = f"{name} is paid with a key: {advice(infos[name], lacking)}"
            raise MissingKeyError(msg)
    return opened


def _check_known(name: str, known: Sequence[str]) -> None:
    if name not in known:
        msg = f"The demo knows no provider {name!r}. It knows: {', '.join(known) or 'none'}."
        raise UnknownProviderError(msg)


def _orders(opened: Client, request: ImageRequest, names: Sequence[str]) -> list[Order]:
    """What each is to draw, for no more than it says: the model that is wanted, or its own."""
    infos = {info.name: info for info in opened.providers}
    usual = evolve(request, model=request.model or _MODEL)
    having = [name for name in names if request.model or infos[name].find(_MODEL)]
    others = [name for name in names if name not in having]
    return [
        Order(request=asked, offer=offer, limit=offer.quote.high)
        for asked, group in ((usual, having), (request, others))
        if group
        for offer in opened.quotes(asked, providers=group)
    ]


def _ask(offers: Sequence[Offer]) -> None:
    """Whether what it costs is to be paid. Nothing runs meanwhile: an interrupt ends it."""
    costs = ", ".join(f"{offer.provider} {_named(offer)}" for offer in offers)
    click.confirm(printable(f"Pay with your own accounts: {costs}?"), abort=True, err=True)


def _named(offer: Offer) -> str:
    known = offer.quote.high is not None
    return price(offer.quote) if known else "a price that nobody tells"


def _show(drawn: Sequence[Drawn], *, live: bool) -> None:
    where = "live" if live else "sandbox"
    rows = [
        (each.offer.provider, where, str(path), _size(path), charged(each.made.cost))
        for each in drawn
        if each.made is not None
        for path in each.paths
    ]
    table(("provider", "drawn", "file", "pixels", "cost"), rows)


def _size(path: Path) -> str:
    if path.suffix == ".svg":
        return "vector"
    try:
        with Picture.open(path) as picture:
            return f"{picture.width}x{picture.height}"
    except (OSError, ValueError):  # it is saved; Pillow need not know its kind
        return "unknown"
