"""Replicate: any model by its path, looked at until it is done, or answered at once.

Source of every fact, where no other is named: https://replicate.com/docs/reference/http, read
2026-11-29. The recordings in the tests of https://github.com/replicate/replicate-python, which is
Replicate's own, show answers word for word. Nothing here was ever run against the live service.
"""

from __future__ import annotations

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
from tintype.errors import Billed, ProtocolError, refusal, refusals
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import JsonObject, Request, address
from tintype.models import Failure, Image, Quote, Task, TaskState, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_replicate import _wire
from tintype_replicate._catalog import INFO

_MODELS = "https://api.replicate.com/v1/models"
_PREDICTIONS = "https://api.replicate.com/v1/predictions"
_STATES = {
    **dict.fromkeys(("starting", "processing"), TaskState.RUNNING),
    "succeeded": TaskState.SUCCEEDED,
    "failed": TaskState.FAILED,
    **dict.fromkeys(("canceled", "aborted"), TaskState.CANCELED),
}
_REFUSALS = refusals(401, 402, 404, 422, 429, 500)
_FORMATS = {"jpeg": "jpg"}  # in the words of models
_NOT_FOUND = 404  # of a model: nothing was begun
_OUTER = ("webhook_events_filter",)  # no model's: it stands beside what the model is given


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What Replicate offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By the price that a model's page names for an image; unknown for any other model."""
    return quote_from_prices(INFO, request)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/models/{owner}/{name}/predictions`.

    Without `Prefer: wait` (create-a-prediction): the id comes at once, and an answer that is held
    back and lost would name nothing to ask for. What is answered at once all the same is read.
    """
    asked = _wire.Input(
        prompt=request.prompt,
        aspect_ratio=request.aspect_ratio,
        num_outputs=request.n if request.n > 1 else None,
        output_format=_FORMATS.get(request.output_format or "", request.output_format),
        num_inference_steps=request.steps,
        seed=request.seed,
    )
    inner = {key: value for key, value in request.options.items() if key not in _OUTER}
    outer = {key: value for key, value in request.options.items() if key in _OUTER}
    body: dict[str, object] = {"input": merge_options(asked, inner), **outer}
    if request.webhook_url:
        body["webhook"] = request.webhook_url
    return Request.post(f"{address(_MODELS, *request.model.split('/'))}/predictions", body)


@hookimpl
def poll(task: Task) -> Request:
    """`GET /v1/predictions/{id}`."""
    return Request.get(address(_PREDICTIONS, task.id))


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A prediction as it stands: created, looked at, canceled, or told by a webhook."""
    message = exchange.message
    if is_refusal(message):
        told = peek(message, _wire.Refusal())
        no_model = exchange.operation is Operation.SUBMIT and message.status == _NOT_FOUND
        billed = Billed.NO if no_model else None
        raise refusal(message.status, _REFUSALS, told.detail or told.title, billed=billed)
    prediction, raw = read(message, _wire.Prediction)
    state = translate(prediction.status, _STATES, "/status")
    known = prediction.id or exchange.task.id
    match state:
        case TaskState.SUCCEEDED:
            return _drawn(known, prediction.output, raw)
        case TaskState.FAILED:
            return Update(id=known, state=state, errors=(failure(prediction.error),), raw=raw)
        case TaskState.RUNNING if not known:
            msg = "The prediction is accepted and has no id to ask for it by."
            raise ProtocolError(msg, pointer="/id")
        case _:
            return Update(id=known, state=state, raw=raw)


@hookimpl
def cancel(task: Task) -> Request:
    """`POST /v1/predictions/{id}/cancel`."""
    return Request(method="POST", url=f"{address(_PREDICTIONS, task.id)}/cancel")


# --------------------------------------------------------------------- what comes back


def _drawn(known: str, output: str | tuple[str | None, ...] | None, raw: JsonObject) -> Update:
    """A finished prediction with its pictures, each a URL."""
    urls = (output,) if isinstance(output, str) else output or ()
    images, errors = pictures(urls, _image, "/output")
    if not images and not errors:
        msg = "The prediction succeeded and has no picture."
        raise ProtocolError(msg, pointer="/output")
    state = ended(images, errors)
    return Update(id=known, state=state, images=images, errors=errors, billed=Billed.YES, raw=raw)


def _image(url: str, index: int) -> Image | Failure:
    return picture(url, pointer=f"/output/{index}", index=index)
