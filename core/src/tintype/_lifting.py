"""Large base64, lifted out of a text as it arrives: a picture is decoded once, and is never text.

In its place stands a name: how the base64 begins, and a number that nobody can guess. So a
pattern that finds base64 finds the name, what a picture begins with is still seen, and whoever
decodes the name by `convert` gets the bytes. A base64 is lifted whole or not at all. The pieces
that arrive are looked through once, by means that take no time to speak of.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Generic, TypeVar

import pybase64

T = TypeVar("T")

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\\"
# What is shorter stays text. What is longer than a piece and this is always found.
_MIN_RUN = 1024
_PIECE = 16 * 1024
_SHOWN = 32  # of the base64, in the name
_QUAD = 4
# How JSON may write what base64 is made of, too.
_ESCAPE = re.compile(rb"\\(?:/|u00(?:2[bBfF]|3[dD]))")
_LONGEST_ESCAPE = 6


class Content:
    """The body of a message: its text, and what was lifted out of it.

    Attributes:
        text: The body with names in place of what was lifted.
        held: What was lifted, by name.
    """

    __slots__ = ("_made", "held", "text")

    def __init__(self, text: bytes, held: Mapping[str, bytes] | None = None) -> None:
        self.text: bytes = text
        self.held: Mapping[str, bytes] = held or {}
        self._made: dict[str, object] = {}

    def __eq__(self, other: object) -> bool:
        """Whether it is the same body, whatever was lifted out of it."""
        return isinstance(other, Content) and self.whole() == other.whole()

    def __hash__(self) -> int:
        return hash(self.whole())

    def __len__(self) -> int:
        """How long it is, as it came."""
        held = self.held.items()
        return len(self.text) + sum(-(-len(data) // 3) * _QUAD - len(name) for name, data in held)

    def whole(self) -> bytes:
        """The body as it came, but for escapes in what was lifted, which JSON does not need."""
        text = self.text
        for name, data in self.held.items():
            text = text.replace(name.encode(), pybase64.b64encode(data))
        return text

    def once(self, name: str, make: Callable[[], object]) -> object:
        """What is made of the body under a name, made when it is first asked for."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


class Lifter:
    """Takes large base64 out of a text that comes in chunks, cut anywhere."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self._end = b""  # of the text so far: it may be where a run of base64 begins
        self._run: _Run | None = None
        self._refused = False  # within a run that is no base64

    def feed(self, chunk: bytes) -> bytes:
        """The text so far that is known to be none, or names it."""
        told: list[bytes] = []
        at = 0
        if self._is_short(chunk):
            text, self._end = self._end + chunk, b""
            return text
        while at < len(chunk):
            if self._run is not None:
                at = self._within(self._run, chunk, at, told)
            elif self._refused:
                end = _end_of_run(chunk, at)
                told.append(chunk[at:end])
                self._refused = end == len(chunk)
                at = end
            else:
                self._look(chunk[at : at + _PIECE], told)
                at += _PIECE
        return b"".join(told)

    def _is_short(self, chunk: bytes) -> bool:
        """Whether nothing is lifted out of a chunk and what it goes on with, and nothing begins."""
        if self._run is not None or self._refused or len(self._end) + len(chunk) >= _MIN_RUN:
            return False
        return bool(chunk[-1:].translate(None, _LETTERS))

    def close(self) -> bytes:
        """The rest of the text."""
        told: list[bytes] = []
        if self._run is not None:
            self._ended(self._run, told)
        told.append(self._end)
        return b"".join(told)

    def _look(self, piece: bytes, told: list[bytes]) -> None:
        """Look whether a run of base64 goes on at the end of a piece."""
        text = self._end + piece
        tail = text[-_MIN_RUN:]
        at = _last_run(tail)
        if at or len(tail) < _MIN_RUN:
            begins = len(text) - len(tail) + at
            told.append(text[:begins])
            self._end = text[begins:]
            return
        begins = _last_run(text)
        told.append(text[:begins])
        self._end = b""
        run = _Run()
        if run.add(text[begins:]):
            self._run = run
        else:
            told.append(text[begins:])
            self._refused = True

    def _within(self, run: _Run, chunk: bytes, at: int, told: list[bytes]) -> int:
        """Take what a chunk goes on with; where the run, or the chunk, has ended."""
        quote = chunk.find(b'"', at)
        end = quote if quote >= 0 else len(chunk)
        taken = run.add(chunk[at:end])
        if not taken:  # another character ended it, or it is no base64
            end = _end_of_run(chunk, at)
            taken = run.add(chunk[at:end])
        if not taken:
            told += [run.text(), chunk[at:end]]
            self._run, self._refused = None, end == len(chunk)
        elif end < len(chunk):
            self._ended(run, told)
        return end

    def _ended(self, run: _Run, told: list[bytes]) -> None:
        """Put a name where a run was, if it was base64 to its end, and what it was where not."""
        behind = run.close()
        self._run = None
        if behind is None:
            told.append(run.text())
            return
        from secrets import token_hex  # noqa: PLC0415 - slow to import, for pictures only

        name = run.begins + token_hex(_SHOWN // 2)
        self.held[name] = run.data.getvalue()
        told += [name.encode(), behind]


def lift(body: bytes) -> Content:
    """A body that is there as a whole, as one is that arrived."""
    lifter = Lifter()
    text = (lifter.feed(body), lifter.close())
    return Content(b"".join(text), lifter.held)


class _Run:
    """One base64, decoded as it comes.

    Attributes:
        data: What it is, so far.
        begins: How it begins, once it has begun.
    """

    def __init__(self) -> None:
        self.data = io.BytesIO()
        self.begins = ""
        self._last = b""  # the last four characters that were decoded
        self._rest = b""  # less than four characters: bytes yet to be
        self._escape = b""  # the beginning of an escape

    def add(self, piece: bytes) -> bool:
        """Take the next characters; False, and nothing is taken, where they are no base64."""
        plain, escape = piece, b""
        if self._escape or b"\\" in piece:
            plain, escape = _unescaped(self._escape + piece)
        # What was begun is completed apart: a piece is large, and is not copied for that.
        begun = self._rest + plain[: -len(self._rest) % _QUAD]
        text = memoryview(plain)[len(begun) - len(self._rest) :]
        whole = len(text) - len(text) % _QUAD
        rest = bytes(text[whole:]) if len(begun) % _QUAD == 0 else begun
        if rest.translate(None, _LETTERS):
            return False
        last, found = self._last, []
        for part in (begun[: len(begun) - len(begun) % _QUAD], text[:whole]):
            if part and last.endswith(b"="):  # it had ended
                return False
            try:
                found.append(pybase64.b64decode(part, validate=True))
            except ValueError:
                return False
            last = bytes(part[-_QUAD:]) or last
        self.data.writelines(found)
        self.begins = self.begins or plain[:_SHOWN].decode()
        self._last, self._rest, self._escape = last, rest, escape
        return True

    def close(self) -> bytes | None:
        """The run has ended: what stood behind its last character, or None where it is none.

        That is the beginning of an escape of another character, such as of a quote.
        """
        last = pybase64.b64encode(pybase64.b64decode(self._last))
        whole = not self._rest and last == self._last and not self._escape.strip(b"\\")
        return self._escape if whole else None

    def text(self) -> bytes:
        """What was taken, as text again."""
        text = pybase64.b64encode(self.data.getvalue())
        return text[: len(text) - _QUAD] + self._last + self._rest + self._escape


def _unescaped(piece: bytes) -> tuple[bytes, bytes]:
    """Characters without escapes, and an escape that has only begun."""
    cut = piece.rfind(b"\\", -_LONGEST_ESCAPE)
    begun = cut >= 0 and not _ESCAPE.match(piece, cut)
    plain, escape = (piece[:cut], piece[cut:]) if begun else (piece, b"")
    return _ESCAPE.sub(_meant, plain), escape


def _meant(escape: re.Match[bytes]) -> bytes:
    return b"/" if escape[0] == b"\\/" else bytes([int(escape[0][-2:], base=16)])


def _last_run(text: bytes) -> int:
    """Where that begins which goes on to the end of a text and could be base64."""
    others = text.translate(None, _LETTERS)
    return text.rfind(others[-1:]) + 1 if others else 0


def _end_of_run(chunk: bytes, at: int) -> int:
    """Where the first character stands that no base64 has, from a place on."""
    others = chunk[at:].translate(None, _LETTERS)
    return chunk.find(others[:1], at) if others else len(chunk)


# ------------------------------------------------------------------- what was lifted, at hand

_HELD: ContextVar[Mapping[str, bytes]] = ContextVar("held", default={})  # noqa: B039 - never changed


class Meanwhile(Generic[T]):
    """What a context variable holds within a `with`."""

    __slots__ = ("_token", "_value", "_variable")

    def __init__(self, variable: ContextVar[T], value: T) -> None:
        self._variable, self._value = variable, value

    def __enter__(self) -> T:
        self._token = self._variable.set(self._value)
        return self._value

    def __exit__(self, *_: object) -> None:
        self._variable.reset(self._token)


def at_hand(held: Mapping[str, bytes]) -> Meanwhile[Mapping[str, bytes]]:
    """While a message is read: what was lifted out of it is found by its names."""
    return Meanwhile(_HELD, held)


def lifted(name: str) -> bytes | None:
    """What a name stands for, or None where it is none."""
    return _HELD.get().get(name)


def lengths() -> Mapping[str, str]:
    """What is told in place of what was lifted, by its names: how long it is."""
    return {name: f"<{len(data)} bytes>" for name, data in _HELD.get().items()}


def restored(text: str) -> str:
    """A text with base64 again in place of the names in it."""
    named = {name: data for name, data in _HELD.get().items() if name in text}
    return retold(text, {name: pybase64.b64encode(data).decode() for name, data in named.items()})


def retold(text: str, told: Mapping[str, str]) -> str:
    """A text with what is told in place of the names in it."""
    for name, words in told.items():
        text = text.replace(name, words)
    return text
