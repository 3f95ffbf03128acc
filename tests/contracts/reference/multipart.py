"""A reference provider that edits images sent as a multipart form, at a price it is asked.

It draws nothing from words alone. Imaginary; its documents are beside it in
`documents/reference_multipart`.
"""

from __future__ import annotations

import json
from decimal import Decimal

from attrs import evolve, frozen

from tintype.catalog import Choice, Model, ProviderInfo, References, Text
from tintype.convert import merge_options, peek, pictures, read, unstructure
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    InvalidRequestError,
    ProtocolError,
    RateLimitError,
    ServerError,
    refusal,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import MultipartBody, Part, Request, Response
from tintype.models import Cost, Failure, Image, Quote, QuoteLine, Task, TaskState, Update
from tintype.request import ImageRequest, Reference, Submission

_PAGE = "https://docs.multipart.test/edits, read 2026-11-20"
_ROOT = "https://api.multipart.test/v1"
_OK = 200
_UNPROCESSABLE = 422
_REFUSALS = {
    400: BadRequestError,
    401: AuthenticationError,
    402: InsufficientCreditError,
    429: RateLimitError,
    500: ServerError,
}


def _model(model_id: str, title: str) -> Model:
    return Model(
        id=model_id,
        title=title,
        parameters={
            "prompt": Text(max_length=500, source=_PAGE),
            "resolution": Choice(values=("1K", "2K"), source=_PAGE),
            "background": Choice(values=("keep", "transparent"), source=_PAGE),
        },
        max_n=2,
        references=References(forms=("bytes",), max_count=4, required=True, source=_PAGE),
        source=_PAGE,
    )


INFO = ProviderInfo(
    name="reference_multipart",
    title="Reference: multipart",
    homepage="https://multipart.test",
    origins=("https://api.multipart.test",),
    models=(_model("retouch-1", "Retouch 1"),),
    general=_model("", "Any other retoucher"),
    usd_per_credit=Decimal("0.001"),
    credit_source=_PAGE,
    sources=(_PAGE,),
)


@frozen(kw_only=True)
class _Settings:
    """What a picture is drawn by: in the body of a price, and as JSON text in a form."""

    resolution: str | None = None
    background: str | None = None


@frozen(kw_only=True)
class _Priced:
    """The answer to the question for a price."""

    credits: Decimal


@frozen(kw_only=True)
class _Result:
    """One image."""

    url: str
    mime: str | None = None


@frozen(kw_only=True)
class _Answer:
    """What an edit comes to."""

    success: bool | None = None
    results: tuple[_Result | None, ...] | None = None
    message: str | None = None
    credits_used: Decimal | None = None


@frozen(kw_only=True)
class _Refusal:
    """The body of a refusal."""

    message: str


@hookimpl
def describe() -> ProviderInfo:
    """What the provider offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Request:  # noqa: ARG001
    """`POST /v1/price`, where `files` is how many references there are."""
    body = {
        "model": request.model,
        "count": request.n,
        "files": len(request.references),
        **unstructure(_settings(request)),
    }
    return Request.post(f"{_ROOT}/price", body)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/edits`, a multipart form."""
    settings = merge_options(_settings(request), request.options)
    fields = {
        "model": request.model,
        "prompt": request.prompt,
        "count": str(request.n),
        "settings": _json_text(settings) if settings else None,
    }
    texts = [Part(name=name, data=text.encode()) for name, text in fields.items() if text]
    files = [_file(number, item) for number, item in enumerate(request.references, start=1)]
    return Request(method="POST", url=f"{_ROOT}/edits", body=MultipartBody(parts=(*texts, *files)))


@hookimpl
def poll(task: Task) -> None:
    """Nothing: the answer to the submission is the end of the task."""


@hookimpl
def parse(exchange: Exchange) -> Quote | Update:
    """A quote or a finished task."""
    if exchange.operation is Operation.PRICE:
        return _quote(exchange)
    update = Update()
    message = exchange.message
    status = message.status if isinstance(message, Response) else _OK
    if status == _UNPROCESSABLE:
        return _refused(update, message)
    _check(message)
    answer, raw = read(message, _Answer)
    return _edited(evolve(update, raw=raw), answer)


def _settings(request: ImageRequest) -> _Settings:
    return _Settings(resolution=request.resolution, background=request.background)


def _json_text(settings: dict[str, object]) -> str:
    try:
        return json.dumps(settings, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        msg = f"The options for {INFO.name} cannot be written as JSON: {error}."
        raise InvalidRequestError(msg, field="options") from None


def _file(number: int, reference: Reference) -> Part:
    if reference.data is None:
        msg = f"Reference {number} has to be a file."
        raise InvalidRequestError(msg, field="references", allowed=("bytes",))
    return Part(
        name="files",
        data=reference.data,
        filename=reference.name or f"image{number}.bin",
        media_type=reference.media_type or None,
    )


def _check(message: Message | None) -> None:
    """Raise what a status says."""
    status = message.status if isinstance(message, Response) else _OK
    if status != _OK:
        raise refusal(status, _REFUSALS, peek(message, _Refusal(message="")).message)


def _quote(exchange: Exchange) -> Quote:
    _check(exchange.message)
    credits_ = _counted(read(exchange.message, _Priced, strict=True)[0].credits, "/credits")
    line = QuoteLine(billable="edit", unit="request", quantity=Decimal(1), unit_credits=credits_)
    return Quote(
        model=(exchange.request and exchange.request.model) or "",
        lines=(line,),
        credits_low=credits_,
        credits_high=credits_,
        source=f"POST {_ROOT}/price",
        as_of=exchange.at.date(),
    )


def _counted(credits_: Decimal, pointer: str) -> Decimal:
    if credits_ < 0:
        msg = "The credits are negative."
        raise ProtocolError(msg, pointer=pointer)
    return credits_


def _edited(update: Update, answer: _Answer) -> Update:
    if answer.success is False:
        return _failed(update, answer.message)
    images, lost = pictures(answer.results or (), _image, "/results")
    if not images:
        msg = "The answer names no image."
        raise ProtocolError(msg, pointer="/results")
    used = answer.credits_used
    cost = None if used is None or used < 0 else Cost(credits=used, source="reported")
    state = TaskState.PARTIAL if lost else TaskState.SUCCEEDED
    return evolve(update, images=images, errors=lost, state=state, cost=cost, billed=Billed.YES)


def _image(result: _Result, index: int) -> Image:
    if not result.url.startswith("https://"):
        msg = "The image has no address that can be fetched."
        raise ProtocolError(msg, pointer=f"/results/{index}/url")
    return Image(url=result.url, media_type=result.mime or "", index=index)


def _failed(update: Update, words: str | None) -> Update:
    """A failed task: "success is false: the edit did not work; nothing is charged" (the page)."""
    failure = Failure(message=words or "The provider gave no reason.")
    return evolve(update, state=TaskState.FAILED, errors=(failure,), billed=Billed.NO)


def _refused(update: Update, message: Message | None) -> Update:
    """A refused task: "422: the picture is against our rules; nothing is charged" (the page)."""
    body, raw = read(message, _Refusal)
    failure = Failure(message=body.message, refused=True)
    return evolve(update, raw=raw, state=TaskState.REFUSED, errors=(failure,), billed=Billed.NO)
