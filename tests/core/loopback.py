"""A real HTTP server on loopback: it keeps every byte it is sent, and answers from a script."""

from __future__ import annotations

import contextlib
import enum
import gzip
import json
import socket
import ssl
import struct
import threading
import time
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import BinaryIO, Self, TypeAlias

from attrs import frozen

_PATIENCE = 10.0


class Fault(enum.Enum):
    """What a server does instead of going on."""

    RESET = "the connection is reset"
    CLOSE = "the connection is closed"
    STALL = "nothing more is said until the other side hangs up"


@frozen
class Pause:
    """So many seconds of silence."""

    seconds: float


@frozen
class Recorded:
    """One request as it was read from the socket."""

    line: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def method(self) -> str:
        """The method."""
        return self.line.split(b" ")[0].decode()

    @property
    def target(self) -> str:
        """The request-target, escapes as they came."""
        return self.line.split(b" ")[1].decode()

    def header(self, name: str) -> str | None:
        """The one header of that name, or None."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) <= 1
        return found[0] if found else None

    @property
    def wire(self) -> tuple[bytes, list[tuple[str, str]], bytes]:
        """What two clients have to agree on; the order of headers and their case are free."""
        headers = sorted((name.lower(), value) for name, value in self.headers)
        return self.line, headers, self.body


# A barrier holds an answer back until as many others have come to theirs.
Step: TypeAlias = bytes | Fault | Pause | threading.Barrier
Answer: TypeAlias = Step | Sequence[Step] | Callable[[Recorded], bytes]


# ------------------------------------------------------------------------- answers


def answer(
    body: bytes = b"",
    status: int = 200,
    media_type: str = "application/json",
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A complete answer with its length."""
    return head([("Content-Length", str(len(body))), *headers], status, media_type) + body


def head(
    headers: Sequence[tuple[str, str]] = (), status: int = 200, media_type: str = "application/json"
) -> bytes:
    """The head of an answer."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {media_type}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def said(value: object, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """An answer in JSON."""
    return answer(json.dumps(value).encode(), status, headers=headers)


def chunked(*chunks: bytes, headers: Sequence[tuple[str, str]] = ()) -> tuple[Step, ...]:
    """An answer in chunks, each a packet of its own."""
    start = head([("Transfer-Encoding", "chunked"), *headers])
    steps: list[Step] = [start]
    for chunk in chunks:
        steps += [Pause(0.002), f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n"]
    return (*steps, b"0\r\n\r\n")


def events(text: bytes, step: int = 0) -> tuple[Step, ...]:
    """A stream of events that ends with the connection, cut every `step` bytes."""
    step = step or len(text)
    steps: list[Step] = [head(media_type="text/event-stream")]
    for start in range(0, len(text), step):
        steps += [text[start : start + step], Pause(0.001)]
    return (*steps, Fault.CLOSE)


def zipped(body: bytes) -> bytes:
    """An answer in gzip."""
    return answer(gzip.compress(body), headers=[("Content-Encoding", "gzip")])


# -------------------------------------------------------------------------- server


class Loopback:
    """Answers on 127.0.0.1 until it is closed.

    Attributes:
        requests: Every request so far.
        accepted: How many connections there were.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.requests: list[Recorded] = []
        self.accepted = 0
        self._tls = tls
        self._script: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self._greetings: deque[Fault] = deque()
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._closing = False
        self._listener = socket.create_server(("127.0.0.1", port))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Its origin."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def on(self, line: str, *answers: Answer) -> Self:
        """Answer `METHOD /path` (`*`: whatever else) so, in turn; the last one stays."""
        self._script[line] = deque(answers)
        return self

    def greet(self, fault: Fault) -> Self:
        """Do that to the next connection, before anything is read."""
        self._greetings.append(fault)
        return self

    def take(self) -> list[Recorded]:
        """The requests so far, which are then forgotten."""
        with self._changed:
            taken, self.requests = self.requests, []
        return taken

    def lines(self) -> list[str]:
        """The requests so far, as `METHOD /target`."""
        return [f"{request.method} {request.target}" for request in self.requests]

    def is_left_alone(self) -> bool:
        """Whether the other side has closed every connection, or does so in a moment."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, timeout=_PATIENCE)

    def has_been_asked(self, times: int = 1) -> bool:
        """Whether so many requests have arrived, or do so in a moment."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.requests) >= times, timeout=_PATIENCE)

    def close(self) -> None:
        """Hang up on everyone, and end every thread."""
        self._closing = True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            pass  # wakes accept()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE)
        self._listener.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.close()

    # --------------------------------------------------------------------- threads

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing:
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self.accepted += 1
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._greetings:
                self._play(connection, (self._greetings.popleft(),))
            elif self._tls is not None:
                with self._tls.wrap_socket(connection.dup(), server_side=True) as wrapped:
                    self._converse(wrapped)
            else:
                self._converse(connection)
        except OSError:
            pass  # the other side hung up, or did not like the certificate
        finally:
            with self._changed:
                self._open.discard(connection)
                connection.close()
                self._changed.notify_all()

    def _converse(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            while (request := _read(reader)) is not None:
                with self._changed:
                    self.requests.append(request)
                    steps = self._answer(request)
                    self._changed.notify_all()
                if not self._play(connection, steps):
                    return

    def _answer(self, request: Recorded) -> Sequence[Step]:
        path = request.target.partition("?")[0]
        script = self._script.get(f"{request.method} {path}") or self._script.get("*")
        if not script:
            return (said({"error": {"message": f"No {path} here."}}, status=404),)
        found = script.popleft() if len(script) > 1 else script[0]
        if callable(found):
            return (found(request),)
        return (found,) if isinstance(found, bytes | Fault | Pause) else found

    @staticmethod
    def _play(connection: socket.socket, steps: Sequence[Step]) -> bool:
        """Whether the connection goes on after these steps."""
        for step in steps:
            match step:
                case bytes():
                    connection.sendall(step)
                case Pause():
                    time.sleep(step.seconds)
                case threading.Barrier():
                    step.wait(_PATIENCE)
                case Fault():
                    _break_off(connection, step)
                    return False
        return True


def _break_off(connection: socket.socket, fault: Fault) -> None:
    if fault is Fault.STALL:
        connection.recv(1)
    elif fault is Fault.RESET:
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def _read(reader: BinaryIO) -> Recorded | None:
    """The next request, or None where the other side has hung up."""
    lines: list[bytes] = []
    while line := reader.readline():
        if line == b"\r\n":
            break
        lines.append(line.removesuffix(b"\r\n"))
    if not line:
        return None
    pairs = (text.decode("latin-1").partition(":") for text in lines[1:])
    headers = tuple((name, value.strip()) for name, _, value in pairs)
    length = next((value for name, value in headers if name.lower() == "content-length"), "0")
    return Recorded(line=lines[0], headers=headers, body=reader.read(int(length)))


class Hasty:
    """A server that reads the head of one request, answers, and then does not want the body.

    Args:
        reply: What it says.
        tls: Its certificate, if it has one.
        waits: Whether it then reads nothing for as long as it lives, instead of hanging up.
        reads: How many bytes of the body it reads after a while, to answer once more.
    """

    def __init__(
        self,
        reply: bytes,
        tls: ssl.SSLContext | None = None,
        *,
        waits: bool = False,
        reads: int = 0,
    ) -> None:
        self._reply = reply
        self._waits = waits
        self._reads = reads
        self._over = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """Its origin."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        # Without this the answer may wait for an ACK, and be forgotten at the reset.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                start = connection.recv(4096)
                connection.sendall(self._reply)
                if self._reads:
                    self._over.wait(0.6)  # the other side's buffers are full meanwhile
                    with connection.makefile("rb") as reader:
                        missing = self._reads - len(start.partition(b"\r\n\r\n")[2])
                        body = start.partition(b"\r\n\r\n")[2] + reader.read(missing)
                    connection.sendall(answer(b"%d %d" % (len(body), zlib.crc32(body))))
                if self._waits:
                    self._over.wait(_PATIENCE)

    def __enter__(self) -> Self:
        """Itself, at work."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._over.set()
        self._listener.close()
        self._thread.join(_PATIENCE)


class Rude:
    """Answers the first bytes of each connection with others, and then does something else.

    Attributes:
        heard: What each connection began with.
    """

    def __init__(self, reply: bytes, fault: Fault) -> None:
        self.heard: list[bytes] = []
        self._reply = reply
        self._fault = fault
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def place(self) -> str:
        """Its address and port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        held: list[socket.socket] = []
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                held.append(connection)
                self.heard.append(connection.recv(65536))
                connection.sendall(self._reply)
                if self._fault is not Fault.STALL:
                    _break_off(connection, self._fault)
                    connection.close()
        for each in held:
            each.close()

    def __enter__(self) -> Self:
        """Itself, at work."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(_PATIENCE)
        self._listener.close()
