"""Webhooks on the wire: each tried when it is due, with what was dialled in for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp
from attrs import evolve, frozen

from tintype_contracts.sandbox.engine.engine import Engine
from tintype_contracts.sandbox.engine.engines import Engines
from tintype_contracts.sandbox.engine.messages import Webhook
from tintype_contracts.sandbox.faults.dial import Dial
from tintype_contracts.sandbox.faults.garble import belated, forged

_LOOK = 0.02  # seconds between two looks for webhooks
_TIMEOUT = 10.0
_TAKEN = 2  # hundred and something


@frozen(kw_only=True)
class Courier:
    """Delivers what the engines have to tell."""

    engines: Engines
    dial: Dial
    clock: Callable[[], float]
    canary: str

    async def deliver(self) -> None:
        """Try each webhook when it is due, several at once if need be; until cancelled."""
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as tries:
            while True:
                for name, engine in self.engines.made.items():
                    for webhook in engine.due(self.clock()):
                        tries.create_task(self._carry(session, name, engine, webhook))
                await asyncio.sleep(_LOOK)

    async def _carry(
        self, session: aiohttp.ClientSession, name: str, engine: Engine, webhook: Webhook
    ) -> None:
        """One webhook, and what comes before and after it."""
        before, after = self._company(name, engine, webhook)
        for other in before:
            await _post(session, other)
        taken = await _post(session, webhook)
        engine.report(webhook, taken=taken, now=self.clock())
        for other in after:
            await _post(session, other)

    def _company(
        self, name: str, engine: Engine, webhook: Webhook
    ) -> tuple[list[Webhook], list[Webhook]]:
        fault = self.dial.strike(name, "webhook") if webhook.attempt == 0 else None
        match fault.kind if fault else "":
            case "webhook-forged":
                body = forged(webhook.body, engine.state.settings.base_url, self.canary)
                return [evolve(webhook, body=body)], []
            case "webhook-out-of-order":
                return [], [evolve(webhook, body=belated(webhook.body, engine.state.fixtures))]
            case "webhook-duplicate":
                return [], [webhook]
            case _:
                return [], []


async def _post(session: aiohttp.ClientSession, webhook: Webhook) -> bool:
    """Whether it was taken."""
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with session.post(
            webhook.url, data=webhook.body, headers=dict(webhook.headers), allow_redirects=False
        ) as answer:
            return answer.status // 100 == _TAKEN
    return False
