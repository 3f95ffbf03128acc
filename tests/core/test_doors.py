"""What both clients are given, of the wrong kind: an error that names it and the way out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import inf, nan
from pathlib import Path
from types import NoneType, SimpleNamespace

import attrs
import pytest
from attrs import evolve
from tests.core import easel
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback, said
from tests.core.pictures import PNG, in_base64

from tintype import Account, AsyncClient, Billed, Client, ImageRequest, Secret, hookimpl
from tintype._client.options import Keywords
from tintype._plugins.registry import Registry
from tintype.account import Renewed
from tintype.credentials import Basic, HeaderKey, Jwt, OAuthClientCredentials, QueryKey, SigV4
from tintype.errors import InvalidRequestError, PluginError, ProtocolError, UsageError
from tintype.journal._sql import SqlJournal
from tintype.messages import Delivery
from tintype.models import Image, Task, TaskState
from tintype.signatures import Ed25519, Hmac
from tintype.webhooks import WebhookApp

Artist = Callable[..., Client]

REQUEST = ImageRequest(prompt="a red panda")
TASK = Task(provider="easel", id="p1")
REFUSED = Task(provider="easel", state=TaskState.REFUSED, billed=Billed.NO)
DELIVERY = Delivery(body=b"{}")
ONE = "easel"

# A method, what is given, and the argument that is wrong.
GIVEN: tuple[tuple[str, tuple[object, ...], dict[str, object], str], ...] = (
    ("models", (), {"provider": None}, "provider"),
    ("quote", ("x",), {"provider": ONE}, "request"),
    ("quote", (REQUEST,), {"provider": 5}, "provider"),
    ("quote", (REQUEST,), {"provider": []}, "provider"),
    ("submit", (None,), {"provider": ONE}, "request"),
    ("submit", (REQUEST,), {"provider": None}, "provider"),
    ("submit", (REQUEST,), {"provider": ONE, "on_progress": 5}, "on_progress"),
    ("generate", ("x",), {"provider": ONE}, "request"),
    ("generate", ({"prompt": "x"},), {"provider": ONE}, "request"),
    ("generate", (REQUEST,), {"provider": None}, "provider"),
    ("generate", (REQUEST,), {"provider": ONE, "max_cost": "0.05"}, "max_cost"),
    ("generate", (REQUEST,), {"provider": ONE, "on_progress": "print"}, "on_progress"),
    ("stream", ("x",), {"provider": ONE}, "request"),
    ("stream", (REQUEST,), {"provider": 5}, "provider"),
    ("refresh", (None,), {}, "task"),
    ("refresh", ("p1",), {}, "task"),
    ("wait", (None,), {}, "task"),
    ("wait", (TASK,), {"on_progress": 5}, "on_progress"),
    ("wait", (Task,), {}, "task"),
    ("cancel", (5,), {}, "task"),
    ("read_again", (None,), {}, "error"),
    ("read_again", (ValueError("x"),), {}, "error"),
    ("receive", (b"{}",), {"provider": ONE}, "delivery"),
    ("receive", (DELIVERY,), {"provider": None}, "provider"),
    ("receive", (DELIVERY,), {"provider": ONE, "record": 5}, "record"),
    ("receive", (DELIVERY,), {"provider": ONE, "task": "p1"}, "task"),
    ("fetch", (None,), {}, "image"),
    ("fetch", ("https://a.test/1.png",), {}, "image"),
    ("fetch", (Image(data=b"x"),), {"provider": 5}, "provider"),
    ("save", (None, "out"), {}, "images"),
    ("save", ("1.png", "out"), {}, "images"),
    ("save", ([b"x"], "out"), {}, "images"),
    ("save", (REFUSED, None), {}, "folder"),
    ("save", (REFUSED, "out"), {"name": 5}, "name"),
    ("save", ([], "out"), {"provider": 5}, "provider"),
    ("resume", (None,), {}, "folder"),
    ("resume", (5,), {}, "folder"),
    ("resume", (), {"records": "0" * 28}, "records"),
    ("resume", (), {"records": 5}, "records"),
    ("resume", (), {"records": [5]}, "records"),
    ("account", (None,), {}, "provider"),
)


@pytest.mark.parametrize(
    ("method", "arguments", "options", "wrong"),
    GIVEN,
    ids=[f"{method}-{wrong}-{number}" for number, (method, _, _, wrong) in enumerate(GIVEN)],
)
def test_an_argument_of_the_wrong_kind_is_named(
    artist: Artist,
    server: Loopback,
    method: str,
    arguments: tuple[object, ...],
    options: dict[str, object],
    wrong: str,
) -> None:
    """With what to give in its place; nothing is sent, nothing is billed."""
    call = getattr(artist(), method)
    with pytest.raises(InvalidRequestError, match=rf"^{wrong}[ =].*: give ") as caught:
        list(call(*arguments, **options))
    assert (caught.value.field, caught.value.billed) == (wrong, Billed.NO)
    assert server.accepted == 0


@pytest.mark.parametrize(
    ("accounts", "options", "wrong"),
    [
        ((KEY,), {}, "accounts"),
        (({"easel": KEY},), {}, "accounts"),
        (([Account(provider="easel")],), {}, "accounts"),
        ((None,), {}, "accounts"),
        ((), {"plugins": ["easel"]}, "plugins"),
        ((), {"plugins": easel}, "plugins"),
        ((), {"wrappers": 5}, "wrappers"),
        ((), {"observers": print}, "observers"),
        ((), {"observers": [5]}, "observers"),
        ((), {"on_unsupported": "ignore"}, "on_unsupported"),
        ((), {"on_unsupported": []}, "on_unsupported"),
        ((), {"request_timeout": "5"}, "request_timeout"),
        ((), {"task_timeout": []}, "task_timeout"),
        ((), {"seed": []}, "seed"),
        ((), {"journal": 5}, "journal"),
        ((), {"journal": b"j.db"}, "journal"),
        ((), {"budgets": 5}, "budgets"),
        ((), {"budgets": ["20"]}, "budgets"),
        ((), {"environ": 5}, "environ"),
    ],
)
def test_a_client_is_made_of_the_right_things(
    connect: Connect, accounts: tuple[Account, ...], options: dict[str, object], wrong: str
) -> None:
    """The wrong one is named, and what it holds is not shown: it may be a key."""
    with pytest.raises(InvalidRequestError, match=rf"^{wrong} .*: give ") as caught:
        connect(*accounts, **{"plugins": {"easel": easel}, **options})
    assert caught.value.field == wrong
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("seconds", [inf, nan, 1e12, 10**5000, 1_209_601, 0, -inf], ids=range(7))
def test_no_wait_is_endless(
    artist: Artist, server: Loopback, tmp_path: Path, seconds: float
) -> None:
    """Wherever seconds are given, those that no socket takes are refused: nothing is begun."""
    client = artist(journal=tmp_path / "j.db")
    taking: tuple[tuple[str, Callable[[], object]], ...] = (
        ("request_timeout", lambda: artist(request_timeout=seconds)),
        ("task_timeout", lambda: artist(task_timeout=seconds)),
        ("timeout", lambda: client.submit(REQUEST, provider=ONE, timeout=seconds)),
        ("timeout", lambda: client.generate(REQUEST, provider=ONE, timeout=seconds)),
        ("timeout", lambda: list(client.stream(REQUEST, provider=ONE, timeout=seconds))),
        ("deadline", lambda: client.quotes(REQUEST, deadline=seconds)),
        ("patience", lambda: WebhookApp(AsyncClient(), print, patience=seconds)),  # type: ignore[arg-type]
        ("busy_seconds", lambda: SqlJournal("sqlite://", busy_seconds=seconds)),  # type: ignore[arg-type]
    )
    for name, take in taking:
        with pytest.raises(InvalidRequestError, match=rf"^{name}.*at most 1209600\.") as caught:
            take()
        assert caught.value.field == name
    assert not SqlJournal(tmp_path / "j.db").records()
    assert server.accepted == 0


def test_a_wait_may_last_two_weeks(artist: Artist, server: Loopback) -> None:
    """The longest that is taken, every transport takes."""
    server.on("POST /v1/pictures", said({"id": "p1", "state": "drawing"}))
    done = {"id": "p1", "state": "done", "picture": in_base64(PNG)}
    server.on("GET /v1/pictures/p1", said(done))
    longest = artist(request_timeout=1_209_600, task_timeout=1_209_600)
    assert longest.generate(REQUEST, provider=ONE, timeout=1_209_600).images


@pytest.mark.parametrize("folder", ["out", Path("out")])
def test_what_is_right_is_taken(connect: Connect, tmp_path: Path, folder: str | Path) -> None:
    """A text or a path, a list or an iterator, an error without an answer."""
    account = Account(provider="easel", key=KEY)
    options = {"observers": iter([print]), "wrappers": (), "budgets": (each for each in ())}
    client = connect(account, plugins={"easel": easel}, **options)
    assert client.save([], tmp_path / folder) == ()
    assert client.resume(tmp_path / folder, records=iter(())) == ()  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="holds no answer"):
        client.read_again(ProtocolError("odd"))


# ------------------------------------------------------------ what keys and places are made of

ODD: tuple[object, ...] = (None, 7, "text", b"x", [1], {"a": 1}, {1: "a"}, object(), 3.5, True)
EASEL: dict[str, object] = {"provider": ONE}
OPTIONS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(Keywords.__annotations__, ()),
    **dict.fromkeys(("plugins", "proxy"), (NoneType,)),
    **dict.fromkeys(("request_timeout", "task_timeout"), (NoneType, int, float)),
    **dict.fromkeys(("seed", "width"), (NoneType, int)),
    **dict.fromkeys(("allow_unlisted", "keyring", "cancel_on_exit"), (bool,)),
    **dict.fromkeys(("journal", "cache"), (NoneType, str)),
    "tries": (int,),
    **dict.fromkeys(("label", "on_unsupported", "size_policy", "on_mismatch"), (str,)),
}
# What is made, of what else, and of what kinds each of its fields may be.
MADE: tuple[tuple[type, dict[str, object], dict[str, tuple[type, ...]]], ...] = (
    (
        Account,
        EASEL,
        {
            "provider": (str,),
            "key": (NoneType, str),
            "credentials": (),
            "public": (str,),
            "settings": (),
            "base_url": (NoneType, str),
            "usd_per_credit": (NoneType,),
            "webhook_secrets": (str,),
            "trusted_hosts": (str,),
            "proxy": (NoneType,),
            "concurrency": (NoneType, int),
            "rate": (NoneType, str),
        },
    ),
    *((client, {"environ": {}, "plugins": {}}, OPTIONS) for client in (Client, AsyncClient)),
    (Secret, {}, {"value": (str,)}),
    (Renewed, {}, {"ask": ()}),
    (Delivery, {"body": b""}, {"body": (bytes,), "headers": (), "url": (str,)}),
    (
        WebhookApp,
        {"client": AsyncClient(plugins={}, environ={}), "on_task": print},
        {
            "client": (),
            "on_task": (),
            "limit": (int,),
            "patience": (int, float),
            "url": (str,),
        },
    ),
)
# A mapping's names are texts, too, where several texts will do; and a
# plugin that is none is told of where it is wanted.
FITS = {(name, "{'a': 1}") for name in ("public", "trusted_hosts", "webhook_secrets", "plugins")}


@pytest.mark.parametrize(
    ("made", "rest", "name", "odd"),
    [
        pytest.param(made, rest, name, odd, id=f"{made.__name__}-{name}-{number}")
        for made, rest, fields in MADE
        for name, kinds in fields.items()
        for number, odd in enumerate(ODD)
        if not isinstance(odd, kinds) and (name, repr(odd)) not in FITS
    ],
)
def test_a_field_of_the_wrong_kind_is_named(
    made: type, rest: dict[str, object], name: str, odd: object
) -> None:
    """Where it is given, with what to give; what it holds is not shown: it may be a key."""
    with pytest.raises(InvalidRequestError, match=r"is .*: give ") as caught:
        made(**{**rest, name: odd})
    assert caught.value.field == name
    assert repr(odd) not in str(caught.value) or odd is None


def test_headers_may_be_given_as_a_framework_has_them() -> None:
    """A mapping, or pairs of any kind; two values of one name are two pairs."""
    pairs = (("X-A", "1"), ("X-B", "2"))
    for given in (dict(pairs), pairs, [list(each) for each in pairs], iter(pairs)):
        assert Delivery(body=b"", headers=given).headers == pairs  # type: ignore[arg-type]
    for wrong in ([("X-A", b"1")], [(b"x-a", b"1")], ["XA"], [("X-A",)], [("a", "b", "c")]):
        with pytest.raises(InvalidRequestError, match=r"headers is .* of texts"):
            Delivery(body=b"", headers=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("worth", ["NaN", "Infinity", "0", "-1"])
def test_a_credit_is_worth_something(worth: str) -> None:
    """As in the environment."""
    with pytest.raises(InvalidRequestError, match="usd_per_credit"):
        Account(provider=ONE, usd_per_credit=Decimal(worth))


def test_an_option_that_no_client_has_is_named(connect: Connect) -> None:
    """Accounts are none: they stand one behind the other."""
    for name in ("accounts", "api_key"):
        with pytest.raises(InvalidRequestError, match=r"Client\(Account\(…\)") as caught:
            connect(**{name: [KEY]})
        assert caught.value.field == name
        assert KEY not in str(caught.value)


SCHEMES: tuple[object, ...] = (
    HeaderKey(),
    QueryKey(),
    Basic(),
    Jwt(lifetime=60),
    SigV4(service="s"),
    OAuthClientCredentials(token_url="https://sells.test/t"),
    Hmac(header="X"),
    Ed25519(header="X", keys_url="https://keys.test/k"),
)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda each: type(each).__name__)
def test_a_scheme_of_the_wrong_kind_is_the_plugins_fault(scheme: object) -> None:
    """It is told when the plugin is loaded; what is of the right kind is loaded."""
    fits: list[tuple[str, object]] = []
    for each in attrs.fields(type(scheme)):
        for odd in ODD:
            made = evolve(scheme, **{each.name: odd})  # type: ignore[misc]
            signs = isinstance(scheme, Hmac | Ed25519)
            said = {"signature": made, "webhooks": True} if signs else {"auth": made}
            info = evolve(easel.INFO, **said)  # type: ignore[arg-type]
            plugin = SimpleNamespace(
                **{**vars(easel), "describe": hookimpl(lambda info=info: info)}
            )
            try:
                Registry({"easel": plugin}).get("easel")
            except PluginError as error:
                assert "cannot be loaded" not in str(error)  # noqa: PT017 - there are many
            else:
                fits.append((each.name, odd))
    assert all(isinstance(getattr(scheme, name), type(odd)) for name, odd in fits)
