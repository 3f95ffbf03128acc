"""Events from bytes, as they arrive: server-sent ones (WHATWG HTML, 9.2.6), or lines of JSON.

Liberties, for an event may hold an image that somebody paid for: one that the stream ends in the
middle of is delivered, objects with one line break between them are several, JSON without a
field's name, as a gateway sends it behind its comments, is data, and so is the rest of an object
that a raw line break cut in two. What only keeps the connection open is no event.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable
from typing import Protocol

from tintype.messages import AnswerKind, Headers, ServerSentEvent, find_header

_FIELDS = ("data:", "event:", "id:", "retry:", ":")
_PEEK = 512
_SUCCESS = 2  # the first digit of such a status
# How much of a body is looked at for the end of its first line.
_PEEK_LINE = 65_536
_BLANK = "\ufeff\r\n\t "
_LINES = frozenset(
    f"application/{name}"
    for name in ("x-ndjson", "ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "json-lines")
)


class Decoder(Protocol):
    """Turns chunks of bytes, cut anywhere, into events."""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that are complete now."""

    def close(self) -> list[ServerSentEvent]:
        """The events that the end of the stream cut short."""


def may_stream(kind: AnswerKind, status: int) -> bool:
    """Whether an answer of that status may be a stream: a refusal is read whole."""
    return kind != "whole" and status // 100 == _SUCCESS


def is_stream(kind: AnswerKind, start: bytes, headers: Headers) -> bool | None:
    """Whether a body, asked for as a stream of that kind, is one. None: more bytes will tell."""
    if kind == "events" or _begins_as_events(start):
        return is_event_stream(start, headers)
    return is_line_stream(start, headers)


def decoder(kind: AnswerKind, start: bytes) -> Decoder:
    """What reads a stream: by how it begins, then by what was asked for."""
    lines = kind == "lines" and not _begins_as_events(start)
    return LineDecoder() if lines else EventDecoder()


def _begins_as_events(start: bytes) -> bool:
    return start[:_PEEK].decode("utf-8", "replace").lstrip(_BLANK).startswith(_FIELDS)


def is_event_stream(start: bytes, headers: Headers) -> bool | None:
    """Whether a body is a stream of events: by its first line, then by its content type.

    Providers answer a request for a stream with plain JSON where they do not stream, and
    not every gateway sets the content type. None: more bytes are needed to tell.
    """
    text = start.decode("utf-8", "replace").lstrip(_BLANK)
    if text.startswith(("{", "[")):
        return False
    if text.startswith(_FIELDS):
        return True
    if len(start) < _PEEK and any(field.startswith(text) for field in _FIELDS):
        return None
    return _media_type(headers) == "text/event-stream"


def is_line_stream(start: bytes, headers: Headers) -> bool | None:
    """Whether a body is a stream of lines: by its content type, then by its first line.

    Who calls it JSON is believed once one object has ended with its line and another begins: an
    object alone is a whole answer, in however many lines. None: more bytes are needed to tell.
    """
    if _media_type(headers) in _LINES:
        return True
    text = start.decode("utf-8", "replace").lstrip(_BLANK)
    first, _, rest = text.partition("\n")
    if text and not text.startswith("{"):
        return False
    if rest.strip():
        return rest.lstrip().startswith("{") and _is_json(first)
    return None if len(start) < _PEEK_LINE else False


def _media_type(headers: Headers) -> str:
    content_type = find_header(headers, "content-type") or ""
    return content_type.partition(";")[0].strip().lower()


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class LineDecoder:
    """Turns chunks of bytes, cut anywhere, into an event for each line."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The lines that are complete now."""
        # A line may hold an image of megabytes: its pieces are joined once, at its end.
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._rest, lines[0]])
            self._rest = []
        self._rest.append(rest)
        return _told(lines)

    def close(self) -> list[ServerSentEvent]:
        """The line that the end of the stream cut short, if any."""
        last, self._rest = b"".join(self._rest), []
        return _told([last])


def _told(lines: Iterable[bytes]) -> list[ServerSentEvent]:
    """Lines as events; outside of texts, which cannot hold one, a carriage return is a blank."""
    texts = [line.decode("utf-8", "replace").replace("\r", " ").strip(_BLANK) for line in lines]
    return [ServerSentEvent(data=text) for text in texts if not _says_nothing(text)]


class EventDecoder:
    """Turns chunks of bytes, cut anywhere, into server-sent events."""

    def __init__(self) -> None:
        self._text = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest: list[str] = []
        self._held = False
        self._data: list[str] = []
        self._event = ""
        self._late = ""  # named behind the data: it is of this event, or of one that follows on
        self._bare = False
        self._id = ""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that are complete now."""
        text = self._text.decode(chunk)
        self._rest.append(text)
        # A line may hold an image of megabytes: its pieces are joined once, at its end.
        if not self._held and "\n" not in text and "\r" not in text:
            return []
        *lines, rest = self._split("".join(self._rest))
        self._rest, self._held = [rest], rest.endswith("\r")
        return self._read(lines)

    def close(self) -> list[ServerSentEvent]:
        """The event that the end of the stream cut short, if any."""
        last = self._read(["".join(self._rest).removesuffix("\r")])
        return [event for event in (*last, self._dispatch()) if event is not None]

    @staticmethod
    def _split(text: str) -> list[str]:
        # A chunk may end between \r and \n: keep the \r for the next one.
        held = text.endswith("\r")
        body = text[:-1] if held else text
        lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if held:
            lines[-1] += "\r"
        return lines

    def _read(self, lines: list[str]) -> list[ServerSentEvent]:
        events = [self._line(line) for line in lines]
        return [event for event in events if event is not None]

    def _line(self, line: str) -> ServerSentEvent | None:
        if self._bare or line.startswith("{"):
            self._bare = True
            return self._add(line)
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            return self._add(value)
        if name not in {"", "retry"}:  # a comment is a line without a name
            self._note(name, value, line)
        return None

    def _note(self, name: str, value: str, line: str) -> None:
        """One more line that is no data by its name."""
        match name:
            case "event" if self._data:
                self._late = value
            case "event":
                self._event = value
            case "id":
                self._id = value
            case _ if self._data and not self._whole:
                self._data.append(line)
            case _:  # a field nobody defines
                pass

    @property
    def _whole(self) -> bool:
        """Whether the data so far begins and ends as one object, or is none."""
        return not self._data[0].startswith("{") or self._data[-1].endswith("}")

    def _add(self, value: str) -> ServerSentEvent | None:
        """One more line of data, and the event that it shows to be complete, if any."""
        object_before = self._data and self._data[0].startswith("{") and self._whole
        follows = object_before and value.startswith(("{", "[DONE]"))
        late, self._late = (self._late, "") if follows else ("", self._late)
        before = self._dispatch() if follows else None
        self._event = late or self._event
        self._data.append(value)
        return before

    def _dispatch(self) -> ServerSentEvent | None:
        data, event = "\n".join(self._data), self._late or self._event or "message"
        self._data, self._event, self._late = [], "", ""
        if _says_nothing(data):
            return None
        return ServerSentEvent(data=data, event=event, id=self._id)


def _says_nothing(data: str) -> bool:
    """Whether an event only keeps a connection open: some servers write comments as data."""
    words = data.strip()
    return words in {"", "{}", "[]", "null"} or words.startswith(":")
