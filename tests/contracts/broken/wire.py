"""Plugins that show on the wire only, and clients that do what the real ones never do."""

from __future__ import annotations

import os
import socket
import warnings
from itertools import count
from pathlib import Path

from attrs import evolve
from tests.contracts import reference
from tests.contracts.broken.how import (
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
    offers,
    reads,
    sends,
    status_of,
    told,
)

from tintype.catalog import Model, ProviderInfo
from tintype.exchange import Exchange
from tintype.messages import JsonBody, Request, Response
from tintype.models import TaskState, Update
from tintype_contracts.harness.subject import Subject

_API, _ASSETS = "https://api.by-id.test", "https://pictures.by-id.test"


def _other_each_time(name: str) -> Subject:
    numbers = count()
    return body(lambda sent: sent.update(nonce=next(numbers)))(name)


def _goes_on(statuses: tuple[int, ...]) -> Hook:
    """A `parse` that makes a task of these statuses."""

    def parse(exchange: Exchange) -> object:
        if status_of(exchange) in statuses:
            return Update(id="task-1", state=TaskState.RUNNING)
        return good(BY_ID, "parse")(exchange)

    return parse


def _adds_a_field(request: object) -> Request:
    sent = good(BY_ID, "submit")(request)
    assert isinstance(sent, Request)
    assert isinstance(sent.body, JsonBody)
    return evolve(sent, body=JsonBody(value={**sent.body.value, "nonsense": 1}))


def _raises_key_error(request: object) -> Request:
    raise KeyError(request)


def _bare(info: ProviderInfo) -> ProviderInfo:
    def stripped(model: Model) -> Model:
        return evolve(model, parameters={})

    return evolve(info, models=tuple(map(stripped, info.models)), general=stripped(info.general))


def _polls_where_pictures_are(name: str) -> Subject:
    info = evolve(reference.plugin(name).INFO, origins=(_API, _ASSETS))
    return bent(
        name,
        describe=lambda: info,
        poll=lambda task: Request.get(f"{_ASSETS}/tasks/{task.id}"),
    )


def _calls_home() -> None:
    with socket.socket() as own:
        own.connect_ex(("192.0.2.1", 80))


def _opens() -> None:
    Path("/etc/hosts").open()  # noqa: SIM115 - that is the fault


def _wants_a_length(parse: Hook, exchange: Exchange) -> object:
    message = exchange.message
    lacks = isinstance(message, Response) and message.header("content-length") is None
    return Update() if lacks else parse(exchange)


def _other_addresses(_: Exchange, task: Update) -> Update:
    images = tuple(evolve(each, url=f"{each.url}?x=1") for each in task.images)
    return evolve(task, images=images)


def _both(way: Way, words: str, plugin: str = BY_ID) -> tuple[Row, Row]:
    """The same broken plugin, noticed with either client."""
    return (
        Row("wire.scenes-by-urllib3", plugin, way, words),
        Row("wire.scenes-by-aiohttp", plugin, way, words),
    )


ROWS = (
    *_both(hooks(submit=_adds_a_field), "/json/nonsense"),
    *_both(hooks(submit=_adds_a_field, parse=_goes_on((599,))), "as documented"),
    *_both(hooks(poll=lambda task: None), "was never asked for"),  # noqa: ARG005
    *_both(told(lambda _, task: evolve(task, images=task.images[:1])), "is not what is expected"),
    *_both(hooks(submit=_raises_key_error), ""),
    *_both(hooks(parse=lambda exchange: "garbage"), ""),  # noqa: ARG005
    *_both(offers(_bare), "Let describe() admit it"),
    Row("wire.same-bytes", BY_ID, _other_each_time, "sent different bytes"),
    Row(
        "wire.key-stays-with-the-api",
        BY_ID,
        _polls_where_pictures_are,
        "shows the key in the header",
    ),
    Row(
        "wire.no-egress",
        BY_ID,
        sends(lambda _: Request(method="GET", url="https://elsewhere.test/x", auth=False), "poll"),
        "elsewhere.test",
    ),
    Row("wire.no-egress", BY_ID, before(_calls_home), "bypassed the transports"),
    Row(
        "wire.manners-of-delivery",
        BY_ID,
        reads(_wants_a_length),
        "until the connection closes",
    ),
    Row("wire.redirects", BY_ID, hooks(parse=_goes_on((302, 307))), "makes a result of a 302"),
    Row("wire.results-are-fetched", BY_ID, told(_other_addresses), "Take the URL"),
    Row(
        "wire.nothing-is-left",
        BY_ID,
        before(lambda: warnings.warn("Old.", DeprecationWarning, stacklevel=1)),
        "DeprecationWarning: Old.",
    ),
    Row("wire.nothing-is-left", BY_URL, before(_opens), "Resource"),
    Row(
        "wire.environment-is-ignored",
        BY_URL,
        body(lambda sent: os.environ.get("HTTPS_PROXY") and sent.update(proxy=1)),
    ),
)
