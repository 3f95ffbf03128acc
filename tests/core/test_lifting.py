"""Large base64 in an answer: decoded once as it arrives, never text, and never lost."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from tests.core.acme import SAME_EVERY_TIME
from tests.core.conftest import KEY
from tests.core.loopback import Loopback, answer, events, said
from tests.core.pictures import PNG, in_base64

from tintype import Client, ImageRequest, TaskState
from tintype._lifting import Content, Lifter, at_hand
from tintype.convert import decode_image, loads, read, redact
from tintype.errors import ProtocolError, SubmissionUnknownError
from tintype.messages import Response, ServerSentEvent, stream_of

REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
# What follows the end of a PNG is nobody's, and makes it as large as one likes.
LARGE = PNG + random.Random(7).randbytes(60_000)  # noqa: S311 - the same every time
TEXT = in_base64(LARGE)


@frozen
class Empty:
    """A wire class that looks at nothing."""


@frozen
class Other:
    """Another one."""


def lifted(body: bytes, *cuts: int) -> Content:
    """A body that arrived in chunks, cut at these places."""
    lifter = Lifter()
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    text = [lifter.feed(body[at:end]) for at, end in pairwise(places)]
    return Content(b"".join([*text, lifter.close()]), lifter.held)


def value(body: bytes | Content) -> object:
    """What a body says, as whoever looks at the bytes reads it."""
    return json.loads(body.whole() if isinstance(body, Content) else body)


BODIES = {
    "plain": json.dumps({"created": 1, "data": [{"b64_json": TEXT}], "usage": {"n": 2}}).encode(),
    "slashes escaped, as PHP does": json.dumps({"b64": TEXT}).replace("/", "\\/").encode(),
    "all escaped, as .NET does": json.dumps({"b64": TEXT})
    .replace("+", "\\u002B")
    .replace("/", "\\u002f")
    .replace("=", "\\u003d")
    .encode(),
    "a data URL": json.dumps({"url": f"data:image/png;base64,{TEXT}"}).encode(),
    "two data URLs in prose": json.dumps(
        {"said": f"One ![a](data:image/png;base64,{TEXT}) and ![b](data:image/png;base64,{TEXT})"}
    ).encode(),
    "JSON in text": json.dumps({"told": json.dumps({"b64": TEXT})}).encode(),
    "beside an escape": b'{"a\\u00e9": "\\"", "b64": "' + TEXT.encode() + b'"}',
    "a key": json.dumps({TEXT: 1}).encode(),
    "two in a list": json.dumps([TEXT, TEXT[:20_000]]).encode(),
}
# What is no base64, or not in one piece, or not as it would be written again: it stays text.
TEXTS = {
    "unpadded": TEXT[:-2] if TEXT.endswith("==") else TEXT[:-1],
    "URL-safe": base64.urlsafe_b64encode(LARGE).decode(),
    "in lines": base64.encodebytes(LARGE).decode(),
    "padded in the middle": f"{TEXT[:20_000]}=={TEXT[20_000:]}",
    "percent-encoded": TEXT.replace("+", "%2B").replace("/", "%2F"),
    "with a blank": f"{TEXT[:30_000]} {TEXT[30_000:]}",
    "bits that mean nothing": f"{'A' * 30_000}AB==",
}


@pytest.mark.parametrize("name", BODIES)
@given(cuts=st.lists(st.integers(0, 200_000), max_size=12))
@SAME_EVERY_TIME
def test_a_body_says_the_same_when_it_is_put_together(name: str, cuts: list[int]) -> None:
    """Wherever the chunks are cut: the base64 is held as bytes, and the body can be had again."""
    body = BODIES[name]
    found = lifted(body, *cuts)
    assert found.held
    assert set(found.held.values()) <= {LARGE, base64.b64decode(TEXT[:20_000])}
    assert len(found.text) < 3_000
    assert value(found) == value(body)
    assert len(found) == len(found.whole())


@pytest.mark.parametrize("name", TEXTS)
@given(cuts=st.lists(st.integers(0, 100_000), max_size=12))
@SAME_EVERY_TIME
def test_what_is_not_written_as_usual_is_read_all_the_same(name: str, cuts: list[int]) -> None:
    """It stays text, or parts of it do: who decodes it gets the same bytes."""
    body = json.dumps({"b64": TEXTS[name]}).encode()
    found = lifted(body, *cuts)
    assert value(found) == value(body)
    with at_hand(found.held):
        told = loads(Response(status=200, body=found))
        assert isinstance(told, dict)
        assert decoded(told["b64"]) == decoded(TEXTS[name])


def decoded(text: str) -> bytes | None:
    """A text as a picture, or None where it is none."""
    try:
        return decode_image(text)
    except ProtocolError:
        return None


def test_short_base64_stays_text() -> None:
    """A picture of a few pixels, an id and a token are no burden."""
    body = json.dumps({"b64": in_base64(PNG), "token": "ab/+" * 200}).encode()
    assert lifted(body, 10, 300) == Content(body)
    assert not lifted(body, 10, 300).held


def test_a_name_means_something_beside_its_own_answer_only() -> None:
    """Who repeats a name of another answer has said a text that is no such picture."""
    found = lifted(BODIES["plain"])
    name = next(iter(found.held))
    with at_hand(found.held):
        assert decode_image(name) == LARGE
    assert decoded(name) != LARGE
    with at_hand(lifted(BODIES["plain"]).held):
        assert decoded(name) != LARGE


def test_what_is_kept_of_an_answer_tells_how_long_a_picture_is() -> None:
    """As a text of its own, in a data URL and within prose, as if nothing had been lifted."""
    for name in ("plain", "a data URL", "two data URLs in prose", "JSON in text"):
        found = lifted(BODIES[name])
        with at_hand(found.held):
            kept = redact(loads(Response(status=200, body=found)))
        assert kept == redact(loads(BODIES[name]))
        assert f"<{len(LARGE)} bytes>" in json.dumps(kept)


def test_an_answer_is_parsed_once() -> None:
    """Whoever reads it again, as another class or for what is kept, is given what was read."""
    response = Response(status=200, body=BODIES["plain"])
    assert loads(response) is loads(response)
    assert read(response, Empty)[1] is read(response, Other)[1]


def test_answers_are_the_same_whatever_was_lifted_out_of_them() -> None:
    """Equality is the bodies', and a stream is put together like an answer."""
    body = BODIES["plain"]
    assert Response(status=200, body=lifted(body, 700)) == Response(status=200, body=body)
    assert hash(lifted(body)) == hash(Content(body))
    plain = ServerSentEvent(data=body.decode(), event="art", id="7")
    event = ServerSentEvent(data=lifted(body), event="art", id="7")
    assert (event, event.data) == (plain, body.decode())
    assert stream_of([event, plain]).whole() == stream_of([plain, plain]).whole()


@pytest.mark.parametrize("escaped", [False, True])
def test_a_large_picture_comes_through_both_clients(
    artist: Callable[..., Client], server: Loopback, *, escaped: bool
) -> None:
    """Whole, and beside it no secret and no base64."""
    body = json.dumps({"id": "p1", "state": "done", "picture": TEXT, "key": KEY})
    body = body.replace("/", "\\/") if escaped else body
    server.on(CREATE, answer(body.encode()))
    drawn = artist().submit(REQUEST, provider="easel")
    assert [image.data for image in drawn.images] == [LARGE]
    assert drawn.raw == {**drawn.raw, "picture": f"<{len(LARGE)} bytes>", "key": "…"}


def test_a_large_picture_comes_through_a_stream(
    artist: Callable[..., Client], server: Loopback
) -> None:
    """Also in events, cut anywhere: previews and the picture."""
    told = [{"state": "drawing", "preview": TEXT}, {"id": "p1", "state": "done", "picture": TEXT}]
    body = "".join(f"data: {json.dumps(each)}\n\n" for each in told).encode()
    server.on(CREATE, events(body, step=9_000))
    drawn = artist().generate(ImageRequest(prompt="x", stream=True), provider="easel")
    assert [image.data for image in drawn.images] == [LARGE]
    assert drawn.attempts[0].task is not None
    assert drawn.attempts[0].task.state is TaskState.SUCCEEDED


def test_an_answer_that_nobody_understands_is_kept_with_its_picture(
    artist: Callable[..., Client], server: Loopback
) -> None:
    """The error carries the body as it came: a later version may find the picture in it."""
    said_by = {"art": {"status": "finished", "canvas": TEXT}}
    server.on(CREATE, said(said_by))
    with pytest.raises(SubmissionUnknownError) as raised:
        artist().submit(REQUEST, provider="easel")
    assert raised.value.answer is not None
    assert json.loads(raised.value.answer.response.body) == said_by
    assert f"<{len(LARGE)} bytes>" in raised.value.body
