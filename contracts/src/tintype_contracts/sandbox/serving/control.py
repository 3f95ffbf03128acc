"""The sandbox's own addresses: faults and ledgers for whoever is in another process.

GET /-/faults              what is dialled in, a line each
POST /-/faults             dial in what the body says, a line each
DELETE /-/faults           let everything go well again
GET /-/ledger/<provider>   the entries so far, as JSON
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal

import attrs
from aiohttp import web
from attrs import frozen

from tintype_contracts.sandbox.engine.engine import Engine
from tintype_contracts.sandbox.engine.ledger import LedgerEvent
from tintype_contracts.sandbox.faults.dial import Dial, Fault, fault_from

PREFIX = "-"


@frozen(kw_only=True)
class Control:
    """Answers requests to the sandbox itself."""

    dial: Dial
    dial_in: Callable[[Fault], Awaitable[None]]
    clear: Callable[[], Awaitable[None]]
    engines: Mapping[str, Engine]

    async def answer(self, request: web.Request, path: str) -> web.Response:
        """The answer to a request; `path` is what follows the prefix."""
        match request.method, path:
            case "GET", "faults":
                return web.Response(text="".join(f"{fault}\n" for fault in self.dial.faults))
            case "POST", "faults":
                return await self._dial(await request.text())
            case "DELETE", "faults":
                await self.clear()
                return web.Response(status=204)
            case "GET", _ if path.removeprefix("ledger/") in self.engines:
                account = self.engines[path.removeprefix("ledger/")].state.account
                return web.json_response([_plain(entry) for entry in account.ledger])
            case _:
                return web.Response(status=404, text=__doc__)

    async def _dial(self, text: str) -> web.Response:
        try:
            faults = [fault_from(line.strip()) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            return web.Response(status=400, text=f"{error}\n")
        for fault in faults:
            await self.dial_in(fault)
        return web.Response(status=204)


def _plain(entry: LedgerEvent) -> dict[str, object]:
    """An entry as JSON has it: money as text."""
    fields: dict[str, object] = attrs.asdict(entry)
    return {
        key: str(value) if isinstance(value, Decimal) else value for key, value in fields.items()
    }
