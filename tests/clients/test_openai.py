"""OpenAI's own clients at the sandbox: create, edit with a mask, stream, and fail."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import openai
import pytest
from openai import OpenAI
from PIL import Image
from tests.clients.drawing import Picture, by_node, job, pictures, sold

from tintype_contracts import Sandbox

SQUARE = Picture(by="base64", format="PNG", size=(1024, 1024))
WIDE = Picture(by="base64", format="WEBP", size=(1536, 1024))


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[OpenAI]:
    """The client for Python, pointed at the sandbox; what is asked once is charged once."""
    url, key = f"{sandbox.url('openai')}/v1", sandbox.key("openai")
    with OpenAI(base_url=url, api_key=key, max_retries=0) as made:
        yield made


def shot(color: str) -> tuple[str, bytes, str]:
    """A picture as a file of a form."""
    file = io.BytesIO()
    Image.new("RGBA", (64, 64), color).save(file, "PNG")
    return f"{color}.png", file.getvalue(), "image/png"


def seen(*texts: str | None) -> list[Picture]:
    """What was drawn, decoded."""
    return pictures({"images": [{"base64": each or ""} for each in texts]})


def test_a_drawing_is_what_was_asked(sandbox: Sandbox, client: OpenAI) -> None:
    """Count, size and format; the tokens are told."""
    made = client.images.generate(
        model="gpt-image-1-mini",
        prompt="a cat",
        n=2,
        size="1536x1024",
        quality="low",
        output_format="webp",
        background="opaque",
        moderation="low",
    )
    assert seen(*(each.b64_json for each in made.data or ())) == [WIDE] * 2
    assert made.usage is not None
    assert made.usage.input_tokens_details.text_tokens > 0
    assert [str(entry.usd) for entry in sandbox.ledger("openai").paid] == ["0.012"]


def test_several_images_are_edited_under_a_mask(sandbox: Sandbox, client: OpenAI) -> None:
    """As a form."""
    made = client.images.edit(
        model="gpt-image-1.5",
        image=[shot("red"), shot("blue")],
        mask=shot("white"),
        prompt="a cat",
        input_fidelity="high",
        size="1024x1024",
    )
    assert seen(*(each.b64_json for each in made.data or ())) == [SQUARE]
    assert sold(sandbox, "openai") == [1]


def test_a_single_image_is_edited(sandbox: Sandbox, client: OpenAI) -> None:
    """The client calls its part otherwise than those of several."""
    client.images.edit(model="gpt-image-2", image=shot("red"), prompt="a cat")
    assert sold(sandbox, "openai") == [1]


def test_a_drawing_is_streamed(sandbox: Sandbox, client: OpenAI) -> None:
    """Unfinished images, then the last one."""
    drawing = client.images.generate(
        model="gpt-image-2", prompt="a cat", stream=True, partial_images=1
    )
    kinds = {event.type: event.b64_json for event in drawing}
    assert list(kinds) == ["image_generation.partial_image", "image_generation.completed"]
    assert seen(*kinds.values()) == [SQUARE] * 2
    assert sold(sandbox, "openai") == [1]


def test_refusals_are_the_clients_own_errors(sandbox: Sandbox, client: OpenAI) -> None:
    """What no table has, what moderation stops, and a key that is nobody's."""
    with pytest.raises(openai.BadRequestError, match="quality"):
        client.images.generate(model="gpt-image-2", prompt="a cat", quality="hd")
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="gpt-image-2", prompt="sandbox:refused_content")
    assert caught.value.code == "moderation_blocked"
    with pytest.raises(openai.RateLimitError):
        client.images.generate(model="gpt-image-2", prompt="sandbox:slow_down")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-nobodys").images.generate(
            model="gpt-image-2", prompt="a cat"
        )
    assert sold(sandbox, "openai") == []


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("name", ["openai", "@ai-sdk/openai"])
def test_clients_for_node_draw(sandbox: Sandbox, name: str) -> None:
    """As many pictures as are asked for."""
    made = by_node(name, job(sandbox, "openai", "gpt-image-1.5", {"n": 2, "size": "1024x1024"}))
    assert pictures(made) == [SQUARE] * 2
    assert sum(sold(sandbox, "openai")) == 2


@pytest.mark.usefixtures("node")
def test_the_ai_sdk_edits_with_a_mask(sandbox: Sandbox) -> None:
    """Its prompt holds the images and the mask."""
    images = [base64.b64encode(shot("red")[1]).decode()]
    prompt = {"text": "a cat", "images": images, "mask": images[0]}
    asked = job(sandbox, "openai", "gpt-image-1.5", {"prompt": prompt, "size": "1024x1024"})
    assert pictures(by_node("@ai-sdk/openai", asked)) == [SQUARE]
    assert sold(sandbox, "openai") == [1]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("name", ["openai", "@ai-sdk/openai"])
def test_clients_for_node_are_refused(sandbox: Sandbox, name: str) -> None:
    """With the status."""
    asked = job(sandbox, "openai", "gpt-image-1.5", {"size": "17x17"})
    assert by_node(name, asked)["error"]["status"] == 400
    assert sold(sandbox, "openai") == []
