"""Connections between exchanges and within them: how old, how watched, how many, how long."""

from __future__ import annotations

import asyncio
import gzip
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from tests.core.loopback import Fault, Loopback, Pause, answer, head, said
from tests.core.wires import OWN, PATIENCE, Wire, get, post, wires

from tintype._keys.dispatch import fetch_request
from tintype.errors import DownloadError, RequestTimeoutError, TransportError
from tintype.transports.aiohttp import AiohttpTransport
from tintype.transports.urllib3 import Urllib3Transport

# -------------------------------------------------------------------------- age


@pytest.mark.parametrize(("rest", "connections"), [(14.0, 1), (16.0, 2), (3600.0, 2)])
def test_no_exchange_leaves_on_a_connection_that_was_idle_for_long(
    server: Loopback, rest: float, connections: int
) -> None:
    """What NATs and balancers have forgotten without a word costs no submission."""
    now = [0.0]
    server.on("*", said({}))
    transport = Urllib3Transport(clock=lambda: now[0])
    for _ in range(2):
        incoming = transport.open(post(f"{server.url}/x"), timeout=PATIENCE)
        assert list(incoming.chunks()) == [b"{}"]
        incoming.close()
        now[0] += rest
    transport.close()
    assert server.accepted == connections
    assert server.is_left_alone()


async def test_the_async_transport_lets_idle_connections_go(server: Loopback) -> None:
    """After the same time; its connector counts it."""
    server.on("*", said({}))
    transport = AiohttpTransport()
    incoming = await transport.open(post(f"{server.url}/x"), timeout=PATIENCE)
    [sessions] = transport._sessions.values()  # noqa: SLF001
    [session] = sessions._made.values()  # noqa: SLF001
    assert session.connector is not None
    assert session.connector._keepalive_timeout == 15.0  # noqa: SLF001 - no one else tells
    await incoming.close()
    await transport.close()


@wires(OWN)
def test_a_connection_that_the_server_has_closed_is_not_used(wire: Wire, server: Loopback) -> None:
    """A fresh one is opened, and nothing is lost."""
    server.on("*", (answer(b"1"), Fault.CLOSE), answer(b"2"))
    assert wire.exchange(post(f"{server.url}/x")).body == b"1"
    assert server.is_left_alone()
    assert wire.exchange(post(f"{server.url}/x")).body == b"2"


@wires(OWN)
def test_connections_that_ended_while_nobody_looked_are_not_used(
    wire: Wire, server: Loopback
) -> None:
    """An event loop that stood still has not seen them end: a submission would be unknown."""
    server.on("*", (answer(b"1"), Pause(0.05), Fault.CLOSE), answer(b"2"))
    assert wire.exchange(post(f"{server.url}/x")).body == b"1"
    assert server.is_left_alone()  # no loop runs meanwhile
    assert wire.exchange(post(f"{server.url}/x")).body == b"2"
    assert server.accepted == 2


def test_many_threads_share_connections_and_never_answers(server: Loopback) -> None:
    """Each gets its own, and what was opened is used again."""
    server.on("*", lambda request: answer(request.body))
    transport = Urllib3Transport()
    wrong: list[bytes] = []

    def draw(name: int) -> None:
        for each in range(20):
            asked = b"%d-%d" % (name, each)
            incoming = transport.open(post(f"{server.url}/x", asked), timeout=PATIENCE)
            got = b"".join(incoming.chunks())
            incoming.close()
            if got != asked:
                wrong.append(got)

    threads = [threading.Thread(target=draw, args=(each,)) for each in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    transport.close()
    assert wrong == []
    assert len(server.requests) == 160
    assert server.accepted <= 8
    assert server.is_left_alone()


# -------------------------------------------------------------------------- keep-alive


def _timers(port: int) -> set[str]:
    """The kernel's timers on connections to a port: `02` is the one of keep-alive."""
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    found = [row.split() for row in rows]
    return {row[5].partition(":")[0] for row in found if row[2].endswith(f":{port:04X}")}


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc")
@wires(OWN)
def test_a_connection_is_kept_alive_while_an_answer_is_awaited(
    wire: Wire, server: Loopback
) -> None:
    """A NAT forgets a silent one after two minutes; a provider may draw for five."""
    server.on("*", Fault.STALL)
    seen: list[set[str]] = []

    def look() -> None:
        assert server.has_been_asked()
        for _ in range(50):  # the request's own acknowledgement has another timer
            seen.append(_timers(server.port))
            if "02" in seen[-1]:
                return
            time.sleep(0.02)

    watcher = threading.Thread(target=look)
    watcher.start()
    with suppress(TransportError):
        wire.exchange(post(f"{server.url}/x"), timeout=2.0)
    watcher.join()
    assert "02" in seen[-1]


# -------------------------------------------------------------------------- private addresses


@wires(OWN)
def test_nobody_is_knocked_at_who_is_not_public(wire: Wire, server: Loopback) -> None:
    """Not even a connection is opened: that a port answers is nobody's business."""
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(DownloadError):
            wire.exchange(fetch_request(f"http://{host}:{server.port}/x", public_only=True))
    assert server.accepted == 0


@wires(OWN)
def test_a_trusted_network_may_be_reached(wire: Wire, server: Loopback) -> None:
    """A resolver of somebody's own may answer from there."""
    server.on("*", answer(b"ok"))
    asked = fetch_request(
        f"{server.url}/x", public_only=True, trusted_networks=("10.0.0.0/8", "127.0.0.0/8")
    )
    assert wire.exchange(asked).body == b"ok"


# -------------------------------------------------------------------------- time

BOMB = gzip.compress(b"\0" * 400_000_000, compresslevel=1)
HEADER = [("Content-Encoding", "gzip")]


@wires(OWN)
def test_a_few_bytes_that_unpack_to_many_do_not_outlast_the_deadline(
    wire: Wire, server: Loopback
) -> None:
    """The clock is looked at between pieces, and a piece is small."""
    server.on("*", answer(BOMB + gzip.compress(BOMB) * 5, headers=[("Content-Encoding", "gzip")]))
    with pytest.raises(RequestTimeoutError):
        wire.exchange(get(f"{server.url}/x"), timeout=0.2)
    wire.close()
    assert server.is_left_alone()


@wires(OWN)
def test_a_packed_body_that_drips_does_not_outlast_the_deadline(
    wire: Wire, server: Loopback
) -> None:
    """Bytes that unpack to nothing for a while are no progress."""
    steps = [step for byte in BOMB[:400] for step in (Pause(0.05), bytes([byte]))]
    server.on("*", (head([("Content-Length", "400"), *HEADER]), *steps))
    with pytest.raises(RequestTimeoutError):
        wire.exchange(get(f"{server.url}/x"), timeout=0.3)
    wire.close()
    assert server.is_left_alone()


@wires(OWN)
def test_a_body_that_nobody_reads_does_not_outlast_the_deadline(wire: Wire) -> None:
    """The request has left in part: whether it is acted upon is not known."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/x"
        with pytest.raises(RequestTimeoutError):
            wire.exchange(post(url, b"x" * 30_000_000), timeout=0.3)
    wire.close()


# -------------------------------------------------------------------------- event loops

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

async def ask_and_close():
    await ask()
    await transport.close()

for _ in range(3):
    asyncio.run(ask())
asyncio.run(ask_and_close())
asyncio.run(transport.close())
"""


def test_a_transport_leaves_no_socket_behind_in_a_loop_that_has_ended(server: Loopback) -> None:
    """One client may serve several `asyncio.run`; each closes what it opened, without a word."""
    server.on("*", answer(b"ok"))
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", _LOOPS, server.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    assert (done.stdout, done.stderr) == ("200 [b'ok']\n" * 4, "")
    assert server.is_left_alone()


def test_a_loop_closes_its_connections_before_the_next_one_begins(server: Loopback) -> None:
    """The server sees each hang up while the transport lives on."""
    server.on("*", answer(b"ok"))
    transport = AiohttpTransport()

    async def ask() -> int:
        incoming = await transport.open(get(f"{server.url}/x"), timeout=PATIENCE)
        assert [chunk async for chunk in incoming.chunks()] == [b"ok"]
        await incoming.close()
        return incoming.status

    for _ in range(3):
        assert asyncio.run(ask()) == 200
        assert server.is_left_alone()


def test_several_event_loops_at_once_have_their_own_connections(server: Loopback) -> None:
    """A service may run one in each thread, with one client."""
    server.on("*", lambda request: answer(request.body))
    transport = AiohttpTransport()
    wrong: list[bytes] = []

    async def draw(name: int) -> None:
        for each in range(30):
            asked = b"%d-%d" % (name, each)
            incoming = await transport.open(post(f"{server.url}/x", asked), timeout=PATIENCE)
            got = b"".join([chunk async for chunk in incoming.chunks()])
            await incoming.close()
            if got != asked:
                wrong.append(got)

    threads = [threading.Thread(target=asyncio.run, args=(draw(each),)) for each in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []
    assert len(server.requests) == 90
    assert server.accepted == 3
    assert server.is_left_alone()


async def test_a_connector_of_ones_own_is_used(server: Loopback) -> None:
    """It is made anew for each loop."""
    server.on("*", answer(b"ok"))
    made: list[aiohttp.TCPConnector] = []

    def connector() -> aiohttp.TCPConnector:
        made.append(aiohttp.TCPConnector(limit=1))
        return made[-1]

    transport = AiohttpTransport(connector=connector)
    for _ in range(2):
        await (await transport.open(get(f"{server.url}/x"), timeout=PATIENCE)).close()
    await transport.close()
    assert len(made) == 1
    assert made[0].closed


_KINDS: tuple[Callable[[], object], ...] = (Urllib3Transport, AiohttpTransport)


def test_transports_are_forgotten_with_their_owners() -> None:
    """What is guarded over a fork is not kept alive by it."""
    import gc  # noqa: PLC0415
    import weakref  # noqa: PLC0415

    for kind in _KINDS:
        made = kind()
        watched = weakref.ref(made)
        del made
        gc.collect()
        assert watched() is None
