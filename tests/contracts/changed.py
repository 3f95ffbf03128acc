"""A plugin made out of a good one: its hooks with what goes in or comes out changed.

The one vocabulary of all that is broken on purpose, wrong or right otherwise. A change says what it
does with what hooks are given and return, never with the good plugin's source, so that a plugin
may be written anew without a change's ceasing to mean what it says.

Most of them take an `edit`, a function of the whole value, or fields by name: each is a new value,
or a function of the one that was there.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.util import find_spec, module_from_spec
from types import ModuleType, SimpleNamespace
from typing import Any, TypeAlias

from attrs import define, evolve
from tests.contracts import reference

from tintype._plugins.registry import Registry
from tintype.catalog import Model, ProviderInfo
from tintype.errors import PluginError
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import (
    Delivery,
    JsonBody,
    MultipartBody,
    Part,
    Request,
    Response,
    ServerSentEvent,
)
from tintype.models import Image, Quote, Task, Update
from tintype.request import Submission
from tintype_contracts.check import Finding
from tintype_contracts.checks import all_checks
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.loader import load
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.harness.subject import Subject

BY_ID, BY_URL = "reference_by_id", "reference_by_url"
TODAY = "2026-11-20"
ABSENT = object()
"""In the place of a field's value: the field is left out."""

Hook: TypeAlias = Callable[..., Any]


@define
class Plugin:
    """The parts of a plugin while they are changed.

    Attributes:
        name: The provider's name.
        hooks: Its hooks by name.
        module: What they look their catalog up in, where it is a shipped plugin's.
        fixtures: What its provider documents.
        options: What the run is asked for.
    """

    name: str
    hooks: dict[str, Hook]
    module: ModuleType
    fixtures: Fixtures
    options: Mapping[str, str] = {}


Change: TypeAlias = Callable[[Plugin], None]

# A hook is called by the names of its arguments.
_SIGNATURES: Mapping[str, Callable[[Hook], Hook]] = {
    "describe": lambda do: lambda: do(),
    "price": lambda do: lambda request, quote: do(request, quote),
    "submit": lambda do: lambda request: do(request),
    "poll": lambda do: lambda task: do(task),
    "cancel": lambda do: lambda task: do(task),
    "parse": lambda do: lambda exchange: do(exchange),
    "models": lambda do: lambda cursor: do(cursor),
}


def changed(name: str, *changes: Change) -> Subject:
    """A reference plugin or a shipped one with these changes, against its documents."""
    module, fixtures = _module(name), documents(name)
    own = ModuleType(name) if name in reference.NAMES else module
    hooks = {word: it for word, it in vars(module).items() if hasattr(it, "tintype_impl")}
    plugin = Plugin(name, hooks, own, fixtures)
    for change in changes:
        change(plugin)
    try:
        made = Registry({name: SimpleNamespace(**plugin.hooks)}).get(name)
    except PluginError as error:
        return Subject(error, plugin.fixtures, plugin.options, name=name)
    return Subject(made, plugin.fixtures, plugin.options, name=name)


def _module(name: str) -> ModuleType:
    """A fresh copy of a shipped plugin's module, in which its catalog may be another one."""
    if name in reference.NAMES:
        return reference.plugin(name)
    spec = find_spec(f"tintype_{name}")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def documents(name: str) -> Fixtures:
    """What a provider documents, read once."""
    return reference.fixtures(name) if name in reference.NAMES else load(name)


def findings(check: str, subject: Subject) -> list[Finding]:
    """All that the check of that id finds."""
    return list(next(each for each in all_checks() if each.id == check).run(subject))


def both(*changes: Change) -> Change:
    """One change behind the other."""

    def put(plugin: Plugin) -> None:
        for change in changes:
            change(plugin)

    return put


def _edit(edit: Hook | None, fields: Mapping[str, object]) -> Hook:
    """`edit`, and then other fields."""

    def change(it: Any, *context: object) -> Any:
        it = edit(it, *context) if edit else it
        return evolve(it, **{name: _new(new, getattr(it, name)) for name, new in fields.items()})

    return change


def _new(new: Any, old: object) -> Any:
    return new(old) if callable(new) else new


# ------------------------------------------------------------------------- around a hook


def around(name: str, change: Hook) -> Change:
    """A hook in whose place `change(the good one, *arguments)` stands."""

    def put(plugin: Plugin) -> None:
        hook = _SIGNATURES[name](partial(change, plugin.hooks.get(name)))
        hook.__name__ = name
        plugin.hooks[name] = hookimpl(hook)

    return put


def instead(name: str, hook: Hook) -> Change:
    """A hook in whose place another one stands."""
    return around(name, lambda _, *given: hook(*given))


def without(name: str) -> Change:
    """A plugin that lacks a hook."""
    return lambda plugin: plugin.hooks.pop(name)


def before(deed: Callable[[], object], hook: str = "submit") -> Change:
    """Something else is done before a hook does what it is there for."""

    def change(do: Hook, *given: object) -> object:
        deed()
        return do(*given)

    return around(hook, change)


def asked(edit: Hook | None = None, hook: str = "submit", **fields: object) -> Change:
    """A hook that is given another request than was asked."""
    change = _edit(edit, fields)
    return around(hook, lambda do, request, *rest: do(change(request), *rest))


def requested(edit: Hook | None = None, hook: str = "submit", **fields: object) -> Change:
    """Another request than the good plugin's; `edit` is told what the hook was given first."""
    change = _edit(edit, fields)

    def after(do: Hook, *given: object) -> object:
        found = do(*given)
        return change(found, *given[:1]) if isinstance(found, Request) else found

    return around(hook, after)


def polled(url: Callable[[Task], str]) -> Change:
    """Another address to poll."""
    return requested(lambda found, task: evolve(found, url=url(task)), "poll")


def sent(
    edit: Callable[[dict[str, Any], Submission], object] | None = None,
    hook: str = "submit",
    where: Callable[[Submission], object] = lambda _: True,
    **fields: object,
) -> Change:
    """Another JSON body, for such requests: `edit` changes a copy of it.

    Of the fields, a function changes what is there, a value is there whether or not one was, and
    `ABSENT` is left out.
    """

    def after(found: Request, request: Submission) -> Request:
        if not isinstance(found.body, JsonBody) or not where(request):
            return found
        body = copy.deepcopy(dict(found.body.value))
        _put(body, fields)
        if edit:
            edit(body, request)
        return evolve(found, body=JsonBody(value=body))

    return requested(after, hook)


def dropping(field: str, where: Callable[[Submission], object]) -> Change:
    """A JSON body without a field, for such requests."""
    return sent(where=where, **{field: ABSENT})


def _put(body: dict[str, Any], fields: Mapping[str, object]) -> None:
    for name, new in fields.items():
        if new is ABSENT:
            body.pop(name, None)
        elif name in body or not callable(new):
            body[name] = _new(new, body.get(name))


def parts(edit: Callable[[list[Part], Submission], list[Part]]) -> Change:
    """Another multipart form."""

    def after(found: Request, request: Submission) -> Request:
        assert isinstance(found.body, MultipartBody)
        return evolve(found, body=MultipartBody(parts=tuple(edit([*found.body.parts], request))))

    return requested(after)


def files(**fields: object) -> Change:
    """Another multipart form: these fields of each of its files."""
    change = _edit(None, fields)
    return parts(lambda found, _: [change(it) if it.filename else it for it in found])


def quoted(edit: Hook | None = None, **fields: object) -> Change:
    """Another price, where `price` says one at once."""
    change = _edit(edit, fields)

    def after(do: Hook, request: Submission, known: object) -> object:
        found = do(request, known)
        return change(found, request) if isinstance(found, Quote) else found

    return around("price", after)


# ----------------------------------------------------------------------------- an answer


def told(edit: Hook, *operations: str) -> Change:
    """What `parse` makes of an answer, in these operations or all, as `edit` has it."""

    def change(do: Hook, exchange: Exchange) -> object:
        found = do(exchange)
        return edit(found, exchange) if _among(exchange, operations) else found

    return around("parse", change)


def read(kind: type, edit: Hook | None = None, *operations: str, **fields: object) -> Change:
    """The same, where it is of that class."""
    change = _edit(edit, fields)
    return told(
        lambda it, exchange: change(it, exchange) if isinstance(it, kind) else it, *operations
    )


def update(edit: Hook | None = None, *operations: str, **fields: object) -> Change:
    """The same, of what is new of a task."""
    return read(Update, edit, *operations, **fields)


def images(edit: Hook | None = None, **fields: object) -> Change:
    """Every image that `parse` tells of; `edit` is told the exchange."""
    change = _edit(edit, fields)

    def of_all(found: Update, exchange: Exchange) -> Update:
        made: tuple[Image, ...] = tuple(change(each, exchange) for each in found.images)
        return evolve(found, images=made)

    return update(of_all)


def failing(kind: type[Exception], edit: Hook, *operations: str) -> Change:
    """What `parse` says in place of an error of that class: what `edit` returns or raises."""

    def change(do: Hook, exchange: Exchange) -> object:
        try:
            return do(exchange)
        except kind as error:
            if not _among(exchange, operations):
                raise
            return edit(error, exchange)

    return around("parse", change)


def raising(kind: type[Exception], edit: Callable[[Any], Exception]) -> Change:
    """Another error in the place of those of one class."""

    def other(error: Exception, _: Exchange) -> object:
        raise edit(error) from None

    return failing(kind, other)


def looking(look: Callable[[Any], object]) -> Change:
    """A look at the JSON of an answer before it is read, which may trip over it."""
    return around("parse", lambda do, exchange: (look(body_of(exchange)), do(exchange))[1])


def heard(edit: Callable[[dict[str, Any], Exchange], object], *operations: str) -> Change:
    """An answer that reads otherwise than it came: `edit` changes a copy of its JSON object."""

    def change(do: Hook, exchange: Exchange) -> object:
        return do(_reread(exchange, edit) if _among(exchange, operations) else exchange)

    return around("parse", change)


def _among(exchange: Exchange, operations: tuple[str, ...]) -> bool:
    return not operations or str(exchange.operation) in operations


def _reread(exchange: Exchange, edit: Callable[[dict[str, Any], Exchange], object]) -> Exchange:
    body, message = body_of(exchange), exchange.message
    try:
        other = copy.deepcopy(body)
        edit(other, exchange)
        text = dump(other)
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError):
        return exchange  # no answer of the kind that is meant
    if text == dump(body):
        return exchange
    if isinstance(message, ServerSentEvent):
        return evolve(exchange, message=evolve(message, data=text))
    return evolve(exchange, message=evolve(message, body=text.encode()))


def body_of(exchange: Exchange) -> Any:
    """The JSON of an answer, or None."""
    message = exchange.message
    text = message.data if isinstance(message, ServerSentEvent) else bytes_of(exchange)
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


# ----------------------------------------------------------- the catalog, and the documents


def catalog(edit: Hook | None = None, **fields: object) -> Change:
    """Another catalog: in all that a shipped plugin does with it, of others in what they say."""
    change = _edit(edit, fields)

    def put(plugin: Plugin) -> None:
        info = change(plugin.hooks["describe"]())
        vars(plugin.module)["INFO"] = info
        instead("describe", lambda: info)(plugin)

    return put


def models(edit: Hook | None = None, **fields: object) -> Change:
    """Every model of the catalog, and what holds of those that it does not list."""
    change = _edit(edit, fields)
    return catalog(
        models=lambda known: tuple(map(change, known)),
        general=lambda known: known and change(known),
    )


def model(wanted: str, edit: Hook | None = None, **fields: object) -> Change:
    """One model of the catalog.

    Raises:
        LookupError: There is none of that id.
    """

    def change(info: ProviderInfo) -> ProviderInfo:
        if wanted not in {each.id for each in info.models}:
            raise LookupError(wanted)
        made = [_edit(edit, fields)(it) if it.id == wanted else it for it in info.models]
        return evolve(info, models=tuple(made))

    return catalog(change)


def described(**parameters: object) -> Callable[[Model], Model]:
    """A model with other descriptors of these fields; None takes one away."""

    def change(each: Model) -> Model:
        kept = {**each.parameters, **parameters}
        return evolve(each, parameters={key: value for key, value in kept.items() if value})

    return change


def documented(edit: Callable[[Fixtures], Fixtures] | None = None, **fields: object) -> Change:
    """A provider that documents something else, as of today."""
    change = _edit(edit, fields)

    def put(plugin: Plugin) -> None:
        plugin.fixtures = change(plugin.fixtures)
        plugin.options = {"today": TODAY}

    return put
