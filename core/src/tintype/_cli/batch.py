"""`tintype batch`."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import click

from tintype._cli.client import client
from tintype._cli.display import console, usd
from tintype._cli.lines import Lines
from tintype._cli.options import (
    by_size_policy,
    into_folder,
    labelled,
    of_model,
    option,
    through_proxy,
    trying,
    unlisted,
    verbose,
    where_mismatched,
    where_unsupported,
)
from tintype._cli.requests import dollars
from tintype._cli.routes import NamedOrder, route_flags, where
from tintype._cli.speaking import complain, say_json, tell
from tintype._cli.unfinished import words_for
from tintype._client.batch_lines import prefix_of
from tintype._client.downloads import size_of
from tintype._flow.resolve import OnUnsupported
from tintype._flow.sizes import OnMismatch, SizePolicy
from tintype.convert import to_builtins
from tintype.errors import Billed, TintypeError
from tintype.journal import Tally
from tintype.models import BatchOutcome, BatchResult

_WIDTH = 8
_PAUSE = 30.0  # seconds between two lines of progress where there is no terminal


@click.command()
@click.argument("file")
@route_flags
@of_model
@into_folder
@option(
    "--name",
    "file_name",
    default="{tag}",
    show_default=True,
    metavar="TEMPLATE",
    help="Of the files.",
)
@option("--as", "called", metavar="NAME", help="What the batch is known by; else FILE's name.")
@option("--max-cost", callback=dollars, metavar="USD", help="Of all lines, in all runs.")
@option(
    "--width",
    type=click.IntRange(1),
    default=_WIDTH,
    show_default=True,
    help="How many lines are under way at once.",
)
@option("--resume", is_flag=True, help="Go on with a batch that was begun.")
@labelled
@option("--timeout", type=float, help="Seconds to wait for each task.")
@unlisted
@by_size_policy
@where_unsupported
@where_mismatched
@trying
@through_proxy
@verbose
def command(  # noqa: PLR0913 - each is a flag
    *,
    file: str,
    names: tuple[str, ...],
    order: NamedOrder | None,
    model: str | None,
    output: str,
    file_name: str,
    called: str | None,
    max_cost: Decimal | None,
    width: int,
    resume: bool,
    label: str,
    timeout: float | None,
    allow_unlisted: bool,
    on_unsupported: OnUnsupported,
    size_policy: SizePolicy,
    on_mismatch: OnMismatch,
) -> None:
    """Draw what the lines of FILE ask for, each once: JSON Lines, CSV, or - for standard input."""
    place, lines = where(names, order), Lines(file, 2 * width, model)
    score = Score(lines.count())
    with (
        _ended_by_interrupts(lines, score) as interrupted,
        client(
            allow_unlisted=allow_unlisted,
            on_unsupported=on_unsupported,
            size_policy=size_policy,
            on_mismatch=on_mismatch,
            task_timeout=timeout,
            label=label,
        ) as opened,
        _shown(score) as show,
    ):
        name = lines.name if called is None else called
        score.spend(opened.journal.tally(prefix_of(name)))
        for result in opened.batch(
            lines if lines.may_be_read_again else iter(lines),
            output,
            name=name,
            **place,
            max_cost=max_cost,
            width=width,
            file_name=file_name,
            resume=resume,
        ):
            line = lines.line_of(result.number)
            score.note(result, line)
            say_json(json.dumps(_row(result, line), ensure_ascii=False))
            show()
        score.spend(opened.journal.tally(prefix_of(name)))
    complain(score.summary())
    if interrupted():
        raise KeyboardInterrupt
    if not (lines.over and score.is_clean):
        sys.exit(1)


class Score:
    """How a batch stands.

    Args:
        total: How many lines there are, or None where nobody knows yet.
    """

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._began = time.monotonic()
        self._outcomes: Counter[BatchOutcome] = Counter()
        self._spent = Decimal(0)
        self._is_exact = True
        self._recorded = self._pictures = 0
        self._first = ""

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return self._over == self._outcomes[BatchOutcome.DONE]

    @property
    def _over(self) -> int:
        return self._outcomes.total()

    def spend(self, tally: Tally) -> None:
        """Have it be spent what the journal counts for the batch: each picture once."""
        self._spent, self._is_exact = tally.spent, not tally.open

    def note(self, result: BatchResult, line: int) -> None:
        """Count a line."""
        self._outcomes[result.outcome] += 1
        if result.billed is not Billed.NO and not result.recorded:  # else it was counted before
            self._is_exact = self._is_exact and result.paid is not None
            self._spent += result.paid or result.quoted or Decimal(0)
        if result.recorded:
            self._recorded += 1
            if self._recorded == self._over:  # what an earlier run drew takes no time
                self._began = time.monotonic()
        else:
            self._pictures += len(result.files)
        if result.error is not None and not self._first:
            self._first = f"Line {line}: {words_for(result.error).removeprefix(f'Line {line}: ')}"

    def words(self) -> str:
        """How it stands, on a line."""
        told = [f"{self._outcomes[each]} {each}" for each in BatchOutcome]
        return ", ".join([*told, *self._pace()])

    def _pace(self) -> Iterator[str]:
        yield f"{'' if self._is_exact else 'at most '}{usd(self._spent)} spent"
        seconds = time.monotonic() - self._began
        drawn = self._over - self._recorded
        if self._total is not None:
            yield f"{self._total - self._over} left"
        yield f"{60 * self._pictures / max(seconds, 1.0):.0f} images a minute"
        if self._total is not None and drawn:
            left = (self._total - self._over) * seconds / drawn
            yield f"{timedelta(seconds=round(left))} to go"

    def summary(self) -> str:
        """How it ended."""
        before = f" ({self._recorded} recorded before)" if self._recorded else ""
        told = [f"{self._outcomes[each]} {each}" for each in BatchOutcome]
        left = "" if self._total in {None, self._over} else f", {self._total - self._over} left"
        spent = f"{'' if self._is_exact else 'at most '}{usd(self._spent)} spent"
        return f"{', '.join(told)}{before}{left}; {spent}. {self._first}".strip()


def _row(result: BatchResult, line: int) -> Mapping[str, object]:
    """A result as a line of JSON."""
    sizes = [size_of(path) for path in result.files]
    return {
        "line": line,
        "tag": result.tag,
        "outcome": result.outcome.value,
        "provider": result.provider,
        "model": result.model,
        "files": [str(path) for path in result.files],
        "pixels": [size and f"{size[0]}x{size[1]}" for size in sizes],
        "quoted": _amount(result.quoted),
        "paid": _amount(result.paid),
        "billed": result.billed.value,
        "recorded": result.recorded,
        "tasks": [task.id for task in result.tasks if task.id],
        "records": list(result.records),
        "error": None if result.error is None else _error(result.error),
    }


def _amount(usd: Decimal | None) -> str | None:
    return None if usd is None else f"{usd.normalize():f}"


def _error(error: TintypeError) -> object:
    told = to_builtins(error)
    if isinstance(told, dict):
        told.pop("task_json", None)
    return told


@contextmanager
def _shown(score: Score) -> Iterator[Callable[[], None]]:
    """Show how a batch stands on stderr: a moving line on a terminal, else a line now and then."""
    made = console(stderr=True)
    if made.is_terminal:
        from rich.text import Text  # noqa: PLC0415

        with made.status(Text(score.words())) as status:
            yield lambda: status.update(Text(score.words()))
        return
    last = time.monotonic()

    def now_and_then() -> None:
        nonlocal last
        if time.monotonic() - last >= _PAUSE:
            last = time.monotonic()
            tell(score.words())

    yield now_and_then


@contextmanager
def _ended_by_interrupts(lines: Lines, score: Score) -> Iterator[Callable[[], bool]]:
    """Have the first Ctrl-C begin no more lines, and the next one leave those under way.

    SIGTERM, by which a service or a container is told to end, counts as one. An answer that is on
    its way is not lost to the first.
    """

    def interrupted(*_: object) -> None:
        if lines.stopped:
            raise KeyboardInterrupt
        lines.stopped = True
        tell("")  # the terminal has just shown ^C
        complain("What is under way is finished; Ctrl-C again leaves it to --resume.")

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    ends = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, interrupted) for each in ends]
    try:
        yield lambda: lines.stopped
    except KeyboardInterrupt:
        complain(f"{score.summary()} What was under way is left to --resume.")
        raise
    finally:
        for each, handler in zip(ends, before, strict=True):
            signal.signal(each, handler)
