"""One picture, drawn by several providers at once, and how it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TypeAlias

from attrs import evolve, frozen

from tintype._blame import about
from tintype._cli.display import console, progress_words, words_of_several
from tintype._cli.options import Verbosity
from tintype._cli.speaking import complain, say_json, tell
from tintype._cli.unfinished import Seen, print_tasks, tell_details, words_for
from tintype._client.comparing import side_by_side
from tintype.client import Client
from tintype.convert import to_json
from tintype.errors import TintypeError
from tintype.models import Generation, Offer, Task
from tintype.request import ImageRequest

# Called with a provider and a few words on how it stands, over and over.
_Tell: TypeAlias = Callable[[str, str], None]


@frozen(kw_only=True)
class Order:
    """What one provider is to draw.

    Attributes:
        request: The picture.
        offer: What it would do; where it makes none, it is not asked.
        limit: US dollars; a dearer or unknown price submits nothing. None: nothing is refused.
    """

    request: ImageRequest
    offer: Offer
    limit: Decimal | None


@frozen(kw_only=True)
class Drawn:
    """What came of an order.

    Attributes:
        offer: What was told before.
        made: What was drawn, or None.
        paths: The files.
        seconds: From the order to its last picture.
        error: Why there is no picture or no file, or what became of some of several; else None.
    """

    offer: Offer
    made: Generation | None = None
    paths: tuple[Path, ...] = ()
    seconds: float = 0.0
    error: TintypeError | None = None


def draw(client: Client, orders: Sequence[Order], folder: Path, seen: Seen) -> list[Drawn]:
    """Draw all orders at once, each in a thread, and save what comes of them."""
    with _rows([each.offer.provider for each in orders]) as tell_row:
        work = {
            each.offer.provider: partial(_drawn, client, each, folder, seen, tell_row)
            for each in orders
        }
        return list(side_by_side(work).values())


def _drawn(client: Client, order: Order, folder: Path, seen: Seen, tell_row: _Tell) -> Drawn:
    name, asked = order.offer.provider, order.request.n
    mine, drawn, began = Seen(), Drawn(offer=order.offer), time.monotonic()

    def progress(task: Task) -> None:
        seen.note(task)
        mine.note(task)
        tell_row(name, words_of_several(mine.tasks, asked) if asked > 1 else progress_words(task))

    try:
        if order.offer.error is not None:
            raise order.offer.error
        made = client.generate(
            order.request, provider=name, max_cost=order.limit, on_progress=progress
        )
        failed = next((each.error for each in made.attempts if each.error is not None), None)
        drawn = Drawn(
            offer=order.offer,
            made=made,
            seconds=time.monotonic() - began,
            error=failed and about(failed, attempts=made.attempts),
        )
        drawn = evolve(drawn, paths=client.save(made, folder))
        seen.forget(made.tasks)
    except TintypeError as error:
        drawn = evolve(drawn, error=error)
    tell_row(name, "saved" if drawn.paths else "no picture")
    return drawn


def tell_failures(drawn: Sequence[Drawn], *, lasting: bool = True) -> bool:
    """Say what went wrong; whether anything did.

    Args:
        drawn: What came of all.
        lasting: Whether another process can still pick up a task that is printed.
    """
    failed = [(each, each.error) for each in drawn if each.error is not None]
    for each, error in failed:
        if lasting and each.made is not None and not each.paths:
            for task in each.made.tasks:
                say_json(to_json(task))  # what was paid for can still be collected from this
        elif lasting:
            print_tasks(error)
        complain(words_for(error))
        if Verbosity.here():
            tell_details(error)
    return bool(failed)


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
