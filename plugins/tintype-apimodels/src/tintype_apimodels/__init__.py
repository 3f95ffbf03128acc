"""apimodels.app: create and poll on one path, failures inside HTTP 200, a webhook.

Source of every fact, where no other is named: https://apimodels.app/en/docs/image?p=doubao,
stored copy read 2026-11-20. Nothing here was ever run against the live service.
"""

from __future__ import annotations

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
from tintype.errors import Billed, ProtocolError, TintypeError, refusal, refusals
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import Request, address
from tintype.models import Image, Quote, Task, TaskState, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_apimodels import _wire
from tintype_apimodels._catalog import INFO, TIER_AS_SIZE

_OK = 200  # the code of an answer that is good
_GENERATIONS = "https://apimodels.app/api/v1/images/generations"
_MODELS = "https://apimodels.app/api/v1/models"

_STATES = {
    "pending": TaskState.RUNNING,
    "processing": TaskState.RUNNING,
    "completed": TaskState.SUCCEEDED,
    "failed": TaskState.FAILED,
}

_REFUSALS = refusals(400, 401, 402, 404, 500)

# No document says with which status a prompt is refused at once: with one of these.
_MODERATION_STATUSES = {400, 403}


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What apimodels.app offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By the vendor's price table: the API has no question for a price.

    What a raw option costs the table does not say: `n` draws more, and so may others.
    """
    known = quote_from_prices(INFO, request)
    if not known or not request.references or any(line.unit == "reference" for line in known.lines):
        return known
    doubt = "Extra references usually cost extra; how much is not documented for this model."
    return evolve(known, assumptions=(*known.assumptions, doubt))


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /api/v1/images/generations`."""
    urls = request.urls
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
    return Request.get(address(_GENERATIONS, task_id=task.id))


@hookimpl
def parse(exchange: Exchange) -> Update | ProviderInfo:
    """A task, from the answer to a create or a poll or from a webhook; or the live models."""
    if exchange.operation is Operation.MODELS:
        return _listed(exchange.message)
    return _task(exchange)


@hookimpl
def models(cursor: str) -> Request:
    """`GET /api/v1/models` (stimQQ/apimodels-mcp src/index.ts@0dd8d21d)."""
    return Request.get(_MODELS)


# --------------------------------------------------------------------- what comes back


def _listed(message: Message | None) -> ProviderInfo:
    """The catalog, as far as the live list has it. The list does not say which draw images."""
    code, words = _verdict(message)
    if code != _OK:
        raise _refusal(message, code, words)
    answer, _ = read(message, _wire.Listing, strict=True)
    listed = {model.id for model in answer.data}
    found = tuple(model for model in INFO.models if model.id in listed)
    if not found:
        msg = "The list of models has none that is known to draw images."
        raise ProtocolError(msg, pointer="/data")
    return evolve(INFO, models=found)


def _task(exchange: Exchange) -> Update:
    """The task as this answer has it. An accepted one without a state has begun."""
    code, words = _verdict(exchange.message)
    if code in _MODERATION_STATUSES and INFO.is_moderation("", words):
        return _failed(Update(raw=read(exchange.message, dict[str, object])[1]), words)
    if code != _OK:
        raise _refusal(exchange.message, code, words)
    answer, raw = read(exchange.message, _wire.Envelope)
    work = answer.data
    begun = "pending" if exchange.operation is Operation.SUBMIT else ""
    state = translate(work.state or begun, _STATES, "/data/state")
    update = Update(id=work.taskId or exchange.task.id, state=state, raw=raw)
    match state:
        case TaskState.RUNNING if not update.id:
            msg = "The task is accepted and has no id to ask for it by."
            raise ProtocolError(msg, pointer="/data/taskId")
        case TaskState.SUCCEEDED:
            return _completed(update, work)
        case TaskState.FAILED:
            said = work.failMsg or (work.error and work.error.message) or work.failCode
            return _failed(update, said, work.failCode)
        case _:
            return update


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
    state = ended(images, errors)
    return evolve(update, state=state, images=images, errors=errors, billed=Billed.YES)


def _image(url: str, index: int) -> Image:
    return picture(url, pointer=f"/data/resultUrls/{index}", index=index)


# --------------------------------------------------------------------- what went wrong


def _failed(update: Update, words: str | None, code: str | None = "") -> Update:
    """A failed task. "Failures are never charged" (stimQQ/apimodels-skill SKILL.md)."""
    refused = INFO.is_moderation(code, words)
    errors = (evolve(failure(words, code), refused=refused),)
    return evolve(update, state=ended((), errors), errors=errors, billed=Billed.NO)


def _verdict(message: Message | None) -> tuple[int, str]:
    """The code of an answer, and its words: the code inside, else the HTTP status."""
    if not is_refusal(message):
        body, _ = read(message, _wire.Verdict)
        return (_OK if body.code is None else body.code), body.msg or ""
    refused = peek(message, _wire.Refusal())
    # As the vendor's script has it the code inside goes first, if it is a documented one.
    code = refused.code if refused.code in _REFUSALS else None
    return code or message.status, refused.msg or (refused.error or ErrorObject()).message or ""


def _refusal(message: Message | None, code: int, words: str) -> TintypeError:
    """The error of a code: it is not the HTTP status under a success, or in a webhook."""
    return refusal(code, _REFUSALS, words, in_body=not is_refusal(message))
