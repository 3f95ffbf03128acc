"""A reference provider that is polled by the id of a task, and calls back.

It uploads references, lists its models, cancels tasks, and signs its webhooks. Imaginary;
its documents are beside it in `documents/reference_by_id`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from urllib.parse import quote as quote_url

from attrs import evolve, frozen

from tintype.catalog import (
    Choice,
    Model,
    Price,
    ProviderInfo,
    References,
    Text,
)
from tintype.convert import Id, merge_options, peek, picture, pictures, read, translate
from tintype.credentials import HeaderKey
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    ServerError,
    refusal,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import MultipartBody, Part, Request, Response
from tintype.models import Cost, Failure, Image, Quote, Task, TaskState, Update, Upload
from tintype.prices import quote_from_prices
from tintype.request import Reference, Submission
from tintype.signatures import Hmac

_PAGE = "https://docs.by-id.test/tasks, read 2026-11-20"
_READ = date(2026, 11, 20)
_ROOT = "https://api.by-id.test/v1"
_OK = 200
_PERCENT = 100
_STATES = {
    "queued": TaskState.RUNNING,
    "drawing": TaskState.RUNNING,
    "done": TaskState.SUCCEEDED,
    "failed": TaskState.FAILED,
    "refused": TaskState.REFUSED,
    "canceled": TaskState.CANCELED,
    "expired": TaskState.EXPIRED,
}
_REFUSALS: dict[int, type[ProviderError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: InsufficientCreditError,
    404: NotFoundError,
    429: RateLimitError,
    500: ServerError,
    503: OverloadedError,
}
# A 503 without the provider's own words may be a gateway's: nobody says that nothing began.
_WORDLESS = {**_REFUSALS, 503: ServerError}


def _model(model_id: str, title: str, **usd: str) -> Model:
    prices = tuple(
        Price(usd=Decimal(price), when={"resolution": tier}, source=_PAGE, as_of=_READ)
        for tier, price in {"1K": usd.get("small"), "2K": usd.get("large")}.items()
        if price is not None
    )
    return Model(
        id=model_id,
        title=title,
        parameters={
            "prompt": Text(max_length=2000, source=_PAGE),
            "resolution": Choice(values=("1K", "2K"), source=_PAGE),
            "aspect_ratio": Choice(values=("1:1", "16:9", "9:16"), source=_PAGE),
            "output_format": Choice(values=("png", "jpeg"), source=_PAGE),
        },
        references=References(forms=("url",), max_count=3, uploads=True, source=_PAGE),
        prices=prices,
        results_kept=86_400,
        source=_PAGE,
    )


INFO = ProviderInfo(
    name="reference_by_id",
    title="Reference: by id",
    homepage="https://by-id.test",
    origins=("https://api.by-id.test",),
    models=(
        _model("silver-1", "Silver 1", small="0.010", large="0.025"),
        _model("silver-2", "Silver 2", small="0.020", large="0.050"),
    ),
    general=_model("", "Any other silver"),
    auth=HeaderKey(header="X-Key", prefix=""),
    webhooks=True,
    signature=Hmac(header="X-Signature"),
    sources=(_PAGE,),
)


@frozen(kw_only=True)
class _Draw:
    """What is sent."""

    model: str
    prompt: str
    resolution: str | None = None
    aspect_ratio: str | None = None
    output_format: str | None = None
    image_urls: tuple[str, ...] | None = None
    webhook_url: str | None = None


@frozen(kw_only=True)
class _Picture:
    """One image."""

    url: str
    thumb: str | None = None
    width: int | None = None
    height: int | None = None


@frozen(kw_only=True)
class _Error:
    """What went wrong, of a request or of a task."""

    message: str = ""
    code: str = ""


@frozen(kw_only=True)
class _Work:
    """A task."""

    status: str
    id: Id | None = None
    progress: int | None = None
    images: tuple[_Picture | None, ...] | None = None
    cost_usd: Decimal | None = None
    error: _Error | None = None


@frozen(kw_only=True)
class _Refusal:
    """The body of a refusal."""

    error: _Error


_SILENT = _Refusal(error=_Error(code="", message=""))


@frozen(kw_only=True)
class _Uploaded:
    """The answer to an upload."""

    url: str


@frozen(kw_only=True)
class _Listed:
    """One model of the list."""

    id: str
    title: str


@frozen(kw_only=True)
class _Listing:
    """The list of models."""

    models: tuple[_Listed, ...]


@hookimpl
def describe() -> ProviderInfo:
    """What the provider offers."""
    return INFO


@hookimpl
def models() -> Request:
    """`GET /v1/models`."""
    return Request.get(f"{_ROOT}/models")


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:  # noqa: ARG001
    """By the table of the page."""
    return quote_from_prices(INFO, request)


@hookimpl
def upload(reference: Reference) -> Request | None:
    """`POST /v1/uploads`, for a reference that is no URL yet."""
    if reference.data is None:
        return None
    body = MultipartBody(parts=(_file(reference),))
    return Request(method="POST", url=f"{_ROOT}/uploads", body=body)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/images`."""
    urls = tuple(_address(reference) for reference in request.references)
    body = _Draw(
        model=request.model,
        prompt=request.prompt,
        resolution=request.resolution,
        aspect_ratio=request.aspect_ratio,
        output_format=request.output_format,
        image_urls=urls or None,
        webhook_url=request.webhook_url,
    )
    options = request.options
    return Request.post(f"{_ROOT}/images", merge_options(body, options))


@hookimpl
def poll(task: Task) -> Request:
    """`GET /v1/tasks/{id}`."""
    return Request.get(_task_url(task))


@hookimpl
def cancel(task: Task) -> Request:
    """`DELETE /v1/tasks/{id}`."""
    return Request(method="DELETE", url=_task_url(task))


@hookimpl
def parse(exchange: Exchange) -> Update | Upload | ProviderInfo:
    """A task, from the answer to a create, a poll or a cancel, or from a webhook."""
    _check(exchange.message)
    match exchange.operation:
        case Operation.MODELS:
            return _offer(read(exchange.message, _Listing)[0])
        case Operation.UPLOAD:
            return _uploaded(read(exchange.message, _Uploaded)[0])
        case _:
            return _snapshot(exchange.task, exchange.message)


def _address(reference: Reference) -> str:
    if reference.url is None:
        msg = "A reference has not been uploaded: upload() does that."
        raise InvalidRequestError(msg, field="references", allowed=("url",))
    return reference.url


def _file(reference: Reference) -> Part:
    return Part(
        name="image",
        data=reference.data or b"",
        filename=reference.name or "image.bin",
        media_type=reference.media_type or None,
    )


def _task_url(task: Task) -> str:
    return f"{_ROOT}/tasks/{quote_url(task.id, safe='')}"


def _check(message: Message | None) -> None:
    """Raise what a status says."""
    status = message.status if isinstance(message, Response) else _OK
    if status == _OK:
        return
    error = peek(message, _SILENT).error
    kinds = _WORDLESS if error is _SILENT.error else _REFUSALS
    raise refusal(status, kinds, error.message, error.code)


def _offer(listing: _Listing) -> ProviderInfo:
    """The models that the list has, with the limits the page gives them."""
    found = tuple(
        evolve(INFO.limits(item.id), id=item.id, title=item.title) for item in listing.models
    )
    if not found or not all(model.id for model in found):
        msg = "The list has no model, or one without an id."
        raise ProtocolError(msg, pointer="/models")
    return evolve(INFO, models=found)


def _uploaded(uploaded: _Uploaded) -> Upload:
    """The address in the place of the bytes."""
    if not uploaded.url.startswith("https://"):
        msg = "The upload has no address."
        raise ProtocolError(msg, pointer="/url")
    return Upload(reference=Reference(url=uploaded.url))


def _snapshot(task: Task, message: Message | None) -> Update:
    """The task as this answer has it."""
    work, raw = read(message, _Work)
    found = work.id or task.id
    if not found or task.id not in {"", found}:
        msg = f"The answer is about the task {found!r}, not {task.id!r}."
        raise ProtocolError(msg, pointer="/id")
    state = translate(work.status, _STATES, "/status")
    update = Update(id=found, state=state, progress=_progress(work), raw=raw)
    if state is TaskState.SUCCEEDED:
        return evolve(_drawn(update, work), cost=_cost(work), billed=Billed.YES)
    return _ended(update, work.error) if state.terminal else update


def _progress(work: _Work) -> float | None:
    percent = work.progress
    return None if percent is None or not 0 <= percent <= _PERCENT else percent / _PERCENT


def _drawn(update: Update, work: _Work) -> Update:
    """A task with its images; one that is none costs itself alone."""
    images, lost = pictures(work.images or (), _image, "/images")
    if not images:
        msg = "The task is done and names no image."
        raise ProtocolError(msg, pointer="/images")
    state = TaskState.PARTIAL if lost else TaskState.SUCCEEDED
    return evolve(update, state=state, images=images, errors=lost)


def _image(told: _Picture, index: int) -> Image:
    return evolve(
        picture(told.url, pointer=f"/images/{index}/url"),
        preview_url=told.thumb,
        width=_pixels(told.width),
        height=_pixels(told.height),
        index=index,
    )


def _pixels(count: int | None) -> int | None:
    """A side of an image; a number that no image has says nothing."""
    return count if count is not None and count > 0 else None


def _cost(work: _Work) -> Cost | None:
    """What it cost; a negative cost says nothing."""
    if work.cost_usd is None or work.cost_usd < 0:
        return None
    return Cost(usd=work.cost_usd, source="reported")


def _ended(update: Update, error: _Error | None) -> Update:
    """A task that came to nothing. "Only finished tasks are billed" (the page)."""
    refused = update.state is TaskState.REFUSED
    told = error or _Error()
    message = told.message or "The provider gave no reason."
    failure = Failure(message=message, code=told.code, refused=refused)
    return evolve(update, errors=(failure,), billed=Billed.NO)
