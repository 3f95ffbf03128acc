"""Google's own client for Python, and Vercel's provider of Google, at the sandbox."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from google import genai
from google.genai import errors, types
from PIL import Image
from tests.clients.drawing import by_node, job, pictures, sold

from tintype_contracts import Sandbox

PRO, IMAGEN = "gemini-3-pro-image", "imagen-4.0-generate-001"


def png() -> bytes:
    """A source image."""
    held = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(held, "PNG")
    return held.getvalue()


SOURCE = png()


@contextmanager
def client_of(sandbox: Sandbox, key: str = "") -> Iterator[genai.Client]:
    """The client, pointed at the sandbox: it asks at v1 unless it is told the version."""
    at = types.HttpOptions(base_url=sandbox.url("google"), api_version="v1beta")
    with genai.Client(api_key=key or sandbox.key("google"), http_options=at) as client:
        yield client


@pytest.mark.parametrize(
    ("contents", "shape", "size"),
    [
        ("a cat", None, (1024, 1024)),
        ("a cat", types.ImageConfig(aspect_ratio="16:9", image_size="2K"), None),
        (["a hat on it", types.Part.from_bytes(data=SOURCE, mime_type="image/png")], None, None),
    ],
)
def test_a_picture_is_drawn_with_words_beside_it(
    sandbox: Sandbox,
    contents: object,
    shape: types.ImageConfig | None,
    size: tuple[int, int] | None,
) -> None:
    """From words, in the shape that is asked for, and from a source image."""
    asked = types.GenerateContentConfig(response_modalities=["TEXT", "IMAGE"], image_config=shape)
    with client_of(sandbox) as client:
        made = client.models.generate_content(model=PRO, contents=contents, config=asked)
    words, drawn = made.parts
    assert words.text
    with Image.open(io.BytesIO(drawn.inline_data.data)) as found:
        assert size in {None, found.size}
        assert shape is None or found.width / found.height == pytest.approx(16 / 9, rel=0.01)
    assert sold(sandbox, "google") == [1]


@pytest.mark.parametrize(
    ("scene", "blocked", "stopped"),
    [
        ("blocked", types.BlockedReason.SAFETY, None),
        ("stopped", None, types.FinishReason.IMAGE_SAFETY),
    ],
)
def test_what_is_blocked_is_told_and_not_drawn(
    sandbox: Sandbox,
    scene: str,
    blocked: types.BlockedReason | None,
    stopped: types.FinishReason | None,
) -> None:
    """A prompt by its feedback, a picture by how it ended."""
    prompt = f"sandbox:refused_content/{scene}"
    with client_of(sandbox) as client:
        made = client.models.generate_content(model=PRO, contents=prompt)
    assert (made.prompt_feedback and made.prompt_feedback.block_reason) == blocked
    assert [each.finish_reason for each in made.candidates or ()] == [stopped] * bool(stopped)
    assert sold(sandbox, "google") == []


@pytest.mark.parametrize(
    ("key", "model", "ratio", "status"),
    [
        ("of-another", PRO, "1:1", (400, "INVALID_ARGUMENT")),
        ("", PRO, "7:1", (400, "INVALID_ARGUMENT")),
        ("", "gemini-of-nobody", "1:1", (404, "NOT_FOUND")),
    ],
)
def test_refusals_are_told_in_the_providers_words(
    sandbox: Sandbox, key: str, model: str, ratio: str, status: tuple[int, str]
) -> None:
    """A key that is none, a shape that is none, a model that is none."""
    shape = types.GenerateContentConfig(image_config=types.ImageConfig(aspect_ratio=ratio))
    with client_of(sandbox, key) as client, pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model=model, contents="a cat", config=shape)
    assert (caught.value.code, caught.value.status) == status
    assert sold(sandbox, "google") == []


AI_SDK = "@ai-sdk/google"


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("model", "ask", "ratio"),
    [
        (PRO, {}, 1.0),
        (PRO, {"aspectRatio": "16:9"}, 16 / 9),
        (PRO, {"prompt": {"text": "a hat", "images": [base64.b64encode(SOURCE).decode()]}}, 1.0),
        (IMAGEN, {"n": 2, "aspectRatio": "16:9"}, 16 / 9),
    ],
)
def test_the_ai_sdk_draws(
    sandbox: Sandbox, model: str, ask: Mapping[str, object], ratio: float
) -> None:
    """By either method: Gemini's turn, with a source image too, and Imagen's predictions."""
    made = pictures(by_node(AI_SDK, job(sandbox, "google", model, ask)))
    shapes = [each.size[0] / each.size[1] for each in made]
    assert shapes == pytest.approx([ratio] * len(made), rel=0.01)
    assert sold(sandbox, "google") == [len(made)] == [ask.get("n", 1)]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("model", "scene"), [(PRO, "blocked"), (PRO, "stopped"), (IMAGEN, "filtered")]
)
def test_the_ai_sdk_reads_what_was_blocked(sandbox: Sandbox, model: str, scene: str) -> None:
    """An answer without a picture is its error, and costs nothing."""
    ask = {"prompt": f"sandbox:refused_content/{scene}"}
    error = by_node(AI_SDK, job(sandbox, "google", model, ask))["error"]
    assert error["name"] == "AI_NoImageGeneratedError"
    assert sold(sandbox, "google") == []
