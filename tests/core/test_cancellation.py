"""Cancellation: polling stops, no socket is left, the task can be resumed, one cancel is sent."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import re
import signal
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import evolve
from tests.core import easel
from tests.core.conftest import KEY
from tests.core.loopback import Fault, Loopback, answer, events, head, said
from tests.core.pictures import PNG, in_base64

from tintype import (
    Account,
    AsyncClient,
    Billed,
    Client,
    ImageRequest,
    Outcome,
    Request,
    Task,
    TaskState,
    from_json,
    hookimpl,
)
from tintype.errors import SubmissionUnknownError, TaskError, UsageError
from tintype.journal._sql import SqlJournal

ROOT = Path(__file__).parents[2]
REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
CANCEL = "DELETE /v1/pictures/p1"
DRAWING = said({"id": "p1", "state": "drawing"})
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})


def cancelable() -> types.ModuleType:
    """The easel, which documents a cancel, and is looked at twice a minute."""
    plugin = types.ModuleType("easel_with_cancel")
    for name in ("price", "submit", "poll", "parse"):
        setattr(plugin, name, getattr(easel, name))

    @hookimpl
    def describe() -> object:
        """The easel with long pauses."""
        return evolve(easel.INFO, poll_schedule=(30.0,))

    @hookimpl
    def cancel(task: Task) -> Request:
        """`DELETE /v1/pictures/{id}`."""
        return Request(method="DELETE", url=f"https://api.easel.test/v1/pictures/{task.id}")

    plugin.describe = describe  # type: ignore[attr-defined]
    plugin.cancel = cancel  # type: ignore[attr-defined]
    return plugin


def options(place: Path | None, **fields: object) -> dict:
    """What a client is made of."""
    return {"plugins": {"easel": cancelable()}, "journal": place, "environ": {}, **fields}


def account(server: Loopback) -> Account:
    """The easel at the server."""
    return Account(provider="easel", key=KEY, base_url=server.url)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "journal.db"


def is_resumed(server: Loopback, place: Path) -> bool:
    """Whether another client finishes the task, and sends no submission."""
    server.take()
    server.on(LOOK, DONE)
    fields = options(place, plugins={"easel": easel})
    with Client(account(server), **fields) as client:
        (resumed,) = client.resume(place.parent / "out")
    assert server.lines() == [LOOK]
    return [path.read_bytes() for path in resumed.paths] == [PNG]


# ---------------------------------------------------------------------------- with await


@pytest.mark.parametrize("cancels", [True, False])
async def test_a_cancelled_call_stops_polling_and_tells_the_provider_once(
    server: Loopback,
    place: Path,
    cancels: bool,  # noqa: FBT001 - a parameter
) -> None:
    """At once, in the middle of a pause; the task stays in the journal, and can be resumed."""
    server.on(CREATE, DRAWING).on(CANCEL, said({"id": "p1", "state": "drawing"}))
    fields = options(place, cancel_on_exit=cancels)
    async with AsyncClient(account(server), **fields) as client:
        accepted = asyncio.Event()
        drawing = asyncio.create_task(
            client.generate(REQUEST, provider="easel", on_progress=lambda _: accepted.set())
        )
        await accepted.wait()
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing
    assert server.lines() == [CREATE, *([CANCEL] if cancels else [])]
    assert await asyncio.to_thread(server.is_left_alone)
    assert await asyncio.to_thread(is_resumed, server, place)


async def test_a_task_that_somebody_still_waits_for_is_not_cancelled_remotely(
    server: Loopback, place: Path
) -> None:
    """Of two that wait for it the last one to go tells the provider, once."""
    server.on(CREATE, DRAWING).on(CANCEL, DRAWING)
    async with AsyncClient(account(server), **options(place)) as client:
        task = await client.submit(REQUEST, provider="easel")
        waiting = [asyncio.create_task(client.wait(task)) for _ in range(2)]
        await asyncio.sleep(0)
        for each, told in zip(waiting, ([], [CANCEL]), strict=True):
            each.cancel()
            with pytest.raises(asyncio.CancelledError):
                await each
            assert server.lines() == [CREATE, *told]


async def test_a_stream_that_is_cancelled_cancels_the_task_it_has_told_of(
    server: Loopback, place: Path
) -> None:
    """Its first snapshots had no id yet: nothing is cancelled under none."""
    first = b'data: {"state": "drawing", "preview": "' + in_base64(PNG).encode() + b'"}\n\n'
    start = (head(media_type="text/event-stream"), first)
    server.on(CREATE, (*start, b'data: {"id": "p1", "state": "drawing"}\n\n', Fault.STALL))
    server.on("*", DRAWING)
    async with (
        AsyncClient(account(server), **options(place)) as client,
        contextlib.aclosing(client.stream(REQUEST, provider="easel")) as snapshots,
    ):
        async for task in snapshots:
            if task.id:
                break
    assert server.lines() == [CREATE, CANCEL]


async def test_many_cancelled_calls_leave_nothing_behind(server: Loopback, place: Path) -> None:
    """One cancel a task; and only those that were accepted."""
    server.on("*", lambda request: said({"id": request.body.decode()[12:15], "state": "drawing"}))
    async with AsyncClient(account(server), **options(place)) as client:
        accepted = asyncio.Barrier(13)
        told: list[asyncio.Task[int]] = []

        def tell(_: Task) -> None:
            told.append(asyncio.create_task(accepted.wait()))

        calls = [
            asyncio.create_task(
                client.generate(ImageRequest(prompt=f"{n:03d}"), provider="easel", on_progress=tell)
            )
            for n in range(12)
        ]
        await accepted.wait()
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    lines = server.lines()
    assert len([line for line in lines if line.startswith("DELETE")]) == 12
    assert len(lines) == 24
    assert await asyncio.to_thread(server.is_left_alone)


async def test_a_cancel_while_the_submission_is_under_way_leaves_it_unknown(
    server: Loopback, place: Path
) -> None:
    """Nobody knows of a task, so none is canceled; the journal says so."""
    server.on(CREATE, Fault.STALL)
    async with AsyncClient(account(server), **options(place)) as client:
        drawing = asyncio.create_task(client.generate(REQUEST, provider="easel"))
        await asyncio.to_thread(server.has_been_asked)
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing
    assert server.lines() == [CREATE]
    assert await asyncio.to_thread(server.is_left_alone)
    journal = SqlJournal(place)
    assert [line.outcome for line in journal.records()] == [Outcome.UNKNOWN]
    journal.close()


async def test_a_provider_that_does_not_answer_the_cancel_is_not_waited_for_long(
    server: Loopback, place: Path
) -> None:
    """The last word is bounded, and its failure is nobody's."""
    server.on(CREATE, DRAWING).on(CANCEL, Fault.RESET)
    async with AsyncClient(account(server), **options(place)) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await client.generate(REQUEST, provider="easel")
    assert server.lines() == [CREATE, CANCEL]
    assert await asyncio.to_thread(server.is_left_alone)


async def test_a_download_that_is_cancelled_leaves_no_half_file(
    server: Loopback, place: Path
) -> None:
    """And no socket; the image is fetched when it is resumed."""
    urls = [f"{server.url}/1.png"]
    server.on(CREATE, said({"id": "p1", "state": "done", "urls": urls}))
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + PNG[:20]
    server.on("GET /1.png", (half, Fault.STALL))
    out = place.parent / "out"
    async with AsyncClient(account(server), **options(place)) as client:
        drawn = await client.generate(REQUEST, provider="easel")
        saving = asyncio.create_task(client.save(drawn, out))
        await asyncio.to_thread(server.has_been_asked, 2)
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saving
        assert list(out.iterdir()) == []
        server.on("GET /1.png", answer(PNG, media_type="image/png"))
        (resumed,) = await client.resume(out)
    assert [path.read_bytes() for path in resumed.paths] == [PNG]
    assert await asyncio.to_thread(server.is_left_alone)


async def test_a_key_whose_call_was_cancelled_says_that_the_call_ended(
    server: Loopback, place: Path
) -> None:
    """Its process lives, and asks for it again: nothing more is sent."""
    server.on(CREATE, Fault.STALL)
    async with AsyncClient(account(server), **options(place)) as client:
        drawing = asyncio.create_task(client.generate(REQUEST, provider="easel", key="k"))
        await asyncio.to_thread(server.has_been_asked)
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing
        with pytest.raises(SubmissionUnknownError, match="The call ended while its submission"):
            await client.generate(REQUEST, provider="easel", key="k")
    assert server.lines() == [CREATE]


def _drawings() -> list[bytes]:
    return [said({"id": f"p{number}", "state": "drawing"}) for number in (1, 2, 3)]


async def test_leaving_the_block_ends_what_other_tasks_have_under_way(
    server: Loopback, place: Path
) -> None:
    """As where one of several calls fails: no look and no socket after it, one cancel a task."""
    server.on(CREATE, DRAWING).on(CANCEL, DRAWING)
    accepted = asyncio.Event()
    async with AsyncClient(account(server), **options(place)) as client:
        drawing = asyncio.create_task(
            client.generate(REQUEST, provider="easel", on_progress=lambda _: accepted.set())
        )
        await accepted.wait()
    with pytest.raises(TaskError, match="The client was closed while the task p1") as caught:
        await drawing
    assert from_json(caught.value.task_json, Task).id == "p1"
    assert not drawing.cancelled()
    assert server.lines() == [CREATE, CANCEL]
    assert await asyncio.to_thread(server.is_left_alone)
    assert await asyncio.to_thread(is_resumed, server, place)


async def test_leaving_the_block_while_a_submission_is_under_way_leaves_it_unknown(
    server: Loopback, place: Path
) -> None:
    """Nobody waits for its answer: what is told is that it may be charged."""
    server.on(CREATE, Fault.STALL)
    async with AsyncClient(account(server), **options(place)) as client:
        drawing = asyncio.create_task(client.generate(REQUEST, provider="easel"))
        await asyncio.to_thread(server.has_been_asked)
    with pytest.raises(UsageError, match="may be charged") as caught:
        await drawing
    assert caught.value.billed is Billed.UNKNOWN
    assert await asyncio.to_thread(server.is_left_alone)
    with contextlib.closing(SqlJournal(place)) as journal:
        assert [line.outcome for line in journal.records()] == [Outcome.UNKNOWN]


async def test_a_call_that_is_cancelled_and_closed_at_once_is_cancelled(
    server: Loopback, place: Path
) -> None:
    """Whoever cancelled it is told so, as ever."""
    server.on(CREATE, Fault.STALL)
    async with AsyncClient(account(server), **options(place)) as client:
        drawing = asyncio.create_task(client.generate(REQUEST, provider="easel"))
        await asyncio.to_thread(server.has_been_asked)
        drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing


def test_leaving_the_block_ends_what_other_threads_have_under_way(
    server: Loopback, place: Path
) -> None:
    """In the middle of a pause: no look and no socket after it, one cancel a task."""
    server.on(CREATE, DRAWING).on(CANCEL, DRAWING)
    accepted = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with Client(account(server), **options(place)) as client:
            drawing = pool.submit(
                client.generate,
                REQUEST,
                provider="easel",
                on_progress=lambda _: accepted.set(),
            )
            assert accepted.wait(10)
        assert server.is_left_alone()
        with pytest.raises(TaskError, match="The client was closed while the task p1"):
            drawing.result()
    assert server.lines() == [CREATE, CANCEL]
    assert is_resumed(server, place)


async def test_last_words_are_said_at_once(server: Loopback, place: Path) -> None:
    """Three providers that answer no cancel until the others have theirs answer all of them."""
    server.on(CREATE, *_drawings())
    together = threading.Barrier(3)
    for number in (1, 2, 3):
        server.on(f"DELETE /v1/pictures/p{number}", (together, DRAWING))
    asked, accepted = evolve(REQUEST, n=3), asyncio.Event()

    def told(task: Task) -> None:
        if task.id == "p3":
            accepted.set()

    async with AsyncClient(account(server), **options(place)) as client:
        drawing = asyncio.create_task(client.generate(asked, provider="easel", on_progress=told))
        await accepted.wait()
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing
    assert not together.broken
    assert sorted(server.lines()[3:]) == [f"DELETE /v1/pictures/p{number}" for number in (1, 2, 3)]


def test_last_words_have_one_deadline(server: Loopback, place: Path) -> None:
    """However many tasks run: where the first cancel uses it up, the others are not sent."""
    server.on(CREATE, *_drawings()).on("*", Fault.STALL)

    def interrupt(task: Task) -> None:
        if task.id == "p3":
            raise KeyboardInterrupt

    with Client(account(server), **options(place)) as client, pytest.raises(KeyboardInterrupt):
        client.generate(evolve(REQUEST, n=3), provider="easel", on_progress=interrupt)
    assert server.lines() == [*[CREATE] * 3, CANCEL]


def _stumble(_: Task) -> None:
    raise LookupError


async def test_a_callback_that_fails_leaves_the_task_to_be_resumed(
    server: Loopback, place: Path
) -> None:
    """A mistake in `on_progress` is not a wish to stop: nothing is canceled."""
    server.on(CREATE, DRAWING)
    async with AsyncClient(account(server), **options(place)) as client:
        with pytest.raises(LookupError):
            await client.generate(REQUEST, provider="easel", on_progress=_stumble)
    assert server.lines() == [CREATE]
    assert await asyncio.to_thread(is_resumed, server, place)


def test_a_callback_that_fails_leaves_the_task_to_be_resumed_with_a_block(
    server: Loopback, place: Path
) -> None:
    """The same without await."""
    server.on(CREATE, DRAWING)
    with Client(account(server), **options(place)) as client, pytest.raises(LookupError):
        client.generate(REQUEST, provider="easel", on_progress=_stumble)
    assert server.lines() == [CREATE]
    assert is_resumed(server, place)


def _noted(error: BaseException) -> list[str]:
    """The ids of the tasks that an error carries in notes, as a caller reads them there."""
    told = [re.search(r"from_json\((.*), Task\)$", note) for note in error.__notes__]
    return [from_json(ast.literal_eval(found[1]), Task).id for found in told if found]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, LookupError, UsageError, SystemExit])
def test_what_ends_a_call_carries_the_tasks_that_no_journal_keeps(
    server: Loopback, kind: type[BaseException]
) -> None:
    """Each, as JSON in a note: two run, and one has its picture."""
    done = said({"id": "p1", "state": "done", "urls": [f"{server.url}/1.png"]})
    server.on(CREATE, done, *_drawings()[1:])

    def end(task: Task) -> None:
        if task.id == "p3":
            raise kind(task.id)

    fields = options(None, cancel_on_exit=False)
    with Client(account(server), **fields) as client, pytest.raises(kind) as caught:
        client.generate(evolve(REQUEST, n=3), provider="easel", on_progress=end)
    assert sorted(_noted(caught.value)) == ["p1", "p2", "p3"]


async def test_a_cancelled_call_carries_the_task_that_no_journal_keeps(server: Loopback) -> None:
    """Also where nobody asked to be told of it."""
    server.on(CREATE, DRAWING).on(LOOK, DRAWING)
    fields = options(None, plugins={"easel": easel})
    async with AsyncClient(account(server), **fields) as client:
        drawing = asyncio.create_task(client.generate(REQUEST, provider="easel"))
        await asyncio.to_thread(server.has_been_asked, 2)
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await drawing
    assert _noted(caught.value) == ["p1"]


# -------------------------------------------------------------------------- with a block

STREAM = b'data: {"id":"p1","state":"drawing"}\n\n'


@pytest.mark.parametrize("cancels", [True, False])
def test_a_stream_that_is_left_is_closed_and_canceled_once(
    server: Loopback,
    place: Path,
    cancels: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Nobody looks any more: the connection goes, the task stays resumable."""
    server.on(CREATE, (*events(STREAM)[:-1], Fault.STALL)).on(CANCEL, DRAWING)
    with Client(account(server), **options(place, cancel_on_exit=cancels)) as client:
        steps = client.stream(REQUEST, provider="easel")
        assert next(steps).id == "p1"
        steps.close()  # type: ignore[attr-defined]
    assert server.lines() == [CREATE, *([CANCEL] if cancels else [])]
    assert server.is_left_alone()
    assert is_resumed(server, place)


async def test_an_async_stream_that_is_left_is_closed_and_canceled_once(
    server: Loopback, place: Path
) -> None:
    """The same with await."""
    server.on(CREATE, (*events(STREAM)[:-1], Fault.STALL)).on(CANCEL, DRAWING)
    async with AsyncClient(account(server), **options(place)) as client:
        steps = client.stream(REQUEST, provider="easel")
        assert (await anext(steps)).id == "p1"
        await steps.aclose()  # type: ignore[attr-defined]
    assert server.lines() == [CREATE, CANCEL]
    assert await asyncio.to_thread(server.is_left_alone)


def test_leaving_the_block_by_an_error_leaves_the_task_to_others(
    server: Loopback, place: Path
) -> None:
    """A task that was only submitted is neither polled nor canceled: it is nobody's mistake."""
    server.on(CREATE, DRAWING)
    with contextlib.suppress(RuntimeError), Client(account(server), **options(place)) as client:
        client.submit(REQUEST, provider="easel")
        raise RuntimeError
    assert server.lines() == [CREATE]
    assert server.is_left_alone()


# ------------------------------------------------------------------------------- Ctrl-C

INTERRUPTED = """
import asyncio, sys
from pathlib import Path
from tests.core.test_cancellation import options
from tintype import Account, AsyncClient, Client, ImageRequest
kind, url, place, cancels = sys.argv[1:]
account = Account(provider="easel", key="key-of-mine", base_url=url)
fields = options(Path(place), cancel_on_exit=cancels == "True")
told = lambda task: print(task.id, flush=True)
asked = ImageRequest(prompt="p")
async def awaited():
    async with AsyncClient(account, **fields) as client:
        await client.generate(asked, provider="easel", on_progress=told)
try:
    if kind == "async":
        asyncio.run(awaited())
    else:
        with Client(account, **fields) as client:
            client.generate(asked, provider="easel", on_progress=told)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("cancels", [True, False])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_ctrl_c_stops_polling_and_tells_the_provider_once(
    server: Loopback,
    place: Path,
    kind: str,
    cancels: bool,  # noqa: FBT001 - a parameter
) -> None:
    """The process ends by its own means, no socket is left, the task is resumable."""
    server.on(CREATE, DRAWING).on(CANCEL, DRAWING)
    process = subprocess.Popen(  # noqa: S603 - our own code
        [
            *(sys.executable, "-W", "error", "-c", INTERRUPTED),
            *(kind, server.url, str(place), str(cancels)),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "p1\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, err, process.returncode) == ("interrupted\n", "", 0)
    assert server.lines() == [CREATE, *([CANCEL] if cancels else [])]
    assert server.is_left_alone()
    assert is_resumed(server, place)


def test_a_canceled_task_that_the_provider_confirms_is_over(server: Loopback, place: Path) -> None:
    """`cancel` by name, once."""
    server.on(CREATE, DRAWING).on(CANCEL, said({"id": "p1", "state": "failed", "why": "so"}))
    with Client(account(server), **options(place)) as client:
        task = client.cancel(client.submit(REQUEST, provider="easel"))
        assert task.state is TaskState.FAILED
        assert client.journal.records()[0].open is False
    assert server.lines() == [CREATE, CANCEL]


def test_the_easel_of_these_tests_waits_long() -> None:
    """So that a test which ends has not waited for its poll."""
    describe: Callable[[], object] = cancelable().describe
    assert describe() is not easel.INFO
