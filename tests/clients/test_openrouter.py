"""OpenRouter's own clients and its provider for Vercel's AI SDK, at the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest
from openrouter import OpenRouter, errors
from tests.clients.drawing import Made, by_node, job, picture, pictures, sold

from tintype_contracts import Sandbox

SEEDREAM, GPT = "bytedance-seed/seedream-4.5", "openai/gpt-image-1"
Ask = Mapping[str, object]
Client = Callable[[Sandbox, str, Ask], Made]


def by_python(sandbox: Sandbox, model: str, ask: Ask) -> Made:
    """OpenRouter's client for Python."""
    asked = job(sandbox, "openrouter", model, ask)
    with OpenRouter(api_key=str(asked["key"]), server_url=str(asked["url"])) as sdk:
        made = sdk.images.generate(model=model, prompt="a cat", retries=None, **cast("Any", ask))
        if not hasattr(made, "data"):
            return _streamed(list(made))
        return {
            "images": [
                {"base64": each.b64_json, "mediaType": each.media_type} for each in made.data
            ]
        }


def _streamed(events: list[Any]) -> Made:
    told = [getattr(event, "data", event) for event in events]

    def of(kind: str) -> list[Any]:
        found = [each for each in told if each.type == f"image_generation.{kind}"]
        return [{"base64": each.b64_json} for each in found]

    return {"images": of("completed"), "previews": of("partial_image")}


def by_typescript(sandbox: Sandbox, model: str, ask: Ask) -> Made:
    """OpenRouter's client for Node."""
    names = {"output_format": "outputFormat", "aspect_ratio": "aspectRatio"}
    asked = {names.get(name, name): value for name, value in ask.items()}
    return by_node("@openrouter/sdk", job(sandbox, "openrouter", model, asked))


OWN: list[Client] = [by_python, by_typescript]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("client", OWN, ids=lambda each: each.__name__)
@pytest.mark.parametrize(
    ("model", "ask", "count", "form"),
    [
        (SEEDREAM, {}, 1, None),
        (SEEDREAM, {"resolution": "2K", "aspect_ratio": "16:9"}, 1, None),
        (GPT, {"n": 2}, 2, None),
        (GPT, {"n": 10, "quality": "low"}, 10, None),
        (GPT, {"output_format": "png"}, 1, "PNG"),
        (GPT, {"output_format": "jpeg"}, 1, "JPEG"),
        (GPT, {"output_format": "webp", "background": "transparent"}, 1, "WEBP"),
    ],
)
def test_what_is_asked_is_what_comes_and_is_charged(
    sandbox: Sandbox, client: Client, model: str, ask: Ask, count: int, form: str | None
) -> None:
    """Count and format follow from the request, and so does the bill."""
    made = pictures(client(sandbox, model, ask))
    assert len(made) == count
    assert {form or made[0].format} == {each.format for each in made}
    assert sold(sandbox, "openrouter") == [count]
    if "aspect_ratio" in ask:
        width, height = made[0].size
        assert abs(width / height - 16 / 9) < 0.02


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("client", OWN, ids=lambda each: each.__name__)
def test_a_stream_ends_in_the_picture_after_unfinished_ones(
    sandbox: Sandbox, client: Client
) -> None:
    """Each event holds a picture that decodes, and one is charged."""
    made = client(sandbox, GPT, {"stream": True})
    assert [each.by for each in pictures(made)] == ["base64"]
    assert [picture(each).size for each in made["previews"]]
    assert sold(sandbox, "openrouter") == [1]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("ask", [{}, {"aspectRatio": "16:9"}, {"n": 2}, {"seed": 7}])
def test_the_ai_sdk_draws_by_openrouters_provider(sandbox: Sandbox, ask: Ask) -> None:
    """Its own provider reads the bytes, and as many are charged as came."""
    made = pictures(by_node("@openrouter/ai-sdk-provider", job(sandbox, "openrouter", GPT, ask)))
    assert len(made) == ask.get("n", 1)
    assert sum(sold(sandbox, "openrouter")) == len(made)


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("model", "ask"),
    [
        (GPT, {"n": 11}),
        (GPT, {"output_format": "jpeg", "background": "transparent"}),
        (SEEDREAM, {"size": "2K", "resolution": "4K"}),
        ("nobody/nothing", {}),
    ],
)
def test_a_refusal_is_read_by_both_clients(sandbox: Sandbox, model: str, ask: Ask) -> None:
    """What a document excludes is refused as documented, and costs nothing."""
    made = by_typescript(sandbox, model, ask)
    assert 400 <= (made["error"]["status"] or 0) < 500
    with pytest.raises(errors.OpenRouterError) as caught:
        by_python(sandbox, model, ask)
    assert caught.value.status_code == made["error"]["status"]
    assert sold(sandbox, "openrouter") == []


def test_the_prices_are_those_that_are_charged(sandbox: Sandbox) -> None:
    """What the endpoint asks for a picture is what the ledger charges for one."""
    asked = job(sandbox, "openrouter", SEEDREAM, {})
    with OpenRouter(api_key=str(asked["key"]), server_url=str(asked["url"])) as sdk:
        listed = sdk.images.list_model_endpoints(author="bytedance-seed", slug="seedream-4.5")
        made = sdk.images.generate(model=SEEDREAM, prompt="a cat", retries=None)
    prices = {
        str(line.cost_usd)
        for endpoint in listed.endpoints
        for line in endpoint.pricing
        if line.billable == "output_image"
    }
    (charge,) = sandbox.ledger("openrouter").paid
    assert float(charge.usd or 0) in {float(price) for price in prices}
    usage = cast("Any", made).usage
    assert float(usage.cost) == float(charge.usd or 0)
