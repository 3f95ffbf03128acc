"""`tintype webhooks serve`."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import click

from tintype._cli.client import journal_place
from tintype._cli.options import into_folder, option, proxy_here, through_proxy
from tintype._cli.speaking import complain, say_path, tell
from tintype._client.downloads import check_home
from tintype.async_client import AsyncClient
from tintype.errors import TintypeError, UsageError
from tintype.models import Task
from tintype.sinks import Home, home_of
from tintype.webhooks import Message, OnTask, Receive, Send, WebhookApp

ASGIApplication: TypeAlias = Callable[[Mapping[str, object], Receive, Send], Awaitable[None]]


@click.group()
def command() -> None:
    """Take the providers' calls when a task has ended."""


@command.command()
@option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="On which port; 0 is any free one.",
)
@into_folder
@through_proxy
def serve(*, host: str, port: int, output: str) -> None:
    """Listen for POST /<provider>; confirm each call with the provider, and save its images."""
    try:
        import uvicorn  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = "Serving webhooks needs uvicorn: pip install 'tintype[webhooks]'"
        raise UsageError(msg) from error
    home = home_of(output)
    check_home(home)
    client = AsyncClient(journal=journal_place(), proxy=proxy_here(), keyring=True)

    app = WebhookApp(client, saving(client, home))
    closed = closing(app, client)
    with _listener(host, port) as listener:
        place = f"{host}:{listener.getsockname()[1]}"
        tell(f"listening on http://{place}/<provider>")
        try:
            uvicorn.Server(uvicorn.Config(closed, log_level="warning")).run(sockets=[listener])
        finally:
            tell(f"calls: {dict(app.counts)}")


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        msg = f"{host}:{port} cannot be listened on: {why}. Choose another --port."
        raise UsageError(msg) from error


def closing(app: WebhookApp, client: AsyncClient) -> ASGIApplication:
    """The application, whose client is closed when the server's calls have ended.

    Behind its run it would be too late: the loop is gone then, or the process, by a signal.
    """

    async def called(scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                await client.close()
            await send(message)

        await app(scope, receive, told)

    return called


def saving(client: AsyncClient, home: Home) -> OnTask:
    """What saves each task's images and tells where they are, or why they are not there."""

    async def save(task: Task) -> None:
        try:
            for path in await client.save(task, home):
                say_path(path)
        except TintypeError as error:
            complain(str(error))
            raise  # what is not saved is not taken: the provider's next call tries again

    return save
