"""apimodels.app: create and poll on one path, failures inside HTTP 200, a webhook.

Source of every fact, where no other is named: https://apimodels.app/en/docs/image?p=doubao,
stored copy read 2026-11-20. Nothing here was ever run against the live service.
"""

from __future__ import annotations

from urllib.parse import quote as quote_url

from attrs import evolve

from tintype.catalog import ProviderInfo
from tintype.convert import merge_options, peek, picture, pictures, read, translate
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    NotFoundError,
    ProtocolError,
    ServerError,
    refusal,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import JsonObject, Request, Response
from tintype.models import Failure, Image, Quote, Task, TaskState, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_apimodels import _wire
from tintype_apimodels._catalog import INFO, TIER_AS_SIZE

_OK = 200
_GENERATIONS = "https://apimodels.app/api/v1/images/generations"
_MODELS = "https://apimodels.app/api/v1/models"

_STATES = {
    "pending": TaskState.RUNNING,
    "processing": TaskState.RUNNING,
    "completed": TaskState.SUCCEEDED,
    "failed": TaskState.FAILED,
}

_REFUSALS = {
    400: BadRequestError,
    401: AuthenticationError,
    402: InsufficientCreditError,
    404: NotFoundError,
    500: ServerError,
}

# No document says with which status a prompt is refused at once: with one of these.
_MODERATION_STATUSES = {400, 403}


@hookimpl
def describe() -> ProviderInfo:
    """What apimodels.app offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By the vendor's price table: the API has no question for a price.

    What a raw option costs the table does not say: `n` draws more, and so may others.
    """
    found = quote_from_prices(INFO, request)
    if found is None or not request.references or _prices_references(found):
        return found
    doubt = "Extra references usually cost extra; how much is not documented for this model."
    return evolve(found, assumptions=(*found.assumptions, doubt))


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /api/v1/images/generations`."""
    urls = tuple(reference.url or "" for reference in request.references)
    sized = request.model in TIER_AS_SIZE
    body = _wire.Generate(
        model=request.model,
        prompt=request.prompt,
        size=request.resolution if sized else None,
        resolution=None if sized else request.resolution,
        aspect_ratio=request.aspect_ratio,
        quality=request.quality,
        background=request.background,
        image_url=urls[0] if len(urls) == 1 else None,
        image_urls=urls if len(urls) > 1 else None,
        callback_url=request.webhook_url,
    )
    return Request.post(_GENERATIONS, merge_options(body, request.options))


@hookimpl
def poll(task: Task) -> Request:
    """`GET /api/v1/images/generations?task_id=…`."""
    return Request.get(f"{_GENERATIONS}?task_id={quote_url(task.id, safe='')}")


@hookimpl
def models(cursor: str) -> Request:
    """`GET /api/v1/models` (stimQQ/apimodels-mcp src/index.ts@0dd8d21d)."""
    return Request.get(_MODELS)


@hookimpl
def parse(exchange: Exchange) -> Update | ProviderInfo:
    """A task, from the answer to a create or a poll or from a webhook; or the live models."""
    message = exchange.message
    if exchange.operation is Operation.MODELS:
        return _live(message)
    code, reason = _verdict(message)
    if code in _MODERATION_STATUSES and INFO.is_moderation("", reason):
        return _failed(Update(raw=read(message, dict[str, object])[1]), reason)
    if code != _OK:
        raise refusal(code, _REFUSALS, reason, in_body=_says_so_inside(message))
    answer, raw = read(message, _wire.Answer)
    begun = "pending" if exchange.operation is Operation.SUBMIT else ""
    return _snapshot(exchange.task, answer.data, answer.data.state or begun, raw)


def _prices_references(found: Quote) -> bool:
    return any(line.unit == "reference" for line in found.lines)


def _verdict(message: Message | None) -> tuple[int, str]:
    """The code of an answer, and its reason: the code inside, else the HTTP status."""
    status = message.status if isinstance(message, Response) else _OK
    if status == _OK:
        body, _ = read(message, _wire.Verdict)
        return (_OK if body.code is None else body.code), body.msg or ""
    refused = peek(message, _wire.Refusal) or _wire.Refusal()
    # As the vendor's script has it the code inside goes first, if it is a documented one.
    code = refused.code if refused.code in _REFUSALS else None
    return code or status, refused.msg or _words(refused.error)


def _says_so_inside(message: Message | None) -> bool:
    """Whether the code is not the HTTP status: under a success, or in a callback."""
    return not isinstance(message, Response) or message.status == _OK


def _words(error: str | _wire.ErrorObject | None) -> str:
    return (error.message if isinstance(error, _wire.ErrorObject) else error) or ""


def _snapshot(task: Task, work: _wire.Work, word: str, raw: JsonObject) -> Update:
    """The task as this answer has it. An accepted one without a state has begun."""
    state = translate(word, _STATES, "/data/state")
    found = work.taskId or task.id
    # One that is over and has its pictures need not be asked for again.
    known = found if state is TaskState.SUCCEEDED and not found else _same(task.id, found)
    update = Update(id=known, state=state, raw=raw)
    match state:
        case TaskState.SUCCEEDED:
            return _completed(update, work)
        case TaskState.FAILED:
            words = work.failMsg or _words(work.error) or work.failCode
            return _failed(update, words or "The provider gave no reason.", work.failCode or "")
        case _:
            return update


def _same(known: str, told: str) -> str:
    """The task's id: there is one, and it does not change."""
    if told and known in {"", told}:
        return told
    msg = f"The answer is about the task {told!r}, not {known!r}."
    raise ProtocolError(msg, pointer="/data/taskId")


def _completed(update: Update, work: _wire.Work) -> Update:
    """A completed task, with its images."""
    packed = work.resultJson or _wire.Result()
    listed = (work.resultUrls or (), packed.resultUrls or ())
    urls = max(listed, key=lambda each: sum(map(bool, each)))
    if not urls:
        # The official script calls this a failure; asking again loses nothing.
        msg = "The task is completed and names no image."
        raise ProtocolError(msg, pointer="/data/resultUrls")
    images, errors = pictures(urls, _image, "/data/resultUrls")
    state = TaskState.PARTIAL if errors else TaskState.SUCCEEDED
    return evolve(update, state=state, images=images, errors=errors, billed=Billed.YES)


def _image(url: str, index: int) -> Image:
    """An image that can be fetched."""
    return evolve(picture(url, pointer=f"/data/resultUrls/{index}"), index=index)


def _failed(update: Update, message: str, code: str = "") -> Update:
    """A failed task. "Failures are never charged" (stimQQ/apimodels-skill SKILL.md)."""
    refused = INFO.is_moderation(code, message)
    state = TaskState.REFUSED if refused else TaskState.FAILED
    failure = Failure(message=message, code=code, refused=refused)
    return evolve(update, state=state, errors=(failure,), billed=Billed.NO)


def _live(message: Message | None) -> ProviderInfo:
    """The catalog, as far as the live list has it. The list does not say which draw images."""
    code, reason = _verdict(message)
    if code != _OK:
        raise refusal(code, _REFUSALS, reason, in_body=_says_so_inside(message))
    listing, _ = read(message, _wire.Listing, strict=True)
    listed = {model.id for model in listing.data}
    found = tuple(model for model in INFO.models if model.id in listed)
    if not found:
        msg = "The list of models has none that is known to draw images."
        raise ProtocolError(msg, pointer="/data")
    return evolve(INFO, models=found)
