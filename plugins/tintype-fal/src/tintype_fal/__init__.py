"""fal: a queue for any model, whose answers name two addresses to look at, and one to cancel.

Source of every fact, where no other is named: https://docs.fal.ai/model-endpoints/queue and
https://fal.ai/docs/api-reference/inference-api, stored copies read 2026-11-29. Nothing here was
ever run against the live service.
"""

from __future__ import annotations

from attrs import evolve

from tintype.catalog import ProviderInfo
from tintype.convert import (
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
from tintype.errors import (
    Billed,
    InsufficientCreditError,
    ProtocolError,
    TintypeError,
    refusal,
    refusals,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import Request, Response, address
from tintype.models import Failure, Image, Quote, Task, TaskState, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_fal import _wire
from tintype_fal._catalog import BY_RATIO, INFO, QUEUE, WORDS

_FORBIDDEN = 403
_FAULTS = 500  # "Server errors (HTTP 500+) are never charged" (docs/model-apis/faq)

# Of a look and of a cancellation: a request that waited is removed; a runner that works is
# asked to stop, and decides itself.
_COMPLETED = "completed"
_STATES = {
    "in_queue": TaskState.RUNNING,
    "in_progress": TaskState.RUNNING,
    _COMPLETED: TaskState.RUNNING,  # the result is to be had, at its own address
    "cancellation_requested": TaskState.RUNNING,
    "already_completed": TaskState.RUNNING,
    "ok": TaskState.CANCELED,
}
_DELIVERED = {"ok": TaskState.SUCCEEDED, "error": TaskState.FAILED}
_REFUSALS = refusals(400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 504)
_TOO_LATE = 400
# The statuses of a result that a model answers with: its work is over, and asking again is no use.
_VERDICTS = frozenset({400, 413, 422, 500, 502, 503, 504})


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What fal offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """What a model's page says that an image costs; else nobody knows.

    With `max_images` a model draws as many as it likes, up to that, of each that is asked for.
    """
    return None if "max_images" in request.options else quote_from_prices(INFO, request)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /{model}`, and where the end is to be told in the query."""
    body = _wire.Draw(
        prompt=request.prompt,
        image_size=_size(request),
        aspect_ratio=request.aspect_ratio if request.model in BY_RATIO else None,
        num_images=request.n if request.n > 1 else None,
        seed=request.seed,
        output_format=request.output_format,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance,
    )
    hook = {"fal_webhook": request.webhook_url} if request.webhook_url else {}
    url = address(QUEUE, *request.model.split("/"), **hook)
    return Request.post(url, merge_options(body, request.options))


@hookimpl
def poll(task: Task) -> Request:
    """The status until it says that it is completed, then the result."""
    return Request.get(_address(task, "result" if task.notes.get("done") else "status"))


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task: from a submission, from either address, from a cancellation or a webhook."""
    match exchange.operation:
        case Operation.CANCEL:
            return _canceled(exchange)
        case Operation.WEBHOOK:
            return _delivered(exchange)
        case Operation.POLL:
            return _looked(exchange)
        case _ if is_refusal(exchange.message):
            raise _refusal(exchange.message)
        case _:
            return _queued(exchange)


@hookimpl
def cancel(task: Task) -> Request:
    """`PUT …/cancel`."""
    return Request(method="PUT", url=_address(task, "cancel"))


# ------------------------------------------------------------------------- what is sent


def _size(request: Submission) -> str | _wire.Size | None:
    """`image_size`: an exact size, or fal's word for a ratio."""
    if request.pixels:
        width, height = request.pixels
        return _wire.Size(width=width, height=height)
    return None if request.model in BY_RATIO else WORDS.get(request.aspect_ratio or "")


def _address(task: Task, which: str) -> str:
    """Where a task is looked at or canceled: as its answer said, else as the page has it."""
    told = task.notes.get(which)
    if isinstance(told, str):
        return told
    owner_and_app = task.model.split("/")[:2]  # an endpoint below its app has no addresses itself
    below = () if which == "result" else (which,)
    return address(QUEUE, *owner_and_app, "requests", task.id, *below)


# --------------------------------------------------------------------- what comes back


def _queued(exchange: Exchange) -> Update:
    """A task in the queue. A submission's answer need not name a status: it has begun."""
    told, raw = read(exchange.message, _wire.Queued)
    known = exchange.task
    word = told.status or ("in_queue" if exchange.operation is Operation.SUBMIT else "")
    state = translate(word, _STATES, "/status")
    found = told.request_id or known.id
    if not found:
        msg = "The request is accepted and has no id to ask for it by."
        raise ProtocolError(msg, pointer="/request_id")
    update = Update(id=found, state=state, raw=raw)
    if told.error or told.error_type:
        return _over(update, (failure(told.error, told.error_type),), Billed.UNKNOWN)
    if state is TaskState.CANCELED:
        return evolve(update, billed=Billed.NO)  # it never reached a runner
    said = {"status": told.status_url, "result": told.response_url, "cancel": told.cancel_url}
    ours = {name: url for name, url in said.items() if url and url.startswith(f"{QUEUE}/")}
    done = word.strip().casefold() == _COMPLETED
    notes = {**ours, **known.notes} | ({"done": True} if done else {})
    return evolve(update, notes=notes, poll_after=0.0 if done else None)


def _looked(exchange: Exchange) -> Update:
    """What stands at either address: a status, the result, or the verdict on the request."""
    message = exchange.message
    if is_refusal(message):
        return _verdict(message)
    result, raw = read(message, _wire.Result)
    if result.status is not None:
        return _queued(exchange)
    return _drawn(Update(raw=raw), result, exchange.request)


def _delivered(exchange: Exchange) -> Update:
    """A webhook: the result, or why there is none."""
    told, raw = read(exchange.message, _wire.Delivery)
    state = translate(told.status, _DELIVERED, "/status")
    update = Update(id=told.request_id, raw=raw)
    result = told.payload or _wire.Result()
    if state is TaskState.FAILED:
        problems = _listed(result.detail) or (failure(told.error),)
        return _over(update, problems, Billed.UNKNOWN)
    if told.payload is None and told.payload_error:  # it could not be written down: it is asked for
        return evolve(update, state=TaskState.RUNNING)
    return _drawn(update, result, exchange.request, "/payload")


def _drawn(
    update: Update, result: _wire.Result, request: Submission | None, at: str = ""
) -> Update:
    """A task with its pictures."""
    files = result.images if result.images is not None else (result.image,)
    if not any(files):
        msg = "The result names no image."
        raise ProtocolError(msg, pointer=f"{at}/images")
    checked = request is None or request.options.get("enable_safety_checker") is not False
    flags = result.has_nsfw_concepts or () if checked else ()

    def one(file: _wire.File, index: int) -> Image | Failure:
        if flags[index : index + 1] == (True,):
            end = failure("The safety checker blackened the image.", "has_nsfw_concepts", index)
            return evolve(end, refused=True)
        return picture(
            file.url,
            pointer=f"{at}/images/{index}/url",
            media_type=file.content_type or "",
            width=file.width,
            height=file.height,
            index=index,
            seed=result.seed,
        )

    images, errors = pictures(files, one, f"{at}/images")
    state = ended(images, errors)
    return evolve(update, state=state, images=images, errors=errors, billed=Billed.YES)


def _canceled(exchange: Exchange) -> Update:
    """What a cancellation came to. One that came too late changes nothing."""
    message = exchange.message
    if is_refusal(message):
        word = (peek(message, _wire.Queued()).status or "").strip().casefold()
        if message.status != _TOO_LATE or word not in _STATES:
            raise _refusal(message)
    return _queued(exchange)


# --------------------------------------------------------------------- what went wrong


def _over(update: Update, problems: tuple[Failure, ...], billed: Billed) -> Update:
    """A task that came to nothing. "Client-side errors may still be charged" (the FAQ)."""
    errors = tuple(
        evolve(each, refused=INFO.is_moderation(each.code, each.message)) for each in problems
    )
    return evolve(update, state=ended((), errors), errors=errors, billed=billed)


def _verdict(response: Response) -> Update:
    """The end of a task that a model refused, or that its runner failed.

    Raises:
        TintypeError: It is about this look alone.
    """
    problems = _listed(peek(response, _wire.Result()).detail)
    plain = peek(response, _wire.Refusal())
    if plain.error_type:
        problems = (failure(plain.detail, plain.error_type),)
    if not problems or response.status not in _VERDICTS:
        raise _refusal(response)
    billed = Billed.NO if response.status >= _FAULTS else Billed.UNKNOWN
    return _over(Update(raw=read(response, _wire.Refusal)[1]), problems, billed)


def _listed(detail: tuple[_wire.Problem | None, ...] | None) -> tuple[Failure, ...]:
    return tuple(failure(each.msg, each.type) for each in detail or () if each and each.msg)


def _refusal(response: Response) -> TintypeError:
    """The error of an HTTP status. An account without money is locked: 403, and says so."""
    plain = peek(response, _wire.Refusal())
    listed = _listed(peek(response, _wire.Result()).detail)
    words = plain.detail or (listed[0].message if listed else "")
    code = plain.error_type or (listed[0].code if listed else "")
    if not words and response.status >= _FAULTS:
        return refusal(response.status, {})  # a gateway's own page
    broke = response.status == _FORBIDDEN and "balance" in words.casefold()
    table = _REFUSALS | ({_FORBIDDEN: InsufficientCreditError} if broke else {})
    billed = Billed.NO if response.status == _FAULTS else None
    return refusal(response.status, table, words, code, billed=billed)
