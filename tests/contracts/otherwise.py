"""Reference plugins with one hook that does otherwise, and what a check finds about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType

from attrs import evolve
from tests.contracts import reference

from tintype._registry import Registry
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Delivery, Response, ServerSentEvent
from tintype_contracts import load
from tintype_contracts.check import Finding
from tintype_contracts.checks import all_checks
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.harness.subject import Subject

BY_ID, BY_URL, AT_ONCE, MULTIPART = (
    "reference_by_id",
    "reference_by_url",
    "reference_at_once",
    "reference_multipart",
)


@cache
def documents(name: str) -> Fixtures:
    """What a reference provider documents."""
    return reference.fixtures(name)


def bent(name: str, **hooks: Callable[..., object]) -> Subject:
    """A reference plugin with these functions in place of its hooks."""
    return _with_hooks(name, reference.plugin(name), documents(name), hooks)


def installed(name: str, **hooks: Callable[..., object]) -> Subject:
    """An installed plugin with these functions in place of its hooks."""
    return _with_hooks(name, import_module(f"tintype_{name}"), load(name), hooks)


def _with_hooks(
    name: str, plugin: ModuleType, fixtures: Fixtures, hooks: Mapping[str, Callable[..., object]]
) -> Subject:
    module = ModuleType(name)
    for word, value in vars(plugin).items():
        if getattr(value, "tintype_impl", None) is not None:
            setattr(module, word, value)
    for word, hook in hooks.items():
        setattr(module, word, hookimpl(hook))
    return Subject(Registry({name: module}).get(name), fixtures)


def good(name: str, hook: str) -> Callable[..., object]:
    """A hook of a reference plugin as it is."""
    found: Callable[..., object] = getattr(reference.plugin(name), hook)
    return found


def findings(check: str, subject: Subject) -> list[Finding]:
    """What the check of that id finds."""
    return list(next(each for each in all_checks() if each.id == check).run(subject))


def reading(name: str, change: Callable[[dict], object]) -> Subject:
    """A plugin that changes the JSON of an answer before it reads it."""

    def parse(exchange: Exchange) -> object:
        return good(name, "parse")(_changed(exchange, change))

    return bent(name, parse=parse)


def told(name: str, change: Callable[[Exchange, object], object]) -> Subject:
    """A plugin that changes what it has read."""

    def parse(exchange: Exchange) -> object:
        return change(exchange, good(name, "parse")(exchange))

    return bent(name, parse=parse)


def body_of(exchange: Exchange) -> object:
    """The JSON of an answer, or None."""
    message = exchange.message
    text = message.data if isinstance(message, ServerSentEvent) else getattr(message, "body", b"")
    try:
        return json.loads(text)
    except ValueError:
        return None


def _changed(exchange: Exchange, change: Callable[[dict], object]) -> Exchange:
    body = body_of(exchange)
    if not isinstance(body, Mapping) or not isinstance(exchange.message, Response | Delivery):
        return exchange
    change(body)
    return evolve(exchange, message=evolve(exchange.message, body=dump(body).encode()))
