"""OpenAI's edits: a form of pictures, and of a mask that is none of them."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from tintype import Billed, Quote, Request, Submission, TaskState, Update, hookimpl
from tintype.catalog import Model, Price, ProviderInfo, References, Text
from tintype.convert import is_refusal, peek, picture, pictures, read
from tintype.errors import AuthenticationError, BadRequestError, refusal
from tintype.exchange import Exchange
from tintype.messages import MultipartBody, Part
from tintype.prices import quote_from_prices

ROOT, EDITS = "https://api.openai.com", "https://api.openai.com/v1/images/edits"
GPT = Model(
    id="gpt-image-1",
    parameters={"user": Text()},
    references=References(forms=("bytes",), roles=("image", "mask"), max_count=16, required=True),
    prices=(Price(usd=Decimal("0.04")), Price(usd=Decimal("0.01"), unit="reference", billable="i")),
)
INFO = ProviderInfo(
    name="openai", title="OpenAI", homepage="", origins=(ROOT,), models=(GPT,), general=GPT
)


@frozen(kw_only=True)
class Drawn:
    b64_json: str


@frozen(kw_only=True)
class Error:
    message: str = ""
    code: str = ""


@frozen(kw_only=True)
class Answer:
    data: tuple[Drawn | None, ...] = ()
    error: Error = Error()


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price(request: Submission) -> Quote | None:
    return quote_from_prices(INFO, request)


@hookimpl
def submit(request: Submission) -> Request:
    texts = {"model": request.model, "prompt": request.prompt, "user": request.user}
    parts = [Part(name=key, data=text.encode()) for key, text in texts.items() if text]
    for each in request.references:
        name, kind = "mask" if each.role == "mask" else "image[]", each.media_type
        parts += [Part(name=name, data=each.data or b"", filename=each.name, media_type=kind)]
    return Request(method="POST", url=EDITS, body=MultipartBody(parts=tuple(parts)))


@hookimpl
def poll() -> None:
    return None


@hookimpl
def parse(exchange: Exchange) -> Update:
    message = exchange.message
    if is_refusal(message):
        told = peek(message, Answer()).error
        kinds = {400: BadRequestError, 401: AuthenticationError}
        raise refusal(message.status, kinds, told.message, told.code)
    told = read(message, Answer)[0].data
    images, errors = pictures(told, lambda one, _: picture(one.b64_json), "/data")
    state = TaskState.PARTIAL if errors else TaskState.SUCCEEDED
    return Update(state=state, images=images, errors=errors, billed=Billed.YES)
