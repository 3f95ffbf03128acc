"""Bytes to JSON values, as far as they are unambiguous, and back to what may be kept.

A server that writes NaN, cuts a text through an emoji or says a key twice has still said the
rest. What cannot be used becomes an `Odd`: a value of no JSON type, which whoever reads its
place leaves out. All is linear in the length of the text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache, partial
from itertools import islice
from types import NoneType
from typing import cast

from attrs import frozen

from tintype._lifting import lengths, retold
from tintype.errors import ProtocolError

# How the encoded images of every format the providers name begin, in base64.
_IMAGE_TEXT = re.compile(r"\s*+(?:(?i:data:image/)|iVBORw0KGgo|/9j/|UklGR|R0lGOD|PHN2Zy|PD94bWw)")
# What those begin with, and the blanks before them.
_IMAGE_LEADS = frozenset("dDi/URP").union(filter(str.isspace, map(chr, range(0x3001))))
_DATA_HEAD = re.compile(r"\s*+data:[^,]*+,", re.IGNORECASE)
# Base64 in one piece or in lines. Possessive, and only where a run begins: no letter is
# looked at twice.
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])"
    r"(?:[A-Za-z0-9+/_-]{160,}+|(?:[A-Za-z0-9+/_-]{60,}+\s{1,4}+){3,}+[A-Za-z0-9+/_-]*+)=*+"
)
_MIN_RUN = 160
# JSON can spell half a character, and one that no database and no terminal takes.
# One that could not be decoded has the replacement character already.
_UNUSABLE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000|[fF]{3}[dD])|[\x00\ud800-\udfff\ufffd]")
_AS_THEY_ARE = frozenset({bool, int, NoneType})
_HALF = re.compile(r"[\x00\ud800-\udfff\ufffd]")
# What may stand around JSON: blanks of any kind, NUL, and a byte order mark out of its place.
_BLANKS = "\ufeff\0 \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029"
# Brackets in a row, with plain keys between those that open, and the texts that may hold some.
_TOKEN = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]+(?:"[^"\\\[\]{}]*+":[\[{]+)*+|[\]}]+', re.DOTALL
)
_OPENING = re.compile(r"[\[{]")
_SHOWN = 80
_SHORT = 40
_DEEPEST = 64
_LONGEST_NUMBER = 64
MAX_ITEMS = 1000
"""How many items of a list are looked at and kept: no answer has so many pictures."""
_LARGEST = 400  # as an exponent: beyond every float, and far from where arithmetic fails


@frozen
class Odd:
    """Something that JSON text can spell and nobody can use, such as NaN.

    Attributes:
        said: How it was spelt, or what is wrong about it.
    """

    said: str


class Mended(str):
    """Text that held half a character or a NUL, with `\N{REPLACEMENT CHARACTER}` in its place.

    It does to be read by a person; it is no id and no address.
    """

    __slots__ = ()


def loads(text: str) -> object:
    """JSON text as values, its fractions as `Decimal`.

    Raises:
        ProtocolError: It is empty or not JSON.
    """
    text = text.strip(_BLANKS)
    if not text:
        msg = "The answer is empty."
        raise ProtocolError(msg)
    value: object
    flat = _shallow(text)
    try:
        value, end = _DECODER.raw_decode(flat)
    except ValueError:
        end = -1
    if end != len(flat):
        msg = f"The answer is not JSON: {shown(text)}"
        raise ProtocolError(msg) from None
    return _mended(value) if _is_unusable(text) else value


def _is_unusable(text: str) -> bool:
    """Whether some of it cannot be kept: seen at once of the megabytes of a picture in base64."""
    plain = text.isascii() and "\\u" not in text and "\0" not in text
    return not plain and _UNUSABLE.search(text) is not None


def _shallow(text: str) -> str:
    """The same text with `"…"` for what lies deeper than any document describes."""
    if text.count("[") + text.count("{") <= _DEEPEST:
        return text
    kept, start, depth = [], 0, 0
    for token in _TOKEN.finditer(text):
        at, end = token.span()
        if text[at] in "[{":
            run = text.count("[", at, end) + text.count("{", at, end)
            if depth <= _DEEPEST < depth + run:
                kept.append(text[start : _opening(text, at, _DEEPEST - depth)])
            depth += run
        elif text[at] in "]}":
            run = end - at
            if depth - run <= _DEEPEST < depth:
                kept.append('"…"')
                start = at + depth - _DEEPEST
            depth -= run
    return "".join((*kept, text[start:] if depth <= _DEEPEST else ""))


def _opening(text: str, at: int, count: int) -> int:
    """Where the bracket stands that opens after `count` others, from `at` on."""
    return next(islice(_OPENING.finditer(text, at), count, None)).start()


def redact(value: object) -> object:
    """A JSON value that may be kept, with `<N bytes>` in place of every encoded image.

    Of a list longer than `MAX_ITEMS` only the beginning is kept.
    """
    return redacted(value, lengths())


def redacted(value: object, told: Mapping[str, str]) -> object:
    """The same, by what is told in place of the names of what was lifted."""
    text = partial(_without_image, told) if told else _without_base64
    return plain(value, text, most=MAX_ITEMS)


def plain(
    value: object, text: Callable[[str], str] = str, depth: int = 0, most: int | None = None
) -> object:
    """A JSON value as JSON can spell it: fractions as numbers, `…` for what lies too deep.

    Args:
        value: What `loads` gave, or a plugin's or caller's own.
        text: What becomes of each text.
        depth: How deep it lies.
        most: How many items of a list are kept, or None: all.
    """
    match value:
        case str():
            made: object = text(value)
        case dict() | list() | tuple() | Mapping() if depth > _DEEPEST:
            made = "…"
        case dict() | Mapping():
            made = {
                shared(key) if type(key) is str and len(key) <= _SHORT else str(key): text(item)
                if type(item) is str
                else item
                if type(item) in _AS_THEY_ARE
                else plain(item, text, depth + 1, most)
                for key, item in value.items()
            }
        case list() | tuple():
            made = [plain(item, text, depth + 1, most) for item in value[:most]]
            made += [f"… {len(value)} in all"] if len(made) < len(value) else []
        case Decimal():
            made = float(value) if math.isfinite(float(value)) else str(value)
        case Odd():
            made = value.said
        case _:
            made = value
    return made


class Kept(Mapping[str, object]):
    """A JSON object that is made when it is looked at: many are held, and few are looked at."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], object]) -> None:
        self._make: Callable[[], object] | None = make

    @classmethod
    def of(cls, said: Mapping[str, object]) -> Kept:
        """The same object, as its text."""
        return cls(partial(json.loads, json.dumps(said, ensure_ascii=False)))

    def _object(self) -> dict[str, object]:
        make = self._make  # another thread may look at it, too
        if make is not None:
            self._made = cast("dict[str, object]", make())
            self._make = None
        return self._made

    def __getitem__(self, key: str) -> object:
        return self._object()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._object())

    def __len__(self) -> int:
        return len(self._object())

    def __bool__(self) -> bool:
        return True  # it is not made to see that it is not empty


@lru_cache(1024)
def shared(text: str) -> str:
    """The same text for all who hold one like it: keys of answers, names of models."""
    return text


def shown(value: object) -> str:
    """The beginning of a value, for a message."""
    match value:
        case str():
            text = repr(str(value[: _SHOWN + 1]))
        case Odd():
            text = value.said
        case list() | dict():  # what it holds may be long, and is not to be walked
            text = "an array" if isinstance(value, list) else "an object"
        case _:
            text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_MAX_SAID = 4096
_MAX_LOOKED_AT = 16 * 1024 * 1024  # a picture that is longer is told by what was looked at


def said_in(body: bytes) -> str:
    """The beginning of what a body says, `<N bytes>` in place of images; at most 4 KiB."""
    if not body.strip():
        return ""
    if b"\0" in body[:_MAX_SAID]:
        return f"<{len(body)} bytes>"
    text = body[:_MAX_LOOKED_AT].decode(errors="replace")
    return _without_image(lengths(), text).strip().encode()[:_MAX_SAID].decode(errors="ignore")


def _without_image(told: Mapping[str, str], text: str) -> str:
    """The text without encoded images: as a whole, or as part of JSON in text."""
    head = _DATA_HEAD.match(text)
    whole = told.get(text[head.end() :] if head else text)
    return whole or _without_base64(retold(text, told))


def _without_base64(text: str) -> str:
    """The text without encoded images, where none was lifted out."""
    if len(text) < _MIN_RUN and text[:1] not in _IMAGE_LEADS:  # as most are
        return text
    if _IMAGE_TEXT.match(text):
        head = _DATA_HEAD.match(text)
        return _counted(text[head.end() :] if head else text)
    if len(text) < _MIN_RUN:
        return text
    return _BASE64.sub(lambda found: _counted(found[0]), text)


def _counted(base64: str) -> str:
    return f"<{len(base64.rstrip('=')) * 3 // 4} bytes>"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; a key that stands twice with two values has neither."""
    made = dict(pairs)
    if len(made) < len(pairs):
        for key, value in pairs:
            if value != made[key]:
                made[key] = Odd(f"two values of {shown(key)}")
    return made


def _whole(text: str) -> object:
    return int(text) if len(text) <= _LONGEST_NUMBER else Odd("a number that is too long")


def _fraction(text: str) -> object:
    if len(text) > _LONGEST_NUMBER:
        return Odd("a number that is too long")
    number = Decimal(text)
    return number if abs(number.adjusted()) <= _LARGEST else Odd(text)


def _mended(value: object) -> object:
    match value:
        case str():
            return (
                Mended(_HALF.sub("\N{REPLACEMENT CHARACTER}", value))
                if _HALF.search(value)
                else value
            )
        case dict():
            return {str(_mended(key)): _mended(item) for key, item in value.items()}
        case list():
            return [_mended(item) for item in value]
        case _:
            return value


_DECODER = json.JSONDecoder(
    strict=False,
    object_pairs_hook=_object,
    parse_int=_whole,
    parse_float=_fraction,
    parse_constant=Odd,
)
