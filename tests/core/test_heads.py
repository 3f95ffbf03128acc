"""One connection, one answer: where an answer begins, where it ends, and what its head says."""

from __future__ import annotations

import http.server
import ssl
import threading
import zlib
from collections.abc import Callable

import pytest
import trustme
import urllib3
from tests.core.loopback import Answer, Fault, Hasty, Loopback, Pause, answer, head, said
from tests.core.pictures import PNG
from tests.core.wires import KINDS, OWN, PATIENCE, Wire, get, post, wires

from tintype import Client, Image, ImageRequest
from tintype.errors import DroppedError, TransportError
from tintype.transports._heads import tells_an_end
from tintype.transports.urllib3 import Urllib3Transport

INTERIM = {
    "early-hints": head([("Link", "</a.css>; rel=preload")], 103),
    "processing": b"HTTP/1.1 102 Processing\r\n\r\n",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n",
    "one-nobody-knows": b"HTTP/1.1 199 Soon\r\nX-Soon: yes\r\n\r\n",
}


@pytest.mark.parametrize("interim", INTERIM.values(), ids=INTERIM)
def test_an_interim_answer_is_read_over(wire: Wire, server: Loopback, interim: bytes) -> None:
    """The answer is the final one, and the next request gets its own."""
    server.on("*", (interim, Pause(0.02), answer(b"mine")), answer(b"next"))
    assert wire.exchange(post(f"{server.url}/1")).body == b"mine"
    assert wire.exchange(post(f"{server.url}/2")).body == b"next"
    assert server.accepted == 1


def test_any_number_of_interim_answers_may_come(wire: Wire, server: Loopback) -> None:
    """Of several kinds, in one packet or in many, before whatever kind of answer."""
    several = b"".join(INTERIM.values())
    server.on(
        "*",
        (several * 20, answer(b"first")),
        (*[step for each in INTERIM.values() for step in (each, Pause(0.005))], answer(status=404)),
        (several, b"HTTP/1.1 204 No Content\r\n\r\n"),
        answer(b"last"),
    )
    told = [wire.exchange(each(f"{server.url}/x")) for each in (post, get, get, post)]
    assert [(each.status, each.body) for each in told] == [
        (200, b"first"),
        (404, b""),
        (204, b""),
        (200, b"last"),
    ]
    assert server.accepted == 1


@wires(OWN)
def test_a_connection_that_speaks_another_protocol_is_not_used_again(
    wire: Wire, server: Loopback
) -> None:
    """A 101 nobody asked for is the answer, and what follows it is nobody's."""
    switched = b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nnoise"
    server.on("*", (switched, Fault.STALL), answer(b"next"))
    assert wire.exchange(post(f"{server.url}/1")).body == b""
    assert wire.exchange(post(f"{server.url}/2")).body == b"next"
    assert server.accepted == 2


@wires(OWN)
def test_more_than_one_answer_is_never_anothers(wire: Wire, server: Loopback) -> None:
    """What stands behind an answer goes with its connection."""
    server.on("*", answer(b"mine") + answer(b"whose"), answer(b"next"))
    assert wire.exchange(post(f"{server.url}/1")).body == b"mine"
    assert wire.exchange(post(f"{server.url}/2")).body == b"next"
    assert server.accepted == 2


CUT_HEADS: dict[str, Answer] = {
    "behind-the-status": (b"HTTP/1.1 200 OK\r\n", Fault.CLOSE),
    "within-the-status": (b"HTTP/1.1 200 OK", Fault.CLOSE),
    "behind-a-header": (b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n", Fault.CLOSE),
    "before-the-empty-line": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", Fault.CLOSE),
    "within-an-interim-answer": (b"HTTP/1.1 103 Early\r\nLink: x\r\n", Fault.CLOSE),
    "behind-an-interim-answer": (INTERIM["early-hints"], Fault.CLOSE),
}


@pytest.mark.parametrize("cut", CUT_HEADS.values(), ids=CUT_HEADS)
def test_a_head_that_breaks_off_is_no_empty_answer(
    wire: Wire, server: Loopback, cut: Answer
) -> None:
    """It was dropped: nobody knows what would have come."""
    server.on("*", cut)
    with pytest.raises(DroppedError):
        wire.exchange(post(f"{server.url}/x"))


NONSENSE = {
    "no-status-line": b"<html>hello</html>\r\n\r\n",
    "length-of-letters": b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
    "length-below-zero": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
    "length-with-a-sign": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk",
    "a-line-that-is-no-header": b"HTTP/1.1 200 OK\r\nhello\r\nContent-Length: 2\r\n\r\nok",
    "chunk-below-zero": head([("Transfer-Encoding", "chunked")]) + b"-2\r\nok\r\n0\r\n\r\n",
    "chunk-of-letters": head([("Transfer-Encoding", "chunked")]) + b"zz\r\nok\r\n0\r\n\r\n",
}


@wires(OWN)
@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
def test_an_answer_whose_end_cannot_be_told_was_dropped(
    wire: Wire, server: Loopback, nonsense: bytes
) -> None:
    """Guessing would give half a picture, or somebody else's."""
    server.on("*", (nonsense, Fault.CLOSE), answer(b"next"))
    with pytest.raises(DroppedError):
        wire.exchange(post(f"{server.url}/1"))
    assert wire.exchange(post(f"{server.url}/2")).body == b"next"


GENEROUS = {
    "no-reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "bare-newlines": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "a-folded-header": b"HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
}


@wires(OWN)
@pytest.mark.parametrize("odd", GENEROUS.values(), ids=GENEROUS)
def test_an_odd_head_is_read_as_far_as_it_is_unambiguous(
    wire: Wire, server: Loopback, odd: bytes
) -> None:
    """What old servers write, and nobody can misunderstand."""
    server.on("*", odd)
    told = wire.exchange(post(f"{server.url}/x"))
    assert (told.status, told.body) == (200, b"ok")
    assert told.header("x-a") in {None, "a b"}


TWICE = {
    "two-equal-lengths": [("Content-Length", "2"), ("content-length", "2")],
    "a-list-of-equal-lengths": [("Content-Length", "2, 2")],
    "no-coding-beside-a-length": [("Transfer-Encoding", "identity"), ("Content-Length", "2")],
}


@wires(OWN)
@pytest.mark.parametrize("headers", TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("cut", [1, 20, 9999])
def test_a_length_that_is_told_twice_is_one(
    wire: Wire, server: Loopback, headers: list[tuple[str, str]], cut: int
) -> None:
    """Where all agree, however the bytes come, and whatever came before."""
    whole = INTERIM["early-hints"] + head(headers) + b"ok"
    parts = [whole[each : each + cut] for each in range(0, len(whole), cut)]
    server.on("*", [step for each in parts for step in (each, Pause(0.0005))], answer(b"next"))
    assert wire.exchange(post(f"{server.url}/1")).body == b"ok"
    assert wire.exchange(post(f"{server.url}/2")).body == b"next"


@wires(OWN)
def test_a_length_beside_chunks_is_passed_over(wire: Wire, server: Loopback) -> None:
    """The chunks say where the body ends (RFC 9112, 6.1), and the connection is not trusted on."""
    both = [("Transfer-Encoding", "chunked"), ("Content-Length", "9")]
    server.on("*", head(both) + b"2\r\nok\r\n0\r\n\r\n", answer(b"next"))
    assert wire.exchange(post(f"{server.url}/1")).body == b"ok"
    assert wire.exchange(post(f"{server.url}/2")).body == b"next"
    assert server.accepted == 2


@wires(KINDS)
@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_a_location_is_read_in_the_coding_it_was_written_in(
    wire: Wire, server: Loopback, coding: str
) -> None:
    """UTF-8, as everybody writes it now, or what HTTP once said."""
    told = answer(status=302, headers=[("Location", "/HERE")])
    server.on("*", told.replace(b"/HERE", "/café.png".encode(coding)))
    assert wire.exchange(get(f"{server.url}/x")).header("location") == "/café.png"


@wires(OWN)
@pytest.mark.parametrize(("size", "taken"), [(9_000, True), (60_000, True), (70_000, False)])
def test_a_long_header_is_read_alike(
    wire: Wire, server: Loopback, size: int, *, taken: bool
) -> None:
    """Up to 64 KiB a line: policies, cookies and traces are long."""
    server.on("*", answer(b"ok", headers=[("X-Long", "a" * size)]))
    if taken:
        assert wire.exchange(get(f"{server.url}/x")).header("x-long") == "a" * size
    else:
        with pytest.raises(DroppedError):
            wire.exchange(get(f"{server.url}/x"))


@wires(OWN)
@pytest.mark.parametrize(("count", "taken"), [(200, True), (300, False)])
def test_many_headers_are_read_alike(
    wire: Wire, server: Loopback, count: int, *, taken: bool
) -> None:
    """Up to 256 of them."""
    server.on("*", answer(b"ok", headers=[(f"X-{each}", "a") for each in range(count)]))
    if taken:
        assert len(wire.exchange(get(f"{server.url}/x")).headers) == count + 2
    else:
        with pytest.raises(DroppedError):
            wire.exchange(get(f"{server.url}/x"))


# -------------------------------------------------------------------------- whole conversations

REQUEST = ImageRequest(prompt="a red panda")
HINTS = head([("Link", "</a.css>")], 103) + b"HTTP/1.1 102 Processing\r\n\r\n"


def test_interim_answers_come_at_every_kind_of_exchange(
    artist: Callable[..., Client], server: Loopback
) -> None:
    """A submission, a poll and a download; each picture goes to whoever asked for it."""

    def hinted(reply: bytes) -> Answer:
        return (HINTS, Pause(0.01), reply)

    url = f"{server.url}/1.png"
    server.on("POST /v1/pictures", hinted(said({"id": "p1", "state": "drawing"})))
    server.on("GET /v1/pictures/p1", hinted(said({"id": "p1", "state": "done", "urls": [url]})))
    server.on("GET /1.png", hinted(answer(PNG, media_type="image/png")))
    client = artist()
    for _ in range(2):
        drawn = client.generate(REQUEST, provider="easel")
        assert client.fetch(drawn.images[0], provider="easel") == PNG


LOCATIONS = {
    "/café.png": "/caf%C3%A9.png",
    "/a%2fb.png?sig=100%&x=": "/a%2fb.png?sig=100%&x=",
    "/b.png?": "/b.png?",
    "b.png?": "/b.png?",
}


@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize(("location", "target"), LOCATIONS.items(), ids=LOCATIONS)
def test_a_redirect_is_followed_to_the_letter(
    artist: Callable[..., Client], server: Loopback, location: str, target: str, *, absolute: bool
) -> None:
    """A signed result is asked for as its `Location` has it, in UTF-8 too."""
    there = (server.url + "/" * (location[0] != "/") if absolute else "") + location
    moved = answer(status=302, headers=[("Location", "HERE")]).replace(b"HERE", there.encode())
    server.on("GET /1.png", moved)
    server.on(f"GET {target.partition('?')[0]}", answer(PNG, media_type="image/png"))
    image = Image(url=f"{server.url}/1.png")
    assert artist().fetch(image, provider="easel") == PNG
    assert server.lines() == ["GET /1.png", f"GET {target}"]


# -------------------------------------------------------------------------- others' servers


class Plain(http.server.BaseHTTPRequestHandler):
    """Python's own server, as it is made in a minute."""

    def do_POST(self) -> None:
        """Say back what was said."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/hints":
            self.send_response_only(103)
            self.end_headers()
        self.send_response(201)
        if self.protocol_version == "HTTP/1.1" or self.path == "/told":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@wires(OWN)
@pytest.mark.parametrize(
    ("version", "path"),
    [("HTTP/1.0", "/"), ("HTTP/1.0", "/told"), ("HTTP/1.1", "/"), ("HTTP/1.1", "/hints")],
)
def test_pythons_own_server_is_understood(wire: Wire, version: str, path: str) -> None:
    """With a length, or until it hangs up."""
    handler = type("Versioned", (Plain,), {"protocol_version": version})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        for each in (b"one", b"two", b"three"):
            told = wire.exchange(post(f"http://127.0.0.1:{other.server_port}{path}", each))
            assert (told.status, told.body) == (201, each)
        wire.close()
        other.shutdown()
        thread.join()


EARLY = {"413": answer(b"too large", 413), "200": answer(b"cached"), "307": answer(status=307)}


@wires(OWN)
@pytest.mark.parametrize("early", EARLY.values(), ids=EARLY)
@pytest.mark.parametrize("size", [1, 4, 16])
def test_an_answer_before_the_bodys_end_is_told(wire: Wire, size: int, early: bytes) -> None:
    """A server that has read enough answers and hangs up: the answer is there before the reset."""
    for _ in range(5):
        with Hasty(early) as server:
            told = wire.exchange(post(f"{server.url}/x", b"x" * (size * 1_000_000)), PATIENCE)
            assert early.startswith(b"HTTP/1.1 %d" % told.status)
            assert early.endswith(told.body)


@pytest.fixture(scope="module")
def authority() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server shows, and what a client then believes."""
    made = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    made.issue_cert("127.0.0.1").configure_cert(theirs)
    made.configure_trust(ours)
    return theirs, ours


@pytest.mark.parametrize("tls", [False, True])
def test_an_answer_to_a_body_that_is_not_taken_is_told(
    authority: tuple[ssl.SSLContext, ssl.SSLContext], *, tls: bool
) -> None:
    """A server may answer, read no more, and not even hang up."""
    theirs, ours = authority
    transport = Urllib3Transport(urllib3.PoolManager(ssl_context=ours))
    with Hasty(EARLY["413"], theirs if tls else None, waits=True) as server:
        incoming = transport.open(post(f"{server.url}/x", b"x" * 30_000_000), timeout=PATIENCE)
        assert (incoming.status, b"".join(incoming.chunks())) == (413, b"too large")
        incoming.close()
    transport.close()


@pytest.mark.parametrize("tls", [False, True])
def test_a_body_that_is_taken_slowly_arrives_whole(
    authority: tuple[ssl.SSLContext, ssl.SSLContext], *, tls: bool
) -> None:
    """An interim answer meanwhile is no reason to stop."""
    theirs, ours = authority
    body = bytes(range(256)) * 40_000
    transport = Urllib3Transport(urllib3.PoolManager(ssl_context=ours))
    with Hasty(HINTS, theirs if tls else None, reads=len(body)) as server:
        incoming = transport.open(post(f"{server.url}/x", body), timeout=PATIENCE)
        assert b"".join(incoming.chunks()) == b"%d %d" % (len(body), zlib.crc32(body))
        incoming.close()
    transport.close()


@wires(OWN)
@pytest.mark.parametrize("size", [1, 30_000_000], ids=["read", "written"])
def test_a_flood_of_interim_answers_ends_the_exchange(wire: Wire, size: int) -> None:
    """Also while a body is being written that nobody takes; long before the deadline."""
    with (
        Hasty(INTERIM["processing"] * 2_000, waits=True) as server,
        pytest.raises(DroppedError, match="More than 1000 interim answers"),
    ):
        wire.exchange(post(f"{server.url}/x", b"x" * size), 60.0)


@pytest.mark.parametrize(
    ("heard", "enough"),
    [
        (INTERIM["early-hints"] * 1_000, False),
        (INTERIM["early-hints"] * 1_001, True),
        (b"HTTP/1.1 103 Early Hints\r\n" + b"X-Long: ".ljust(60_000, b"x") * 80, True),
        (INTERIM["continue"] + answer(b"late"), True),
        (INTERIM["continue"] + b"HTTP/1.1 200 OK\r\n", False),
    ],
    ids=["many", "too many", "too much", "an answer", "half an answer"],
)
def test_what_comes_while_a_body_is_written_is_not_gathered_for_ever(
    heard: bytes, enough: object
) -> None:
    """Too much of it ends the writing, as an answer does."""
    assert tells_an_end(heard) is enough


@wires(OWN)
def test_a_reset_without_an_answer_is_still_dropped(wire: Wire) -> None:
    """Whatever of a long body was on its way."""
    with Hasty(b"") as server, pytest.raises(TransportError):
        wire.exchange(post(f"{server.url}/x", b"x" * 4_000_000))
