"""The table: each row with its program, how its samples become its figure, and what is due."""

from __future__ import annotations

import enum
import statistics
from collections.abc import Callable, Sequence
from typing import TypeAlias

from attrs import evolve, frozen
from tests.benchmarks import flight, inside, wire
from tests.benchmarks.measuring import Raw, Size, crowded, ratios


class Better(enum.Enum):
    """Which way a figure is to go."""

    LOWER = "at most"
    HIGHER = "at least"


Figure: TypeAlias = Callable[[Raw], list[float]]


@frozen
class Row:
    """One line of the table.

    Attributes:
        program: What is measured; several rows may take their figures from one.
        title: What the figure is.
        figure: The figure of each round, from the samples.
        reach: What it must come to.
        aim: What would be better still.
        better: Which way.
        rounds: How many of the rounds it needs, from 0 to 1: some take minutes.
        bare: What it would come to if bare HTTP were in our place.
    """

    program: str
    title: str
    figure: Figure
    reach: float
    aim: float
    better: Better = Better.LOWER
    rounds: float = 1.0
    bare: Figure | None = None


def _over(over: str, under: str) -> Figure:
    return lambda raw: ratios(raw, over, under)


def _worst(raw: Raw) -> list[float]:
    return [max(each) for each in zip(*raw.values(), strict=True)]


def _above(raw: Raw) -> list[float]:
    return [on - off for on, off in zip(raw["on"], raw["off"], strict=True)]


def _plain(raw: Raw) -> list[float]:
    (only,) = raw.values()
    return list(only)


# Beside other clients: each is asked by ten tasks at a time, and once more by a hundred.
_BESIDE_CLIENTS = (
    wire.url_answer,
    wire.small_openrouter,
    wire.large_openai,
    wire.large_openrouter,
    wire.polled_fal,
    wire.polled_replicate,
)
_CROWDED = "_crowded"
PROGRAMS: dict[str, Callable[[Size], Raw]] = {
    each.__name__: each
    for each in (
        wire.async_task,
        wire.sync_task,
        *_BESIDE_CLIENTS,
        inside.peak_memory,
        flight.held_resumed,
        flight.held_awaited,
        flight.poll_each,
        flight.poll_together,
        inside.width,
        inside.journal_cost,
        inside.budgeted,
        inside.resumed,
        inside.escaped,
        inside.imported,
        inside.helped,
        wire.sandbox,
    )
} | {f"{each.__name__}{_CROWDED}": crowded(each) for each in _BESIDE_CLIENTS}

_UP = Better.HIGHER
_POLLED = "submit and 3 polls"
_ONE_MB = "1 MB base64, decoded by ours alone"
_TASK = "task (submit, 3 polls, parse), CPU"


def _beside(program: str, what: str, client: str, reach: float, aim: float) -> Row:
    """What another client takes for what ours takes."""
    title, bare = f"{what}: {client} / ours", _over(client, wire.BARE)
    return Row(program, title, _over(client, "tintype"), reach, aim, _UP, bare=bare)


_ROWS: Sequence[Row] = (
    Row("async_task", f"async {_TASK} / bare aiohttp", _over("tintype", "aiohttp"), 1.8, 1.6),
    Row("sync_task", f"sync {_TASK} / bare urllib3", _over("tintype", "urllib3"), 1.45, 1.35),
    _beside("url_answer", "answer with a URL", "openai", 5.5, 6),
    _beside("url_answer", "answer with a URL", "openai[aiohttp]", 2.5, 3),
    _beside("small_openrouter", "6 KiB base64", "openrouter", 20, 28),
    _beside("large_openai", _ONE_MB, "openai", 3.8, 4),
    _beside("large_openai", _ONE_MB, "openai[aiohttp]", 1.8, 2),
    _beside("large_openrouter", _ONE_MB, "openrouter", 6.5, 7),
    _beside("polled_fal", _POLLED, "fal-client", 10, 12),
    _beside("polled_replicate", _POLLED, "replicate", 8, 10),
    Row(
        "peak_memory",
        "20 MB in base64, peak memory above idle / decoded size, the worst of four ways",
        _worst,
        1.25,
        1.05,
        rounds=0.4,
    ),
    Row("held_resumed", "KiB a task in flight, 10,000 in one `resume`", _plain, 5, 4, rounds=0),
    Row("held_awaited", "KiB a task in flight, 10,000 each awaited", _plain, 8, 4, rounds=0),
    Row(
        "poll_each",
        "CPU a poll, 10,000 / 100 in flight",
        _over("10,000", "100"),
        1.15,
        1.0,
    ),
    Row(
        "poll_together",
        "CPU a poll, 10,000 / 100 in one `resume`",
        _over("10,000", "100"),
        1.15,
        1.0,
        rounds=0,
    ),
    Row(
        "width",
        "`generate(n=20)` / `n=1`, async, width 20, wall, a provider of 0.2 s (2.0 is the floor)",
        _over("n=20", "n=1"),
        2.5,
        2.1,
        rounds=0.6,
    ),
    Row("journal_cost", "journal on, CPU µs a task above off", _above, 500, 300),
    Row(
        "budgeted",
        "intent under a month's budget, 100,000 rows / 1,000",
        _over("100,000", "1,000"),
        1.2,
        1.0,
        rounds=0.6,
    ),
    Row(
        "resumed",
        "`resume()` with nothing open, 100,000 rows / 1,000",
        _over("100,000", "1,000"),
        1.5,
        1.0,
        rounds=0.2,
    ),
    Row(
        "escaped",
        "10 MB answer with one escaped character / without",
        _over("escaped", "inline"),
        1.2,
        1.0,
    ),
    Row(
        "imported",
        "`import tintype` / `import attrs, cattrs, pluggy`, CPU",
        _over("tintype", "attrs, cattrs, pluggy"),
        1.3,
        1.1,
    ),
    Row(
        "helped",
        "`tintype --help` / a click program of two commands, CPU",
        _over("tintype", "click"),
        2.5,
        1.5,
    ),
    Row(
        "sandbox",
        "sandbox (`--pace 0`), answers with a URL a CPU second / aiohttp.web with the same bytes",
        _over("aiohttp.web", "sandbox"),
        0.15,
        0.25,
        _UP,
    ),
)


# A row whose program is run by a crowd, too, is followed by what that comes to.
ROWS: Sequence[Row] = tuple(
    each
    for row in _ROWS
    for each in (
        row,
        evolve(row, program=f"{row.program}{_CROWDED}", title=f"{row.title}, a hundred at a time"),
    )
    if each.program in PROGRAMS
)


def reached(row: Row, figure: float) -> bool:
    """Whether a figure is what it must be."""
    return figure <= row.reach if row.better is Better.LOWER else figure >= row.reach


def middle(row: Row, raw: Raw) -> float:
    """The figure of a row: the median of its rounds."""
    return statistics.median(row.figure(raw))
