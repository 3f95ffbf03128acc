"""apiin.one (API in One): create, poll by id, and a completed task that no document shows.

Source of every fact, where no other is named:
https://apiin-one.pages.dev/ja/models/seedream-4-5, stored copy read 2026-11-20. Nothing here
was ever run against the live service.
"""

from __future__ import annotations

from urllib.parse import quote as quote_url

from attrs import evolve

from tintype.catalog import ProviderInfo
from tintype.convert import (
    Id,
    as_object,
    merge_options,
    peek,
    picture,
    pictures,
    read,
    structure,
    translate,
)
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    TintypeError,
    refusal,
)
from tintype.exchange import Exchange, Message
from tintype.hooks import hookimpl
from tintype.messages import JsonObject, Request, Response
from tintype.models import Failure, Image, Quote, Task, TaskState, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_apiin import _wire
from tintype_apiin._catalog import DISPUTED_CREDIT, INFO

_GENERATIONS = "https://apiin.one/api/v1/images/generations"
_TASKS = "https://apiin.one/api/v1/tasks"

# Read without regard to case: one page says `IN_PROGRESS` and `completed`. Documented are
# in_progress, completed and failed, and pending on an older page (https://apiin.one/docs).
# waiting, queuing, generating, success and fail are the upstream's
# (https://docs.kie.ai/cn/market/common/get-task-detail); the others are the usual synonyms,
# each with a fixture that says so.
_STATES = {
    "in_progress": TaskState.RUNNING,
    "pending": TaskState.RUNNING,
    "queued": TaskState.RUNNING,
    "processing": TaskState.RUNNING,
    "waiting": TaskState.RUNNING,
    "queuing": TaskState.RUNNING,
    "generating": TaskState.RUNNING,
    "completed": TaskState.SUCCEEDED,
    "success": TaskState.SUCCEEDED,
    "succeeded": TaskState.SUCCEEDED,
    "done": TaskState.SUCCEEDED,
    "finished": TaskState.SUCCEEDED,
    "failed": TaskState.FAILED,
    "fail": TaskState.FAILED,
    "error": TaskState.FAILED,
    # No failure: whoever canceled it, nothing went wrong.
    "cancelled": TaskState.CANCELED,
    "canceled": TaskState.CANCELED,
}

# Only 400 and 401 are printed (401: https://apiin.one/docs). The others mean what HTTP says
# (RFC 9110, RFC 6585) and what the upstream lists.
_REFUSALS = {
    400: BadRequestError,
    401: AuthenticationError,
    402: InsufficientCreditError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
}

_SUCCESS = range(200, 300)  # no document names the status of an accepted task


@hookimpl
def describe() -> ProviderInfo:
    """What API in One offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By the page's price, in credits: the API has no question for a price.

    What a raw option costs no page says: then it is unknown.
    """
    known = quote_from_prices(INFO, request)
    return known and evolve(known, assumptions=(*known.assumptions, DISPUTED_CREDIT))


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /api/v1/images/generations`.

    References go into `image_urls`. The page of the whole API (https://apiin.one/docs) calls
    the field `input_urls`; the page of Seedream 4.5, about this very model, calls it
    `image_urls` and requires it for `seedream/4.5-edit`, so that name wins. `callback_url` is
    from https://apiin.one/docs.
    """
    urls = tuple(reference.url or "" for reference in request.references)
    body = _wire.Generate(
        model=request.model,
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        aspect_ratio=request.aspect_ratio,
        quality=request.quality,
        image_urls=urls or None,
        callback_url=request.webhook_url,
    )
    return Request.post(_GENERATIONS, merge_options(body, request.options))


@hookimpl
def poll(task: Task) -> Request:
    """`GET /api/v1/tasks/{task_id}`."""
    return Request.get(f"{_TASKS}/{quote_url(task.id, safe='')}")


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task, from the answer to a create or a poll, or from a webhook."""
    work, state, raw = _work(exchange.message)
    # Once the id is known it is not read again: a later `id` may be that of a record.
    found = Update(id=exchange.task.id or _text(work, _wire.ID_NAMES), state=state, raw=raw)
    match state:
        case TaskState.RUNNING:
            return _running(found)
        case TaskState.SUCCEEDED:
            return _completed(found, work, _sent(exchange))
        case _:
            # "Billed per successful request" (https://apiin.one/zh/model/seedream-4-5).
            return evolve(found, errors=(_failure(work),), billed=Billed.NO)


def _work(message: Message | None) -> tuple[JsonObject, TaskState, JsonObject]:
    """The task in an answer, its state, and the whole answer for `raw`.

    The newer create answer has the task in `data`, the older one (https://apiin.one/docs) is
    the task. Its status decides; an answer without one is an error, under HTTP 200 too.
    """
    if isinstance(message, Response) and message.status not in _SUCCESS:
        raise _refused(message.status, peek(message, _wire.Refusal) or _wire.Refusal())
    answer, raw = read(message, dict[str, object])
    work = as_object(answer.get("data")) or answer
    word = _text(work, _wire.STATUS_NAMES)
    if not word:
        raise _complaint(structure(answer, _wire.Refusal))
    return work, translate(word, _STATES, "/data/status"), raw


def _text(work: JsonObject, names: tuple[str, ...]) -> str:
    """The text under the first of `names` that is there, or ""."""
    name = next((name for name in names if work.get(name)), None)
    return structure(work[name], Id, strict=True) if name else ""


def _running(found: Update) -> Update:
    if not found.id:
        msg = "The task is accepted and has no id to ask for it by."
        raise ProtocolError(msg, pointer="/data/task_id")
    return found


def _complaint(answer: _wire.Refusal) -> TintypeError:
    """The error in an answer that is a success by its HTTP status and holds no task."""
    for code in (_error(answer.error).code, answer.code):
        if isinstance(code, int) and code not in _SUCCESS:
            return _refused(code, answer, in_body=True)
    told = _error(answer.error).message or answer.message or "nothing"
    msg = f"The answer names no task status and no error code. It says: {told}"
    return ProtocolError(msg, pointer="/data/status")


def _refused(status: int, answer: _wire.Refusal, *, in_body: bool = False) -> TintypeError:
    """The error of a status, in the words of the documented error object."""
    error = _error(answer.error)
    words = error.message or answer.message or ""
    return refusal(status, _REFUSALS, words, error.type or "", in_body=in_body)


def _error(told: str | _wire.ErrorObject | None) -> _wire.ErrorObject:
    """`error` as an object: a public client reads it as text in tasks."""
    return told if isinstance(told, _wire.ErrorObject) else _wire.ErrorObject(message=told)


def _failure(work: JsonObject) -> Failure:
    told = structure(work, _wire.Failed)
    error = _error(told.error)
    return Failure(
        message=error.message or told.failMsg or "The provider gave no reason.",
        code=error.type or str(error.code or told.failCode or ""),
    )


def _sent(exchange: Exchange) -> frozenset[str]:
    """The URLs that the request carried: an answer may echo them, and they are no results."""
    references = exchange.request.references if exchange.request else ()
    return frozenset(reference.url for reference in references if reference.url)


def _completed(found: Update, work: JsonObject, sent: frozenset[str]) -> Update:
    """A completed task, with the images at the first of `_wire.PLACES` that holds any."""
    odd: ProtocolError | None = None
    for holder, name in _wire.PLACES:
        if sent and (holder, name) == ("", "image_urls"):
            break  # an edit's own field, even if the provider has copied the inputs elsewhere
        urls = [url for url in _urls(work, holder, name) if url not in sent]
        try:
            images, errors = pictures(urls, _image, f"/{name}")
        except ProtocolError as error:
            odd = odd or error
            continue
        if images:
            state = TaskState.PARTIAL if errors else TaskState.SUCCEEDED
            return evolve(found, state=state, images=images, errors=errors, billed=Billed.YES)
    msg = "The task is completed and has no image where one is looked for."
    raise odd or ProtocolError(msg, pointer="/data")


def _urls(work: JsonObject, holder: str, name: str) -> tuple[str | None, ...]:
    """The URLs at one place, or none. The upstream's `resultJson` is JSON in a string."""
    within = (as_object(work.get(holder)) or {}) if holder else work
    return structure({name: within.get(name)}, _wire.Pictures).listed()


def _image(url: str, index: int) -> Image:
    """An image at a URL."""
    return evolve(picture(url), index=index)
