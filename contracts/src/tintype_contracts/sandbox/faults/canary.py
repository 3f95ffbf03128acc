"""Another host: whoever is led there and brings a credential has given it away."""

from __future__ import annotations

from aiohttp import web
from attrs import field, frozen

from tintype_contracts.sandbox.engine.messages import SandboxRequest


@frozen
class Canary:
    """Answers everything, and keeps what it was sent."""

    _visits: list[SandboxRequest] = field(factory=list)

    @property
    def visits(self) -> tuple[SandboxRequest, ...]:
        """What came, in order."""
        return tuple(self._visits)

    def leaks(self, keys: tuple[str, ...]) -> tuple[SandboxRequest, ...]:
        """The visits that brought one of the keys, anywhere in the request."""
        return tuple(visit for visit in self._visits if _holds(visit, keys))

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Keep a request, and answer it."""
        visit = SandboxRequest(
            method=request.method,
            path=request.rel_url.raw_path_qs,
            headers=tuple(request.headers.items()),
            body=await request.read(),
        )
        self._visits.append(visit)
        return web.Response(text="Nobody should have come here.\n")


def _holds(visit: SandboxRequest, keys: tuple[str, ...]) -> bool:
    told = "\n".join([visit.path, *(f"{name}: {value}" for name, value in visit.headers)])
    return any(key in told or key.encode() in visit.body for key in keys)
