"""Black Forest Labs: images in fields of their own, ends that are refusals, and where it looks."""

from __future__ import annotations

import json
from base64 import b64encode
from decimal import Decimal

import pytest
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, said
from tests.core.pictures import PNG

import tintype_bfl as plugin
from tintype import Account, Billed, Client, ImageRequest, Reference, TaskState
from tintype.errors import InvalidRequestError

ENCODED = b64encode(PNG).decode()
LINK = "https://pictures.test/1.png"
AT = "/v1/get_result"
CREATED = {"id": "t1", "polling_url": f"https://api.eu4.bfl.ai{AT}?id=t1", "cost": 4.0}


@pytest.fixture
def client(connect: Connect, server: Loopback) -> Client:
    """A client whose Black Forest Labs is the loopback server."""
    account = Account(provider="bfl", key=KEY, base_url=server.url)
    return connect(account, plugins={"bfl": plugin}, size_policy="exact")


@pytest.mark.parametrize(
    ("model", "references", "sent"),
    [
        ("flux-2-pro", (LINK, PNG), {"input_image": LINK, "input_image_2": ENCODED}),
        ("flux-pro-1.1-ultra", (PNG,), {"image_prompt": ENCODED}),
        (
            "flux-pro-1.0-fill",
            (Reference(data=PNG, role="mask"), PNG),
            {"image": ENCODED, "mask": ENCODED},
        ),
    ],
)
def test_each_image_stands_in_a_field_of_its_own(
    client: Client,
    server: Loopback,
    model: str,
    references: tuple[Reference | str | bytes, ...],
    sent: dict[str, str],
) -> None:
    """A link as it is, bytes in base64 with nothing before it; the field is the model's."""
    server.on(f"POST /v1/{model}", said(CREATED))
    request = ImageRequest(prompt="a boat", model=model, references=references)
    client.submit(request, provider="bfl")
    assert json.loads(server.requests[0].body) == {"prompt": "a boat", **sent}


def test_an_image_is_not_given_twice(client: Client, server: Loopback) -> None:
    """As a reference and as an option: which of them counts nobody could say."""
    options = {"bfl": {"input_image": LINK}}
    with pytest.raises(InvalidRequestError, match="'input_image' is set by a reference"):
        client.submit(
            ImageRequest(prompt="a boat", references=(LINK,), options=options), provider="bfl"
        )
    assert server.requests == []


@pytest.mark.parametrize("told", [{}, {"polling_url": f"https://api.bfl.ai.evil.test{AT}?id=t2"}])
def test_without_an_address_of_its_own_the_documented_one_is_asked(
    client: Client, server: Loopback, told: dict[str, str]
) -> None:
    """An answer to a submission with a callback names none; another host's is no address."""
    server.on("POST /v1/flux-2-pro", said({"id": "t1", **told}))
    server.on(f"GET {AT}", said({"status": "Ready", "result": {"sample": LINK, "seed": 7}}))
    (task,) = client.generate(ImageRequest(prompt="a boat"), provider="bfl").tasks
    assert [each.target for each in server.requests[1:]] == [f"{AT}?id=t1"]
    (image,) = task.images
    assert image.seed == 7
    assert image.expires_at is not None


@pytest.mark.parametrize(
    ("told", "state", "billed", "words"),
    [
        (
            {"status": "Content Moderated", "details": {"Moderation Reasons": ["Derivative"]}},
            TaskState.REFUSED,
            Billed.NO,
            "Derivative",
        ),
        ({"status": "Request Moderated"}, TaskState.REFUSED, Billed.NO, "request moderated"),
        (
            {"status": "Error", "error": "content_policy_violation", "message": "No."},
            TaskState.REFUSED,
            Billed.NO,
            "No.",
        ),
        ({"status": "Error", "error": "invalid_image"}, TaskState.FAILED, Billed.UNKNOWN, "error"),
    ],
)
def test_what_moderation_stops_is_refused_and_costs_nothing(
    client: Client,
    server: Loopback,
    told: dict[str, object],
    state: TaskState,
    billed: Billed,
    words: str,
) -> None:
    """Whether a word or a code tells it; who pays for another error nobody says."""
    server.on("POST /v1/flux-2-pro", said(CREATED))
    server.on(f"GET {AT}", said({"id": "t1", **told}))
    task = client.wait(client.submit(ImageRequest(prompt="a boat"), provider="bfl"))
    assert (task.state, task.billed, task.errors[0].message) == (state, billed, words)
    assert (task.cost is None) is (billed is Billed.NO)


@pytest.mark.parametrize(
    ("size", "references", "low", "high"),
    [
        ("512x512", 0, "3", "3.393216"),
        ("1920x1080", 0, "3", "6.1104"),  # 4.5, as third parties report
        (None, 0, "3", "9.291456"),  # up to 4 megapixels
        ("1024x1024", 1, "3", None),
    ],
)
def test_the_first_megapixel_is_the_least_that_an_image_costs(
    client: Client, size: str | None, references: int, low: str, high: str | None
) -> None:
    """Further ones cost at most their whole part; of source images nobody knows how many."""
    given = [Reference(url="https://cdn.test/1.png")] * references
    asked = ImageRequest(prompt="a boat", model="flux-2-pro", size=size, references=given)
    quote = client.quote(asked, provider="bfl")
    assert quote.credits == (Decimal(low), None if high is None else Decimal(high))


def test_an_image_has_four_megapixels_at_most(client: Client, server: Loopback) -> None:
    """More is refused before it is sent."""
    asked = ImageRequest(prompt="a boat", model="flux-2-pro", size="2064x2048")
    with pytest.raises(InvalidRequestError, match="size"):
        client.generate(asked, provider="bfl")
    assert server.requests == []
