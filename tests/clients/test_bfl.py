"""Vercel's provider of Black Forest Labs, at the sandbox: it creates, looks, and fails."""

from __future__ import annotations

import base64

import pytest
from tests.clients.drawing import by_node, job, pictures, sold
from tests.core.pictures import PNG

from tintype_contracts import Sandbox

AI_SDK = "@ai-sdk/black-forest-labs"
LINKED = {"blackForestLabs": {"outputFormat": "png", "width": 512, "height": 768}}
IMAGE = "data:image/png;base64," + base64.b64encode(PNG).decode()

pytestmark = pytest.mark.usefixtures("node")


def test_a_picture_is_drawn_at_its_size_and_price(sandbox: Sandbox) -> None:
    """The task is looked at where the answer says, until it is there."""
    made = by_node(AI_SDK, job(sandbox, "bfl", "flux-pro-1.1", {"providerOptions": LINKED}))
    assert [(each.format, each.size) for each in pictures(made)] == [("PNG", (512, 768))]
    assert sold(sandbox, "bfl") == [1]


def test_an_image_is_edited(sandbox: Sandbox) -> None:
    """Its bytes go in base64, with nothing before it."""
    ask = {"prompt": {"text": "a boat", "images": [IMAGE]}}
    assert len(pictures(by_node(AI_SDK, job(sandbox, "bfl", "flux-kontext-pro", ask)))) == 1


@pytest.mark.parametrize("scene", ["refused_content/policy", "refused_content/moderated"])
def test_a_task_that_comes_to_nothing_is_an_error(sandbox: Sandbox, scene: str) -> None:
    """And it costs nothing. Of moderation the client knows a word, and waits on."""
    patience = {"blackForestLabs": {"pollIntervalMillis": 10, "pollTimeoutMillis": 200}}
    ask = {"prompt": f"sandbox:{scene}", "providerOptions": patience}
    made = by_node(AI_SDK, job(sandbox, "bfl", "flux-pro-1.1", ask))
    assert "Black Forest Labs generation" in made["error"]["message"]
    assert sold(sandbox, "bfl") == []


def test_a_refusal_is_told_in_the_providers_words(sandbox: Sandbox) -> None:
    """A width that is no multiple of 32."""
    ask = {"providerOptions": {"blackForestLabs": {"width": 500, "height": 512}}}
    error = by_node(AI_SDK, job(sandbox, "bfl", "flux-pro-1.1", ask))["error"]
    assert error["status"] in {400, 422}
    assert "width" in error["message"]
