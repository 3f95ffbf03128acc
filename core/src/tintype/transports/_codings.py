"""Content codings: a body as it was before a server packed it, piece by piece.

Alike for every transport of tintype's own. A piece that comes out is small, however much a
few bytes unpack to, so that whoever reads may look at the clock in between.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from tintype.errors import DroppedError
from tintype.messages import Headers

# How large a piece is, in bytes.
_PIECE = 256 * 1024
# How often a body may be packed: servers behind servers do it twice by mistake.
_MAX_CODINGS = 5
_FIRST_ERROR = 400
_MAGIC = b"\x1f\x8b"
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Coding(Protocol):
    """One coding, undone."""

    def feed(self, packed: bytes) -> Iterable[bytes]:
        """What more bytes come to."""

    def check_end(self) -> None:
        """Refuse a body that ends too early."""


def decoder(headers: Headers, status: int = 200) -> Coding:
    """What undoes an answer's `Content-Encoding` (RFC 9110, 8.4).

    An error's body in a coding nobody knows is left as it is: its status says enough.

    Raises:
        DroppedError: The coding was not asked for.
    """
    values = [value for name, value in headers if name.lower() == "content-encoding"]
    named = [each.strip().lower() for value in values for each in value.split(",")]
    asked = [each for each in named if each not in {"", "identity"}]
    if not asked:
        return _PLAIN
    if len(asked) <= _MAX_CODINGS and all(each in _CODINGS for each in asked):
        return _Chain([_CODINGS[each]() for each in reversed(asked)])
    if status >= _FIRST_ERROR:
        return _PLAIN
    msg = (
        f"The answer's Content-Encoding is {', '.join(asked)[:100]!r}; "
        "gzip and deflate were asked for."
    )
    raise DroppedError(msg)


class _Plain:
    """No coding."""

    def feed(self, packed: bytes) -> tuple[bytes]:
        """The bytes themselves."""
        return (packed,)

    def check_end(self) -> None:
        """Any end is one."""


_PLAIN = _Plain()


class _Chain:
    """Codings one upon another, the last that was applied first."""

    def __init__(self, codings: Iterable[Coding]) -> None:
        self._codings = tuple(codings)

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What more bytes come to."""
        return self._undone(packed, self._codings)

    def check_end(self) -> None:
        """Refuse a body that ends too early."""
        for each in self._codings:
            each.check_end()

    def _undone(self, packed: bytes, codings: tuple[Coding, ...]) -> Iterator[bytes]:
        if not codings:
            yield packed
            return
        for piece in codings[0].feed(packed):
            yield from self._undone(piece, codings[1:])


class _Gzip:
    """Gzip: one member or several, and whatever comes behind them is passed over."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._waiting = b""
        self._begun = False
        self._over = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What more bytes come to."""
        packed = self._waiting + packed
        self._waiting = b""
        while packed and not self._over:
            if self._member.eof and not self._begins_anew(packed):
                return
            self._begun = True
            yield from _inflated(self._member, packed)
            packed = self._member.unused_data

    def _begins_anew(self, packed: bytes) -> bool:
        """Whether another member follows; what is none, such as zeros, ends the body."""
        if packed == _MAGIC[:1]:
            self._waiting = packed
            return False
        self._over = not packed.startswith(_MAGIC)
        self._member = self._member if self._over else zlib.decompressobj(_GZIP)
        return not self._over

    def check_end(self) -> None:
        """Refuse a body that ends too early."""
        if self._begun and not self._member.eof:
            raise DroppedError(_CUT_OFF)


class _Deflate:
    """Deflate: wrapped as RFC 9110 has it, or bare as some servers send it."""

    def __init__(self) -> None:
        self._stream: _Inflater | None = None
        self._first = b""

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What more bytes come to."""
        if self._stream is None:
            self._first += packed
            if len(self._first) < len(b"\x78\x9c"):
                return
            packed, self._first = self._first, b""
            self._stream = zlib.decompressobj(_ZLIB if _is_wrapped(packed) else _RAW)
        if not self._stream.eof:
            yield from _inflated(self._stream, packed)

    def check_end(self) -> None:
        """Refuse a body that ends too early."""
        if self._first or (self._stream is not None and not self._stream.eof):
            raise DroppedError(_CUT_OFF)


def _is_wrapped(start: bytes) -> bool:
    """Whether deflated bytes begin with the header of RFC 1950, section 2.2."""
    return start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:2]) % 31 == 0


class _Inflater(Protocol):
    """What zlib makes, which has no public type."""

    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


def _inflated(stream: _Inflater, packed: bytes) -> Iterator[bytes]:
    """What bytes come to, in pieces."""
    while True:
        try:
            piece = stream.decompress(packed, _PIECE)
        except zlib.error as error:
            msg = f"The answer's compressed body is damaged: {error}."
            raise DroppedError(msg) from None
        packed = stream.unconsumed_tail
        if piece:
            yield piece
        if stream.eof or not (packed or len(piece) == _PIECE):
            return


_CUT_OFF = "The answer's compressed body ends too early."
_CODINGS: dict[str, type[_Gzip | _Deflate]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
}
