"""BytePlus' own client, `byteplus-python-sdk-v2`, whose nulls say nothing, at the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from byteplussdkarkruntime import Ark
from byteplussdkarkruntime._exceptions import (
    ArkAuthenticationError,
    ArkBadRequestError,
    ArkRateLimitError,
)
from byteplussdkarkruntime.types.images import SequentialImageGenerationOptions
from tests.clients.drawing import Picture, pictures, sold

from tintype_contracts import Sandbox

MODEL = "seedream-4-5-251128"
SOURCE = "https://pictures.test/cat.png"
SQUARE = (2048, 2048)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Ark]:
    """The client, pointed at the sandbox; what is asked once is charged once."""
    url, key = sandbox.url("ark"), sandbox.key("ark")
    made = Ark(base_url=f"{url}/api/v3", api_key=key, max_retries=0)
    yield made
    made.close()


def test_a_drawing_is_what_was_asked(sandbox: Sandbox, client: Ark) -> None:
    """By URL or in base64, in JPEG where the model draws no other."""
    drawn = client.images.generate(model=MODEL, prompt="a cat", size="2K", watermark=False)
    told = client.images.generate(model=MODEL, prompt="a cat", response_format="b64_json")
    items = [{"url": drawn.data[0].url}, {"base64": told.data[0].b64_json}]
    assert pictures({"images": items}) == [
        Picture(by="url", format="JPEG", size=SQUARE),
        Picture(by="base64", format="JPEG", size=SQUARE),
    ]
    assert sold(sandbox, "ark") == [1, 1]


@pytest.mark.parametrize("image", [SOURCE, [SOURCE, SOURCE]], ids=["one", "two"])
def test_sources_are_edited(sandbox: Sandbox, client: Ark, image: str | list[str]) -> None:
    """One by itself, or several."""
    made = client.images.generate(model=MODEL, prompt="a hat on it", image=image)
    assert made.usage.generated_images == len(made.data) == 1
    assert sold(sandbox, "ark") == [1]


def test_a_sequence_comes_whole_or_as_a_stream(sandbox: Sandbox, client: Ark) -> None:
    """As many images as are counted are billed."""
    options = SequentialImageGenerationOptions(max_images=3)
    made = client.images.generate(
        model=MODEL,
        prompt="three cats",
        sequential_image_generation="auto",
        sequential_image_generation_options=options,
    )
    kinds = [each.type for each in client.images.generate(model=MODEL, prompt="a", stream=True)]
    assert kinds == ["image_generation.partial_succeeded", "image_generation.completed"]
    assert sold(sandbox, "ark") == [len(made.data), 1]


def test_refusals_are_the_clients_own_errors(sandbox: Sandbox, client: Ark) -> None:
    """What no table has, what moderation refuses, too much, and a key that is nobody's."""
    with pytest.raises(ArkBadRequestError, match="size"):
        client.images.generate(model=MODEL, prompt="a cat", size="100x100")
    with pytest.raises(ArkBadRequestError, match="InputTextSensitiveContentDetected"):
        client.images.generate(model=MODEL, prompt="sandbox:refused_content")
    with pytest.raises(ArkRateLimitError):
        client.images.generate(model=MODEL, prompt="sandbox:slow_down")
    client.api_key = "nobodys"
    with pytest.raises(ArkAuthenticationError):
        client.images.generate(model=MODEL, prompt="a cat")
    assert sold(sandbox, "ark") == []
