"""Our side of the benchmarks: clients whose tasks are looked at every 50 ms, and transports."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from attrs import define, evolve, field
from tests.benchmarks.answers import Answers

from tintype import Account, AsyncClient, Client, HttpRequest, ImageRequest
from tintype.hooks import hookimpl

PAUSE = 0.05
KEY = "sk-benchmark-0123456789"
ASKED = ImageRequest(prompt="a cat")
_NOWHERE = "http://127.0.0.1:9"


def plugin(name: str, pauses: tuple[float, ...] = (PAUSE,)) -> ModuleType:
    """A shipped plugin, its hooks as they are, whose tasks are looked at after such pauses."""
    shipped = import_module(f"tintype_{name}")
    made = ModuleType(f"benchmarked_{name}")
    made.__dict__.update({key: each for key, each in vars(shipped).items() if key[0] != "_"})
    info = evolve(shipped.INFO, poll_schedule=pauses, task_timeout=86_400.0)

    @hookimpl
    def describe() -> object:
        """The provider in a hurry."""
        return info

    made.__dict__["describe"] = describe
    return made


def of_model(model: str) -> ImageRequest:
    """The picture by a model."""
    return evolve(ASKED, model=model)


def _account(name: str, kind: str, origin: str) -> Account:
    return Account(provider=name, key=KEY, base_url=f"{origin}/{kind}")


def _options(name: str, pauses: tuple[float, ...]) -> dict[str, Any]:
    return {"plugins": {name: plugin(name, pauses)}, "environ": {}, "cancel_on_exit": False}


def sync(
    name: str,
    kind: str,
    origin: str = _NOWHERE,
    *,
    pauses: tuple[float, ...] = (PAUSE,),
    **more: Any,
) -> Client:
    """A sync client of one provider, at one kind of answers."""
    return Client(_account(name, kind, origin), **_options(name, pauses), **more)


def awaited(
    name: str,
    kind: str,
    origin: str = _NOWHERE,
    *,
    pauses: tuple[float, ...] = (PAUSE,),
    **more: Any,
) -> AsyncClient:
    """An async client of one provider, at one kind of answers."""
    return AsyncClient(_account(name, kind, origin), **_options(name, pauses), **more)


def wide(width: int) -> dict[str, int]:
    """The width of a `generate`, where it has one; without one it draws one after the other.

    This is the only place where a program asks which core it measures.
    """
    known = "width" in inspect.signature(AsyncClient.generate).parameters
    return {"width": width} if known else {}


# ----------------------------------------------------------------------- transports


@define
class Arrived:
    """An answer that is there at once, in chunks as a socket gives them."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    size: int = 65_536

    def chunks(self) -> Iterator[bytes]:
        """The body."""
        for start in range(0, len(self.body), self.size):
            yield self.body[start : start + self.size]

    def close(self) -> None:
        """Nothing is held."""


class AsyncArrived(Arrived):
    """The same, awaited."""

    async def chunks(self) -> AsyncIterator[bytes]:  # type: ignore[override]
        """The body."""
        for start in range(0, len(self.body), self.size):
            yield self.body[start : start + self.size]

    async def close(self) -> None:  # type: ignore[override]
        """Nothing is held."""


@define
class Here:
    """Answers within the process, and counts.

    Attributes:
        posts: Submissions so far.
        gets: Looks since the last submission.
    """

    answers: Answers = field(factory=Answers)
    posts: int = 0
    gets: int = 0

    def open(self, request: HttpRequest, *, timeout: float) -> Arrived:  # noqa: ARG002
        """The answer."""
        return Arrived(self._told(request))

    def _told(self, request: HttpRequest) -> bytes:
        if request.method == "POST":
            self.posts, self.gets = self.posts + 1, 0
        else:
            self.gets += 1
        return self.answers.of(request.method, urlsplit(request.url).path)[1]

    def close(self) -> None:
        """Nothing is held."""


@define
class AsyncHere(Here):
    """The same, awaited, after so many seconds."""

    delay: float = 0.0

    async def open(self, request: HttpRequest, *, timeout: float) -> AsyncArrived:  # type: ignore[override]  # noqa: ARG002, ASYNC109
        """The answer."""
        if self.delay:
            await asyncio.sleep(self.delay)
        return AsyncArrived(self._told(request))

    async def close(self) -> None:  # type: ignore[override]
        """Nothing is held."""
