"""`tintype compare`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import click

from tintype._amounts import plain
from tintype._cli.client import client
from tintype._cli.display import charged, price, quoted
from tintype._cli.drawing import Order, draw, tell_failures
from tintype._cli.options import labelled, option, through_proxy, verbose
from tintype._cli.page import page
from tintype._cli.requests import dollars, request_flags, request_from
from tintype._cli.speaking import say_path, tell
from tintype._cli.unfinished import told_if_interrupted
from tintype._client.downloads import check_folder
from tintype._files import Place
from tintype._flow.resolve import OnUnsupported
from tintype._flow.sizes import SizePolicy
from tintype.errors import CostLimitError, SaveError
from tintype.models import Offer

_PAGE = "compare.html"


@click.command()
@request_flags
@option("-p", "--provider", "names", multiple=True, required=True, help="Who draws (repeatable).")
@option(
    "--max-cost",
    required=True,
    callback=dollars,
    metavar="USD",
    help="Submit nothing where all together may be dearer.",
)
@option(
    "-o", "--output", metavar="PAGE", help=f"The page, by default {_PAGE}; pictures go beside it."
)
@labelled
@option("--timeout", type=float, help="Seconds to wait for each task.")
@through_proxy
@verbose
def command(  # noqa: PLR0913 - each is a flag
    *,
    names: tuple[str, ...],
    max_cost: Decimal,
    output: str | None,
    label: str,
    timeout: float | None,
    on_unsupported: OnUnsupported,
    size_policy: SizePolicy,
    allow_unlisted: bool,
    **flags: object,
) -> None:
    """Draw a picture at several providers, and put it side by side on a page."""
    request = request_from(names, flags)
    place = _place(output)
    with (
        told_if_interrupted() as seen,
        client(
            on_unsupported=on_unsupported,
            size_policy=size_policy,
            allow_unlisted=allow_unlisted,
            task_timeout=timeout,
            label=label,
            observers=[seen.observe],
        ) as opened,
    ):
        offers = opened.quotes(request, providers=names)
        _check_total(offers, max_cost)
        orders = [
            Order(request=request, offer=each, limit=_most(each, max_cost)) for each in offers
        ]
        drawn = draw(opened, orders, place.folder, seen)
    say_path(_write(place, page(request, drawn)))
    for each in drawn:
        for path in each.paths:
            say_path(path)
        if each.made is not None:
            paid = charged(each.made.cost)
            tell(f"{each.offer.provider}: quoted: {quoted(each.offer.quote)}; cost: {paid}")
    if tell_failures(drawn):
        sys.exit(1)


def _place(output: str | None) -> Place:
    """Where the page goes, found out before anything is paid.

    Raises:
        SaveError: It stands there already, or the folder cannot be written to.
    """
    path = Path(output or _PAGE)
    check_folder(path.parent)
    place = Place(folder=path.parent, stem=path.stem, exact=output is not None)
    if place.exact and path.exists():
        msg = f"{path} exists: choose another place for the page with -o."
        raise SaveError(msg)
    return place


def _check_total(offers: Sequence[Offer], max_cost: Decimal) -> None:
    """Refuse what may cost more than the limit, all together; an unknown price is drawn by nobody.

    Raises:
        CostLimitError: It may.
    """
    known = {each.provider: each.quote for each in offers if each.quote.high is not None}
    most = sum((quote.high or Decimal(0) for quote in known.values()), Decimal(0))
    if most > max_cost:
        listed = ", ".join(f"{name} {price(quote)}" for name, quote in known.items())
        msg = (
            f"All together may cost ${plain(most)}, more than --max-cost {plain(max_cost)} "
            f"({listed}). Nothing was submitted."
        )
        raise CostLimitError(msg)


def _most(offer: Offer, max_cost: Decimal) -> Decimal:
    """What one may cost: what it says, so that the sum holds. Whose price is unknown is refused."""
    return max_cost if offer.quote.high is None else offer.quote.high


def _write(place: Place, text: str) -> Path:
    """The page under the first name that nobody has."""
    try:
        for path in place.names("html"):
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(text)
            except FileExistsError:
                continue
            return path
    except OSError as error:
        msg = (
            f"Cannot write the page into {place.folder}: {error.strerror}. The pictures are there."
        )
        raise SaveError(msg) from error
    msg = f"{place.folder / place.stem}.html exists by now. The pictures are there."
    raise SaveError(msg)
