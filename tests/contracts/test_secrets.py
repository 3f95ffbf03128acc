"""How the key is looked for."""

from __future__ import annotations

import base64
import logging
import pickle
from collections.abc import Callable

import pytest
import urllib3
from attrs import frozen
from tests.contracts import reference
from tests.contracts.changed import BY_ID

from tintype.account import Account, Secret
from tintype.messages import HttpRequest
from tintype_contracts.checks.secret_on_the_wire import TRANSPORTS, redirected
from tintype_contracts.oracles.secrets import CANARY, listening, shows, views


def _following(request: HttpRequest) -> bytes:
    """A transport that follows redirects, as the library does by itself."""
    with urllib3.PoolManager() as pools:
        return pools.request(
            request.method, request.url, body=request.body, headers=dict(request.headers)
        ).data


def test_a_transport_that_follows_redirects_is_found() -> None:
    """The other host is asked, with a header that no library knows to take away."""
    subject = reference.subject(BY_ID)
    assert list(redirected(subject, TRANSPORTS)) == []
    found = list(redirected(subject, {"careless": _following}))
    assert any("followed to another host" in each.message for each in found)


@frozen
class _Careless:
    """A value that shows what it holds."""

    key: str


class _Discreet:
    """A value that shows nothing, and whose pickle holds all."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __repr__(self) -> str:
        return "_Discreet()"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (_Careless(CANARY), {"repr()", "str()", "attrs.asdict()", "to_json()", "pickle"}),
        (_Discreet(CANARY), {"pickle"}),
        (f"https://a.test/?key={CANARY}", {"repr()", "str()", "to_json()", "pickle"}),
        (Account(provider="acme", key=Secret(CANARY)), set()),
        (None, set()),
    ],
    ids=["careless", "discreet", "text", "account", "nothing"],
)
def test_the_ways_of_seeing_the_key(value: object, seen: set[str]) -> None:
    """Text, fields, JSON and pickle; an account shows its key in none of them."""
    assert set(views(value)) == seen


def _failing(first: Callable[[], object]) -> Exception:
    try:
        try:
            first()
        except KeyError as error:
            msg = "No answer."
            raise ValueError(msg) from error
    except ValueError as error:
        return error
    raise AssertionError


def test_the_key_is_seen_in_what_led_to_an_error() -> None:
    """In the error behind it, and in the frames of that one."""

    def fields() -> None:
        raise KeyError(CANARY)

    def frame() -> None:
        headers = {"X-Key": CANARY}
        raise KeyError(len(headers))

    assert "the fields of the KeyError that led to it" in set(views(_failing(fields)))
    assert any("headers of frame()" in view for view in views(_failing(frame)))


def test_the_key_is_recognised_in_base64() -> None:
    """As `Authorization: Basic` would show it."""
    assert shows(base64.b64encode(CANARY.encode()).decode())
    assert shows(pickle.dumps(CANARY))
    assert not shows("canary")


def test_everything_that_is_said_aloud_is_heard() -> None:
    """Prints, and records of every level, their arguments included; and it ends."""
    with listening() as heard:
        print(CANARY)  # noqa: T201 - it is to be heard
        logging.getLogger("deep.down").debug("with %s", CANARY)
    logging.getLogger("deep.down").warning("afterwards")
    assert CANARY in heard.printed.getvalue()
    assert [line for line in heard.logged if shows(line)] != []
    assert not any("afterwards" in line for line in heard.logged)
