"""What a client got, and what the sandbox says it sold: decoded by libraries nobody here wrote."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict, cast

from attrs import frozen
from PIL import Image

from tintype_contracts import Sandbox, load

HERE = Path(__file__).parent


class Item(TypedDict, total=False):
    """A picture as a client gives it: at a URL, or in base64."""

    url: str
    base64: str
    mediaType: str


class Fault(TypedDict):
    """The error that a client raised."""

    name: str
    status: int | None
    message: str


class Made(TypedDict, total=False):
    """What a client made of an answer."""

    images: list[Item]
    previews: list[Item]
    error: Fault


@frozen(kw_only=True)
class Picture:
    """A picture as its own bytes tell it.

    Attributes:
        by: `url` or `base64`, as it came.
        format: Such as `PNG`.
        size: Width and height in pixels.
    """

    by: str
    format: str
    size: tuple[int, int]


def picture(item: Item) -> Picture:
    """The picture of an item, fetched where it is at a URL, and decoded to its last pixel."""
    url = item.get("url")
    if url:
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - a sandbox's, on loopback
            data = answer.read()
            told = answer.headers["Content-Type"]
    else:
        data = base64.b64decode(item["base64"], validate=True)
        told = item.get("mediaType")
    with Image.open(io.BytesIO(data)) as found:
        found.load()
        assert told in {None, found.get_format_mimetype()}
        return Picture(by="url" if url else "base64", format=str(found.format), size=found.size)


def pictures(made: Made) -> list[Picture]:
    """All pictures that a client made."""
    assert "error" not in made, made["error"]
    return [picture(each) for each in made["images"]]


# Where a provider's clients begin their paths, below its address.
BASES: Mapping[str, str] = {
    "apiyi": "/v1",
    "bfl": "/v1",
    "openai": "/v1",
    "google": "/v1beta",
    "openrouter": "/api/v1",
    "replicate": "/v1",
    "together": "/v1",
}


def job(
    sandbox: Sandbox, provider: str, model: str, ask: Mapping[str, object]
) -> dict[str, object]:
    """A drawing at the sandbox, of a cat where nothing else is asked."""
    url = sandbox.url(provider)
    return {
        "url": f"{url}{BASES.get(provider, '')}",
        "key": sandbox.key(provider),
        "model": model,
        "ask": {"prompt": "a cat", **ask},
        "hosts": dict.fromkeys(load(provider).hosts.api, url),
    }


def by_node(client: str, job: Mapping[str, object]) -> Made:
    """What a client for Node makes of the sandbox's answer.

    A new one is a line of package.json with its exact version (of Vercel's the newest that asks
    for the same major of `@ai-sdk/provider` as `ai` does, and runs on Node 18), a row in
    draw.mjs, one in `BASES` where its paths begin below the provider's address, and a test.
    """
    done = subprocess.run(  # noqa: S603 - a script of these tests
        ["node", HERE / "draw.mjs"],  # noqa: S607 - whichever Node is first
        input=json.dumps({"client": client, **job}),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    return cast("Made", json.loads(done.stdout))


def sold(sandbox: Sandbox, provider: str) -> list[int]:
    """How many images each charge was for, in order."""
    return [len(entry.images) for entry in sandbox.ledger(provider).paid]
