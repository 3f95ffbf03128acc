"""Webhooks: hints, confirmed by asking; and what anybody else may send, survived and counted."""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import time
import types
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from attrs import evolve, frozen
from tests.core import easel
from tests.core.conftest import KEY
from tests.core.loopback import Fault, Loopback, Pause, answer, said
from tests.core.pictures import PNG, in_base64

from tintype import (
    Account,
    AsyncClient,
    ImageRequest,
    Outcome,
    Task,
    TaskState,
    hookimpl,
)
from tintype._cli.webhooks import closing, saving
from tintype._flow.settle import proof
from tintype.catalog import ProviderInfo
from tintype.entries import Intent, Released, Settled, Snapshot
from tintype.errors import Billed, SubmissionUnknownError, TintypeError
from tintype.exchange import Exchange
from tintype.journal._sql import SqlJournal
from tintype.models import Update
from tintype.signatures import Hmac
from tintype.webhooks import WebhookApp

REQUEST = ImageRequest(prompt="a red panda")
TOKEN = "nobody-guesses-this"
CREATE = "POST /v1/pictures"
LOOK = "GET /v1/pictures/p1"
DRAWING = said({"id": "p1", "state": "drawing"})
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})
SAYS_DONE = json.dumps({"id": "p1", "state": "done"}).encode()


@frozen
class Hall:
    """An application, what it asks with, and what it was told to hand over."""

    app: WebhookApp
    client: AsyncClient
    journal: SqlJournal
    told: list[Task]

    async def call(
        self,
        body: bytes = SAYS_DONE,
        path: str = "/easel",
        query: str = "",
        method: str = "POST",
        chunks: int = 1,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> tuple[int, str]:
        """One call, as an ASGI server makes it: its status and words."""
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
        }
        size = -(-len(body) // chunks) or 1
        parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
        messages = [
            {"type": "http.request", "body": part, "more_body": number < len(parts)}
            for number, part in enumerate(parts, start=1)
        ]
        return await self.play(scope, messages)

    async def play(self, scope: dict, messages: list[dict]) -> tuple[int, str]:
        """What the application answers to these messages."""
        sent: list[dict] = []
        waiting = iter(messages)

        async def receive() -> dict:
            return next(waiting)

        async def send(message: dict) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, end = sent
        return start["status"], end["body"].decode().strip()


@pytest.fixture
async def hall(server: Loopback, tmp_path: Path) -> AsyncIterator[Hall]:
    """A hall of the easel's."""
    async with _hall(server, tmp_path) as made:
        yield made


class _hall:  # noqa: N801 - used as a function
    """A hall whose journal knows the task p1, unless its records are others."""

    def __init__(
        self, server: Loopback, folder: Path, *, knows: bool = True, **options: float
    ) -> None:
        account = Account(provider="easel", key=KEY, base_url=server.url)
        self._journal = SqlJournal(folder / "journal.db")
        if knows:
            _note(self._journal, "p1")
        plugins = {"easel": easel}
        client = AsyncClient(account, plugins=plugins, journal=self._journal, environ={})
        told: list[Task] = []

        async def tell(task: Task) -> None:
            told.append(task)

        app = WebhookApp(client, tell, **options)  # type: ignore[arg-type]
        self._hall = Hall(app, client, self._journal, told)

    async def __aenter__(self) -> Hall:
        return self._hall

    async def __aexit__(self, *_: object) -> None:
        await self._hall.client.close()
        self._journal.close()


@pytest.fixture
async def strange(server: Loopback, tmp_path: Path) -> AsyncIterator[Hall]:
    """A hall of the easel's whose journal knows of no task."""
    async with _hall(server, tmp_path, knows=False) as made:
        yield made


def _note(journal: SqlJournal, task_id: str) -> str:
    """The record of a task that was accepted."""
    entry = journal.record(Intent(provider="easel", request=REQUEST)).result()
    task = Task(provider="easel", id=task_id, record=entry)
    return journal.record(Snapshot(task=task)).result()


# --------------------------------------------------------------------------- what is believed


async def test_a_call_is_believed_once_the_provider_confirms_it(
    hall: Hall, server: Loopback
) -> None:
    """The task that is handed over is the provider's own, not the webhook's."""
    server.on(LOOK, DONE)
    assert await hall.call(b'{"id":"p1","state":"failed","why":"a lie"}') == (200, "confirmed")
    assert [(task.id, task.state) for task in hall.told] == [("p1", TaskState.SUCCEEDED)]
    assert hall.told[0].images[0].data == PNG
    assert hall.app.counts == {"confirmed": 1}


async def test_a_call_before_the_end_is_early(hall: Hall, server: Loopback) -> None:
    """The task runs: taken, and nobody is told. A call at its end then is."""
    server.on(LOOK, DRAWING, DONE)
    assert await hall.call() == (200, "early")
    assert hall.told == []
    assert await hall.call() == (200, "confirmed")


async def test_a_call_that_comes_twice_is_told_once(hall: Hall, server: Loopback) -> None:
    """One after the other, or both at once."""
    server.on(LOOK, (Pause(0.05), DONE))
    at_once = await asyncio.gather(hall.call(), hall.call())
    assert sorted(at_once) == [(200, "confirmed"), (200, "duplicate")]
    assert await hall.call() == (200, "duplicate")
    assert len(hall.told) == 1
    assert hall.app.counts == {"confirmed": 1, "duplicate": 2}


async def test_calls_that_come_in_another_order_do_no_harm(hall: Hall, server: Loopback) -> None:
    """The one that says `drawing` arrives behind the end: it changes nothing."""
    server.on(LOOK, DONE, DRAWING)
    assert await hall.call() == (200, "confirmed")
    assert await hall.call(b'{"id":"p1","state":"drawing"}') == (200, "duplicate")
    (line,) = hall.journal.records()
    assert line.task is not None
    assert line.task.state is TaskState.SUCCEEDED
    assert len(server.requests) == 1


async def test_what_was_saved_before_is_not_told_again(
    strange: Hall, server: Loopback, tmp_path: Path
) -> None:
    """The journal knows, also after a restart."""
    server.on(CREATE, DONE)
    drawn = await strange.client.generate(REQUEST, provider="easel")
    await strange.client.save(drawn, tmp_path / "out")
    assert await strange.call() == (200, "duplicate")
    assert strange.told == []


async def test_a_call_whose_handing_over_fails_is_told_again(
    server: Loopback, tmp_path: Path
) -> None:
    """The provider calls once more, and it is not taken for a duplicate."""
    server.on(LOOK, DONE)
    tries: list[Task] = []

    async def stumble(task: Task) -> None:
        tries.append(task)
        if len(tries) == 1:
            raise RuntimeError

    async with _hall(server, tmp_path) as made:
        again = Hall(WebhookApp(made.client, stumble), made.client, made.journal, [])
        with pytest.raises(RuntimeError):
            await again.call()
        assert await again.call() == (200, "confirmed")
    assert len(tries) == 2


async def test_a_save_that_fails_is_tried_again_at_the_next_call(
    server: Loopback, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`tintype webhooks serve` says why, and does not take the call for done."""
    done = said({"id": "p1", "state": "done", "urls": [f"{server.url}/1.png"]})
    server.on(LOOK, done)
    server.on("GET /1.png", said({}, status=403), answer(PNG, media_type="image/png"))
    out = tmp_path / "out"
    async with _hall(server, tmp_path) as made:
        again = Hall(
            WebhookApp(made.client, saving(made.client, out)), made.client, made.journal, []
        )
        with pytest.raises(TintypeError):
            await again.call()
        assert "tintype: " in capsys.readouterr().err
        assert await again.call() == (200, "confirmed")
    assert [path.read_bytes() for path in out.iterdir()] == [PNG]


async def test_handing_over_may_take_longer_than_confirming(
    server: Loopback, tmp_path: Path
) -> None:
    """The provider's patience is for the provider: saving is not cut short by it."""
    server.on(LOOK, DONE)
    saved: list[str] = []

    async def slowly(task: Task) -> None:
        await asyncio.sleep(2.1)
        saved.append(task.id)

    async with _hall(server, tmp_path) as made:
        app = WebhookApp(made.client, slowly, patience=2.0)
        other = Hall(app, made.client, made.journal, [])
        assert await other.call() == (200, "confirmed")
    assert saved == ["p1"]


def _signed() -> types.ModuleType:
    """The easel, which signs its webhooks in a header."""
    plugin = types.ModuleType("easel_with_signatures")
    for name in ("price", "submit", "poll", "parse"):
        setattr(plugin, name, getattr(easel, name))

    @hookimpl
    def describe() -> ProviderInfo:
        """The easel, which signs when, the body, and the URL that it calls."""
        form = Hmac(
            header="X-Signature",
            over="{timestamp}{url}{body}",
            headers={"timestamp": "X-At"},
            prefix="hex=",
        )
        return evolve(easel.INFO, signature=form)

    plugin.describe = describe  # type: ignore[attr-defined]
    return plugin


def _signature(at: int, body: bytes, url: str) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of a call that is signed then, at that URL."""
    over = f"{at}{url}".encode() + body
    made = hmac.digest(b"shared", over, "sha256").hex().encode()
    return ((b"X-At", str(at).encode()), (b"X-Signature", b"hex=" + made))


async def test_a_signature_in_the_headers_is_seen(server: Loopback, tmp_path: Path) -> None:
    """What is signed is believed unasked; what is not, is changed or is old is refused."""
    account = Account(provider="easel", key=KEY, base_url=server.url, webhook_secrets="shared")
    told: list[Task] = []

    async def tell(task: Task) -> None:
        told.append(task)

    async with AsyncClient(account, plugins={"easel": _signed()}, environ={}) as client:
        app = WebhookApp(client, tell, url="https://here.test/hooks/")
        made = Hall(app, client, SqlJournal(tmp_path / "none.db"), told)
        body = json.dumps({"id": "p1", "state": "done", "picture": in_base64(PNG)}).encode()
        assert await made.call(body) == (400, "forged")
        at, url = int(time.time()), "https://here.test/hooks/easel?a=1"
        old = _signature(at - 3600, body, url)
        assert await made.call(body, query="a=1", headers=old) == (400, "stale")
        fresh = _signature(at, body, url)
        assert await made.call(body, query="a=2", headers=fresh) == (400, "forged")
        assert await made.call(body + b" ", query="a=1", headers=fresh) == (400, "forged")
        assert await made.call(body, query="a=1", headers=fresh) == (200, "confirmed")
        made.journal.close()
    assert ([task.id for task in told], server.requests) == (["p1"], [])


# ------------------------------------------------------------------------- what is not believed


async def test_a_task_that_the_provider_does_not_know_is_a_forgery(
    hall: Hall, server: Loopback
) -> None:
    """Nobody is told, nothing is written down."""
    server.on(LOOK, said({"why": "who?"}, status=404))
    before = hall.journal.records()
    status, words = await hall.call()
    assert (status, words) in {(400, "forged"), (400, "malformed")}
    assert hall.told == []
    assert hall.journal.records() == before


@pytest.mark.parametrize("query", ["", "tintype=nobody", "tintype=", "tintype=%00", "tintype=a&&;"])
async def test_a_task_of_somebody_elses_is_misdirected(
    strange: Hall, server: Loopback, query: str
) -> None:
    """Neither the journal knows it nor does the URL name a record: the provider is not asked."""
    assert await strange.call(query=query) == (404, "misdirected")
    assert (server.requests, strange.told, strange.journal.records()) == ([], [], [])


async def test_without_a_journal_any_task_is_confirmed(server: Loopback) -> None:
    """Nobody knows whose a task is: the provider is believed."""
    server.on(LOOK, DONE)
    told: list[Task] = []

    async def tell(task: Task) -> None:
        told.append(task)

    account = Account(provider="easel", key=KEY, base_url=server.url)
    async with AsyncClient(account, plugins={"easel": easel}, environ={}) as client:
        app = WebhookApp(client, tell)
        assert await Hall(app, client, None, told).call() == (200, "confirmed")  # type: ignore[arg-type]
    assert [task.id for task in told] == ["p1"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"state":"done"',
        b'{"id":7,"state":"done"}',
        b'{"id":"p1"}',
        b'{"id":"p1","state":"painted over"}',
        b"\xff\xfe\x00",
        b'{"id":"p1","state":"done","picture":"%%%"}',
        b"[" * 60_000,
        b'{"id":"p1","state":"done","x":' + b"9" * 5000 + b"}",
    ],
    ids=range(11),
)
async def test_a_body_that_no_document_describes_is_refused(
    hall: Hall, server: Loopback, body: bytes
) -> None:
    """Whatever stands in it, nobody is told of anything."""
    server.on(LOOK, said({"state": "odd"}))
    status, words = await hall.call(body)
    assert status == 400
    assert words in {"malformed", "forged"}
    assert hall.told == []


async def test_a_body_that_is_too_large_is_not_read(server: Loopback, tmp_path: Path) -> None:
    """Neither whole nor in pieces; one byte less is."""
    server.on(LOOK, DONE)
    async with _hall(server, tmp_path, limit=len(SAYS_DONE)) as made:
        for chunks in (1, 7):
            assert await made.call(SAYS_DONE + b" ", chunks=chunks) == (413, "oversized")
            assert made.told == []
        assert await made.call(SAYS_DONE, chunks=7) == (200, "confirmed")
        assert made.app.counts == {"oversized": 2, "confirmed": 1}


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/easel", "GET", 405),
        ("/nobody", "POST", 404),
        ("/", "POST", 404),
        ("/easel/p1", "POST", 404),
        ("/../easel", "POST", 404),
        ("/\x00", "POST", 404),
    ],
)
async def test_a_call_for_nobody_here_is_misdirected(
    hall: Hall, server: Loopback, path: str, method: str, status: int
) -> None:
    """Another provider, another method: no provider is asked."""
    assert await hall.call(path=path, method=method) == (status, "misdirected")
    assert server.requests == []


@pytest.mark.parametrize("answer", [said({}, status=503), Fault.RESET])
async def test_a_call_that_cannot_be_confirmed_now_is_to_come_again(
    hall: Hall, server: Loopback, answer: Fault
) -> None:
    """503; and the next one is believed."""
    server.on(LOOK, answer, DONE)
    assert await hall.call() == (503, "unconfirmed")
    assert await hall.call() == (200, "confirmed")


async def test_a_provider_that_does_not_answer_in_time_is_not_waited_for(
    server: Loopback, tmp_path: Path
) -> None:
    """The caller has to be answered: 503."""
    server.on(LOOK, Fault.STALL)
    async with _hall(server, tmp_path, patience=0.2) as made:
        assert await made.call() == (503, "unconfirmed")
        assert made.told == []
    assert server.is_left_alone()


@pytest.mark.parametrize(
    ("path", "root"),
    [("/hooks/easel", "/hooks"), ("/a/b/easel/", "/a/b/"), ("/easel", "/hooks"), ("/easel", "")],
)
async def test_it_may_be_mounted_below_any_path(
    hall: Hall, server: Loopback, path: str, root: str
) -> None:
    """As ASGI has it, a path holds the `root_path` of where an application is mounted."""
    server.on(LOOK, DONE)
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "root_path": root,
        "query_string": b"",
        "headers": (),
    }
    body = {"type": "http.request", "body": SAYS_DONE, "more_body": False}
    assert await hall.play(scope, [body]) == (200, "confirmed")


async def test_a_mount_is_no_part_of_another_path(hall: Hall, server: Loopback) -> None:
    """What only begins like the mount names nobody."""
    scope = {"type": "http", "method": "POST", "path": "/hookseasel", "root_path": "/hooks"}
    body = {"type": "http.request", "body": SAYS_DONE, "more_body": False}
    assert await hall.play({**scope, "query_string": b""}, [body]) == (404, "misdirected")
    assert server.requests == []


async def test_a_body_that_drips_is_not_waited_for(server: Loopback, tmp_path: Path) -> None:
    """The patience is for the body as well."""
    async with _hall(server, tmp_path, patience=0.2) as made:
        sent: list[dict] = []

        async def drip() -> dict:
            await asyncio.sleep(0.05)
            return {"type": "http.request", "body": b" ", "more_body": True}

        async def send(message: dict) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/easel", "query_string": b""}
        await made.app(scope, drip, send)
        assert (sent[0]["status"], made.app.counts) == (408, {"slow": 1})
    assert server.requests == []


async def test_a_body_in_very_many_pieces_is_put_together_once(
    hall: Hall, server: Loopback
) -> None:
    """A piece of one byte each is taken as the whole is."""
    server.on(LOOK, DONE)
    body = SAYS_DONE + b" " * 200_000
    assert await hall.call(body, chunks=len(body)) == (200, "confirmed")


async def test_the_loop_goes_on_while_a_large_body_is_read(hall: Hall, server: Loopback) -> None:
    """Whoever else works on the loop is not kept waiting by a stranger's megabyte."""
    server.on(LOOK, DONE)
    looks: list[int] = []
    body = b'{"id":"p1","state":"done","x":[' + b"1," * 400_000 + b"1]}"
    call = asyncio.ensure_future(hall.call(body))
    while not call.done():
        looks.append(1)
        await asyncio.sleep(0)
    assert call.result() == (200, "confirmed")
    assert len(looks) > 3


async def test_it_works_mounted_under_a_real_server(hall: Hall, server: Loopback) -> None:
    """uvicorn, and a mount that does as starlette's does."""
    server.on(LOOK, DONE)

    async def mounting(scope: dict, receive: object, send: object) -> None:
        root = f"{scope.get('root_path', '')}/hooks"
        await hall.app({**scope, "root_path": root}, receive, send)  # type: ignore[arg-type]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = uvicorn.Server(uvicorn.Config(mounting, log_level="error", lifespan="off"))
        serving = asyncio.ensure_future(served.serve(sockets=[listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/hooks/easel"
        status, words = await asyncio.to_thread(_post, url, SAYS_DONE)
        served.should_exit = True
        await serving
    assert (status, words.strip()) == (200, b"confirmed")


async def test_a_caller_that_hangs_up_is_forgotten(hall: Hall, server: Loopback) -> None:
    """Half a body is nobody's webhook."""
    scope = {"type": "http", "method": "POST", "path": "/easel", "query_string": b""}
    begun = {"type": "http.request", "body": SAYS_DONE, "more_body": True}
    await hall.play(scope, [begun, {"type": "http.disconnect"}])
    assert server.requests == []
    assert hall.told == []


async def test_it_begins_and_ends_with_its_server(hall: Hall) -> None:
    """ASGI's lifespan is answered."""
    waiting = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[str] = []

    async def receive() -> dict:
        return next(waiting)

    async def send(message: dict) -> None:
        sent.append(message["type"])

    await hall.app({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_the_command_closes_its_client_when_its_server_ends(tmp_path: Path) -> None:
    """Before the server is told that all is over: then the loop may be gone."""
    client = AsyncClient(journal=tmp_path / "journal.db", plugins={"easel": easel}, environ={})
    waiting = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    open_at: dict[object, bool] = {}

    async def receive() -> dict:
        return next(waiting)

    async def send(message: dict) -> None:
        written = client.journal.record(Released(record=""))
        open_at[message["type"]] = written.exception() is None

    app = closing(WebhookApp(client, saving(client, tmp_path)), client)
    await app({"type": "lifespan"}, receive, send)
    assert open_at == {"lifespan.startup.complete": True, "lifespan.shutdown.complete": False}


# --------------------------------------------------------------- a submission that was lost


async def test_a_lost_submission_is_found_again_by_its_entry(
    strange: Hall, server: Loopback, tmp_path: Path
) -> None:
    """Its answer was lost; the URL's entry says whose task the webhook speaks of."""
    server.on(CREATE, Fault.RESET).on(LOOK, DONE)
    asked = evolve(REQUEST, webhook_url="https://me.test/easel?a=b")
    with pytest.raises(SubmissionUnknownError) as caught:
        await strange.client.generate(asked, provider="easel")
    entry = caught.value.record
    (sent,) = [each for each in server.requests if each.method == "POST"]
    query = urlsplit(json.loads(sent.body)["callback"]).query
    assert entry in query
    assert query.partition(f"{entry}.")[2] not in str(caught.value)
    assert await strange.call(query=f"tintype={entry}") == (404, "misdirected")
    assert await strange.call(query=f"tintype={entry}.guessed") == (404, "misdirected")
    assert strange.journal.records()[0].lost
    assert await strange.call(query=query) == (200, "confirmed")
    (line,) = strange.journal.records()
    assert (line.id, line.outcome) == (entry, Outcome.ACCEPTED)
    assert strange.told[0].record == entry
    assert strange.told[0].request is not None
    assert strange.told[0].request.webhook_url == asked.webhook_url  # a task goes anywhere
    (path,) = await strange.client.save(strange.told[0], tmp_path / "out")
    assert path.read_bytes() == PNG
    assert not strange.journal.records()[0].open
    assert [line for line in server.lines() if line == CREATE] == [CREATE]


def _intent(provider: str) -> Intent:
    """A submission whose webhook's URL holds the token."""
    return Intent(provider=provider, request=REQUEST, callback=proof(TOKEN))


async def _lost(journal: SqlJournal, provider: str = "easel") -> str:
    entry = journal.record(_intent(provider)).result()
    lost = Settled(record=entry, outcome=Outcome.UNKNOWN, billed=Billed.UNKNOWN, reason="lost")
    return journal.record(lost).result()


async def test_the_entry_of_another_provider_is_not_bound(strange: Hall, server: Loopback) -> None:
    """The call is for nobody here."""
    server.on(LOOK, DONE)
    entry = await _lost(strange.journal, provider="other")
    assert await strange.call(query=f"tintype={entry}.{TOKEN}") == (404, "misdirected")
    assert strange.journal.records([entry])[0].task is None


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.NOT_SENT])
async def test_the_entry_of_a_rejected_submission_is_not_bound(
    strange: Hall, server: Loopback, outcome: Outcome
) -> None:
    """No task came of it: whatever the webhook speaks of is another's."""
    server.on(LOOK, DONE)
    entry = strange.journal.record(_intent("easel")).result()
    over = Settled(record=entry, outcome=outcome, billed=Billed.NO, reason="no")
    strange.journal.record(over).result()
    assert await strange.call(query=f"tintype={entry}.{TOKEN}") == (404, "misdirected")
    assert strange.journal.records([entry])[0].task is None


async def test_the_entry_of_a_submission_under_way_is_bound(
    strange: Hall, server: Loopback
) -> None:
    """The webhook was faster than the answer."""
    server.on(LOOK, DONE)
    entry = strange.journal.record(_intent("easel")).result()
    assert await strange.call(query=f"tintype={entry}.{TOKEN}") == (200, "confirmed")
    assert strange.told[0].record == entry


async def test_the_entry_of_a_known_task_is_not_bound(strange: Hall, server: Loopback) -> None:
    """A record that has its task keeps it."""
    server.on(LOOK, DONE)
    entry = _note(strange.journal, "p9")
    assert await strange.call(query=f"tintype={entry}.{TOKEN}") == (404, "misdirected")
    (line,) = strange.journal.records([entry])
    assert line.task is not None
    assert line.task.id == "p9"


async def test_a_known_task_is_not_bound_to_another_entry(hall: Hall, server: Loopback) -> None:
    """Whatever the URL says, the journal knows whose it is."""
    server.on(LOOK, DONE)
    (mine,) = [line.id for line in hall.journal.records()]
    lost = await _lost(hall.journal)
    assert await hall.call(query=f"tintype={lost}.{TOKEN}") == (200, "confirmed")
    assert hall.told[0].record == mine
    assert hall.journal.records([lost])[0].task is None


async def test_a_lost_submission_stays_unknown_until_its_task_has_ended(
    strange: Hall, server: Loopback
) -> None:
    """Some providers say `running` of whatever they are asked about."""
    server.on(LOOK, DRAWING, DONE)
    entry = await _lost(strange.journal)
    query = f"tintype={entry}.{TOKEN}"
    assert await strange.call(query=query) == (200, "early")
    assert strange.journal.records([entry])[0].lost
    assert await strange.call(query=query) == (200, "confirmed")
    assert not strange.journal.records([entry])[0].lost


async def test_a_lost_submission_is_not_bound_to_a_task_that_is_older(
    server: Loopback, tmp_path: Path
) -> None:
    """The provider knows the task, and drew it before the submission left."""
    server.on(LOOK, DONE)
    journal = SqlJournal(tmp_path / "journal.db")
    account = Account(provider="easel", key=KEY, base_url=server.url)
    plugins = {"easel": _dated(datetime.now(UTC) - timedelta(hours=1))}
    async with AsyncClient(account, plugins=plugins, journal=journal, environ={}) as client:
        entry = await _lost(journal)
        made = Hall(WebhookApp(client, saving(client, tmp_path)), client, journal, [])
        assert await made.call(query=f"tintype={entry}.{TOKEN}") == (400, "malformed")
        assert journal.records([entry])[0].lost
    journal.close()


def _dated(at: datetime) -> types.ModuleType:
    """The easel, which says when it began."""
    plugin = types.ModuleType("easel_with_dates")
    for name in ("describe", "price", "submit", "poll"):
        setattr(plugin, name, getattr(easel, name))

    @hookimpl
    def parse(exchange: Exchange) -> Update:
        """As the easel does, with a date."""
        return evolve(easel.parse(exchange), made_at=at)

    plugin.parse = parse  # type: ignore[attr-defined]
    return plugin


@pytest.mark.parametrize("query", ["tintype=nobody", "tintype=", "tintype=%00", "tintype=a&&;"])
async def test_an_unknown_entry_is_not_bound(hall: Hall, server: Loopback, query: str) -> None:
    """A task that the journal knows is confirmed all the same, under its own record."""
    server.on(LOOK, DONE)
    assert await hall.call(query=query) == (200, "confirmed")
    (line,) = hall.journal.records()
    assert line.task is not None
    assert line.task.id == "p1"


# ------------------------------------------------------------------------- over a real server


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    asked = urllib.request.Request(url, data=body, method="POST")  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(asked) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


async def _serving(app: WebhookApp, act: Callable[[str], object]) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(app, log_level="critical", lifespan="on", ws="none")
    running = uvicorn.Server(config)
    serving = asyncio.create_task(running.serve(sockets=[listener]))
    try:
        await asyncio.to_thread(act, url)
    finally:
        running.should_exit = True
        await serving


async def test_it_is_served_by_uvicorn(hall: Hall, server: Loopback) -> None:
    """Confirmed, duplicate, malformed, misdirected, over real sockets."""
    server.on(LOOK, DONE)
    seen: list[tuple[int, bytes]] = []

    def act(url: str) -> None:
        seen.extend(
            [
                _post(f"{url}/easel?tintype=x", SAYS_DONE),
                _post(f"{url}/easel", SAYS_DONE),
                _post(f"{url}/easel", b"nonsense"),
                _post(f"{url}/nobody", SAYS_DONE),
                _post(f"{url}/easel", b"x" * (2 * 1024 * 1024)),
            ]
        )

    await _serving(hall.app, act)
    assert seen == [
        (200, b"confirmed\n"),
        (200, b"duplicate\n"),
        (400, b"malformed\n"),
        (404, b"misdirected\n"),
        (413, b"oversized\n"),
    ]
    assert len(hall.told) == 1
