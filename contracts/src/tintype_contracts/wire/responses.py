"""An answer as steps on a socket: the manners in which it may arrive, and ways to break it.

Fixtures hold logical bodies; lengths, chunks and compression are put on here, and nowhere
else. A manner never changes what is said; after a break nobody can tell what was.
"""

from __future__ import annotations

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


Step: TypeAlias = bytes | None
"""What a server sends, or None where it hangs up."""


@frozen(kw_only=True)
class RawResponse:
    """What a server says, before it is put on the wire."""

    status: int
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)


Manner: TypeAlias = Callable[[RawResponse], Sequence[Step]]


# ------------------------------------------------------------------------- in one piece


def plain(answer: RawResponse) -> Sequence[Step]:
    """With its length."""
    length = () if answer.status in _BODILESS else (("Content-Length", str(len(answer.body))),)
    return (_head(answer, *length) + answer.body,)


def zipped(answer: RawResponse) -> Sequence[Step]:
    """In gzip."""
    return _coded(answer, "gzip", gzip.compress(answer.body, mtime=0))


def deflated(answer: RawResponse) -> Sequence[Step]:
    """In deflate."""
    return _coded(answer, "deflate", zlib.compress(answer.body))


def after_continue(answer: RawResponse) -> Sequence[Step]:
    """Behind an interim answer (RFC 9110, 15.2.1)."""
    return (b"HTTP/1.1 100 Continue\r\n\r\n", *plain(answer))


def until_closed(answer: RawResponse) -> Sequence[Step]:
    """Without a length: the end of the connection is the end of the body."""
    return (_head(answer, ("Connection", "close")) + answer.body, None)


def then_closed(answer: RawResponse) -> Sequence[Step]:
    """With its length, after which the server hangs up."""
    length = ("Content-Length", str(len(answer.body)))
    return (_head(answer, ("Connection", "close"), length) + answer.body, None)


# ----------------------------------------------------------------------------- in pieces


def split(answer: RawResponse) -> Sequence[Step]:
    """A few bytes at a time, the head among them."""
    (whole,) = plain(answer)
    return tuple(_pieces(whole, _PIECE)) if isinstance(whole, bytes) else ()


def chunked(answer: RawResponse) -> Sequence[Step]:
    """In chunks, each a packet of its own."""
    head = _head(answer, ("Transfer-Encoding", "chunked"))
    return (head, *_chunks(answer.body), b"0\r\n\r\n")


def zipped_in_chunks(answer: RawResponse) -> Sequence[Step]:
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


def _head(answer: RawResponse, *framing: tuple[str, str]) -> bytes:
    documented = [pair for pair in answer.headers if pair[0].lower() not in _ADDED_HERE]
    lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in (*documented, *framing)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Undocumented"


def _coded(answer: RawResponse, coding: str, body: bytes) -> Sequence[Step]:
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
