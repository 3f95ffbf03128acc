"""Mutators of where a request goes, and how: other hosts, other methods, no key."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from attrs import evolve

from tintype.messages import Request
from tintype_contracts.selftest.bending import Call, Mutator, of_request

_ELSEWHERE = "images.example.com"


def _elsewhere(request: Request, _: Call) -> Request:
    return evolve(request, url=urlunsplit(urlsplit(request.url)._replace(netloc=_ELSEWHERE)))


def _look_alike(request: Request, _: Call) -> Request:
    parts = urlsplit(request.url)
    return evolve(request, url=urlunsplit(parts._replace(netloc=f"{parts.netloc}.example.com")))


def _in_clear(request: Request, _: Call) -> Request:
    return evolve(request, url=request.url.replace("https://", "http://", 1))


def _other_method(request: Request, _: Call) -> Request:
    return evolve(request, method="PUT" if request.method == "POST" else "POST")


def _other_path(request: Request, _: Call) -> Request:
    parts = urlsplit(request.url)
    return evolve(request, url=urlunsplit(parts._replace(path=f"{parts.path}/new")))


def _another_task(request: Request, call: Call) -> Request:
    known = call.task.id if call.task else ""
    return evolve(request, url=request.url.replace(known, f"{known}0")) if known else request


def _without_auth(request: Request, _: Call) -> Request:
    return evolve(request, auth=False)


def _without_stream(request: Request, _: Call) -> Request:
    return evolve(request, stream=False)


def _no_poll(call: Call) -> object:
    asked = call.hook == "poll" and isinstance(call.answer, Request)
    return None if asked else call.answer


_SUBMIT = "a submission that differs from the documented one"

MUTATORS = (
    Mutator(
        name="submit-elsewhere",
        breaks="submits to a host that is not the provider's",
        missing=_SUBMIT,
        bend=of_request("submit", _elsewhere),
    ),
    Mutator(
        name="submit-in-clear",
        breaks="submits over http",
        missing=_SUBMIT,
        bend=of_request("submit", _in_clear),
    ),
    Mutator(
        name="submit-by-another-method",
        breaks="submits with another HTTP method",
        missing=_SUBMIT,
        bend=of_request("submit", _other_method),
    ),
    Mutator(
        name="submit-to-another-path",
        breaks="submits to another path",
        missing=_SUBMIT,
        bend=of_request("submit", _other_path),
    ),
    Mutator(
        name="submit-without-key",
        breaks="submits without the key",
        missing=_SUBMIT,
        bend=of_request("submit", _without_auth),
    ),
    Mutator(
        name="stream-flag-lost",
        breaks="asks for a stream and does not tell the core",
        missing="the story streamed",
        bend=of_request("submit", _without_stream),
        capability="stream",
    ),
    Mutator(
        name="poll-without-key",
        breaks="polls without the key",
        missing="an exchange that polls",
        bend=of_request("poll", _without_auth),
    ),
    Mutator(
        name="poll-a-look-alike",
        breaks="takes the key to a host whose name only begins like the provider's",
        missing="an exchange that polls",
        bend=of_request("poll", _look_alike),
    ),
    Mutator(
        name="poll-another-task",
        breaks="polls for another task than its own",
        missing="an exchange that polls",
        bend=of_request("poll", _another_task),
    ),
    Mutator(
        name="never-polls",
        breaks="has nothing to ask about a running task",
        missing="an exchange that polls",
        bend=_no_poll,
    ),
    Mutator(
        name="price-without-key",
        breaks="asks for the price without the key",
        missing="the story priced",
        bend=of_request("price", _without_auth),
        capability="price.live",
    ),
    Mutator(
        name="price-elsewhere",
        breaks="asks another host for the price",
        missing="the story priced",
        bend=of_request("price", _elsewhere),
        capability="price.live",
    ),
)
"""What can go wrong with an address, whoever's it is."""
