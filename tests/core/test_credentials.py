"""Who asks: what each scheme shows, where it is found, and that nothing else shows it."""

from __future__ import annotations

import asyncio
import base64
import functools
import io
import json
import os
import pickle
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote_plus, urlsplit

import jwt
import pytest
from attrs import evolve
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.traceback import Traceback
from tests.core import easel
from tests.core.acme import API, INFO, signed
from tests.core.conftest import Connect
from tests.core.loopback import Loopback, Recorded, answer, said
from tests.core.pictures import PNG

from tintype import (
    Account,
    AsyncClient,
    Client,
    ImageRequest,
    Reference,
    Secret,
    Task,
    TaskState,
    hookimpl,
    to_json,
)
from tintype._client.accounts import completed
from tintype._client.keyring import Keyring
from tintype._flow.effects import Send
from tintype._keys.signing import sign
from tintype._plugins.registry import Registry
from tintype.catalog import References
from tintype.credentials import (
    Basic,
    HeaderKey,
    Jwt,
    OAuthClientCredentials,
    QueryKey,
    Scheme,
    SigV4,
)
from tintype.errors import (
    AuthenticationError,
    MissingKeyError,
    NotSentError,
    PermissionDeniedError,
    PluginError,
    ProtocolError,
    TintypeError,
    UsageError,
    refusal,
)
from tintype.exchange import Exchange
from tintype.messages import HttpRequest, Request, Response, find_header

AT = datetime(2026, 11, 28, 12, 0, 3, tzinfo=UTC)
KEY, SECRET = "ak-canary-4711-do-not-tell", "sk-canary-4712-do-not/tell+this+to-anybody"
SESSION = "st-canary-4713/do+not+tell=="
REQUEST = ImageRequest(prompt="a red panda")
CREATE = "POST /v1/pictures"
DONE = {"id": "p1", "state": "done", "urls": ["https://cdn.test/1.png"]}


def shown(scheme: Scheme, **credentials: str) -> HttpRequest:
    """A request as it leaves, for an account with these credentials."""
    key = credentials.pop("key", None)
    account = Account(
        provider="acme", key=key, credentials=credentials, settings={"region": "eu-west-1"}
    )
    return signed(Request.get(f"{API}/x?a=1"), evolve(INFO, auth=scheme), account, AT)


def authorization(request: HttpRequest) -> str:
    """What stands in the header of that name."""
    return find_header(request.headers, "authorization") or ""


# ----------------------------------------------------------------------------- the schemes


def test_a_key_in_the_query_is_escaped_and_in_no_repr() -> None:
    """Behind what the plugin asked for; no header has it."""
    made = shown(QueryKey(name="api_key"), key=SECRET)
    assert parse_qs(urlsplit(made.url).query) == {"a": ["1"], "api_key": [SECRET]}
    assert authorization(made) == ""
    assert "canary" not in repr(made)


def test_a_pair_is_shown_in_base64() -> None:
    """RFC 7617, 2; the password may hold a colon, the name may be short."""
    made = shown(Basic(), username="me", password="pass:word-1")
    kind, _, pair = authorization(made).partition(" ")
    assert (kind, base64.b64decode(pair)) == ("Basic", b"me:pass:word-1")


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    """A private key as it is kept."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


RSA, ED = rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()
SIGNERS = {"HS256": (SECRET, SECRET), "RS256": (pem(RSA), RSA.public_key())}
SIGNERS["EdDSA"] = (pem(ED).replace("\n", "\\n"), ED.public_key())


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_a_token_is_what_pyjwt_accepts(algorithm: str) -> None:
    """By each algorithm; a key in PEM may have the escapes of a variable for its line ends."""
    private, public = SIGNERS[algorithm]
    scheme = Jwt(
        algorithm=algorithm,  # type: ignore[arg-type]  # one of the three
        claims={"iss": "{key}", "aud": "acme", "admin": False},
        times={"iat": 0, "nbf": -5},
        head={"kid": "{key_id}"},
        lifetime=60,
    )
    token = authorization(shown(scheme, key=KEY, key_id="id-1-of-mine", secret=private))
    token = token.removeprefix("Bearer ")
    claims = jwt.decode(token, public, [algorithm], audience="acme", options={"verify_exp": False})
    now = int(AT.timestamp())
    times = {"iat": now, "nbf": now - 5, "exp": now + 60}
    assert claims == {"iss": KEY, "aud": "acme", "admin": False, **times}
    assert jwt.get_unverified_header(token)["kid"] == "id-1-of-mine"


@pytest.mark.parametrize("private", [SECRET, pem(ED)], ids=["no PEM", "of another kind"])
def test_a_secret_that_signs_nothing_is_told_unshown(private: str) -> None:
    """By the credential's name."""
    scheme = Jwt(algorithm="RS256", claims={"iss": "{key}"}, lifetime=60)
    client = Client(
        Account(provider="easel", key=KEY, credentials={"secret": private}),
        plugins={"easel": plugin(auth=scheme)},
        environ={},
    )
    with client, pytest.raises(UsageError, match="cannot be made of key and secret") as caught:
        client.submit(REQUEST, provider="easel")
    assert not isinstance(caught.value.__context__, ValueError | TypeError)  # whose frames hold it
    assert private not in _as_reporters_tell(caught.value)


def test_what_has_to_be_installed_is_named_before_anything_is_sent() -> None:
    """RS256 without cryptography: the extra."""
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from attrs import evolve\n"
        "from tests.core.acme import API, INFO, signed\n"
        "from tintype import Account, Request\n"
        "from tintype.credentials import Jwt\n"
        "info = evolve(INFO, auth=Jwt(algorithm='RS256', lifetime=60))\n"
        "account = Account(provider='acme', credentials={'secret': 'a-secret-of-mine'})\n"
        "signed(Request.get(API), info, account, None)\n"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (
        "UsageError: acme: RS256 needs cryptography: pip install 'tintype[crypto]'" in done.stderr
    )


PATHS = st.text("abc/.~ %:-_é", max_size=12)
QUERIES = st.lists(st.text("ab=&%2F-~", max_size=6), max_size=4).map("&".join)


@given(path=PATHS, query=QUERIES, body=st.binary(max_size=20), session=st.booleans())
def test_a_signature_is_the_one_that_botocore_makes(
    path: str, query: str, body: bytes, *, session: bool
) -> None:
    """Over the same bytes, whatever path, query and body; with a session token, too."""
    url = f"https://x.test:8443/{path.replace('é', '%C3%A9').replace(' ', '%20')}?{query}"
    headers = (("Accept", "a/b,  c/d"), ("User-Agent", "u"), ("Content-Type", "x/y"))
    request = HttpRequest(method="POST", url=url, headers=headers, body=body)
    held = {"key": Secret(KEY), "secret": Secret(SECRET)}
    held |= {"session_token": Secret(SESSION)} if session else {}
    made = sign(SigV4(service="bedrock"), held, {"region": "eu-west-1"}, request, AT)
    sent = dict(made.request.headers)
    unsigned = {name: text for name, text in sent.items() if name != "Authorization"}
    theirs = AWSRequest("POST", url, headers=unsigned, data=body)
    theirs.context["timestamp"] = sent["X-Amz-Date"]
    signer = SigV4Auth(Credentials(KEY, SECRET, SESSION), "bedrock", "eu-west-1")
    canonical = signer.canonical_request(theirs)
    signature = signer.signature(signer.string_to_sign(theirs, canonical), theirs)
    signer._inject_signature_to_request(theirs, signature)  # noqa: SLF001 - what it shows
    assert sent["Authorization"] == theirs.headers["Authorization"]
    assert sent["X-Amz-Date"] == "20261128T120003Z"
    assert sent.get("X-Amz-Security-Token") == (SESSION if session else None)


@pytest.mark.parametrize("region", ["x.evil.test/", "", "a b", "{region}"])
def test_a_setting_that_could_lead_elsewhere_is_refused(region: str) -> None:
    """By its name, and nothing is sent."""
    account = Account(
        provider="acme", key=KEY, credentials={"secret": SECRET}, settings={"region": region}
    )
    with pytest.raises(UsageError, match="setting 'region'"):
        signed(Request.get(API), evolve(INFO, auth=SigV4(service="s")), account, AT)


OPTIONAL = [HeaderKey(optional=True), QueryKey(optional=True), Basic(optional=True)]


@pytest.mark.parametrize("scheme", OPTIONAL, ids=lambda each: type(each).__name__)
def test_who_may_go_without_a_key_is_shown_none(scheme: Scheme) -> None:
    """Where the account has none; half a pair is a slip all the same."""
    made = shown(scheme)
    assert (made.url, authorization(made)) == (f"{API}/x?a=1", "")
    with pytest.raises(MissingKeyError, match="password"):
        shown(Basic(optional=True), username="me")


@pytest.mark.parametrize(
    "scheme",
    [
        HeaderKey(header="X Key"),
        HeaderKey(prefix="Key\r\nX: y "),
        Jwt(lifetime=60, header=""),
        HeaderKey(header="Host", prefix=""),
        Jwt(lifetime=60, header="Content-Length"),
        OAuthClientCredentials(token_url="https://sells.test/token", id_header="Cookie"),
        QueryKey(name="a&b"),
        OAuthClientCredentials(token_url="http://sells.test/token"),
        OAuthClientCredentials(token_url="https://me@sells.test/token"),
        OAuthClientCredentials(token_url="sells.test"),
        OAuthClientCredentials(token_url="https://sells.test\\.evil.test/token"),
        OAuthClientCredentials(token_url="https://login.{tenant}/token"),
        OAuthClientCredentials(token_url="https://{tenant}/token"),
        OAuthClientCredentials(token_url="https://*.sells.test/token"),
        OAuthClientCredentials(token_url="https://sells.test/token", parameters={"client_id": "x"}),
        OAuthClientCredentials(token_url="https://sells.test/t", id_header="AUTHORIZATION"),
        Jwt(lifetime=60, claims={"sub": "me-{secret}"}),
        Jwt(lifetime=60, head={"kid": "{secret}"}),
        SigV4(service="s/aws4\r\nX: y"),
        SigV4(service="s", region="{region}/x"),
        "Bearer {key}",
        None,
    ],
    ids=str,
)
def test_a_scheme_that_cannot_be_shown_is_refused_when_a_plugin_is_loaded(scheme: object) -> None:
    """With the plugin's name: before there is anything to send."""
    client = Client(plugins={"easel": plugin(auth=scheme)}, environ={})
    with client, pytest.raises(PluginError, match="The plugin easel describes"):
        client.submit(REQUEST, provider="easel")


@pytest.mark.parametrize(
    "said_of_itself",
    [
        {"settings": {"key": ""}},
        {"settings": {"secret": ""}, "auth": SigV4(service="s", region="eu-west-1")},
        *(
            {"settings": {"zone": ""}, "variables": {"zone": name}}
            for name in ("OTHER_API_KEY", "KEY_ID", "GITHUB_PAT", "DB_PASS", "X_AUTH", "APIKEYS")
        ),
        *({"settings": {name: ""}} for name in ("token", "secret_access_key", "apikey", "my_pwd")),
        {"auth": Jwt(lifetime=60, claims={"iss": "{webhook_secret}"})},
    ],
    ids=str,
)
def test_a_setting_never_bears_a_secret(said_of_itself: dict[str, object]) -> None:
    """Settings go into URLs: a plugin that would put a secret there is not loaded."""
    client = Client(plugins={"easel": plugin(**said_of_itself)}, environ={"EASEL_API_KEY": KEY})
    with client, pytest.raises(PluginError, match="The plugin easel describes a ") as caught:
        client.submit(REQUEST, provider="easel")
    assert KEY not in str(caught.value)


def test_a_plugin_reads_no_other_providers_key() -> None:
    """By its variables, or by a name that is spelt like the other's."""
    other = plugin(name="other", variables={"key": "EASEL_API_KEY"})
    with pytest.raises(PluginError, match="'EASEL_API_KEY', which is of the provider 'easel'"):
        Registry({"easel": easel, "other": other}).get("other")
    assert Registry({"other": other}).get("other")
    assert Registry({"easel": easel, "other": other}).get("easel")


@pytest.mark.parametrize("name", ["EASEL", "ea-sel", "easel.x", "easel\n", "é", "1", "", "../x"])
def test_a_providers_name_is_a_word_of_small_letters(name: str) -> None:
    """Another spelling would read the variables of the provider that has the name."""
    named = plugin(name=name)
    with pytest.raises(PluginError, match="not of small letters"):
        Registry({name: named}).get(name)


def test_a_tokens_head_names_the_algorithm_it_is_signed_with() -> None:
    """Whatever a plugin would have it say."""
    made = authorization(shown(Jwt(lifetime=60, head={"alg": "none"}), secret=SECRET))
    head = made.removeprefix("Bearer ").partition(".")[0]
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "HS256"


# ------------------------------------------------------------------- where they are found

DOCUMENTED = {"key": "ACME_ACCESS", "secret": "ACME_SIGNING", "region": "ACME_PLACE"}
CLOUD = evolve(
    INFO, auth=SigV4(service="s"), variables=DOCUMENTED, settings={"region": "eu-west-1"}
)


def found(environ: Mapping[str, str], **fields: object) -> Account:
    """An account, completed from an environment."""
    return completed(Account(provider="acme", **fields), CLOUD, environ)  # type: ignore[arg-type]


def held(account: Account) -> dict[str, str]:
    """An account's credentials in clear."""
    return {name: each.reveal() for name, each in account.held.items() if isinstance(each, Secret)}


def test_the_providers_own_variables_are_read() -> None:
    """Of credentials and of settings; tintype's own count more."""
    environ = {"ACME_ACCESS": "a", "ACME_SIGNING": "b", "ACME_PLACE": "us-east-1"}
    account = found(environ)
    assert (held(account), account.settings) == (
        {"key": "a", "secret": "b"},
        {"region": "us-east-1"},
    )
    own = {"ACME_API_KEY": "c", "ACME_SECRET": "d", "ACME_REGION": "e", **environ}
    assert held(found(own)) == {"key": "c", "secret": "d"}
    assert found(own).settings == {"region": "e"}
    assert found({}).settings == {"region": "eu-west-1"}


def test_a_session_token_comes_with_the_rest_of_its_identity() -> None:
    """One of the environment is not put beside a key that was given."""
    environ = {"ACME_SESSION_TOKEN": "t", "ACME_SIGNING": "b"}
    assert held(found({**environ, "ACME_ACCESS": "a"}))["session_token"] == "t"
    assert held(found(environ, key="mine")) == {"key": "mine", "secret": "b"}


def test_what_is_missing_is_told_at_once_by_its_variables(connect: Connect) -> None:
    """The provider's own ones, with how else to give them, and where to get them."""
    info = evolve(CLOUD, name="easel", homepage="https://easel.test/keys")
    client = connect(plugins={"easel": plugin(**_fields_of(info))})
    words = (
        r"the credentials key, secret: set ACME_ACCESS and ACME_SIGNING, or give an Account with "
        r"a key and credentials=\{'secret': …\}. Get one at https://easel.test/keys"
    )
    with pytest.raises(MissingKeyError, match=words):
        client.submit(REQUEST, provider="easel")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_who_asks_names_what_holds_the_key(
    connect: Connect, server: Loopback, status: int
) -> None:
    """With the status, and where a person gets one; the provider's own words stand in front."""
    kinds = {401: AuthenticationError, 403: PermissionDeniedError}

    @hookimpl
    def parse(exchange: Exchange) -> object:
        assert isinstance(exchange.message, Response)
        raise refusal(exchange.message.status, kinds, "Who are you?")

    info = evolve(CLOUD, name="easel", homepage="https://easel.test/keys")
    failing = plugin(**_fields_of(info))
    failing.parse = parse  # type: ignore[attr-defined]
    account = Account(
        provider="easel", key=KEY, credentials={"secret": SECRET}, base_url=server.url
    )
    server.on(CREATE, said({"why": "Who are you?"}, status=status))
    with pytest.raises(kinds[status]) as caught:
        connect(account, plugins={"easel": failing}).submit(REQUEST, provider="easel")
    assert str(caught.value) == (
        f"easel: Who are you? Status {status}: check ACME_ACCESS and ACME_SIGNING, or what the "
        "Account gives in its place; get one at https://easel.test/keys."
    )
    assert caught.value.message == "Who are you?"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - ours


@pytest.mark.parametrize("key", ["aaaaaaaaaaaa", "0101010101", "12345", "0000000000"])
def test_a_key_of_few_characters_is_refused_unless_it_is_public(key: str) -> None:
    """It stands in many an id by chance, which would be rewritten."""
    with pytest.raises(MissingKeyError, match="fewer than 6 different characters") as caught:
        shown(HeaderKey(), key=key)
    assert key not in str(caught.value)
    account = Account(provider="acme", key=key, public="key")
    assert authorization(signed(Request.get(API), INFO, account, AT)) == f"Bearer {key}"
    info = evolve(INFO, public_keys=(key,))
    assert signed(Request.get(API), info, Account(provider="acme", key=key), AT)


def test_a_public_key_rewrites_no_id(connect: Connect, server: Loopback) -> None:
    """A task whose id holds it is looked at by that id."""
    name = "task-0000000000-1"
    server.on(CREATE, said({"id": name, "state": "drawing"}))
    server.on(f"GET /v1/pictures/{name}", said({**DONE, "id": name}))
    given = Account(provider="easel", key="0000000000", public="key", base_url=server.url)
    drawn = connect(given, plugins={"easel": easel}).generate(REQUEST, provider="easel")
    assert drawn.tasks[0].id == name


def test_the_key_is_given_in_one_way_only() -> None:
    """And a credential is a text, or a function that tells one."""
    with pytest.raises(UsageError, match="Account\\(key=…\\)"):
        Account(provider="acme", credentials={"key": KEY})
    with pytest.raises(UsageError, match="key is of the type int: give a text"):
        Account(provider="acme", key=7)  # type: ignore[arg-type]


# ----------------------------------------------------------------- asked before each exchange


def plugin(**changes: object) -> object:
    """The easel, described otherwise."""
    info = evolve(easel.INFO, **changes)  # type: ignore[arg-type]

    @hookimpl
    def describe() -> object:
        return info

    return SimpleNamespace(**{**vars(easel), "describe": describe})


def _fields_of(info: object) -> dict[str, object]:
    names = ("auth", "variables", "settings", "homepage")
    return {name: getattr(info, name) for name in names}


def by_asking(ask: Callable[[], object], server: Loopback) -> Account:
    """An account whose key is a function."""
    return Account(provider="easel", key=ask, base_url=server.url)  # type: ignore[arg-type]


def test_a_key_is_asked_for_before_each_exchange(connect: Connect, server: Loopback) -> None:
    """So a living client goes on with a new one, in the middle of a task, too."""
    keys = iter(f"key-{number}-of-mine-{number}" for number in range(9))
    server.on(CREATE, said({"id": "p1", "state": "drawing"}))
    server.on("GET /v1/pictures/p1", said({"id": "p1", "state": "drawing"}), said(DONE))
    client = connect(by_asking(lambda: next(keys), server), plugins={"easel": easel})
    assert client.generate(REQUEST, provider="easel").images
    sent = [request.header("authorization") for request in server.requests]
    assert sent == [f"Bearer key-{number}-of-mine-{number}" for number in range(3)]


def test_a_key_of_before_is_taken_out_of_later_answers(connect: Connect, server: Loopback) -> None:
    """A provider may tell at a look what it was shown at the submission."""
    keys = iter(f"key-{number}-of-mine-{number}" for number in range(9))
    server.on(CREATE, said({"id": "p1", "state": "drawing"}))
    server.on("GET /v1/pictures/p1", said({**DONE, "echo": "key-0-of-mine-0"}))
    client = connect(by_asking(lambda: next(keys), server), plugins={"easel": easel})
    (task,) = client.generate(REQUEST, provider="easel").tasks
    assert "of-mine" not in to_json(task)


def test_a_key_that_is_told_again_pushes_no_other_out(connect: Connect, server: Loopback) -> None:
    """A function often tells the same: the one before it is taken out all the same."""
    keys = iter(["key-of-mine-0", *["key-of-mine-1"] * 11])
    server.on(CREATE, said({"id": "p1", "state": "drawing"}))
    looks = [said({"id": "p1", "state": "drawing"})] * 9
    server.on("GET /v1/pictures/p1", *looks, said({**DONE, "echo": "key-of-mine-0"}))
    client = connect(by_asking(lambda: next(keys), server), plugins={"easel": easel})
    task = client.submit(REQUEST, provider="easel")
    for _ in range(10):
        task = client.refresh(task)
    assert task.state is TaskState.SUCCEEDED
    assert "of-mine" not in to_json(task)


async def test_a_key_may_be_awaited(server: Loopback) -> None:
    """A coroutine function is awaited; what hands a coroutine out is understood, too."""

    async def ask() -> str:
        await asyncio.sleep(0)
        return KEY

    server.on(CREATE, said(DONE), said(DONE))
    for asked in (ask, lambda: ask()):  # noqa: PLW0108 - it is no coroutine function
        async with AsyncClient(
            by_asking(asked, server), plugins={"easel": easel}, environ={}
        ) as client:
            assert (await client.generate(REQUEST, provider="easel")).images
    assert [each.header("authorization") for each in server.requests] == [f"Bearer {KEY}"] * 2


def test_a_key_that_is_to_be_awaited_is_not_for_the_sync_client(server: Loopback) -> None:
    """It says which client to take, and leaves nothing that was never awaited."""

    async def ask() -> str:
        return KEY

    account = by_asking(ask, server)
    with (
        Client(account, plugins={"easel": easel}, environ={}) as client,
        pytest.raises(UsageError, match="AsyncClient"),
    ):
        client.submit(REQUEST, provider="easel")


async def test_a_function_that_blocks_holds_up_no_other_call(server: Loopback) -> None:
    """It is called in a thread: the event loop lets it go on itself."""
    loop, released = asyncio.get_running_loop(), threading.Event()

    def ask() -> str:
        loop.call_soon_threadsafe(released.set)
        assert released.wait(10)
        return KEY

    server.on(CREATE, said(DONE))
    async with AsyncClient(by_asking(ask, server), plugins={"easel": easel}, environ={}) as client:
        assert (await client.generate(REQUEST, provider="easel")).images


def test_a_function_that_fails_is_asked_again(connect: Connect, server: Loopback) -> None:
    """Nothing had left, so a task goes on when the next look has a key."""
    answers = iter([KEY, OSError("the vault is shut"), KEY])

    def ask() -> str:
        told = next(answers)
        if isinstance(told, Exception):
            raise told
        return told

    server.on(CREATE, said({"id": "p1", "state": "drawing"}))
    server.on("GET /v1/pictures/p1", said(DONE))
    client = connect(by_asking(ask, server), plugins={"easel": easel}, seed=1)
    task = client.submit(REQUEST, provider="easel")
    assert client.wait(task).state is TaskState.SUCCEEDED
    assert len(server.requests) == 2


@pytest.mark.parametrize("told", [None, 7, b"bytes-of-a-key", "", "aaaaaaaa", "a\nb-cdef-ghi"])
def test_what_a_function_tells_is_held_to_be_a_key(
    connect: Connect, server: Loopback, told: object
) -> None:
    """Else nothing is sent, and the error does not show it."""
    client = connect(by_asking(lambda: told, server), plugins={"easel": easel})
    with pytest.raises(MissingKeyError) as caught:
        client.submit(REQUEST, provider="easel")
    assert server.requests == []
    assert "bytes-of-a-key" not in _as_reporters_tell(caught.value)


def test_the_words_of_a_function_that_failed_are_shown_nowhere(
    connect: Connect, server: Loopback
) -> None:
    """They may hold the key; its kind and its line are told in their place."""

    def ask() -> str:
        msg = f"the vault told {KEY!r}, which has expired"
        raise LookupError(msg)

    client = connect(by_asking(ask, server), plugins={"easel": easel}, seed=1)
    with pytest.raises(NotSentError, match=r"LookupError .*test_credentials") as caught:
        client.submit(REQUEST, provider="easel")
    said_of_it = "".join(traceback.format_exception(caught.value))
    assert KEY not in said_of_it
    assert server.requests == []


# ------------------------------------------------------------------------ tokens that are bought

SELLER = {"client_id": "client-1", "client_secret": "cs-canary-4714/do+not tell"}


BOUGHT = "token-canary-4715-do-not-tell"


def sold(**fields: object) -> bytes:
    """An answer that holds a token."""
    usual = {"access_token": BOUGHT, "token_type": "Bearer", "expires_in": 3600}
    return said({**usual, **fields})


def bought(connect: Connect, server: Loopback, **fields: object) -> Client:
    """A client of the easel that buys its tokens at the server."""
    auth = OAuthClientCredentials(token_url=f"{server.url}/token", **fields)  # type: ignore[arg-type]
    given = Account(provider="easel", credentials=SELLER, base_url=f"{server.url}")
    return connect(given, plugins={"easel": plugin(auth=auth)})


def test_a_token_is_bought_as_a_form_with_the_pair_in_a_header(
    connect: Connect, server: Loopback
) -> None:
    """RFC 6749, 4.4.2 and 2.3.1: both halves encoded as a form first; they go nowhere else."""
    server.on("POST /token", sold())
    server.on(CREATE, said(DONE))
    bought(connect, server, scope="draw", parameters={"audience": "easel"}).generate(
        REQUEST, provider="easel"
    )
    purchase, drawing = server.requests
    form = {"grant_type": ["client_credentials"], "scope": ["draw"], "audience": ["easel"]}
    assert parse_qs(purchase.body.decode()) == form
    pair = base64.b64decode((purchase.header("authorization") or "").removeprefix("Basic "))
    assert [unquote_plus(half) for half in pair.decode().split(":")] == list(SELLER.values())
    assert drawing.header("authorization") == f"Bearer {BOUGHT}"
    assert b"canary-4714" not in drawing.body


def test_threads_that_need_a_token_at_once_buy_one(server: Loopback) -> None:
    """The others wait for it."""

    def slow(_: Recorded) -> bytes:
        time.sleep(0.1)
        return sold()

    server.on("POST /token", slow)
    server.on(CREATE, *[said(DONE)] * 6)
    auth = OAuthClientCredentials(token_url=f"{server.url}/token")
    given = Account(provider="easel", credentials=SELLER, base_url=server.url)
    with (
        Client(given, plugins={"easel": plugin(auth=auth)}, environ={}) as client,
        ThreadPoolExecutor(6) as pool,
    ):
        drawn = list(pool.map(lambda _: client.generate(REQUEST, provider="easel"), range(6)))
    assert len(drawn) == 6
    assert [each.target for each in server.requests].count("/token") == 1


async def test_tasks_that_need_a_token_at_once_buy_one(server: Loopback) -> None:
    """In one event loop; the token serves the next loop as well."""
    server.on("POST /token", sold())
    server.on(CREATE, *[said(DONE)] * 6)
    auth = OAuthClientCredentials(token_url=f"{server.url}/token")
    given = Account(provider="easel", credentials=SELLER, base_url=server.url)
    async with AsyncClient(given, plugins={"easel": plugin(auth=auth)}, environ={}) as client:
        drawings = (client.generate(REQUEST, provider="easel") for _ in range(6))
        assert len(await asyncio.gather(*drawings)) == 6
    assert [each.target for each in server.requests].count("/token") == 1


@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        (said({"error": "invalid_scope"}, status=400), AuthenticationError, "invalid_scope"),
        (said({"error": "no \x1b[2J"}, status=403), AuthenticationError, "sold for these cred"),
        (said({}, status=503), NotSentError, "status 503"),
        (said({"why": "no"}), ProtocolError, "no token"),
        (sold(access_token="a b"), ProtocolError, "no token"),
        (sold(token_type="mac"), ProtocolError, "no token"),
        (answer(b"[" * 60_000), ProtocolError, "no token"),
        (said({}, status=302, headers=[("Location", "/other")]), ProtocolError, "status 302"),
    ],
    ids=range(8),
)
def test_where_no_token_is_sold_nothing_is_sent(
    connect: Connect, server: Loopback, told: bytes, kind: type[TintypeError], words: str
) -> None:
    """Whatever the seller says is told as what it is, and nothing was charged."""
    server.on("POST /token", told)
    client = bought(connect, server)
    with pytest.raises(kind, match=words) as caught:
        client.generate(REQUEST, provider="easel")
    assert caught.value.billed == "no"
    assert {each.target for each in server.requests} == {"/token"}


@pytest.mark.parametrize(("life", "until"), [(3600, 3540), (100, 90), ("60", 54), (None, None)])
def test_a_token_is_shown_until_shortly_before_it_expires(
    life: object, until: float | None
) -> None:
    """A tenth of its life, a minute at most; one of unknown life until it is refused."""
    now = [AT.timestamp()]
    info = evolve(INFO, auth=OAuthClientCredentials(token_url="https://sells.test"))
    account = Account(provider="acme", credentials=SELLER)
    keyring = Keyring(info, account, lambda: datetime.fromtimestamp(now[0], UTC))
    steps = keyring.prepared(Send(request=Request.get(API), repeat=True, timeout=1))
    next(steps)
    body = b'{"access_token": "token-of-mine", "expires_in": %b}' % _in_json(life)
    with pytest.raises(StopIteration):
        steps.send(Response(status=200, body=body))
    assert not keyring.must_buy
    now[0] += until - 1 if until else 10**9
    assert not keyring.must_buy
    now[0] += 1
    assert keyring.must_buy == (until is not None)


def _in_json(value: object) -> bytes:
    return json.dumps(value).encode()


# ----------------------------------------------------------------------- what shows of them

SCHEMES: dict[str, tuple[Scheme, dict[str, str]]] = {
    "header": (HeaderKey(), {"key": KEY}),
    "query": (QueryKey(), {"key": KEY}),
    "basic": (Basic(), {"username": "me", "password": SECRET}),
    "token": (Jwt(claims={"iss": "{key}"}, lifetime=60), {"key": KEY, "secret": SECRET}),
    "signature": (
        SigV4(service="s", region="eu-west-1"),
        {"key": KEY, "secret": SECRET, "session_token": SESSION},
    ),
    "bought": (OAuthClientCredentials(token_url=""), SELLER),
    "asked": (HeaderKey(), {"key": KEY}),
}


def _as_reporters_tell(error: BaseException, *, pretty: bool = False) -> str:
    """An error as crash reporters print it: chains, frames, and the variables in them.

    Pretty is as rich does, which takes its time.
    """
    if error.__traceback__ is not None:  # a test's own frame holds it all
        error.__traceback__ = error.__traceback__.tb_next
    plain = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown_ = "".join([*plain.format(), str(error), repr(vars(error))])
    if not pretty:
        return shown_
    console = Console(file=io.StringIO(), width=500, color_system=None)
    told = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=None
    )
    console.print(told)
    return shown_ + console.file.getvalue()  # type: ignore[attr-defined]


def _tells(asked: Recorded) -> list[str]:
    """What a provider was shown, as it may repeat it."""
    shown_ = asked.header("authorization") or ""
    query = parse_qs(urlsplit(asked.target).query).get("key", [])
    signature = shown_.partition("Signature=")[2]
    session = asked.header("x-amz-security-token") or ""
    return [each for each in (shown_.partition(" ")[2], *query, signature, session) if each]


@pytest.mark.parametrize("way", ["said", "broken", "hook"])
@pytest.mark.parametrize("name", SCHEMES)
def test_no_error_shows_who_asked(
    connect: Connect, server: Loopback, caplog: pytest.LogCaptureFixture, name: str, way: str
) -> None:
    """Not what the account holds and not what was made of it, in any frame, log or observation.

    Of a refusal that repeats it all, a connection that breaks, and a hook that fails.
    """
    caplog.set_level("DEBUG")  # of every library
    scheme, credentials = SCHEMES[name]
    if isinstance(scheme, OAuthClientCredentials):
        scheme = evolve(scheme, token_url=f"{server.url}/token")
        server.on("POST /token", sold())
    seen: list[str] = []

    def told(asked: Recorded) -> bytes:
        if way == "broken":
            return b"SSH-2.0-OpenSSH\r\n\r\n"
        why = f"who is {' '.join(_tells(asked))}?"
        return said(
            {"why": why, "state": "failed", "id": "p1"}, status=400 if way == "said" else 200
        )

    server.on("*", told)
    account = _of(credentials, server, by_function=name == "asked")
    failing = plugin(auth=scheme)
    if way == "hook":

        @hookimpl
        def parse(exchange: object) -> object:
            raise RuntimeError(len(repr(exchange)))

        failing.parse = parse  # type: ignore[attr-defined]
    client = connect(
        account,
        plugins={"easel": failing},
        observers=[lambda each: seen.append(f"{each!r} {each.reply!r} {each.error!r}")],
    )
    with pytest.raises(TintypeError) as caught:
        client.generate(REQUEST, provider="easel")
    derived = [each for asked in server.requests for each in _tells(asked)]
    assert derived
    secrets = {*derived, *(each for each in credentials.values() if "canary" in each)}
    texts = [
        _as_reporters_tell(caught.value, pretty=name == "token"),
        *seen,
        *(each.getMessage() for each in caplog.records),
    ]
    texts += [repr(client.account("easel"))]
    assert [each for each in secrets for text in texts if each in text] == []


# Where a frame is the tests' own; an environment may be called `tests` as well.
TESTS = f"{Path(__file__).parents[1]}{os.sep}"


def _spying(hooks: object, name: str, seen: list[str]) -> object:
    """A hook that looks at what it is given and at every frame around it, and then fails."""
    real = getattr(hooks, name)

    @functools.wraps(real)
    def spy(*given: object) -> object:
        seen.extend(map(repr, given))
        frame = sys._getframe(1)  # noqa: SLF001 - as a spy does
        while frame is not None and not frame.f_code.co_filename.startswith(TESTS):
            seen.extend(repr(each) for each in list(frame.f_locals.values()))
            frame = frame.f_back  # type: ignore[assignment]  # None at the end
        raise RuntimeError(name)

    return spy


@hookimpl
def _upload(reference: Reference, notes: Mapping[str, object]) -> None:  # noqa: ARG001 - the hook's
    return None


@hookimpl
def _cancel(task: Task) -> Request:
    return easel.poll(task)


@hookimpl
def _models() -> Request:
    return Request.get("https://api.easel.test/v1/models")


@pytest.mark.parametrize("hook", ["price", "submit", "upload", "poll", "parse", "cancel", "models"])
@pytest.mark.parametrize("name", SCHEMES)
def test_no_hook_sees_who_asks(connect: Connect, server: Loopback, name: str, hook: str) -> None:
    """Not in what it is given, in no frame around it, and in none of the error it ends in."""
    scheme, credentials = SCHEMES[name]
    if isinstance(scheme, OAuthClientCredentials):
        scheme = evolve(scheme, token_url=f"{server.url}/token")
        server.on("POST /token", sold())
    server.on("*", lambda asked: said({"id": "p1", "state": "drawing", "echo": _tells(asked)}))
    model = evolve(easel.INFO.models[0], references=References(forms=("bytes",), uploads=True))
    spying = SimpleNamespace(**vars(plugin(auth=scheme, models=(model,))))
    spying.upload, spying.cancel, spying.models = _upload, _cancel, _models
    seen: list[str] = []
    account = _of(credentials, server, by_function=name == "asked")
    client = connect(account, plugins={"easel": spying})
    task = client.submit(REQUEST, provider="easel")
    setattr(spying, hook, _spying(spying, hook, seen))
    client = connect(account, plugins={"easel": spying}, on_unsupported="notice")
    calls = {"cancel": client.cancel, "poll": client.refresh, "parse": client.refresh}
    sources = (Reference(data=PNG),) if hook == "upload" else ()
    request = evolve(REQUEST, references=sources)
    limit = None if hook == "upload" else Decimal(0)  # what is too dear is not uploaded
    drawing = functools.partial(client.generate, request, max_cost=limit)
    asking = functools.partial(client.models if hook == "models" else drawing, provider="easel")
    act = functools.partial(calls[hook], task) if hook in calls else asking
    with pytest.raises(TintypeError) as caught:
        act()
    derived = [each for asked in server.requests for each in _tells(asked)]
    secrets = {*derived, *(each for each in credentials.values() if "canary" in each)}
    assert seen
    texts = [*seen, _as_reporters_tell(caught.value)]
    assert [each for each in secrets for text in texts if each in text] == []


def _of(credentials: Mapping[str, str], server: Loopback, *, by_function: bool) -> Account:
    others = {name: each for name, each in credentials.items() if name != "key"}
    key = credentials.get("key")
    return Account(
        provider="easel",
        key=(lambda: KEY) if by_function else key,
        credentials=others,
        base_url=server.url,
    )
