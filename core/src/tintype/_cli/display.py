"""How things look on a terminal, and as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from tintype._cli.speaking import say, say_json, tell
from tintype._cli.unfinished import Seen
from tintype._printable import printable
from tintype.convert import to_builtins
from tintype.models import Attempt, Cost, Notice, Offer, Quote, Task

T = TypeVar("T")

if TYPE_CHECKING:  # rich is slow to import, and --json does not need it
    from rich.console import Console


def console(*, stderr: bool = False) -> Console:
    """A console; on anything but a terminal it writes plain text and does not cut lines."""
    from rich.console import Console  # noqa: PLC0415

    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not made.is_terminal:
        made = Console(stderr=stderr, highlight=False, width=200, no_color=True)
    return made


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    wraps: Collection[str] = (),
    heads: int = 1,
) -> None:
    """A table on stdout. Cells are text, never markup.

    Args:
        columns: What stands above them.
        rows: What stands in them.
        wraps: The columns that are broken into lines where the terminal is narrow. Another one,
            such as one of ids, never is: where there is no room for that, a row is some lines.
        heads: How many of the columns say what a row is of: the first of those lines.
    """
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.cells import cell_len  # noqa: PLC0415
    from rich.measure import Measurement  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    made, shown = Table(box=SIMPLE_HEAD), console()
    cells = [[printable(cell) for cell in row] for row in rows]
    for index, name in enumerate(columns):
        whole = max((cell_len(row[index]) for row in cells), default=0)
        made.add_column(name, min_width=min(whole, _NARROW) if name in wraps else whole)
    for row in cells:
        made.add_row(*(Text(cell, overflow="fold") for cell in row))
    unbounded = shown.options.update(width=_WIDEST)
    needed = Measurement.get(shown, unbounded, made).minimum
    if shown.is_terminal and needed > shown.width:
        _show_stacked(columns, cells, heads, shown.width)
        return
    shown.width = max(shown.width, needed)
    shown.print(made)


_NARROW = 12  # of a column that wraps
_WIDEST = 10_000
_INDENT = 4


def _show_stacked(
    columns: Sequence[str], rows: Sequence[Sequence[str]], heads: int, width: int
) -> None:
    """Rows as lines: what each is of, and below it the rest, each behind its column's name."""
    for row in rows:
        say("  ".join(row[:heads]))
        rest = zip(columns[heads:], row[heads:], strict=True)
        told = [f"{name} {cell}" for name, cell in rest if cell not in _NOTHING]
        for line in _filled(told, width - _INDENT):
            say(f"{'':{_INDENT}}{line}")


_NOTHING = ("", "-")


def _filled(items: Iterable[str], room: int) -> list[str]:
    """Items on lines, as many on each as there is room for; one that is longer is cut at blanks."""
    from rich.cells import cell_len  # noqa: PLC0415

    lines = [""]
    for item in items:
        gap = "   "
        for piece in [item] if cell_len(item) <= room else item.split(" "):
            longer = f"{lines[-1]}{gap}{piece}" if lines[-1] else piece
            if cell_len(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(piece)
            gap = " "
    return [line for line in lines if line]


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


def quoted(quote: Quote) -> str:
    """A quote in credits, where the provider has them, and in dollars."""
    known = quote.credits[0] is not None
    return f"{credit(quote)} credits, {price(quote)}" if known else price(quote)


def charged(cost: Cost | None) -> str:
    """What was paid, likewise; where the provider does not say, that it does not."""
    if cost is None:
        return "not reported"
    counted = "" if cost.credits is None else f"{cost.credits.normalize():f} credits, "
    return f"{counted}{usd(cost.usd)}"


def offer_row(offer: Offer) -> Mapping[str, object]:
    """An offer as `--json` prints it: amounts are decimal text or null."""
    quote = offer.quote
    low, high = quote.credits
    return {
        "provider": offer.provider,
        "model": quote.model,
        "name": offer.name,
        "kind": quote.kind.value,
        "credits": _amount(low if low == high else None),
        "usd": _amount(quote.usd),
        "usd_low": _amount(quote.low),
        "usd_high": _amount(quote.high),
        "size": offer.size,
        "seconds": offer.seconds,
        "resolved": to_builtins(offer.resolved),
        "notices": to_builtins(offer.notices),
        "source": quote.source,
        "as_of": quote.as_of.isoformat() if quote.as_of else None,
        "assumptions": list(quote.assumptions),
        "reason": quote.reason,
    }


def offers_table(offers: Sequence[Offer]) -> None:
    """Offers on stdout, a row each; below, what each would change, assumes and has it from."""
    timed = any(each.seconds is not None for each in offers)
    rows = [
        (
            each.provider,
            "no offer" if each.error else price(each.quote),
            credit(each.quote),
            each.size or "-",
            *(["-" if each.seconds is None else f"{each.seconds:.0f}"] if timed else []),
            each.drawn_by,
        )
        for each in offers
    ]
    known = ["seconds"] if timed else []
    table(("provider", "USD", "credits", "pixels", *known, "model"), rows)
    for line, names in grouped((line, each.provider) for each in offers for line in _remarks(each)):
        say(f"  {', '.join(names)}: {line}")
    drawing = grouped((each.drawn_by, each.provider) for each in offers if not each.error)
    if len(drawing) > 1:
        listed = "; ".join(f"{model} ({', '.join(names)})" for model, names in drawing)
        say(f"  These are different models: {listed}.")


def grouped(said: Iterable[tuple[T, str]]) -> list[tuple[T, list[str]]]:
    """What is said, each once, with all who say it, each once."""
    found: dict[T, dict[str, None]] = {}
    for text, who in said:
        found.setdefault(text, {})[who] = None
    return [(text, list(names)) for text, names in found.items()]


def _remarks(offer: Offer) -> Iterator[str]:
    """What there is to say of an offer, a line each."""
    quote = offer.quote
    source = f"priced by {quote.source}" if quote.source else ""
    day = str(quote.as_of) if quote.as_of else ""
    known = ", ".join(filter(None, [offer.name and quote.model, source, day]))
    if known:
        yield f"{known}."
    yield from (notice.message for notice in offer.notices)
    yield from quote.assumptions
    if quote.reason:
        yield quote.reason


def notices(found: Sequence[Notice]) -> None:
    """Notices on stderr, a line each."""
    for notice in found:
        tell(f"note: {notice.message}")


def passed_over(attempts: Sequence[Attempt]) -> None:
    """On stderr why others did not draw, a line each."""
    for each in attempts:
        tell(f"{each.provider}: {each.reason} (billed: {each.billed})")


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
        provider: Who draws, or "": as each snapshot says.
        asked: How many images were asked for; several are counted over all tasks.
    """
    made = console(stderr=True)
    told = Seen()

    def words_after(task: Task) -> str:
        told.note(task)
        words = words_of_several(told.tasks, asked) if asked > 1 else progress_words(task)
        return f"{printable(provider or task.provider)}: {words}"

    if made.is_terminal:
        from rich.text import Text  # noqa: PLC0415

        before = f"{printable(provider)}: submitting" if provider else "submitting"
        with made.status(Text(before)) as status:
            yield lambda task: status.update(Text(words_after(task)))
        return
    seen: list[str] = []

    def changed(task: Task) -> None:
        words = words_after(task)
        if words not in seen[-1:]:
            seen.append(words)
            tell(words)

    yield changed


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
