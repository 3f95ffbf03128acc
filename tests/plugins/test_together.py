"""Together's families say the same in fields of their own; a price holds for default steps."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, said

import tintype_together
from tintype import Account, Client, ImageRequest
from tintype.errors import (
    OverloadedError,
    ProviderError,
    ServerError,
    SubmissionUnknownError,
    UnsupportedError,
)

DRAW = "POST /v1/images/generations"
URLS = ["https://pictures.test/a.png", "https://pictures.test/b.png"]
ANSWER = said(
    {
        "id": "img-1",
        "model": "m",
        "object": "list",
        "data": [{"index": 0, "type": "url", "url": "https://pictures.test/1.png"}],
    }
)
FLUX = "black-forest-labs/FLUX"


def client_of(connect: Connect, server: Loopback) -> Client:
    """A client of the plugin at the server."""
    account = Account(provider="together", key=KEY, base_url=server.url)
    return connect(account, plugins={"together": tintype_together})


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (
            ImageRequest(prompt="a", model=f"{FLUX}.1-kontext-pro", references=URLS[:1]),
            {"image_url": URLS[0]},
        ),
        (
            ImageRequest(prompt="a", model=f"{FLUX}.2-dev", references=URLS, guidance=7.5),
            {"reference_images": URLS, "guidance": 7.5},
        ),
        (
            ImageRequest(prompt="a", model=f"{FLUX}.1-schnell", aspect_ratio="3:2", guidance=4),
            {"aspect_ratio": "3:2", "guidance_scale": 4.0},
        ),
        (
            ImageRequest(prompt="a", model="seedream-4.0", aspect_ratio="2:3"),
            {"model": "ByteDance-Seed/Seedream-4.0", "width": 832, "height": 1248},
        ),
    ],
)
def test_each_family_is_told_in_its_own_fields(
    connect: Connect, server: Loopback, asked: ImageRequest, sent: dict[str, object]
) -> None:
    """One source or several, one guidance or the other, a ratio or the pixels for it."""
    server.on(DRAW, ANSWER)
    client = client_of(connect, server)
    client.submit(asked, provider="together")
    body = json.loads(server.requests[0].body)
    assert {"prompt": "a", "model": asked.model, **sent} == body


def test_one_source_is_the_most_of_kontext(connect: Connect, server: Loopback) -> None:
    """Two are refused before anything is sent."""
    asked = ImageRequest(prompt="a", model=f"{FLUX}.1-kontext-max", references=URLS)
    with pytest.raises(UnsupportedError):
        client_of(connect, server).submit(asked, provider="together")
    assert server.requests == []


@pytest.mark.parametrize(
    ("steps", "high"), [(None, "0.0028311552"), (4, "0.0028311552"), (5, None)]
)
def test_more_steps_than_the_default_have_no_upper_price(
    connect: Connect, server: Loopback, steps: int | None, high: str | None
) -> None:
    """The default ones are in it, at the default size."""
    asked = ImageRequest(prompt="a", model="flux-1-schnell", steps=steps)
    quote = client_of(connect, server).quote(asked, provider="together")
    assert quote.low == Decimal("0.0028311552")
    assert quote.high == (None if high is None else Decimal(high))


@pytest.mark.parametrize(
    ("body", "kind"), [({"error": {"message": "Busy"}}, OverloadedError), ({}, ServerError)]
)
def test_an_overload_is_told_in_togethers_words(
    connect: Connect, server: Loopback, body: dict[str, object], kind: type[ProviderError]
) -> None:
    """A 503 without them is a gateway's."""
    server.on(DRAW, said(body, status=503))
    with pytest.raises(SubmissionUnknownError) as caught:
        client_of(connect, server).submit(ImageRequest(prompt="a"), provider="together")
    assert type(caught.value.__cause__) is kind
