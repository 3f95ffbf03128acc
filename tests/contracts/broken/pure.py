"""Plugins that are not pure, and those that let the key out."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from attrs import evolve
from tests.contracts.broken.row import by_id, by_url
from tests.contracts.changed import (
    Change,
    Hook,
    around,
    before,
    body_of,
    both,
    catalog,
    documented,
    images,
    instead,
    polled,
    requested,
    sent,
    update,
)

from tintype.credentials import OAuthClientCredentials
from tintype.exchange import Exchange, Operation
from tintype.messages import Request
from tintype.models import Cost, Failure, Quote, Update
from tintype.signatures import Hmac
from tintype_contracts.fixtures.format import Fixtures, Signature

_FIRST, _NUMBERS = threading.main_thread(), count()
_API, _ASSETS = "https://api.by-id.test", "https://pictures.by-id.test"


def _by_thread(body: dict[str, Any], _: object) -> None:
    body["n"] = 1 if threading.current_thread() is _FIRST else 2


def _writes(do: Hook, exchange: Exchange) -> object:
    exchange.task.notes["seen"] = True
    return do(exchange)


def _key() -> str:
    return os.environ.get("REFERENCE_BY_ID_API_KEY", "")


_IN_THE_URL = requested(url=lambda url: f"{url}?key={_key()}")


def _at_polls(deed: Hook) -> Change:
    return around("parse", lambda do, it: deed() if it.operation is Operation.POLL else do(it))


def _raises() -> None:
    shown = f"Key {_key()} was refused."
    raise RuntimeError(shown)


def _raises_in_a_frame() -> None:
    secret = _key()
    raise RuntimeError(len(secret))


def _trusts(like: str) -> Change:
    """Polls wherever an answer points, if the address begins so."""

    def parse(do: Hook, exchange: Exchange) -> object:
        body = body_of(exchange) if exchange.operation is Operation.SUBMIT else {}
        url = body.get("polling_url", "")
        if not url.startswith(like):
            return do(exchange)
        return Update(id=body["id"], notes={"polling_url": url})

    return both(
        around("parse", parse), instead("poll", lambda it: Request.get(it.notes["polling_url"]))
    )


# ----------------------------------------------------------------------- signed webhooks


def _signs(**facts: object) -> Change:
    """Its documents say how webhooks are signed, and it declares something else."""

    def change(fixtures: Fixtures) -> Fixtures:
        table = fixtures.webhooks
        assert table is not None
        signed = Signature(src=table.src, kind=table.kind, **facts)  # type: ignore[arg-type]
        return evolve(fixtures, webhooks=evolve(table, signature=signed))

    return documented(change)


_TIMED = {
    "scheme": "hmac-sha256",
    "header": "X-Signature",
    "over": "{time}.{body}",
    "headers": {"time": "X-Time"},
}
_IN_PARTS = Hmac(header="X-Signature[v1]", over="{at}{body}", headers={"at": "X-Signature[at]"})
_BY_TIME = Hmac(
    header="X-Signature", over="{timestamp}.{body}", headers={"timestamp": "X-Time"}, window=86_400
)

ROWS = {
    "pure.no-io": (
        by_id(before(Path(__file__).read_bytes), "submit()"),
        by_id(before(lambda: print("a key")), "print"),
        by_url(before(lambda: socket.socket().close(), "parse")),
    ),
    "pure.no-clock": (
        by_id(before(time.time), "time.time"),
        by_id(before(lambda: time.sleep(0.001)), "time.sleep"),
    ),
    "pure.no-chance": (by_id(before(random.random), "random"),),
    "pure.no-environment": (by_id(before(lambda: os.getenv("KEY")), "os.environ"),),
    "pure.deterministic": (
        by_id(sent(lambda it, _: it.update(n=next(_NUMBERS))), "Keep no state"),
    ),
    "pure.same-in-a-thread": (by_id(sent(_by_thread), "another thread"),),
    "pure.arguments-untouched": (by_id(around("parse", _writes), "changes its argument exchange"),),
    "pure.returns-neutral-values": (
        by_id(instead("submit", lambda _: {}), "a dict"),
        by_id(instead("price", lambda *_: Quote(low=0.1, high=0.1)), "Quote"),
        by_id(sent(seed=Decimal(1)), "JSON"),
        by_id(requested(headers=(("Host", "evil.test"),)), "'Host': it follows from Request.url"),
        by_id(instead("poll", lambda _: Request.post(f"{_API}/v1/look", {})), "repeat=True"),
        by_id(instead("poll", lambda _: {}["task"]), "raises KeyError"),
        by_id(update(state="running"), "whose state is a str, not a TaskState"),
        by_id(update(cost=lambda it: it and Cost(usd=1)), "cost/usd"),
        by_id(images(width=lambda it: float(it or 0)), "images/0/width"),
        by_id(update(errors=lambda it: tuple(Failure(message=7) for _ in it)), "errors/0/message"),
    ),
    "secret.key-in-its-header-only": (
        by_id(_IN_THE_URL, "the URL"),
        by_id(sent(lambda it, _: it.update(key=_key())), "the body"),
        by_id(requested(headers=lambda it: (*it, ("X-Other", _key()))), "header X-Other"),
    ),
    "secret.not-in-what-hooks-make": (
        by_id(_IN_THE_URL, "repr()"),
        by_id(update(notes=lambda _: {"key": _key()}), "to_json()"),
        by_id(before(lambda: print(_key()), "parse"), "printed"),
        by_id(
            before(lambda: logging.getLogger("plugin").debug("asked with %s", _key()), "parse"),
            "logged",
        ),
        by_id(_at_polls(_raises), "str()"),
        by_id(_at_polls(_raises_in_a_frame), "variable secret"),
    ),
    "secret.declared-hosts-only": (
        by_id(catalog(origins=(_API, _ASSETS)), "pictures.by-id"),
        by_id(requested(hook="poll", url=lambda url: url.replace("https", "http"))),
        by_id(requested(url=lambda url: url.replace("api.by-id.test", "images.example.com"))),
        by_id(polled(lambda task: f"{_API}.example.com/v1/tasks/{task.id}")),
    ),
    "secret.not-with-results": (
        by_id(images(url=lambda url: f"{url}?key={_key()}"), "with the key"),
        by_id(catalog(keyed_results=(f"{_API}/view",)), "where no documented result stands"),
    ),
    "secret.not-in-logs": (by_id(_IN_THE_URL, "logged"),),
    "secret.not-in-errors": (
        by_id(requested(url=lambda it: f"{it}/{_key()}"), "variable request"),
    ),
    "secret.not-across-redirects": (
        by_id(catalog(auth=OAuthClientCredentials(token_url=f"{_API}/token")), "does not arrive"),
    ),
    "secret.not-where-an-answer-points": (
        by_url(_trusts("http"), "https://api.by-url.test.evil.test/"),
        by_url(_trusts("http"), "https://api.by-url.test@evil.test/"),
        by_url(_trusts("https://api.by-url.test"), "https://api.by-url.test:8443/"),
        by_url(_trusts("http:"), "http://api.by-url.test/"),
    ),
    "secret.signed-webhooks-count": (
        by_id(_signs(scheme="hmac-sha256", header="X-Other", over="{body}"), "is refused"),
        by_id(_signs(scheme="standard-webhooks"), "is refused"),
        by_id(both(catalog(signature=Hmac(header="X-Signature")), _signs(**_TIMED)), "is refused"),
    ),
    "secret.changed-webhooks-are-refused": (
        by_id(
            catalog(
                signature=Hmac(header="X-Signature", over="{id}{body}", headers={"id": "X-Id"})
            ),
            "nothing stands between them",
        ),
        by_id(catalog(signature=_IN_PARTS), "{at} and {body}"),
    ),
    "secret.stale-webhooks-are-refused": (
        by_id(
            both(catalog(signature=_BY_TIME), _signs(**_TIMED, tolerance=300)),
            "signed 301 seconds ago",
        ),
    ),
}
