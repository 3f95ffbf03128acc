"""apimodels.app: create and poll on one path, failures inside HTTP 200, a webhook.

Source of every fact, where no other is named: https://apimodels.app/en/docs/image?p=doubao,
stored copy read 2026-11-20. Nothing here was ever run against the live service.
"""

from __future__ import annotations

from urllib.parse import quote as quote_url

from attrs import evolve

from tintype.catalog import ProviderInfo, quote_from_prices
from tintype.convert import loads, merge_options, peek, read, structure, translate, unstructure
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    NotFoundError,
    ProtocolError,
    ServerError,
    TintypeError,
    refusal,
)
from tintype.exchange import Exchange, Message
from tintype.hooks import hookimpl
from tintype.messages import JsonObject, Request, Response
from tintype.models import Failure, Image, ImageRequest, Quote, Task, TaskState
from tintype_apimodels import _wire
from tintype_apimodels._catalog import INFO

_OK = 200
_GENERATIONS = "https://apimodels.app/api/v1/images/generations"

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

# The codes the official script knows (stimQQ/apimodels-skill@1c1a359c generate.mjs).
# The seed's own sample has no code, only this message.
_MODERATION_CODES = {"CONTENT_MODERATION"}
_MODERATION_MESSAGES = {"content policy violation"}


@hookimpl
def describe() -> ProviderInfo:
    """What apimodels.app offers."""
    return INFO


@hookimpl
def price(request: ImageRequest, quote: Quote | None) -> Quote | None:
    """By the vendor's price table: the API has no question for a price."""
    return quote_from_prices(INFO.limits(request.model or ""), request)


@hookimpl
def submit(request: ImageRequest) -> Request:
    """`POST /api/v1/images/generations`."""
    model = request.model or ""
    urls = tuple(reference.url or "" for reference in request.references)
    sized = model.startswith("doubao-")  # Doubao calls the tier `size`, everyone else `resolution`
    body = _wire.Generate(
        model=model,
        prompt=request.prompt,
        size=request.resolution if sized else None,
        resolution=None if sized else request.resolution,
        aspect_ratio=request.aspect_ratio,
        background=request.background,
        image_url=urls[0] if len(urls) == 1 else None,
        image_urls=urls if len(urls) > 1 else None,
        callback_url=request.webhook_url,
    )
    options = request.options.get(INFO.name, {})
    return Request.post(_GENERATIONS, merge_options(unstructure(body), options))


@hookimpl
def poll(task: Task) -> Request:
    """`GET /api/v1/images/generations?task_id=…`."""
    return Request.get(f"{_GENERATIONS}?task_id={quote_url(task.id, safe='')}")


@hookimpl
def parse(exchange: Exchange) -> Task:
    """A task, from the answer to a create or a poll, or from a webhook."""
    work, raw = _work(exchange.message)
    state = translate(work.state, _STATES, "/data/state")
    task = evolve(exchange.task or Task(), id=work.taskId, state=state, raw=raw)
    match state:
        case TaskState.SUCCEEDED:
            return evolve(task, images=_images(work), billed=Billed.YES)
        case TaskState.FAILED:
            return _failed(task, work)
        case _:
            return task


def _work(message: Message | None) -> tuple[_wire.Work, JsonObject]:
    """The `data` of an answer, once the status and the code inside are both good."""
    if isinstance(message, Response) and message.status != _OK:
        raise _refused(message)
    answer, raw = read(message, _wire.Answer)
    if answer.code != _OK:
        raise refusal(answer.code, _REFUSALS, answer.msg or "")
    if answer.data is None:
        msg = "The answer says success and holds no data."
        raise ProtocolError(msg, pointer="/data")
    return answer.data, raw


def _refused(response: Response) -> TintypeError:
    """The error of an HTTP status. Its body is undocumented: `msg`, then `error`."""
    body = peek(response, _wire.Refusal) or _wire.Refusal()
    error = body.error.message if isinstance(body.error, _wire.ErrorObject) else body.error
    return refusal(response.status, _REFUSALS, body.msg or error or "")


def _images(work: _wire.Work) -> tuple[Image, ...]:
    """`resultUrls`, or the same inside `resultJson`, which is JSON in a string."""
    urls = work.resultUrls
    if urls is None and work.resultJson:
        urls = structure(loads(work.resultJson), _wire.Result).resultUrls
    if not urls:
        # The official script calls this a failure; asking again loses nothing.
        msg = "The task is completed and has no image yet."
        raise ProtocolError(msg, pointer="/data/resultUrls")
    return tuple(Image(url=url, index=index) for index, url in enumerate(urls))


def _failed(task: Task, work: _wire.Work) -> Task:
    """A failed task. "Failures are never charged" (stimQQ/apimodels-skill SKILL.md)."""
    message = work.failMsg or "The provider gave no reason."
    refused = work.failCode in _MODERATION_CODES or message.lower() in _MODERATION_MESSAGES
    failure = Failure(message=message, code=work.failCode or "", refused=refused)
    state = TaskState.REFUSED if refused else TaskState.FAILED
    return evolve(task, state=state, errors=(failure,), billed=Billed.NO)
