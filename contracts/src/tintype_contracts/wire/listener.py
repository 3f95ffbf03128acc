"""A plain HTTP server on loopback that writes down what it is asked."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self

from tintype.messages import Headers


class Listener:
    """Answers every request alike while a `with` block lasts; with status 0 it hangs up.

    Attributes:
        asked: The path and the headers of each request, in order.
    """

    def __init__(self, status: int, headers: Headers = (), body: bytes = b"{}") -> None:
        self.asked: list[tuple[str, Headers]] = []
        kind = type("Answers", (_Answers,), {"said": (status, headers, body), "asked": self.asked})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Itself, listening."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Answers(BaseHTTPRequestHandler):
    """One connection."""

    timeout = 5.0  # seconds for a request that does not come whole
    said: ClassVar[tuple[int, Headers, bytes]]
    asked: ClassVar[list[tuple[str, Headers]]]

    def do_GET(self) -> None:
        """Read the request, write it down, answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.path, tuple(self.headers.items())))
        status, headers, body = self.said
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815 - likewise

    def log_message(self, *_: object) -> None:
        """Nothing."""
