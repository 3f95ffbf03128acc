"""A cell, walked: a user who wants one picture, and does what each error tells them to."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from attrs import define, evolve, field
from tests.faults.grid.cells import Cell
from tests.faults.grid.clients import EitherClient, Means
from tests.faults.grid.receiver import Arrival

from tintype import Billed, Generation, ImageRequest, Task, TintypeError, from_json
from tintype.errors import SubmissionUnknownError, TaskError
from tintype.journal import Journal
from tintype_contracts.sandbox import Sandbox

Drawn = Generation | Task

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
        lasting = self.cell.injection.lasting
        async with self._client(_IMPATIENT if lasting else _PATIENT) as own:
            drawn = await self._drawn(own)
            if drawn is not None:
                await self._saved(own, drawn)
        async with self._client(_PATIENT) as own:
            await own.call("resume", self.folder)

    async def _drawn(self, own: EitherClient) -> Drawn | None:
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

    async def _asked(self, own: EitherClient) -> Drawn:
        match self.cell.injection.operation:
            case "stream":
                return await own.last_of_stream(self.request, provider=self.cell.provider)
            case "webhook":
                return await self._told(own)
            case "asset":
                return await self._generated_then_shut(own)
            case _:
                return await own.call("generate", self.request, provider=self.cell.provider)

    async def _generated_then_shut(self, own: EitherClient) -> Drawn:
        """A picture; if its download is to be refused, nobody listens from now on."""
        drawn = await own.call("generate", self.request, provider=self.cell.provider)
        fault = self.cell.injection.fault
        if fault is not None and fault.kind == "refuse":
            self.sandbox.dial(evolve(fault, nth=0, seconds=0.3))
        return drawn

    async def _told(self, own: EitherClient) -> Drawn:
        """The task that webhooks speak of, each of them taken in; its own answer may be lost."""
        try:
            await own.call("submit", self.request, provider=self.cell.provider)
        except SubmissionUnknownError as error:
            self._meet(error)
        task = await self._arrived(own)
        if self.cell.injection.webhooks == _TWICE:
            task = await self._arrived(own)
        return task if task.state.terminal else await own.call("wait", task)

    async def _arrived(self, own: EitherClient) -> Task:
        inbox = self.inbox or asyncio.Queue()
        arrival = await asyncio.wait_for(inbox.get(), _WEBHOOK_WAIT)
        return await own.call(
            "receive", arrival.delivery, provider=self.cell.provider, record=arrival.record
        )

    async def _waited(self, error: TaskError) -> Task | None:
        """The task of an error, waited for again, by another client, once all is well."""
        self.sandbox.clear()
        async with self._client(_PATIENT) as own:
            try:
                return await own.call("wait", from_json(error.task_json, Task))
            except TintypeError as again:
                self._meet(again)
                return None

    async def _saved(self, own: EitherClient, drawn: Drawn) -> None:
        for _ in range(_TRIES):
            try:
                await own.call("save", drawn, self.folder)
            except TintypeError as error:
                self._meet(error)
            else:
                return

    def _meet(self, error: TintypeError) -> None:
        self.met.append(error)
        if error.billed is Billed.NO and self.sandbox.ledger(self.cell.provider).paid:
            self.lies.append(f"{type(error).__name__} says not billed, and it was: {error}")

    def _client(self, task_timeout: float) -> AbstractAsyncContextManager[EitherClient]:
        means = Means(
            plugins={self.cell.provider: self.plugin},
            environ=self.sandbox.environ(),
            journal=self.journal,
            request_timeout=self.cell.injection.request_timeout,
            task_timeout=task_timeout,
        )
        return means.client(self.cell.client)
