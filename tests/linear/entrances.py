"""Every parser of the core that sees a stranger's bytes, and what a stranger may send it."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TypeAlias

from attrs import frozen
from tests.core import easel
from tests.core.acme import Line

from tintype._flow.conversation import Conversation, Terms
from tintype._flow.effects import Head, Receive, Reply, Send
from tintype._http.events import EventDecoder, LineDecoder, is_event_stream, is_line_stream
from tintype._keys.redaction import Redactor
from tintype._moderation import is_moderation, names_moderation
from tintype._pictures.expiry import says_expired, signed_expiry
from tintype._pictures.media import dimensions, media_type
from tintype._pictures.whole import is_whole
from tintype._plugins.registry import Registry
from tintype._printable import printable
from tintype.account import Secret
from tintype.convert import decode_image, loads, peek
from tintype.errors import TintypeError
from tintype.messages import Delivery, Response, ServerSentEvent
from tintype.request import ImageRequest
from tintype.transports._heads import read_head

# Takes about so many bytes of hostile input; what it makes of them does not matter.
Make: TypeAlias = Callable[[int], bytes]
Read: TypeAlias = Callable[[bytes], object]

_KEY = "sk-or-v1-" + "0123456789abcdef" * 4


@frozen
class Entrance:
    """A way in, and a way to abuse it."""

    name: str
    make: Make
    read: Read


def entrances() -> Iterator[Entrance]:
    """All of them, seeded: the same bytes each time."""
    for kind, make in _IMAGES.items():
        yield Entrance(f"image: {kind}", make, _image)
    for kind, make in _JSON.items():
        yield Entrance(f"json: {kind}", make, loads)
        yield Entrance(f"typed: {kind}", make, _typed)
        yield Entrance(f"webhook: {kind}", make, _webhook)
    for kind, make in _EVENTS.items():
        yield Entrance(f"events: {kind}", make, _events)
        yield Entrance(f"lines: {kind}", make, _lines)
        yield Entrance(f"stream: {kind}", lambda size, make=make: make(size // 8), _stream)  # type: ignore[misc]
    for kind, make in _WORDS.items():
        yield Entrance(f"redaction: {kind}", make, _REDACTOR.body)
        yield Entrance(f"redaction of events: {kind}", make, _event_redacted)
        yield Entrance(f"words: {kind}", make, _words)
        yield Entrance(f"base64: {kind}", make, lambda data: decode_image(data.decode("latin-1")))
        yield Entrance(f"url: {kind}", make, _url)
        yield Entrance(f"head: {kind}", make, lambda data: read_head(BytesIO(data)))


# ----------------------------------------------------------------------------- what reads


def _image(data: bytes) -> None:
    kind = media_type(data)
    dimensions(data)
    is_whole(data, kind)


_REDACTOR = Redactor([Secret(_KEY), Secret(_KEY[::-1])])


def _typed(data: bytes) -> None:
    peek(Response(status=400, body=data), easel.Refusal())


def _event_redacted(data: bytes) -> None:
    _REDACTOR.event(ServerSentEvent(data=data.decode("latin-1")))


def _words(data: bytes) -> None:
    text = data.decode("latin-1")
    printable(text)
    is_moderation(text, text, ("a policy",))
    names_moderation(data)
    says_expired(data)


def _url(data: bytes) -> None:
    signed_expiry("https://cdn.test/1.png?" + data.decode("latin-1"))


_PLUGIN = Registry({"easel": easel}).get("easel")


def _talk() -> Conversation:
    line = Line()
    return Conversation(_PLUGIN, Terms(clock=line.clock, jitter=lambda: 0.0))


def _webhook(data: bytes) -> None:
    _talk().hear(Delivery(body=data, headers=()))


def _events(data: bytes) -> None:
    is_event_stream(data, ())
    decoder = EventDecoder()
    for start in range(0, len(data), 7):
        decoder.feed(data[start : start + 7])
    decoder.close()


def _lines(data: bytes) -> None:
    is_line_stream(data, ())
    decoder = LineDecoder()
    for start in range(0, len(data), 7):
        decoder.feed(data[start : start + 7])
    decoder.close()


def _stream(data: bytes) -> None:
    """A whole submission, answered by events."""
    decoder = EventDecoder()
    events = iter([*decoder.feed(data), *decoder.close()])
    flow = _talk().draw(ImageRequest(prompt="x", model="oil-1"))
    reply: Reply = None
    effect = next(flow)
    try:
        while True:
            match effect:
                case Send():
                    reply = Head(status=200, headers=())
                case Receive():
                    reply = next(events, None)
                case _:
                    reply = "record"
            effect = flow.send(reply)
    except StopIteration:
        return


# --------------------------------------------------------------------------- what is sent


def _over(piece: bytes, start: bytes = b"", end: bytes = b"") -> Make:
    """The same, over and over, between a start and an end."""
    return lambda size: start + piece * (size // len(piece)) + end


def _noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 - it guards nothing


def _in_base64(size: int) -> bytes:
    return base64.b64encode(_noise(size * 3 // 4)).replace(b"/", b"\\/")


def _keys(size: int) -> bytes:
    return json.dumps({f"k{n}": n for n in range(size // 12)}).encode()


_PNG = b"\x89PNG\r\n\x1a\n"
_IMAGES: dict[str, Make] = {
    "noise": _noise,
    "comments before <svg": _over(b"<!---->", end=b"<html>"),
    "blanks before <svg": _over(b" "),
    "comments that begin": _over(b"<!--"),
    "a document type that begins": _over(b"<!--'\"", start=b"<!DOCTYPE svg ["),
    "entities": _over(b'<!ENTITY a "&a;&a;">', start=b"<!DOCTYPE svg [", end=b"]><svg/>"),
    "elements of svg": _over(b"<g>", start=b"<svg>"),
    "empty chunks of png": _over(b"\0\0\0\0tEXt\0\0\0\0", start=_PNG),
    "png signatures": _over(_PNG),
    "segments of jpeg": _over(b"\xff\xe0\0\2", start=b"\xff\xd8"),
    "fill bytes of jpeg": _over(b"\xff", start=b"\xff\xd8\xff\xe0"),
    "starts of jpeg": _over(b"\xff\xd8"),
    "blocks of gif": _over(b"!\xfe\1a\0", start=b"GIF89a\1\0\1\0\0\0\0"),
    "one-byte blocks of gif": _over(b"\1a", start=b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2"),
    "chunks of webp": _over(b"JUNK\0\0\0\0", start=b"RIFF\xff\xff\xff\x7fWEBP"),
    "boxes": _over(b"\0\0\0\x08free", start=b"\0\0\0\x10ftypavif\0\0\0\0"),
    "boxes within boxes": _over(b"\0\0\0\x10meta\0\0\0\0", start=b"\0\0\0\x10ftypavif\0\0\0\0"),
    "directories of tiff": _over(b"II*\0\x08\0\0\0\xff\xff"),
}
_JSON: dict[str, Make] = {
    "an array of odd values": _over(b"1,", start=b'{"id":"p1","state":"done","urls":[', end=b"1]}"),
    "an array of empty objects": _over(b"{},", start=b"[", end=b"{}]"),
    "open brackets": _over(b"["),
    "open objects": _over(b'{"a":'),
    "one key over and over": _over(b'"a":1,"a":2,', start=b"{", end=b'"a":3}'),
    "many keys": _keys,
    "one long number": _over(b"9", start=b'{"id":'),
    "numbers of huge exponents": _over(b"1e9999999,", start=b"[", end=b"1]"),
    "NaN": _over(b"NaN,", start=b"[", end=b"1]"),
    "half characters": _over(b"\\ud800", start=b'"', end=b'"'),
    "escapes": _over(b"\\u0041", start=b'{"id":"', end=b'"}'),
    "backslashes": _over(b"\\\\", start=b'"', end=b'"'),
    "NUL": _over(b"\0"),
    "blanks": _over(b" "),
    "noise": _noise,
}
_EVENTS: dict[str, Make] = {
    "running": _over(b'data: {"id":"p1","state":"drawing"}\n\n'),
    "pictures": _over(b'data: {"id":"p1","state":"done","picture":"iVBORw0KGgo="}\n\n'),
    "failures": _over(b'data: {"id":"p1","state":"failed","why":"no"}\n\n'),
    "previews": _over(b'data: {"id":"p1","state":"drawing","preview":"iVBORw0KGgo="}\n\n'),
    "odd values": lambda size: b"".join(
        b'data: {"id":"p1","state":"drawing","why":%d}\n\n' % n for n in range(size // 48)
    ),
    "nonsense": _over(b"data: nonsense\n\n"),
    "lines without an end": _over(b"data: x\n"),
    "one line": _over(b"x", start=b"data: "),
    "carriage returns": _over(b"\r"),
    "comments": _over(b": keep\n\n"),
    "ids": _over(b"id: a\nevent: b\n"),
    "noise": _noise,
}
_WORDS: dict[str, Make] = {
    "noise": _noise,
    "the beginning of a key": _over(_KEY[:-12].encode()),
    "a key": _over(_KEY.encode()),
    "its first character": _over(_KEY[:1].encode()),
    "backslashes": _over(b"\\"),
    "escapes": _over(b"\\u0073"),
    "percent signs": _over(b"%73"),
    "base64 with escaped slashes": _in_base64,
    "equals signs": _over(b"="),
    "letters": _over(b"A"),
    "blanks": _over(b" "),
    "lines": _over(b"a:b\r\n"),
    "folded lines": _over(b"\r\n a"),
    "a data URL that begins": _over(b"data:image/png;base64,"),
    "words of moderation": _over(b"flagged as "),
    "pairs": _over(b"X-Amz-Date=1&Expires=2&"),
}


def survived(entrance: Entrance, data: bytes) -> None:
    """Have it read; one of tintype's errors is an answer as well."""
    try:
        entrance.read(data)
    except (TintypeError, ValueError):
        return
