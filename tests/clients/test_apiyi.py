"""Clients that APIYI is documented to be used with, or that speak its dialect, at the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import litellm
import openai
import pytest
from openai import OpenAI
from tests.clients.drawing import Item, Made, Picture, by_node, job, pictures, sold

from tintype_contracts import Sandbox

NEWEST, FOUR = "seedream-5-0-260128", "seedream-4-0-250828"
Ask = Mapping[str, object]
Client = Callable[[Sandbox, str, Ask], Made]
# What OpenAI's own interface has no name for.
EXTRA = {"watermark", "image", "sequential_image_generation"}


def by_openai(sandbox: Sandbox, model: str, ask: Ask) -> Made:
    """OpenAI's client for Python."""
    asked = job(sandbox, "apiyi", model, ask)
    with OpenAI(base_url=str(asked["url"]), api_key=str(asked["key"]), max_retries=0) as client:
        named = {name: value for name, value in ask.items() if name not in EXTRA}
        extra = {name: value for name, value in ask.items() if name in EXTRA}
        made = client.images.generate(
            model=model, prompt="a cat", extra_body=extra or None, **named
        )
    return {"images": [_item(each.url, each.b64_json) for each in made.data or ()]}


def by_litellm(sandbox: Sandbox, model: str, ask: Ask) -> Made:
    """litellm, by its route for whoever speaks as OpenAI does."""
    asked = job(sandbox, "apiyi", model, ask)
    # It takes this for what only some models of OpenAI's have.
    extra = {name: value for name, value in ask.items() if name == "response_format"}
    named = {name: value for name, value in ask.items() if name not in extra}
    made = litellm.image_generation(
        model=f"openai/{model}",
        prompt="a cat",
        api_base=str(asked["url"]),
        api_key=str(asked["key"]),
        max_retries=0,
        **named,
        extra_body=extra,
    )
    return {"images": [_item(each.url, each.b64_json) for each in made.data or ()]}


def _item(url: str | None, base64: str | None) -> Item:
    return {"url": url} if url else {"base64": base64 or ""}


def by_openai_for_node(sandbox: Sandbox, model: str, ask: Ask) -> Made:
    """OpenAI's client for Node."""
    return by_node("openai", job(sandbox, "apiyi", model, ask))


OF_OPENAI: list[Client] = [by_openai, by_litellm, by_openai_for_node]

SQUARE = (2048, 2048)
ASKED: list[tuple[str, Ask, Picture]] = [
    (NEWEST, {}, Picture(by="url", format="JPEG", size=SQUARE)),
    (
        NEWEST,
        {"response_format": "url", "size": "2K"},
        Picture(by="url", format="JPEG", size=SQUARE),
    ),
    (NEWEST, {"response_format": "b64_json"}, Picture(by="base64", format="JPEG", size=SQUARE)),
    (FOUR, {"size": "1K"}, Picture(by="url", format="JPEG", size=(1024, 1024))),
    (
        NEWEST,
        {"size": "2560x1440", "output_format": "png"},
        Picture(by="url", format="PNG", size=(2560, 1440)),
    ),
]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("client", OF_OPENAI, ids=lambda each: each.__name__)
@pytest.mark.parametrize(("model", "ask", "picture"), ASKED)
def test_what_is_asked_is_what_comes_and_is_charged(
    sandbox: Sandbox, client: Client, model: str, ask: Ask, picture: Picture
) -> None:
    """Count, format, pixels and `response_format` follow from the request, and so does the bill."""
    assert pictures(client(sandbox, model, ask)) == [picture]
    assert sold(sandbox, "apiyi") == [1]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("client", OF_OPENAI, ids=lambda each: each.__name__)
@pytest.mark.parametrize("count", [2, 4])
def test_as_many_are_charged_as_come(sandbox: Sandbox, client: Client, count: int) -> None:
    """`n` is read by one page and not by a newer one: whatever comes is what is billed."""
    made = pictures(client(sandbox, NEWEST, {"n": count, "response_format": "b64_json"}))
    assert sold(sandbox, "apiyi") == [len(made)]


VERCEL = ["@ai-sdk/openai", "@ai-sdk/openai-compatible"]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("client", VERCEL)
@pytest.mark.parametrize(
    ("ask", "size"), [({}, SQUARE), ({"size": "2560x1440"}, (2560, 1440))], ids=["bare", "size"]
)
def test_the_ai_sdk_gets_bytes(
    sandbox: Sandbox, client: str, ask: Ask, size: tuple[int, int]
) -> None:
    """It asks for base64 by itself, and reads the media type from the picture."""
    made = by_node(client, job(sandbox, "apiyi", NEWEST, ask))
    assert pictures(made) == [Picture(by="base64", format="JPEG", size=size)]
    assert sold(sandbox, "apiyi") == [1]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("client", VERCEL)
def test_the_ai_sdk_pays_for_each_picture_once(sandbox: Sandbox, client: str) -> None:
    """However many calls it makes of several pictures."""
    made = pictures(by_node(client, job(sandbox, "apiyi", NEWEST, {"n": 2})))
    assert sum(sold(sandbox, "apiyi")) == len(made)


WRONG: list[tuple[str, Ask, int]] = [
    ("gpt-image-9", {}, 400),
    (NEWEST, {"size": "4K"}, 400),
    (FOUR, {"size": "3K"}, 400),
    (NEWEST, {"size": "100x100"}, 400),
    (FOUR, {"output_format": "png"}, 400),
]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(("model", "ask", "status"), WRONG)
def test_both_of_openais_clients_read_a_refusal_and_its_reason(
    sandbox: Sandbox, model: str, ask: Ask, status: int
) -> None:
    """A request outside the tables is refused with its reason, and costs nothing."""
    with pytest.raises(openai.BadRequestError) as caught:
        by_openai(sandbox, model, ask)
    made = by_openai_for_node(sandbox, model, ask)
    asked = {"model": model, **ask}
    name, value = list(asked.items())[-1]
    for message in (str(caught.value), made["error"]["message"]):
        assert name in message
        assert str(value) in message
    assert (caught.value.status_code, made["error"]["status"]) == (status, status)
    assert sold(sandbox, "apiyi") == []


@pytest.mark.usefixtures("node")
def test_a_bad_key_is_told_as_one(sandbox: Sandbox) -> None:
    """The clients' own class for it, and nothing is charged."""
    asked = {**job(sandbox, "apiyi", NEWEST, {}), "key": "sk-nobodys"}
    assert by_node("openai", asked)["error"]["status"] == 401
    with (
        OpenAI(base_url=str(asked["url"]), api_key="sk-nobodys", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.images.generate(model=NEWEST, prompt="a cat")
    assert sold(sandbox, "apiyi") == []
