"""One request from its head to the last byte of its answer, with its fault and its gates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, unquote

import aiohttp
from aiohttp import web
from attrs import evolve, frozen

from tintype_contracts.sandbox.engine.engine import Engine
from tintype_contracts.sandbox.engine.messages import SandboxRequest, Stream, WholeResponse
from tintype_contracts.sandbox.engine.replies import Draft
from tintype_contracts.sandbox.faults.dial import Fault
from tintype_contracts.sandbox.faults.garble import refusal, slowed, spoilt
from tintype_contracts.sandbox.serving.gates import Gate, Gates, Point
from tintype_contracts.sandbox.serving.sending import Way, dripping, is_gone, reset, send

SandboxResponse: TypeAlias = WholeResponse | Stream
# Does something that may take a while, outside of the event loop.
Work: TypeAlias = Callable[[Callable[[], SandboxResponse]], Awaitable[SandboxResponse]]

_SMALL = 64 * 1024  # bytes of a body that is read in no time
_HALFWAY = {"reset-mid-answer", "stall-mid-answer"}
_LOST = {"reset-after-reading", "reset-mid-answer"}


@frozen(kw_only=True)
class Visit:
    """One request.

    Attributes:
        request: As aiohttp has it.
        name: The provider's name.
        engine: The provider.
        call: Its head, without a body as yet.
        operation: What it is for.
        fault: What goes wrong with it, or None.
        gates: Where it may have to stop.
        clock: What time it is.
        work: How the engine is put to work.
        shut: Has nobody listen for so many seconds; spares one connection.
        pause: Waits so many seconds, while there is a server.
        canary: The other host's origin.
    """

    request: web.Request
    name: str
    engine: Engine
    call: SandboxRequest
    operation: str
    fault: Fault | None
    gates: Gates
    clock: Callable[[], float]
    work: Work
    shut: Callable[[float, object], None]
    pause: Callable[[float], Awaitable[None]]
    canary: str

    async def serve(self) -> web.StreamResponse:
        """Read, work, answer."""
        try:
            await self._stop_at("request-head-read")
            if self._happens("reset-before-reading"):
                return self._broken_off()
            call = evolve(self.call, body=await self.request.read())
            answer = await self._answer(call)
            await self._stop_at("request-read")
            return await self._send(answer)
        except (ConnectionError, aiohttp.ClientPayloadError):  # the client has gone
            return web.Response()

    # -------------------------------------------------------------------------- working

    async def _answer(self, call: SandboxRequest) -> SandboxResponse:
        """What is to be answered, with the work done where it is done."""
        fault, now = self.fault, self.clock()
        answer: SandboxResponse | None = None
        if fault is None or fault.does_the_work:
            answer = await self._worked(call, now)
        if fault is None:
            return answer or WholeResponse(status=204)
        if fault.kind == "slow-down":
            told = await self.work(lambda: self.engine.told_off(call, "slow_down", now))
            return slowed(fault, told, now)
        instead = refusal(fault, self.canary)
        if instead is not None or answer is None:
            return instead or WholeResponse(status=500)
        answer = spoilt(fault, answer, self.engine.state.fixtures)
        return dripping(answer, fault.seconds) if fault.kind == "drip" else answer

    async def _worked(self, call: SandboxRequest, now: float) -> SandboxResponse:
        """What the engine answers; where it reads or paints much, outside of the event loop."""
        if self.operation == "asset" or len(call.body) > _SMALL:
            return await self.work(lambda: self.engine.answer(call, now))
        draft = self.engine.draft(call, now)
        if not isinstance(draft, Draft):
            return draft
        return await self.work(draft.write) if draft.paints else draft.write()

    # -------------------------------------------------------------------------- sending

    async def _send(self, answer: SandboxResponse) -> web.StreamResponse:
        await self.pause(answer.after if isinstance(answer, WholeResponse) else 0.0)
        if self._happens("stall"):
            await self.pause(self._seconds)
        if is_gone(self.request):
            self._hung_up(answer)
            return web.Response()
        if self._happens("reset-after-reading"):
            return self._broken_off()
        if self._happens("refuse"):
            self.shut(self._seconds, self.request.protocol)
            answer = evolve(answer, headers=(*answer.headers, ("Connection", "close")))
        return await self._sent(answer)

    async def _sent(self, answer: SandboxResponse) -> web.StreamResponse:
        gate = self.gates.reach(self.name, self.operation, "answer-half-sent")
        halts = gate is not None or (self.fault and self.fault.kind in _HALFWAY)
        try:
            way = Way(
                told=lambda images: self._note("collected", answer, images),
                halfway=(lambda: self._halfway(gate)) if halts else None,
                pause=self.pause,
            )
            response = await send(self.request, answer, way)
        except ConnectionError:
            self._hung_up(answer)
            raise
        if self.operation == "submit":
            self._note("answered", answer, ())
        await self._stop_at("answered")
        return response

    async def _halfway(self, gate: Gate | None) -> bool:
        """What happens half-way; whether the other half is sent."""
        if gate is not None:
            await gate.passed()
        if self._happens("stall-mid-answer"):
            await self.pause(self._seconds)
        if self._happens("reset-mid-answer"):
            reset(self.request)
            return False
        return True

    def _broken_off(self) -> web.StreamResponse:
        reset(self.request)
        return web.Response()

    # ---------------------------------------------------------------------- small words

    def _happens(self, kind: str) -> bool:
        return self.fault is not None and self.fault.kind == kind

    @property
    def _seconds(self) -> float:
        return self.fault.seconds if self.fault else 0.0

    async def _stop_at(self, point: Point) -> None:
        gate = self.gates.reach(self.name, self.operation, point)
        if gate is not None:
            await gate.passed()

    def _note(
        self,
        event: Literal["answered", "collected"],
        answer: SandboxResponse,
        images: tuple[int, ...],
    ) -> None:
        if answer.task:
            self.engine.note(event, answer.task, images, self.clock())

    def _hung_up(self, answer: SandboxResponse) -> None:
        """The client did not wait. A fault of the network is nobody's hanging up."""
        network = self.fault is not None and self.fault.kind in _LOST
        if answer.task and self.operation == "submit" and not network:
            self.engine.hung_up(answer.task, self.clock())


def call_of(request: web.Request, path: str) -> SandboxRequest:
    """A request's head; `path` is without the sandbox's prefix, and still quoted."""
    return SandboxRequest(
        method=request.method,
        path=unquote(path),
        query=tuple(parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)),
        headers=tuple(request.headers.items()),
    )
