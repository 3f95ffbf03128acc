"""OpenAI edits by a form with a mask: a loopback server reads it by a mail parser."""

from __future__ import annotations

from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest
from attrs import evolve
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, Recorded, said
from tests.core.pictures import PNG, drawn, in_base64

import tintype_openai
from tintype import Account, Client, ImageRequest, Reference
from tintype.errors import BadRequestError, CostLimitError, InvalidRequestError, UnsupportedError

EDITS = "POST /v1/images/edits"
CAT, HAT, HOLE = drawn(color="black"), drawn("jpeg", "brown"), drawn(color="white")
REQUEST = ImageRequest(
    prompt="a cat with a höt",
    user="u-1",
    references=[
        Reference(data=CAT, name="cat.png"),
        Reference(data=HOLE, name="hole.png", role="mask"),
        Reference(data=HAT, name="hat.jpg"),
    ],
)


def parts_of(asked: Recorded) -> list[tuple[str, str | None, str, bytes]]:
    """Name, file name, media type and bytes of each part, as a mail parser has them."""
    head = f"Content-Type: {asked.header('content-type')}\r\n\r\n".encode()
    form = cast("EmailMessage", message_from_bytes(head + asked.body, policy=policy.HTTP))
    assert form.get_content_type() == "multipart/form-data"
    assert not form.defects
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part.get_content_type(),
            cast("bytes", part.get_payload(decode=True)),
        )
        for part in cast("list[EmailMessage]", form.get_payload())
    ]


def edited(asked: Recorded) -> bytes:
    """What OpenAI answers; without a picture it refuses."""
    if not any(name == "image[]" for name, *_ in parts_of(asked)):
        error = {"message": "Missing required parameter: 'image'.", "code": "missing", "param": ""}
        return said({"error": error}, status=400)
    usage = {"total_tokens": 100, "input_tokens": 50, "output_tokens": 50}
    data = [{"b64_json": in_base64(PNG)}]
    return said({"created": 1713833628, "data": data, "usage": usage})


def client_of(connect: Connect, server: Loopback) -> Client:
    """A client of the plugin at the server."""
    account = Account(provider="openai", key=KEY, base_url=server.url)
    return connect(account, plugins={"openai": tintype_openai})


def test_a_mask_goes_in_a_part_of_its_own(connect: Connect, server: Loopback) -> None:
    """Beside the pictures in their order, byte for byte."""
    server.on(EDITS, edited)
    drawn = client_of(connect, server).generate(REQUEST, provider="openai")
    assert [image.data for image in drawn.images] == [PNG]
    [asked] = server.requests
    assert parts_of(asked) == [
        ("model", None, "text/plain", b"gpt-image-2"),
        ("prompt", None, "text/plain", "a cat with a höt".encode()),
        ("user", None, "text/plain", b"u-1"),
        ("image[]", "cat.png", "image/png", CAT),
        ("mask", "hole.png", "image/png", HOLE),
        ("image[]", "hat.jpg", "image/jpeg", HAT),
    ]


def test_what_is_drawn_is_charged_by_its_tokens(connect: Connect, server: Loopback) -> None:
    """Text and images that are given, and what is drawn, each at its rate."""
    usage = {
        "input_tokens": 300,
        "input_tokens_details": {"text_tokens": 100, "image_tokens": 200},
        "output_tokens": 1000,
        "total_tokens": 1300,
    }
    data = [{"b64_json": in_base64(PNG)}]
    server.on("POST /v1/images/generations", said({"created": 1, "data": data, "usage": usage}))
    asked = ImageRequest(prompt="a cat", model="gpt-image-2.6-sunburst")
    drawn = client_of(connect, server).generate(asked, provider="openai")
    assert drawn.cost is not None
    assert drawn.cost.usd == Decimal("0.0321")


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (evolve(REQUEST, options={"openai": {"moderation": "low"}}), "moderation"),
        (ImageRequest(prompt="a", options={"openai": {"input_fidelity": "high"}}), "fidelity"),
        (ImageRequest(prompt="a", background="transparent", output_format="jpeg"), "png or webp"),
    ],
)
def test_what_an_address_lacks_is_not_sent(
    connect: Connect, server: Loopback, asked: ImageRequest, named: str
) -> None:
    """It is named, with the way out."""
    with pytest.raises(InvalidRequestError, match=named):
        client_of(connect, server).generate(asked, provider="openai")
    assert server.requests == []


def test_a_role_that_the_model_lacks_is_not_sent(connect: Connect, server: Loopback) -> None:
    """Its roles are pictures and masks."""
    styled = ImageRequest(prompt="a cat", references=[CAT, Reference(data=HAT, role="style")])
    with pytest.raises(UnsupportedError, match="takes no style"):
        client_of(connect, server).generate(styled, provider="openai")
    assert server.requests == []


def test_a_refusal_is_told_in_the_providers_words(connect: Connect, server: Loopback) -> None:
    """With its code."""
    error = {"message": "Mask size does not match.", "code": "invalid_mask"}
    server.on(EDITS, said({"error": error}, status=400))
    with pytest.raises(BadRequestError, match="Mask size does not match") as caught:
        client_of(connect, server).generate(REQUEST, provider="openai")
    assert caught.value.code == "invalid_mask"


def test_a_quote_is_of_the_prompt_too(connect: Connect, server: Loopback) -> None:
    """An image's price is the least; a token of a prompt is a byte of it at least."""
    asked = evolve(REQUEST, model="gpt-image-1-mini", quality="low", size="1024x1024")
    client = client_of(connect, server)
    quote = client.quote(evolve(asked, references=()), provider="openai")
    per_byte = Decimal(2) / 1_000_000
    assert (quote.low, quote.high) == (Decimal("0.005"), Decimal("0.005") + 17 * per_byte)
    quote = client.quote(asked, provider="openai")
    assert (quote.low, quote.high) == (Decimal("0.005"), None)
    with pytest.raises(CostLimitError, match="tokens of the prompt and of references"):
        client.generate(asked, provider="openai", max_cost=Decimal(1))
    assert server.requests == []


def test_a_mask_is_a_small_png(connect: Connect, server: Loopback) -> None:
    """Less than 4 MB, whatever a picture may have."""
    client = client_of(connect, server)
    for data in (drawn("jpeg"), PNG + bytes(4_000_000)):
        mask = Reference(data=data, role="mask")
        asked = evolve(REQUEST, references=[Reference(data=CAT), mask])
        with pytest.raises(InvalidRequestError, match="a mask is a PNG of 4000000 bytes at most"):
            client.generate(asked, provider="openai")
    assert server.requests == []
