"""Replicate's own client for Python at the sandbox: create, look, cancel, and fail."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import urllib3
from PIL import Image
from replicate.client import Client
from replicate.exceptions import ReplicateError

from tintype_contracts import Sandbox

MODEL = "black-forest-labs/flux-schnell"


@contextmanager
def client_of(sandbox: Sandbox, key: str = "") -> Iterator[Client]:
    """The client, pointed at the sandbox; its connections are closed, which it leaves open."""
    token, url = key or sandbox.key("replicate"), sandbox.url("replicate")
    with httpx.HTTPTransport() as transport:
        yield Client(api_token=token, base_url=url, transport=transport)


def test_a_prediction_is_made_looked_at_and_drawn(sandbox: Sandbox) -> None:
    """As many pictures as are asked for, in the format that is asked for, by its price."""
    asked = {"prompt": "a cat", "num_outputs": 2, "output_format": "png", "aspect_ratio": "16:9"}
    with client_of(sandbox) as client:
        made = client.models.predictions.create(model=MODEL, input=asked)
        made.wait()
    assert (made.status, made.error) == ("succeeded", None)
    pictures = [Image.open(io.BytesIO(urllib3.request("GET", url).data)) for url in made.output]
    assert [(each.format, each.width > each.height) for each in pictures] == [("PNG", True)] * 2
    assert [str(entry.usd) for entry in sandbox.ledger("replicate").paid] == ["0.006"]


def test_a_prediction_is_canceled() -> None:
    """And every look at it says so."""
    with Sandbox(["replicate"], pace=30) as slow, client_of(slow) as client:
        made = client.models.predictions.create(model=MODEL, input={"prompt": "a cat"})
        made.cancel()
        assert client.predictions.get(made.id).status == "canceled"


def test_refusals_are_told_in_the_providers_words(sandbox: Sandbox) -> None:
    """A key that is none, and an input that the model does not take."""
    ask = {"prompt": "a cat", "num_outputs": 9}
    with client_of(sandbox, "wrong") as client, pytest.raises(ReplicateError) as caught:
        client.models.predictions.create(model=MODEL, input=ask)
    assert (caught.value.status, caught.value.title) == (401, "Unauthenticated")
    with client_of(sandbox) as client, pytest.raises(ReplicateError, match="num_outputs") as caught:
        client.models.predictions.create(model=MODEL, input=ask)
    assert caught.value.status == 422
