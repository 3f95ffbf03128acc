"""OpenRouter: one call that answers with the image, streams, and prices that are asked.

Source of every fact, where no other is named: the OpenAPI file, the image guide and the
page on errors of https://github.com/OpenRouterTeam/docs@c26125a5 (2026-08-22), read
2026-11-20. Nothing here was ever run against the live service.
"""

from __future__ import annotations

from typing import TypeVar

from attrs import evolve

from tintype.catalog import ProviderInfo
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
)
from tintype.errors import (
    Billed,
    InvalidRequestError,
    ProtocolError,
    TintypeError,
    refusal,
    refusals,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import Request, Response, address
from tintype.models import Cost, Image, Quote, Task, Update, Usage
from tintype.request import Submission
from tintype_openrouter import _live, _prices, _wire
from tintype_openrouter._catalog import INFO, MODELS

_FAULTS = 500  # from here on it may be a gateway that answers
_IMAGES = "https://openrouter.ai/api/v1/images"
_ALPHA = ("png", "webp")

_T = TypeVar("_T")

_REFUSALS = refusals(400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 524, 529)

# "When a generation does not complete, the request returns a 502 Bad Gateway rather than a
# partial result, and no charge is recorded" (the guide). A 404 says that nothing began. Of a
# 500 and of the three timeouts no document speaks: they stay unknown.
_UNBILLED = {404, 502}

# A refusal is documented as a type of error only: as a word in prose it would say too little.
_MODERATION = {*INFO.moderation, "refusal"}


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What OpenRouter offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Request | None:
    """`GET /api/v1/images/models/{author}/{slug}/endpoints`: every provider's live prices."""
    author, _, slug = request.model.partition("/")
    if not author or not slug or "/" in slug:
        return None  # no address: the id of a model is author/slug
    return Request.get(address(MODELS, author, slug, "endpoints"))


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /api/v1/images`. The answer is the image, or a stream of it."""
    _check_alpha(request)
    body = _wire.Generate(
        model=request.model,
        prompt=request.prompt,
        n=request.n if request.n > 1 else None,
        aspect_ratio=request.aspect_ratio,
        resolution=request.resolution,
        size=request.size,
        quality=request.quality,
        output_format=request.output_format,
        output_compression=request.output_compression,
        background=request.background,
        seed=request.seed,
        user=request.user,
        input_references=_references(request.urls),
        stream=request.stream or None,
    )
    sent = merge_options(body, request.options)
    return Request.post(_IMAGES, sent, events=sent.get("stream") is True)


@hookimpl
def poll(task: Task) -> None:
    """Nothing: the submission itself answers with the end of the task."""


@hookimpl
def parse(exchange: Exchange) -> Quote | Update | ProviderInfo:
    """A quote, the live list of models, or a task from an answer, an event or a stream's end."""
    update, message = Update.of(exchange.task), exchange.message
    match exchange.operation:
        case Operation.PRICE:
            table = _good(message, _wire.Endpoints)
            return _prices.quote_from_endpoints(table, exchange.request, exchange.at.date())
        case Operation.MODELS:
            return _live.offer(_good(message, _wire.Listing).data)
        case Operation.EVENT:
            return _event(update, message)
        case Operation.END:
            return _ended(update)
        case _ if is_refusal(message):
            return _refused(update, message)
        case _:
            return _answer(update, message)


@hookimpl
def models(cursor: str) -> Request:
    """`GET /api/v1/images/models`."""
    return Request.get(MODELS)


# ------------------------------------------------------------------------- what is sent


def _check_alpha(request: Submission) -> None:
    """Refuse a transparent background in a format that has none (seed document 001).

    A format that is left out is the provider's default, and no document names it.
    """
    if request.background == "transparent" and request.output_format not in _ALPHA:
        msg = "background=transparent needs output_format=png or output_format=webp."
        raise InvalidRequestError(msg, field="output_format", allowed=_ALPHA)


def _references(urls: tuple[str, ...]) -> tuple[_wire.InputReference, ...] | None:
    return tuple(_wire.InputReference(image_url=_wire.ImageUrl(url=url)) for url in urls) or None


# --------------------------------------------------------------------- what comes back


def _good(message: Message | None, shape: type[_T]) -> _T:
    """The answer to a question that draws nothing, once its status is good."""
    if is_refusal(message):
        raise _refusal(message.status, peek(message, _wire.Refusal()).error)
    return read(message, shape, strict=True)[0]


def _answer(update: Update, message: Message | None) -> Update:
    """A task that is over: its images, or why there are none."""
    answer, raw = read(message, _wire.ImagesResponse)
    if answer.error is not None and not answer.data:
        return _broken(evolve(update, raw=raw), answer.error)
    if not answer.data:
        msg = "The answer says success and holds no image."
        raise ProtocolError(msg, pointer="/data")
    images, errors = pictures(answer.data, _image, "/data")
    update = evolve(_charged(update, answer.usage), images=images, errors=errors, raw=raw)
    return _ended(update) if answer.error is None else _failed(update, answer.error)


def _image(item: _wire.Picture | _wire.Completed, index: int) -> Image:
    at, kind = f"/data/{index}/b64_json", item.media_type or ""
    return picture(item.b64_json, pointer=at, media_type=kind, index=index)


def _charged(update: Update, counted: _wire.Usage | None) -> Update:
    """The task with what was counted and charged, where the answer says."""
    if counted is None:
        return update
    usage = Usage(
        prompt_tokens=counted.prompt_tokens,
        completion_tokens=counted.completion_tokens,
        total_tokens=counted.total_tokens,
    )
    cost = None if counted.cost is None else Cost(usd=counted.cost, source="reported")
    return evolve(update, usage=usage, cost=cost)


def _ended(update: Update) -> Update:
    """The task at its end, by its images and its failures.

    "Image generation billing is all-or-nothing": what is completed is billed in full, what
    failed or was cut short is not billed. A stream that ended with neither an image nor an
    error stays as it is: its end is not a documented one.
    """
    if not update.images and not update.errors:
        return update
    billed = Billed.YES if update.images else Billed.NO
    return evolve(update, state=ended(update.images, update.errors), billed=billed)


# ----------------------------------------------------------------------------- a stream


def _event(update: Update, message: Message | None) -> Update:
    """The task after one event. A type that no document lists changes nothing."""
    if is_done(message):
        return update
    event, raw = read(message, _wire.Event)
    if event.error is not None:
        return _failed(evolve(update, raw=raw), event.error)
    match event.type:
        case "image_generation.partial_image":
            return _previewed(update, read(message, _wire.PartialImage)[0])
        case "image_generation.completed":
            return _completed(evolve(update, raw=raw), read(message, _wire.Completed)[0])
        case None:  # an answer that is no stream
            return _answer(update, message)
        case "error":
            msg = "The event is an error and does not say which."
            raise ProtocolError(msg, pointer="/error")
        case _:
            return update


def _previewed(update: Update, event: _wire.PartialImage) -> Update:
    """An unfinished image: a later one of the same index replaces it."""
    sketch = preview(event.b64_json, "/b64_json")
    if sketch is None:
        return update
    others = [image for image in update.previews if image.index != event.partial_image_index]
    previews = [*others, evolve(sketch, index=event.partial_image_index)]
    return evolve(update, previews=tuple(sorted(previews, key=lambda image: image.index)))


def _completed(update: Update, event: _wire.Completed) -> Update:
    """The task with one image more, running until the stream ends.

    Streams of several images are not described; of several usages the last one stands.
    """
    image = _image(event, len(update.images))
    billed = Billed.YES  # "billing keys off completion of the final image"
    return evolve(_charged(update, event.usage), images=(*update.images, image), billed=billed)


# --------------------------------------------------------------------- what went wrong


def _failed(update: Update, error: _wire.Error) -> Update:
    """The task with one failure more."""
    reasons = ", ".join((error.metadata and error.metadata.reasons) or ())
    found = failure(error.message, _code(error))
    message = f"{found.message} ({reasons})" if reasons else found.message
    found = evolve(found, message=message, refused=_is_moderation(error))
    return _ended(evolve(update, errors=(*update.errors, found)))


def _broken(update: Update, error: _wire.Error) -> Update:
    """What an `error` under HTTP 200 means: "any error occurred while producing the output".

    With a status for a code it is that status' error, else a failed task as in a stream.
    """
    if isinstance(error.code, int) and not _is_moderation(error):
        raise _refusal(error.code, error, in_body=True)
    return _failed(update, error)


def _is_moderation(error: _wire.Error) -> bool:
    """Whether moderation speaks: by the metadata it is documented with, or by its own code."""
    known = error.metadata or _wire.Metadata()
    flagged = known.reasons is not None or known.flagged_input is not None
    return flagged or not _MODERATION.isdisjoint({known.error_type, error.code, error.type})


def _code(error: _wire.Error) -> str:
    typed = error.metadata and error.metadata.error_type
    return str(typed or error.code or error.type or "")


def _refused(update: Update, response: Response) -> Update:
    """A request that moderation refused.

    Raises:
        TintypeError: It was refused for any other reason.
    """
    error = peek(response, _wire.Refusal()).error
    if error is None or not _is_moderation(error):
        raise _refusal(response.status, error)
    return _failed(evolve(update, raw=read(response, _wire.Refusal)[1]), error)


def _refusal(status: int, error: _wire.Error | None, *, in_body: bool = False) -> TintypeError:
    """The error of a status. Without the documented body a 5xx is a gateway's own."""
    if error is None:
        return refusal(status, {} if status >= _FAULTS else _REFUSALS)
    billed = Billed.NO if status in _UNBILLED else None
    return refusal(status, _REFUSALS, error.message, _code(error), billed=billed, in_body=in_body)
