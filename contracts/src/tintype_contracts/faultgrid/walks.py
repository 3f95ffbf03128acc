"""A cell, walked: a user who wants one picture, and does what each error tells them to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define, evolve, field

from tintype import Billed, ImageRequest, Task, TintypeError, from_json
from tintype.errors import SubmissionUnknownError, TaskError
from tintype.journal import Journal
from tintype_contracts.faultgrid.cells import Cell
from tintype_contracts.faultgrid.hands import Drawn, Hands, Means, hands
from tintype_contracts.faultgrid.receiver import Arrival
from tintype_contracts.sandbox import Sandbox

_IMPATIENT = 0.6  # seconds for a task whose every look fails
_PATIENT = 30.0
_TRIES = 3
_TWICE = 2
_WEBHOOK_WAIT = 20.0


@define(kw_only=True)
class Walk:
    """One cell on its way.

    Attributes:
        plugin: The provider's plugin.
        met: The errors that came up, in order.
        unknown: Journal ids of submissions whose answer was lost.
        lies: Errors that said "not billed" of what was.
    """

    cell: Cell
    plugin: object = field(repr=False)
    sandbox: Sandbox
    journal: Journal
    folder: Path
    request: ImageRequest
    inbox: asyncio.Queue[Arrival] | None = None
    met: list[TintypeError] = field(factory=list)
    unknown: list[str] = field(factory=list)
    lies: list[str] = field(factory=list)

    async def walk(self) -> None:
        """Draw and save, then finish whatever the journal says is unfinished."""
        lasting = self.cell.row.lasting
        async with self._hands(_IMPATIENT if lasting else _PATIENT) as own:
            drawn = await self._drawn(own)
            if drawn is not None:
                await self._saved(own, drawn)
        async with self._hands(_PATIENT) as own:
            await own.resume(self.folder)

    async def _drawn(self, own: Hands) -> Drawn | None:
        """A picture, or None where the user can do nothing more."""
        for _ in range(_TRIES):
            try:
                return await self._asked(own)
            except SubmissionUnknownError as error:
                self._meet(error)
                self.unknown.append(error.record)
                return None
            except TaskError as error:
                self._meet(error)
                return await self._waited(error)
            except TintypeError as error:
                self._meet(error)
                if error.billed is not Billed.NO:
                    return None
        return None

    async def _asked(self, own: Hands) -> Drawn:
        match self.cell.row.operation:
            case "stream":
                return await own.stream(self.request)
            case "webhook":
                return await self._told(own)
            case "asset":
                return await self._generated_then_shut(own)
            case _:
                return await own.generate(self.request)

    async def _generated_then_shut(self, own: Hands) -> Drawn:
        """A picture; if its download is to be refused, nobody listens from now on."""
        drawn = await own.generate(self.request)
        fault = self.cell.row.fault
        if fault is not None and fault.kind == "refuse":
            self.sandbox.dial(evolve(fault, nth=0, seconds=0.3))
        return drawn

    async def _told(self, own: Hands) -> Drawn:
        """The task that webhooks speak of, each of them taken in; its own answer may be lost."""
        try:
            await own.submit(self.request)
        except SubmissionUnknownError as error:
            self._meet(error)
        task = await self._arrived(own)
        if self.cell.row.webhooks == _TWICE:
            task = await self._arrived(own)
        return task if task.state.terminal else await own.wait(task)

    async def _arrived(self, own: Hands) -> Task:
        inbox = self.inbox or asyncio.Queue()
        return await own.receive(await asyncio.wait_for(inbox.get(), _WEBHOOK_WAIT))

    async def _waited(self, error: TaskError) -> Task | None:
        """The task of an error, waited for again, by another client, once all is well."""
        self.sandbox.clear()
        async with self._hands(_PATIENT) as own:
            try:
                return await own.wait(from_json(error.task_json, Task))
            except TintypeError as again:
                self._meet(again)
                return None

    async def _saved(self, own: Hands, drawn: Drawn) -> None:
        for _ in range(_TRIES):
            try:
                await own.save(drawn, self.folder)
            except TintypeError as error:
                self._meet(error)
            else:
                return

    def _meet(self, error: TintypeError) -> None:
        self.met.append(error)
        if error.billed is Billed.NO and self.sandbox.ledger(self.cell.provider).paid:
            self.lies.append(f"{type(error).__name__} says not billed, and it was: {error}")

    @asynccontextmanager
    async def _hands(self, task_timeout: float) -> AsyncIterator[Hands]:
        own = hands(
            self.cell.client,
            Means(
                provider=self.cell.provider,
                plugin=self.plugin,
                environ=self.sandbox.environ(),
                journal=self.journal,
                request_timeout=self.cell.row.request_timeout,
                task_timeout=task_timeout,
            ),
        )
        try:
            yield own
        finally:
            await own.close()
