"""A forward proxy: all goes through it, and it alone is shown who asks."""

from __future__ import annotations

import copy
import os
import pickle
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import trustme
from tests.core.conftest import KEY
from tests.core.loopback import Loopback, answer, said
from tests.core.pictures import PNG
from tests.core.proxies import ForwardProxy
from tests.core.terminal import SCRIPT

from tintype import Account, Client, ImageRequest
from tintype._client.providers import Providers
from tintype._keys.dispatch import fetch_request
from tintype._plugins.registry import Registry
from tintype.errors import InvalidRequestError, NotSentError, ProtocolError, UsageError
from tintype.messages import Proxy
from tintype.transports.httpx import HttpxTransport

REQUEST = ImageRequest(prompt="a red panda", model="seedream-4.5")
SUBMIT = "POST /v1/images/generations"
HOST = "http://draws.internal:8080"
SHOWN = f"Basic {b64encode(b'ann:s:cret').decode()}"
Make = Callable[..., Client]


@pytest.fixture
def proxy(server: Loopback) -> Iterator[ForwardProxy]:
    """A proxy that leads every name to the server."""
    with ForwardProxy(server) as made:
        yield made


def drawn(name: str = "draws.internal:8080") -> bytes:
    """APIYI's answer with a picture at a URL."""
    return said({"data": [{"url": f"http://{name}/1.png"}]})


def account(proxy: str | None) -> Account:
    """APIYI at a name that only the proxy knows."""
    return Account(provider="apiyi", key=KEY, base_url=HOST, proxy=proxy)


# ---------------------------------------------------------------------- what goes through it


def test_all_that_concerns_a_provider_goes_through_its_proxy(
    connect: Make, server: Loopback, proxy: ForwardProxy, tmp_path: Path
) -> None:
    """Submissions and results; the proxy resolves the name, and alone sees the password."""
    server.on(SUBMIT, drawn()).on("GET /1.png", answer(PNG))
    client = connect(account(proxy.url("ann:s%3Acret@")))
    made = client.generate(REQUEST, provider="apiyi")
    (path,) = client.save(made, tmp_path)
    assert path.read_bytes() == PNG
    assert proxy.seen == [f"POST {HOST}/v1/images/generations", f"GET {HOST}/1.png"]
    assert proxy.shown == [SHOWN, SHOWN]
    for request in server.take():
        assert request.header("Proxy-Authorization") is None
        assert request.header("Host") == "draws.internal:8080"


def test_a_clients_proxy_is_that_of_every_account_without_one(
    connect: Make, server: Loopback, proxy: ForwardProxy
) -> None:
    """Of a bare image, which is nobody's, too; another account keeps its own."""
    server.on(SUBMIT, drawn()).on("GET /1.png", answer(PNG))
    with ForwardProxy(server) as other:
        client = connect(account(None), proxy=other.url())
        made = client.generate(REQUEST, provider="apiyi")
        assert client.fetch(made.images[0], provider="apiyi") == PNG
        assert (len(other.seen), other.shown, proxy.seen) == (2, [None, None], [])
        client = connect(account(proxy.url()), proxy=other.url())
        client.generate(REQUEST, provider="apiyi")
        assert (len(other.seen), len(proxy.seen)) == (2, 1)


def test_a_bare_images_rules_have_the_clients_proxy() -> None:
    """Whose URL leads anywhere: it is not fetched behind the proxy's back."""
    made = Proxy("http://127.0.0.1:3128")
    providers = Providers(Registry({}), [], {}, proxy=made)
    assert providers.rules("").proxy == made


def test_what_no_proxy_is_needed_for_is_refused_still(
    connect: Make, server: Loopback, proxy: ForwardProxy
) -> None:
    """A result at an address that is private as it is written is not asked for."""
    server.on(SUBMIT, drawn("10.0.0.1"))
    client = connect(account(proxy.url()))
    made = client.generate(REQUEST, provider="apiyi")
    with pytest.raises(Exception, match="https and public"):
        client.fetch(made.images[0], provider="apiyi")
    assert len(proxy.seen) == 1


# ---------------------------------------------------------------------- when it says no


def test_a_proxy_that_is_not_there_keeps_everything_unsent(
    connect: Make, refused_url: str, server: Loopback
) -> None:
    """Nothing goes around it."""
    host = refused_url.replace("//", "//ann:s3cret-word@")
    client = connect(Account(provider="apiyi", key=KEY, base_url=server.url, proxy=host))
    with pytest.raises(NotSentError) as raised:
        client.submit(REQUEST, provider="apiyi")
    assert "s3cret" not in f"{raised.value!r} {raised.value} {raised.value.__cause__}"
    assert server.accepted == 0


@pytest.mark.parametrize("base_url", ["https://draws.test", HOST])
def test_a_proxy_that_refuses_is_told_without_its_password(
    connect: Make, proxy: ForwardProxy, server: Loopback, base_url: str
) -> None:
    """A tunnel that is refused left nothing behind; plain http is answered by the proxy itself."""
    proxy.refuses = 407
    through = proxy.url("ann:s3cret-word@")
    client = connect(Account(provider="apiyi", key=KEY, base_url=base_url, proxy=through))
    with pytest.raises((NotSentError, ProtocolError)) as raised:
        client.submit(REQUEST, provider="apiyi")
    assert "407" in f"{raised.value} {getattr(raised.value, 'status', '')}"
    told = f"{raised.value!r} {raised.value} {raised.value.__cause__!r} {raised.value.__cause__}"
    assert "s3cret" not in told
    assert raised.value.billed == "no"
    assert server.accepted == 0


# ---------------------------------------------------------------------- TLS

_ASKS = """
import asyncio, sys
from tintype._keys.dispatch import fetch_request
from tintype.messages import Proxy
from tintype.transports.{library} import {name}
from attrs import evolve

request = evolve(fetch_request("https://draws.test/x", public_only=True), proxy=Proxy(sys.argv[1]))
{work}
"""
_SYNC = """
transport = Urllib3Transport()
for _ in range(2):
    incoming = transport.open(request, timeout=20)
    print(b"".join(incoming.chunks()).decode())
    incoming.close()
transport.close()
"""
_ASYNC = """
async def ask():
    transport = AiohttpTransport()
    for _ in range(2):
        incoming = await transport.open(request, timeout=20)
        print(b"".join([chunk async for chunk in incoming.chunks()]).decode())
        await incoming.close()
    await transport.close()
asyncio.run(ask())
"""


@pytest.mark.parametrize(
    ("library", "name", "work"),
    [("urllib3", "Urllib3Transport", _SYNC), ("aiohttp", "AiohttpTransport", _ASYNC)],
)
def test_tls_goes_through_a_tunnel_from_end_to_end(
    tmp_path: Path, library: str, name: str, work: str
) -> None:
    """The host's certificate is checked, the tunnel used again, the password the proxy's alone."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("draws.test").configure_cert(context)
    with Loopback(context) as server, ForwardProxy(server) as proxy:
        server.on("GET /x", answer(b"drawn"))
        done = subprocess.run(  # noqa: S603 - our own script
            [
                sys.executable,
                "-W",
                "error",
                "-c",
                _ASKS.format(library=library, name=name, work=work),
                proxy.url("ann:s%3Acret@"),
            ],
            env={"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(tmp_path / "authority.pem")},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stdout == "drawn\ndrawn\n", done.stderr
        assert (proxy.seen, proxy.shown) == (["CONNECT draws.test:443"], [SHOWN])
        assert all(each.header("Proxy-Authorization") is None for each in server.take())


# ---------------------------------------------------------------------- how it is given


@pytest.mark.parametrize(
    "given",
    [
        "",
        "proxy.example:3128",
        "socks5://proxy.example:1080",
        "http://",
        "http://ann:s3cret-word@",
        "http://proxy.example:port",
        "http://proxy.example:99999",
        "http://proxy.example/path",
        "http://proxy.example?s3cret-word",
        "http://proxy.example\r\nX: s3cret-word",
        "http://[s3cret-word",
    ],
)
def test_what_is_no_proxy_is_refused_and_not_shown(given: str) -> None:
    """It may hold a password; the way out is said."""
    for make in (lambda: Account(provider="apiyi", proxy=given), lambda: Client(proxy=given)):
        with pytest.raises(InvalidRequestError, match=r"http://user:password@") as raised:
            make()
        assert raised.value.field == "proxy"
        assert "s3cret" not in str(raised.value)


def test_a_proxy_keeps_its_password_to_itself() -> None:
    """In its text, in a copy of an account's, and in a pickle."""
    made = Account(provider="apiyi", proxy="http://ann:s3cret-word@proxy.example:3128/")
    assert made.proxy is not None
    request = fetch_request("https://draws.test/x", public_only=True, proxy=made.proxy)
    assert "s3cret" not in f"{made!r} {made} {made.proxy} {request!r}"
    assert b"s3cret" not in pickle.dumps(made.proxy)
    assert copy.deepcopy(made.proxy).url == made.proxy.url == "http://proxy.example:3128"
    assert Proxy("http://ann@p:1").authorization == f"Basic {b64encode(b'ann:').decode()}"
    assert Proxy("http://p:1").authorization == ""
    assert len({Proxy("http://a:b@p:1"), Proxy("http://a:b@p:1"), Proxy("http://a:c@p:1")}) == 2


def test_a_transport_of_ones_own_takes_no_proxy() -> None:
    """It would go around it in silence."""
    with httpx.Client() as mine, pytest.raises(UsageError, match="give the proxy to it"):
        Client(account("http://127.0.0.1:3128"), transport=HttpxTransport(mine))


# ---------------------------------------------------------------------- the command line


@pytest.mark.parametrize("by", ["flag", "variable"])
def test_the_command_line_goes_through_a_proxy(
    server: Loopback, proxy: ForwardProxy, tmp_path: Path, by: str
) -> None:
    """That a flag or a variable of its own names; it shows its password nowhere."""
    server.on(SUBMIT, drawn()).on("GET /1.png", answer(PNG))
    environ = {"APIYI_API_KEY": KEY, "APIYI_BASE_URL": HOST, "TINTYPE_JOURNAL": "off"}
    environ |= {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    through = proxy.url("ann:s%3Acret@")
    arguments = ["generate", "x", "-p", "apiyi", "-o", "out", "-v"]
    if by == "flag":
        arguments += ["--proxy", through]
    else:
        environ["TINTYPE_PROXY"] = through
    done = subprocess.run(  # noqa: S603 - our own script
        [SCRIPT, *arguments],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert len(proxy.seen) == 2
    assert "cret" not in done.stdout + done.stderr
