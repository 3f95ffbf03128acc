"""`tintype generate`."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from tintype._blame import about
from tintype._cli.client import client
from tintype._cli.display import charged, notices, progress, quoted
from tintype._cli.options import option, verbose
from tintype._cli.requests import dollars, request_flags, request_from
from tintype._cli.speaking import say_json, say_path, tell
from tintype._cli.unfinished import Seen, told_if_interrupted
from tintype._client.downloads import check_folder
from tintype._flow.resolve import OnUnsupported
from tintype._flow.verdicts import check_cost
from tintype.client import Client
from tintype.convert import to_json
from tintype.errors import DownloadError, SaveError, UnsupportedError
from tintype.models import Generation, Task
from tintype.request import ImageRequest


@click.command()
@request_flags
@option("-p", "--provider", required=True, help="Who draws it.")
@option("-o", "--output", default=".", show_default=True, metavar="DIR", help="Where to save.")
@option("--max-cost", callback=dollars, metavar="USD", help="Submit nothing dearer, or unknown.")
@option("--timeout", type=float, help="Seconds to wait for the task.")
@option("--webhook-url", help="Where the provider should report the end.")
@option("--no-wait", is_flag=True, help="Print the accepted task as JSON, and stop.")
@verbose
def command(  # noqa: PLR0913 - each is a flag
    *,
    provider: str,
    output: str,
    max_cost: Decimal | None,
    timeout: float | None,
    no_wait: bool,
    on_unsupported: OnUnsupported,
    allow_unlisted: bool,
    **flags: object,
) -> None:
    """Draw a picture through one provider and save it."""
    request = request_from([provider], flags)
    folder = Path(output)
    check_folder(folder)
    with (
        told_if_interrupted() as seen,
        client(
            on_unsupported=on_unsupported,
            allow_unlisted=allow_unlisted,
            task_timeout=timeout,
            observers=[seen.observe],
        ) as opened,
    ):
        if no_wait:
            _submit(opened, request, provider, folder, max_cost)
        else:
            _draw(opened, request, provider, folder, max_cost, seen)


def _submit(
    opened: Client, request: ImageRequest, provider: str, folder: Path, max_cost: Decimal | None
) -> None:
    if max_cost is not None:
        check_cost(opened.quote(request, provider=provider), max_cost)
    try:
        task = opened.submit(request, provider=provider)
    except UnsupportedError as error:
        if error.field != "n":
            raise
        msg = f"One submission draws {error.allowed[0]} here: ask for that, or leave --no-wait out."
        raise UnsupportedError(
            msg, field="n", allowed=error.allowed, provider=error.provider
        ) from error
    notices(task.notices)
    say_json(to_json(task))
    if task.state.terminal and task.images:  # there is nothing left for another process to do
        for path in opened.save(task, folder):
            tell(str(path))


def _draw(
    opened: Client,
    request: ImageRequest,
    provider: str,
    folder: Path,
    max_cost: Decimal | None,
    seen: Seen,
) -> None:
    with progress(provider, request.n) as show:

        def note(task: Task) -> None:
            seen.note(task)
            show(task)

        drawn = opened.generate(request, provider=provider, max_cost=max_cost, on_progress=note)
    notices(drawn.notices)
    paths = _save(opened, drawn, folder)
    seen.forget(drawn.tasks)
    for path in paths:
        say_path(path)
    tell(_summary(drawn))
    for attempt in drawn.attempts:
        if attempt.error is not None:
            raise about(attempt.error, attempts=drawn.attempts)  # each that goes on is told of


def _save(opened: Client, drawn: Generation, folder: Path) -> tuple[Path, ...]:
    try:
        return opened.save(drawn, folder)
    except (SaveError, DownloadError):
        for task in drawn.tasks:
            say_json(to_json(task))  # what was paid for can still be collected from this
        raise


def _summary(drawn: Generation) -> str:
    known = drawn.cost
    source = f" ({known.source})" if known else ""
    return f"quoted: {quoted(drawn.quote)}; cost{source}: {charged(known)}"
