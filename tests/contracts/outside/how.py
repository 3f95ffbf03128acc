"""A plugin made out of a shipped one: its hooks with what goes in or comes out changed.

A row says it with what hooks are given and return, and never with the shipped source, so that a
plugin may be written anew without a row's ceasing to mean what it says. What happens at import,
and what depends on how a plugin was loaded, is text that stands behind a copy of the package.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec, module_from_spec
from types import ModuleType, SimpleNamespace
from typing import Any, TypeAlias

from attrs import evolve, frozen

from tintype.catalog import Model, ProviderInfo
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import JsonBody, MultipartBody, Part, Request, ServerSentEvent
from tintype.models import Task, Update
from tintype.request import Submission

KINDS: Mapping[str, str] = {
    "K1": "it reads or writes when it is imported",
    "K2": "two fields meet",
    "K3": "a value is changed on its way",
    "K4": "money that is no row of the table",
    "K5": "names, time-outs, rules between fields, cautions, live lists",
    "K6": "keys, signatures, addresses, the place of a parameter",
    "K7": "options",
    "K8": "errors at an operation, inventions, order",
    "K9": "it knows that it is examined",
}

PURE = "docs/plugins.md: a plugin never performs I/O; the core sends what it returns"

Hook: TypeAlias = Callable[..., Any]
Hooks: TypeAlias = dict[str, Hook]
Change: TypeAlias = Callable[[Hooks, ModuleType], None]

# A hook is called by the names of its arguments.
_SIGNATURES: Mapping[str, Callable[[Hook], Hook]] = {
    "describe": lambda do: lambda: do(),
    "price": lambda do: lambda request, quote: do(request, quote),
    "submit": lambda do: lambda request: do(request),
    "poll": lambda do: lambda task: do(task),
    "parse": lambda do: lambda exchange: do(exchange),
    "models": lambda do: lambda cursor: do(cursor),
}


@frozen(kw_only=True)
class Row:
    """One plugin that is not the shipped one.

    Attributes:
        name: What it does, in three or four words.
        kind: One of `KINDS`, or "right".
        decides: The line of a document that says so, and where it stands.
        changes: What is done to the hooks, the first one first.
        source: Text behind a copy of the shipped package, or "".
    """

    name: str
    kind: str
    decides: str
    changes: tuple[Change, ...] = ()
    source: str = ""


def wrong(kind: str, name: str, decides: str, *changes: Change, source: str = "") -> Row:
    """A plugin that the documents decide against."""
    return Row(name=name, kind=kind, decides=decides, changes=changes, source=source)


def right(name: str, allows: str, *changes: Change) -> Row:
    """A plugin that is as right as the shipped one."""
    return Row(name=name, kind="right", decides=allows, changes=changes)


def made(provider: str, row: Row) -> SimpleNamespace:
    """The plugin of a row, to be registered: the hooks of a fresh copy of the module, changed."""
    spec = find_spec(f"tintype_{provider}")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(provider)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    hooks = {name: each for name, each in vars(module).items() if hasattr(each, "tintype_impl")}
    for change in row.changes:
        change(hooks, module)
    return SimpleNamespace(**hooks)


# ------------------------------------------------------------------------- around a hook


def around(name: str, change: Hook) -> Change:
    """A hook in whose place `change(the shipped one, *arguments)` stands."""

    def put(hooks: Hooks, _: ModuleType) -> None:
        hook = _SIGNATURES[name](partial(change, hooks[name]))
        hook.__name__ = name
        hooks[name] = hookimpl(hook)

    return put


def asked(edit: Callable[[Submission], Submission], *hooks: str) -> Change:
    """`submit`, or the hooks named, given another request than was asked."""

    def put(found: Hooks, module: ModuleType) -> None:
        for name in hooks or ("submit",):
            around(name, lambda do, request, *rest: do(edit(request), *rest))(found, module)

    return put


def sent(edit: Callable[[dict[str, Any], Submission], object], *, hook: str = "submit") -> Change:
    """A JSON body that is not the shipped plugin's: `edit` changes a copy of it."""

    def change(do: Hook, request: Submission, *rest: object) -> object:
        found = do(request, *rest)
        if not (isinstance(found, Request) and isinstance(found.body, JsonBody)):
            return found
        body = copy.deepcopy(found.body.value)
        edit(body, request)
        return evolve(found, body=JsonBody(value=body))

    return around(hook, change)


def dropping(field: str, where: Callable[[Submission], object]) -> Change:
    """A JSON body without a field, for such requests."""

    def edit(body: dict[str, Any], request: Submission) -> None:
        if where(request):
            body.pop(field, None)

    return sent(edit)


def parts(edit: Callable[[list[Part], Submission], list[Part]]) -> Change:
    """A multipart form that is not the shipped plugin's."""

    def change(do: Hook, request: Submission) -> object:
        found = do(request)
        made_of = tuple(edit(list(found.body.parts), request))
        return evolve(found, body=MultipartBody(parts=made_of))

    return around("submit", change)


def requested(edit: Callable[[Request, Any], Request], hook: str) -> Change:
    """A request that is not the shipped plugin's; `edit` gets what the hook was given first."""

    def change(do: Hook, *given: object) -> object:
        found = do(*given)
        return edit(found, given[0] if given else None) if isinstance(found, Request) else found

    return around(hook, change)


def polled(url: Callable[[Task], str]) -> Change:
    """Another address to poll."""
    return requested(lambda found, task: evolve(found, url=url(task)), "poll")


def quoted(edit: Callable[[Any, Submission], object]) -> Change:
    """What `price` says, where it says a price at once, as `edit` has it."""
    return around("price", lambda do, request, quote: edit(do(request, quote), request))


def told(edit: Callable[[Any, Exchange], object], *operations: str) -> Change:
    """What `parse` makes of an answer, in these operations or all, as `edit` has it."""

    def change(do: Hook, exchange: Exchange) -> object:
        found = do(exchange)
        return edit(found, exchange) if _among(exchange, operations) else found

    return around("parse", change)


def update(edit: Callable[[Update, Exchange], Update], *operations: str) -> Change:
    """The same, of what is new of a task."""
    return told(
        lambda found, exchange: edit(found, exchange) if isinstance(found, Update) else found,
        *operations,
    )


def images(edit: Callable[..., Any]) -> Change:
    """Every image that `parse` tells of, as `edit(image, exchange)` has it."""
    return update(
        lambda found, exchange: evolve(
            found, images=tuple(edit(each, exchange) for each in found.images)
        )
    )


def failing(edit: Callable[[Exception, Exchange], object], *operations: str) -> Change:
    """What `parse` says in place of an error that it raises: what `edit` returns or raises."""

    def change(do: Hook, exchange: Exchange) -> object:
        try:
            return do(exchange)
        except Exception as error:
            if not _among(exchange, operations):
                raise
            return edit(error, exchange)

    return around("parse", change)


def heard(edit: Callable[[dict[str, Any], Exchange], object], *operations: str) -> Change:
    """An answer that reads otherwise than it came: `edit` changes a copy of its JSON object."""

    def change(do: Hook, exchange: Exchange) -> object:
        return do(_reread(exchange, edit) if _among(exchange, operations) else exchange)

    return around("parse", change)


def _among(exchange: Exchange, operations: tuple[str, ...]) -> bool:
    return not operations or str(exchange.operation) in operations


def _reread(exchange: Exchange, edit: Callable[[dict[str, Any], Exchange], object]) -> Exchange:
    message = exchange.message
    text = message.data if isinstance(message, ServerSentEvent) else getattr(message, "body", b"")
    try:
        body = json.loads(text)
        other = copy.deepcopy(body)
        edit(other, exchange)
        told_of = json.dumps(other)
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError):
        return exchange  # no answer of the kind that is meant
    if other == body:
        return exchange
    if isinstance(message, ServerSentEvent):
        return evolve(exchange, message=evolve(message, data=told_of))
    return evolve(exchange, message=evolve(message, body=told_of.encode()))


# --------------------------------------------------------------------------- the catalog


def catalog(edit: Callable[[ProviderInfo], ProviderInfo]) -> Change:
    """Another catalog, in all that the module does with it."""

    def put(hooks: Hooks, module: ModuleType) -> None:
        vars(module)["INFO"] = edit(hooks["describe"]())
        again = hooks["describe"]()
        if again is not vars(module)["INFO"]:
            msg = f"{module.__name__} does not describe itself by its INFO."
            raise LookupError(msg)

    return put


def models(edit: Callable[[Model], Model]) -> Change:
    """Every model of the catalog as `edit` has it."""
    return catalog(lambda info: evolve(info, models=tuple(map(edit, info.models))))


def model(wanted: str, edit: Callable[[Model], Model]) -> Change:
    """One model of the catalog as `edit` has it.

    Raises:
        LookupError: There is none of that id.
    """

    def change(info: ProviderInfo) -> ProviderInfo:
        if wanted not in {each.id for each in info.models}:
            raise LookupError(wanted)
        return evolve(
            info, models=tuple(edit(each) if each.id == wanted else each for each in info.models)
        )

    return catalog(change)


def renamed(owners: Mapping[str, str]) -> Change:
    """Canonical names that belong to other models: by name, the id of its new owner."""

    def name_of(each: Model) -> str:
        alias = next((name for name, owner in owners.items() if owner == each.id), None)
        return alias or ("" if each.name in owners else each.name)

    return models(lambda each: evolve(each, name=name_of(each)))


def described(each: Model, **parameters: object) -> Model:
    """A model with other descriptors of these fields; None takes one away."""
    kept = {**each.parameters, **parameters}
    return evolve(each, parameters={key: value for key, value in kept.items() if value})
