"""Answers spoilt on purpose: a fault and a reply give another reply. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from attrs import evolve

from tintype.messages import Headers
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.pointers import is_array, members, tokens
from tintype_contracts.sandbox.engine.messages import Stream, WholeResponse
from tintype_contracts.sandbox.faults.dial import Fault

UNKNOWN_STATUS = "reticulating_splines"
"""A task status that no document lists."""

_TEXT: Headers = (("Content-Type", "text/plain; charset=utf-8"),)
_HTML: Headers = (("Content-Type", "text/html; charset=utf-8"),)
_JSON: Headers = (("Content-Type", "application/json"),)
_PAGE = b"<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%s</h1></body></html>\n"


def refusal(fault: Fault, canary: str) -> WholeResponse | None:
    """What is answered in place of everything else, or None where the kind spoils an answer."""
    match fault.kind:
        case "500" | "503":
            words = {"500": b"Internal Server Error\n", "503": b"Service Unavailable\n"}
            return WholeResponse(status=int(fault.kind), headers=_TEXT, body=words[fault.kind])
        case "502":
            return WholeResponse(
                status=502, headers=_HTML, body=_PAGE % (b"Bad Gateway", b"Bad Gateway")
            )
        case "expired":
            return WholeResponse(status=404, headers=_TEXT, body=b"The result has expired.\n")
        case "redirect":
            return WholeResponse(status=307, headers=(("Location", f"{canary}/elsewhere"), *_TEXT))
        case _:
            return None


def slowed(fault: Fault, reply: WholeResponse | Stream, now: float) -> WholeResponse | Stream:
    """The answer with this `Retry-After`, whatever is documented for it."""
    moment = datetime.fromtimestamp(now, UTC) + timedelta(seconds=fault.seconds)
    wait = format_datetime(moment, usegmt=True) if fault.as_date else f"{fault.seconds:.0f}"
    others = [each for each in reply.headers if each[0].lower() != "retry-after"]
    return evolve(reply, headers=(*others, ("Retry-After", wait)))


def spoilt(
    fault: Fault, reply: WholeResponse | Stream, fixtures: Fixtures
) -> WholeResponse | Stream:
    """The answer as the fault has it; the answer itself where the kind does nothing to it."""
    spoil = _SPOILERS.get(fault.kind)
    if spoil is None:
        return reply
    whole = reply if isinstance(reply, WholeResponse) else _at_once(reply)
    return evolve(spoil(whole, fixtures), images=())


def _at_once(stream: Stream) -> WholeResponse:
    return WholeResponse(
        status=stream.status,
        headers=stream.headers,
        body=b"".join(event.data for event in stream.events),
        task=stream.task,
    )


def _page(reply: WholeResponse, _: Fixtures) -> WholeResponse:
    return evolve(reply, status=200, headers=_HTML, body=_PAGE % (b"Welcome", b"Please sign in"))


def _halved(reply: WholeResponse, _: Fixtures) -> WholeResponse:
    return evolve(reply, body=reply.body[: len(reply.body) // 2])


def _empty(reply: WholeResponse, _: Fixtures) -> WholeResponse:
    return evolve(reply, body=b"")


def _other_json(reply: WholeResponse, _: Fixtures) -> WholeResponse:
    return evolve(reply, status=200, headers=_JSON, body=b'[{"unexpected": true}, null]')


def _other_types(reply: WholeResponse, _: Fixtures) -> WholeResponse:
    return _changed(reply, _swapped)


def _other_status(reply: WholeResponse, fixtures: Fixtures) -> WholeResponse:
    pointer = fixtures.states.at if fixtures.states else ""
    if not pointer:
        return reply
    return _changed(reply, lambda value: replaced(value, _way(pointer, value), UNKNOWN_STATUS))


def _way(pointer: str, value: object) -> list[str]:
    """The tokens of a documented pointer, where a member bears a task's id: the first there is."""
    first, *rest = tokens(pointer)
    return [next(iter(members(value)), first) if "{{" in first else first, *rest]


_SPOILERS: Mapping[str, Callable[[WholeResponse, Fixtures], WholeResponse]] = {
    "html": _page,
    "asset-html": _page,
    "truncated": _halved,
    "asset-truncated": _halved,
    "empty": _empty,
    "wrong-json": _other_json,
    "wrong-type": _other_types,
    "unknown-status": _other_status,
}


def _changed(reply: WholeResponse, change: Callable[[object], object]) -> WholeResponse:
    """The reply with its JSON changed; a reply that holds none stays as it is."""
    try:
        value = json.loads(reply.body)
    except ValueError:
        return reply
    return evolve(reply, body=json.dumps(change(value)).encode())


def _swapped(value: object) -> object:
    """The same structure, its texts as numbers and its numbers as texts."""
    match value:
        case Mapping():
            return {key: _swapped(item) for key, item in value.items()}
        case str():
            return len(value) + 0.5  # a whole number would be read as the digits of an id
        case bool() | int() | float():
            return str(value)
        case _:
            return [_swapped(item) for item in value] if is_array(value) else value


def replaced(value: object, path: tuple[str, ...] | list[str], by: object) -> object:
    """A JSON value with another one at a place, where it has that place."""
    if not path:
        return by
    first, rest = path[0], path[1:]
    if isinstance(value, Mapping) and first in value:
        return {**value, first: replaced(value[first], rest, by)}
    if is_array(value) and first.isdecimal() and int(first) < len(value):
        changed = list(value)
        changed[int(first)] = replaced(changed[int(first)], rest, by)
        return changed
    return value


# --------------------------------------------------------------------------- webhooks


def forged(body: bytes, base_url: str, canary: str) -> bytes:
    """A webhook's body with the addresses of its images at another host."""
    return body.replace(f"{base_url}/assets/".encode(), f"{canary}/assets/".encode())


def belated(body: bytes, fixtures: Fixtures) -> bytes:
    """A webhook's body that says that the task is still running."""
    states = fixtures.states
    if states is None or not states.running:
        return body
    ended = {*states.succeeded, *states.failed, *states.refused}
    return json.dumps(_said(json.loads(body), ended, states.running[0])).encode()


def _said(value: object, ended: set[str], running: str) -> object:
    match value:
        case Mapping():
            return {key: _said(item, ended, running) for key, item in value.items()}
        case str():
            return running if value in ended else value
        case _:
            return [_said(item, ended, running) for item in value] if is_array(value) else value
