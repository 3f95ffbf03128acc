"""Stability AI, v2beta: a form, answered by the bytes of the picture; the facts are in headers."""

from __future__ import annotations

from attrs import evolve, frozen

from tintype import Failure, Request, Response, Submission, TaskState, Update, hookimpl
from tintype.catalog import Choice, Integer, Model, ProviderInfo
from tintype.convert import peek, picture_body
from tintype.errors import Billed, refusal, refusals
from tintype.exchange import Exchange
from tintype.messages import MultipartBody, Part

ROOT = "https://api.stability.ai"
CORE = Model(
    id="core", parameters={"aspect_ratio": Choice(values=("1:1", "16:9")), "seed": Integer()}
)
INFO = ProviderInfo(
    name="stability",
    title="Stability",
    homepage=ROOT,
    origins=(ROOT,),
    models=(CORE,),
    general=CORE,
)
REFUSALS = refusals(400, 401, 429)


@frozen(kw_only=True)
class Refusal:
    name: str = ""
    errors: tuple[str, ...] = ()


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def submit(request: Submission) -> Request:
    texts = {"prompt": request.prompt, "aspect_ratio": request.aspect_ratio, "seed": request.seed}
    parts = [Part(name=key, data=f"{value}".encode()) for key, value in texts.items() if value]
    url = f"{ROOT}/v2beta/stable-image/generate/{request.model}"
    form = MultipartBody(parts=tuple(parts))
    return Request(method="POST", url=url, body=form, accept="image/*")


@hookimpl
def poll() -> None:
    return None


@hookimpl
def parse(exchange: Exchange) -> Update:
    answer = exchange.message
    assert isinstance(answer, Response)
    if answer.status != 200:
        told = peek(answer, Refusal())
        raise refusal(answer.status, REFUSALS, " ".join(told.errors), told.name)
    if answer.header("finish-reason") == "CONTENT_FILTERED":
        errors = (Failure(message="The picture was filtered.", refused=True),)
        return Update(state=TaskState.REFUSED, errors=errors, billed=Billed.NO)
    seed = answer.header("seed") or ""
    image = evolve(picture_body(answer), seed=int(seed) if seed.isdecimal() else None)
    return Update(state=TaskState.SUCCEEDED, images=(image,), billed=Billed.YES)
