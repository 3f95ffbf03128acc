"""`tintype quote`."""

from __future__ import annotations

import sys

import click

from tintype._cli.client import looking
from tintype._cli.display import as_json, offer_row, offers_table
from tintype._cli.options import option, through_proxy, verbose
from tintype._cli.requests import request_flags, request_from
from tintype._flow.resolve import OnUnsupported
from tintype._flow.sizes import SizePolicy


@click.command()
@request_flags
@option("-p", "--provider", "names", multiple=True, help="Whom to ask (repeatable).")
@option("--deadline", type=float, default=30.0, show_default=True, help="Seconds to wait for all.")
@option("--json", "json_", is_flag=True, help="An array of objects.")
@through_proxy
@verbose
def command(
    *,
    names: tuple[str, ...],
    deadline: float,
    json_: bool,
    on_unsupported: OnUnsupported,
    size_policy: SizePolicy,
    allow_unlisted: bool,
    **flags: object,
) -> None:
    """Ask what a picture costs, cheapest first: of whom you name, or of all with a key."""
    with looking(
        on_unsupported=on_unsupported, size_policy=size_policy, allow_unlisted=allow_unlisted
    ) as client:
        request = request_from(names or [info.name for info in client.providers], flags)
        offers = client.quotes(request, providers=names or None, deadline=deadline)
    failed = [offer.error for offer in offers if offer.error is not None]
    if len(offers) == 1 and names and failed:
        raise failed[0]
    if json_:
        as_json([offer_row(offer) for offer in offers])
    else:
        offers_table(offers)
    if len(failed) == len(offers):
        sys.exit(2)
