from __future__ import annotations

import base64
import json
import logging
import os
import pickle
from collections.abc import Callable

import pytest
import urllib3
from attrs import evolve, frozen
from tests.contracts import reference
from tests.contracts.otherwise import BY_ID, BY_URL, bent, findings, good, told

from tintype.catalog import Auth
from tintype.exchange import Exchange, Operation
from tintype.messages import HttpRequest, JsonBody, Request
from tintype.models import Task
from tintype.request import ImageRequest
from tintype_contracts.checks import all_checks
from tintype_contracts.checks.secret_on_the_wire import TRANSPORTS, redirected
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.secrets import CANARY, account, listening, shows, views

CHECKS = [each.id for each in all_checks() if each.group == "secret"]


@pytest.mark.parametrize("name", [BY_ID, BY_URL])
@pytest.mark.parametrize("check", CHECKS)
def test_a_good_plugin_keeps_the_key_to_itself(check: str, name: str) -> None:
    """No check finds anything about a plugin that has nothing wrong."""
    assert findings(check, reference.subject(name)) == []


def _key() -> str:
    return os.environ.get("REFERENCE_BY_ID_API_KEY", "")


def _in_the_url(request: ImageRequest) -> Request:
    sent = good(BY_ID, "submit")(request)
    return evolve(sent, url=f"{sent.url}?key={_key()}")


def _in_the_body(request: ImageRequest) -> Request:
    sent = good(BY_ID, "submit")(request)
    return evolve(sent, body=JsonBody(value={**sent.body.value, "key": _key()}))


def _printed(exchange: Exchange) -> object:
    print(f"key: {_key()}")  # noqa: T201 - that is the fault
    return good(BY_ID, "parse")(exchange)


def _logged(exchange: Exchange) -> object:
    logging.getLogger("plugin").debug("asked with %s", _key())
    return good(BY_ID, "parse")(exchange)


def _told(_: Exchange, said: object) -> object:
    return evolve(said, handle={"key": _key()}) if isinstance(said, Task) else said


def _raised(exchange: Exchange) -> object:
    if exchange.operation is Operation.POLL:
        shown = f"Key {_key()} was refused."
        raise RuntimeError(shown)
    return good(BY_ID, "parse")(exchange)


def _in_a_frame(exchange: Exchange) -> object:
    if exchange.operation is Operation.POLL:
        secret = _key()
        raise RuntimeError(len(secret))
    return good(BY_ID, "parse")(exchange)


def _signed(_: Exchange, said: object) -> object:
    if isinstance(said, Task) and said.images:
        images = tuple(evolve(each, url=f"{each.url}?key={_key()}") for each in said.images)
        return evolve(said, images=images)
    return said


def _host_too_many() -> object:
    info = good(BY_ID, "describe")()
    return evolve(info, origins=(*info.origins, "https://pictures.by-id.test"))


def _keyless_form() -> object:
    return evolve(good(BY_ID, "describe")(), auth=Auth(header="X-Key", form="key"))


@pytest.mark.parametrize(
    ("check", "subject", "words"),
    [
        ("secret.key-in-its-header-only", bent(BY_ID, submit=_in_the_url), "the URL"),
        ("secret.key-in-its-header-only", bent(BY_ID, submit=_in_the_body), "the body"),
        ("secret.key-in-its-header-only", bent(BY_ID, describe=_keyless_form), "is not in"),
        ("secret.not-in-what-hooks-make", bent(BY_ID, submit=_in_the_url), "repr()"),
        ("secret.not-in-what-hooks-make", told(BY_ID, _told), "to_json()"),
        ("secret.not-in-what-hooks-make", bent(BY_ID, parse=_printed), "printed"),
        ("secret.not-in-what-hooks-make", bent(BY_ID, parse=_logged), "logged"),
        ("secret.not-in-what-hooks-make", bent(BY_ID, parse=_raised), "str()"),
        ("secret.not-in-what-hooks-make", bent(BY_ID, parse=_in_a_frame), "variable secret"),
        ("secret.declared-hosts-only", bent(BY_ID, describe=_host_too_many), "pictures.by-id"),
        ("secret.not-with-results", told(BY_ID, _signed), "with the key"),
        ("secret.not-in-logs", bent(BY_ID, submit=_in_the_url), "logged"),
        ("secret.not-in-errors", bent(BY_ID, submit=_in_the_url), "variable request"),
        ("secret.not-across-redirects", bent(BY_ID, describe=_keyless_form), "does not arrive"),
    ],
)
def test_a_key_that_gets_out_is_found(check: str, subject: Subject, words: str) -> None:
    """Each by the check that is there for it, which says where the key shows."""
    found = findings(check, subject)
    assert any(words in each.message for each in found)
    assert not any(CANARY in f"{each.message} {each.got}" for each in found)


def test_an_address_from_an_answer_is_not_trusted() -> None:
    """A plugin that polls wherever it is told to is found, for each host that looks alike."""

    def parse(exchange: Exchange) -> object:
        if exchange.operation is not Operation.SUBMIT:
            return good(BY_URL, "parse")(exchange)
        body = json.loads(exchange.message.body)
        return Task(id=body["id"], handle={"polling_url": body["polling_url"]})

    def poll(task: Task) -> Request:
        return Request.get(str(task.handle["polling_url"]))

    found = findings("secret.not-where-an-answer-points", bent(BY_URL, parse=parse, poll=poll))
    hosts = " ".join(str(each.got) for each in found)
    assert "https://api.by-url.test.evil.test/" in hosts
    assert "https://api.by-url.test@evil.test/" in hosts
    assert "https://api.by-url.test:8443/" in hosts
    assert "http://api.by-url.test/" in hosts
    assert {each.pointer for each in found} == {"/polling_url"}


# ------------------------------------------------------------------------ the transports


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


# ---------------------------------------------------------------------------- the canary


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
        (account("acme"), set()),
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
