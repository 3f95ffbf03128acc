"""A reference provider that is polled at an address it returns, kept in `Task.notes`.

Imaginary; its documents are beside it in `documents/reference_by_url`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from attrs import evolve, frozen

from tintype.catalog import (
    Choice,
    Integer,
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
    NotFoundError,
    ProtocolError,
    RateLimitError,
    ServerError,
    refusal,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import Request, Response
from tintype.models import Cost, Failure, Image, Quote, Task, TaskState, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission

_PAGE = "https://docs.by-url.test/generate, read 2026-11-20"
_READ = date(2026, 11, 20)
_ORIGIN = "https://api.by-url.test"
_OK = 200
_STATES = {
    "starting": TaskState.RUNNING,
    "working": TaskState.RUNNING,
    "ready": TaskState.SUCCEEDED,
    "error": TaskState.FAILED,
    "moderated": TaskState.REFUSED,
}
_REFUSALS = {
    400: BadRequestError,
    401: AuthenticationError,
    402: InsufficientCreditError,
    404: NotFoundError,
    429: RateLimitError,
    500: ServerError,
}


def _model(model_id: str, title: str, *prices: Price) -> Model:
    return Model(
        id=model_id,
        title=title,
        parameters={
            "prompt": Text(max_length=4000, source=_PAGE),
            "aspect_ratio": Choice(values=("1:1", "3:2", "2:3"), source=_PAGE),
            "seed": Integer(low=0, source=_PAGE),
        },
        options={"safety": Integer(low=0, high=6, source=_PAGE)},
        references=References(forms=("url", "data_uri"), max_count=1, source=_PAGE),
        prices=prices,
        source=_PAGE,
    )


INFO = ProviderInfo(
    name="reference_by_url",
    title="Reference: by URL",
    homepage="https://by-url.test",
    origins=(_ORIGIN,),
    models=(
        _model(
            "glass-1",
            "Glass 1",
            Price(usd=Decimal("0.030"), when={"references": "no"}, source=_PAGE, as_of=_READ),
            Price(usd=Decimal("0.045"), when={"references": "yes"}, source=_PAGE, as_of=_READ),
        ),
    ),
    general=_model("", "Any other glass"),
    auth=HeaderKey(prefix="Key "),
    sources=(_PAGE,),
)


@frozen(kw_only=True)
class _Input:
    """What is drawn."""

    prompt: str
    ratio: str | None = None
    seed: int | None = None
    image: str | None = None


@frozen(kw_only=True)
class _Draw:
    """What is sent."""

    model: str
    input: _Input


@frozen(kw_only=True)
class _Started:
    """The answer to a submission."""

    id: Id
    status: str
    polling_url: str


@frozen(kw_only=True)
class _Work:
    """A task."""

    status: str
    id: Id | None = None
    output: tuple[str | None, ...] | None = None
    seed: int | None = None
    cost_usd: Decimal | None = None
    retry_in: Decimal | None = None
    detail: str | None = None


@frozen(kw_only=True)
class _Refusal:
    """The body of a refusal."""

    detail: str


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
    """`POST /v2/generate`."""
    image = request.references[0].url if request.references else None
    drawn = _Input(
        prompt=request.prompt, ratio=request.aspect_ratio, seed=request.seed, image=image
    )
    body = _Draw(model=request.model, input=drawn)
    options = request.options
    return Request.post(f"{_ORIGIN}/v2/generate", merge_options(body, options))


@hookimpl
def poll(task: Task) -> Request:
    """The address that the submission returned."""
    return Request.get(_on_origin(str(task.notes.get("polling_url", ""))))


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task, from the answer to a submission or a poll."""
    message = exchange.message
    status = message.status if isinstance(message, Response) else _OK
    if status != _OK:
        raise refusal(status, _REFUSALS, peek(message, _Refusal(detail="")).detail)
    if exchange.operation is Operation.SUBMIT:
        return _started(message)
    return _snapshot(exchange.task, message)


def _on_origin(url: str) -> str:
    """`url`, if the key may go there."""
    if not url.startswith(f"{_ORIGIN}/"):
        msg = f"The task is to be polled at {url!r}, which is not on {_ORIGIN}."
        raise ProtocolError(msg, pointer="/polling_url")
    return url


def _started(message: Message | None) -> Update:
    started, raw = read(message, _Started)
    state = translate(started.status, _STATES, "/status")
    if not started.id or state.terminal:
        msg = "The task has no id, or is over before it was polled."
        raise ProtocolError(msg, pointer="/id" if not started.id else "/status")
    notes = {"polling_url": _on_origin(started.polling_url)}
    return Update(id=started.id, state=state, notes=notes, raw=raw)


def _snapshot(task: Task, message: Message | None) -> Update:
    work, raw = read(message, _Work)
    if work.id not in {None, "", task.id}:
        msg = f"The answer is about the task {work.id!r}, not {task.id!r}."
        raise ProtocolError(msg, pointer="/id")
    state = translate(work.status, _STATES, "/status")
    update = Update(state=state, raw=raw, poll_after=_hint(work.retry_in))
    match state:
        case TaskState.SUCCEEDED:
            return evolve(_drawn(update, work), cost=_cost(work), billed=Billed.YES)
        case TaskState.RUNNING:
            return update
        case _:
            return _ended(update, work.detail)


def _hint(seconds: Decimal | None) -> float | None:
    """How long the provider asks to wait; a negative time says nothing."""
    return float(seconds) if seconds is not None and 0 <= seconds < _LONG else None


_LONG = 3600


def _drawn(update: Update, work: _Work) -> Update:
    """A task with its images; one that is none costs itself alone."""
    images, lost = pictures(work.output or (), _image, "/output")
    if not images:
        msg = "The task is ready and names no image."
        raise ProtocolError(msg, pointer="/output")
    state = TaskState.PARTIAL if lost else TaskState.SUCCEEDED
    seeded = tuple(evolve(image, seed=work.seed) for image in images)
    return evolve(update, state=state, images=seeded, errors=lost)


def _image(url: str, index: int) -> Image:
    return evolve(picture(url, pointer=f"/output/{index}"), index=index)


def _cost(work: _Work) -> Cost | None:
    """What it cost; a negative cost says nothing."""
    if work.cost_usd is None or work.cost_usd < 0:
        return None
    return Cost(usd=work.cost_usd, source="reported")


def _ended(update: Update, detail: str | None) -> Update:
    """A task that came to nothing. "You pay for pictures that are ready" (the page)."""
    refused = update.state is TaskState.REFUSED
    failure = Failure(message=detail or "The provider gave no reason.", refused=refused)
    return evolve(update, errors=(failure,), billed=Billed.NO)
