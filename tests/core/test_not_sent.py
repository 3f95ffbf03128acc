"""Where *not sent* ends and *unknown* begins: connecting, the handshake, a proxy's consent."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import httpx2
import pytest
import trustme
import urllib3
from tests.core import easel
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Fault, Loopback, Rude, answer, said
from tests.core.wires import KINDS, OWN, PATIENCE, Wire, get, post, wires

from tintype import Account, Billed, Budget, Client, ImageRequest, Outcome, Quote
from tintype._flow.verdicts import may_resubmit
from tintype.entries import Intent
from tintype.errors import CertificateError, DroppedError, NotSentError
from tintype.journal._sql import SqlJournal
from tintype.transports.httpx import AsyncHttpxTransport, HttpxTransport
from tintype.transports.urllib3 import Urllib3Transport

SOON = 0.5
ONE = Budget(usd="0.05")  # what one picture of the easel's costs

# What a server does with the first bytes of a TLS handshake.
HANDSHAKES = {
    "closed": (b"", Fault.CLOSE),
    "reset": (b"", Fault.RESET),
    "plain-http": (answer(b"you spoke TLS to me", status=400), Fault.CLOSE),
    "another-protocol": (b"220 mail.example ESMTP\r\n", Fault.CLOSE),
    "an-alert": (b"\x15\x03\x01\x00\x02\x02\x28", Fault.CLOSE),
    "hanging": (b"", Fault.STALL),
    "hanging-half-way": (b"\x16\x03\x03\x00\x7a\x02", Fault.STALL),
}


def _handshakes() -> Iterator[object]:
    """Each kind of transport with each way; anyio leaves the socket of a hanging one open."""
    for kind, name in itertools.product(KINDS, HANDSHAKES):
        if not (kind.endswith("-async") and name.startswith("hanging")):
            yield pytest.param(kind, HANDSHAKES[name], id=f"{kind}-{name}")


@pytest.mark.parametrize(("wire", "way"), list(_handshakes()), indirect=["wire"])
def test_a_handshake_that_fails_was_not_sent(wire: Wire, way: tuple[bytes, Fault]) -> None:
    """However it fails, no byte of the request has left."""
    with Rude(*way) as server:
        with pytest.raises(NotSentError) as caught:
            wire.exchange(post(f"https://{server.place}/x"), timeout=SOON)
        assert may_resubmit(caught.value)
        assert server.heard[0][:1] == b"\x16"


def _serving(made: Callable[[ssl.SSLContext], None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made(context)
    return context


def test_a_server_that_speaks_old_tls_only_was_not_sent_to(wire: Wire) -> None:
    """The versions do not meet."""

    def old(context: ssl.SSLContext) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    with Loopback(tls=_serving(old)) as server, pytest.raises(NotSentError):
        wire.exchange(post(f"{server.url}/x"))


@wires(KINDS)
def test_a_certificate_nobody_vouches_for_is_told_at_once(wire: Wire) -> None:
    """Another try would not mend it: a submission is not made four times."""
    context = _serving(trustme.CA().issue_cert("127.0.0.1").configure_cert)
    with Loopback(tls=context) as server:
        with pytest.raises(CertificateError, match=r"certificate|CERTIFICATE") as caught:
            wire.exchange(post(f"{server.url}/x"))
        assert not may_resubmit(caught.value)
        assert server.requests == []


def test_a_submission_to_a_host_nobody_vouches_for_is_tried_once(connect: Connect) -> None:
    """And nothing was billed."""
    context = _serving(trustme.CA().issue_cert("127.0.0.1").configure_cert)
    with Loopback(tls=context) as server:
        account = Account(provider="easel", key=KEY, base_url=server.url)
        client = connect(account, plugins={"easel": easel})
        with pytest.raises(CertificateError) as caught:
            client.submit(ImageRequest(prompt="a red panda"), provider="easel")
        assert caught.value.billed is Billed.NO
        assert server.accepted == 1


def test_what_is_not_sent_reserves_nothing(tmp_path: Path) -> None:
    """A failed handshake leaves a budget whole."""
    journal = SqlJournal(tmp_path / "journal.db")
    with Rude(b"", Fault.CLOSE) as server:
        account = Account(provider="easel", key=KEY, base_url=f"https://{server.place}")
        options = {"plugins": {"easel": easel}, "journal": journal, "budgets": (ONE,)}
        with Client(account, environ={}, **options) as client, pytest.raises(NotSentError):
            client.submit(ImageRequest(prompt="a red panda"), provider="easel")
        assert {each.outcome for each in journal.records()} == {Outcome.NOT_SENT}
    asked = Intent(
        provider="easel",
        request=ImageRequest(prompt="a red panda"),
        quote=Quote(low=ONE.usd, high=ONE.usd),
        budgets=(ONE,),
    )
    assert journal.record(asked).result()
    journal.close()


@pytest.mark.parametrize("kind", OWN)
def test_the_message_names_the_cause_and_no_class_of_ours(kind: str) -> None:
    """A name that does not resolve is told in the system's words."""
    with ExitStack() as stack:
        wire = Wire(kind, stack)
        with pytest.raises(NotSentError, match="No connection: ") as caught:
            wire.exchange(post("http://nowhere.invalid/x"))
    assert "_" not in str(caught.value).replace("_Errno", "")
    assert "HTTPConnection" not in str(caught.value)


# -------------------------------------------------------------------------- proxies


class Proxied:
    """A way through a proxy, with one blocking method."""

    def __init__(self, kind: str, proxy: str, stack: ExitStack) -> None:
        self._runner = asyncio.Runner()
        stack.callback(self._runner.close)
        context = ssl.create_default_context()
        self._sync: Urllib3Transport | HttpxTransport | None = None
        library = httpx2 if kind.startswith("httpx2") else httpx
        if kind == "urllib3":
            self._sync = Urllib3Transport(urllib3.ProxyManager(proxy, ssl_context=context))
            stack.callback(self._sync.close)
        elif kind.endswith("-mounts"):
            mounts = {"all://": library.HTTPTransport(proxy=proxy, verify=context)}
            mine = stack.enter_context(library.Client(mounts=mounts, verify=context))
            self._sync = HttpxTransport(mine)
        elif kind.endswith("-async"):
            self._async = library.AsyncClient(proxy=proxy, verify=context)
            stack.callback(lambda: self._runner.run(self._async.aclose()))
        else:
            mine = stack.enter_context(library.Client(proxy=proxy, verify=context))
            self._sync = HttpxTransport(mine)

    def ask(self, url: str) -> int:
        """The status of the answer to a POST."""
        if self._sync is not None:
            incoming = self._sync.open(post(url), timeout=PATIENCE)
            incoming.close()
            return incoming.status
        return self._runner.run(self._ask(url))

    async def _ask(self, url: str) -> int:
        incoming = await AsyncHttpxTransport(self._async).open(post(url), timeout=PATIENCE)
        await incoming.close()
        return incoming.status


PROXIES = ("urllib3", "httpx", "httpx-mounts", "httpx-async", "httpx2", "httpx2-async")


@pytest.fixture(params=PROXIES)
def through(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Proxied]]:
    """Makes a way through a proxy."""
    with ExitStack() as stack:
        yield lambda proxy: Proxied(request.param, proxy, stack)


@pytest.mark.parametrize("status", [407, 403, 502, 503])
def test_a_proxy_that_refuses_to_connect_was_not_sent(
    through: Callable[[str], Proxied], status: int
) -> None:
    """Whatever it says to CONNECT: the request behind it stays here."""
    with Rude(answer(b"no", status=status), Fault.CLOSE) as proxy:
        with pytest.raises(NotSentError):
            through(f"http://{proxy.place}").ask("https://provider.test/x")
        assert proxy.heard[0].startswith(b"CONNECT provider.test:443 HTTP/1.1\r\n") or (
            proxy.heard[0].startswith(b"CONNECT provider.test:443 HTTP/1.0\r\n")
        )


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.RESET])
def test_a_proxy_that_hangs_up_was_not_sent(
    through: Callable[[str], Proxied], fault: Fault
) -> None:
    """Before its consent."""
    with Rude(b"", fault) as proxy, pytest.raises(NotSentError):
        through(f"http://{proxy.place}").ask("https://provider.test/x")


@pytest.mark.parametrize("kind", ["urllib3", "httpx", "httpx-mounts", "httpx2"])
def test_a_handshake_through_a_proxy_was_not_sent(kind: str) -> None:
    """It has consented, and whoever is behind it hangs up."""
    consent = b"HTTP/1.1 200 Connection established\r\n\r\n"
    with Rude(consent, Fault.CLOSE) as proxy, ExitStack() as stack, pytest.raises(NotSentError):
        Proxied(kind, f"http://{proxy.place}", stack).ask("https://provider.test/x")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_was_not_sent(
    through: Callable[[str], Proxied], refused_url: str, scheme: str
) -> None:
    """Whether it would have forwarded or connected."""
    with pytest.raises(NotSentError):
        through(refused_url).ask(f"{scheme}://provider.test/x")


def test_a_proxy_whose_name_nobody_knows_was_not_sent(through: Callable[[str], Proxied]) -> None:
    """It cannot be called."""
    with pytest.raises(NotSentError):
        through("http://nowhere.invalid:3128").ask("https://provider.test/x")


def test_a_proxy_that_forwards_is_given_the_whole_address(
    through: Callable[[str], Proxied], server: Loopback
) -> None:
    """A plain http URL goes to the proxy as it is, to the letter."""
    server.on("*", said({}))
    assert through(server.url).ask("http://provider.test/a%2fb?c=100%&d=") == 200
    assert server.requests[0].line == b"POST http://provider.test/a%2fb?c=100%&d= HTTP/1.1"
    assert server.requests[0].header("host") == "provider.test"


def test_a_proxy_that_forwards_and_breaks_off_may_have_passed_it_on(
    through: Callable[[str], Proxied], server: Loopback
) -> None:
    """What fails once the request has left is dropped, proxy or not."""
    server.on("*", Fault.RESET)
    with pytest.raises(DroppedError):
        through(server.url).ask("http://provider.test/x")


# -------------------------------------------------------------------------- others' transports


class Failing(httpx.BaseTransport):
    """A transport of an embedder's own that tells nothing of how far it came."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Fail as if the connection had broken."""
        msg = "broken"
        raise httpx.ReadError(msg, request=request)


def test_a_transport_that_tells_nothing_is_not_believed_to_have_sent_nothing() -> None:
    """Only what is known is told as not sent."""
    with httpx.Client(transport=Failing()) as mine, pytest.raises(DroppedError):
        HttpxTransport(mine).open(get("https://provider.test/x"), timeout=PATIENCE)
