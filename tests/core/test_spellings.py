"""What a provider repeats of what it was shown: none is left, by any scheme, in any spelling."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.acme import API, INFO

from tintype import Account, Secret
from tintype._client.keyring import Keyring, Prepared
from tintype._flow.effects import Send
from tintype._keys.redaction import Redactor
from tintype.credentials import (
    NAMES,
    Basic,
    HeaderKey,
    Jwt,
    OAuthClientCredentials,
    QueryKey,
    Scheme,
    SigV4,
)
from tintype.messages import HttpRequest, Request, Response

AT = datetime(2026, 11, 28, 12, 0, 3, tzinfo=UTC)
ASKED = Send(request=Request.get(f"{API}/x?a=1"), repeat=True, timeout=1)
SCHEMES: dict[str, Scheme] = {
    "header": HeaderKey(header="X-Key", prefix=""),
    "query": QueryKey(),
    "basic": Basic(),
    "token": Jwt(claims={"iss": "{key}"}, lifetime=60),
    "signature": SigV4(service="s", region="eu-west-1"),
    "bought": OAuthClientCredentials(token_url="https://sells.test/token", id_header="x-id"),
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda text: json.dumps(text)[1:-1],
    "php": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "url": lambda text: quote(text, safe=""),
    "path": quote,
    "form": quote_plus,
    "component": lambda text: quote(text, safe="!'()*"),
    "html": html.escape,
    "php's html": lambda text: html.escape(text).replace("&#x27;", "&#039;"),
    "jinja's html": lambda text: html.escape(text).replace("&#x27;", "&#39;"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
}
HARD = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=6, max_size=48)
KEYS = HARD.filter(lambda text: len(set(text)) >= 6)
# What stands in a body or is hashed may hold anything, as a password does.
TEXTS = (
    st.text(st.sampled_from("aZ09/+=&<>'\"\\% éüß€😀:-_"), min_size=6, max_size=48)
    .map(str.strip)
    .filter(lambda text: len(set(text)) >= 6)
)
ANYTHING = frozenset({"password", "secret", "client_secret"})


def prepared(scheme: Scheme, held: dict[str, str], token: str) -> Prepared:
    """A request as it leaves, a token bought for it where the scheme wants one."""
    others = {name: each for name, each in held.items() if name != "key"}
    account = Account(provider="acme", key=held.get("key"), credentials=others)
    steps = Keyring(evolve(INFO, auth=scheme), account, lambda: AT).prepared(ASKED)
    try:
        next(steps)
        steps.send(Response(status=200, body=json.dumps({"access_token": token}).encode()))
    except StopIteration as stop:
        made: Prepared = stop.value
        return made
    raise AssertionError


def derived(scheme: Scheme, request: HttpRequest) -> list[str]:
    """What the request shows that is as good as a secret."""
    shown = dict(request.headers)
    match scheme:
        case SigV4():
            return [shown["Authorization"].partition("Signature=")[2]]
        case Jwt():
            token = shown["Authorization"].removeprefix("Bearer ")
            return [token, token.rpartition(".")[2]]
        case QueryKey():
            return parse_qs(urlsplit(request.url).query)["key"]
        case HeaderKey():
            return [shown["X-Key"]]
        case _:
            return [shown["Authorization"].partition(" ")[2]]


@pytest.mark.parametrize("name", SCHEMES)
@settings(max_examples=30)
@given(data=st.data(), spelt=st.sampled_from(sorted(SPELLINGS)))
def test_nothing_that_derives_from_a_secret_is_left(
    name: str, data: st.DataObject, spelt: str
) -> None:
    """Of any account, by any scheme: not what it holds, nor what was made of it."""
    scheme, spell = SCHEMES[name], SPELLINGS[spelt]
    named = (*scheme.needs, *scheme.takes)
    held = {each: data.draw(TEXTS if each in ANYTHING else KEYS, label=each) for each in named}
    held |= {each: "someone" for each in named if each in NAMES}
    ready = prepared(scheme, held, data.draw(KEYS, label="token"))
    secrets = [each for name, each in held.items() if name not in NAMES]
    for secret in (*secrets, *derived(scheme, ready.request)):
        said = f'{{"why": "who is [{spell(secret)}]?"}}'.encode()
        left = ready.redactor.body(said).decode().partition("[")[2].rpartition("]")[0]
        assert "…" in left
        # In base64 the first and the last sign hold bits of what stands around it, too.
        assert len(left) <= (4 if spelt == "base64" else 1)


@pytest.mark.parametrize("spelt", sorted(SPELLINGS))
@pytest.mark.parametrize("secret", ["000123\\&", "a&000123<", "a\\\"b&c<d>e'f"])
def test_the_longest_spelling_of_a_secret_is_taken_out(secret: str, spelt: str) -> None:
    """Where one spelling is the beginning of another, nothing is left of that one."""
    redactor = prepared(Basic(), {"username": "me", "password": secret}, "").redactor
    said = redactor.body(f"who is [{SPELLINGS[spelt](secret)}]?".encode()).decode()
    left = said.partition("[")[2].rpartition("]")[0]
    assert len(left) <= (4 if spelt == "base64" else 1)


@pytest.mark.parametrize("password", ["hunter2", "pa5swd", "p4ß-wö"])
def test_a_password_that_is_just_long_enough_is_taken_out(password: str) -> None:
    """In the body, and in a header; as a word, for within another it stands by chance."""
    redactor = prepared(Basic(), {"username": "me", "password": password}, "").redactor
    pair = base64.b64encode(f"me:{password}".encode()).decode()
    said = f"no {password}, nor {pair}, nor {json.dumps(password)}"
    assert redactor.body(said.encode()).decode() == 'no …, nor …, nor "…"'
    as_sent = said.encode().decode("latin-1")
    assert redactor.headers((("X", as_sent),)) == (("X", 'no …, nor …, nor "…"'),)
    picture = f"iVBORw0KGgo{password}AAAANSUhEUgAA".encode()
    assert redactor.body(picture) is picture


def test_a_page_of_another_coding_shows_no_password() -> None:
    """An old server answers in Latin-1."""
    redactor = Redactor([Secret("pässwörd-of-mine")])
    assert redactor.body("nicht: pässwörd-of-mine".encode("latin-1")) == "nicht: …".encode()
