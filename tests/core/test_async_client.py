"""What only the async client does: many things at once, and stopping in the middle of one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.conftest import KEY
from tests.core.loopback import Answer, Fault, Loopback, answer, head, said
from tests.core.pictures import PNG, in_base64

from tintype import Account, AsyncClient, ImageRequest, Request, Task, hookimpl
from tintype.transports.aiohttp import AiohttpTransport

REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
DRAWING = said({"id": "p1", "state": "drawing"})
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})
RUNNING = Task(provider="easel", model="oil-1", id="p1", request=REQUEST)
PREVIEW = b'data: {"state": "drawing", "preview": "%s"}\n\n' % in_base64(PNG).encode()
OPEN_STREAM = (head(media_type="text/event-stream"), PREVIEW, Fault.STALL)


def _account(server: Loopback) -> Account:
    return Account(provider="easel", key=KEY, base_url=server.url)


@pytest.fixture
async def artist(server: Loopback) -> AsyncIterator[AsyncClient]:
    """A client of the provider `easel` at the server."""
    async with AsyncClient(_account(server), plugins={"easel": easel}, environ={}) as client:
        yield client


async def _is_left_alone(server: Loopback) -> bool:
    return await asyncio.to_thread(server.is_left_alone)


async def test_many_generations_share_a_client(artist: AsyncClient, server: Loopback) -> None:
    """Each gets its own image, and all connections are closed in the end."""
    names = [f"n{number}" for number in range(30)]
    server.on(CREATE, *(said({"id": name, "state": "drawing"}) for name in names))
    for name in names:
        url = f"https://cdn.test/{name}"
        server.on(f"GET /v1/pictures/{name}", said({"id": name, "state": "done", "urls": [url]}))
    drawn = await asyncio.gather(*(artist.generate(REQUEST, provider="easel") for _ in names))
    assert sorted(each.images[0].url or "" for each in drawn) == sorted(
        f"https://cdn.test/{name}" for name in names
    )
    await artist.close()
    assert await _is_left_alone(server)


STOPPED: dict[str, tuple[str, Answer]] = {
    "waiting-for-the-answer": (CREATE, Fault.STALL),
    "reading-the-answer": (CREATE, (head([("Content-Length", "99")]), b"{", Fault.STALL)),
    "reading-a-stream": (CREATE, OPEN_STREAM),
    "waiting-for-a-look": (LOOK, Fault.STALL),
    "reading-a-look": (LOOK, (head([("Content-Length", "99")]), b"{", Fault.STALL)),
}


@pytest.mark.parametrize(("line", "stall"), STOPPED.values(), ids=STOPPED)
async def test_a_canceled_generation_leaves_no_socket(
    artist: AsyncClient, server: Loopback, line: str, stall: Answer
) -> None:
    """Wherever it is stopped: the connection is closed, nothing is sent again."""
    server.on(CREATE, DRAWING).on(LOOK, DRAWING).on(line, stall)
    request = evolve(REQUEST, stream=stall is OPEN_STREAM)
    task = asyncio.create_task(artist.generate(request, provider="easel"))
    asked = 1 if line == CREATE else 2
    assert await asyncio.to_thread(server.has_been_asked, asked)
    await asyncio.sleep(0.02)  # so that what there is of an answer has come
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert server.lines().count(CREATE) == 1
    assert await _is_left_alone(server)


async def test_a_generation_canceled_between_two_looks_ends_at_once(
    artist: AsyncClient, server: Loopback
) -> None:
    """The pause is left, too."""
    server.on(LOOK, DRAWING)
    task = asyncio.create_task(artist.wait(RUNNING))
    assert await asyncio.to_thread(server.has_been_asked, 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await artist.close()
    assert await _is_left_alone(server)


class _Cancelable:
    """Easel, if it documented a way to cancel a task."""

    describe, price, submit = map(staticmethod, (easel.describe, easel.price, easel.submit))
    poll, parse = map(staticmethod, (easel.poll, easel.parse))

    @staticmethod
    @hookimpl
    def cancel(task: Task) -> Request:
        """By DELETE."""
        return evolve(easel.poll(task), method="DELETE")


async def test_a_result_that_is_taken_abandons_nothing(server: Loopback) -> None:
    """A submission that has brought its task is over: the task goes on and is not canceled."""
    server.on(CREATE, DRAWING).on(LOOK, DRAWING)
    plugins = {"easel": _Cancelable}
    async with AsyncClient(_account(server), plugins=plugins, environ={}) as client:
        task = await client.submit(REQUEST, provider="easel")
        await client.refresh(task)
    assert server.lines() == [CREATE, LOOK]


async def test_a_timeout_of_the_embedder_is_a_cancellation(
    artist: AsyncClient, server: Loopback
) -> None:
    """`asyncio.timeout` gets its own TimeoutError, not one of tintype's."""
    server.on(LOOK, Fault.STALL)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await artist.refresh(RUNNING)
    assert await _is_left_alone(server)


async def test_a_stream_that_is_left_is_hung_up(artist: AsyncClient, server: Loopback) -> None:
    """Closing the generator closes the connection."""
    server.on(CREATE, OPEN_STREAM)
    steps = artist.stream(REQUEST, provider="easel")
    assert (await anext(steps)).previews
    await steps.aclose()  # type: ignore[attr-defined]  # it is a generator
    assert await _is_left_alone(server)


async def test_a_client_can_be_closed_twice_and_used_again(
    artist: AsyncClient, server: Loopback
) -> None:
    """Closing is letting connections go, not the end."""
    server.on(LOOK, DRAWING)
    await artist.refresh(RUNNING)
    await artist.close()
    await artist.close()
    assert await _is_left_alone(server)
    assert (await artist.refresh(RUNNING)).id == "p1"


async def test_a_transport_of_the_embedders_stays_open(server: Loopback) -> None:
    """Who opened it closes it."""
    server.on(LOOK, DRAWING)
    transport = AiohttpTransport()
    for _ in range(2):
        async with AsyncClient(
            _account(server), transport=transport, plugins={"easel": easel}, environ={}
        ) as client:
            await client.refresh(RUNNING)
    assert server.accepted == 1
    await transport.close()
    assert await _is_left_alone(server)


def test_a_client_serves_one_event_loop_after_another(server: Loopback) -> None:
    """Closed at the end of each, as `async with` does."""
    server.on(LOOK, DRAWING, DONE)
    client = AsyncClient(_account(server), plugins={"easel": easel}, environ={})

    async def look() -> Task:
        async with client:
            return await client.refresh(RUNNING)

    assert [asyncio.run(look()).state.value for _ in range(2)] == ["running", "succeeded"]
    assert server.is_left_alone()


async def test_downloads_go_on_side_by_side(artist: AsyncClient, server: Loopback) -> None:
    """A stalled result holds nobody up."""
    server.on("GET /slow.png", Fault.STALL).on("GET /1.png", answer(PNG))
    urls = [f"{server.url}/slow.png", f"{server.url}/1.png"]
    server.on(LOOK, said({"id": "p1", "state": "done", "urls": urls}))
    slow, fast = (await artist.refresh(RUNNING)).images
    stalled = asyncio.create_task(artist.fetch(slow, provider="easel"))
    assert await artist.fetch(fast, provider="easel") == PNG
    assert not stalled.done()
    stalled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stalled
    await artist.close()
    assert await _is_left_alone(server)
