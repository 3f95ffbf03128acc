"""Addresses that an answer gives, and places that an account fills in, in both clients."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, answer, said
from tests.core.pictures import PNG, in_base64
from tests.shapes import azure
from tests.shapes.test_requests import client_of

import tintype_bfl as bfl
from tintype import Account, Client, ImageRequest, hookimpl
from tintype._keys.dispatch import Dispatch
from tintype._keys.origins import fault_of_origins, fault_of_results
from tintype.credentials import QueryKey
from tintype.errors import PluginError, TaskError, UsageError
from tintype.messages import Request

REQUEST = ImageRequest(prompt="a red panda")
POLLED = "/v1/get_result?id=t1"


def created(polling_url: str) -> bytes:
    """What BFL answers to a create."""
    return said({"id": "t1", "polling_url": polling_url})


def test_a_task_is_polled_on_the_region_that_its_answer_names(
    connect: Connect, server: Loopback, tmp_path: Path
) -> None:
    """With the key, which goes to no other host; the signed result is fetched without."""
    ready = {"id": "t1", "status": "Ready", "result": {"sample": f"{server.url}/s.png?sig=1"}}
    server.on("POST /v1/flux-2-pro", created(f"https://api.us4.bfl.ai{POLLED}"))
    server.on("GET /v1/get_result", said({"id": "t1", "status": "Pending"}), said(ready))
    server.on("GET /s.png", answer(PNG, media_type="image/png"))
    client = client_of(connect, server, bfl)
    drawn = client.generate(REQUEST, provider="bfl")
    (path,) = client.save(drawn, tmp_path)
    assert path.read_bytes() == PNG
    assert [each.target for each in server.requests[1:]] == [POLLED, POLLED, "/s.png?sig=1"]
    assert [each.header("x-key") for each in server.requests] == [KEY, KEY, KEY, None]


@pytest.mark.parametrize(
    "host",
    [
        "https://evilbfl.ai",
        "https://bfl.ai.evil.test",
        "https://api.bfl.ai@evil.test",
        "https://api.us4.bfl.ai:8443",
        "http://api.us4.bfl.ai",
    ],
)
def test_a_look_alike_is_not_polled(connect: Connect, server: Loopback, host: str) -> None:
    """Where a plugin checks nothing, the task is told, to be waited for once that is mended."""
    server.on("POST /v1/flux-2-pro", created(f"{host}{POLLED}"))
    careless = hookimpl(lambda: Request.get(f"{host}{POLLED}"))
    client = client_of(connect, server, bfl, poll=careless)
    with pytest.raises(TaskError, match="a host it does not declare") as caught:
        client.wait(client.submit(REQUEST, provider="bfl"))
    assert caught.value.task is not None
    assert caught.value.task.id == "t1"
    assert server.lines() == ["POST /v1/flux-2-pro"]


# ------------------------------------------------------------------------- an account's settings

MINE = Account(
    provider="azure", key=KEY, settings={"resource": "my-studio", "deployment": "my_image-1"}
)


def test_a_deployment_stands_in_the_path(connect: Connect, server: Loopback) -> None:
    """The hook writes holes, and never sees what fills them."""
    path = "/openai/deployments/my_image-1/images/generations"
    server.on(f"POST {path}", said({"data": [{"b64_json": in_base64(PNG)}]}))
    client = connect(evolve(MINE, base_url=server.url), plugins={"azure": azure})
    drawn = client.generate(REQUEST, provider="azure")
    assert [image.data for image in drawn.images] == [PNG]
    (asked,) = server.requests
    assert asked.target == f"{path}?api-version=2025-04-01-preview"
    assert asked.header("api-key") == KEY


def test_a_resource_is_the_host() -> None:
    """Its origin is filled as the URL is; another customer's gets no key."""
    sent = Dispatch(azure.INFO, MINE).encode(Request.get(azure.DRAW))
    assert sent.url.startswith("https://my-studio.openai.azure.com/openai/deployments/my_image-1/")
    with pytest.raises(PluginError, match="a host it does not declare"):
        Dispatch(azure.INFO, MINE).encode(Request.get("https://other.openai.azure.com/"))


@pytest.mark.parametrize(
    "value", ["evil.test/", "a/b", "a.b", "..", "a?b", "a#b", "a@b", "a:1", "a b", "%2e", "é", "\n"]
)
@pytest.mark.parametrize("name", ["resource", "deployment", "api_version"])
def test_a_setting_that_could_lead_elsewhere_is_refused(
    connect: Connect, server: Loopback, name: str, value: str
) -> None:
    """It is named; nothing is sent."""
    account = evolve(MINE, base_url=server.url, settings={**MINE.settings, name: value})
    client = connect(account, plugins={"azure": azure})
    with pytest.raises(UsageError, match=f"setting '{name}' holds"):
        client.generate(REQUEST, provider="azure")
    assert server.requests == []


def test_a_setting_that_is_missing_is_named_with_its_variable(
    connect: Connect, server: Loopback
) -> None:
    """Nothing is sent."""
    account = Account(provider="azure", key=KEY, settings={"resource": "my-studio"})
    client = connect(evolve(account, base_url=server.url), plugins={"azure": azure})
    with pytest.raises(UsageError, match=r"'deployment' is missing.*_DEPLOYMENT"):
        client.generate(REQUEST, provider="azure")
    assert server.requests == []


@pytest.mark.parametrize(
    "origin",
    [
        "https://{resource}",
        "https://{resource}.com",
        "https://api.{resource}",
        "https://api.acme.{resource}",
        "https://{resource}.acme.{resource}",
        "http://{resource}.acme.test",
        "https://{resource}.acme.test:8443",
        "https://{resource}@acme.test",
        "https://{resource}/.acme.test",
        "https://{other}.acme.test",
        "https://*.{resource}.acme.test",
    ],
)
def test_a_setting_fills_a_host_and_never_a_domain(origin: str) -> None:
    """Nor is there a hole that is no setting."""
    assert repr(origin) in fault_of_origins((origin,), azure.INFO.settings)
    assert fault_of_origins(("https://a-{resource}.eu.acme.test",), azure.INFO.settings) == ""


# -------------------------------------------------------------- results behind the credential


def keyed(connect: Connect, server: Loopback, told: str, **said_so: object) -> Client:
    """A client of BFL as if its results were behind the key, and one task that is done."""
    ready = {"id": "t1", "status": "Ready", "result": {"sample": told}}
    server.on("POST /v1/flux-2-pro", created(f"https://api.bfl.ai{POLLED}"))
    server.on("GET /v1/get_result", said(ready))
    told_so = evolve(bfl.INFO, poll_schedule=(0.01,), **said_so)
    return client_of(connect, server, bfl, describe=hookimpl(lambda: told_so))


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("https://api.bfl.ai/v1/view/s.png", KEY),
        ("https://api.bfl.ai/v1/viewer/s.png", None),
        ("https://api.bfl.ai/v1/view/../s.png", None),
        ("https://api.us4.bfl.ai/v1/view/s.png", None),
    ],
)
def test_a_result_is_fetched_with_the_key_where_the_plugin_says_so(
    connect: Connect, server: Loopback, told: str, shown: str | None
) -> None:
    """On that address and below, and nowhere else."""
    client = keyed(connect, server, told, keyed_results=("https://api.bfl.ai/v1/view",))
    server.on(f"GET {told.partition('.ai')[2]}", answer(PNG, media_type="image/png"))
    drawn = client.generate(REQUEST, provider="bfl")
    assert client.fetch(drawn.images[0], provider="bfl") == PNG
    assert server.requests[-1].header("x-key") == shown


def test_a_result_behind_the_key_is_asked_for_with_the_apis_headers(
    connect: Connect, server: Loopback
) -> None:
    """Its version, with the account's settings; a result that is anybody's is asked for plainly."""
    client = keyed(
        connect,
        server,
        "https://api.bfl.ai/v1/view/s.png",
        keyed_results=("https://api.bfl.ai/v1/view",),
        result_headers=(("X-Version", "2026-11-01"), ("X-Region", "{region}")),
        settings={"region": "eu-1"},
    )
    server.on("GET /v1/view/s.png", answer(status=302, headers=[("Location", "/away.png")]))
    server.on("GET /away.png", answer(PNG, media_type="image/png"))
    drawn = client.generate(REQUEST, provider="bfl")
    client.fetch(drawn.images[0], provider="bfl")
    names = ("x-version", "x-region", "x-key")
    shown = [[each.header(name) for name in names] for each in server.requests[-2:]]
    assert shown == [["2026-11-01", "eu-1", KEY], [None, None, None]]


@pytest.mark.parametrize("name", ["X-Key", "Authorization", "Host", "Cookie", "Accept", "X Y"])
def test_a_header_of_results_is_the_apis_own(connect: Connect, server: Loopback, name: str) -> None:
    """Else the plugin is broken."""
    client = keyed(connect, server, "", result_headers=((name, "x"),))
    with pytest.raises(PluginError, match="result_headers, of which one is not its own"):
        client.generate(REQUEST, provider="bfl")
    assert server.requests == []


def test_a_result_that_shows_who_asks_already_is_fetched_as_it_is(
    connect: Connect, server: Loopback
) -> None:
    """Where the key goes into the query, and the provider gave an address with one of its own."""
    told = "https://api.bfl.ai/v1/view/s.png?{}=theirs"
    for name, target in (("key", "?key=theirs"), ("sig", f"?sig=theirs&key={KEY}")):
        client = keyed(
            connect,
            server,
            told.format(name),
            keyed_results=("https://api.bfl.ai/v1/view",),
            auth=QueryKey(),
        )
        server.on("GET /v1/view/s.png", answer(PNG, media_type="image/png"))
        drawn = client.generate(REQUEST, provider="bfl")
        client.fetch(drawn.images[0], provider="bfl")
        assert server.requests[-1].target == f"/v1/view/s.png{target}"


def test_a_redirect_is_not_followed_with_the_key(connect: Connect, server: Loopback) -> None:
    """Who redirects says where; the key stays at home. Off by default, it goes nowhere."""
    told = "https://api.bfl.ai/v1/view/s.png"
    for said_so, shown in (({"keyed_results": ("https://api.bfl.ai/v1/view",)}, KEY), ({}, None)):
        client = keyed(connect, server, told, **said_so)
        away = answer(status=302, headers=[("Location", "/v1/view/other.png")])
        server.on("GET /v1/view/s.png", away)
        server.on("GET /v1/view/other.png", answer(PNG, media_type="image/png"))
        drawn = client.generate(REQUEST, provider="bfl")
        assert client.fetch(drawn.images[0], provider="bfl") == PNG
        assert [each.header("x-key") for each in server.requests[-2:]] == [shown, None]


@pytest.mark.parametrize("url", ["https://cdn.test/", "https://api.bfl.ai.evil.test/", "/view"])
def test_results_behind_a_key_are_on_an_origin(url: str) -> None:
    """Else the plugin is broken."""
    assert "no address on one of its origins" in fault_of_results((url,), ("https://api.bfl.ai",))
