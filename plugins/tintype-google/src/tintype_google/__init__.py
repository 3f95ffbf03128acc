"""Google's Gemini API: Gemini's own pictures, at once or as a stream, and Imagen.

Sources, where no other is named: https://ai.google.dev/gemini-api/docs and the official package
google-genai 3.6.1, read 2026-11-29. Nothing here was ever run against the live service.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

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
)
from tintype.errors import (
    AuthenticationError,
    Billed,
    PermissionDeniedError,
    ProtocolError,
    TintypeError,
    refusal,
    refusals,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import JsonObject, Request, Response, address
from tintype.models import Failure, Image, Quote, Task, Update, Usage
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_google import _wire
from tintype_google._catalog import API, INFO, MOST

_REFUSALS = refusals(400, 403, 404, 429, 500, 503, 504)
_BY_REASON = {"API_KEY_INVALID": AuthenticationError, "FAILED_PRECONDITION": PermissionDeniedError}
_NOT_FOUND = 404  # of a model: nothing was begun
_FAULTS = 500  # from here on it may be a gateway that answers
# By what is written of each in google-genai: the answer was stopped for what it holds.
_STOPPED = {
    *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"),
    *("IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
}
_ON_TOP = "Tokens come on top of a picture's price; at most all that the model takes and gives."
_UNLIMITED = "No page that was read says how many tokens the model takes and gives."


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What the Gemini API offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By what the pricing page names for a picture, which of Gemini's models is the least.

    Their answers are billed by tokens, of which those of a picture are the greater part; Imagen's
    by the picture alone.
    """
    known = quote_from_prices(INFO, request)
    if known is None or known.low is None or request.model.startswith("imagen-"):
        return known
    high = MOST.get(request.model)
    reason = _UNLIMITED if high is None else ""
    return evolve(known, high=high, assumptions=(*known.assumptions, _ON_TOP), reason=reason)


@hookimpl
def submit(request: Submission) -> Request:
    """`:generateContent`, which streams at an address of its own; of Imagen's models `:predict`."""
    url = address(f"{API}/v1beta/models", *request.model.split("/"))
    if request.model.startswith("imagen-"):
        return Request.post(f"{url}:predict", _predicted(request))
    method = "streamGenerateContent?alt=sse" if request.stream else "generateContent"
    body = merge_options(_generated(request), request.options)
    return Request.post(f"{url}:{method}", body, events=request.stream)


@hookimpl
def poll(task: Task) -> None:
    """Nothing: the submission itself answers with the end of the task."""


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task at its end, as the one answer tells it, or as a piece of a stream leaves it."""
    task = exchange.task
    if exchange.operation is Operation.END:  # cut short it may have its pictures
        return _ended(Update.of(task)) if task.images or task.errors else Update.of(task)
    if is_refusal(exchange.message):
        raise _refusal(exchange.message)
    answer, raw = read(exchange.message, _wire.GenerateContentResponse)
    update = evolve(Update.of(task), raw=raw, usage=_usage(answer.usageMetadata))
    if answer.predictions is not None:
        images, errors = pictures(answer.predictions, _prediction, "/predictions")
        return _ended(evolve(update, images=images, errors=errors))
    update = _heard(update, answer, str(task.notes.get("text", "")))
    goes_on = exchange.operation is Operation.EVENT and not _is_last(answer)
    return update if goes_on else _over(update, answer)


# ------------------------------------------------------------------------- what is sent


def _generated(request: Submission) -> _wire.Generate:
    parts: list[JsonObject] = [{"text": request.prompt}]
    for each in request.sources:
        data = b64encode(each.data or b"").decode()
        parts.append({"inlineData": {"mimeType": each.media_type, "data": data}})
    told = {"aspectRatio": request.aspect_ratio, "imageSize": request.resolution}
    shape = {name: value for name, value in told.items() if value is not None}
    return _wire.Generate(
        contents=({"role": "user", "parts": parts},),
        generationConfig={"imageConfig": shape} if shape else None,
    )


def _predicted(request: Submission) -> dict[str, object]:
    """Imagen's body. Its options are parameters; without a count it draws four."""
    asked = _wire.Parameters(
        sampleCount=request.n, aspectRatio=request.aspect_ratio, imageSize=request.resolution
    )
    parameters = merge_options(asked, request.options)
    return {"instances": [{"prompt": request.prompt}], "parameters": parameters}


# --------------------------------------------------------------------- what comes back


def _heard(update: Update, answer: _wire.GenerateContentResponse, text: str) -> Update:
    """The task with the pictures of Gemini's turn, or of a piece of it; its words are kept."""
    parts = [each for one in _candidates(answer) if one.content for each in one.content.parts]
    # A part that is neither words nor a picture may have been one; an interim one is a thought.
    drawn = [p for p in parts if not p or (not p.thought and (p.inlineData or p.text is None))]
    images, errors = pictures(drawn, _image, "/candidates/0/content/parts")
    text += "".join(each.text for each in parts if each and each.text and not each.thought)
    before = len(update.images) + len(update.errors)
    return evolve(
        update,
        images=(*update.images, *(evolve(each, index=each.index + before) for each in images)),
        errors=(*update.errors, *(evolve(each, index=before) for each in errors)),
        notes={"text": text} if text else {},
    )


def _over(update: Update, answer: _wire.GenerateContentResponse) -> Update:
    """The task at its end. Without a picture there are reasons, or words alone say why."""
    if not update.images and not update.errors:
        text = str(update.notes.get("text", ""))
        reasons = tuple(_reasons(answer)) or ((failure(text),) if text else ())
        update = evolve(update, errors=reasons)
    return _ended(update)


def _is_last(answer: _wire.GenerateContentResponse) -> bool:
    """Whether a piece of a stream ends it: "if empty, the model has not stopped" (SDK)."""
    blocked = answer.promptFeedback and answer.promptFeedback.blockReason
    stopped = any(each.finishReason for each in _candidates(answer))
    return bool(blocked or stopped or answer.error)


def _candidates(answer: _wire.GenerateContentResponse) -> list[_wire.Candidate]:
    return [each for each in answer.candidates or () if each is not None]


def _image(part: _wire.Part, index: int) -> Image:
    blob = part.inlineData or _wire.Blob()
    at, kind = "/candidates/0/content/parts", blob.mimeType or ""
    return picture(blob.data, pointer=at, media_type=kind, index=index)


def _usage(counted: _wire.Counted | None) -> Usage | None:
    if counted is None:
        return None
    return Usage(
        prompt_tokens=counted.promptTokenCount,
        completion_tokens=counted.candidatesTokenCount,
        total_tokens=counted.totalTokenCount,
    )


def _prediction(told: _wire.Prediction, index: int) -> Image | Failure:
    if told.bytesBase64Encoded is None and told.raiFilteredReason:
        return evolve(failure(told.raiFilteredReason, index=index), refused=True)
    at, kind = f"/predictions/{index}/bytesBase64Encoded", told.mimeType or ""
    return picture(told.bytesBase64Encoded, pointer=at, media_type=kind, index=index)


def _ended(update: Update) -> Update:
    if not update.images and not update.errors:
        msg = "The answer holds neither a picture nor why there is none."
        raise ProtocolError(msg, pointer="/candidates")
    billed = Billed.YES if update.images else None
    return evolve(update, state=ended(update.images, update.errors), billed=billed)


# --------------------------------------------------------------------- what went wrong


def _reasons(answer: _wire.GenerateContentResponse) -> Iterator[Failure]:
    """Why there is no picture: the prompt was blocked, the answer was stopped, or it failed."""
    if answer.error is not None:
        yield failure(answer.error.message, answer.error.status)
    if answer.promptFeedback and (blocked := answer.promptFeedback.blockReason):
        yield evolve(failure(f"The prompt was blocked: {blocked}", blocked), refused=True)
    for each in _candidates(answer):
        reason = each.finishReason or "STOP"
        if reason != "STOP":
            words = each.finishMessage or f"The model stopped: {reason}"
            yield evolve(failure(words, reason), refused=reason in _STOPPED)


def _refusal(response: Response) -> TintypeError:
    """The error of an HTTP status: by its reason, where that says more."""
    told = peek(response, _wire.GenerateContentResponse()).error or _wire.Status()
    if response.status >= _FAULTS and told.status is None:
        return refusal(response.status, {})  # a gateway's own
    reasons = [str(each["reason"]) for each in told.details if each and each.get("reason")]
    code = next(iter(reasons), told.status) or ""
    kinds = [_BY_REASON[each] for each in (code, told.status) if each in _BY_REASON]
    table = {**_REFUSALS, **dict.fromkeys([response.status], kinds[0])} if kinds else _REFUSALS
    billed = Billed.NO if response.status == _NOT_FOUND else None
    return refusal(response.status, table, told.message, code, billed=billed)
