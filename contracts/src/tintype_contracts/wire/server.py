"""A real TLS server on loopback. It decides nothing: `play` says what each request gets."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import Self, TypeAlias

from tintype_contracts.wire.network_guard import guard
from tintype_contracts.wire.request import RawRequest, read
from tintype_contracts.wire.responses import Step

HOST = "127.0.0.1"
_PATIENCE = 10.0

Play: TypeAlias = Callable[[RawRequest], Sequence[Step]]


class TlsServer:
    """Listens on a free port from its making until it is closed; an armed guard lets it be dialled.

    Attributes:
        heard: Every request so far.
        names: The host that each handshake asked for, also of those that failed.
    """

    def __init__(self, context: ssl.SSLContext, play: Play) -> None:
        self.heard: list[RawRequest] = []
        self.names: list[str] = []
        self.play = play
        self._context = context
        context.sni_callback = self._note_name
        self._asked = threading.local()
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._closing = False
        self._listener = socket.create_server((HOST, 0))
        self._allowed = contextlib.ExitStack()
        self._allowed.enter_context(guard().allowing(self.port))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def take(self) -> tuple[RawRequest, ...]:
        """The requests so far, which are then forgotten."""
        with self._changed:
            taken, self.heard = tuple(self.heard), []
        return taken

    def is_left_alone(self) -> bool:
        """Whether the other side has closed every connection, or does so in a moment."""
        return self._becomes(lambda: not self._open)

    def close(self) -> None:
        """Hang up on everyone, and wait until every thread has ended."""
        self._closing = True
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port)):
            pass  # wakes accept()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE)
        self._allowed.close()
        self._listener.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.close()

    def _becomes(self, true: Callable[[], bool]) -> bool:
        with self._changed:
            return self._changed.wait_for(true, timeout=_PATIENCE)

    def _note_name(self, _: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        """Called within the handshake, in the connection's own thread."""
        self._asked.name = name or ""
        self.names.append(name or "")

    # ----------------------------------------------------------------- in the threads

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing:
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            # The raw socket is kept to tell whether the other side still holds on.
            with self._context.wrap_socket(connection.dup(), server_side=True) as wrapped:
                self._converse(wrapped)
        except OSError:
            pass  # the other side hung up, or did not like the certificate
        finally:
            with self._changed:
                self._open.discard(connection)
                connection.close()
                self._changed.notify_all()

    def _converse(self, connection: ssl.SSLSocket) -> None:
        name: str = getattr(self._asked, "name", "")
        with connection.makefile("rb") as reader:
            while (request := read(reader, name)) is not None:
                with self._changed:
                    self.heard.append(request)
                    steps = self.play(request)
                    self._changed.notify_all()
                if not all(_take(connection, step) for step in steps):
                    return


def _take(connection: ssl.SSLSocket, step: Step) -> bool:
    """Whether the connection goes on after this step."""
    if step is not None:
        connection.sendall(step)
    return step is not None
