"""A forward proxy on a loopback socket: tunnels, and requests by plain http."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.core.loopback import Loopback


class ForwardProxy:
    """Leads every name to one server, and writes down who was asked for, and by whom.

    Attributes:
        seen: Each request's first line, without its version.
        shown: What each showed in `Proxy-Authorization`, or None.
        refuses: The status with which it refuses everything, or 0.
    """

    def __init__(self, server: Loopback) -> None:
        self.seen: list[str] = []
        self.shown: list[str | None] = []
        self.refuses = 0
        handler = type("_Bound", (_Handler,), {"proxy": self, "to": server})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def url(self, user: str = "") -> str:
        """Its address, with `user:password@` or without."""
        return f"http://{user}127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Itself, listening."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    proxy: ForwardProxy
    to: Loopback
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle_one_request(self) -> None:
        """Answer one; a client may hang up at any time."""
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()

    def noted(self) -> bool:
        """Whether it goes on."""
        self.proxy.seen.append(f"{self.command} {self.path}")
        self.proxy.shown.append(self.headers["Proxy-Authorization"])
        if self.proxy.refuses:
            self.send_response(self.proxy.refuses, "No way")
            self.send_header("Content-Length", "0")
            self.end_headers()
        return not self.proxy.refuses

    def do_CONNECT(self) -> None:
        """A tunnel."""
        self.close_connection = True
        if not self.noted():
            return
        with socket.create_connection(("127.0.0.1", self.to.port)) as there:
            self.wfile.write(b"HTTP/1.1 200 Go on\r\n\r\n")
            back = threading.Thread(target=_copy, args=(there, self.connection))
            back.start()
            _copy(self.connection, there)
            back.join()

    def do_GET(self) -> None:
        """A request by plain http, handed on without what was shown to the proxy."""
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if not self.noted():
            return
        path = "/" + self.path.split("/", 3)[3]
        onward = http.client.HTTPConnection("127.0.0.1", self.to.port)
        onward.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() != "proxy-authorization":
                onward.putheader(name, value)
        onward.endheaders(body)
        answer = onward.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        onward.close()

    do_POST = do_GET  # noqa: N815 - likewise


def _copy(here: socket.socket, there: socket.socket) -> None:
    """Everything that one says, to the other, until it hangs up."""
    with contextlib.suppress(OSError):
        while data := here.recv(65536):
            there.sendall(data)
    with contextlib.suppress(OSError):
        there.shutdown(socket.SHUT_WR)
