"""APIYI: one synchronous call that draws, edits or streams, and bills by the image.

Source of every fact, where no other is named:
https://docs.apiyi.com/en/api-capabilities/seedream-image/ (text-to-image, image-edit, overview,
historical-versions), stored copies read 2026-11-20. "Upstream" is BytePlus ModelArk, whose
answers APIYI passes on. Nothing here was ever run against the live service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

from attrs import evolve

from tintype.catalog import Integer, ProviderInfo
from tintype.convert import (
    ended,
    failure,
    is_done,
    is_refusal,
    merge_options,
    peek,
    picture,
    pictures,
    preview,
    read,
    translate,
)
from tintype.errors import (
    Billed,
    InsufficientCreditError,
    InvalidRequestError,
    OverloadedError,
    ProtocolError,
    ProviderError,
    TintypeError,
    refusal,
    refusals,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import Request, Response, ServerSentEvent
from tintype.models import Cost, Failure, Image, Quote, Task, TaskState, Update, Usage
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_apiyi import _wire
from tintype_apiyi._catalog import INFO

_FORBIDDEN = 403
_TOO_MANY = 429
_FAULTS = 500  # from here on nobody says whether it is billed
_GENERATIONS = "https://api.apiyi.com/v1/images/generations"
_UNNAMED = "message"  # an event without a name (WHATWG)

# References and drawn images together, in one submission (image-edit).
_MAX_IMAGES = 15

_REFUSALS = refusals(400, 401, 403, 404, 429, 500)

# Codes of the upstream that say something else than their status.
_CODES: Mapping[str, type[ProviderError]] = {
    "AccountOverdueError": InsufficientCreditError,
    "ServerOverloaded": OverloadedError,
}

# A 429 is a rate limit or an insufficient balance, and no document says how to tell. These
# are the words of gateways of its kind; any other 429 means: slow down.
_BALANCE = re.compile(
    r"insufficient[ _](user[ _])?(quota|balance|credit)|balance|余额|额度不足", re.IGNORECASE
)

_SIZE = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,5})")
_MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What APIYI offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By the documented table; a sequence by the images that it turns out to have."""
    known = quote_from_prices(INFO, request)
    most = _images_at_most(request)
    if known is None or known.high is None or most == 1:
        return known
    inputs = _references_usd(request)
    assumption = f"A sequence has 1 to {most} images, and each is billed."
    return evolve(
        known,
        lines=tuple(
            evolve(line, quantity=None) if line.unit == "image" else line for line in known.lines
        ),
        high=(known.high - inputs) * most + inputs,
        assumptions=(*known.assumptions, assumption),
    )


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/images/generations`, for drawing and for editing."""
    _check_references(request)
    _images_at_most(request)
    body = _wire.Generate(
        model=request.model,
        prompt=request.prompt,
        size=request.size or request.resolution,
        output_format=request.output_format,
        watermark=request.watermark,
        stream=request.stream or None,
        image=request.urls or None,
    )
    sent = merge_options(body, request.options)
    return Request.post(_GENERATIONS, sent, events=request.stream)


@hookimpl
def poll(task: Task) -> None:
    """Nothing: every call is synchronous, with "no task ID" (best practices)."""


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task that has ended, or its snapshot after one event of a stream."""
    update, message = Update.of(exchange.task), exchange.message
    match exchange.operation:
        case Operation.EVENT:
            return _event(update, message, exchange.request)
        case Operation.END:
            return update  # its state was settled by the event that says so, if there was one
        case _ if is_refusal(message):
            return _refused(update, message)
        case _:
            return _answer(update, message, exchange.request)


# ------------------------------------------------------------------------- what is sent


def _images_at_most(request: Submission) -> int:
    """The most images of a sequence, or 1 where none is asked for."""
    options = request.options
    if options.get("sequential_image_generation") != "auto":
        return 1
    room = Integer(low=1, high=_MAX_IMAGES - len(request.references))
    limits = options.get("sequential_image_generation_options")
    most = limits.get("max_images", room.high) if isinstance(limits, Mapping) else room.high
    if isinstance(most, int) and room.admits(most):
        return most
    msg = f"max_images={most!r}: references and images together are at most {_MAX_IMAGES}."
    raise InvalidRequestError(msg, field="options", allowed=room.allowed)


def _check_references(request: Submission) -> None:
    """The media type of a `data:` URL is to be in lower case (image-edit)."""
    heads = [url.partition(",")[0] for url in request.urls]
    if any(head.lower().startswith("data:") and head != head.lower() for head in heads):
        msg = "A reference's data: URL has capitals before the comma, which APIYI does not take."
        raise InvalidRequestError(msg, field="references", allowed=("data:image/png;base64,…",))


# --------------------------------------------------------------------- what comes back


def _answer(update: Update, message: Message | None, request: Submission | None) -> Update:
    """The task of a complete answer, whose images may each have failed."""
    answer, raw = read(message, _wire.ImagesResponse)
    images, errors = pictures(answer.data or (), _picture, "/data")
    update = evolve(update, images=images, errors=errors, raw=raw)
    if answer.error is not None:
        update = _failed(update, answer.error)
    if not update.images and not update.errors:
        msg = "The answer is a success and holds no image."
        raise ProtocolError(msg, pointer="/data")
    return _ended(update, answer.usage, request)


def _picture(item: _wire.Item, index: int) -> Image | Failure:
    """The picture of an item, or the failure in its place."""
    image = _image(item, index)
    if image is None and item.error is None:
        msg = "An item has neither a picture nor an error."
        raise ProtocolError(msg, pointer=f"/data/{index}")
    return image or _failure(item.error or _wire.Error(), index)


def _image(item: _wire.Item, index: int) -> Image | None:
    """The picture of an item; one sample prints `url` and `b64_json` in one, so the URL wins."""
    if not item.url and not item.b64_json:
        return None
    size = _SIZE.fullmatch(item.size or "")
    width, height = (int(size[1]), int(size[2])) if size else (None, None)
    found = picture(item.url, item.b64_json, pointer=f"/data/{index}")
    return evolve(found, width=width, height=height, index=index)


def _ended(update: Update, counted: _wire.Usage | None, request: Submission | None) -> Update:
    """The task at its end: what its images and failures amount to, and what they cost."""
    usage = counted or _wire.Usage()
    state = ended(update.images, update.errors)
    return evolve(
        update,
        state=state,
        billed=_billed(state, usage),
        cost=_cost(request, usage),
        usage=None if counted is None else _usage(counted),
    )


def _usage(counted: _wire.Usage) -> Usage:
    return Usage(
        images=counted.generated_images,
        prompt_tokens=counted.input_tokens,
        completion_tokens=counted.output_tokens,
        total_tokens=counted.total_tokens,
    )


def _billed(state: TaskState, usage: _wire.Usage) -> Billed:
    """Images are billed, moderation is not, and of all else `generated_images` tells."""
    if state in {TaskState.SUCCEEDED, TaskState.PARTIAL}:
        return Billed.YES
    if (usage.generated_images or 0) > 0:  # counted, and kept back or not understood
        return Billed.UNKNOWN if state is TaskState.UNKNOWN else Billed.YES
    if state is TaskState.REFUSED or usage.generated_images == 0:
        return Billed.NO
    return Billed.UNKNOWN


def _cost(request: Submission | None, usage: _wire.Usage) -> Cost | None:
    """The price of an image times `generated_images`, where any are, and the references."""
    drawn = usage.generated_images
    if request is None or drawn is None:
        return None
    one = quote_from_prices(INFO, evolve(request, n=1, options={}))
    if one is None or one.usd is None:
        return None
    inputs = _references_usd(request)
    source = f"documented price x generated_images{', and the references' if inputs else ''}"
    usd = (one.usd - inputs) * drawn + inputs if drawn else Decimal(0)
    return Cost(usd=usd, source=source)


def _references_usd(request: Submission) -> Decimal:
    """What the references of a submission cost, however many images it draws (inferred)."""
    prices = INFO.limits(request.model).prices
    each = [line.usd for line in prices if line.unit == "reference" and line.usd]
    return sum(each, Decimal(0)) * len(request.references)


# ----------------------------------------------------------------------------- a stream


def _event(update: Update, message: Message | None, request: Submission | None) -> Update:
    """The task after one event, which its `type` tells apart.

    APIYI documents no events. The upstream's `completed` holds only the usage, OpenAI's
    holds the image; how an error of the whole request is framed nobody says.
    """
    if is_done(message):
        return update
    event, raw = read(message, _wire.Event)
    named = message.event if isinstance(message, ServerSentEvent) else _UNNAMED
    kind = event.type or named
    if kind.strip().casefold() not in _EVENTS and event.error is not None:
        kind = "error"
    if kind == _UNNAMED and event.data is not None:  # an answer that is no stream
        return _answer(update, message, request)
    step = translate(kind, _EVENTS, "/type")
    return step(evolve(update, raw=raw), event, request)


def _drawn(update: Update, event: _wire.Event, request: Submission | None) -> Update:
    """One image; without an index of its own it is the next one."""
    image = _image(event, _index(update, event))
    if image is None:
        msg = "The event says that an image is drawn, and holds none."
        raise ProtocolError(msg, pointer="/url")
    return evolve(update, images=(*update.images, image))


def _lost(update: Update, event: _wire.Event, request: Submission | None) -> Update:
    """The failure of one image."""
    return _failed(update, event.error, _index(update, event))


def _index(update: Update, event: _wire.Event) -> int:
    count, told = len(update.images) + len(update.errors), event.image_index
    return count if told is None or told < 0 else told


def _previewed(update: Update, event: _wire.Event, request: Submission | None) -> Update:
    """An unfinished image (OpenAI)."""
    sketch = preview(event.b64_json or event.url, "/b64_json")
    if sketch is None:
        return update
    placed = evolve(_typed(sketch, event), index=event.partial_image_index or 0)
    return evolve(update, previews=(*update.previews, placed))


def _completed(update: Update, event: _wire.Event, request: Submission | None) -> Update:
    """The end: usage, and with OpenAI the image as well."""
    image = _image(event, len(update.images))
    if image is not None:
        update = evolve(update, images=(*update.images, _typed(image, event)))
    return _ended(update, event.usage, request)


def _broken(update: Update, event: _wire.Event, request: Submission | None) -> Update:
    """The whole request failed; images that came before are kept."""
    return _ended(_failed(update, event.error), event.usage, request)


def _typed(image: Image, event: _wire.Event) -> Image:
    return evolve(image, media_type=_MEDIA_TYPES.get(event.output_format or "", ""))


_Step: TypeAlias = Callable[[Update, _wire.Event, Submission | None], Update]
_EVENTS: Mapping[str, _Step] = {
    "image_generation.partial_succeeded": _drawn,
    "image_generation.partial_failed": _lost,
    "image_generation.partial_image": _previewed,
    "image_generation.completed": _completed,
    "error": _broken,
}


# --------------------------------------------------------------------- what went wrong


def _failed(update: Update, error: _wire.Error | None, index: int | None = None) -> Update:
    """The task with one failure more, of one image or of the whole."""
    return evolve(update, errors=(*update.errors, _failure(error or _wire.Error(), index)))


def _failure(error: _wire.Error, index: int | None = None) -> Failure:
    return evolve(failure(error.message, error.code, index), refused=_is_moderation(error))


def _is_moderation(error: _wire.Error) -> bool:
    return INFO.is_moderation(error.code, error.message)


def _refused(update: Update, response: Response) -> Update:
    """A request that moderation refused, which is not billed (overview).

    By the upstream's codes; a 403 without a code is what APIYI's table says it is.

    Raises:
        TintypeError: It was refused for any other reason.
    """
    error = peek(response, _wire.Refusal()).error
    silent = error is not None and not error.code and response.status == _FORBIDDEN
    if error is None or not (silent or _is_moderation(error)):
        raise _refusal(response, error or _wire.Error())
    errors = (evolve(_failure(error), refused=True),)
    raw = read(response, _wire.Refusal)[1]
    return evolve(update, state=TaskState.REFUSED, errors=errors, billed=Billed.NO, raw=raw)


def _refusal(response: Response, error: _wire.Error) -> TintypeError:
    """The error of an HTTP status. The documented 4xx are not billed (overview)."""
    meant = _CODES.get(error.code or "")
    if response.status == _TOO_MANY and _BALANCE.search(f"{error.code} {error.message}"):
        meant = InsufficientCreditError
    kinds = _REFUSALS if meant is None else _REFUSALS | {response.status: meant}
    billed = Billed.NO if response.status < _FAULTS else Billed.UNKNOWN
    found = refusal(response.status, kinds, error.message, error.code, billed=billed)
    if isinstance(found, ProviderError):
        found.request_id = response.header("x-request-id") or ""
    return found
