"""The wire tier's parts: the server, the strict scene, the diallers, the guard."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tintype.errors import NotSentError, TransportError
from tintype.messages import HttpRequest, JsonBody, MultipartBody, Response
from tintype.transports.aiohttp import AiohttpTransport
from tintype.transports.urllib3 import Urllib3Transport
from tintype_contracts import Fixtures
from tintype_contracts.fixtures.multipart import BodyError
from tintype_contracts.wire.certificates import client_context, declared_hosts, server_context
from tintype_contracts.wire.expectations import MISMATCH, StrictScene
from tintype_contracts.wire.nearby import host_of
from tintype_contracts.wire.network_guard import EgressError, guard
from tintype_contracts.wire.request import RawRequest
from tintype_contracts.wire.resolver import connector, pools
from tintype_contracts.wire.responses import MANNERS, Manner, RawResponse, plain
from tintype_contracts.wire.server import HOST, TlsServer

KEY = "a-key"
API = "https://api.acme.test"
BODY = b'{"a": "\xc3\xbc"}' * 99
HEADERS = (("Content-Type", "application/json"), ("X-Own", "1"))
TRANSPORTS = ("urllib3", "aiohttp")


def test_an_api_on_this_machine_is_read_as_documented() -> None:
    """It is asked for by TLS under a name of its own."""
    line, headers = b"GET /a HTTP/1.1", (("Host", host_of("http://127.0.0.1:8188")),)
    heard = RawRequest(name="", line=line, headers=headers)
    assert (heard.url, heard.host) == ("http://127.0.0.1:8188/a", "127.0.0.1:8188")
    assert host_of(API) == "api.acme.test"


def exchange(kind: str, port: int, request: HttpRequest) -> Response:
    """The whole answer to a request, dialled to a port of loopback."""
    if kind == "aiohttp":
        return asyncio.run(_exchange(port, request))
    with closing(Urllib3Transport(pools(port, client_context()))) as transport:
        incoming = transport.open(request, timeout=20.0)
        with closing(incoming):
            body = b"".join(incoming.chunks())
        return Response(status=incoming.status, headers=incoming.headers, body=body)


async def _exchange(port: int, request: HttpRequest) -> Response:
    transport = AiohttpTransport(connector=connector(port, client_context()))
    try:
        incoming = await transport.open(request, timeout=20.0)
        body = b"".join([chunk async for chunk in incoming.chunks()])
        await incoming.close()
        return Response(status=incoming.status, headers=incoming.headers, body=body)
    finally:
        await transport.close()
        for _ in range(5):
            await asyncio.sleep(0)


def get(url: str) -> HttpRequest:
    """A GET."""
    return HttpRequest(method="GET", url=url, headers=(("Accept", "*/*"),))


@pytest.fixture
def server() -> Iterator[TlsServer]:
    """A server that speaks for two hosts and says one thing."""
    context = server_context(("api.acme.test", "cdn.acme.test"))
    answer = RawResponse(status=200, headers=HEADERS, body=BODY)
    with TlsServer(context, lambda _: plain(answer)) as made:
        yield made


# -------------------------------------------------------------------- server and diallers


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_documented_host_is_reached_on_loopback(kind: str, server: TlsServer) -> None:
    """URL, Host header and the name at the handshake are those of production."""
    response = exchange(kind, server.port, get(f"{API}:8443/a%2Fb?c=1"))
    assert (response.status, response.body) == (200, BODY)
    [heard] = server.heard
    assert heard.url == f"{API}:8443/a%2Fb?c=1"
    assert (heard.name, heard.method) == ("api.acme.test", "GET")


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_an_undeclared_host_fails_its_certificate_check(kind: str, server: TlsServer) -> None:
    """Nothing is heard, and the name that was asked for is kept."""
    with pytest.raises(NotSentError):
        exchange(kind, server.port, get("https://elsewhere.test/"))
    assert server.heard == []
    assert server.names == ["elsewhere.test"]


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_plain_http_is_not_spoken(kind: str, server: TlsServer) -> None:
    """A request without TLS ends at the same port, where nobody understands it."""
    with pytest.raises(TransportError):
        exchange(kind, server.port, get("http://api.acme.test/"))
    assert server.heard == []


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("name", MANNERS)
def test_a_manner_changes_nothing_that_is_said(kind: str, name: str, server: TlsServer) -> None:
    """Status, documented headers and body are the same in every manner."""
    manner: Manner = MANNERS[name]
    server.play = lambda _: manner(RawResponse(status=418, headers=HEADERS, body=BODY))
    response = exchange(kind, server.port, get(f"{API}/"))
    assert (response.status, response.body) == (418, BODY)
    assert response.header("x-own") == "1"


def test_an_empty_body_has_every_manner(server: TlsServer) -> None:
    """A chunk of no bytes would end the answer before its time."""
    for manner in (plain, *MANNERS.values()):
        server.play = lambda _, said=manner: said(RawResponse(status=503))
        assert exchange("urllib3", server.port, get(f"{API}/")).body == b""


def test_a_server_is_left_alone_once_its_callers_have_gone(server: TlsServer) -> None:
    """And closes what is still open when it ends."""
    exchange("urllib3", server.port, get(f"{API}/"))
    assert server.is_left_alone()


# ------------------------------------------------------------------------ what is heard


def heard(line: str, body: bytes = b"", **headers: str) -> RawRequest:
    """A request as from the socket."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    length = (("Content-Length", str(len(body))),) if body else ()
    host = (("Host", "api.acme.test"),)
    return RawRequest(
        name="api.acme.test",
        line=f"{line} HTTP/1.1".encode(),
        headers=(*host, *named, *length),
        body=body,
    )


def test_a_fraction_on_the_wire_is_no_integer() -> None:
    """`2.0` and `2` are two bodies."""
    for text, kind in ((b'{"n": 2.0}', float), (b'{"n": 2}', int)):
        content = heard("POST /", text).content()
        assert isinstance(content, JsonBody)
        assert type(content.value["n"]) is kind


def test_a_form_is_heard_part_by_part() -> None:
    """Names, file names, media types and bytes, whatever the boundary."""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="x.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\r\n\x00--b\r\n--b--\r\n"
    )
    content = heard("POST /", body, Content_Type="multipart/form-data; boundary=b").content()
    assert isinstance(content, MultipartBody)
    first, second = content.parts
    assert (first.name, first.data, first.filename) == ("a", b"1", None)
    assert (second.filename, second.media_type, second.data) == (
        "x.png",
        "image/png",
        b"\r\n\x00--b",
    )


def test_a_body_that_is_neither_is_told() -> None:
    """Text is no JSON."""
    with pytest.raises(BodyError, match="not JSON"):
        heard("POST /", b"hello").content()


# ----------------------------------------------------------------------- the strict scene

CREATE = b'{"model":"acme-1","prompt":"a cat","size":"1K","n":2}'


def created(body: bytes = CREATE, line: str = "POST /v1/images", **headers: str) -> RawRequest:
    """Acme's documented submission, or something like it."""
    named = {"x_key": KEY, "Content_Type": "application/json", **headers}
    return heard(line, body, **named)


def drawn(acme: Fixtures) -> StrictScene:
    """Acme's first scene."""
    return StrictScene(acme, acme.scene("generated", "drawn"), KEY)


def test_a_scene_goes_in_its_order_and_no_further(acme: Fixtures) -> None:
    """Each exchange once; what comes after the end is a repetition."""
    scene = drawn(acme)
    look = heard("GET /v1/tasks/task-1", x_key=KEY)
    assert [scene.answer(each).status for each in (created(), look, look)] == [200, 200, 200]
    assert scene.faults() == ()
    assert scene.answer(look).status == MISMATCH
    assert "is asked for again" in str(scene.faults()[0])


def test_an_exchange_out_of_its_turn_is_told(acme: Fixtures) -> None:
    """A look at the task before there is one."""
    scene = drawn(acme)
    scene.answer(heard("GET /v1/tasks/task-1", x_key=KEY))
    assert "is asked for out of its turn" in str(scene.faults()[0])


def test_what_was_never_asked_for_is_told(acme: Fixtures) -> None:
    """A scene that ends early is a fault of each exchange that is left."""
    scene = drawn(acme)
    scene.answer(created())
    assert [fault.exchange for fault in scene.faults()] == ["generated/drawing", "generated/done"]


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [
        (created(b'{"model":"acme-1","prompt":"a cat","size":"1K","n":"2"}'), "/json/n"),
        (created(b'{"model":"acme-1","prompt":"a cat","size":"1K"}'), "/json/n"),
        (created(line="POST /v1/images?n=2"), "/url/query"),
        (created(line="POST /v1/image"), "/url/place"),
        (created(line="PUT /v1/images"), "/method"),
        (created(x_key="another"), "/headers/x-key"),
        (created(X_Extra="1"), "/headers/x-extra"),
        (created(Content_Type="text/plain"), "/headers/content-type"),
        (created(b""), "/body"),
        (created(b"{"), "/body"),
    ],
    ids=str,
)
def test_a_difference_names_its_place_and_its_source(
    acme: Fixtures, request_: RawRequest, pointer: str
) -> None:
    """Type by type, header by header, the query as a whole."""
    scene = drawn(acme)
    assert scene.answer(request_).status == MISMATCH
    [fault] = scene.faults()
    assert fault.exchange == "generated/create"
    assert pointer in {difference.pointer for difference in fault.differences}
    assert fault.url == "https://docs.acme.test/images"


def test_the_closest_exchange_of_another_scene_is_named(acme: Fixtures) -> None:
    """What was meant is told by what it is most like."""
    scene = drawn(acme)
    scene.answer(created(b'{"model":"acme-1","prompt":"a cat","stream":true}'))
    [fault] = scene.faults()
    assert fault.exchange == "streamed/stream"


# ------------------------------------------------------------------------------ the guard


def test_nothing_leaves_loopback_while_the_guard_is_armed() -> None:
    """Neither a socket nor the look-up of a name; each attempt is kept."""
    with guard().armed() as watch, socket.socket() as asking:
        with pytest.raises(EgressError):
            asking.connect(("192.0.2.1", 443))
        with pytest.raises(EgressError):
            socket.getaddrinfo("example.test", 443)
        with pytest.raises(EgressError):
            socket.gethostbyname("example.test")
    assert len(watch.attempts) == 3


def test_only_the_kits_own_ports_can_be_dialled() -> None:
    """Another port of loopback may be anybody's, as one is that was the kit's."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((HOST, 0)))
        address = listener.getsockname()
        with guard().armed():
            with pytest.raises(EgressError):
                socket.create_connection(address)
            with guard().allowing(address[1]):
                socket.create_connection(address).close()
            with pytest.raises(EgressError):
                socket.create_connection(address)


def test_a_dead_port_refuses_and_is_taken() -> None:
    """Nobody else can begin to listen there while it is dialled."""
    with guard().armed(), guard().allowing_a_dead_port() as port:
        with pytest.raises(ConnectionRefusedError) as refused:
            socket.create_connection((HOST, port))
        assert not isinstance(refused.value, EgressError)
        with pytest.raises(OSError, match="in use"):
            socket.create_server((HOST, port), reuse_port=False)


def test_a_guard_that_is_not_armed_refuses_nothing() -> None:
    """It stays in the process, and out of the way."""
    with socket.create_server((HOST, 0)) as listener:
        socket.create_connection(listener.getsockname()).close()


def test_the_declared_hosts_are_those_of_the_api_and_of_results(acme: Fixtures) -> None:
    """Each once."""
    assert declared_hosts(acme) == ("api.acme.test", "cdn.acme.test")
