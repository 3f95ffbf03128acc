"""Plugins that are not pure, and those that let the key out."""

from __future__ import annotations

import json
import logging
import os
import random
import socket
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from pathlib import Path

from attrs import evolve
from tests.contracts.broken.how import (
    AT_ONCE,
    BY_ID,
    BY_URL,
    Hook,
    Row,
    Way,
    before,
    bent,
    body,
    good,
    hooks,
    prices,
    reads,
    says,
    sends,
    tells,
    told,
)

from tintype.credentials import OAuthClientCredentials
from tintype.exchange import Exchange, Operation
from tintype.messages import Request
from tintype.models import Quote, Task, Update
from tintype_contracts.harness.subject import Subject

_FIRST = threading.main_thread()
_API, _ASSETS = "https://api.by-id.test", "https://pictures.by-id.test"


def _counts(name: str) -> Subject:
    numbers = count()
    return body(lambda sent: sent.update(n=next(numbers)))(name)


def _by_thread(sent: dict[str, object]) -> None:
    sent["n"] = 1 if threading.current_thread() is _FIRST else 2


def _writes(parse: Hook, exchange: Exchange) -> object:
    exchange.task.notes["seen"] = True
    return parse(exchange)


def _first(deed: Hook) -> Way:
    def change(parse: Hook, exchange: Exchange) -> object:
        deed()
        return parse(exchange)

    return reads(change)


# ----------------------------------------------------------------------------- the key


def _key(name: str = "BY_ID") -> str:
    return os.environ.get(f"REFERENCE_{name}_API_KEY", "")


def _in_the_url(request: Request) -> Request:
    return evolve(request, url=f"{request.url}?key={_key()}")


def _in_the_path(request: Request) -> Request:
    return evolve(request, url=f"{request.url}/{_key()}")


def _in_a_header(request: Request) -> Request:
    return evolve(request, headers=(*request.headers, ("X-Other", _key())))


def _at(host: str) -> Callable[[Request], Request]:
    return lambda sent: evolve(sent, url=sent.url.replace("api.by-id.test", host))


def _raised(parse: Hook, exchange: Exchange) -> object:
    if exchange.operation is Operation.POLL:
        shown = f"Key {_key()} was refused."
        raise RuntimeError(shown)
    return parse(exchange)


def _in_a_frame(parse: Hook, exchange: Exchange) -> object:
    if exchange.operation is Operation.POLL:
        secret = _key()
        raise RuntimeError(len(secret))
    return parse(exchange)


def _signed(_: Exchange, task: Update) -> Update:
    images = tuple(evolve(each, url=f"{each.url}?key={_key()}") for each in task.images)
    return evolve(task, images=images)


def _trusts(like: str) -> Way:
    """Polls wherever an answer points, if the address begins so."""

    def parse(exchange: Exchange) -> object:
        if exchange.operation is not Operation.SUBMIT:
            return good(BY_URL, "parse")(exchange)
        told_ = json.loads(exchange.message.body)
        if not told_["polling_url"].startswith(like):
            return good(BY_URL, "parse")(exchange)
        return Update(id=told_["id"], notes={"polling_url": told_["polling_url"]})

    def poll(task: Task) -> Request:
        return Request.get(str(task.notes["polling_url"]))

    return lambda name: bent(name, parse=parse, poll=poll)


_BOUGHT = says(auth=OAuthClientCredentials(token_url=f"{_API}/token"))

ROWS = (
    Row("pure.no-io", AT_ONCE, before(Path(__file__).read_bytes), "submit()"),
    Row("pure.no-io", AT_ONCE, before(lambda: print("a key")), "print"),  # noqa: T201
    Row("pure.no-io", BY_URL, _first(lambda: socket.socket().close())),
    Row("pure.no-clock", AT_ONCE, before(time.time), "time.time"),
    Row("pure.no-clock", AT_ONCE, before(lambda: time.sleep(0.001)), "time.sleep"),
    Row("pure.no-chance", AT_ONCE, before(random.random), "random"),
    Row("pure.no-environment", AT_ONCE, before(lambda: os.getenv("KEY")), "os.environ"),
    Row("pure.deterministic", AT_ONCE, _counts, "Keep no state"),
    Row("pure.same-in-a-thread", AT_ONCE, body(_by_thread), "another thread"),
    Row("pure.arguments-untouched", BY_ID, reads(_writes), "changes its argument exchange"),
    Row("pure.returns-neutral-values", AT_ONCE, hooks(submit=lambda request: {}), "a dict"),  # noqa: ARG005
    Row(
        "pure.returns-neutral-values",
        AT_ONCE,
        prices(lambda *_: Quote(low=0.1, high=0.1)),
        "Quote",
    ),
    Row(
        "pure.returns-neutral-values",
        AT_ONCE,
        body(lambda sent: sent.update(seed=Decimal(1))),
        "JSON",
    ),
    Row(
        "pure.returns-neutral-values",
        BY_ID,
        sends(lambda sent: evolve(sent, headers=(("Host", "evil.test"),))),
        "'Host': it follows from Request.url",
    ),
    Row(
        "pure.returns-neutral-values",
        BY_ID,
        hooks(poll=lambda task: Request.post("https://api.by-id.test/v1/look", {})),  # noqa: ARG005
        "repeat=True",
    ),
    Row(
        "pure.returns-neutral-values",
        BY_ID,
        tells(state="running"),
        "whose state is a str, not a TaskState",
    ),
    Row(
        "pure.returns-neutral-values",
        BY_ID,
        hooks(poll=lambda task: {}["task"]),  # noqa: ARG005
        "raises KeyError",
    ),
    Row("secret.key-in-its-header-only", BY_ID, sends(_in_the_url), "the URL"),
    Row(
        "secret.key-in-its-header-only",
        BY_ID,
        body(lambda sent: sent.update(key=_key())),
        "the body",
    ),
    Row("secret.key-in-its-header-only", BY_ID, sends(_in_a_header), "header X-Other"),
    Row("secret.not-in-what-hooks-make", BY_ID, sends(_in_the_url), "repr()"),
    Row(
        "secret.not-in-what-hooks-make",
        BY_ID,
        told(lambda _, task: evolve(task, notes={"key": _key()})),
        "to_json()",
    ),
    Row("secret.not-in-what-hooks-make", BY_ID, _first(lambda: print(_key())), "printed"),  # noqa: T201
    Row(
        "secret.not-in-what-hooks-make",
        BY_ID,
        _first(lambda: logging.getLogger("plugin").debug("asked with %s", _key())),
        "logged",
    ),
    Row("secret.not-in-what-hooks-make", BY_ID, reads(_raised), "str()"),
    Row("secret.not-in-what-hooks-make", BY_ID, reads(_in_a_frame), "variable secret"),
    Row("secret.declared-hosts-only", BY_ID, says(origins=(_API, _ASSETS)), "pictures.by-id"),
    Row(
        "secret.declared-hosts-only",
        BY_ID,
        sends(lambda sent: evolve(sent, url=sent.url.replace("https", "http")), "poll"),
    ),
    Row("secret.declared-hosts-only", BY_ID, sends(_at("images.example.com"))),
    Row("secret.declared-hosts-only", BY_ID, sends(_at("api.by-id.test.example.com"), "poll")),
    Row("secret.not-with-results", BY_ID, told(_signed), "with the key"),
    Row(
        "secret.not-with-results",
        BY_ID,
        says(keyed_results=(f"{_API}/view",)),
        "where no documented result stands",
    ),
    Row("secret.not-in-logs", BY_ID, sends(_in_the_url), "logged"),
    Row("secret.not-in-errors", BY_ID, sends(_in_the_path), "variable request"),
    Row("secret.not-across-redirects", BY_ID, _BOUGHT, "does not arrive"),
    *(
        Row("secret.not-where-an-answer-points", BY_URL, _trusts(like), words)
        for like, words in (
            ("http", "https://api.by-url.test.evil.test/"),
            ("http", "https://api.by-url.test@evil.test/"),
            ("https://api.by-url.test", "https://api.by-url.test:8443/"),
            ("http:", "http://api.by-url.test/"),
        )
    ),
)
