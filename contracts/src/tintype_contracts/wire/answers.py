"""An answer as steps on a socket: the manners in which it may arrive, and ways to break it.

Fixtures hold logical bodies; lengths, chunks and compression are put on here, and nowhere
else. A manner never changes what is said; after a break nobody can tell what was.
"""

from __future__ import annotations

import enum
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import TypeAlias

from attrs import field, frozen

from tintype.messages import Headers

_BODILESS = frozenset({204, 304})
_ADDED_HERE = frozenset({"content-length", "transfer-encoding", "content-encoding", "connection"})
_PIECE = 7  # bytes: cuts lines, characters and heads at odd places
_DRIP = 0.02  # seconds


class Fault(enum.Enum):
    """What a server does instead of going on."""

    RESET = "the connection is reset"
    CLOSE = "the connection is closed"
    HALF_CLOSE = "nothing more is sent, and the connection stays open to be read from"
    STALL = "nothing more is said until the other side hangs up"


@frozen
class Pause:
    """So many seconds of silence."""

    seconds: float


Step: TypeAlias = bytes | Fault | Pause


@frozen(kw_only=True)
class Answer:
    """What a server says, before it is put on the wire."""

    status: int
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)


Manner: TypeAlias = Callable[[Answer], Sequence[Step]]


# ------------------------------------------------------------------------- in one piece


def plain(answer: Answer) -> Sequence[Step]:
    """With its length."""
    length = () if answer.status in _BODILESS else (("Content-Length", str(len(answer.body))),)
    return (_head(answer, *length) + answer.body,)


def zipped(answer: Answer) -> Sequence[Step]:
    """In gzip."""
    return _coded(answer, "gzip", gzip.compress(answer.body, mtime=0))


def deflated(answer: Answer) -> Sequence[Step]:
    """In deflate."""
    return _coded(answer, "deflate", zlib.compress(answer.body))


def after_continue(answer: Answer) -> Sequence[Step]:
    """Behind an interim answer (RFC 9110, 15.2.1)."""
    return (b"HTTP/1.1 100 Continue\r\n\r\n", *plain(answer))


def until_closed(answer: Answer) -> Sequence[Step]:
    """Without a length: the end of the connection is the end of the body."""
    return (_head(answer, ("Connection", "close")) + answer.body, Fault.CLOSE)


def then_closed(answer: Answer) -> Sequence[Step]:
    """With its length, after which the server hangs up."""
    length = ("Content-Length", str(len(answer.body)))
    return (_head(answer, ("Connection", "close"), length) + answer.body, Fault.CLOSE)


# ----------------------------------------------------------------------------- in pieces


def split(answer: Answer) -> Sequence[Step]:
    """A few bytes at a time, the head among them."""
    (whole,) = plain(answer)
    return tuple(_pieces(whole, _PIECE)) if isinstance(whole, bytes) else ()


def chunked(answer: Answer) -> Sequence[Step]:
    """In chunks, each a packet of its own."""
    head = _head(answer, ("Transfer-Encoding", "chunked"))
    return (head, *_chunks(answer.body), b"0\r\n\r\n")


def zipped_in_chunks(answer: Answer) -> Sequence[Step]:
    """In gzip, cut into chunks that know nothing of it."""
    head = _head(answer, ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"))
    return (head, *_chunks(gzip.compress(answer.body, mtime=0)), b"0\r\n\r\n")


MANNERS: Mapping[str, Manner] = {
    "gzip": zipped,
    "deflate": deflated,
    "after 100 Continue": after_continue,
    "until the connection closes": until_closed,
    "with Connection: close": then_closed,
    "a few bytes at a time": split,
    "in chunks": chunked,
    "in gzip and in chunks": zipped_in_chunks,
}
"""Every manner but the plain one."""


# ------------------------------------------------------------------------------- broken


def _broken(*faults: Step) -> Manner:
    return lambda _: faults


def _cut(fault: Fault) -> Manner:
    """The head, half of the body, and a fault."""

    def play(answer: Answer) -> Sequence[Step]:
        head = _head(answer, ("Content-Length", str(len(answer.body) + 2)))
        return (head + answer.body[: len(answer.body) // 2], fault)

    return play


def _cut_head(answer: Answer) -> Sequence[Step]:
    # Cut where it names a length: http.client takes a shorter head for a complete one.
    return (_head(answer, ("Content-Length", "9"))[:-3], Fault.CLOSE)


def _cut_chunk(answer: Answer) -> Sequence[Step]:
    head = _head(answer, ("Transfer-Encoding", "chunked"))
    return (head + f"{len(answer.body) + 9:x}\r\n".encode() + answer.body, Fault.CLOSE)


def _cut_gzip(answer: Answer) -> Sequence[Step]:
    (whole,) = zipped(answer)
    return (whole[:-9], Fault.CLOSE) if isinstance(whole, bytes) else ()


def _drip(answer: Answer) -> Sequence[Step]:
    head = _head(answer, ("Content-Length", "4000"))
    drops: tuple[Step, ...] = (Pause(_DRIP), b" ") * 4000
    return (head, *drops)


BREAKS: Mapping[str, Manner] = {
    "reset after the request": _broken(Fault.RESET),
    "closed after the request": _broken(Fault.CLOSE),
    "half-closed after the request": _broken(Fault.HALF_CLOSE),
    "cut off within the head": _cut_head,
    "no HTTP": _broken(b"220 mail.example ESMTP\r\n\r\n", Fault.CLOSE),
    "cut off within the body": _cut(Fault.CLOSE),
    "half-closed within the body": _cut(Fault.HALF_CLOSE),
    "reset within the body": _cut(Fault.RESET),
    "cut off within a chunk": _cut_chunk,
    "gzip cut off": _cut_gzip,
}
"""Ways to lose an answer whose request has left."""

DELAYS: Mapping[str, Manner] = {
    "a stall before the head": _broken(Fault.STALL),
    "a stall within the body": _cut(Fault.STALL),
    "a byte at a time, for ever": _drip,
}
"""Ways to keep a client waiting for longer than it may."""


def _head(answer: Answer, *framing: tuple[str, str]) -> bytes:
    documented = [pair for pair in answer.headers if pair[0].lower() not in _ADDED_HERE]
    lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in (*documented, *framing)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Undocumented"


def _coded(answer: Answer, coding: str, body: bytes) -> Sequence[Step]:
    length = ("Content-Length", str(len(body)))
    return (_head(answer, ("Content-Encoding", coding), length) + body,)


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def _chunks(body: bytes) -> Iterator[bytes]:
    """Three chunks: one byte, a half, the rest."""
    middle = len(body) // 2
    for part in (body[:1], body[1:middle], body[middle:] if middle else b""):
        if part:
            yield f"{len(part):x}\r\n".encode() + part + b"\r\n"
