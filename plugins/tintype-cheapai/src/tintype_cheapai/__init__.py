"""CheapAI: a live price in credits, a multipart create, a poll on another path, a webhook.

Sources, read 2026-11-20: https://www.cheapaiapi.com/products/image and /docs/…; where they
are silent, the documentation of the upstream api.ai33.pro, marked `[UP]`. Nothing here was
ever run against the live service.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TypeVar

from attrs import evolve

from tintype.catalog import ProviderInfo
from tintype.convert import (
    ErrorObject,
    ended,
    failure,
    is_refusal,
    merge_options,
    peek,
    picture,
    pictures,
    read,
    translate,
)
from tintype.errors import (
    AuthenticationError,
    Billed,
    InsufficientCreditError,
    InvalidRequestError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    ServerError,
    TintypeError,
    refusal,
    refusals,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import JsonObject, MultipartBody, Part, Request, Response, address
from tintype.models import Cost, Image, Quote, QuoteLine, Task, TaskState, Update
from tintype.request import Reference, Submission
from tintype_cheapai import _live, _wire
from tintype_cheapai._catalog import INFO, MODELS

_A = TypeVar("_A", bound=_wire.Envelope)

_PERCENT = 100
_PRICE = "https://api.cheapaiapi.com/v1i/task/price"
_GENERATE = "https://api.cheapaiapi.com/v1i/task/generate-image"
_TASK = "https://api.cheapaiapi.com/v1/task"  # /v1, not /v1i: the task endpoint is common

_MARK = re.compile(r"@img([0-9]+)")

# "until the task reaches `done` or `error`" (docs/webhooks); `doing` is [UP]; some code
# that calls the upstream knows `failed`.
_STATES = {
    "doing": TaskState.RUNNING,
    "done": TaskState.SUCCEEDED,
    "error": TaskState.FAILED,
    "failed": TaskState.FAILED,
}

# docs/error-handling lists these situations in this order; its stored copy has lost the
# numbers, of which 401, 429, 500, 502 and 503 stand elsewhere in the docs. 422 is [UP].
# No document says 404: it means what HTTP says it means.
_REFUSALS = refusals(400, 401, 402, 403, 404, 422, 429, 500, 502, 503)

# A 503 without the provider's own words may be a gateway's, which cannot know whether work
# has begun: it is not taken for "no capacity, nothing billed".
_WORDLESS = _REFUSALS | {503: ServerError}

# What a status means besides; the first words found in the message decide. The upstream
# answers 401 for "Invalid API key or insufficient credits", and has been seen to throttle
# with it. CheapAI answers 429 at a key's daily spend limit too, where waiting is no use.
_OTHER_MEANINGS: dict[int, dict[str, type[ProviderError]]] = {
    401: {
        "invalid api key": AuthenticationError,
        "credit": InsufficientCreditError,
        "balance": InsufficientCreditError,
        "too many": RateLimitError,
        "rate limit": RateLimitError,
    },
    429: {"spend": InsufficientCreditError},
}


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What CheapAI offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Request:
    """`POST /v1i/task/price`, where `assets` is how many references there are."""
    body: dict[str, object] = {
        "model_id": request.model,
        "generations_count": request.n,
        "assets": len(request.references),
    }
    parameters = _model_parameters(request)
    if parameters:
        body["model_parameters"] = parameters
    return Request.post(_PRICE, body)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1i/task/generate-image`, a multipart form."""
    _check_marks(request)
    parameters = _model_parameters(request)
    fields = {
        "prompt": request.prompt,
        "model_id": request.model,
        "generations_count": str(request.n),
        "model_parameters": _json_text(parameters) if parameters else None,
        "receive_url": request.webhook_url,
    }
    texts = [Part(name=name, data=text.encode()) for name, text in fields.items() if text]
    files = [_asset(number, item) for number, item in enumerate(request.references, start=1)]
    return Request(method="POST", url=_GENERATE, body=MultipartBody(parts=(*texts, *files)))


@hookimpl
def poll(task: Task) -> Request:
    """`GET /v1/task/{id}`."""
    return Request.get(address(_TASK, task.id))


@hookimpl
def parse(exchange: Exchange) -> Quote | Update | ProviderInfo:
    """A quote, a list of models, or a task: from a create, a poll or a webhook."""
    match exchange.operation:
        case Operation.PRICE:
            return _quote(exchange)
        case Operation.MODELS:
            return _listed(exchange.message)
        case Operation.SUBMIT:
            return _accepted(exchange)
        case _:
            return _task(exchange)


@hookimpl
def models(cursor: str) -> Request:
    """`GET /v1i/models`."""
    return Request.get(MODELS)


# ------------------------------------------------------------------------- what is sent


def _check_marks(request: Submission) -> None:
    """Refuse a prompt that does not name each reference, and nothing else, as `@img1` on.

    CheapAI says the numbers "should match", the upstream that they "must" and that it
    answers 400 otherwise: so they must.
    """
    wanted = tuple(f"@img{number}" for number, _ in enumerate(request.references, start=1))
    found = {f"@img{number}" for number in _MARK.findall(request.prompt)}
    if found != set(wanted):
        count = f"{len(wanted)} reference{'' if len(wanted) == 1 else 's'}"
        msg = (
            f"With {count} the prompt has to name {', '.join(wanted) or 'no @img'}; "
            f"it names {', '.join(sorted(found)) or 'none'}."
        )
        raise InvalidRequestError(msg, field="references", allowed=wanted)


def _model_parameters(request: Submission) -> dict[str, object]:
    """The typed parameters and the caller's raw options: "model-specific controls"."""
    typed = _wire.ModelParameters(aspect_ratio=request.aspect_ratio, resolution=request.resolution)
    return merge_options(typed, request.options)


def _json_text(parameters: JsonObject) -> str:
    try:
        return json.dumps(parameters, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        msg = f"The options for {INFO.name} cannot be written as JSON: {error}."
        raise InvalidRequestError(msg, field="options") from None


def _asset(number: int, reference: Reference) -> Part:
    """A reference as a file. Whether a URL would do is not documented."""
    data = reference.data
    if data is None:
        msg = f"Reference {number} has to be a file."
        raise InvalidRequestError(msg, field="references", allowed=("bytes",))
    extension = reference.media_type.partition("/")[2] or "bin"
    return Part(
        name="assets",
        data=data,
        filename=reference.name or f"image{number}.{extension}",
        media_type=reference.media_type or None,
    )


# --------------------------------------------------------------------- what comes back


def _good(
    message: Message | None, shape: type[_A], *, strict: bool = False
) -> tuple[_A, JsonObject]:
    """An answer's body, once its status and its `success` are both good."""
    if is_refusal(message):
        raise _refusal(message)
    answer, raw = read(message, shape, strict=strict)
    if answer.success is False:
        raise _refusal_inside(message, "/error")
    return answer, raw


def _quote(exchange: Exchange) -> Quote:
    """The price of the whole generation.

    The documented 1188 is a sample: a real answer was 986, whatever the ratio and however
    many references. How credits grow with the number of images is nowhere said, so
    they are not divided by it.
    """
    answer, _ = _good(exchange.message, _wire.Priced, strict=True)
    if answer.credits is None:
        raise _refusal_inside(exchange.message, "/credits")
    line = QuoteLine(
        billable="generation", unit="request", quantity=Decimal(1), unit_credits=answer.credits
    )
    return Quote(
        model=exchange.request.model if exchange.request else "",
        lines=(line,),
        credits_low=answer.credits,
        credits_high=answer.credits,
        assumptions=("The credits are an estimate; the task says what it cost.",),
        source=f"POST {_PRICE}",
        as_of=exchange.at.date(),
    )


def _listed(message: Message | None) -> ProviderInfo:
    answer, _ = _good(message, _wire.Models, strict=True)
    listed = answer.models or answer.data
    if not listed:
        raise _refusal_inside(message, "/models")
    return _live.offer(listed)


def _accepted(exchange: Exchange) -> Update:
    """A task that has begun. `estimated_credits` is no cost yet; it stays in `raw`."""
    answer, raw = _good(exchange.message, _wire.Created)
    found = answer.task_id or answer.id or (answer.data and answer.data.task_id)
    if not found:
        raise _refusal_inside(exchange.message, "/task_id")
    return Update(id=found, raw=raw)


def _task(exchange: Exchange) -> Update:
    """A task as it stands: running, done, or failed.

    `credit_cost` is there from the start: reserved while the task runs, charged once it
    is done ("reserve or estimate credits before work begins", docs/billing): a cost only then.
    """
    work, raw = _good(exchange.message, _wire.Work)
    if work.status is None:
        raise _refusal_inside(exchange.message, "/status")
    found = work.id or exchange.task.id
    if not found:
        msg = "The answer names no task."
        raise ProtocolError(msg, pointer="/id")
    state = translate(work.status, _STATES, "/status")
    update = Update(
        id=found,
        state=state,
        progress=_progress(work.progress),
        raw=raw,
    )
    match state:
        case TaskState.SUCCEEDED:
            return _completed(update, work)
        case TaskState.FAILED:
            return _failed(update, work)
        case _:
            return update


def _progress(percent: Decimal | None) -> float | None:
    """0 to 100 as 0 to 1; a number outside says nothing."""
    if percent is None or not 0 <= percent <= _PERCENT:
        return None
    return float(percent) / _PERCENT


def _completed(update: Update, work: _wire.Work) -> Update:
    """A completed task, with its images.

    They are in `metadata.result_images`, and nowhere else: the address is mirrored elsewhere.
    """
    told = (work.metadata or _wire.Metadata()).result_images
    items = [_wire.ResultImage(url=each) if isinstance(each, str) else each for each in told or ()]
    if not items:
        msg = "The task is done and has no image."
        raise ProtocolError(msg, pointer="/metadata/result_images")
    images, errors = pictures(items, _image, "/metadata/result_images")
    cost = None if work.credit_cost is None else Cost(credits=work.credit_cost, source="reported")
    update = evolve(update, images=images, errors=errors, cost=cost)
    return evolve(update, state=ended(images, errors), billed=Billed.YES)


def _image(item: _wire.ResultImage, index: int) -> Image:
    """An image. The preview is better than nothing."""
    told = (item.imageUrl, item.url, item.image_url, item.previewUrl)
    return picture(
        *told,
        pointer=f"/metadata/result_images/{index}",
        media_type=item.mimeType or "",
        width=item.width,
        height=item.height,
        index=index,
        preview_url=item.previewUrl or None,
    )


# --------------------------------------------------------------------- what went wrong


def _failed(update: Update, work: _wire.Work) -> Update:
    """A failed task.

    "Credits will be automatically refunded if task fails" [UP], so the `credit_cost` it
    still shows is no cost. How moderation would be told is not documented.
    """
    return evolve(update, errors=(failure(work.error_message),), billed=Billed.NO)


def _refusal(response: Response) -> TintypeError:
    """The error of an HTTP status, by the message and the table."""
    words, code = _words(response)
    status = response.status
    others = _OTHER_MEANINGS.get(status, {})
    meant = [kind for text, kind in others.items() if text in words.lower()]
    table = _REFUSALS if words else _WORDLESS
    return refusal(status, {status: meant[0]} if meant else table, words, code)


def _refusal_inside(message: Message | None, pointer: str) -> TintypeError:
    """The error of an answer without what was asked for, under a status of success.

    `pointer` is where that should have stood.
    """
    words, code = _words(message)
    status = message.status if isinstance(message, Response) else None
    if words:
        return ProviderError(words, status=status, code=code)
    msg = "The answer holds neither what was asked for nor an error."
    return ProtocolError(msg, pointer=pointer, status=status)


def _words(message: Message | None) -> tuple[str, str]:
    """The message and the code of a refusal in any of its three shapes, or ""."""
    body = peek(message, _wire.Refusal())
    error = body.error or ErrorObject()
    return error.message or body.message or "", error.type or ""
