"""Server-sent events from bytes, cut anywhere."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.acme import SAME_EVERY_TIME

from tintype._http.events import (
    EventDecoder,
    LineDecoder,
    decoder,
    is_event_stream,
    is_stream,
)
from tintype.messages import ServerSentEvent

SSE = (("Content-Type", "text/event-stream; charset=utf-8"),)
JSON = (("Content-Type", "application/json"),)
PIECES = [
    *("data: x", "data:x", "data", "data: ", "event: done", "id: 7", "id", "retry: 5", ": ping"),
    *("unknown: x", "data: \u2028 \x85 \u00e4 \U0001f43c", "\n", "\r", "\r\n", "\n\n", "\ufeff"),
]


def decoded(*chunks: bytes) -> list[ServerSentEvent]:
    """All events of a stream that arrives in these chunks."""
    reader = EventDecoder()
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    return events + reader.close()


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("", []),
        ("data: a\n\n", [ServerSentEvent(data="a")]),
        ("data:a\r\n\r\n", [ServerSentEvent(data="a")]),
        ("data: a\r\r", [ServerSentEvent(data="a")]),
        ("\ufeffdata: a\n\n", [ServerSentEvent(data="a")]),
        ("data:  a\n\n", [ServerSentEvent(data=" a")]),
        ("data: a\ndata: b\n\n", [ServerSentEvent(data="a\nb")]),
        ("data\ndata\n\ndata: a\n\n", [ServerSentEvent(data="a")]),
        ("data: {}\n\ndata: : keepalive\n\ndata:\n\ndata: a\n\n", [ServerSentEvent(data="a")]),
        (
            'data: {"a": 1}\ndata: {"b": 2}\ndata: [DONE]\n\n',
            [ServerSentEvent(data=text) for text in ('{"a": 1}', '{"b": 2}', "[DONE]")],
        ),
        (
            'event: x\ndata: {"a": 1}\nevent: y\ndata: {"b": 2}\n\n',
            [
                ServerSentEvent(data='{"a": 1}', event="x"),
                ServerSentEvent(data='{"b": 2}', event="y"),
            ],
        ),
        ('data: {"a": 1}\nevent: x\n\n', [ServerSentEvent(data='{"a": 1}', event="x")]),
        ('data: {\ndata: "a": 1}\n\n', [ServerSentEvent(data='{\n"a": 1}')]),
        (': hb\n\n{"a": 1}\n', [ServerSentEvent(data='{"a": 1}\n')]),
        (': hb\n\n{\n  "a":\n  1\n}', [ServerSentEvent(data='{\n  "a":\n  1\n}')]),
        ("data: a:b\n\n", [ServerSentEvent(data="a:b")]),
        ("event: done\ndata: a\n\n", [ServerSentEvent(data="a", event="done")]),
        ("event: done\n\ndata: a\n\n", [ServerSentEvent(data="a")]),
        (": ping\n\n", []),
        ("retry: 5\nnobody: knows\ndata: a\n\n", [ServerSentEvent(data="a")]),
        (
            "id: 1\ndata: a\n\ndata: b\n\n",
            [ServerSentEvent(data="a", id="1"), ServerSentEvent(data="b", id="1")],
        ),
    ],
)
def test_events_are_read_as_the_standard_says(text: str, events: list[ServerSentEvent]) -> None:
    """WHATWG HTML, 9.2.6."""
    assert decoded(text.encode()) == events


@pytest.mark.parametrize("end", ["", "\n", "\r", "\r\n"])
def test_an_event_that_the_stream_ends_in_the_middle_of_is_delivered(end: str) -> None:
    """It may hold an image that somebody paid for."""
    assert decoded(f"data: a{end}".encode()) == [ServerSentEvent(data="a")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_object_that_raw_line_breaks_cut_is_read_whole(end: str) -> None:
    """A line that is no field goes on with the object that the data began and did not end."""
    lines = ['data: {"b64_json": "iVBORw0K', "GgoAAAAN", 'SUhEUg=="}', "", ""]
    text = '{"b64_json": "iVBORw0K\nGgoAAAAN\nSUhEUg=="}'
    assert decoded(end.join(lines).encode()) == [ServerSentEvent(data=text)]


def test_a_line_separator_of_unicode_ends_no_line() -> None:
    """JSON may hold one in a text, also in the event that the stream ends in."""
    text = 'data: {"a": "x\u2028y\x85z\x0bw"}'
    assert decoded(text.encode()) == [ServerSentEvent(data=text.removeprefix("data: "))]


def test_bytes_that_are_no_text_are_replaced() -> None:
    """The plugin sees that it is no JSON; the decoder does not raise."""
    assert decoded(b"data: \xff\n\n") == [ServerSentEvent(data="\ufffd")]


def test_an_event_is_told_as_soon_as_it_is_complete() -> None:
    """A carriage return at the end of a chunk is an end of line once the next is no line feed."""
    reader = EventDecoder()
    assert reader.feed(b"data: a\r\n\r") == []
    assert reader.feed(b"data: b") == [ServerSentEvent(data="a")]
    assert reader.feed(b"\n\n") == [ServerSentEvent(data="b")]


def test_a_line_of_many_chunks_is_one_event() -> None:
    """An image in base64 arrives in hundreds of pieces."""
    chunks = [b"data: ", *([b"A" * 1000] * 500), b"\n", b"\n"]
    assert decoded(*chunks) == [ServerSentEvent(data="A" * 500_000)]


@given(st.lists(st.sampled_from(PIECES)), st.lists(st.integers(0, 200)))
@SAME_EVERY_TIME
def test_any_chunking_gives_the_same_events(pieces: list[str], cuts: list[int]) -> None:
    """Where the network cuts says nothing."""
    whole = "".join(pieces).encode()
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    chunks = [whole[start:stop] for start, stop in itertools.pairwise(edges)]
    assert decoded(*chunks) == decoded(whole)
    assert decoded(*(bytes([byte]) for byte in whole)) == decoded(whole)


@given(st.lists(st.binary()))
@SAME_EVERY_TIME
def test_no_bytes_break_the_decoder(chunks: list[bytes]) -> None:
    """A server can send anything."""
    assert decoded(*chunks) == decoded(b"".join(chunks))


@pytest.mark.parametrize("start", [b'{"a": 1}', b"[1]", b' \r\n{"a"', b"\xef\xbb\xbf{"])
def test_json_is_no_stream_whatever_its_content_type(start: bytes) -> None:
    """A provider that does not stream answers in plain JSON."""
    assert is_event_stream(start, SSE) is False


@pytest.mark.parametrize("start", [b"data: {", b"event: x", b": ping", b"id: 1", b"\n\nretry: 5"])
def test_events_are_a_stream_whatever_the_content_type(start: bytes) -> None:
    """Not every gateway sets it."""
    assert is_event_stream(start, JSON) is True


@pytest.mark.parametrize("start", [b"", b"\n", b"d", b"dat", b"even", b"\xef\xbb\xbf"])
def test_a_start_that_tells_nothing_asks_for_more(start: bytes) -> None:
    """A chunk may end anywhere."""
    assert is_event_stream(start, SSE) is None


@pytest.mark.parametrize(("headers", "answer"), [(SSE, True), (JSON, False), ((), False)])
@pytest.mark.parametrize("start", [b"<html>", b"nobody: knows", b" " * 512])
def test_anything_else_is_told_by_its_content_type(
    start: bytes, headers: tuple[tuple[str, str], ...], *, answer: bool
) -> None:
    """Where the first line does not tell, and a start of half a kilobyte is enough."""
    assert is_event_stream(start, headers) is answer


# ----------------------------------------------------------------------------- lines

LINED = (("Content-Type", "application/x-ndjson; charset=utf-8"),)


@given(st.lists(st.integers(0, 60)))
@SAME_EVERY_TIME
def test_lines_cut_anywhere_are_the_same_lines(cuts: list[int]) -> None:
    """Empty ones only keep a connection open, and the last needs no end."""
    whole = '{"a": "\u5c0f\u2028"}\r\n\r\n\n{"b":\r 2}\n{}\n{"c'.encode()
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    reader = LineDecoder()
    chunks = [whole[start:stop] for start, stop in itertools.pairwise(edges)]
    told = [event for chunk in chunks for event in reader.feed(chunk)]
    told += [*reader.close(), *reader.close()]
    assert [event.data for event in told] == ['{"a": "\u5c0f\u2028"}', '{"b":  2}', '{"c']


def test_a_line_is_told_as_soon_as_it_ends() -> None:
    """And may be an image of megabytes, in any number of pieces."""
    reader = LineDecoder()
    assert reader.feed(b'{"a": 1}') == []
    assert reader.feed(b"\n{") == [ServerSentEvent(data='{"a": 1}')]
    for _ in range(2000):
        assert reader.feed(b"A" * 1000) == []
    assert [len(event.data) for event in reader.feed(b"\n")] == [2_000_001]


@pytest.mark.parametrize(
    ("start", "headers", "answer"),
    [
        (b"", LINED, True),
        (b"anything", LINED, True),
        (b"", JSON, None),
        (b'{"a": 1}\n', JSON, None),
        (b'{"a": 1}\n{', JSON, True),
        (b'\n{"a": 1}\r\n\n {', (), True),
        (b'{\n  "a": 1}', JSON, False),
        (b'{"a": [1,\n{}]}', JSON, False),
        (b"{" + b" " * 70_000, JSON, False),
        (b"[1,\n{", JSON, False),
        (b"<html>", JSON, False),
        (b"data: {", JSON, True),
        (b"data: {", LINED, True),
    ],
)
def test_lines_are_told_from_one_answer(
    start: bytes, headers: tuple[tuple[str, str], ...], *, answer: bool | None
) -> None:
    """By the content type, or once a second object begins; one object alone is a whole answer."""
    assert is_stream("lines", start, headers) is answer


def test_events_in_place_of_lines_are_read_as_events() -> None:
    """What came is told by how it begins."""
    assert isinstance(decoder("lines", b": ping\n"), EventDecoder)
    assert isinstance(decoder("lines", b"{"), LineDecoder)
    assert isinstance(decoder("events", b"{"), EventDecoder)
