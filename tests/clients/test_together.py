"""Together's own client for Python, and Vercel's provider of Together, at the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import together
from tests.clients.drawing import Picture, by_node, job, pictures, sold
from together import Together

from tintype_contracts import Sandbox

FLUX = "black-forest-labs/FLUX"
SOURCE = "https://pictures.test/cat.png"


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Together]:
    """The client, pointed at the sandbox; what is asked once is charged once."""
    url, key = f"{sandbox.url('together')}/v1", sandbox.key("together")
    with Together(base_url=url, api_key=key, max_retries=0) as made:
        yield made


def seen(made: together.types.ImageFile) -> list[Picture]:
    """What was drawn, decoded, in its order."""
    assert [each.index for each in made.data] == list(range(len(made.data)))
    told = [
        {"url": each.url} if each.type == "url" else {"base64": each.b64_json} for each in made.data
    ]
    return pictures({"images": told})


def test_a_drawing_is_what_was_asked(sandbox: Sandbox, client: Together) -> None:
    """Count and size; by URL where nothing is said."""
    made = client.images.generate(
        model=f"{FLUX}.1-schnell", prompt="a cat", n=2, width=1344, height=768, steps=4, seed=7
    )
    assert made.model == f"{FLUX}.1-schnell"
    assert [(each.by, each.size) for each in seen(made)] == [("url", (1344, 768))] * 2
    assert [str(entry.usd) for entry in sandbox.ledger("together").paid] == ["0.0055738368"]


def test_a_drawing_comes_in_base64(sandbox: Sandbox, client: Together) -> None:
    """Which the answer spells b64_json, in the format that FLUX.2 is asked for."""
    made = client.images.generate(
        model=f"{FLUX}.2-dev",
        prompt="a cat",
        response_format="base64",
        output_format="png",
        image_loras=[{"path": "https://huggingface.co/XLabs-AI/flux-RealismLora", "scale": 0.8}],
    )
    assert seen(made) == [Picture(by="base64", format="PNG", size=(1024, 1024))]
    assert sold(sandbox, "together") == [1]


@pytest.mark.parametrize(
    ("model", "sources"),
    [(".1-kontext-pro", {"image_url": SOURCE}), (".2-pro", {"reference_images": [SOURCE] * 2})],
)
def test_sources_are_edited(
    sandbox: Sandbox, client: Together, model: str, sources: dict[str, object]
) -> None:
    """One or several, each family in its own field."""
    made = client.images.generate(model=f"{FLUX}{model}", prompt="a hat on it", **sources)
    assert [each.size for each in seen(made)] == [(1024, 1024)]
    assert sold(sandbox, "together") == [1]


def test_refusals_are_the_clients_own_errors(sandbox: Sandbox, client: Together) -> None:
    """What no table has, too much at a time, and a key that is nobody's."""
    with pytest.raises(together.BadRequestError, match="width"):
        client.images.generate(model=f"{FLUX}.1-schnell", prompt="a cat", width=7)
    with pytest.raises(together.RateLimitError):
        client.images.generate(model=f"{FLUX}.1-schnell", prompt="sandbox:slow_down")
    with pytest.raises(together.AuthenticationError):
        client.with_options(api_key="nobodys").images.generate(
            model=f"{FLUX}.1-schnell", prompt="a cat"
        )
    assert sold(sandbox, "together") == []


@pytest.mark.usefixtures("node")
def test_the_ai_sdk_draws(sandbox: Sandbox) -> None:
    """As many pictures as are asked for, in base64, which it always asks for."""
    asked = job(sandbox, "together", f"{FLUX}.1-schnell", {"n": 2, "size": "1344x768"})
    made = pictures(by_node("@ai-sdk/togetherai", asked))
    assert [(each.by, each.size) for each in made] == [("base64", (1344, 768))] * 2
    assert sum(sold(sandbox, "together")) == 2


@pytest.mark.usefixtures("node")
def test_the_ai_sdk_is_refused(sandbox: Sandbox) -> None:
    """With the status."""
    asked = job(sandbox, "together", f"{FLUX}.1-schnell", {"size": "17x17"})
    assert by_node("@ai-sdk/togetherai", asked)["error"]["status"] == 400
    assert sold(sandbox, "together") == []
