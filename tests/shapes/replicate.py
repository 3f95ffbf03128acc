"""Replicate: predictions, with webhooks signed as standardwebhooks.com has it."""

from __future__ import annotations

from attrs import evolve, frozen

from tintype import Request, Submission, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import Id, is_refusal, picture, pictures, read, translate
from tintype.errors import AuthenticationError, NotFoundError, refusal
from tintype.exchange import Exchange
from tintype.models import Failure, Image, Task, TaskState, Update
from tintype.signatures import standard_webhooks

HOST = "https://api.replicate.com"
FLUX = Model(id="black-forest-labs/flux-schnell")
INFO = ProviderInfo(
    name="replicate",
    title="Replicate",
    homepage="https://replicate.com",
    origins=(HOST,),
    models=(FLUX,),
    general=FLUX,
    webhooks=True,
    signature=standard_webhooks(),
)
STATES = dict.fromkeys(("starting", "processing"), TaskState.RUNNING)
STATES |= {"succeeded": TaskState.SUCCEEDED, "failed": TaskState.FAILED}


@frozen(kw_only=True)
class Prediction:
    id: Id
    status: str
    output: tuple[str, ...] = ()
    error: str = ""


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def submit(request: Submission) -> Request:
    body: dict[str, object] = {"input": {"prompt": request.prompt}}
    if request.webhook_url:
        body |= {"webhook": request.webhook_url, "webhook_events_filter": ["completed"]}
    return Request.post(f"{HOST}/v1/models/{request.model}/predictions", body)


@hookimpl
def poll(task: Task) -> Request:
    return Request.get(f"{HOST}/v1/predictions/{task.id}")


@hookimpl
def parse(exchange: Exchange) -> Update:
    answer = exchange.message
    if is_refusal(answer):
        raise refusal(answer.status, {401: AuthenticationError, 404: NotFoundError}, "")
    told, _ = read(answer, Prediction)
    images, errors = pictures(told.output, one, "/output")
    errors += (Failure(message=told.error),) * bool(told.error)
    state = translate(told.status, STATES, "/status")
    return Update(id=told.id, state=state, images=images, errors=errors)


def one(url: str, index: int) -> Image:
    return evolve(picture(url), index=index)
