"""Plugins that show on the wire only."""

from __future__ import annotations

import os
import socket
import warnings
from itertools import count
from pathlib import Path
from typing import Any

from tests.contracts.broken.row import Row, by_id, by_url
from tests.contracts.changed import (
    Change,
    around,
    before,
    both,
    catalog,
    images,
    instead,
    models,
    requested,
    sent,
    status_of,
    update,
)

from tintype.exchange import Exchange
from tintype.messages import Request, Response
from tintype.models import TaskState, Update
from tintype.request import Submission

_API, _ASSETS = "https://api.by-id.test", "https://pictures.by-id.test"
_NUMBERS = count()


def _goes_on(*statuses: int) -> Change:
    """Makes a task of these statuses."""
    running = Update(id="task-1", state=TaskState.RUNNING)
    return around("parse", lambda do, it: running if status_of(it) in statuses else do(it))


def _breaks(request: Submission) -> Request:
    raise KeyError(request)


def _calls_home() -> None:
    with socket.socket() as own:
        own.connect_ex(("192.0.2.1", 80))


def _opens() -> None:
    Path("/etc/hosts").open()  # noqa: SIM115 - that is the fault


def _by_environment(body: dict[str, Any], _: Submission) -> None:
    if os.environ.get("HTTPS_PROXY"):
        body["proxy"] = 1


def _has_no_length(exchange: Exchange) -> bool:
    message = exchange.message
    return isinstance(message, Response) and message.header("content-length") is None


# Either client plays the same scenes by the same code: one of them is enough for each way.
_SCENES: tuple[Row, ...] = (
    by_id(sent(nonsense=1), "/json/nonsense"),
    by_id(both(sent(nonsense=1), _goes_on(599)), "as documented"),
    by_id(instead("poll", lambda _: None), "was never asked for"),
    by_id(update(images=lambda it: it[:1]), "is not what is expected"),
    by_id(instead("submit", _breaks)),
    by_id(instead("parse", lambda _: "garbage")),
    by_id(models(parameters={}), "Let describe() admit it"),
)

ROWS = {
    "wire.scenes-by-urllib3": _SCENES,
    "wire.scenes-by-aiohttp": _SCENES[:1],
    "wire.same-bytes": (
        by_id(sent(lambda body, _: body.update(nonce=next(_NUMBERS))), "sent different bytes"),
    ),
    "wire.key-stays-with-the-api": (
        by_id(
            both(
                catalog(origins=(_API, _ASSETS)),
                instead("poll", lambda task: Request.get(f"{_ASSETS}/tasks/{task.id}")),
            ),
            "shows the key in the header",
        ),
    ),
    "wire.no-egress": (
        by_id(requested(hook="poll", url="https://elsewhere.test/x", auth=False), "elsewhere.test"),
        by_id(before(_calls_home), "bypassed the transports"),
    ),
    "wire.manners-of-delivery": (
        by_id(
            around("parse", lambda do, it: Update() if _has_no_length(it) else do(it)),
            "until the connection closes",
        ),
    ),
    "wire.redirects": (by_id(_goes_on(302, 307), "makes a result of a 302"),),
    "wire.results-are-fetched": (by_id(images(url=lambda it: f"{it}?x=1"), "Take the URL"),),
    "wire.nothing-is-left": (
        by_id(
            before(lambda: warnings.warn("Old.", DeprecationWarning, stacklevel=1)),
            "DeprecationWarning: Old.",
        ),
        by_url(before(_opens), "Resource"),
    ),
    "wire.environment-is-ignored": (by_url(sent(_by_environment)),),
}
