"""`http.client`'s answers, with the habits switched off that do not fit answers worth money."""

from __future__ import annotations

import io
import os
import socket
import time
from collections.abc import Iterator
from http.client import HTTPMessage, HTTPResponse

from tintype.errors import DroppedError, RequestTimeoutError
from tintype.messages import Headers
from tintype.transports._heads import final_head, framing

LATE = "The answer did not arrive in time."
_CHUNK = 64 * 1024
_HTTP_10, _HTTP_11 = 10, 11


class FinalResponse(HTTPResponse):
    """One answer: the final one, whole by its deadline, and read by the process that asked.

    Attributes:
        told: Its headers, in order.
        lasting: Whether its connection may serve another exchange once it was read.
    """

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
        *,
        deadline: float,
        heard: bytes = b"",
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self._method_sent = method or ""
        self._bytes = _TimedBytes(self.fp.detach(), sock, deadline, heard)
        self.fp = io.BufferedReader(self._bytes)
        self.told: Headers = ()
        self.lasting = False

    def begin(self) -> None:
        """Read on until the head of the final answer: any number of interim ones come before."""
        head = final_head(self.fp)
        framed = framing(head, self._method_sent)
        self.code = self.status = head.status
        self.reason = head.reason
        self.version = _HTTP_11 if head.minor else _HTTP_10
        self.headers = self.msg = HTTPMessage()
        self.told = head.headers
        self.chunked = framed.chunked
        self.chunk_left = None
        self.length = framed.length
        self.lasting = framed.lasting
        self.will_close = False  # whether it is closed is decided by whoever opened it

    def pieces(self) -> Iterator[bytes]:
        """The body as it came.

        Raises:
            DroppedError: It ends before its length was met.
        """
        while self.length != 0 and (chunk := self.read1(_CHUNK)):
            yield chunk
        if self.length:
            self.lasting = False
            msg = f"The connection was closed {self.length} bytes before the answer's end."
            raise DroppedError(msg)

    def is_over(self) -> bool:
        """Whether all of it was read, and nothing came behind it."""
        if self.length == 0:
            self._close_conn()
        return self.isclosed() and self.lasting

    def _read_next_chunk_size(self) -> int:
        # int() takes signs, underscores and `0x`, and a line that was cut off.
        line = self.fp.readline(_CHUNK)
        size = line.partition(b";")[0].strip()
        if not line.endswith(b"\n") or not size or not set(size) <= _HEX or len(size) > _MAX_HEX:
            self.lasting = False
            msg = f"The answer's body breaks off at {line[:20]!r}."
            raise DroppedError(msg)
        return int(size, 16)

    def _close_conn(self) -> None:
        if self.fp is not None:
            self._bytes.end()
            if self.fp.peek():  # more than one answer came: whose would the next one be?
                self.lasting = False
            self.fp.close()
            self.fp = None  # type: ignore[assignment]  # as http.client has it


_HEX = frozenset(b"0123456789abcdefABCDEF")
_MAX_HEX = 15


class _TimedBytes(io.RawIOBase):
    """A socket's bytes, all of them by a deadline: its own timeout is for the next bytes only."""

    def __init__(
        self, raw: io.RawIOBase, sock: socket.socket, deadline: float, heard: bytes
    ) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline
        self._heard = io.BytesIO(heard)
        self._process = os.getpid()
        self._ended = False

    def readable(self) -> bool:
        """That they can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]  # a buffer is one
        """Some of them."""
        if self._ended:
            return 0
        if length := self._heard.readinto(buffer):
            return length
        if os.getpid() != self._process:
            msg = "The exchange is the parent process's; a child makes its own."
            raise DroppedError(msg)
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise RequestTimeoutError(LATE)
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def end(self) -> None:
        """Read no more from the socket."""
        self._ended = True

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()
