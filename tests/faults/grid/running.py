"""The grid, run: many cells at once, each with a sandbox, a journal and a folder of its own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path

from attrs import evolve, field, frozen
from tests.faults.grid.cells import Cell, CellResult
from tests.faults.grid.clients import CLIENTS
from tests.faults.grid.injections import INJECTIONS, Injection
from tests.faults.grid.judging import failed, judged
from tests.faults.grid.receiver import Receiver
from tests.faults.grid.table import Grid
from tests.faults.grid.walks import Walk

from tintype import ImageRequest
from tintype.journal._sql import SqlJournal
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.loader import load
from tintype_contracts.fixtures.messages import image_request
from tintype_contracts.fixtures.values import fixed_values
from tintype_contracts.sandbox import Fault, Sandbox

AT_ONCE = 32
_PACE = 0.05
_LOOK = 0.02  # seconds between two looks at whether money still moves
_MAX_LOOKS = 250
_CASES = 4  # documented requests that are tried for one whose result is fetched


@frozen(kw_only=True)
class Ground:
    """What a provider's cells have in common.

    Attributes:
        fixtures: What it documents.
        plugin: The installed plugin of that name.
        requests: The request of each operation's cells.
        calls: What is asked for where nothing goes wrong, by operation.
    """

    fixtures: Fixtures
    plugin: object = field(repr=False)
    requests: dict[str, ImageRequest] = field(factory=dict)
    calls: dict[str, tuple[str, ...]] = field(factory=dict)


def run_grid(providers: Sequence[str], *, one_of: int = 1) -> Grid:
    """Run the grid.

    Args:
        providers: Names of installed fixture sets.
        one_of: Of how many cells of an injection one is walked; each injection, provider and
            client is met all the same, but not all of them with one another.
    """
    return asyncio.run(_run(providers, one_of))


async def _run(providers: Sequence[str], one_of: int) -> Grid:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2 * AT_ONCE) as pool, tempfile.TemporaryDirectory() as folder:
        loop.set_default_executor(pool)
        async with Receiver() as receiver:
            runner = Runner(Path(folder), receiver)
            grounds = await asyncio.gather(*(runner.ground(each) for each in providers))
            walks = [runner.result(*each) for each in _cells(grounds, one_of)]
            return Grid(results=tuple(await asyncio.gather(*walks)))


def _cells(grounds: Sequence[Ground], one_of: int) -> list[tuple[Cell, Ground]]:
    """The cells of each injection, dealt out so that the next one begins with the next cell."""
    dealt: list[tuple[Cell, Ground]] = []
    for number, injection in enumerate(INJECTIONS):
        cells = [
            (Cell(provider=ground.fixtures.provider, injection=injection, client=client), ground)
            for ground in grounds
            if injection.operation in ground.requests
            for client in CLIENTS
        ]
        dealt += cells[number % min(one_of, len(cells) or 1) :: one_of]
    return dealt


class Runner:
    """Walks cells, so many at once."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self._folder = folder
        self._receiver = receiver
        self._places = asyncio.Semaphore(AT_ONCE)
        self._count = 0
        SqlJournal(folder / "empty.db").close()

    async def ground(self, provider: str) -> Ground:
        """What a provider's healthy runs ask for, and with which request."""
        fixtures = load(provider)
        requests = documented_requests(fixtures, "generated")
        ground = Ground(
            fixtures=fixtures,
            plugin=metadata.entry_points(group="tintype")[provider].load(),
            requests={"": requests[0]},
            calls={"": ()},
        )
        for request in requests[:_CASES]:
            calls = await self._healthy(ground, "", request)
            for operation in ("price", "submit", "poll", "asset"):
                if operation in calls and operation not in ground.requests:
                    ground.requests[operation], ground.calls[operation] = request, calls
        for request in documented_requests(fixtures, "streamed")[:1]:
            ground.requests["stream"] = request
            ground.calls["stream"] = await self._healthy(ground, "stream", request)
        if fixtures.webhooks and "submit" in ground.requests:
            ground.requests["webhook"] = ground.requests["submit"]
        return ground

    async def _healthy(
        self, ground: Ground, operation: str, request: ImageRequest
    ) -> tuple[str, ...]:
        none = Injection(name="nothing", operation=operation)
        cell = Cell(provider=ground.fixtures.provider, injection=none, client="Client")
        result = await self._walked(cell, ground, request, ())
        return result.calls

    async def result(self, cell: Cell, ground: Ground) -> CellResult:
        """A cell, walked and judged."""
        operation, fault = cell.injection.operation, cell.injection.fault
        faults = (fault,) if fault else ()
        if fault is not None and fault.kind == "refuse":
            refused = cell.injection.refused(ground.calls[operation])
            faults = (refused,) if operation != "asset" else ()
        return await self._walked(cell, ground, ground.requests[operation], faults)

    async def _walked(
        self, cell: Cell, ground: Ground, request: ImageRequest, faults: tuple[Fault, ...]
    ) -> CellResult:
        async with self._places, self._sandbox(ground.fixtures, faults) as sandbox:
            self._count += 1
            folder = self._folder / str(self._count)
            folder.mkdir()
            shutil.copy(self._folder / "empty.db", folder / "journal.db")
            request, inbox = evolve(request, prompt=cell.name), None
            if cell.injection.operation == "webhook":
                address, inbox = self._receiver.box()
                request = evolve(request, webhook_url=address)
            journal = await asyncio.to_thread(SqlJournal, folder / "journal.db")
            walk = Walk(
                cell=cell,
                plugin=ground.plugin,
                sandbox=sandbox,
                journal=journal,
                folder=folder / "out",
                request=request,
                inbox=inbox,
            )
            try:
                await walk.walk()
                await _settled(sandbox, cell.provider)
                return await asyncio.to_thread(judged, walk)
            except Exception as error:  # noqa: BLE001 - it would end the whole grid
                return failed(walk, error)
            finally:
                await asyncio.to_thread(journal.close)

    @asynccontextmanager
    async def _sandbox(
        self, fixtures: Fixtures, faults: tuple[Fault, ...]
    ) -> AsyncIterator[Sandbox]:
        sandbox = Sandbox([fixtures], pace=_PACE, plain=True, faults=faults)
        await asyncio.to_thread(sandbox.__enter__)
        try:
            yield sandbox
        finally:
            await asyncio.to_thread(sandbox.__exit__, None, None, None)


async def _settled(sandbox: Sandbox, provider: str) -> None:
    """Wait until no money moves any more."""
    for _ in range(_MAX_LOOKS):
        if not sandbox.at_work(provider):
            return
        await asyncio.sleep(_LOOK)


def documented_requests(fixtures: Fixtures, story: str) -> list[ImageRequest]:
    """The pictures that a story asks for, one image each; empty where there is no such story."""
    scenes = fixtures.stories[story].scenes if story in fixtures.stories else ()
    submits = (
        exchange
        for name in scenes
        for exchange in fixtures.scene(story, name)
        if exchange.operation == "submit" and exchange.case is not None
    )
    requests = (image_request(each, fixed_values(fixtures, each)) for each in submits)
    return [evolve(request, n=1, stream=story == "streamed") for request in requests]
