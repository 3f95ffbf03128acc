"""`tintype demo`: every provider priced and drawn from; in the sandbox where no key is set."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import click
from attrs import frozen
from PIL import Image as Picture

from tintype.async_client import AsyncClient
from tintype.cli.client import journal_place
from tintype.cli.display import console, progress_words, quotes_table, table, usd
from tintype.cli.options import option
from tintype.cli.speaking import complain, tell
from tintype.cli.unfinished import Seen, print_tasks, told_if_interrupted, words_for
from tintype.downloads import check_folder
from tintype.errors import TintypeError, UnknownProviderError
from tintype.models import Quote, Task
from tintype.request import ImageRequest
from tintype_contracts.fixtures.loader import installed
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
@option("-p", "--provider", "names", multiple=True, help="Only this one (repeatable).")
@option("-m", "--model", default=_MODEL, show_default=True, help="What draws it.")
@option("-o", "--output", default="out", show_default=True, metavar="DIR", help="Where to.")
@option("--pace", default=0.5, show_default=True, help="Seconds a sandbox state lasts.")
@option("-y", "--yes", is_flag=True, help="Do not ask before real money is spent.")
def command(
    *, prompt: str, names: tuple[str, ...], model: str, output: str, pace: float, yes: bool
) -> None:
    """Price a picture at every provider, draw it, and save it: a tour that needs no key.

    A provider whose key is in the environment is asked for real, and charges for it, unless
    its base URL is on this machine; all others are played by the sandbox, from what their
    documentation says.
    """
    request = ImageRequest(prompt=prompt, model=model)
    check_folder(Path(output))
    chosen, live = _choose(names)
    paid = [name for name, place in live.items() if not place]
    with ExitStack() as stack:
        seen = stack.enter_context(told_if_interrupted())
        played = [name for name in chosen if name not in live]
        environ = dict(os.environ)
        if played:
            sandbox = stack.enter_context(Sandbox(played, pace=pace))
            environ |= sandbox.environ()
        tour = _Tour(request=request, folder=Path(output), paid=paid, seen=seen)
        drawn = asyncio.run(tour.make(chosen, environ, _ask(live, yes=yes)))
    _show(drawn, live)
    if any(each.error for each in drawn):
        sys.exit(1)


def _choose(names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The providers to visit; and of those that have a key, the base URL on this machine, or "".

    Raises:
        UnknownProviderError: A name is not installed, or has neither a key nor fixtures.
    """
    client = AsyncClient(journal="off")
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
    places = {name: client.account(name).base_url or "" for name in chosen if name in live}
    return chosen, {name: url if _is_here(url) else "" for name, url in places.items()}


def _is_here(url: str) -> bool:
    """Whether a URL leads to this machine, where nobody charges for a picture."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _ask(live: Mapping[str, str], *, yes: bool) -> Callable[[Sequence[Quote]], None]:
    """A question before real money is spent, where there is somebody to answer it."""

    def ask(quotes: Sequence[Quote]) -> None:
        quotes_table(quotes)
        for name, place in live.items():
            where = f"at {place}" if place else "for real, with your key"
            tell(f"{name}: drawn {where}")
        if not all(live.values()) and not yes and sys.stdin.isatty():
            click.confirm("Go on, and pay for these?", abort=True, err=True)

    return ask


@frozen(kw_only=True)
class _Tour:
    """One picture, drawn by several providers at once. What is paid for is written down."""

    request: ImageRequest
    folder: Path
    paid: Sequence[str]
    seen: Seen

    async def make(
        self,
        names: Sequence[str],
        environ: Mapping[str, str],
        ask: Callable[[Sequence[Quote]], None],
    ) -> list[_Drawn]:
        """Quote at all, ask, and draw at all."""
        async with AsyncExitStack() as stack:
            played = await stack.enter_async_context(AsyncClient(environ=environ, journal="off"))
            clients = dict.fromkeys(names, played)
            if self.paid:
                payer = AsyncClient(environ=environ, journal=journal_place())
                clients |= dict.fromkeys(self.paid, await stack.enter_async_context(payer))
            ask(await asyncio.gather(*(self._quote(clients[name], name) for name in names)))
            with _rows(names) as tell:
                jobs = (self._draw(clients[name], name, tell) for name in names)
                return list(await asyncio.gather(*jobs))

    async def _quote(self, client: AsyncClient, name: str) -> Quote:
        try:
            return await client.quote(self.request, provider=name)
        except TintypeError as error:
            return Quote(provider=name, model=self.request.model or "", reason=error.message)

    async def _draw(self, client: AsyncClient, name: str, tell: _Tell) -> _Drawn:
        def progress(task: Task) -> None:
            if name in self.paid:
                self.seen.note(task)
            tell(name, progress_words(task))

        try:
            made = await client.generate(self.request, provider=name, on_progress=progress)
            paths = await client.save(made, self.folder)
        except TintypeError as error:
            tell(name, "no picture")
            return _Drawn(provider=name, error=error)
        self.seen.forget(made.tasks)
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
                tell(f"{name}: {words}")

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


def _show(drawn: Sequence[_Drawn], live: Mapping[str, str]) -> None:
    where = {each.provider: "sandbox" for each in drawn}
    where |= {name: place or "live" for name, place in live.items()}
    rows = [
        (each.provider, where[each.provider], str(path), size, each.cost)
        for each in drawn
        for path, size in ((path, _size(path)) for path in each.paths)
    ]
    table(("provider", "drawn", "file", "pixels", "cost"), rows)
    for each in drawn:
        if each.error is not None:
            if live.get(each.provider) == "":  # what the sandbox plays is gone with it
                print_tasks(each.error)
            complain(f"{words_for(each.error)}")


def _size(path: Path) -> str:
    if path.suffix == ".svg":
        return "vector"
    with Picture.open(path) as picture:
        return f"{picture.width}x{picture.height}"
