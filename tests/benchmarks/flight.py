"""Rows about many tasks at once: what each holds while it waits, and what a look at it costs."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import fmean

from tests.benchmarks import ours
from tests.benchmarks.inside import copied, filled
from tests.benchmarks.measuring import Raw, Size, alternated, resident

_MANY, _FEW = 10_000, 100
_LOOKS, _AGAIN = 10, 20  # looks a task; how often the few are asked for anew
_FOREVER, _LONG = 1_000_000, 3_600.0
_KIND = f"replicate-{_FOREVER}"

# --------------------------------------------------------------------------- memory


def held_awaited(size: Size) -> Raw:
    """KiB of each of 10,000 tasks in flight, each a `generate` that is awaited."""
    count = size.of(_MANY)

    async def held() -> float:
        here = ours.AsyncHere()
        client = ours.awaited("replicate", _KIND, transport=here, pauses=(_LONG,))
        running = client.generate(ours.ASKED, provider="replicate")
        tasks = [asyncio.create_task(running)]
        await asyncio.sleep(0.1)
        gc.collect()
        before = resident()
        tasks += [
            asyncio.create_task(client.generate(ours.ASKED, provider="replicate"))
            for _ in range(count)
        ]
        while here.posts <= count:
            await asyncio.sleep(0.1)
        gc.collect()
        found = (resident() - before) / count / 1024
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.close()
        return found

    return {"KiB": [asyncio.run(held())]}


def held_resumed(size: Size) -> Raw:
    """KiB of each of 10,000 tasks in flight, all waiting in one `resume`.

    One task was resumed before: what a process loads once belongs to no task.
    """

    async def held() -> float:
        async with _resuming(size, 1, (ours.PAUSE, _LONG)):
            pass
        gc.collect()
        before, count = resident(), size.of(_MANY)
        async with _resuming(size, count, (ours.PAUSE, _LONG)):
            gc.collect()
            return (resident() - before) / count / 1024

    return {"KiB": [asyncio.run(held())]}


@asynccontextmanager
async def _resuming(
    size: Size, count: int, pauses: tuple[float, ...]
) -> AsyncIterator[ours.AsyncHere]:
    """One `resume` of so many tasks that never end, each of which was looked at once."""
    here = ours.AsyncHere()
    journal = copied(_open(size, count))
    client = ours.awaited("replicate", _KIND, transport=here, pauses=pauses, journal=journal)
    resuming = asyncio.create_task(client.resume(size.place))
    try:
        await _looked(here, count, resuming)
        yield here
    finally:
        resuming.cancel()
        await asyncio.gather(resuming, return_exceptions=True)
        await client.close()


async def _looked(here: ours.AsyncHere, looks: int, resuming: asyncio.Task[object]) -> None:
    """Wait for so many looks."""
    while here.gets < looks:
        assert not resuming.done(), resuming
        await asyncio.sleep(0.02)


def _open(size: Size, count: int) -> Path:
    """A journal with so many tasks that run."""
    file = size.place / f"open-{count}.db"
    if not file.exists():
        with ours.sync("replicate", _KIND, transport=ours.Here(), journal=file) as client:
            filled(client, client.submit(ours.ASKED, provider="replicate"), count - 1)
            client.journal.close()
    return file


# ------------------------------------------------------------------------- a look


def a_poll(count: int, looks: int) -> float:
    """CPU microseconds a look, of tasks that are each waited for by itself."""

    async def measured() -> float:
        here = ours.AsyncHere()
        client = ours.awaited("replicate", f"replicate-{looks}", transport=here)
        tasks = [await client.submit(ours.ASKED, provider="replicate") for _ in range(count)]
        work = [client.wait(task) for task in tasks]
        here.gets, since = 0, time.process_time()
        await asyncio.gather(*work)
        used = time.process_time() - since
        await client.close()
        return used * 1e6 / here.gets

    return asyncio.run(measured())


def poll_each(size: Size) -> Raw:
    """CPU a look, 10,000 tasks and 100, each waited for by itself and looked at as often."""
    again = size.of(_AGAIN)
    return alternated(
        size,
        {
            "10,000": lambda: a_poll(size.of(_MANY), _LOOKS),
            "100": lambda: fmean(a_poll(size.of(_FEW), _LOOKS) for _ in range(again)),
        },
    )


def _a_poll_together(size: Size, count: int, looks: int) -> float:
    """CPU microseconds a look, of tasks that one `resume` follows, after the first round."""

    async def measured() -> float:
        async with _resuming(size, count, (ours.PAUSE,)) as here:
            first, since = here.gets, time.process_time()
            while here.gets < first + looks:
                await asyncio.sleep(0.02)
            return (time.process_time() - since) * 1e6 / (here.gets - first)

    return asyncio.run(measured())


def poll_together(size: Size) -> Raw:
    """CPU a look, 10,000 tasks and 100, of one `resume`."""
    looks = size.of(_MANY)
    return alternated(
        size,
        {
            "10,000": lambda: _a_poll_together(size, size.of(_MANY), looks),
            "100": lambda: _a_poll_together(size, size.of(_FEW), looks),
        },
    )
