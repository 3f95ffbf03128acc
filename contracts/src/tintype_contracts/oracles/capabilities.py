"""Whether a plugin can do what a capability names, found out by asking it.

The question goes the way a caller's goes: the request is resolved against the catalog,
then the hook is called. What is refused on that way, with an error that names the field,
does not work; a hook that returns None has nothing to send. Nothing is ever sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeAlias

from attrs import frozen

from tintype.errors import InvalidRequestError, TintypeError
from tintype.messages import Request
from tintype.models import Quote, QuoteKind, Task
from tintype_contracts.case import Case
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import builder_of
from tintype_contracts.strategies.values import references

_UNLISTED = "a-model-of-tomorrow"
_FIELDS: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "image.generate": ({"references": 0},),
    "image.edit": ({"references": 1},),
    "n": ({"n": 2},),
    "seed": ({"seed": 7}, {"seed": 0}),
    "size": ({"size": "1024x1024"}, {"size": "2048x2048"}, {"size": "512x512"}),
    "stream": ({"stream": True},),
    "webhook": ({"webhook_url": "https://example.com/hook"},),
}
_ALONE = frozenset({"image.generate", "image.edit"})


@frozen(kw_only=True)
class Sign:
    """What one question found.

    Attributes:
        works: Whether the plugin did it; False where a hook failed in a way no hook may.
        text: What was asked, and what came of it.
    """

    works: bool
    text: str


_Question: TypeAlias = tuple[str, Callable[[], bool]]
"""What is done where it works, and whether it is."""


def signs(subject: Subject, capability: str) -> Iterator[Sign]:
    """Every sign that the plugin has the capability, and every hook that broke."""
    ask = _QUESTIONS.get(capability, partial(_fields, capability))
    for text, does in ask(subject):
        try:
            if does():
                yield Sign(works=True, text=text)
        except InvalidRequestError:
            continue
        except TintypeError as error:
            yield Sign(works=False, text=f"It raised {type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001 - a broken plugin may raise anything
            yield Sign(works=False, text=f"A hook raised {type(error).__name__}: {error}")


def _fields(capability: str, subject: Subject) -> Iterator[_Question]:
    """A field works with a model whose request is another one with it than without it."""
    for model in _models(subject):
        for fields in _FIELDS[capability]:
            case = Case(place="submit", given={"model": model, **fields})
            yield f"submit() sends {case}.", partial(_is_sent, subject, case, capability)


def _is_sent(subject: Subject, case: Case, capability: str) -> bool:
    builder = builder_of(subject)
    built = builder.build(case)
    plain = None if capability in _ALONE else builder.tried(case.only("model"))
    split = built is not None and built.resolved.n != case.given.get("n", built.resolved.n)
    return built is not None and not split and (plain is None or built.sent != plain.sent)


def _prices(fits: Callable[[object], bool], does: str, subject: Subject) -> Iterator[_Question]:
    for model in _models(subject):
        yield f"price() {does} of {model}.", partial(_is_priced, subject, model, fits)


def _is_priced(subject: Subject, model: str, fits: Callable[[object], bool]) -> bool:
    builder = builder_of(subject)
    case = builder.completed(Case(place="submit", given={"model": model}))
    asked = submission_of(builder.request(case), subject.info)
    return fits(subject.hooks.price(request=asked, quote=None))


def _is_known(answer: object) -> bool:
    return isinstance(answer, Quote) and answer.kind is not QuoteKind.UNKNOWN


def _upload(subject: Subject) -> Iterator[_Question]:
    (kite,) = references("1 bytes", subject.info.models[0])
    ask = partial(subject.plugin.extras.upload, reference=kite, notes={})
    yield "upload() has something to send.", lambda: ask() is not None


def _models_live(subject: Subject) -> Iterator[_Question]:
    ask = partial(subject.plugin.extras.models, cursor="")
    yield "models() has something to send.", lambda: ask() is not None


def _cancel(subject: Subject) -> Iterator[_Question]:
    def works() -> bool:
        return subject.plugin.extras.cancel(task=_running_task(subject)) is not None

    yield "cancel() has something to send.", works


def _running_task(subject: Subject) -> Task:
    """A task that a documented submission has started, or one made up."""
    for exchange in subject.exchanges("submit"):
        outcome = subject.rehearsal.tell(exchange)
        if isinstance(outcome, Task) and not outcome.state.terminal:
            return outcome
    return Task(id="task-1", model=subject.info.models[0].id)


def _signed(subject: Subject) -> Iterator[_Question]:
    """A signature is checked where the plugin declares it: the core does that."""
    declared = subject.info.signature is not None
    yield "describe() declares how its webhooks are signed.", lambda: declared


def _models(subject: Subject) -> Iterator[str]:
    """The catalog, and a model outside of it."""
    yield from (model.id for model in subject.info.models)
    yield _UNLISTED


_QUESTIONS: Mapping[str, Callable[[Subject], Iterator[_Question]]] = {
    "upload": _upload,
    "webhook.signed": _signed,
    "price.live": partial(_prices, lambda said: isinstance(said, Request), "asks the provider"),
    "price.table": partial(_prices, _is_known, "knows the price"),
    "models.live": _models_live,
    "cancel": _cancel,
}
