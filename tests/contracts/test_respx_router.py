"""`respx_router`: strict scenes for code that speaks httpx."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import respx

from tintype import Account, Client, ImageRequest, TaskState
from tintype.transports.httpx import HttpxTransport
from tintype_contracts import Fixtures, installed, load, respx_router

CREATE = {"model": "acme-1", "prompt": "a cat", "size": "1K", "n": 2}
IMAGES = "https://api.acme.test/v1/images"
TASK = "https://api.acme.test/v1/tasks/task-1"


def client(router: respx.MockRouter) -> httpx.Client:
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
        ("POST", IMAGES, {**CREATE, "n": 2.0}, "/json/n: expected 2, got 2.0"),
        ("POST", IMAGES, {**CREATE, "seed": None}, "/json/seed: expected nothing, got None"),
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


def test_an_unused_exchange_is_an_error(acme: Fixtures) -> None:
    """Also by respx's own name for it."""
    router = respx_router(acme, "generated/drawn")
    with pytest.raises(AssertionError, match="generated/create was never asked for"):
        router.assert_all_called()


def drawn(http: httpx.Client, prompt: str = "a cat") -> list[int]:
    """The statuses of a scene that is played to its end."""
    asked = http.post(IMAGES, json={**CREATE, "prompt": prompt})
    return [asked.status_code, *(http.get(TASK).status_code for _ in range(2))]


def test_a_router_mocks_inside_its_block(acme: Fixtures) -> None:
    """As respx does: code under test makes its own client. The end of the block is the verdict."""
    router = respx_router(acme, "generated/drawn")
    for _ in range(2):
        with router as entered, httpx.Client(headers={"x-key": router.key}) as http:
            assert entered is router
            assert drawn(http) == [200, 200, 200]
    with pytest.raises(AssertionError, match="was never asked for"), router:
        pass


def test_a_router_mocks_inside_an_awaiting_block(acme: Fixtures) -> None:
    """As with `with`."""

    async def ask() -> int:
        async with (
            respx_router(acme, "priced/asked") as router,
            httpx.AsyncClient(headers={"x-key": router.key}) as http,
        ):
            return (await http.get("https://api.acme.test/v1/price/acme-1")).status_code

    assert asyncio.run(ask()) == 200


def test_routes_of_ones_own_go_first(acme: Fixtures) -> None:
    """The scene answers what none of them does; one that is not called is told."""
    router = respx_router(acme, "generated/drawn")
    mine = router.get("https://example.com/mine").mock(return_value=httpx.Response(204))
    with client(router) as http:
        assert http.get("https://example.com/mine").status_code == 204
        assert drawn(http) == [200, 200, 200]
    assert mine.called
    router.get("https://example.com/another").mock(return_value=httpx.Response(204))
    with pytest.raises(AssertionError, match="was not called"):
        router.assert_all_called()


def test_what_is_free_may_be_anything(acme: Fixtures) -> None:
    """A prompt of the application's own; everything else is as strict as before."""
    router = respx_router(acme, "generated/drawn", free=("/prompt",))
    with client(router) as http:
        assert drawn(http, "my own prompt") == [200, 200, 200]
    router.assert_all_called()
    strict = respx_router(acme, "generated/drawn", free=("/prompt",))
    with client(strict) as http:
        assert http.post(IMAGES, json={**CREATE, "n": 3}).status_code == 599


def test_what_is_due_is_told(acme: Fixtures) -> None:
    """Whoever sends it plays the scene."""
    router = respx_router(acme, "generated/drawn")
    due = router.requests
    assert [request.method for request in due] == ["POST", "GET", "GET"]
    with httpx.Client(transport=httpx.MockTransport(router.handler)) as http:
        assert [http.send(request).status_code for request in due] == [200, 200, 200]
    assert router.requests == ()


@pytest.mark.parametrize("name", installed())
def test_every_provider_plays_a_picture_first(name: str) -> None:
    """The usual scene, and what is due of it is what it takes, a form among it."""
    router = respx_router(name)
    with httpx.Client(transport=httpx.MockTransport(router.handler)) as http:
        answers = [http.send(request) for request in router.requests]
    assert all(answer.is_success for answer in answers)
    router.assert_all_called()


def test_the_exchange_that_is_due_is_named_first() -> None:
    """A wrong prompt is no stranger's refusal."""
    router = respx_router("apiyi", "generated/curl_example")
    with httpx.Client(transport=httpx.MockTransport(router.handler)) as http:
        wrong = router.requests[0]
        body = {"model": "seedream-5-0-260128", "prompt": "a cat"}
        told = http.post(wrong.url, json=body, headers=[*wrong.headers.items()][-1:]).json()
    assert told["closest"] == "generated/curl_example"


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
    router = respx_router(documents, "generated/drawn")
    with httpx.Client(transport=httpx.MockTransport(router.handler)) as http:
        account = Account(provider="apiyi", key=router.key)
        mine = Client(account, transport=HttpxTransport(http), environ={})
        assert mine.submit(request, provider="apiyi").state is TaskState.SUCCEEDED
    router.assert_all_called()
