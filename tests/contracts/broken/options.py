"""Plugins that let options pass, and tell what nobody has said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from attrs import evolve
from tests.contracts.broken.how import (
    AT_ONCE,
    BY_ID,
    BY_URL,
    Hook,
    Row,
    Way,
    bent,
    documented,
    good,
    offers,
    reads,
    status_of,
    tells,
    told,
)

from tintype.catalog import Integer, ProviderInfo
from tintype.errors import InsufficientCreditError, RateLimitError
from tintype.exchange import Exchange, Operation
from tintype.messages import JsonBody, Request
from tintype.models import Cost, Failure, Image, Update, Usage
from tintype.request import Submission
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.fixtures.values import NOW
from tintype_contracts.harness.subject import Subject


def _overwrites(name: str) -> Subject:
    """Puts the options over what the fields have said."""

    def submit(request: Submission) -> Request:
        sent: Request = good(name, "submit")(evolve(request, options={}))
        assert isinstance(sent.body, JsonBody)
        return evolve(sent, body=JsonBody(value={**sent.body.value, **request.options}))

    return bent(name, submit=submit)


def _without_bounds(info: ProviderInfo) -> ProviderInfo:
    known = {"safety": Integer(source="x")}
    return evolve(info, models=tuple(evolve(model, options=known) for model in info.models))


def _without_effect(field: str) -> Callable[[Fixtures], Fixtures]:
    return lambda fixtures: evolve(
        fixtures,
        fields=tuple(evolve(it, ignored=it.neutral == field) for it in fixtures.fields),
    )


def _images(change: Callable[[Image], Image]) -> Way:
    return told(lambda _, task: evolve(task, images=tuple(map(change, task.images))))


def _slows_down(parse: Hook, exchange: Exchange) -> object:
    try:
        return parse(exchange)
    except InsufficientCreditError as error:
        if exchange.operation is not Operation.POLL:
            raise
        raise RateLimitError(error.message, status=status_of(exchange)) from None


def _has_enough(parse: Hook, exchange: Exchange) -> object:
    said = parse(exchange)
    late = isinstance(said, Update) and said.errors and exchange.task.images
    return Update() if late else said


def _named(_: Exchange, task: Update) -> Update:
    errors = tuple(evolve(each, code="E_UNHEARD_OF") for each in task.errors)
    return evolve(task, errors=errors)


def _counted_in_integers(_: Exchange, task: Update) -> Update:
    return evolve(task, cost=Cost(usd=1)) if task.cost else task


def _in_floats_within(_: Exchange, task: Update) -> Update:
    known = [evolve(image, width=float(image.width or 0)) for image in task.images]
    return evolve(task, images=tuple(known))


ROWS = (
    Row("request.options-overwrite-no-field", BY_URL, _overwrites),
    Row("request.options-overwrite-no-field", BY_ID, _overwrites, "image_urls"),
    Row("request.options-beyond-bounds-are-refused", BY_URL, offers(_without_bounds), "/safety"),
    Row("request.ignored-fields-are-told", BY_ID, documented(_without_effect("aspect_ratio"))),
    Row("request.ignored-fields-are-told", AT_ONCE, documented(_without_effect("seed"))),
    Row("error.documented-class", BY_ID, reads(_slows_down), "poll"),
    Row("parse.images-before-an-error", AT_ONCE, reads(_has_enough)),
    *(
        Row("parse.nothing-is-invented", BY_ID, way, word)
        for word, way in (
            ("progress", tells(progress=0.42)),
            ("seed", _images(lambda image: evolve(image, seed=4711))),
            ("width", _images(lambda image: evolve(image, width=1023))),
            ("seed", _images(lambda image: evolve(image, seed=0))),
            (
                "usage/images",
                told(lambda _, task: evolve(task, usage=Usage(images=len(task.images)))),
            ),
            ("cost", tells(cost=Cost(usd=Decimal("0.0471"), source="reported"))),
            ("code", told(_named)),
        )
    ),
    Row(
        "parse.nothing-is-invented",
        BY_URL,
        _images(lambda image: evolve(image, expires_at=NOW + timedelta(hours=1))),
        "expires_at",
    ),
    Row("pure.returns-neutral-values", BY_ID, told(_counted_in_integers), "cost/usd"),
    Row("pure.returns-neutral-values", BY_ID, told(_in_floats_within), "images/0/width"),
    Row(
        "pure.returns-neutral-values",
        BY_ID,
        told(lambda _, task: evolve(task, errors=tuple(Failure(message=7) for _ in task.errors))),
        "errors/0/message",
    ),
    Row(
        "parse.documented-answer",
        BY_ID,
        told(lambda _, it: evolve(it, cost=it.cost and Cost(usd=it.cost.usd + Decimal("0.001")))),
        "/cost/usd",
    ),
)
