"""`tintype generate`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from tintype._resolve import OnUnsupported
from tintype.cli.client import client
from tintype.cli.display import credit, notices, price, progress, usd
from tintype.cli.requests import request_flags, request_from
from tintype.client import Client
from tintype.convert import to_json
from tintype.downloads import check_folder
from tintype.errors import DownloadError, SaveError
from tintype.models import Generation
from tintype.request import ImageRequest


def _dollars(_: click.Context, __: click.Parameter, text: str | None) -> Decimal | None:
    """An amount of money from the command line."""
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        msg = f"{text!r} is not an amount such as 0.05."
        raise click.BadParameter(msg)
    return amount


@click.command()
@request_flags
@click.option("-p", "--provider", required=True, help="Who draws it.")
@click.option(
    "-o", "--output", default=".", show_default=True, metavar="DIR", help="Where to save."
)
@click.option(
    "--max-cost", callback=_dollars, metavar="USD", help="Submit nothing dearer, or unknown."
)
@click.option("--timeout", type=float, help="Seconds to wait for the task.")
@click.option("--webhook-url", help="Where the provider should report the end.")
@click.option("--no-wait", is_flag=True, help="Print the accepted task as JSON, and stop.")
def command(
    *,
    provider: str,
    output: str,
    max_cost: Decimal | None,
    timeout: float | None,
    no_wait: bool,
    on_unsupported: OnUnsupported,
    **flags: object,
) -> None:
    """Draw a picture through one provider and save it."""
    request = request_from(provider, flags)
    with client(on_unsupported=on_unsupported, task_timeout=timeout) as opened:
        if no_wait:
            task = opened.submit(request, provider=provider)
            notices(task.notices)
            click.echo(to_json(task))
            return
        _draw(opened, request, provider, Path(output), max_cost)


def _draw(
    opened: Client, request: ImageRequest, provider: str, folder: Path, max_cost: Decimal | None
) -> None:
    check_folder(folder)
    with progress(provider) as tell:
        drawn = opened.generate(request, provider=provider, max_cost=max_cost, on_progress=tell)
    notices(drawn.notices)
    try:
        paths = opened.save(drawn, folder)
    except (SaveError, DownloadError):
        for task in drawn.tasks:
            click.echo(to_json(task))  # what was paid for can still be collected from this
        raise
    for path in paths:
        click.echo(str(path))
    click.echo(_summary(drawn), err=True)
    for attempt in drawn.attempts:
        if attempt.error is not None:
            raise attempt.error


def _summary(drawn: Generation) -> str:
    cost = drawn.cost
    quoted = price(drawn.quote)
    if drawn.quote.credits[0] is not None:
        quoted = f"{credit(drawn.quote)} credits, {quoted}"
    if cost is None:
        return f"quoted: {quoted}; the provider reports no cost"
    charged = usd(cost.usd)
    if cost.credits is not None:
        charged = f"{cost.credits.normalize():f} credits, {charged}"
    return f"quoted: {quoted}; cost ({cost.source}): {charged}"
