"""The ways to break a reference plugin: a hook that does otherwise, other documents, a client.

A way is asked for a plugin by name and gives it back broken, so that a row of the table can
put any plugin beside it. Nothing is built before it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import NamedTuple, TypeAlias

from attrs import evolve
from tests.contracts import reference

from tintype._plugins.registry import Registry
from tintype.catalog import ProviderInfo
from tintype.errors import PluginError, TintypeError
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Delivery, JsonBody, Request, Response, ServerSentEvent
from tintype.models import Update
from tintype_contracts.check import Finding
from tintype_contracts.checks import all_checks
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.loader import load
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.harness.subject import Subject

BY_ID, BY_URL, AT_ONCE, MULTIPART = (
    "reference_by_id",
    "reference_by_url",
    "reference_at_once",
    "reference_multipart",
)
TODAY = "2026-11-20"

Hook: TypeAlias = Callable[..., object]
Way: TypeAlias = Callable[[str], Subject]


class Row(NamedTuple):
    """One broken thing, and the check that has to notice.

    Attributes:
        check: The id of the check.
        plugin: The reference plugin.
        way: How it is broken.
        words: What the findings have to say of it, among others: a word, or a pointer.
    """

    check: str
    plugin: str
    way: Way
    words: str = ""


def findings(check: str, subject: Subject) -> list[Finding]:
    """All that the check of that id finds."""
    return list(next(each for each in all_checks() if each.id == check).run(subject))


# ------------------------------------------------------------------------------- hooks


def good(name: str, hook: str) -> Hook:
    """A hook of a reference plugin as it is."""
    found: Hook = getattr(reference.plugin(name), hook)
    return found


def bent(name: str, **hooks: Hook | None) -> Subject:
    """A reference plugin with these functions in place of its hooks; None takes one away."""
    return _with_hooks(name, reference.plugin(name), reference.fixtures(name), hooks)


def installed(name: str, **hooks: Hook) -> Subject:
    """An installed plugin with these functions in place of its hooks."""
    return _with_hooks(name, import_module(f"tintype_{name}"), load(name), hooks)


def _with_hooks(
    name: str, plugin: ModuleType, fixtures: Fixtures, hooks: Mapping[str, Hook | None]
) -> Subject:
    module = ModuleType(name)
    for word, value in vars(plugin).items():
        if getattr(value, "tintype_impl", None) is not None and word not in hooks:
            setattr(module, word, value)
    for word, hook in hooks.items():
        if hook is not None:
            setattr(module, word, hookimpl(specname=word)(hook))
    return loaded(name, module, fixtures)


def loaded(name: str, module: ModuleType, fixtures: Fixtures) -> Subject:
    """A module as a plugin under examination, or the error that says why it is none."""
    try:
        return Subject(Registry({name: module}).get(name), fixtures, name=name)
    except PluginError as error:
        return Subject(error, fixtures, name=name)


def hooks(**others: Hook | None) -> Way:
    """With these functions in place of its hooks."""
    return lambda name: bent(name, **others)


def sends(change: Callable[[Request], Request], hook: str = "submit") -> Way:
    """Changes the request that one hook builds."""

    def way(name: str) -> Subject:
        # The very name of the argument is what the hook is called by.
        if hook == "poll":
            return bent(name, poll=lambda task: change(good(name, hook)(task)))
        return bent(name, submit=lambda request: change(good(name, hook)(request)))

    return way


def body(change: Callable[[dict[str, object]], object]) -> Way:
    """Changes the JSON that it submits, in place."""

    def changed(request: Request) -> Request:
        assert isinstance(request.body, JsonBody)
        value = dict(request.body.value)
        change(value)
        return evolve(request, body=JsonBody(value=value))

    return sends(changed)


def before(deed: Callable[[], object]) -> Way:
    """Does something else before it submits."""

    def change(request: Request) -> Request:
        deed()
        return request

    return sends(change)


def reads(change: Callable[[Hook, Exchange], object]) -> Way:
    """Its `parse` is `change(parse, exchange)`."""
    return lambda name: bent(name, parse=_with(change, good(name, "parse")))


def _with(change: Callable[[Hook, Exchange], object], parse: Hook) -> Hook:
    """`change` with its first argument given, and its second by the name pluggy knows."""

    def made(exchange: Exchange) -> object:
        return change(parse, exchange)

    return made


def told(change: Callable[[Exchange, Update], object]) -> Way:
    """Changes what it has read of tasks."""

    def after(parse: Hook, exchange: Exchange) -> object:
        said = parse(exchange)
        return change(exchange, said) if isinstance(said, Update) else said

    return reads(after)


def tells(**fields: object) -> Way:
    """Sets fields of all that it has read of tasks."""
    return told(lambda _, task: evolve(task, **fields))


def looks(look: Callable[[object], object]) -> Way:
    """Looks at the JSON of an answer before it reads it, and may trip over it."""

    def first(parse: Hook, exchange: Exchange) -> object:
        look(body_of(exchange))
        return parse(exchange)

    return reads(first)


def rewrites(change: Callable[[dict[str, object]], object]) -> Way:
    """Changes the JSON of an answer, in place, before it reads it."""

    def first(parse: Hook, exchange: Exchange) -> object:
        value = body_of(exchange)
        if not isinstance(value, dict) or not isinstance(exchange.message, Response | Delivery):
            return parse(exchange)
        change(value)
        return parse(evolve(exchange, message=evolve(exchange.message, body=dump(value).encode())))

    return reads(first)


def raises(kind: type[TintypeError], instead: Callable[[TintypeError], BaseException]) -> Way:
    """Raises another error in the place of those of one kind."""

    def other(parse: Hook, exchange: Exchange) -> object:
        try:
            return parse(exchange)
        except kind as error:
            raise instead(error) from None

    return reads(other)


def prices(change: Callable[..., object]) -> Way:
    """Its price is `change(request, quote)`, where `quote` is what it was."""

    def way(name: str) -> Subject:
        def price(request: object, quote: object) -> object:
            return change(request, good(name, "price")(request, quote))

        return bent(name, price=price)

    return way


def offers(change: Callable[[ProviderInfo], ProviderInfo]) -> Way:
    """Describes something else."""

    def way(name: str) -> Subject:
        info = reference.plugin(name).INFO
        return bent(name, describe=lambda: change(info))

    return way


def says(**fields: object) -> Way:
    """Sets fields of what it describes."""
    return offers(lambda info: evolve(info, **fields))


def documented(change: Callable[[Fixtures], Fixtures]) -> Way:
    """Its provider documents something else."""

    def way(name: str) -> Subject:
        it = reference.subject(name)
        return Subject(it.plugin, change(it.fixtures), {"today": TODAY}, name=name)

    return way


def body_of(exchange: Exchange) -> object:
    """The JSON of an answer, or None."""
    message = exchange.message
    text = message.data if isinstance(message, ServerSentEvent) else getattr(message, "body", b"")
    try:
        return json.loads(text)
    except ValueError:
        return None


def bytes_of(exchange: Exchange) -> bytes:
    """The bytes of an answer, none where it has none."""
    message = exchange.message
    return message.body if isinstance(message, Response | Delivery) else b""


def status_of(exchange: Exchange) -> int:
    """The status of an answer, 200 where it has none."""
    return exchange.message.status if isinstance(exchange.message, Response) else 200
