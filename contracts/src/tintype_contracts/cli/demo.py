"""`tintype demo`: every provider priced and drawn from, in the sandbox unless told otherwise."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

import click
from attrs import evolve, frozen
from PIL import Image as Picture

from tintype._cli.client import journal_place
from tintype._cli.display import console, price, progress_words, quotes_table, table, usd
from tintype._cli.options import Verbosity, option, verbose
from tintype._cli.requests import prompt_from
from tintype._cli.speaking import can_ask, complain, tell
from tintype._cli.unfinished import Seen, print_tasks, tell_details, told_if_interrupted, words_for
from tintype._client.accounts import advice, missing
from tintype._client.downloads import check_folder
from tintype._printable import printable
from tintype.async_client import AsyncClient
from tintype.errors import MissingKeyError, TintypeError, UnknownProviderError, UsageError
from tintype.models import Quote, Task
from tintype.request import ImageRequest
from tintype_contracts.fixtures.loader import installed
from tintype_contracts.sandbox import Sandbox

_MODEL = "seedream-4.5"  # what several providers sell; of another its own default draws

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
            client = _payer(names, seen, yes=yes)
        else:
            names = _played(names)
            sandbox = stack.enter_context(Sandbox(names, pace=pace))
            client = AsyncClient(environ=sandbox.environ(), journal="off")
        tour = _Tour(client=client, request=request, folder=folder, seen=seen, live=live)
        drawn = tour.make(tuple(dict.fromkeys(names)), _ask if live and not yes else _tell)
    _show(drawn, live=live)
    if any(each.error for each in drawn):
        sys.exit(1)


def _played(names: Sequence[str]) -> tuple[str, ...]:
    """The providers that the sandbox plays, or those of them that are named.

    Raises:
        UnknownProviderError: There is none of that name.
    """
    able = [info.name for info in AsyncClient(journal="off").providers if info.name in installed()]
    for name in names:
        _check_known(name, able)
    if not able:
        msg = "No provider is installed: pip install a plugin, such as tintype-apiyi."
        raise UnknownProviderError(msg)
    return tuple(names or able)


def _payer(names: Sequence[str], seen: Seen, *, yes: bool) -> AsyncClient:
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
    client = AsyncClient(journal=journal_place(), observers=[seen.observe])
    infos = {info.name: info for info in client.providers}
    for name in names:
        _check_known(name, list(infos))
        lacking = missing(infos[name], client.account(name))
        if lacking:
            msg = f"{name} is paid with a key: {advice(infos[name], lacking)}"
            raise MissingKeyError(msg)
    return client


def _check_known(name: str, known: Sequence[str]) -> None:
    if name not in known:
        msg = f"The demo knows no provider {name!r}. It knows: {', '.join(known) or 'none'}."
        raise UnknownProviderError(msg)


def _tell(quotes: Sequence[Quote]) -> None:
    """What it costs."""
    quotes_table(quotes)


def _ask(quotes: Sequence[Quote]) -> None:
    """What it costs, and whether that is to be paid."""
    quotes_table(quotes)
    costs = ", ".join(f"{quote.provider} {_named(quote)}" for quote in quotes)
    click.confirm(printable(f"Pay with your own accounts: {costs}?"), abort=True, err=True)


def _named(quote: Quote) -> str:
    known = quote.high is not None
    return price(quote) if known else "a price that nobody tells"


@frozen(kw_only=True)
class _Tour:
    """One picture, drawn by several providers at once."""

    client: AsyncClient
    request: ImageRequest
    folder: Path
    seen: Seen
    live: bool

    def make(
        self, names: Sequence[str], consent: Callable[[Sequence[Quote]], None]
    ) -> list[_Drawn]:
        """Quote at all, tell or ask, and draw at all.

        Nothing runs while a question waits: an interrupt there ends it.
        """
        with asyncio.Runner() as runner:
            try:
                quotes = runner.run(self._quotes(names))
                consent(quotes)
                return runner.run(self._drawings(quotes))
            finally:
                runner.run(self.client.close())

    async def _quotes(self, names: Sequence[str]) -> list[Quote]:
        return list(await asyncio.gather(*map(self._quote, names)))

    async def _drawings(self, quotes: Sequence[Quote]) -> list[_Drawn]:
        with _rows([quote.provider for quote in quotes]) as tell_row:
            return list(await asyncio.gather(*(self._draw(each, tell_row) for each in quotes)))

    async def _quote(self, name: str) -> Quote:
        try:
            return await self.client.quote(self._request(name), provider=name)
        except TintypeError as error:
            return Quote(provider=name, model=self.request.model or "", reason=error.message)

    def _request(self, name: str) -> ImageRequest:
        """What a provider is asked for: the model that is wanted, or one that it has."""
        if self.request.model is not None:
            return self.request
        [info] = [each for each in self.client.providers if each.name == name]
        return evolve(self.request, model=_MODEL if info.find(_MODEL) else None)

    async def _draw(self, quote: Quote, tell_row: _Tell) -> _Drawn:
        """Draw at one provider, for no more than was told."""
        name = quote.provider

        def progress(task: Task) -> None:
            if self.live:
                self.seen.note(task)
            tell_row(name, progress_words(task))

        try:
            made = await self.client.generate(
                self._request(name), provider=name, max_cost=quote.high, on_progress=progress
            )
            paths = await self.client.save(made, self.folder)
        except TintypeError as error:
            tell_row(name, "no picture")
            return _Drawn(provider=name, error=error)
        self.seen.forget(made.tasks)
        tell_row(name, "saved")
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


def _show(drawn: Sequence[_Drawn], *, live: bool) -> None:
    where = "live" if live else "sandbox"
    rows = [
        (each.provider, where, str(path), _size(path), each.cost)
        for each in drawn
        for path in each.paths
    ]
    table(("provider", "drawn", "file", "pixels", "cost"), rows)
    for each in drawn:
        if each.error is not None:
            if live:  # what the sandbox plays is gone with it
                print_tasks(each.error)
            complain(words_for(each.error))
            if Verbosity.here():
                tell_details(each.error)


def _size(path: Path) -> str:
    if path.suffix == ".svg":
        return "vector"
    try:
        with Picture.open(path) as picture:
            return f"{picture.width}x{picture.height}"
    except (OSError, ValueError):  # it is saved; Pillow need not know its kind
        return "unknown"
