"""`tintype demo`: every provider priced and drawn from; in the sandbox where no key is set."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

import click
from attrs import frozen
from PIL import Image as Picture

from tintype.async_client import AsyncClient
from tintype.cli.display import console, progress_words, quotes_table, table, usd
from tintype.downloads import check_folder
from tintype.errors import TintypeError, UnknownProviderError
from tintype.models import Quote, Task
from tintype.request import ImageRequest
from tintype_contracts.loader import installed
from tintype_contracts.sandbox import Sandbox

_MODEL = "seedream-4.5"  # the one model that all five providers sell

# Called with a provider and a few words on how it stands, over and over.
_Tell: TypeAlias = Callable[[str, str], None]


@frozen(kw_only=True)
class _Drawn:
    """What came of one provider: files, or an error."""

    provider: str
    paths: tuple[Path, ...] = ()
    cost: str = ""
    error: TintypeError | None = None


@click.command()
@click.argument("prompt", default="a red panda astronaut")
@click.option("-p", "--provider", "names", multiple=True, help="Only this one (repeatable).")
@click.option("-m", "--model", default=_MODEL, show_default=True, help="What draws it.")
@click.option("-o", "--output", default="out", show_default=True, metavar="DIR", help="Where to.")
@click.option("--pace", default=0.5, show_default=True, help="Seconds a sandbox state lasts.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before real money is spent.")
def command(
    *, prompt: str, names: tuple[str, ...], model: str, output: str, pace: float, yes: bool
) -> None:
    """Price a picture at every provider, draw it, and save it: a tour that needs no key.

    A provider whose key is in the environment is asked for real, and charges for it; all
    others are played by the sandbox, from what their documentation says.
    """
    request = ImageRequest(prompt=prompt, model=model)
    check_folder(Path(output))
    chosen, live = _choose(names)
    with ExitStack() as stack:
        played = [name for name in chosen if name not in live]
        environ = dict(os.environ)
        if played:
            sandbox = stack.enter_context(Sandbox(played, pace=pace))
            environ |= sandbox.environ()
        drawn = asyncio.run(_tour(request, chosen, environ, Path(output), _ask(live, yes=yes)))
    _show(drawn, live)
    if any(each.error for each in drawn):
        sys.exit(1)


def _choose(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The providers to visit, and those among them that have a key.

    Raises:
        UnknownProviderError: A name is not installed, or has neither a key nor fixtures.
    """
    client = AsyncClient()
    known = [info.name for info in client.providers]
    live = [name for name in known if client.account(name).key is not None]
    able = [name for name in known if name in live or name in installed()]
    for name in names:
        if name not in able:
            msg = f"The demo knows no provider {name!r}. It knows: {', '.join(able) or 'none'}."
            raise UnknownProviderError(msg)
    chosen = list(dict.fromkeys(names)) or able
    if not chosen:
        msg = "No provider is installed: pip install a plugin, such as tintype-apiyi."
        raise UnknownProviderError(msg)
    return chosen, [name for name in chosen if name in live]


def _ask(live: Sequence[str], *, yes: bool) -> Callable[[Sequence[Quote]], None]:
    """A question before real money is spent, where there is somebody to answer it."""

    def ask(quotes: Sequence[Quote]) -> None:
        quotes_table(quotes)
        for name in live:
            click.echo(f"{name}: drawn for real, with your key", err=True)
        if live and not yes and sys.stdin.isatty():
            click.confirm("Go on, and pay for these?", abort=True, err=True)

    return ask


async def _tour(
    request: ImageRequest,
    names: Sequence[str],
    environ: Mapping[str, str],
    folder: Path,
    ask: Callable[[Sequence[Quote]], None],
) -> list[_Drawn]:
    async with AsyncClient(environ=environ) as client:
        quotes = await asyncio.gather(*(_quote(client, request, name) for name in names))
        ask(quotes)
        with _rows(names) as tell:
            jobs = (_draw(client, request, name, folder, tell) for name in names)
            return list(await asyncio.gather(*jobs))


async def _quote(client: AsyncClient, request: ImageRequest, name: str) -> Quote:
    try:
        return await client.quote(request, provider=name)
    except TintypeError as error:
        return Quote(provider=name, model=request.model or "", reason=error.message)


async def _draw(
    client: AsyncClient, request: ImageRequest, name: str, folder: Path, tell: _Tell
) -> _Drawn:
    def progress(task: Task) -> None:
        tell(name, progress_words(task))

    try:
        made = await client.generate(request, provider=name, on_progress=progress)
        paths = await client.save(made, folder)
    except TintypeError as error:
        tell(name, "no picture")
        return _Drawn(provider=name, error=error)
    tell(name, "saved")
    cost = made.cost
    words = usd(cost.usd) if cost else "not reported"
    if cost and cost.credits is not None:
        words = f"{cost.credits.normalize():f} credits, {words}"
    return _Drawn(provider=name, paths=paths, cost=words)


@contextmanager
def _rows(names: Sequence[str]) -> Iterator[_Tell]:
    """A line of progress a provider: moving on a terminal, else written at each change."""
    made = console(stderr=True)
    if not made.is_terminal:
        told: dict[str, str] = {}

        def write(name: str, words: str) -> None:
            if told.get(name) != words:
                told[name] = words
                click.echo(f"{name}: {words}", err=True)

        yield write
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description:<12}"),
        TextColumn("{task.fields[words]:<24}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=made) as bars:
        rows = {name: bars.add_task(name, total=1, words="submitting") for name in names}

        def move(name: str, words: str) -> None:
            over = words in {"saved", "no picture"}
            bars.update(rows[name], words=words, completed=1 if over else 0)

        yield move


def _show(drawn: Sequence[_Drawn], live: Sequence[str]) -> None:
    rows = [
        (each.provider, "live" if each.provider in live else "sandbox", str(path), size, each.cost)
        for each in drawn
        for path, size in ((path, _size(path)) for path in each.paths)
    ]
    table(("provider", "drawn", "file", "pixels", "cost"), rows)
    for each in drawn:
        if each.error is not None:
            click.echo(f"tintype: {each.error}", err=True)


def _size(path: Path) -> str:
    if path.suffix == ".svg":
        return "vector"
    with Picture.open(path) as picture:
        return f"{picture.width}x{picture.height}"
