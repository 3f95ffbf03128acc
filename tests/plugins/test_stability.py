"""Stability AI: what the plugin makes of a form, of bytes whose facts are in headers, of masks."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, Recorded, answer, said
from tests.core.pictures import PNG

import tintype_stability as plugin
from tintype import Account, Client, ImageRequest, Reference
from tintype.errors import InvalidRequestError, SubmissionUnknownError, TaskRefusedError

CORE = "POST /v2beta/stable-image/generate/core"
PANDA = ImageRequest(prompt="a red panda")


@pytest.fixture
def client(connect: Connect, server: Loopback) -> Client:
    """A client whose Stability AI is the loopback server."""
    account = Account(provider="stability", key=KEY, base_url=server.url)
    return connect(account, plugins={"stability": plugin})


def drawn_raw(asked: Recorded) -> bytes:
    """What Stability AI answers: the bytes, where `Accept` asks for them."""
    if asked.header("accept") != "image/*":
        errors = ["accept: must be image/*"]
        return said({"id": "e1", "name": "bad_request", "errors": errors}, status=400)
    assert b'name="prompt"\r\n\r\na red panda\r\n' in asked.body
    facts = [("seed", "343940597"), ("finish-reason", "SUCCESS"), ("x-request-id", "r-1")]
    return answer(PNG, media_type="image/png", headers=facts)


def test_a_picture_comes_as_bytes_and_its_facts_in_headers(
    client: Client, server: Loopback, tmp_path: Path
) -> None:
    """Asked for by `Accept`, saved to the byte."""
    server.on(CORE, drawn_raw)
    drawn = client.generate(PANDA, provider="stability")
    [image] = drawn.tasks[0].images
    assert (image.seed, image.media_type, image.width) == (343940597, "image/png", 4)
    assert [path.read_bytes() for path in client.save(drawn, tmp_path)] == [PNG]
    [sent] = server.requests
    assert (sent.header("content-type") or "").startswith("multipart/form-data; boundary=")


def test_a_picture_that_was_blurred_is_refused(client: Client, server: Loopback) -> None:
    """The head says so, whatever the bytes show."""
    facts = [("finish-reason", "CONTENT_FILTERED")]
    server.on(CORE, answer(PNG, media_type="image/png", headers=facts))
    with pytest.raises(TaskRefusedError, match="blurred"):
        client.generate(PANDA, provider="stability")


@pytest.mark.parametrize(("body", "what"), [(b"<html>", "a web page"), (b"", "empty")])
def test_bytes_that_are_no_picture_are_kept_and_told(
    client: Client, server: Loopback, body: bytes, what: str
) -> None:
    """They may have been charged for; the error says what came."""
    server.on(CORE, answer(body, media_type="image/png"))
    with pytest.raises(SubmissionUnknownError, match=what):
        client.generate(PANDA, provider="stability")


def test_a_mask_is_a_file_of_its_own(client: Client, server: Loopback) -> None:
    """Beside the image, each under its name."""
    facts = [("finish-reason", "SUCCESS")]
    picture = answer(PNG, media_type="image/png", headers=facts)
    server.on("POST /v2beta/stable-image/edit/inpaint", picture)
    sources = (Reference(data=PNG, name="a.png"), Reference(data=PNG, name="b.png", role="mask"))
    client.generate(
        ImageRequest(prompt="a door", model="edit/inpaint", references=sources),
        provider="stability",
    )
    [sent] = server.requests
    assert b'name="image"; filename="a.png"' in sent.body
    assert b'name="mask"; filename="b.png"' in sent.body


def test_an_option_that_no_form_can_hold_is_refused(client: Client, server: Loopback) -> None:
    """A form has texts and files, and nothing is sent that stands for an object."""
    asked = ImageRequest(prompt="a", options={"stability": {"extra": {"a": 1}}})
    with pytest.raises(InvalidRequestError, match="extra"):
        client.generate(asked, provider="stability")
    assert server.requests == []
