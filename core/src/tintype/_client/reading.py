"""What is read, and how much of it at most: an answer, chunk by chunk, and a local image."""

from __future__ import annotations

import stat
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from attrs import evolve

from tintype._excerpts import quoted
from tintype._flow.effects import Head, Send
from tintype._http.events import Decoder, decoder, is_stream, may_stream
from tintype._keys.redaction import Redactor
from tintype._lifting import Content, Lifter
from tintype.errors import InvalidRequestError, ProtocolError
from tintype.messages import Headers, Response, ServerSentEvent

# The largest API answer: four images of 30 MB in base64 fit.
MAX_BYTES = 256 * 1024 * 1024


def read_reference(path: str) -> bytes:
    """The bytes of a local image.

    Raises:
        InvalidRequestError: There is no such file, or it cannot be read.
    """
    try:
        found = Path(path).stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            msg = f"it is no file of an image of at most {MAX_BYTES // 2**20} MiB"
            raise ValueError(msg)  # noqa: TRY301 - told as what the system says is
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"The reference {quoted(path)} cannot be read: {reason}."
        raise InvalidRequestError(msg, field="references") from error


class Reader:
    """One answer as it arrives: read once, bounded, and without the account's secrets.

    Args:
        effect: What it answers.
        status: Its status.
        headers: Its headers.
        redactor: What takes the secrets out.
    """

    def __init__(self, effect: Send, status: int, headers: Headers, redactor: Redactor) -> None:
        self._kind = effect.request.answer
        self._status = status
        self._headers = headers
        self._redactor = redactor
        self._start = b""
        self._length = 0
        self._may_stream = may_stream(self._kind, status)
        self._decoder: Decoder | None = None
        self._lifter = Lifter()
        self._text: list[bytes] = []
        self._events: deque[ServerSentEvent] | None = None  # of a stream

    @property
    def streams(self) -> bool:
        """Whether the answer is known to be a stream of events."""
        return self._decoder is not None

    def take(self, chunk: bytes) -> bool:
        """Take the next bytes; False where they show a stream, or an event of it is complete.

        Raises:
            ProtocolError: The answer is larger than any documented one.
        """
        self._length += len(chunk)
        if self._length > MAX_BYTES:
            msg = f"The answer is larger than {MAX_BYTES // 2**20} MiB."
            raise ProtocolError(msg)
        if self._may_stream and self._decoder is None:
            self._start += chunk
            streams = is_stream(self._kind, self._start, self._headers)
            if streams is None:
                return True
            chunk, self._start = self._start, b""
            self._may_stream = streams
            if streams:
                self._decoder = decoder(self._kind, chunk)
                self._hold(self._decoder.feed(self._lifter.feed(chunk)))
                return False
        text = self._lifter.feed(chunk)
        if self._decoder is None:
            self._text.append(text)
        else:
            self._hold(self._decoder.feed(text))
        return not self._events

    def next_event(self) -> ServerSentEvent | None:
        """The next event of a stream that takes no more bytes just now, or None: it has ended."""
        if not self._events and self._decoder is not None:
            last, self._decoder = self._decoder, None
            self._hold([*last.feed(self._lifter.close()), *last.close()])
        return self._events.popleft() if self._events else None

    @property
    def has_event(self) -> bool:
        """Whether an event is complete."""
        return bool(self._events)

    def _hold(self, events: Iterable[ServerSentEvent]) -> None:
        """Have events without secrets, each with what was lifted out of it."""
        self._events = deque() if self._events is None else self._events
        self._events += [self._redactor.event(self._whole(event)) for event in events]

    def _whole(self, event: ServerSentEvent) -> ServerSentEvent:
        text, held = event.content.text, self._lifter.held
        names = [name for name in held if name.encode() in text]
        return evolve(event, data=Content(text, {name: held.pop(name) for name in names}))

    @property
    def head(self) -> Head:
        """The head of a stream."""
        return Head(status=self._status, headers=self._redactor.headers(self._headers))

    def response(self) -> Response:
        """The whole answer, once it has ended; asked for once."""
        if self._start:
            self._text.append(self._lifter.feed(self._start))
        self._text.append(self._lifter.close())
        text = self._redactor.body(b"".join(self._text))
        headers = self._redactor.headers(self._headers)
        return Response(status=self._status, headers=headers, body=Content(text, self._lifter.held))
