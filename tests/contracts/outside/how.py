"""A row of the collection: what a plugin does otherwise, and the document that decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from attrs import evolve, frozen
from tests.contracts.changed import Change, around, failing, images, models, update

from tintype.errors import Billed, ProviderError, ServerError
from tintype.exchange import Exchange
from tintype.models import Failure, TaskState, Update
from tintype.request import Reference, Submission

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


@frozen
class Row:
    """One plugin that is not the shipped one.

    Attributes:
        kind: One of `KINDS`, or "right".
        name: What it does, in three or four words.
        decides: The line of a document that says so, and where it stands.
        change: What is done to the plugin; or, where it happens at import or depends on how a
            plugin is loaded, text that stands behind a copy of the shipped package.
    """

    kind: str
    name: str
    decides: str
    change: Change | str


# ------------------------------------------------ what is done to more than one provider's


def referring(edit: Callable[[str], str]) -> Callable[[Submission], Submission]:
    """A request whose references have other addresses."""

    def one(each: Reference) -> Reference:
        return evolve(each, url=edit(each.url or ""))

    return lambda request: evolve(request, references=tuple(map(one, request.references)))


def renamed(owners: Mapping[str, str]) -> Change:
    """Canonical names that belong to other models: by name, the id of its new owner."""

    def name_of(each: Any) -> str:
        alias = next((name for name, owner in owners.items() if owner == each.id), None)
        return alias or ("" if each.name in owners else each.name)

    return models(lambda each: evolve(each, name=name_of(each)))


def silent(about: Callable[[Any], bool]) -> Change:
    """A catalog without such cautions."""
    return models(cautions=lambda known: tuple(each for each in known if not about(each)))


CAUTIONS_REWORDED = models(
    cautions=lambda known: tuple(evolve(each, message=f"Mind: {each.message}") for each in known)
)


def failures(edit: Callable[[Any], object]) -> Change:
    """Every failure that a task tells of."""
    return update(errors=lambda known: tuple(map(edit, known)))


def giving_no_reason(words: str, mark: str = "gave no reason") -> Change:
    """Other words where the provider said nothing."""
    return failures(lambda it: evolve(it, message=words) if mark in it.message else it)


TURNED = images(lambda it, _: evolve(it, width=it.height, height=it.width))


def _free(error: Any, _: Exchange) -> Update:
    error.billed = Billed.NO
    raise error


FAULTS_ARE_FREE = failing(ServerError, _free)


def calling_itself(provider: str) -> Change:
    """A refused list of models, in whose place the catalog stands."""
    plugin = import_module(f"tintype_{provider}")
    return failing(ProviderError, lambda *_: plugin.describe(), "models")


def refusing(error: Any, _: Exchange) -> Update:
    """A task that is refused, in an error's place."""
    failure = Failure(message=error.message, code=error.code, refused=True)
    return Update(state=TaskState.REFUSED, errors=(failure,), billed=Billed.NO)


def failed(error: Any, _: Exchange) -> Update:
    """A task that failed, in an error's place."""
    failure = Failure(message=error.message)
    return Update(state=TaskState.FAILED, errors=(failure,), billed=Billed.NO)


def reading(operation: str, **fields: object) -> Change:
    """An answer of that operation, read as if another request had been asked."""

    def change(do: Callable[..., object], exchange: Exchange) -> object:
        request = exchange.request
        if exchange.operation != operation or request is None:
            return do(exchange)
        return do(evolve(exchange, request=evolve(request, **fields)))

    return around("parse", change)
