"""Black Forest Labs: FLUX by its maker, a task that is looked at where its answer says.

Sources, where no other is named: https://docs.bfl.ai, https://help.bfl.ai and the official
packages black-forest-labs/skills and black-forest-labs/blackforest, read 2026-11-29. Nothing
here was ever run against the live service.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal

from attrs import evolve

from tintype.catalog import ProviderInfo
from tintype.convert import failure, is_refusal, merge_options, peek, picture, read, translate
from tintype.errors import (
    AuthenticationError,
    Billed,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    TintypeError,
    refusal,
    refusals,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import Request, Response, address
from tintype.models import Cost, Quote, Task, TaskState, Update
from tintype.prices import quote_from_prices
from tintype.request import Reference, Submission
from tintype_bfl import _wire
from tintype_bfl._catalog import API, IMAGES, INFO

# Reasoning and Generating stand in a newer OpenAPI document, by third parties' reading.
_STATES = {
    **dict.fromkeys(("pending", "reasoning", "generating"), TaskState.RUNNING),
    "ready": TaskState.SUCCEEDED,
    "error": TaskState.FAILED,
    **dict.fromkeys(("request moderated", "content moderated"), TaskState.REFUSED),
}
_ROUNDED = (
    "The first megapixel is flat; how parts of a further one are rounded, and what source images"
    " come to, no page says."
)
_OURS = re.compile(r"https://[a-z0-9.-]+\.bfl\.ai/")  # whatever its region
_NOT_FOUND = 404
_REFUSALS = refusals(400, 401, 402, 404, 422, 429, 500) | {
    403: AuthenticationError,
    503: ServerError,  # "maintenance or high load": that nothing was begun is not said
}


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What Black Forest Labs offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By the page's prices, in credits; of FLUX.2 the first megapixel is the least.

    Each further one costs less, begun ones at most as much as if the first did so, too. What
    source images come to on top nobody knows before.
    """
    known = quote_from_prices(INFO, request)
    prices = INFO.limits(request.model).prices
    if known is None or known.credits_low is None or len(prices) == 1:
        return known
    high = None if request.references else known.credits_high
    notes = (*known.assumptions, _ROUNDED)
    low = prices[0].credits
    return evolve(known, credits_low=low, credits_high=high, assumptions=notes, reason=_ROUNDED)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/{model}`."""
    width, height = request.pixels or (None, None)
    body = _wire.Draw(
        prompt=request.prompt,
        aspect_ratio=request.aspect_ratio,
        width=width,
        height=height,
        steps=request.steps,
        guidance=request.guidance,
        seed=request.seed,
        output_format=request.output_format,
        webhook_url=request.webhook_url,
    )
    url = address(f"{API}/v1", *request.model.split("/"))
    sent, images = merge_options(body, request.options), dict(_images(request))
    if twice := images.keys() & sent.keys():
        msg = f"The option {min(twice)!r} is set by a reference already."
        raise InvalidRequestError(msg, field="options")
    return Request.post(url, {**sent, **images})


@hookimpl
def poll(task: Task) -> Request:
    """The address that the answer named, else `GET /v1/get_result?id={id}`."""
    told = task.notes.get("polling_url")
    if isinstance(told, str):
        return Request.get(told)
    return Request.get(address(API, "v1", "get_result", id=task.id))


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task: as it was accepted, as it stands, or as a webhook tells of its end."""
    if is_refusal(exchange.message):
        raise _refusal(exchange.operation, exchange.message)
    if exchange.operation is Operation.SUBMIT:
        return _accepted(exchange)
    return _looked(exchange)


# ------------------------------------------------------------------------- what is sent


def _images(request: Submission) -> Iterator[tuple[str, str]]:
    """Each reference in a field of its own: a link, or the image in base64."""
    name = IMAGES.get(request.model, "input_image")
    for number, each in enumerate(request.sources, start=1):
        yield (name if number == 1 else f"{name}_{number}"), _image(each)
    if request.mask is not None:
        yield "mask", _image(request.mask)


def _image(reference: Reference) -> str:
    return reference.url or b64encode(reference.data or b"").decode()


# --------------------------------------------------------------------- what comes back


def _accepted(exchange: Exchange) -> Update:
    """A task that has begun, and where it is looked at: on whichever region has it."""
    told, raw = read(exchange.message, _wire.Accepted)
    _known(told.status or "")
    ours = told.polling_url and _OURS.match(told.polling_url)
    notes = {"polling_url": told.polling_url} if ours else {}
    return Update(id=told.id, state=TaskState.RUNNING, notes=notes, cost=_cost(told.cost), raw=raw)


def _looked(exchange: Exchange) -> Update:
    """A task as it stands."""
    told, raw = read(exchange.message, _wire.Look)
    _known(told.status)
    state = translate(told.status, _STATES, "/status")
    found = told.id or exchange.task.id
    update = Update(id=found, state=state, cost=_cost(told.cost), raw=raw)
    match state:
        case TaskState.SUCCEEDED:
            result = told.result or _wire.Result()
            drawn = picture(result.sample, pointer="/result/sample", seed=result.seed)
            return evolve(update, images=(drawn,), billed=Billed.YES)
        case TaskState.FAILED | TaskState.REFUSED:
            return _ended(update, told)
        case _:
            return update


def _cost(credits_: Decimal | None) -> Cost | None:
    return None if credits_ is None or credits_ < 0 else Cost(credits=credits_, source="reported")


# --------------------------------------------------------------------- what went wrong


def _ended(update: Update, told: _wire.Look) -> Update:
    """A task that came to nothing. What moderation stops is not charged."""
    listed = (told.details or {}).get("Moderation Reasons")
    reasons = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    words = told.message or ", ".join(reasons) or told.status.strip().casefold()
    why = failure(words, told.error)
    if update.state is TaskState.REFUSED or INFO.is_moderation(why.code, why.message):
        why = evolve(why, refused=True)
        return evolve(update, state=TaskState.REFUSED, errors=(why,), billed=Billed.NO)
    return evolve(update, errors=(why,), billed=Billed.UNKNOWN)


def _known(status: str) -> None:
    """Refuse what is said of a task that "does not exist or has expired"."""
    if status.strip().casefold() == "task not found":
        raise NotFoundError(status)


def _refusal(operation: Operation, response: Response) -> TintypeError:
    """The error of an HTTP status, in the words of whichever of its bodies came."""
    told = peek(response, _wire.Refusal())
    listed = told.detail if isinstance(told.detail, tuple) else ()
    first = next((each.msg for each in listed if each and each.msg), None)
    words = told.message or (told.detail if isinstance(told.detail, str) else first)
    no_model = operation is Operation.SUBMIT and response.status == _NOT_FOUND
    billed = Billed.NO if no_model else None
    return refusal(response.status, _REFUSALS, words, told.error, billed=billed)
