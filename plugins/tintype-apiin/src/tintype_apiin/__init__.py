"""apiin.one (API in One): create, poll by id, and a completed task that no document shows.

Source of every fact, where no other is named:
https://apiin-one.pages.dev/ja/models/seedream-4-5, stored copy read 2026-11-20. Nothing here
was ever run against the live service.
"""

from __future__ import annotations

from attrs import evolve

from tintype.catalog import ProviderInfo
from tintype.convert import (
    ErrorObject,
    Id,
    as_object,
    ended,
    failure,
    is_refusal,
    merge_options,
    peek,
    picture,
    pictures,
    read,
    structure,
    translate,
)
from tintype.errors import Billed, ProtocolError, TintypeError, refusal, refusals
from tintype.exchange import Exchange, Message
from tintype.hooks import hookimpl
from tintype.messages import JsonObject, Request, address
from tintype.models import Image, Quote, Task, TaskState, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_apiin import _wire
from tintype_apiin._catalog import INFO

_GENERATIONS = "https://apiin.one/api/v1/images/generations"
_TASKS = "https://apiin.one/api/v1/tasks"

# One page says `IN_PROGRESS` and `completed`. Documented are in_progress, completed and failed,
# and pending on an older page (https://apiin.one/docs). waiting, queuing, generating, success
# and fail are the upstream's (https://docs.kie.ai/cn/market/common/get-task-detail); the others
# are the usual synonyms, each with a fixture that says so.
_RUNNING = ("in_progress", "pending", "queued", "processing", "waiting", "queuing", "generating")
_STATES = {
    **dict.fromkeys(_RUNNING, TaskState.RUNNING),
    **dict.fromkeys(("completed", "success", "succeeded", "done", "finished"), TaskState.SUCCEEDED),
    **dict.fromkeys(("failed", "fail", "error"), TaskState.FAILED),
    # No failure: whoever canceled it, nothing went wrong.
    **dict.fromkeys(("cancelled", "canceled"), TaskState.CANCELED),
}

# Only 400 and 401 are printed (401: https://apiin.one/docs). The others mean what HTTP says
# (RFC 9110, RFC 6585) and what the upstream lists.
_REFUSALS = refusals(400, 401, 402, 403, 404, 429)

_SUCCESS = range(200, 300)  # of a code inside: no document names that of an accepted task


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What API in One offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By the page's price, in credits: the API has no question for a price.

    What a raw option costs no page says: then it is unknown.
    """
    return quote_from_prices(INFO, request)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /api/v1/images/generations`.

    References go into `image_urls`. The page of the whole API (https://apiin.one/docs) calls
    the field `input_urls`; the page of Seedream 4.5, about this very model, calls it
    `image_urls` and requires it for `seedream/4.5-edit`, so that name wins. `callback_url` is
    from https://apiin.one/docs.
    """
    body = _wire.Generate(
        model=request.model,
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        aspect_ratio=request.aspect_ratio,
        quality=request.quality,
        image_urls=request.urls or None,
        callback_url=request.webhook_url,
    )
    return Request.post(_GENERATIONS, merge_options(body, request.options))


@hookimpl
def poll(task: Task) -> Request:
    """`GET /api/v1/tasks/{task_id}`."""
    return Request.get(address(_TASKS, task.id))


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task, from the answer to a create or a poll, or from a webhook."""
    work, raw = _work(exchange.message)
    state = translate(_text(work, _wire.STATUS_NAMES), _STATES, "/data/status")
    # Once the id is known it is not read again: a later `id` may be that of a record.
    update = Update(id=exchange.task.id or _text(work, _wire.ID_NAMES), state=state, raw=raw)
    match state:
        case TaskState.SUCCEEDED:
            return _completed(update, work, exchange.request)
        case TaskState.RUNNING if not update.id:
            msg = "The task is accepted and has no id to ask for it by."
            raise ProtocolError(msg, pointer="/data/task_id")
        case TaskState.RUNNING:
            return update
        case _:
            return _failed(update, structure(work, _wire.Failed))


# --------------------------------------------------------------------- what comes back


def _work(message: Message | None) -> tuple[JsonObject, JsonObject]:
    """The task in an answer, and the whole answer for `raw`.

    The newer create answer has the task in `data`, the older one (https://apiin.one/docs) is
    the task. Its status decides; an answer without one is an error, under HTTP 200 too.
    """
    if is_refusal(message):
        raise _refusal(message.status, peek(message, _wire.Refusal()))
    answer, raw = read(message, dict[str, object])
    work = as_object(answer.get("data")) or answer
    if not _text(work, _wire.STATUS_NAMES):
        raise _refusal_inside(structure(answer, _wire.Refusal))
    return work, raw


def _text(work: JsonObject, names: tuple[str, ...]) -> str:
    """The text under the first of `names` that is there, or ""."""
    name = next((name for name in names if work.get(name)), None)
    return structure(work[name], Id, strict=True) if name else ""


def _completed(update: Update, work: JsonObject, request: Submission | None) -> Update:
    """A completed task, with the images at the first of `_wire.PLACES` that holds any.

    An answer may echo the URLs that the request carried, and they are no results.
    """
    sent = set(request.urls if request else ()) - {""}
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
            state = ended(images, errors)
            return evolve(update, state=state, images=images, errors=errors, billed=Billed.YES)
    msg = "The task is completed and has no image where one is looked for."
    raise odd or ProtocolError(msg, pointer="/data")


def _urls(work: JsonObject, holder: str, name: str) -> tuple[str | None, ...]:
    """The URLs at one place, or none. The upstream's `resultJson` is JSON in a string."""
    within = (as_object(work.get(holder)) or {}) if holder else work
    return structure({name: within.get(name)}, _wire.Pictures).listed()


def _image(url: str, index: int) -> Image:
    return picture(url, index=index)


# --------------------------------------------------------------------- what went wrong


def _failed(update: Update, work: _wire.Failed) -> Update:
    """A failed task. "Billed per successful request" (https://apiin.one/zh/model/seedream-4-5)."""
    error = work.error or ErrorObject()
    code = error.type or error.code or work.failCode
    return evolve(update, errors=(failure(error.message or work.failMsg, code),), billed=Billed.NO)


def _refusal(status: int, answer: _wire.Refusal, *, in_body: bool = False) -> TintypeError:
    """The error of a status, in the words of the documented error object."""
    error = answer.error or ErrorObject()
    words = error.message or answer.message
    return refusal(status, _REFUSALS, words, error.type, in_body=in_body)


def _refusal_inside(answer: _wire.Refusal) -> TintypeError:
    """The error in an answer that is a success by its HTTP status and holds no task."""
    error = answer.error or ErrorObject()
    for code in (error.code, answer.code):
        if isinstance(code, int) and code not in _SUCCESS:
            return _refusal(code, answer, in_body=True)
    words = error.message or answer.message or "nothing"
    msg = f"The answer names no task status and no error code. It says: {words}"
    return ProtocolError(msg, pointer="/data/status")
