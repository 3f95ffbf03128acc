"""Replicate's client for Python and Vercel's provider of it: create, wait, look, cancel, fail."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import pytest
import urllib3
from PIL import Image
from replicate.client import Client
from replicate.exceptions import ReplicateError
from tests.clients.drawing import by_node, job, pictures, sold

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


AI_SDK = "@ai-sdk/replicate"


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("ask", "form", "ratio"),
    [
        ({"aspectRatio": "16:9"}, "WEBP", 16 / 9),
        ({"n": 2}, "WEBP", 1.0),
        ({"providerOptions": {"replicate": {"output_format": "png"}}}, "PNG", 1.0),
        ({"providerOptions": {"replicate": {"maxWaitTimeInSeconds": 5}}}, "WEBP", 1.0),
    ],
)
def test_the_ai_sdk_draws(
    sandbox: Sandbox, ask: Mapping[str, object], form: str, ratio: float
) -> None:
    """It prefers to wait, and the answer to its submission has the pictures in it."""
    made = pictures(by_node(AI_SDK, job(sandbox, "replicate", MODEL, ask)))
    assert len(made) == ask.get("n", 1)
    for each in made:
        assert (each.format, each.size[0] / each.size[1]) == (form, pytest.approx(ratio, rel=0.01))
    assert sum(sold(sandbox, "replicate")) == len(made)


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("model", "ask", "status", "says"),
    [
        (MODEL, {"providerOptions": {"replicate": {"num_inference_steps": 9}}}, 422, "more than 4"),
        ("nobody/nothing", {}, 422, "nobody/nothing"),
        # It reads no status: a prediction without a picture is no answer to it.
        (MODEL, {"prompt": "sandbox:failed"}, 201, ""),
    ],
)
def test_the_ai_sdk_reads_what_went_wrong(
    sandbox: Sandbox, model: str, ask: Mapping[str, object], status: int, says: str
) -> None:
    """In the provider's words, and nothing is charged."""
    error = by_node(AI_SDK, job(sandbox, "replicate", model, ask))["error"]
    assert error["status"] == status
    assert says in error["message"]
    assert sold(sandbox, "replicate") == []
