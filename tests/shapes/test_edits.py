"""A form with a mask: drawn from a loopback server that reads forms by a mail parser."""

from __future__ import annotations

from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, Recorded, said
from tests.core.pictures import PNG, drawn, in_base64
from tests.shapes import openai

from tintype import Account, Client, ImageRequest, Reference
from tintype.errors import BadRequestError, CostLimitError, UnsupportedError

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
    """A client of the trial plugin at the server."""
    account = Account(provider="openai", key=KEY, base_url=server.url)
    return connect(account, plugins={"openai": openai})


def test_a_mask_goes_in_a_part_of_its_own(connect: Connect, server: Loopback) -> None:
    """Beside the pictures in their order, byte for byte; two pictures are paid for, not three."""
    server.on(EDITS, edited)
    drawn = client_of(connect, server).generate(
        REQUEST, provider="openai", max_cost=Decimal("0.06")
    )
    assert [image.data for image in drawn.images] == [PNG]
    assert drawn.quote.usd == Decimal("0.06")
    [asked] = server.requests
    assert parts_of(asked) == [
        ("model", None, "text/plain", b"gpt-image-1"),
        ("prompt", None, "text/plain", "a cat with a höt".encode()),
        ("user", None, "text/plain", b"u-1"),
        ("image[]", "cat.png", "image/png", CAT),
        ("mask", "hole.png", "image/png", HOLE),
        ("image[]", "hat.jpg", "image/jpeg", HAT),
    ]


def test_an_edit_is_within_its_limit_or_not_sent(connect: Connect, server: Loopback) -> None:
    """The price is known, mask and all."""
    with pytest.raises(CostLimitError):
        client_of(connect, server).generate(REQUEST, provider="openai", max_cost=Decimal("0.05"))
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
