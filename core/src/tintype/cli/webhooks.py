"""`tintype webhooks serve`."""

from __future__ import annotations

from pathlib import Path

import click

from tintype.async_client import AsyncClient
from tintype.cli.client import journal_place
from tintype.downloads import check_folder
from tintype.errors import TintypeError, UsageError
from tintype.models import Task
from tintype.webhooks import OnTask, WebhookApp


@click.group()
def command() -> None:
    """Take the providers' calls when a task has ended."""


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8000, show_default=True, help="On which port.")
@click.option(
    "-o", "--output", default=".", show_default=True, metavar="DIR", help="Where to save."
)
def serve(*, host: str, port: int, output: str) -> None:
    """Listen for POST /<provider>; confirm each call with the provider, and save its images."""
    try:
        import uvicorn  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = "Serving webhooks needs uvicorn: pip install 'tintype[webhooks]'"
        raise UsageError(msg) from error
    folder = Path(output)
    check_folder(folder)
    client = AsyncClient(journal=journal_place())

    app = WebhookApp(client, saving(client, folder))
    click.echo(f"listening on http://{host}:{port}/<provider>", err=True)
    uvicorn.run(app, host=host, port=port, log_level="warning")
    click.echo(f"calls: {dict(app.counts)}", err=True)


def saving(client: AsyncClient, folder: Path) -> OnTask:
    """What saves each task's images and tells where they are, or why they are not there."""

    async def save(task: Task) -> None:
        try:
            for path in await client.save(task, folder):
                click.echo(str(path))
        except TintypeError as error:
            click.echo(f"tintype: {error}", err=True)
            raise  # what is not saved is not taken: the provider's next call tries again

    return save
