"""A reference provider that answers at once, or streams its images as they are made.

Imaginary, like the other three: between them they have every capability and lack it. Each
is a whole plugin in one file, its documents beside it in `documents/reference_at_once`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from attrs import evolve, frozen

from tintype.catalog import (
    Choice,
    Flag,
    Integer,
    Model,
    Pixels,
    Price,
    ProviderInfo,
    Text,
)
from tintype.convert import decode_image, merge_options, peek, pictures, read
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    OverloadedError,
    ProtocolError,
    RateLimitError,
    ServerError,
    refusal,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import Request, Response, ServerSentEvent
from tintype.models import Cost, Failure, Image, Quote, Task, TaskState, Update, Usage
from tintype.prices import quote_from_prices
from tintype.request import Submission

_PAGE = "https://docs.at-once.test/images, read 2026-11-20"
_READ = date(2026, 11, 20)
_READ = date(2026, 11, 20)
_IMAGES = "https://api.at-once.test/v1/images"
_OK = 200
_REFUSED = "content_refused"
_REFUSALS = {
    400: BadRequestError,
    401: AuthenticationError,
    402: InsufficientCreditError,
    429: RateLimitError,
    500: ServerError,
    503: OverloadedError,
}
# A 503 without the provider's own words may be a gateway's: nobody says that nothing began.
_WORDLESS = {**_REFUSALS, 503: ServerError}


def _model(model_id: str, title: str, own: Mapping[str, Flag] | None = None, **usd: str) -> Model:
    prices = tuple(
        Price(usd=Decimal(price), when={"quality": quality}, source=_PAGE, as_of=_READ)
        for quality, price in usd.items()
    )
    return Model(
        id=model_id,
        title=title,
        parameters={
            "prompt": Text(max_length=1000, source=_PAGE),
            "quality": Choice(values=("draft", "fine"), source=_PAGE),
            "size": Pixels(min_total=65_536, max_total=4_194_304, max_ratio=4, source=_PAGE),
            "seed": Integer(low=0, high=2_147_483_647, source=_PAGE),
            "stream": Flag(source=_PAGE),
            **(own or {}),
        },
        max_n=4,
        prices=prices,
        source=_PAGE,
    )


INFO = ProviderInfo(
    name="reference_at_once",
    title="Reference: at once",
    homepage="https://at-once.test",
    origins=("https://api.at-once.test",),
    models=(
        _model("plate-1", "Plate 1", draft="0.02", fine="0.04"),
        _model("plate-2", "Plate 2", {"watermark": Flag(source=_PAGE)}, draft="0.03", fine="0.09"),
    ),
    general=_model("", "Any other plate"),
    sources=(_PAGE,),
)


@frozen(kw_only=True)
class _Draw:
    """What is sent."""

    model: str
    prompt: str
    n: int | None = None
    quality: str | None = None
    size: str | None = None
    watermark: bool | None = None
    seed: int | None = None
    stream: bool | None = None


@frozen(kw_only=True)
class _Picture:
    """One image of an answer."""

    b64: str
    media_type: str | None = None
    seed: int | None = None


@frozen(kw_only=True)
class _Counted:
    """What was counted."""

    images: int | None = None


@frozen(kw_only=True)
class _Answer:
    """A whole answer."""

    images: tuple[_Picture | None, ...]
    cost_usd: Decimal | None = None
    usage: _Counted | None = None


@frozen(kw_only=True)
class _Error:
    """What went wrong."""

    message: str = ""
    code: str = ""


@frozen(kw_only=True)
class _Refusal:
    """The body of a refusal."""

    error: _Error


_SILENT = _Refusal(error=_Error(code="", message=""))


@frozen(kw_only=True)
class _Event:
    """What every event has."""

    type: str


@frozen(kw_only=True)
class _Drawn(_Picture):
    """A preview or an image of a stream."""

    index: int | None = None


@frozen(kw_only=True)
class _Done:
    """The last event: the bill."""

    cost_usd: Decimal | None = None
    usage: _Counted | None = None


@hookimpl
def describe() -> ProviderInfo:
    """What the provider offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:  # noqa: ARG001
    """By the table of the page."""
    return quote_from_prices(INFO, request)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/images`."""
    body = _Draw(
        model=request.model,
        prompt=request.prompt,
        n=request.n if request.n > 1 else None,
        quality=request.quality,
        size=request.size,
        watermark=request.watermark,
        seed=request.seed,
        stream=request.stream or None,
    )
    options = request.options
    return Request.post(_IMAGES, merge_options(body, options), events=request.stream)


@hookimpl
def poll(task: Task) -> None:
    """Nothing: the answer to the submission is the end of the task."""


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A finished task, from an answer or event by event."""
    update = Update.of(exchange.task)
    match exchange.operation:
        case Operation.EVENT:
            return _event(update, exchange.message)
        case Operation.END:
            return update
        case _:
            return _answered(update, exchange.message)


def _answered(update: Update, message: Message | None) -> Update:
    status = message.status if isinstance(message, Response) else _OK
    if status != _OK:
        return _refused(update, status, message)
    answer, raw = read(message, _Answer)
    if not answer.images:
        msg = "The answer holds no image."
        raise ProtocolError(msg, pointer="/images", status=status)
    images, lost = pictures(answer.images, _image, "/images")
    state = TaskState.PARTIAL if lost else TaskState.SUCCEEDED
    update = evolve(update, raw=raw, images=images, errors=lost, state=state)
    return _billed(update, answer.cost_usd, answer.usage)


def _image(picture: _Picture, index: int) -> Image:
    return Image(
        data=decode_image(picture.b64, f"/images/{index}/b64"),
        media_type=picture.media_type or "",
        index=index,
        seed=picture.seed,
    )


def _billed(update: Update, usd: Decimal | None, counted: _Counted | None) -> Update:
    """The task with its bill. "Images are billed when they are delivered" (the page)."""
    cost = None if usd is None or usd < 0 else Cost(usd=usd, source="reported")
    usage = None if counted is None else Usage(images=counted.images)
    return evolve(update, cost=cost, usage=usage, billed=Billed.YES)


def _refused(update: Update, status: int, message: Message | None) -> Update:
    """A refused task where moderation speaks; every other refusal is raised."""
    error = peek(message, _SILENT).error
    if error.code == _REFUSED:
        return _failed(evolve(update, raw=read(message, _Refusal)[1]), error)
    kinds = _WORDLESS if error is _SILENT.error else _REFUSALS
    raise refusal(status, kinds, error.message, error.code)


def _failed(update: Update, error: _Error) -> Update:
    """A task without an image. "Nothing is billed that is not delivered" (the page)."""
    refused = error.code == _REFUSED
    failure = Failure(message=error.message, code=error.code, refused=refused)
    state = TaskState.REFUSED if refused else TaskState.FAILED
    return evolve(update, state=state, errors=(failure,), billed=Billed.NO)


def _event(update: Update, message: Message | None) -> Update:
    """The task after one more event. A type that the page does not list changes nothing."""
    if isinstance(message, ServerSentEvent) and message.data == "[DONE]":
        return update
    event, raw = read(message, _Event)
    update = evolve(update, raw=raw)
    match event.type:
        case "preview":
            return evolve(update, previews=_with(update.previews, message))
        case "image":
            return evolve(update, images=_with(update.images, message))
        case "done":
            return _finished(update, read(message, _Done)[0])
        case "error":
            return _failed(update, read(message, _Refusal)[0].error)
        case _:
            return update


def _with(images: tuple[Image, ...], message: Message | None) -> tuple[Image, ...]:
    """One image more, in its place, or behind the others where the event names none."""
    drawn = read(message, _Drawn)[0]
    index = drawn.index if drawn.index is not None and drawn.index >= 0 else len(images)
    return (*images, _image(drawn, index))


def _finished(update: Update, done: _Done) -> Update:
    if not update.images:
        msg = "The stream is done and held no image."
        raise ProtocolError(msg)
    return _billed(evolve(update, state=TaskState.SUCCEEDED), done.cost_usd, done.usage)
