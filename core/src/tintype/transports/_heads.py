"""Heads of HTTP/1 answers, read strictly: where one ends and how long its body is.

`http.client` takes a head that was cut off for a whole one, any interim answer but 100 for the
final one, a length that is none for no length, and every byte for latin-1.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from attrs import frozen

from tintype.errors import DroppedError
from tintype.messages import Headers

# The longest line of a head, in bytes, and the most lines: alike in every own transport.
LONGEST_LINE = 64 * 1024
MAX_HEADERS = 256
# The most interim answers before the final one: any number that a server means is below it.
MAX_INTERIM = 1000

_MAX_EARLY = 4 * 1024 * 1024  # bytes in front of an answer's body, while its request is written

_STATUS_LINE = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: ([^\r\n]*))?\r?\n")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*")
_FRAMES = re.compile(rb"(content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)
_FRAMED = re.compile(rb"\n(?:content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)
_LISTED = re.compile(rb"\ncontent-length[ \t]*:[^\r\n]*,", re.IGNORECASE)
_PLAIN_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*([0-9]{1,18})\r?\n", re.IGNORECASE)
_TWICE = 2
_LENGTH = re.compile(r"[0-9]{1,18}")
# What is below is no answer yet, but for 101 (RFC 9110, 15.2).
FINAL = 200
_SWITCHING, _NO_CONTENT, _NOT_MODIFIED = 101, 204, 304


@frozen(kw_only=True)
class ReadHead:
    """The head of an answer.

    Attributes:
        minor: The HTTP version's digit behind the dot.
        status: The status.
        reason: The words behind it.
        headers: The headers, in order.
    """

    minor: int
    status: int
    reason: str
    headers: Headers

    @property
    def is_interim(self) -> bool:
        """Whether the answer itself is still to come (RFC 9110, 15.2)."""
        return self.status < FINAL and self.status != _SWITCHING

    def values(self, name: str) -> list[str]:
        """What stands in all headers of a name, as one list in small letters."""
        found = [value for key, value in self.headers if key.lower() == name]
        return [each.strip().lower() for value in found for each in value.split(",")]


@frozen(kw_only=True)
class Framing:
    """How an answer's body ends (RFC 9112, 6.3).

    Attributes:
        chunked: It says so itself.
        length: Its bytes, or None where they are not told.
        lasting: Whether another exchange may follow on the connection.
    """

    chunked: bool
    length: int | None
    lasting: bool


def read_head(lines: BinaryIO) -> ReadHead:
    """The next head, interim or final.

    Raises:
        DroppedError: It is none, or it breaks off.
    """
    start = _line(lines)
    if not start:
        msg = "The connection was closed without an answer."
        raise DroppedError(msg)
    found = _STATUS_LINE.fullmatch(start)
    if found is None:
        msg = f"What came is no HTTP answer: {start[:40]!r}."
        raise DroppedError(msg)
    minor, status, reason = found.groups()
    return ReadHead(
        minor=int(minor), status=int(status), reason=text(reason or b""), headers=_headers(lines)
    )


def final_head(lines: BinaryIO) -> ReadHead:
    """The head of the final answer, whatever interim ones come before.

    Raises:
        DroppedError: It is none, or it breaks off; or nothing but interim answers comes.
    """
    for _ in range(MAX_INTERIM + 1):
        head = read_head(lines)
        if not head.is_interim:
            return head
    raise flooded()


def flooded() -> DroppedError:
    """What ends an exchange of which nothing but interim answers comes."""
    return DroppedError(f"More than {MAX_INTERIM} interim answers came, and no other.")


def unambiguous(raw: bytes) -> bytes:
    """A head without what says twice, or beside chunks, where its body ends.

    What cannot be read, or contradicts itself, stays as it is, to be refused.
    """
    if len(_FRAMED.findall(raw)) < _TWICE and not _LISTED.search(raw):
        return raw
    try:
        head = read_head(io.BytesIO(raw))
        chunked = framing(head, "GET").chunked
    except DroppedError:
        return raw
    lengths = head.values("content-length")
    if not lengths:
        return raw
    start, *lines = raw.splitlines(keepends=True)
    kept = [each for each in lines if not _FRAMES.match(each)]
    told = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: " + lengths[0].encode()
    return b"".join([start, told, b"\r\n", *kept])


def plain_end(raw: bytes, end: int) -> int:
    """Where an answer ends whose head, which ends there, says so once and in figures; else 0."""
    told = _PLAIN_LENGTH.search(raw, 0, end)
    return end + int(told[1]) if told and len(_FRAMED.findall(raw, 0, end)) == 1 else 0


def tells_an_end(heard: bytes) -> bool:
    """Whether what was heard so far holds the head of a final answer, or too much for one."""
    if len(heard) > _MAX_EARLY:
        return True
    lines = io.BytesIO(heard)
    for _ in range(MAX_INTERIM + 1):
        try:
            head = read_head(lines)
        except DroppedError:  # not yet
            return False
        if not head.is_interim:
            return True
    return True


def framing(head: ReadHead, method: str) -> Framing:
    """How the body behind a head ends.

    Raises:
        DroppedError: The head contradicts itself.
    """
    lasting = _lasts(head)
    if method == "HEAD" or head.status < FINAL or head.status in {_NO_CONTENT, _NOT_MODIFIED}:
        return Framing(chunked=False, length=0, lasting=lasting and head.status >= FINAL)
    codings = [each for each in head.values("transfer-encoding") if each not in {"", "identity"}]
    if codings == ["chunked"]:
        told = bool(head.values("content-length"))  # told twice: RFC 9112, 6.1
        return Framing(chunked=True, length=None, lasting=lasting and not told)
    if codings:
        msg = f"The answer's Transfer-Encoding is {', '.join(codings)[:100]!r}, not chunked."
        raise DroppedError(msg)
    length = _length(head)
    return Framing(chunked=False, length=length, lasting=lasting and length is not None)


def texts(raw: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Headers in bytes as text."""
    try:
        return tuple([(name.decode(), value.decode()) for name, value in raw])
    except UnicodeDecodeError:
        return tuple((text(name), text(value)) for name, value in raw)


def text(raw: bytes) -> str:
    """Bytes of a head as text: UTF-8, or else latin-1, which is what HTTP once said."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _line(lines: BinaryIO) -> bytes:
    line = lines.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        msg = f"A line of the answer's head is longer than {LONGEST_LINE} bytes."
        raise DroppedError(msg)
    return line


def _headers(lines: BinaryIO) -> Headers:
    found: list[tuple[bytes, bytes]] = []
    for line in _header_lines(lines):
        if line[:1] in {b" ", b"\t"} and found:  # one header in several lines: RFC 9112, 5.2
            name, value = found.pop()
            found.append((name, value + b" " + line.strip()))
            continue
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            msg = f"A line of the answer's head is no header: {line[:40]!r}."
            raise DroppedError(msg)
        found.append((name.rstrip(), value.strip()))
    return texts(found)


def _header_lines(lines: BinaryIO) -> Iterator[bytes]:
    for _ in range(MAX_HEADERS + 1):
        line = _line(lines)
        if line in {b"\r\n", b"\n"}:
            return
        if not line.endswith(b"\n"):
            msg = "The connection was closed within the answer's head."
            raise DroppedError(msg)
        yield line
    msg = f"The answer has more than {MAX_HEADERS} headers."
    raise DroppedError(msg)


def _length(head: ReadHead) -> int | None:
    told = set(head.values("content-length"))
    if not told:
        return None
    [length, *others] = told
    if others or not _LENGTH.fullmatch(length):
        msg = f"The answer's Content-Length is {', '.join(sorted(told))[:100]!r}, which is none."
        raise DroppedError(msg)
    return int(length)


def _lasts(head: ReadHead) -> bool:
    options = head.values("connection")
    return "close" not in options if head.minor else "keep-alive" in options
