"""Stability AI: forms, answered by the bytes of a picture whose facts are in headers.

Source of every fact, where no other is named: the reference of the REST API v2beta at
https://platform.stability.ai/docs/api-reference, read 2026-11-29 in third parties' copies of
its page and of its OpenAPI. Nothing here was ever run against the live service.
"""

from __future__ import annotations

import re

from attrs import evolve

from tintype.catalog import ProviderInfo
from tintype.convert import (
    failure,
    is_refusal,
    merge_options,
    peek,
    picture,
    picture_body,
    read,
    translate,
)
from tintype.errors import (
    Billed,
    InvalidRequestError,
    ProtocolError,
    ProviderError,
    refusal,
    refusals,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import JsonObject, MultipartBody, Part, Request, Response, address
from tintype.models import Image, Quote, Task, TaskState, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_stability import _wire
from tintype_stability._catalog import BY_STRENGTH, INFO, SD3

_SERVICES = "https://api.stability.ai/v2beta/stable-image"
_RESULTS = "https://api.stability.ai/v2beta/results"
_IMAGE = "image/*"  # the bytes; the facts are headers then
_STATES = {
    "SUCCESS": TaskState.SUCCEEDED,
    "CONTENT_FILTERED": TaskState.REFUSED,  # drawn, and blurred
}
_REFUSALS = refusals(400, 401, 402, 403, 404, 413, 422, 429, 500)
_GOES_ON = 202
_BEFORE_JSON = b"\xef\xbb\xbf \t\r\n"
_SEED = re.compile("[0-9]{1,10}")


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What Stability AI offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """A flat rate of credits for each service; unknown for any other."""
    return quote_from_prices(INFO, request)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v2beta/stable-image/{service}`, a form that is answered by the picture's bytes.

    The creative upscaler answers by an id, in JSON, whatever is accepted.
    """
    is_sd3 = request.model in SD3
    _check_source(request)
    fields = _wire.Form(
        prompt=request.prompt or None,
        model=request.model if is_sd3 else None,
        mode="image-to-image" if is_sd3 and request.references else None,
        negative_prompt=request.negative_prompt,
        aspect_ratio=request.aspect_ratio,
        style_preset=request.style,
        output_format=request.output_format,
        seed=request.seed,
        cfg_scale=request.guidance,
        strength=request.strength,
    )
    sent = merge_options(fields, request.options)
    texts = [Part(name=name, data=_text(name, value)) for name, value in sent.items()]
    files = [
        Part(
            name="mask" if reference is request.mask else "image",
            data=reference.data or b"",
            filename=reference.name or f"image.{reference.media_type.partition('/')[2] or 'png'}",
            media_type=reference.media_type or None,
        )
        for reference in request.references
    ]
    return Request(
        method="POST",
        url=address(_SERVICES, *("generate/sd3" if is_sd3 else request.model).split("/")),
        body=MultipartBody(parts=(*texts, *files)),
        accept=_IMAGE,
    )


@hookimpl
def poll(task: Task) -> Request:
    """`GET /v2beta/results/{id}`: 202 until the picture is there."""
    return evolve(Request.get(address(_RESULTS, task.id)), accept=_IMAGE)


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A picture, as bytes or in JSON; or a task that has begun, or goes on."""
    message, task = exchange.message, exchange.task
    told = peek(message, _wire.Refusal())
    if isinstance(message, Response) and (is_refusal(message) or told.name or told.errors):
        return _refused(message, told)
    if not isinstance(message, Response) or not message.body.lstrip(_BEFORE_JSON).startswith(b"{"):
        return _of_bytes(task, message)
    answer, raw = read(message, _wire.Drawn)
    begun = exchange.operation is Operation.SUBMIT and answer.id and answer.finish_reason is None
    if begun or message.status == _GOES_ON:
        return _running(task, answer, raw)
    state = translate(answer.finish_reason or "", _STATES, "/finish_reason")
    if state is TaskState.REFUSED:
        return evolve(_ended(task, state), raw=raw)
    drawn = picture(answer.image, pointer="/image", seed=answer.seed)
    return evolve(_ended(task, state, drawn), raw=raw)


# ------------------------------------------------------------------------- what is sent


def _check_source(request: Submission) -> None:
    """Refuse what the reference calls required together, or valid for one mode only.

    Raises:
        InvalidRequestError: A source image without a strength, or the other way round, or with
            a ratio where its own is kept.
    """
    if request.model not in BY_STRENGTH:
        return
    if request.references and request.strength is None:
        msg = f"{request.model} needs a strength with a source image."
        raise InvalidRequestError(msg, field="strength", allowed=("0 to 1",))
    if request.strength is not None and not request.references:
        msg = f"{request.model} takes a strength with a source image only."
        raise InvalidRequestError(msg, field="strength")
    if request.references and request.aspect_ratio and request.model in SD3:
        msg = f"{request.model} takes no aspect ratio with a source image."
        raise InvalidRequestError(msg, field="aspect_ratio")


def _text(name: str, value: object) -> bytes:
    """A field's value as a form has it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        msg = f"The option {name!r} is no text and no number: a form holds nothing else."
        raise InvalidRequestError(msg, field="options")
    return f"{value}".encode()


# --------------------------------------------------------------------- what comes back


def _of_bytes(task: Task, message: Message | None) -> Update:
    """A picture as bytes: why it ended and its seed are headers, which are no JSON's."""
    drawn = picture_body(message)
    told = message if isinstance(message, Response) else Response(status=200)
    state = translate(told.header("finish-reason") or "SUCCESS", _STATES, "/finish-reason")
    seed = told.header("seed") or ""
    drawn = evolve(drawn, seed=int(seed) if _SEED.fullmatch(seed) else None)
    return _ended(task, state, drawn)


def _running(task: Task, answer: _wire.Drawn, raw: JsonObject) -> Update:
    """A task that goes on: HTTP says so, and the answer holds its id and status beside."""
    found = task.id or answer.id or ""
    if not found or not (answer.id or answer.status):
        msg = "The task goes on, and the answer has no id."
        raise ProtocolError(msg, pointer="/id")
    return Update(id=found, state=TaskState.RUNNING, raw=raw)


def _ended(task: Task, state: TaskState, *images: Image) -> Update:
    """A task in a state, with its picture. Whether one that was blurred is paid nobody says."""
    if state is TaskState.REFUSED:
        errors = (evolve(failure("The picture was drawn and blurred."), refused=True),)
        return Update(id=task.id, state=state, errors=errors, billed=Billed.UNKNOWN)
    return Update(id=task.id, state=state, images=images, billed=Billed.YES)


# --------------------------------------------------------------------- what went wrong


def _refused(response: Response, told: _wire.Refusal) -> Update:
    """A request that moderation refused, which is not charged.

    Raises:
        ProviderError: It was refused for any other reason. Failed ones are not charged either.
    """
    why = " ".join(reason for reason in told.errors if reason)
    if INFO.is_moderation(told.name, ""):
        errors = (evolve(failure(why, told.name), refused=True),)
        raw = read(response, _wire.Refusal)[1]
        return Update(state=TaskState.REFUSED, errors=errors, billed=Billed.NO, raw=raw)
    found = refusal(response.status, _REFUSALS, why, told.name)
    if isinstance(found, ProviderError):
        found.request_id = response.header("x-request-id") or told.id or ""
    raise found
