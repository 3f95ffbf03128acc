"""Each transport against one real server: what it sends, what it takes, what it calls failures."""

from __future__ import annotations

import asyncio
import itertools
import os
import ssl
import subprocess
import sys
import types
import zlib
from collections.abc import Callable, Iterable, Iterator

import httpx
import httpx2
import pytest
import respx
import trustme
from tests.core import easel
from tests.core.conftest import KEY
from tests.core.loopback import (
    Answer,
    Fault,
    Loopback,
    Pause,
    answer,
    chunked,
    head,
    said,
    zipped,
)
from tests.core.pictures import PNG
from tests.core.wires import BRIEF, KINDS, OWN, PATIENCE, Wire, get, post, wires

from tintype import Account, AsyncClient, Client, HttpRequest, ImageRequest
from tintype._keys.dispatch import fetch_request
from tintype.errors import (
    DownloadError,
    DroppedError,
    NotSentError,
    RequestTimeoutError,
    TransportError,
    UsageError,
)
from tintype.transports.aiohttp import AiohttpTransport
from tintype.transports.httpx import AsyncHttpxTransport, HttpxTransport
from tintype.transports.urllib3 import Urllib3Transport

# -------------------------------------------------------------------------- what is sent


def test_a_request_arrives_byte_for_byte(wire: Wire, server: Loopback) -> None:
    """Method, target with its escapes, headers and body are those of the request."""
    body = bytes(range(256)) * 300
    server.on("*", answer())
    request = post(f"{server.url}/a%2Fb/%C3%BC;x=(1)?q=%20+&r=~", body)
    wire.exchange(request)
    [found] = server.requests
    assert found.line == b"POST /a%2Fb/%C3%BC;x=(1)?q=%20+&r=~ HTTP/1.1"
    assert found.body == body
    sent = {(name.lower(), value) for name, value in found.headers}
    added = sent - {(name.lower(), value) for name, value in request.headers}
    allowed = {("host", f"127.0.0.1:{server.port}"), ("connection", "keep-alive")}
    assert ("host", f"127.0.0.1:{server.port}") in added
    assert added <= allowed
    assert len(found.headers) == len(sent)


@wires(OWN)
def test_no_header_is_added_but_the_host(wire: Wire, server: Loopback) -> None:
    """What the library would add by itself is switched off."""
    server.on("*", answer())
    request = post(f"{server.url}/x")
    wire.exchange(request)
    [found] = server.requests
    names = {name.lower() for name, _ in found.headers}
    assert names - {name.lower() for name, _ in request.headers} == {"host"}


@wires(OWN)
def test_a_get_has_no_body_headers(wire: Wire, server: Loopback) -> None:
    """A GET names neither a length nor a type of a body."""
    server.on("*", answer())
    wire.exchange(get(f"{server.url}/x"))
    [found] = server.requests
    assert found.header("content-length") is None
    assert found.header("content-type") is None
    assert found.header("transfer-encoding") is None


def test_a_connection_is_used_again(wire: Wire, server: Loopback) -> None:
    """Three exchanges, one of them a refusal, need one connection."""
    server.on("*", said({}), said({}, status=429), *[chunked(b"{", b"}")] * 2)
    for _ in range(4):
        wire.exchange(post(f"{server.url}/x"))
    assert len(server.requests) == 4
    assert server.accepted == 1


def test_a_body_that_is_not_read_takes_its_connection_along(wire: Wire, server: Loopback) -> None:
    """Half an answer is never taken for the beginning of the next one."""
    server.on("*", (head([("Content-Length", "9")]), b"abc", Fault.STALL), answer(b"fresh"))
    assert wire.peek(get(f"{server.url}/x")) == 200
    assert wire.exchange(get(f"{server.url}/x")).body == b"fresh"


@wires(OWN)
def test_a_cookie_is_not_kept(wire: Wire, server: Loopback) -> None:
    """What a server sets is not sent back."""
    server.on("*", said({}, headers=[("Set-Cookie", "a=b; Path=/")]))
    for _ in range(2):
        wire.exchange(get(f"{server.url}/x"))
    assert [request.header("cookie") for request in server.requests] == [None, None]


def test_a_redirect_is_not_followed(wire: Wire, server: Loopback) -> None:
    """A 302 is an answer like any other."""
    server.on("*", answer(b"there", status=302, headers=[("Location", f"{server.url}/there")]))
    response = wire.exchange(post(f"{server.url}/here"))
    assert (response.status, response.body) == (302, b"there")
    assert response.header("location") == f"{server.url}/there"
    assert server.lines() == ["POST /here"]


# -------------------------------------------------------------------------- what comes back


def test_status_headers_and_body_come_back(wire: Wire, server: Loopback) -> None:
    """An answer is told as it was given, headers that repeat among them."""
    headers = [("X-Request-Id", "r1"), ("Warning", "a"), ("Warning", "b")]
    server.on("*", answer(b"\x00\xff", status=418, headers=headers))
    response = wire.exchange(get(f"{server.url}/x"))
    assert (response.status, response.body) == (418, b"\x00\xff")
    assert response.header("x-request-id") == "r1"
    told = [value for name, value in response.headers if name.lower() == "warning"]
    assert told == ["a", "b"]


def _deflated(body: bytes) -> bytes:
    return answer(zlib.compress(body), headers=[("Content-Encoding", "deflate")])


TEXT = b"all the king's horses " * 5000


@pytest.mark.parametrize(
    "coded",
    [
        zipped(TEXT),
        _deflated(TEXT),
        chunked(TEXT[:1], TEXT[1:30000], TEXT[30000:]),
        (head(), TEXT, Fault.CLOSE),
        (zipped(TEXT)[:-40], Pause(0.01), zipped(TEXT)[-40:]),
    ],
    ids=["gzip", "deflate", "chunked", "until-closed", "gzip-in-two"],
)
def test_a_body_is_decoded(wire: Wire, server: Loopback, coded: Answer) -> None:
    """Compressed, in chunks, or as long as the connection lasts: the body is the body."""
    server.on("*", coded)
    assert wire.exchange(get(f"{server.url}/x")).body == TEXT


def test_an_empty_answer_has_an_empty_body(wire: Wire, server: Loopback) -> None:
    """A 204 has no body, and the connection lives on."""
    server.on("*", b"HTTP/1.1 204 No Content\r\n\r\n", answer(b"next"))
    assert wire.exchange(get(f"{server.url}/x")).body == b""
    assert wire.exchange(get(f"{server.url}/x")).body == b"next"
    assert server.accepted == 1


# -------------------------------------------------------------------------- what goes wrong


def test_a_refused_connection_was_not_sent(wire: Wire, refused_url: str) -> None:
    """Where nobody listens no byte has left."""
    with pytest.raises(NotSentError):
        wire.exchange(post(f"{refused_url}/x"))


def test_a_certificate_nobody_vouches_for_was_not_sent(wire: Wire) -> None:
    """The handshake ends before the request begins."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Loopback(tls=context) as server:
        with pytest.raises(NotSentError):
            wire.exchange(post(f"{server.url}/x"))
        assert server.requests == []


BROKEN: dict[str, Answer] = {
    "reset-after-the-request": Fault.RESET,
    "closed-after-the-request": Fault.CLOSE,
    "head-cut-off": (head([("Content-Length", "9")])[:-3], Fault.CLOSE),
    "no-http": b"220 mail.example ESMTP\r\n\r\n",
    "body-cut-off": (head([("Content-Length", "9")]), b"abc", Fault.CLOSE),
    "body-reset": (head([("Content-Length", "9")]), b"abc", Fault.RESET),
    "chunks-cut-off": (*chunked(b"abc")[:-1], Fault.CLOSE),
    "chunk-cut-off": (head([("Transfer-Encoding", "chunked")]), b"9\r\nabc", Fault.CLOSE),
    "no-gzip": answer(b"plain", headers=[("Content-Encoding", "gzip")]),
    "gzip-cut-off-by-the-connection": (zipped(TEXT)[:-20], Fault.CLOSE),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_was_dropped(wire: Wire, server: Loopback, broken: Answer) -> None:
    """Once the request has left, whatever breaks is a dropped connection, no shorter answer."""
    server.on("*", broken)
    with pytest.raises(DroppedError) as caught:
        wire.exchange(post(f"{server.url}/x"))
    assert not isinstance(caught.value, RequestTimeoutError)
    assert server.lines() == ["POST /x"]


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.CLOSE])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_nothing_is_repeated(wire: Wire, server: Loopback, method: str, fault: Fault) -> None:
    """Whatever the method, on a fresh connection or a used one: that is the flow's decision."""
    server.on("*", fault, answer(), fault, answer())
    request = HttpRequest(method=method, url=f"{server.url}/x", headers=())
    with pytest.raises(DroppedError):
        wire.exchange(request)
    wire.exchange(request)
    with pytest.raises(DroppedError):
        wire.exchange(request)
    assert len(server.requests) == 3


def test_a_connection_that_is_reset_at_once_is_a_transport_error(
    wire: Wire, server: Loopback
) -> None:
    """Whichever moment the reset hits, in the handshake or while a long body is written."""
    server.greet(Fault.RESET).on("*", answer())
    with pytest.raises(TransportError):
        wire.exchange(post(f"{server.url}/x", b"x" * 4_000_000))
    assert server.requests == []


SLOW: dict[str, Answer] = {
    "stall-before-the-head": Fault.STALL,
    "stall-in-the-head": (b"HTTP/1.1 200 OK\r\nContent-Le", Fault.STALL),
    "drip-in-the-head": (b"HTTP/1.1 200 OK\r\nX-Slow: ", *[Pause(0.05), b"x"] * 400),
    "stall-in-the-body": (head([("Content-Length", "9")]), b"abc", Fault.STALL),
    "drip": (head([("Content-Length", "400")]), *[Pause(0.05), b"x"] * 400),
    "drip-in-chunks": (
        head([("Transfer-Encoding", "chunked")]),
        *[Pause(0.05), b"1\r\nx\r\n"] * 400,
    ),
}


def _slow_for(kinds: Iterable[str]) -> Iterator[object]:
    """Each kind of transport with each way to be slow that it can be freed from."""
    for kind, name in itertools.product(kinds, SLOW):
        if (kind, name) not in {(own, "drip-in-the-head") for own in ("httpx", "httpx2")}:
            yield pytest.param(kind, SLOW[name], id=f"{kind}-{name}")


@pytest.mark.parametrize(("wire", "slow"), list(_slow_for(KINDS)), indirect=["wire"])
def test_an_answer_is_complete_in_time_or_not_at_all(
    wire: Wire, server: Loopback, slow: Answer
) -> None:
    """The deadline is for the whole answer, also where each byte comes soon enough."""
    server.on("*", slow)
    with pytest.raises(RequestTimeoutError):
        wire.exchange(post(f"{server.url}/x"), timeout=BRIEF)
    wire.close()
    assert server.is_left_alone()


@pytest.mark.parametrize(
    ("kind", "transport"),
    [
        (Client, AiohttpTransport()),
        (Client, httpx.Client()),
        (AsyncClient, Urllib3Transport()),
        (AsyncClient, HttpxTransport(httpx.Client())),
        (AsyncClient, httpx.AsyncClient()),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_a_transport_of_another_kind_is_refused_before_anything_is_sent(
    kind: Callable[..., object], transport: object
) -> None:
    """It would fail once the submission had left; the error says what to give."""
    with pytest.raises(UsageError, match=r"cannot serve .*such as .*HttpxTransport"):
        kind(transport=transport)


@pytest.mark.parametrize(
    ("kind", "client"),
    [
        (HttpxTransport, httpx.AsyncClient()),
        (AsyncHttpxTransport, httpx2.Client()),
        (HttpxTransport, Urllib3Transport()),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_a_client_of_another_kind_is_refused(kind: Callable[..., object], client: object) -> None:
    """By name."""
    with pytest.raises(UsageError, match=f"A {type(client).__name__} is no"):
        kind(client)


@wires(["httpx", "httpx2"])
def test_a_head_that_comes_too_late_drop_by_drop_is_told_once_it_is_there(
    wire: Wire, server: Loopback
) -> None:
    """A synchronous client of yours times each read, and cannot be freed from one."""
    drops = [Pause(0.05), b"x"] * 8
    server.on("*", (b"HTTP/1.1 200 OK\r\nX-Slow: ", *drops, b"\r\nContent-Length: 1\r\n\r\n1"))
    with pytest.raises(RequestTimeoutError):
        wire.exchange(post(f"{server.url}/x"), timeout=BRIEF)


def test_no_socket_is_left_after_close(wire: Wire, server: Loopback) -> None:
    """Good answers, broken ones and abandoned ones: all connections are closed."""
    server.on("*", said({}), Fault.RESET, (head([("Content-Length", "9")]), Fault.STALL), said({}))
    wire.exchange(get(f"{server.url}/1"))
    with pytest.raises(DroppedError):
        wire.exchange(post(f"{server.url}/2"))
    wire.peek(get(f"{server.url}/3"))
    wire.exchange(get(f"{server.url}/4"))
    wire.close()
    assert server.is_left_alone()


# -------------------------------------------------------------------------- the environment

_ASK = """
import asyncio, sys
from tintype.messages import HttpRequest
request = HttpRequest(method="GET", url=sys.argv[2], headers=(("Accept", "*/*"),))

async def ask():
    from tintype.transports.aiohttp import AiohttpTransport
    transport = AiohttpTransport()
    incoming = await transport.open(request, timeout=20)
    print(incoming.status, [chunk async for chunk in incoming.chunks()])
    await incoming.close()
    await transport.close()

def ask_blocking():
    from tintype.transports.urllib3 import Urllib3Transport
    transport = Urllib3Transport()
    incoming = transport.open(request, timeout=20)
    print(incoming.status, list(incoming.chunks()))
    incoming.close()
    transport.close()

asyncio.run(ask()) if sys.argv[1] == "aiohttp" else ask_blocking()
"""


def _ask(kind: str, url: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", _ASK, kind, url]
    clean = {"PATH": os.environ["PATH"], **environ}
    return subprocess.run(command, env=clean, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter


@pytest.mark.parametrize("kind", OWN)
def test_a_proxy_in_the_environment_is_ignored(
    kind: str, server: Loopback, refused_url: str
) -> None:
    """A key goes to the provider, not through what some variable names."""
    server.on("*", answer(b"ok"))
    names = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY")
    done = _ask(kind, server.url + "/x", dict.fromkeys(names, refused_url))
    assert (done.stdout, done.stderr) == ("200 [b'ok']\n", "")
    assert server.lines() == ["GET /x"]


@pytest.mark.parametrize("kind", OWN)
def test_a_certificate_that_somebody_vouches_for_is_taken(kind: str, tmp_path: object) -> None:
    """TLS works, with the authorities of the system (here: of `SSL_CERT_FILE`)."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = f"{tmp_path}/authority.pem"
    authority.cert_pem.write_to_path(bundle)
    with Loopback(tls=context) as server:
        server.on("*", answer(b"ok"))
        done = _ask(kind, server.url + "/x", {"SSL_CERT_FILE": bundle})
        assert (done.stdout, done.stderr) == ("200 [b'ok']\n", "")


# -------------------------------------------------------------------------- await


async def test_a_canceled_exchange_leaves_no_socket(server: Loopback) -> None:
    """Canceled before the head or within the body: the connection is closed."""
    server.on("POST /head", Fault.STALL)
    server.on("POST /body", (head([("Content-Length", "9")]), b"abc", Fault.STALL))
    transport = AiohttpTransport()

    async def read(path: str) -> None:
        incoming = await transport.open(post(server.url + path), timeout=PATIENCE)
        try:
            async for _ in incoming.chunks():
                pass
        finally:
            await incoming.close()

    for path in ("/head", "/body"):
        task = asyncio.create_task(read(path))
        await asyncio.to_thread(server.has_been_asked)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.take()
    assert await asyncio.to_thread(server.is_left_alone)
    await transport.close()


_LOOPS = """
import asyncio, sys
from tintype.messages import HttpRequest
from tintype.transports.aiohttp import AiohttpTransport
request = HttpRequest(method="GET", url=sys.argv[1], headers=())
transport = AiohttpTransport()

async def ask():
    incoming = await transport.open(request, timeout=20)
    print(incoming.status, [chunk async for chunk in incoming.chunks()])
    await incoming.close()

for _ in range(3):
    asyncio.run(ask())
"""


def test_a_transport_serves_one_event_loop_after_another(server: Loopback) -> None:
    """A loop that ended with connections open (asyncio warns of it) is no hindrance."""
    server.on("*", answer(b"ok"))
    command = [sys.executable, "-c", _LOOPS, server.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    assert done.stdout == "200 [b'ok']\n" * 3
    assert "Traceback" not in done.stderr
    assert server.is_left_alone()


def test_a_transport_may_be_closed_and_used_again(server: Loopback) -> None:
    """Closing between two event loops is the clean way, and it works."""
    server.on("*", answer(b"ok"))
    transport = AiohttpTransport()

    async def ask() -> int:
        incoming = await transport.open(get(f"{server.url}/x"), timeout=PATIENCE)
        await incoming.close()
        await transport.close()
        return incoming.status

    assert [asyncio.run(ask()) for _ in range(2)] == [200, 200]
    assert server.is_left_alone()


# -------------------------------------------------------------------------- the embedder's own

REQUEST = ImageRequest(prompt="a red panda")
DONE = {"id": "p1", "state": "done", "urls": ["https://cdn.test/1.png"]}


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_the_embedders_client_is_used_and_not_closed(
    library: type[httpx], server: Loopback
) -> None:
    """Its headers go along; its credentials and its redirects do not; it stays open."""
    server.on("POST /v1/pictures", said(DONE), answer(status=307, headers=[("Location", "/x")]))
    options = {"headers": {"X-Trace": "t1"}, "auth": ("me", "pw"), "follow_redirects": True}
    account = Account(provider="easel", key=KEY, base_url=server.url)
    with library.Client(**options) as mine:
        with Client(account, transport=HttpxTransport(mine), plugins={"easel": easel}) as client:
            assert client.submit(REQUEST, provider="easel").id == "p1"
        assert not mine.is_closed
        response = HttpxTransport(mine).open(post(f"{server.url}/v1/pictures"), timeout=PATIENCE)
        response.close()
        assert response.status == 307
    first, second = server.requests
    assert first.header("x-trace") == second.header("x-trace") == "t1"
    assert first.header("authorization") == f"Bearer {KEY}"
    assert second.header("authorization") is None


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_the_embedders_async_client_is_used_and_not_closed(
    library: type[httpx], server: Loopback
) -> None:
    """The same with await."""
    server.on("POST /v1/pictures", said(DONE))
    account = Account(provider="easel", key=KEY, base_url=server.url)
    async with library.AsyncClient() as mine:
        transport = AsyncHttpxTransport(mine)
        async with AsyncClient(account, transport=transport, plugins={"easel": easel}) as client:
            assert (await client.submit(REQUEST, provider="easel")).id == "p1"
        assert not mine.is_closed
    assert await asyncio.to_thread(server.is_left_alone)


MINE = {"headers": {"Authorization": "Bearer mine"}, "cookies": {"a": "b"}, "params": {"t": "1"}}


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_a_result_is_fetched_without_what_is_the_embedders(
    library: type[httpx], server: Loopback
) -> None:
    """Its host is anybody's: it is shown no header, cookie or parameter of theirs."""
    server.on("*", answer())
    request = fetch_request(f"{server.url}/x", public_only=False)
    with library.Client(**MINE) as mine:
        incoming = await asyncio.to_thread(HttpxTransport(mine).open, request, timeout=PATIENCE)
        incoming.close()
    async with library.AsyncClient(**MINE) as mine:
        await (await AsyncHttpxTransport(mine).open(request, timeout=PATIENCE)).close()
    for found in server.requests:
        assert found.line == b"GET /x HTTP/1.1"
        assert {name.lower() for name, _ in found.headers} == {
            *("accept", "accept-encoding", "user-agent", "host")
        }
    assert len(server.requests) == 2


@wires(("httpx", "httpx-async", "httpx2", "httpx2-async"))
def test_a_result_from_a_private_address_is_not_read(wire: Wire, server: Loopback) -> None:
    """The embedder's client made the connection; where it led is seen at the head."""
    server.on("*", answer(b"inside"))
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1"):
        wire.exchange(fetch_request(f"{server.url}/x", public_only=True))


def _routes() -> respx.MockRouter:
    """What an embedder's own test would set up."""
    router = respx.MockRouter(assert_all_called=True)
    router.post("https://api.easel.test/v1/pictures").respond(json={"id": "p1", "state": "drawing"})
    router.get("https://api.easel.test/v1/pictures/p1").mock(
        side_effect=[httpx.Response(502), httpx.Response(200, json=DONE)]
    )
    router.get("https://cdn.test/1.png").respond(content=PNG)
    return router


def test_the_embedders_respx_routes_answer() -> None:
    """A router handed to their client, nothing patched, plays a whole generation."""
    router = _routes()
    account = Account(provider="easel", key=KEY)
    with httpx.Client(transport=httpx.MockTransport(router.handler)) as mine:
        client = Client(account, transport=HttpxTransport(mine), plugins={"easel": easel}, seed=1)
        drawn = client.generate(REQUEST, provider="easel")
        assert client.fetch(drawn.images[0], provider="easel") == PNG
    router.assert_all_called()
    shown = [call.request.headers.get("authorization") for call in router.calls]
    assert shown == [f"Bearer {KEY}"] * 3 + [None]


async def test_the_embedders_respx_routes_answer_with_await() -> None:
    """The same with await."""
    router = _routes()
    account = Account(provider="easel", key=KEY)
    async with httpx.AsyncClient(transport=httpx.MockTransport(router.async_handler)) as mine:
        transport = AsyncHttpxTransport(mine)
        client = AsyncClient(account, transport=transport, plugins={"easel": easel}, seed=1)
        drawn = await client.generate(REQUEST, provider="easel")
        assert await client.fetch(drawn.images[0], provider="easel") == PNG
    router.assert_all_called()


@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize("mounted", [True, False])
def test_whom_a_client_of_yours_dials_itself_has_to_be_public(
    server: Loopback, library: types.ModuleType, *, mounted: bool
) -> None:
    """`NO_PROXY` mounts nothing for a host: it is dialled. A proxy's or your transport's is not."""
    server.on("*", answer(PNG, media_type="image/png"))
    mounts = {"all://127.0.0.1": library.HTTPTransport() if mounted else None}
    with library.Client(mounts=mounts) as mine:
        asked = fetch_request(f"{server.url}/x", public_only=True)
        if mounted:
            assert HttpxTransport(mine).open(asked, timeout=PATIENCE).status == 200
        else:
            with pytest.raises(DownloadError, match="not of the public internet"):
                HttpxTransport(mine).open(asked, timeout=PATIENCE)
