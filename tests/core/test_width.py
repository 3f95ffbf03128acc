"""Work side by side: submissions, looks and downloads of one call, a few at a time."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.conftest import KEY
from tests.core.loopback import Fault, Loopback, Pause, said
from tests.core.pictures import PNG, in_base64

from tintype import (
    Account,
    AsyncClient,
    Client,
    HttpRequest,
    ImageRequest,
    Outcome,
    Task,
    TaskState,
)
from tintype.errors import BadRequestError, TintypeError, UsageError

ACCOUNT = Account(provider="easel", key=KEY)
REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
DONE = {"state": "done", "picture": in_base64(PNG)}
DRAWING = {"state": "drawing"}


class Crowd:
    """A transport whose answers, but for the first, come once so many are waited for at a time."""

    status = 200
    headers = ()

    def __init__(self, together: int) -> None:
        self.barrier = threading.Barrier(together)
        self.calls = 0

    def open(self, request: HttpRequest, *, timeout: float) -> Crowd:  # noqa: ARG002 - as transports are
        """An answer, once the crowd is there."""
        self.calls += 1
        if self.calls > 1:
            self.barrier.wait(5)
        return self

    def chunks(self) -> Iterator[bytes]:
        """A picture; who cares which."""
        yield json.dumps({**DONE, "id": "p1"}).encode()

    def close(self) -> None:
        """Nothing is open."""


class AwaitedCrowd:
    """The same, awaited."""

    status = 200
    headers = ()

    def __init__(self, together: int) -> None:
        self.barrier = asyncio.Barrier(together)
        self.calls = 0

    async def open(self, request: HttpRequest, *, timeout: float) -> AwaitedCrowd:  # noqa: ARG002, ASYNC109 - as transports are
        """An answer, once the crowd is there."""
        self.calls += 1
        if self.calls > 1:
            async with asyncio.timeout(5):
                await self.barrier.wait()
        return self

    async def chunks(self) -> AsyncIterator[bytes]:
        """A picture; who cares which."""
        yield json.dumps({**DONE, "id": "p1"}).encode()

    async def close(self) -> None:
        """Nothing is open."""


def test_the_rest_is_submitted_together_once_the_first_is_accepted() -> None:
    """By threads where the caller allows them: nine of which eight come four at a time."""
    crowd = Crowd(4)
    with Client(ACCOUNT, environ={}, plugins={"easel": easel}, transport=crowd, width=4) as client:
        drawn = client.generate(evolve(REQUEST, n=9), provider="easel")
    assert [task.state for task in drawn.tasks] == [TaskState.SUCCEEDED] * 9
    assert crowd.calls == 9


async def test_the_rest_is_submitted_together_in_async_code() -> None:
    """Without being told to, twenty at a time."""
    crowd = AwaitedCrowd(20)
    async with AsyncClient(
        ACCOUNT, environ={}, plugins={"easel": easel}, transport=crowd
    ) as client:
        drawn = await client.generate(evolve(REQUEST, n=21), provider="easel")
    assert [task.state for task in drawn.tasks] == [TaskState.SUCCEEDED] * 21
    assert crowd.calls == 21


Artist = Callable[..., Client]


def test_what_keeps_the_first_keeps_the_others(artist: Artist, server: Loopback) -> None:
    """It goes alone: of twelve that would be refused one is sent."""
    server.on(CREATE, said({"why": "no"}, status=400))
    with pytest.raises(BadRequestError):
        artist(width=4).generate(evolve(REQUEST, n=12), provider="easel")
    assert len(server.take()) == 1


def test_what_keeps_a_later_one_keeps_those_that_are_not_begun(
    artist: Artist, server: Loopback
) -> None:
    """Those that are under way go on, and each attempt is told, those that were accepted first."""
    server.on(CREATE, said({**DONE, "id": "p1"}), said({"why": "no"}, status=400))
    drawn = artist(width=3).generate(evolve(REQUEST, n=12), provider="easel")
    outcomes = [attempt.outcome for attempt in drawn.attempts]
    assert outcomes == [Outcome.ACCEPTED, *[Outcome.REJECTED] * (len(server.take()) - 1)]
    assert 2 <= len(outcomes) <= 4


def test_one_that_is_slow_keeps_nobody_waiting(artist: Artist, server: Loopback) -> None:
    """While one look gets no answer, the others are looked at until they have ended."""
    names = ("p1", "p2", "p3", "p4")
    server.on(CREATE, *(said({**DRAWING, "id": name}) for name in names))
    for name in names[1:]:
        server.on(
            f"GET /v1/pictures/{name}", said({**DRAWING, "id": name}), said({**DONE, "id": name})
        )
    server.on("GET /v1/pictures/p1", (Pause(1.0), said({**DONE, "id": "p1"})))
    seen: list[Task] = []
    drawn = artist(width=4).generate(
        evolve(REQUEST, n=4), provider="easel", on_progress=seen.append
    )
    assert [task.state for task in drawn.tasks] == [TaskState.SUCCEEDED] * 4
    ends = [task.id for task in seen if task.state is TaskState.SUCCEEDED]
    assert (sorted(ends), ends[-1]) == (sorted(names), "p1")


def test_what_is_resumed_is_resumed_side_by_side(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """A task that nobody answers about is given up in its time, and the others are saved before."""
    journal = tmp_path / "j.db"
    names = ("p1", "p2", "p3")
    server.on(CREATE, *(said({**DRAWING, "id": name}) for name in names))
    first = artist(journal=journal)
    for _ in names:
        first.submit(REQUEST, provider="easel")
    first.close()
    server.on("GET /v1/pictures/p1", Fault.STALL)
    for name in names[1:]:
        server.on(f"GET /v1/pictures/{name}", said({**DONE, "id": name}))
    late = artist(journal=journal, width=3, request_timeout=0.5, task_timeout=1.0)
    resumed = late.resume(tmp_path / "out")
    assert [bool(each.paths) for each in resumed] == [False, True, True]


def test_a_callback_that_fails_ends_the_others(
    artist: Artist, server: Loopback, tmp_path: Path
) -> None:
    """Its error reaches the caller, and what was accepted is left to be resumed."""
    names = tuple(f"p{number}" for number in range(6))
    server.on(CREATE, *(said({**DRAWING, "id": name}) for name in names))
    for name in names:
        server.on(f"GET /v1/pictures/{name}", said({**DRAWING, "id": name}))
    client = artist(width=3, journal=tmp_path / "j.db")

    seen: list[str] = []

    def fail(task: Task) -> None:
        seen.append(task.id)
        if len(seen) > len(names):  # all are accepted, and the first is looked at
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.generate(evolve(REQUEST, n=6), provider="easel", on_progress=fail)
    for name in names:
        server.on(f"GET /v1/pictures/{name}", said({**DONE, "id": name}))
    resumed = client.resume(tmp_path / "out")
    assert [bool(each.paths) for each in resumed] == [True] * len(names)


def test_closing_the_client_ends_all_of_it(server: Loopback) -> None:
    """Whoever waits is told, and no thread is left."""
    for name in ("p1", "p2"):
        server.on(f"GET /v1/pictures/{name}", said({**DRAWING, "id": name}))
    server.on(CREATE, said({**DRAWING, "id": "p1"}), said({**DRAWING, "id": "p2"}))
    account = evolve(ACCOUNT, base_url=server.url)
    client = Client(account, environ={}, plugins={"easel": easel}, width=2, cancel_on_exit=False)
    seen = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        request = evolve(REQUEST, n=2)
        drawing = pool.submit(
            client.generate, request, provider="easel", on_progress=lambda _: seen.set()
        )
        assert seen.wait(5)
        client.close()
        with pytest.raises(TintypeError, match="The client was closed"):
            drawing.result()
    assert "tintype" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("width", [0, -1, 1.5, "many"])
def test_a_width_that_does_no_work_is_refused(width: object) -> None:
    """Before anything is sent, by its name."""
    with pytest.raises(UsageError, match="width"):
        Client(environ={}, width=width)  # type: ignore[arg-type]
