"""How things look on a terminal, and as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from tintype._cli.speaking import say, say_json, tell
from tintype._cli.unfinished import Seen
from tintype._printable import printable
from tintype.models import Notice, Quote, QuoteKind, Task

if TYPE_CHECKING:  # rich is slow to import, and --json does not need it
    from rich.console import Console


def console(*, stderr: bool = False) -> Console:
    """A console; on anything but a terminal it writes plain text and does not cut lines."""
    from rich.console import Console  # noqa: PLC0415

    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not made.is_terminal:
        made = Console(stderr=stderr, highlight=False, width=200, no_color=True)
    return made


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """A table on stdout. Cells are text, never markup."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    made = Table(*columns, title=title or None, title_justify="left", box=SIMPLE_HEAD)
    for row in rows:
        made.add_row(*(Text(printable(cell), overflow="fold") for cell in row))
    console().print(made)


def as_json(rows: Sequence[object]) -> None:
    """An array on stdout, one object a line."""
    lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
    say_json(f"[\n{lines}\n]" if rows else "[]")


def usd(amount: Decimal | None) -> str:
    """Dollars, with as many digits as the price has and at least two."""
    if amount is None:
        return "unknown"
    text = f"{amount.normalize():f}"
    whole, _, cents = text.partition(".")
    return f"${whole}.{cents.ljust(2, '0')}"


def price(quote: Quote) -> str:
    """A quote in dollars: exact, a range, free, or unknown."""
    if quote.low is None or quote.high is None:
        return "unknown"
    if not quote.high:
        return "free"
    return usd(quote.low) if quote.low == quote.high else f"{usd(quote.low)}…{usd(quote.high)}"


def credit(quote: Quote) -> str:
    """A quote in credits, or a dash where the provider has none."""
    low, high = quote.credits
    if low is None or high is None:
        return "-"
    return f"{low.normalize():f}" if low == high else f"{low.normalize():f}…{high.normalize():f}"


def quote_row(quote: Quote) -> Mapping[str, object]:
    """A quote as `--json` prints it: amounts are decimal text or null."""
    low, high = quote.credits
    return {
        "provider": quote.provider,
        "model": quote.model,
        "kind": quote.kind.value,
        "credits": _amount(low if low == high else None),
        "usd": _amount(quote.usd),
        "usd_low": _amount(quote.low),
        "usd_high": _amount(quote.high),
        "source": quote.source,
        "as_of": quote.as_of.isoformat() if quote.as_of else None,
        "assumptions": list(quote.assumptions),
        "reason": quote.reason,
    }


def quotes_table(quotes: Sequence[Quote]) -> None:
    """Quotes on stdout, a row each, with what they assume below."""
    rows = [
        (quote.provider, quote.model, credit(quote), price(quote), quote.source or quote.reason)
        for quote in quotes
    ]
    table(("provider", "model", "credits", "USD", "source"), rows)
    for quote in quotes:
        for note in quote.assumptions:
            say(f"  {quote.provider}: {note}")
        if quote.kind is QuoteKind.UNKNOWN and quote.source and quote.reason:
            say(f"  {quote.provider}: {quote.reason}")


def notices(found: Sequence[Notice]) -> None:
    """Notices on stderr, a line each."""
    for notice in found:
        tell(f"note: {notice.message}")


def progress_words(task: Task) -> str:
    """How a task stands, in a few words."""
    percent = f" {task.progress:.0%}" if task.progress is not None else ""
    drawn = f", {len(task.images)} drawn" if task.images else ""
    return f"{task.state.value}{percent}{drawn}"


def words_of_several(tasks: Sequence[Task], asked: int) -> str:
    """How the submissions of one generation stand together."""
    drawn = sum(len(task.images) for task in tasks)
    running = sum(not task.state.terminal for task in tasks)
    return f"{drawn} of {asked} drawn" + (f", {running} running" if running else "")


@contextmanager
def progress(provider: str, asked: int = 1) -> Iterator[Callable[[Task], None]]:
    """Show tasks' snapshots on stderr: a moving line on a terminal, else a line a change.

    Args:
        provider: Who draws.
        asked: How many images were asked for; several are counted over all tasks.
    """
    made = console(stderr=True)
    told = Seen()
    provider = printable(provider)

    def words_after(task: Task) -> str:
        told.note(task)
        return words_of_several(told.tasks, asked) if asked > 1 else progress_words(task)

    if made.is_terminal:
        from rich.text import Text  # noqa: PLC0415

        with made.status(Text(f"{provider}: submitting")) as status:
            yield lambda task: status.update(Text(f"{provider}: {words_after(task)}"))
        return
    seen: list[str] = []

    def changed(task: Task) -> None:
        words = words_after(task)
        if words not in seen[-1:]:
            seen.append(words)
            tell(f"{provider}: {words}")

    yield changed


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
