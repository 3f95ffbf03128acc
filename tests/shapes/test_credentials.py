"""Tokens made, requests signed, tokens bought: each proved by others' code, in both clients."""

from __future__ import annotations

import base64
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from urllib.parse import parse_qs

import jwt
import pytest
from attrs import evolve
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.core.conftest import Connect
from tests.core.loopback import Loopback, Recorded, said
from tests.core.pictures import PNG
from tests.shapes import bedrock, firefly, kling

from tintype import Account, Client, ImageRequest, TaskState, hookimpl
from tintype.catalog import ProviderInfo
from tintype.errors import AuthenticationError, MissingKeyError, PermissionDeniedError

ACCESS, SECRET = "ak-kling-0123456789", "sk-kling-do-not-tell-0123456789abcdef"
AWS = ("AKIDEXAMPLE0123456789", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SESSION = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJ="
CLIENT = {"client_id": "firefly-client-1", "client_secret": "p8e-do-not-tell-0123456789"}
REQUEST = ImageRequest(prompt="a red panda")


def client_of(
    connect: Connect, plugin: ModuleType, account: Account, info: ProviderInfo | None = None
) -> Client:
    """A client of a trial plugin that looks often."""
    shown = evolve(info or plugin.INFO, poll_schedule=(0.01,))

    @hookimpl
    def describe() -> ProviderInfo:
        return shown

    made = SimpleNamespace(**{**vars(plugin), "describe": describe})
    return connect(account, plugins={shown.name: made})


# ------------------------------------------------------------------------------- Kling


def by_token(answered: Callable[[], bytes]) -> Callable[[Recorded], bytes]:
    """What Kling answers: PyJWT has to accept the token."""

    def served(asked: Recorded) -> bytes:
        kind, _, token = (asked.header("authorization") or "").partition(" ")
        try:
            needed = ["iss", "exp", "nbf"]
            claims = jwt.decode(token, SECRET, ["HS256"], options={"require": needed})
            known = kind == "Bearer" and claims["iss"] == ACCESS
            known &= claims["exp"] - claims["nbf"] == 1805
        except jwt.InvalidTokenError:
            known = False
        refused = {"code": 1000, "message": f"Auth failed for {token}"}
        return answered() if known else said(refused, status=401)

    return served


def told(status: str, **result: object) -> bytes:
    """A task of Kling's."""
    data = {"task_id": "k1", "task_status": status, "task_result": result}
    return said({"code": 0, "message": "SUCCEED", "data": data})


def kling_at(connect: Connect, server: Loopback, secret: str = SECRET) -> Client:
    """A client of Kling's."""
    given = Account(
        provider="kling", key=ACCESS, credentials={"secret": secret}, base_url=server.url
    )
    return client_of(connect, kling, given)


def test_kling_is_shown_a_token_of_its_own_with_every_request(
    connect: Connect, server: Loopback
) -> None:
    """PyJWT accepts each: made of both keys, good for half an hour."""
    done = told("succeed", images=[{"index": 0, "url": "https://cdn.test/1.png"}])
    server.on("POST /v1/images/generations", by_token(lambda: told("submitted")))
    server.on("GET /v1/images/generations/k1", by_token(lambda: done))
    drawn = kling_at(connect, server).generate(REQUEST, provider="kling")
    assert drawn.tasks[0].state is TaskState.SUCCEEDED
    assert len(server.requests) == 2


def test_a_token_that_a_provider_repeats_is_taken_out(connect: Connect, server: Loopback) -> None:
    """The error tells the provider's words without it."""
    server.on("POST /v1/images/generations", by_token(lambda: told("submitted")))
    other = kling_at(connect, server, "another-secret-0123456789abcdefghijk")
    with pytest.raises(AuthenticationError, match="Auth failed for …") as caught:
        other.generate(REQUEST, provider="kling")
    token = (server.requests[0].header("authorization") or "").partition(" ")[2]
    assert token.count(".") == 2
    assert token not in f"{caught.value} {caught.value.body}"


def test_keys_are_found_by_the_providers_own_names(connect: Connect) -> None:
    """And what is missing is told by them, with where to get one."""
    client = client_of(connect, kling, Account(provider="kling", key=ACCESS))
    words = "set KLING_SECRET_KEY, .* Get one at https://app.klingai.com"
    with pytest.raises(MissingKeyError, match=words):
        client.submit(REQUEST, provider="kling")


# ----------------------------------------------------------------------------- Bedrock


def by_signature(session: str | None) -> Callable[[Recorded], bytes]:
    """What Bedrock answers: botocore has to make the same signature."""

    def served(asked: Recorded) -> bytes:
        shown = asked.header("authorization") or ""
        signed = shown.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        headers = {name: value for name, value in asked.headers if name.lower() in signed}
        url = f"http://{asked.header('host')}{asked.target}"
        request = AWSRequest(asked.method, url, headers=headers, data=asked.body)
        request.context["timestamp"] = asked.header("x-amz-date")
        signer = SigV4Auth(Credentials(*AWS, session), "bedrock", "us-east-1")
        said_ = signer.string_to_sign(request, signer.canonical_request(request))
        wanted = signer.signature(said_, request)
        right = shown.endswith(f"Signature={wanted}") and "x-amz-date" in signed
        right &= f"Credential={signer.scope(request)}," in shown
        right &= asked.header("x-amz-security-token") == session
        if not right:
            return said({"message": "The request signature does not match."}, status=403)
        return said({"images": [base64.b64encode(PNG).decode()], "error": None})

    return served


@pytest.mark.parametrize("session", [None, SESSION], ids=["lasting", "temporary"])
def test_bedrock_is_shown_the_signature_that_botocore_makes(
    connect: Connect, server: Loopback, session: str | None
) -> None:
    """Over the bytes as they came, with temporary credentials too."""
    server.on("*", by_signature(session))
    others = {"secret": AWS[1]} | ({"session_token": session} if session else {})
    given = Account(provider="bedrock", key=AWS[0], credentials=others, base_url=server.url)
    drawn = client_of(connect, bedrock, given).generate(REQUEST, provider="bedrock")
    assert [image.data for image in drawn.images] == [PNG]
    assert server.requests[0].target == "/model/amazon.nova-canvas-v1:0/invoke"


def test_a_wrong_secret_is_refused_and_not_charged(connect: Connect, server: Loopback) -> None:
    """As the provider says it."""
    server.on("*", by_signature(None))
    wrong = {"secret": AWS[1][::-1]}
    given = Account(provider="bedrock", key=AWS[0], credentials=wrong, base_url=server.url)
    with pytest.raises(PermissionDeniedError, match="does not match"):
        client_of(connect, bedrock, given).generate(REQUEST, provider="bedrock")


# ----------------------------------------------------------------------------- Firefly


class Adobe:
    """Sells tokens and serves who shows one that is good."""

    def __init__(self, server: Loopback, life: float = 3600) -> None:
        self.life = life
        self.good: set[str] = set()
        self.sold = 0
        server.on("POST /ims/token/v3", self.sell)
        server.on("POST /v3/images/generate-async", self.guarded({"jobId": "j1"}))
        url = "https://cdn.test/1.png"
        done = {
            "jobId": "j1",
            "status": "succeeded",
            "result": {"outputs": [{"image": {"url": url}}]},
        }
        running = self.guarded({"jobId": "j1", "status": "running"})
        server.on("GET /v3/status/j1", running, running, self.guarded(done))

    def sell(self, asked: Recorded) -> bytes:
        """The token endpoint, as RFC 6749 has it."""
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        scope = form.pop("scope", "")
        if form != {"grant_type": "client_credentials", **CLIENT} or "firefly_api" not in scope:
            return said({"error": "invalid_client"}, status=401)
        self.sold += 1
        token = f"token-{self.sold}-do-not-tell-0123456789"
        self.good.add(token)
        return said({"access_token": token, "token_type": "bearer", "expires_in": self.life})

    def guarded(self, value: object) -> Callable[[Recorded], bytes]:
        """An answer to who shows a token that is good, and the client's id beside it."""

        def served(asked: Recorded) -> bytes:
            token = (asked.header("authorization") or "").removeprefix("Bearer ")
            known = token in self.good and asked.header("x-api-key") == CLIENT["client_id"]
            return said(value) if known else said({"message": f"bad {token}"}, status=401)

        return served


def firefly_at(connect: Connect, server: Loopback, **credentials: str) -> Client:
    """A client of Firefly's, which buys its tokens at the server."""
    auth = evolve(firefly.AUTH, token_url=f"{server.url}/ims/token/v3")
    others = {**CLIENT, **credentials}
    given = Account(provider="firefly", credentials=others, base_url=server.url)
    return client_of(connect, firefly, given, evolve(firefly.INFO, auth=auth))


def test_one_token_serves_many_exchanges(connect: Connect, server: Loopback) -> None:
    """A submission and three looks: one purchase."""
    adobe = Adobe(server)
    drawn = firefly_at(connect, server).generate(REQUEST, provider="firefly")
    assert drawn.tasks[0].state is TaskState.SUCCEEDED
    assert (adobe.sold, len(server.requests)) == (1, 5)


def test_a_token_that_has_run_out_is_bought_anew(connect: Connect, server: Loopback) -> None:
    """Before it is shown: one of so short a life serves a single exchange."""
    adobe = Adobe(server, life=1e-6)
    firefly_at(connect, server).generate(REQUEST, provider="firefly")
    assert adobe.sold == 4


def test_a_token_that_is_refused_is_bought_anew_once(connect: Connect, server: Loopback) -> None:
    """The provider forgot it in the middle of a task, which goes on all the same."""
    adobe = Adobe(server)
    client = firefly_at(connect, server)
    task = client.submit(REQUEST, provider="firefly")
    adobe.good.clear()
    assert client.wait(task).state is TaskState.SUCCEEDED
    assert adobe.sold == 2


def test_a_token_is_not_bought_without_end(connect: Connect, server: Loopback) -> None:
    """One that is refused as soon as it is sold is the provider's last word."""
    adobe = Adobe(server)
    client = firefly_at(connect, server)
    client.submit(REQUEST, provider="firefly")
    server.on("POST /v3/images/generate-async", said({"message": "no"}, status=401))
    with pytest.raises(AuthenticationError):
        client.submit(REQUEST, provider="firefly")
    assert adobe.sold == 2


def test_credentials_that_buy_no_token_send_nothing(connect: Connect, server: Loopback) -> None:
    """The error names the variables, and the code that the seller gave."""
    Adobe(server)
    client = firefly_at(connect, server, client_secret="another-0123456789")
    words = r"\(invalid_client\)\. Status 401: check FIREFLY_CLIENT_ID and FIREFLY_CLIENT_SECRET"
    with pytest.raises(AuthenticationError, match=words) as caught:
        client.generate(REQUEST, provider="firefly")
    assert caught.value.billed == "no"
    assert {each.target for each in server.requests} == {"/ims/token/v3"}
