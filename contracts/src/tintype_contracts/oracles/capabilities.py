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

from tintype._flow.resolve import resolve
from tintype.catalog import Model, References
from tintype.errors import InvalidRequestError, TintypeError
from tintype.messages import Request
from tintype.models import Quote, QuoteKind, Task
from tintype.request import ImageRequest, Reference
from tintype_contracts.case import Case
from tintype_contracts.fixtures.values import small_png
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import builder_of

_PROMPT = "a red kite"
_UNLISTED = "a-model-of-tomorrow"
_URL = "https://example.com/kite.png"
_FIELDS: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "n": ({"n": 2},),
    "seed": ({"seed": 7}, {"seed": 0}),
    "size": ({"size": "1024x1024"}, {"size": "2048x2048"}, {"size": "512x512"}),
    "stream": ({"stream": True},),
    "webhook": ({"webhook_url": "https://example.com/hook"},),
}


@frozen(kw_only=True)
class Sign:
    """What one question found.

    Attributes:
        works: Whether the plugin did it; False where a hook failed in a way no hook may.
        text: What was asked, and what came of it.
    """

    works: bool
    text: str


_Question: TypeAlias = Callable[[Subject], Iterator[Sign]]


def signs(subject: Subject, capability: str) -> Iterator[Sign]:
    """Every sign that the plugin has the capability, and every hook that broke."""
    if capability in _FIELDS:
        yield from _field(subject, capability)
    else:
        yield from _QUESTIONS[capability](subject)


# ------------------------------------------------------------------ fields of a request


def _field(subject: Subject, capability: str) -> Iterator[Sign]:
    """A field works with a model whose request is another one with it than without it."""
    for model in _models(subject):
        plain = _submitted(subject, model, {})
        for fields in _FIELDS[capability]:
            built = _submitted(subject, model, fields)
            yield from _sign(built, plain, f"{model.id} with {_told(fields)}")


def _sign(built: object, plain: object, asked: str) -> Iterator[Sign]:
    if isinstance(built, Sign):
        yield built
    elif built is not None and built != plain:
        yield Sign(works=True, text=f"submit() sends {asked}.")


def _generate(subject: Subject) -> Iterator[Sign]:
    for model in _models(subject):
        built = _submitted(subject, model, {"references": ()})
        yield from _sign(built, None, f"{model.id} with words alone")


def _edit(subject: Subject) -> Iterator[Sign]:
    """The documents' own requests first: their prompts name references as they must."""
    for exchange in subject.exchanges("submit"):
        if (exchange.case or {}).get("references"):
            built = _called(partial(subject.rehearsal.ask, exchange))
            yield from _sign(built, None, f"the references of {exchange.id}")
    for model in _models(subject):
        references = _references(model.references or _ANY)
        built = _submitted(subject, model, {"references": references})
        yield from _sign(built, None, f"{model.id} with a reference")


_ANY = References(forms=("url",))


def _submitted(subject: Subject, model: Model, fields: Mapping[str, object]) -> object:
    """What `submit` answers, None where the request is refused, a `Sign` where it breaks."""
    return _called(partial(_submit, subject, model, fields))


def _submit(subject: Subject, model: Model, fields: Mapping[str, object]) -> object:
    request = _resolved(subject, model, fields)
    split = fields.get("n", 1) != 1 and request.n == 1
    return None if split else subject.hooks.submit(request=submission_of(request, subject.info))


def _resolved(subject: Subject, model: Model, fields: Mapping[str, object]) -> ImageRequest:
    builder = builder_of(subject)
    given = {"prompt": _PROMPT, "model": model.id, **fields}
    request = builder.request(builder.completed(Case(place="submit", given=given)))
    return resolve(request, subject.info).requests[0]


def _references(accepts: References) -> tuple[Reference, ...]:
    return (Reference(url=_URL),) if "url" in accepts.forms else (_kite(),)


def _kite() -> Reference:
    return Reference(data=small_png("a kite"), media_type="image/png", name="kite.png")


# ------------------------------------------------------------------------------- prices


def _price_live(subject: Subject) -> Iterator[Sign]:
    yield from _priced(subject, lambda answer: isinstance(answer, Request), "asks the provider")


def _price_table(subject: Subject) -> Iterator[Sign]:
    yield from _priced(subject, _is_known, "knows the price")


def _is_known(answer: object) -> bool:
    return isinstance(answer, Quote) and answer.kind is not QuoteKind.UNKNOWN


def _priced(subject: Subject, fits: Callable[[object], bool], does: str) -> Iterator[Sign]:
    for model in _models(subject):
        answer = _called(partial(_price, subject, model))
        if isinstance(answer, Sign):
            yield answer
        elif fits(answer):
            yield Sign(works=True, text=f"price() {does} of {model.id}.")


def _price(subject: Subject, model: Model) -> object:
    request = submission_of(_resolved(subject, model, {}), subject.info)
    return subject.hooks.price(request=request, quote=None)


# ---------------------------------------------------------------------- the other hooks


def _upload(subject: Subject) -> Iterator[Sign]:
    ask = partial(subject.plugin.extras.upload, reference=_kite(), notes={})
    yield from _asked("upload", ask)


def _models_live(subject: Subject) -> Iterator[Sign]:
    yield from _asked("models", partial(subject.plugin.extras.models, cursor=""))


def _cancel(subject: Subject) -> Iterator[Sign]:
    task = _running_task(subject)
    yield from _asked("cancel", partial(subject.plugin.extras.cancel, task=task))


def _asked(hook: str, call: Callable[[], object]) -> Iterator[Sign]:
    answer = _called(call)
    if isinstance(answer, Sign):
        yield answer
    elif answer is not None:
        yield Sign(works=True, text=f"{hook}() has something to send.")


def _running_task(subject: Subject) -> Task:
    """A task that a documented submission has started, or one made up."""
    for exchange in subject.exchanges("submit"):
        outcome = _called(partial(subject.rehearsal.tell, exchange))
        if isinstance(outcome, Task) and not outcome.state.terminal:
            return outcome
    return Task(id="task-1", model=subject.info.models[0].id)


def _signed(subject: Subject) -> Iterator[Sign]:
    """A signature is checked where the plugin declares it: the core does that."""
    if subject.info.signature is not None:
        yield Sign(works=True, text="describe() declares how its webhooks are signed.")


# --------------------------------------------------------------------------- the pieces


def _models(subject: Subject) -> Iterator[Model]:
    """The catalog, and a model outside of it."""
    yield from subject.info.models
    yield subject.info.limits(_UNLISTED)


def _called(call: Callable[[], object]) -> object:
    """What a hook returns, None where it refuses, a `Sign` where it raises what it may not."""
    try:
        return call()
    except InvalidRequestError:
        return None
    except TintypeError as error:
        return Sign(works=False, text=f"It raised {type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001 - a broken plugin may raise anything
        return Sign(works=False, text=f"A hook raised {type(error).__name__}: {error}")


def _told(fields: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in fields.items())


_QUESTIONS: Mapping[str, _Question] = {
    "image.generate": _generate,
    "image.edit": _edit,
    "upload": _upload,
    "webhook.signed": _signed,
    "price.live": _price_live,
    "price.table": _price_table,
    "models.live": _models_live,
    "cancel": _cancel,
}
