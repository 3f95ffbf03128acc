"""The respx bridge: strict scenes for code that speaks httpx."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import respx

from tintype import Account, Client, ImageRequest, TaskState
from tintype.transports.httpx import HttpxTransport
from tintype_contracts import Fixtures, load, respx_router
from tintype_contracts.scene_router import SceneRouter

CREATE = {"model": "acme-1", "prompt": "a cat", "size": "1K", "n": 2}
IMAGES = "https://api.acme.test/v1/images"
TASK = "https://api.acme.test/v1/tasks/task-1"


def client(router: SceneRouter) -> httpx.Client:
    """An httpx client whose transport is the router, with the documented key."""
    return httpx.Client(
        transport=httpx.MockTransport(router.handler), headers={"x-key": router.key}
    )


def test_a_scene_is_played_in_its_order(acme: Fixtures) -> None:
    """Each exchange once, the client's own headers aside; respx keeps the calls."""
    router = respx_router(acme, "generated/drawn")
    assert isinstance(router, respx.Router)
    with client(router) as http:
        assert http.post(IMAGES, json=CREATE).json() == {"id": "task-1", "status": "queued"}
        assert http.get(TASK).json()["status"] == "drawing"
        assert len(http.get(TASK).json()["images"]) == 2
    router.assert_all_called()
    assert len(router.calls) == 3


def test_the_scene_that_draws_is_the_one_that_is_meant(acme: Fixtures) -> None:
    """Where no scene is named, it is the first that ends in a picture."""
    router = respx_router(acme)
    with client(router) as http:
        assert http.post(IMAGES, json=CREATE).status_code == 200


def test_scenes_are_played_one_after_the_other(acme: Fixtures) -> None:
    """Two names are one longer scene."""
    router = respx_router(acme, "priced/asked", "generated/drawn")
    with client(router) as http:
        http.get("https://api.acme.test/v1/price/acme-1")
        http.post(IMAGES, json=CREATE)
        http.get(TASK)
        http.get(TASK)
    router.assert_all_called()


def test_an_awaiting_client_is_served_as_well(acme: Fixtures) -> None:
    """By the router's async handler."""
    router = respx_router(acme, "priced/asked")

    async def ask() -> int:
        transport = httpx.MockTransport(router.async_handler)
        async with httpx.AsyncClient(transport=transport, headers={"x-key": router.key}) as http:
            return (await http.get("https://api.acme.test/v1/price/acme-1")).status_code

    assert asyncio.run(ask()) == 200
    router.assert_all_called()


@pytest.mark.parametrize(
    ("method", "url", "body", "told"),
    [
        ("POST", IMAGES, {**CREATE, "n": 2.0}, "/json/n: expected 2, got Decimal('2.0')"),
        ("POST", IMAGES, {**CREATE, "seed": None}, "/json/seed: expected MISSING, got None"),
        ("POST", f"{IMAGES}?a=1", CREATE, "/url/query"),
        ("PUT", IMAGES, CREATE, "/method: expected 'POST', got 'PUT'"),
        ("POST", IMAGES.replace("api.", "cdn."), CREATE, "/url/place"),
    ],
)
def test_a_request_that_is_not_the_documented_one_fails_even_where_it_is_swallowed(
    acme: Fixtures, method: str, url: str, body: object, told: str
) -> None:
    """It is answered with 599 and the difference; the verdict at the end is the same."""
    router = respx_router(acme, "generated/drawn")
    with client(router) as http:
        answer = http.request(method, url, json=body)
        assert answer.status_code == 599
        assert answer.json()["closest"] == "generated/create"
        assert answer.json()["source"] == "https://docs.acme.test/images"
        assert any(told in each for each in answer.json()["differences"])
    assert len(router.mismatches) == 1
    with pytest.raises(AssertionError, match="generated/create"):
        router.assert_all_called()


def test_a_wrong_key_is_a_difference(acme: Fixtures) -> None:
    """The documented header must hold the router's key."""
    router = respx_router(acme, "generated/drawn")
    with httpx.Client(transport=httpx.MockTransport(router.handler)) as http:
        found = http.post(IMAGES, json=CREATE, headers={"x-key": "another"}).json()
    assert "/headers/x-key" in found["differences"][0]


def test_an_unused_exchange_is_an_error(acme: Fixtures) -> None:
    """Also by respx's own name for it."""
    router = respx_router(acme, "generated/drawn")
    with pytest.raises(AssertionError, match="generated/create was never asked for"):
        router.assert_all_called()


def test_a_repeated_exchange_is_an_error(acme: Fixtures) -> None:
    """A scene says how often."""
    router = respx_router(acme, "priced/asked")
    with client(router) as http:
        for _ in range(2):
            http.get("https://api.acme.test/v1/price/acme-1")
    with pytest.raises(AssertionError, match="is asked for again"):
        router.assert_all_called()


def test_a_router_that_is_entered_lets_nothing_leave(acme: Fixtures) -> None:
    """It would look like respx and mock nothing; the error shows the line that plays the scene."""
    right = r"MockTransport\(router\.handler\)"
    with pytest.raises(TypeError, match=right), respx_router(acme, "priced/asked"):
        pytest.fail("The block was entered.")


def test_a_router_that_is_entered_by_an_awaiting_program_lets_nothing_leave(
    acme: Fixtures,
) -> None:
    """As with `with`."""

    async def enter() -> None:
        async with respx_router(acme, "priced/asked"):
            pytest.fail("The block was entered.")

    with pytest.raises(TypeError, match=r"MockTransport\(router\.async_handler\)"):
        asyncio.run(enter())


def test_an_unknown_scene_names_those_there_are(acme: Fixtures) -> None:
    """And so does an unknown story."""
    for name in ("generated/nonsense", "nonsense/drawn"):
        with pytest.raises(KeyError, match="generated/drawn, generated/stored"):
            respx_router(acme, name)


def test_an_embedder_plays_a_provider_to_its_own_client() -> None:
    """The core itself, on an httpx client that the embedder brings, as its tests would."""
    documents = load("apiyi")
    case = documents.exchanges["generated/playground"].case or {}
    request = ImageRequest(prompt=str(case["prompt"]), model=str(case["model"]))
    router = respx_router(documents, "generated/playground")
    with httpx.Client(transport=httpx.MockTransport(router.handler)) as http:
        account = Account(provider="apiyi", key=router.key)
        mine = Client(account, transport=HttpxTransport(http), environ={})
        assert mine.submit(request, provider="apiyi").state is TaskState.SUCCEEDED
    router.assert_all_called()
