"""Rows within one process: no socket, so that nothing but our own work is measured."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from attrs import evolve
from tests.benchmarks import ours
from tests.benchmarks.measuring import (
    Raw,
    Size,
    alternated,
    at_once,
    child,
    peak,
    timed,
    wall,
)
from tests.benchmarks.server import serving

from tintype import Budget
from tintype.client import Client
from tintype.entries import Intent, Saved, Snapshot
from tintype.journal import open_journal
from tintype.models import Task

_MB_20 = 15_728_640  # a picture that is 20 MiB in base64
_ROWS, _ROWS_FEW = 100_000, 1_000

# --------------------------------------------------------------------------- memory


def peak_memory(size: Size) -> Raw:
    """20 MB in base64: the peak above idle over the decoded size, by client and coding."""
    bytes_ = size.of(_MB_20)
    found: dict[str, list[float]] = {}
    with serving() as server, asyncio.Runner() as runner:
        for kind in ("inline", "zipped"):
            name = "gzip" if kind == "zipped" else "plain"
            with ours.sync("apiyi", f"{kind}-1024", server.first) as client:
                client.submit(ours.ASKED, provider="apiyi")

            def drawn(kind: str = kind) -> None:
                with ours.sync("apiyi", f"{kind}-{bytes_}", server.first) as client:
                    client.submit(ours.ASKED, provider="apiyi")

            def awaited(kind: str = kind) -> None:
                async def once() -> None:
                    async with ours.awaited("apiyi", f"{kind}-{bytes_}", server.first) as client:
                        await client.submit(ours.ASKED, provider="apiyi")

                runner.run(once())

            for client_kind, block in (("sync", drawn), ("async", awaited)):
                figures = [peak(block) / bytes_ for _ in range(max(1, size.rounds))]
                found[f"{client_kind}, {name}"] = figures
    return found


def width(size: Size) -> Raw:
    """Wall time of twenty images and of one, at a provider that answers in 0.2 s."""
    with asyncio.Runner() as runner:
        client = ours.awaited("apiyi", "url", transport=ours.AsyncHere(delay=size.share * 0.2))

        def drawn(n: int) -> Callable[[], float]:
            request = evolve(ours.ASKED, n=n)
            more = ours.wide(20)

            async def once() -> object:
                return await client.generate(request, provider="apiyi", **more)

            return lambda: wall(lambda: runner.run(once()))

        found = alternated(size, {"n=20": drawn(20), "n=1": drawn(1)})
        runner.run(client.close())
    return found


# -------------------------------------------------------------------------- journal


def journal_cost(size: Size) -> Raw:
    """CPU microseconds a task (submit, three looks) with a journal and without, 100 at once."""
    count, kind = size.of(200), "replicate-3"
    with asyncio.Runner() as runner:
        clients = {
            "on": ours.awaited(
                "replicate", kind, transport=ours.AsyncHere(), journal=size.place / "cost.db"
            ),
            "off": ours.awaited("replicate", kind, transport=ours.AsyncHere()),
        }
        sides = {
            name: at_once(
                runner,
                lambda client=client: client.generate(ours.ASKED, provider="replicate"),
                count,
                size.of(100),
            )
            for name, client in clients.items()
        }
        found = alternated(size, timed(sides, count))
        for client in clients.values():
            runner.run(client.close())
    return found


def filled(client: Client, task: Task, rows: int, saved: str = "") -> None:
    """Write down so many submissions like one that was made."""
    journal, step = client.journal, 1_000
    for start in range(0, rows, step):
        many = range(min(step, rows - start))
        intents = [journal.record(Intent(provider=task.provider, request=ours.ASKED)) for _ in many]
        tasks = [
            evolve(task, record=told.result(), id=f"f{start + index}")
            for index, told in enumerate(intents)
        ]
        waiting = [journal.record(Snapshot(task=each)) for each in tasks]
        if saved:
            waiting += [
                journal.record(
                    Saved(record=each.record, index=0, path=saved, digest="0" * 64, done=True)
                )
                for each in tasks
            ]
        for each in waiting:
            each.result()


def history(size: Size, rows: int) -> Path:
    """A journal with so many submissions of this month, all drawn and saved."""
    file = size.place / f"history-{rows}.db"
    if not file.exists():
        with ours.sync("replicate", "replicate-1", transport=ours.Here(), journal=file) as client:
            task = client.wait(client.submit(ours.ASKED, provider="replicate"))
            filled(client, task, rows - 1, str(size.place / "saved.png"))
            waiting = client.journal.record(
                Saved(record=task.record, index=0, path=str(file), digest="0" * 64, done=True)
            )
            waiting.result()
    return file


def budgeted(size: Size) -> Raw:
    """CPU microseconds of an intent under a month's budget, with much history and little."""
    budget = Budget(usd=10**9, unknown_price=True)
    intent = Intent(provider="replicate", request=ours.ASKED, budgets=(budget,))
    count = size.of(20)
    sides, journals = {}, []
    for name, rows in (("100,000", _ROWS), ("1,000", _ROWS_FEW)):
        journal = open_journal(copied(history(size, size.of(rows))), {})
        journals.append(journal)

        def block(journal: object = journal) -> None:
            for _ in range(count):
                journal.record(intent).result()

        sides[name] = block
    found = alternated(size, timed(sides, count))
    for journal in journals:
        journal.close()
    return found


def copied(file: Path) -> Path:
    """A copy of a journal, for a row that writes to it."""
    copy = file.with_suffix(".copy.db")
    copy.write_bytes(file.read_bytes())
    return copy


def resumed(size: Size) -> Raw:
    """CPU microseconds of `resume` where nothing is open, with much history and little."""

    def resuming(rows: int) -> Callable[[], None]:
        file = history(size, size.of(rows))

        def block() -> None:
            with ours.sync("replicate", "url", transport=ours.Here(), journal=file) as client:
                assert client.resume(size.place) == ()

        return block

    sides = {"100,000": resuming(_ROWS), "1,000": resuming(_ROWS_FEW)}
    return alternated(size, timed(sides))


# -------------------------------------------------------------------------- messages


def escaped(size: Size) -> Raw:
    """An answer of 10 MB with one escaped character, and without."""
    bytes_ = size.of(7_864_320)
    sides = {}
    for kind in ("escaped", "inline"):
        client = ours.sync("apiyi", f"{kind}-{bytes_}", transport=ours.Here())
        sides[kind] = lambda client=client: client.submit(ours.ASKED, provider="apiyi")
    return alternated(size, timed(sides))


# ----------------------------------------------------------------------------- start


def imported(size: Size) -> Raw:
    """`import tintype` beside what it is made of."""
    return alternated(
        size,
        {
            "tintype": lambda: child(sys.executable, "-c", "import tintype"),
            "attrs, cattrs, pluggy": lambda: child(
                sys.executable, "-c", "import attrs, cattrs, pluggy"
            ),
        },
    )


def helped(size: Size) -> Raw:
    """`tintype --help` beside that of a click program with two commands."""
    program = (
        "import click\n@click.group()\ndef main(): 'Two.'\n@main.command()\ndef one(): 'One.'\n"
        "@main.command()\ndef two(): 'Two.'\nmain()"
    )
    return alternated(
        size,
        {
            "tintype": lambda: child(sys.executable, "-m", "tintype", "--help"),
            "click": lambda: child(sys.executable, "-c", program, "--help"),
        },
    )
