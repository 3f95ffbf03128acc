"""The same request through every client puts the same bytes on the wire."""

from __future__ import annotations

import email
import email.policy
import json
from contextlib import ExitStack, suppress
from email.message import EmailMessage
from pathlib import Path

import httpx
import httpx2
import pytest
from attrs import evolve
from tests.core.acme import API, INFO
from tests.core.conftest import KEY
from tests.core.loopback import Loopback, Recorded, said
from tests.core.pictures import PNG, drawn
from tests.core.wires import KINDS, Wire

from tintype import Account, AsyncClient, Client, ImageRequest, Reference, Task, TintypeError
from tintype._keys.dispatch import Dispatch, fetch_request
from tintype.messages import (
    Body,
    FormBody,
    JsonBody,
    MultipartBody,
    Part,
    RawBody,
    Request,
)
from tintype.transports.httpx import AsyncHttpxTransport, HttpxTransport

PROMPT = 'ein roter Panda 小熊猫 🐼 "quoted" \\ back\r\nnew line\ttab 100% é'
WITH_MARKS = f"{PROMPT} @img1 @img2"
BYTES = (Reference(data=PNG, name='b"l\u00fc ?.png'), Reference(data=drawn("jpeg")))
URLS = ("https://cdn.test/a%20b.png?x=1&y=%C3%BC", "https://cdn.test/ü.png")
HOOK = "https://me.test/hook?secret=a&b=%20"

TEXT = {
    "cheapai": ImageRequest(prompt=PROMPT, aspect_ratio="16:9", resolution="2K", webhook_url=HOOK),
    "openrouter": ImageRequest(prompt=PROMPT, seed=7, options={"openrouter": {"ü": ["é", 1]}}),
    "apimodels": ImageRequest(prompt=PROMPT, webhook_url=HOOK),
    "apiin": ImageRequest(prompt=PROMPT, aspect_ratio="16:9"),
    "apiyi": ImageRequest(prompt=PROMPT, model="seedream-4.5", watermark=False),
}
EDITS = {
    "cheapai": ImageRequest(prompt=WITH_MARKS, references=BYTES),
    "openrouter": ImageRequest(prompt=PROMPT, references=(*BYTES, *URLS)),
    "apimodels": ImageRequest(prompt=PROMPT, references=URLS),
    "apiin": ImageRequest(prompt=PROMPT, references=URLS),
    "apiyi": ImageRequest(prompt=PROMPT, references=(*BYTES, *URLS)),
}
PROVIDERS = tuple(TEXT)
POLLED = ("cheapai", "apimodels", "apiin")
TARGETS = {
    "cheapai": "/v1i/task/generate-image",
    "openrouter": "/api/v1/images",
    "apimodels": "/api/v1/images/generations",
    "apiin": "/api/v1/images/generations",
    "apiyi": "/v1/images/generations",
}
PREFIXES = ("", "/", "/proxy/v2", "/proxy/", "/a%2fb/%c3%bc", "/a b/ü", "//twice", "/(a;b=1,c)/~x")
IDS = ("t1", "a/b", "../../v1/keys", "..", ".", "ü 小", "a?b#c&d=e", "100%", "%2F%2f", "a\\b", " ")


def _account(provider: str, base_url: str) -> Account:
    return Account(provider=provider, key=KEY, base_url=base_url)


def _with_client(account: Account, method: str, *args: object, **options: object) -> None:
    with Client(account, environ={}) as client, suppress(TintypeError):
        getattr(client, method)(*args, **options)


async def _with_async_client(
    account: Account, method: str, *args: object, **options: object
) -> None:
    async with AsyncClient(account, environ={}) as client:
        with suppress(TintypeError):
            await getattr(client, method)(*args, **options)


async def both(
    server: Loopback, account: Account, method: str, *args: object, **options: object
) -> list[Recorded]:
    """The requests that a call leads to, once it is known that both clients make the same."""
    server.on("*", said({"error": {"message": "no", "code": "no"}}, status=401))
    _with_client(account, method, *args, **options)
    sync = server.take()
    await _with_async_client(account, method, *args, **options)
    asynchronous = server.take()
    assert [request.wire for request in asynchronous] == [request.wire for request in sync]
    assert all(request.header("authorization") == f"Bearer {KEY}" for request in sync)
    return sync


# -------------------------------------------------------------------------- submissions


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_submission_is_the_same(server: Loopback, provider: str, prefix: str) -> None:
    """A prompt in any script, at an origin or behind any path: the same bytes."""
    account = _account(provider, server.url + prefix)
    [sent] = await both(server, account, "submit", TEXT[provider], provider=provider)
    assert sent.method == "POST"
    assert sent.target.endswith(TARGETS[provider])
    assert sent.target.isascii()
    assert _prompt(sent) == PROMPT


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_submission_with_references_is_the_same(server: Loopback, provider: str) -> None:
    """Bytes as files or as data URLs, and URLs as they were given."""
    account = _account(provider, server.url)
    [sent] = await both(server, account, "submit", EDITS[provider], provider=provider)
    assert _prompt(sent) == EDITS[provider].prompt
    assert sent.header("content-length") == str(len(sent.body))


async def test_a_form_carries_files_as_they_are(server: Loopback) -> None:
    """A form is read by a stranger: names, types and bytes of each file are the caller's."""
    account = _account("cheapai", server.url)
    [sent] = await both(server, account, "submit", EDITS["cheapai"], provider="cheapai")
    files = [part for part in _form(sent) if part.get_filename()]
    assert [part.get_payload(decode=True) for part in files] == [PNG, drawn("jpeg")]
    assert [part.get_content_type() for part in files] == ["image/png", "image/jpeg"]
    assert b'filename="b%22l\xc3\xbc ?.png"' in sent.body


async def test_a_large_form_is_the_same(server: Loopback) -> None:
    """Several megabytes are one request with a length, not chunks."""
    picture = PNG + bytes(range(256)) * 16_000
    request = evolve(EDITS["cheapai"], references=(picture, picture))
    [sent] = await both(
        server, _account("cheapai", server.url), "submit", request, provider="cheapai"
    )
    assert len(sent.body) > 2 * len(picture)
    assert sent.header("transfer-encoding") is None


async def test_local_files_are_the_same(server: Loopback, tmp_path: Path) -> None:
    """A path is read by both clients."""
    path = tmp_path / "a picture.png"
    path.write_bytes(PNG)
    request = evolve(EDITS["cheapai"], references=(path, str(path)))
    [sent] = await both(
        server, _account("cheapai", server.url), "submit", request, provider="cheapai"
    )
    assert sent.body.count(PNG) == 2


@pytest.mark.parametrize("provider", ["openrouter", "apiyi"])
async def test_a_request_for_a_stream_is_the_same(server: Loopback, provider: str) -> None:
    """Asked for events, both say so in the head and in the body."""
    models = {"openrouter": "someone/else", "apiyi": "seedream-4.5"}
    request = ImageRequest(prompt=PROMPT, model=models[provider], stream=True)
    [sent] = await both(
        server, _account(provider, server.url), "submit", request, provider=provider
    )
    assert sent.header("accept") == "text/event-stream, application/json"
    assert json.loads(sent.body)["stream"] is True


# -------------------------------------------------------------------------- questions


@pytest.mark.parametrize("requests", [TEXT, EDITS], ids=["text", "references"])
@pytest.mark.parametrize("provider", ["cheapai", "openrouter"])
async def test_a_question_for_the_price_is_the_same(
    server: Loopback, provider: str, requests: dict[str, ImageRequest]
) -> None:
    """The two that are asked are asked alike; of an unknown option nobody is asked."""
    account = _account(provider, server.url + "/proxy")
    asked = evolve(requests[provider], options={})
    [sent] = await both(server, account, "quote", asked, provider=provider)
    assert sent.target.startswith("/proxy/")


@pytest.mark.parametrize("provider", ["apimodels", "apiin", "apiyi"])
async def test_a_documented_price_is_not_asked_for(server: Loopback, provider: str) -> None:
    """The other three know their prices: nothing is sent by either client."""
    account = _account(provider, server.url)
    assert await both(server, account, "quote", TEXT[provider], provider=provider) == []


@pytest.mark.parametrize("provider", ["cheapai", "openrouter", "apimodels"])
async def test_a_question_for_the_models_is_the_same(server: Loopback, provider: str) -> None:
    """A GET without a body."""
    account = _account(provider, server.url + "/proxy")
    [sent] = await both(server, account, "models", provider=provider)
    assert (sent.method, sent.body) == ("GET", b"")


@pytest.mark.parametrize("task_id", IDS)
@pytest.mark.parametrize("provider", POLLED)
async def test_a_poll_is_the_same(server: Loopback, provider: str, task_id: str) -> None:
    """However strange an id a provider gave out, it stays one part of the target."""
    task = Task(provider=provider, id=task_id, model="m")
    account = _account(provider, server.url + "/proxy")
    [sent] = await both(server, account, "refresh", task)
    assert (sent.method, sent.body) == ("GET", b"")
    path, _, query = sent.target.partition("?")
    assert path.startswith("/proxy/")
    assert path.count("/") == {"cheapai": 4, "apimodels": 5, "apiin": 5}[provider]
    assert query.count("=") == (provider == "apimodels")


# -------------------------------------------------------------------------- URLs to the letter

SIGNED = (
    "/a.png?note=100%&sig=a%2Bb%3D",
    "/a%2fb/%c3%bc?x=%2f%2F",
    "/a.png?",
    "/?",
    "/a?b?c=d??",
    "//twice//and/./dots/../here",
    "/a;b=1,c(d)!$&'*+~@:",
    '/a?q=[1]{2}|^`<>"\\',
    "/%zz%",
    "/a?b=c&&d&=e=",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", SIGNED)
def test_a_signed_url_is_asked_for_as_it_was_given(
    server: Loopback, target: str, kind: str
) -> None:
    """Whoever signed it signed every character: the same bytes through every client."""
    server.on("*", said({}))
    with ExitStack() as stack:
        wire = Wire(kind, stack)
        wire.exchange(fetch_request(server.url + target, public_only=False))
    assert server.requests[0].line == f"GET {target} HTTP/1.1".encode()


@pytest.mark.parametrize("base", ["", "/prefix"])
@pytest.mark.parametrize("target", [each for each in SIGNED if "\\" not in each])
def test_a_plugins_url_is_asked_for_as_it_was_given(
    server: Loopback, target: str, base: str
) -> None:
    """With the account's base URL in front."""
    account = Account(provider="acme", key=KEY, base_url=f"{server.url}{base}/")
    server.on("*", said({}))
    request = Dispatch(INFO, account).encode(Request.get(API + target))
    for kind in ("urllib3", "aiohttp"):
        with ExitStack() as stack:
            Wire(kind, stack).exchange(request)
    assert [each.target for each in server.requests] == [f"{base}/v1{target}"] * 2


BODIES: tuple[Body | None, ...] = (
    None,
    JsonBody(value=[{"prompt": PROMPT}, None, 1.5]),
    FormBody(fields=(("prompt", PROMPT), ("n", "1"))),
    MultipartBody(parts=(Part(name="prompt", data=PROMPT.encode()),)),
    RawBody(data=PNG, media_type="image/png"),
)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_bodies_and_headers_of_any_kind_are_the_same(
    server: Loopback, body: Body | None, method: str
) -> None:
    """Through every library the same bytes, and what the plugin gives as it gave it."""
    account = Account(provider="acme", key=KEY, base_url=server.url)
    server.on("*", said({}))
    headers = (("X-Runway-Version", "2024-11-06"), ("x-async", "enable=1; b"))
    asked = Request(
        method=method, url=f"{API}/x", body=body, headers=headers, accept="image/png, */*;q=0.5"
    )
    request = Dispatch(INFO, account).encode(asked)
    for kind in KINDS:
        with ExitStack() as stack:
            Wire(kind, stack).exchange(request)
    first = server.requests[0]
    assert first.body == request.body
    assert [pair for pair in first.headers if pair in headers] == list(headers)
    assert first.header("accept") == "image/png, */*;q=0.5"
    for sent in server.requests:
        line, fields, content = sent.wire
        kept = [field for field in fields if field[0] != "connection"]
        assert (line, kept, content) == first.wire


# -------------------------------------------------------------------------- the embedder's own


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_the_embedders_client_sends_the_same(
    server: Loopback, library: type[httpx], provider: str
) -> None:
    """Through `httpx` or `httpx2` too, but for the `Connection` header both of them add."""
    server.on("*", said({"error": {"message": "no"}}, status=401))
    account = _account(provider, server.url + "/a%2fb/ü")
    options = {"provider": provider}
    _with_client(account, "submit", EDITS[provider], **options)
    with (
        library.Client() as mine,
        Client(account, transport=HttpxTransport(mine), environ={}) as client,
        pytest.raises(TintypeError),
    ):
        client.submit(EDITS[provider], provider=provider)
    async with (
        library.AsyncClient() as mine,
        AsyncClient(account, transport=AsyncHttpxTransport(mine), environ={}) as client,
    ):
        with pytest.raises(TintypeError):
            await client.submit(EDITS[provider], provider=provider)
    own, theirs, awaited = server.requests
    for sent in (theirs, awaited):
        line, headers, body = sent.wire
        kept = [header for header in headers if header[0] != "connection"]
        assert (line, kept, body) == own.wire


# -------------------------------------------------------------------------- reading them


def _form(sent: Recorded) -> list[EmailMessage]:
    """A form as another library reads it."""
    start = f"Content-Type: {sent.header('content-type')}\r\n\r\n".encode()
    message = email.message_from_bytes(start + sent.body, policy=email.policy.HTTP)
    return list(message.iter_parts())


def _prompt(sent: Recorded) -> object:
    if (sent.header("content-type") or "").startswith("multipart/"):
        boundary = (sent.header("content-type") or "").partition("boundary=")[2].encode()
        parts = sent.body.split(b"--" + boundary)
        prompt = next(part for part in parts if b'name="prompt"\r\n' in part)
        return prompt.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n").decode()
    return json.loads(sent.body)["prompt"]
