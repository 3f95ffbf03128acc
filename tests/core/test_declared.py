"""What plugins declare of credentials, and accounts give: nothing that nobody reads or fills."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from attrs import evolve, fields
from tests.core import easel
from tests.core.conftest import Connect
from tests.core.loopback import Loopback, answer
from tests.core.pictures import PNG

from tintype import Account, AsyncClient, Client, Image, ImageRequest, hookimpl
from tintype._client.keyed_results import is_keyed
from tintype._client.providers import Providers
from tintype._keys.signing import sign
from tintype._plugins.registry import Registry
from tintype.account import Secret
from tintype.credentials import (
    Basic,
    HeaderKey,
    Jwt,
    OAuthClientCredentials,
    QueryKey,
    Scheme,
    SigV4,
)
from tintype.errors import InvalidRequestError, PluginError, UsageError
from tintype.messages import HttpRequest

AT = datetime(2026, 11, 28, 12, 0, 3, tzinfo=UTC)
REQUEST = ImageRequest(prompt="a red panda")
HOLE = "{nobody}"
KEY = "sk-canary-4711-do-not-tell"
BOUGHT = OAuthClientCredentials(
    token_url="https://sells.test/token", scope="a", parameters={"b": "c"}
)
SCHEMES: tuple[Scheme, ...] = (
    HeaderKey(),
    QueryKey(),
    Basic(),
    Jwt(lifetime=60, claims={"a": "b"}, head={"c": "d"}, times={"iat": 0}),
    SigV4(service="s", region="eu-1"),
    BOUGHT,
)


def plugin(**said_so: object) -> SimpleNamespace:
    """The easel, as if it said these of itself."""
    info = evolve(easel.INFO, **said_so)
    return SimpleNamespace(**{**vars(easel), "describe": hookimpl(lambda: info)})


def refusal(**said_so: object) -> str:
    """Why a plugin that says so is not loaded, or ""."""
    try:
        Registry({"easel": plugin(**said_so)}).get("easel")
    except PluginError as error:
        return str(error)
    return ""


def with_a_hole(scheme: Scheme) -> Iterator[tuple[str, Scheme]]:
    """A scheme for each of its fields that hold text, with a hole there that nobody declares."""
    for each in fields(type(scheme)):
        held = getattr(scheme, each.name)
        if isinstance(held, str) and each.name not in {"algorithm", "proof"}:
            front = held if each.name == "token_url" else ""
            yield each.name, evolve(scheme, **{each.name: f"{front}{HOLE}"})
        elif isinstance(held, Mapping):
            yield each.name, evolve(scheme, **{each.name: {**held, HOLE: "x"}})
            if each.name not in {"times", "claims", "head"}:  # those fill it by a credential
                yield each.name, evolve(scheme, **{each.name: {**held, "x": HOLE}})


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: type(scheme).__name__)
def test_a_hole_that_nothing_fills_is_refused_in_every_field(scheme: Scheme) -> None:
    """It would be sent as it is; every field that holds text is looked at."""
    assert refusal(auth=scheme) == ""
    for name, holed in with_a_hole(scheme):
        assert name in refusal(auth=holed), holed


@pytest.mark.parametrize(
    ("said_so", "fault"),
    [
        ({"auth": Jwt(lifetime=60, claims={"exp": 1})}, "claims['exp'], which 'lifetime'"),
        ({"auth": Jwt(lifetime=60, times={"exp": 1})}, "times['exp'], which 'lifetime'"),
        ({"auth": Jwt(lifetime=60, claims={"iat": 1}, times={"iat": 0})}, "claims['iat']"),
        ({"auth": Jwt(lifetime=60, head={"alg": "none"})}, "head['alg'], which 'algorithm'"),
        ({"auth": Jwt(lifetime=60, claims={"who": {"is": ["{secret}"]}})}, "claims['who']"),
        ({"auth": Jwt(lifetime=60, claims={"n": float("nan")})}, "claims['n'], which JSON cannot"),
        ({"auth": Jwt(lifetime=60, claims={"aud": "https://{api-key}/"})}, "claims['aud']"),
        (
            {
                "auth": Jwt(lifetime=60, claims={"aud": ["in {region}"]}),
                "settings": {"region": "eu-1"},
            },
            "claims['aud'], in which nothing fills {region}",
        ),
        ({"auth": SigV4(service="s")}, "region, in which nothing fills {region}"),
        ({"auth": HeaderKey(header="Proxy-Authorization")}, "'Proxy-Authorization'"),
        ({"variables": {"secret": "EASEL_SECRET"}}, "'secret', which is neither a credential"),
        (
            {
                "keyed_results": ("https://api.easel.test/view",),
                "result_headers": (("X-Region", "{region}"),),
            },
            "'region' in braces, which is no setting",
        ),
        (
            {"keyed_results": ("https://api.easel.test/{region}/view",)},
            "holes are no settings",
        ),
    ],
    ids=str,
)
def test_a_declaration_that_nothing_reads_is_refused_by_its_name(
    said_so: dict[str, object], fault: str
) -> None:
    """When the plugin is loaded: nothing is sent, nothing is ignored."""
    assert fault in refusal(**said_so)


def test_a_claim_is_filled_however_deep_it_stands() -> None:
    """What it names is needed, as at the top."""
    scheme = Jwt(lifetime=60, claims={"user": {"ids": ["{key}", 1], "of": "team-{team}"}})
    assert set(scheme.needs) == {"key", "team", "secret"}
    held = {name: Secret(f"{name}-0123456789") for name in scheme.needs}
    request = HttpRequest(method="GET", url="https://api.acme.test/", headers=())
    shown = sign(scheme, held, {}, request, AT).request.headers[-1][1]
    claims = json.loads(base64.urlsafe_b64decode(shown.split(".")[1] + "=="))
    assert claims["user"] == {"ids": ["key-0123456789", 1], "of": "team-team-0123456789"}


# ------------------------------------------------------------------------- results, by region

REGIONAL = {
    "origins": ("https://{region}.easel.test",),
    "keyed_results": ("https://{region}.easel.test/view",),
    "settings": {"region": ""},
}


def test_a_result_of_the_accounts_own_region_is_fetched_with_the_key(
    connect: Connect, server: Loopback
) -> None:
    """Its origin is filled as that of a request is."""
    account = Account(provider="easel", key=KEY, settings={"region": "eu-1"}, base_url=server.url)
    client = connect(account, plugins={"easel": plugin(**REGIONAL)})
    server.on("GET /view/1.png", answer(PNG, media_type="image/png"))
    image = Image(url="https://eu-1.easel.test/view/1.png")
    assert client.fetch(image, provider="easel") == PNG
    assert server.requests[-1].header("authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("region", "url", "keyed"),
    [
        ("eu-1", "https://eu-1.easel.test/view/1.png", True),
        ("eu-1", "https://eu-1.easel.test/viewer/1.png", False),
        ("eu-1", "https://eu-2.easel.test/view/1.png", False),
        ("eu-1", "https://{region}.easel.test/view/1.png", False),
        ("", "https://.easel.test/view/1.png", False),
        ("", "https://eu-1.easel.test/view/1.png", False),
    ],
)
def test_a_result_is_behind_the_key_only_where_the_filled_origin_matches(
    region: str, url: str, *, keyed: bool
) -> None:
    """Another region is another host; an account without one has no such place at all."""
    account = Account(provider="easel", key=KEY, settings={"region": region})
    providers = Providers(Registry({"easel": plugin(**REGIONAL)}), [account], {})
    assert is_keyed(url, providers.rules("easel")) is keyed


# ------------------------------------------------------------------------------ what is given


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"settings": {"regoin": "eu-1"}}, "settings", "'regoin'.*Did you mean 'region'"),
        ({"credentials": {"secert": "s"}}, "credentials", "'secert'.*takes.*'key'"),
        ({"credentials": {"kay": "s"}}, "credentials", "Did you mean 'key'"),
        ({"public": {"keys"}}, "public", "Did you mean 'key'"),
    ],
)
def test_an_account_gives_nothing_that_its_provider_does_not_take(
    connect: Connect, server: Loopback, given: dict[str, object], field: str, told: str
) -> None:
    """The error names the near ones, before anything is sent."""
    account = evolve(Account(provider="easel", key=KEY, base_url=server.url), **given)
    client = connect(account, plugins={"easel": plugin(settings={"region": "eu-1"})})
    with pytest.raises(InvalidRequestError, match=told) as caught:
        client.generate(REQUEST, provider="easel")
    assert caught.value.field == field
    assert server.requests == []


def test_a_key_is_given_only_where_a_provider_takes_one(connect: Connect, server: Loopback) -> None:
    """One for who knows its customers by name and password would be ignored."""
    account = Account(provider="easel", key=KEY, base_url=server.url)
    client = connect(account, plugins={"easel": plugin(auth=Basic())})
    with pytest.raises(InvalidRequestError, match="'username', 'password'") as caught:
        client.generate(REQUEST, provider="easel")
    assert caught.value.field == "key"
    assert KEY not in str(caught.value)
    assert server.requests == []


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_has_one_account_with_each_provider(kind: type[Client]) -> None:
    """A second was taken in silence in place of the first."""
    first, second = (Account(provider="easel", key=f"{KEY}-{number}") for number in (1, 2))
    with pytest.raises(UsageError, match=r"two accounts.*a client for each") as caught:
        kind(first, second, plugins={"easel": easel}, environ={})
    assert caught.value.provider == "easel"
    assert KEY not in str(caught.value)
