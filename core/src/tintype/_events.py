"""Server-sent events from bytes, as they arrive (WHATWG HTML, 9.2.6).

Liberties, for an event may hold an image that somebody paid for: one that the stream ends in the
middle of is delivered, objects with one line break between them are several, and JSON without a
field's name, as a gateway sends it behind its comments, is data. What only keeps the connection
open is no event.
"""

from __future__ import annotations

import codecs

from tintype.messages import Headers, ServerSentEvent, find_header

_FIELDS = ("data:", "event:", "id:", "retry:", ":")
_PEEK = 512


def is_event_stream(start: bytes, headers: Headers) -> bool | None:
    """Whether a body is a stream of events: by its first line, then by its content type.

    Providers answer a request for a stream with plain JSON where they do not stream, and
    not every gateway sets the content type. None: more bytes are needed to tell.
    """
    text = start.decode("utf-8", "replace").lstrip("\ufeff\r\n\t ")
    if text.startswith(("{", "[")):
        return False
    if text.startswith(_FIELDS):
        return True
    if len(start) < _PEEK and any(field.startswith(text) for field in _FIELDS):
        return None
    content_type = find_header(headers, "content-type") or ""
    return content_type.partition(";")[0].strip().lower() == "text/event-stream"


class EventDecoder:
    """Turns chunks of bytes, cut anywhere, into events."""

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
        match name:
            case "data":
                return self._add(value)
            case "event" if self._data:
                self._late = value
            case "event":
                self._event = value
            case "id":
                self._id = value
            case _:  # a comment, `retry`, or a field nobody defines
                pass
        return None

    def _add(self, value: str) -> ServerSentEvent | None:
        """One more line of data, and the event that it shows to be complete, if any."""
        whole = self._data and self._data[0].startswith("{") and self._data[-1].endswith("}")
        follows = whole and value.startswith(("{", "[DONE]"))
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
