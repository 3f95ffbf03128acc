"""The plugins that docs/plugins.md shows whole, drawn with; each scheme in the smallest of them."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from attrs import evolve
from tests.core.conftest import server
from tests.core.loopback import Loopback, Recorded, answer, said
from tests.core.pictures import PNG

from tintype import Account, Client, ImageRequest, Reference, TaskState, hookimpl
from tintype._plugins.registry import Registry
from tintype.credentials import OAuthClientCredentials, Scheme
from tintype.errors import AuthenticationError, MissingKeyError
from tintype_contracts import load_folder
from tintype_contracts.harness.subject import Subject
from tintype_contracts.runner.run import examine

__all__ = ["server"]

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
REQUEST = ImageRequest(prompt="a red panda")
SOURCE = "https://cdn.acme.test/in.png"
HELD = {
    "key": "ak-canary-4711",
    "secret": "sk-canary-4712-which-is-32-bytes-long",
    "username": "me",
    "password": "hunter2-4713",
    "client_id": "client-1",
    "client_secret": "cs-canary-4714",
}


def block(begin: str) -> ModuleType:
    """The first block that has these words, as a module; one that is a file, by its name."""
    text = next(each for each in BLOCKS if begin in each)
    file = re.match(r"# (\w+)\.py\n", text)
    module = ModuleType(file[1] if file else f"page_{abs(hash(begin))}")
    sys.modules[module.__name__] = module  # where the types of its classes are looked up
    exec(text, vars(module))  # noqa: S102 - our own page
    return module


def drawing(plugin: ModuleType, server: Loopback, auth: Scheme | None = None) -> Client:
    """A client of a page's plugin at the server, with the credentials of a scheme."""
    info = plugin.INFO if auth is None else evolve(plugin.INFO, auth=auth)
    info = evolve(info, settings={"region": "eu-west-1"}, poll_schedule=(0.01,))
    plugin.describe = hookimpl(lambda: info)
    needs = info.auth.needs
    others = {name: HELD[name] for name in needs if name != "key"}
    key = HELD["key"] if "key" in needs else None
    account = Account(provider="acme", key=key, credentials=others, base_url=server.url)
    return Client(account, plugins={"acme": plugin}, environ={})


SCHEMES: dict[str, Callable[[Recorded], object]] = {
    "header": lambda asked: asked.header("x-key") == HELD["key"],
    "query": lambda asked: parse_qs(urlsplit(asked.target).query) == {"api_key": [HELD["key"]]},
    "pair": lambda asked: base64.b64decode(_shown(asked)) == b"me:hunter2-4713",
    "token": lambda asked: (
        jwt.decode(_shown(asked), HELD["secret"], ["HS256"])["iss"] == HELD["key"]
    ),
    "signature": lambda asked: "/eu-west-1/bedrock/aws4_request" in _shown(asked),
    "bought": lambda asked: (
        (_shown(asked), asked.header("x-api-key")) == ("token-4715", HELD["client_id"])
    ),
}


def _shown(asked: Recorded) -> str:
    return (asked.header("authorization") or "").partition(" ")[2]


@pytest.mark.parametrize("name", SCHEMES)
def test_each_scheme_makes_the_smallest_plugin_a_whole_one(server: Loopback, name: str) -> None:
    """It draws, and what the page says is shown is what the server sees."""
    scheme = getattr(block("from tintype.credentials import Basic"), name)
    if isinstance(scheme, OAuthClientCredentials):
        scheme = evolve(scheme, token_url=f"{server.url}/token")
        server.on("POST /token", said({"access_token": "token-4715"}))
    server.on("POST /images", said({"url": f"{server.url}/1.png"}))
    server.on("GET /1.png", answer(PNG, media_type="image/png"))
    with drawing(block("class Drawn"), server, scheme) as client:
        drawn = client.generate(REQUEST, provider="acme")
        assert client.fetch(drawn.images[0], provider="acme") == PNG
    asked = next(each for each in server.requests if each.target.startswith("/images"))
    assert SCHEMES[name](asked)
    assert not any(secret in str(server.requests[-1]) for secret in HELD.values())


def test_every_scheme_of_the_page_is_drawn_with() -> None:
    """None that it shows is left out."""
    shown = vars(block("from tintype.credentials import Basic"))
    assert {name for name, each in shown.items() if hasattr(each, "needs")} >= set(SCHEMES)
    made = {type(shown[name]).__name__ for name in SCHEMES}
    assert made == {"Basic", "HeaderKey", "Jwt", "OAuthClientCredentials", "QueryKey", "SigV4"}


def test_the_page_tells_where_a_key_is_had() -> None:
    """The smallest plugin says it, and the error repeats it."""
    plugin = block("class Drawn")
    with (
        Client(plugins={"acme": plugin}, environ={}) as client,
        pytest.raises(MissingKeyError, match=r"set ACME_API_KEY.*https://acme\.test/keys"),
    ):
        client.generate(REQUEST, provider="acme")


def test_the_polled_plugin_of_the_page_draws(server: Loopback) -> None:
    """Two looks, one picture of two that is odd, with its version on every request."""
    begun = {"id": 7, "status": "queued"}
    done = {"id": 7, "status": "done", "images": [{"url": f"{server.url}/1.png"}, {}]}
    server.on("POST /v1/tasks", said(begun))
    server.on("GET /v1/tasks/7", said({**begun, "status": "drawing", "progress": 40}), said(done))
    with drawing(block("TASKS ="), server) as client:
        (task,) = client.generate(REQUEST, provider="acme").tasks
    assert (task.id, task.state, len(task.images)) == ("7", TaskState.PARTIAL, 1)
    assert [each.index for each in task.errors] == [1]
    assert {each.header("x-acme-version") for each in server.requests} == {"2026-11-01"}
    assert server.lines() == ["POST /v1/tasks", "GET /v1/tasks/7", "GET /v1/tasks/7"]


def test_the_polled_plugin_of_the_page_fails_cancels_and_is_refused(server: Loopback) -> None:
    """In the provider's words."""
    failed = {"id": 7, "status": "failed", "error": {"code": "E1", "message": "Out of paint."}}
    server.on("POST /v1/tasks", said({"id": 7, "status": "queued"}))
    server.on("GET /v1/tasks/7", said(failed))
    server.on("DELETE /v1/tasks/7", said({"id": 7, "status": "canceled"}))
    with drawing(block("TASKS ="), server) as client:
        task = client.submit(REQUEST, provider="acme")
        assert client.cancel(task).state is TaskState.CANCELED
        (why,) = client.wait(task).errors
        assert (why.code, why.message) == ("E1", "Out of paint.")
        server.on("POST /v1/tasks", said({"message": "Who are you?"}, status=401))
        with pytest.raises(AuthenticationError, match=r"Who are you\? Status 401: check ACME_API"):
            client.submit(REQUEST, provider="acme")


def test_the_polled_plugin_of_the_page_conforms() -> None:
    """Whoever copies it begins with hooks that fail no check."""
    acme = Registry({"acme": block("TASKS =")}).get("acme")
    report = examine(Subject(acme, load_folder(Path(__file__).parent / "acme_tasks")), level=2)
    failed = {row.check: row.findings[0].message for row in report.rows if row.outcome == "fail"}
    assert (failed, report.level) == ({}, 2)


def test_the_uploading_plugin_of_the_page_puts_a_file_and_draws_from_it(
    server: Loopback,
) -> None:
    """It asks where, puts the bytes there without the key, and names the address."""
    block("# acme.py")  # which the other imports
    server.on("POST /files", said({"upload_url": f"{server.url}/put", "file_url": SOURCE}))
    server.on("PUT /put", answer(b""))
    server.on("POST /images", said({"url": f"{server.url}/1.png"}))
    asked = evolve(REQUEST, references=(Reference(data=PNG),))
    with drawing(block("# acme_files.py"), server) as client:
        assert client.generate(asked, provider="acme").images
    put, drawn = server.requests[1:]
    assert (put.body, put.header("authorization")) == (PNG, None)
    assert json.loads(drawn.body)["images"] == [SOURCE]
