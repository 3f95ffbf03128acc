"""Adobe Firefly: a token that is bought with a client's id and secret, the id beside it."""

from __future__ import annotations

from attrs import evolve, frozen

from tintype import Image, Request, Submission, Task, TaskState, Update, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import Id, is_refusal, picture, pictures, read, translate
from tintype.credentials import OAuthClientCredentials
from tintype.errors import refusal, refusals
from tintype.exchange import Exchange

HOST = "https://firefly-api.adobe.io"
V4 = Model(id="image4_standard")
AUTH = OAuthClientCredentials(
    token_url="https://ims-na1.adobelogin.com/ims/token/v3",
    scope="openid,AdobeID,firefly_api",
    proof="body",
    id_header="x-api-key",
)
INFO = ProviderInfo(
    name="firefly", title="Adobe", homepage="", origins=(HOST,), models=(V4,), general=V4, auth=AUTH
)
STATES = {"running": TaskState.RUNNING, "pending": TaskState.RUNNING}
STATES |= {"succeeded": TaskState.SUCCEEDED, "failed": TaskState.FAILED}
REFUSALS = refusals(400, 401)


@frozen(kw_only=True)
class Source:
    url: str


@frozen(kw_only=True)
class Output:
    image: Source


@frozen(kw_only=True)
class Result:
    outputs: tuple[Output | None, ...] = ()


@frozen(kw_only=True)
class Job:
    jobId: Id  # noqa: N815 - as the provider spells it
    status: str = "pending"
    result: Result = Result()


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def submit(request: Submission) -> Request:
    return Request.post(f"{HOST}/v3/images/generate-async", {"prompt": request.prompt})


@hookimpl
def poll(task: Task) -> Request:
    return Request.get(f"{HOST}/v3/status/{task.id}")


@hookimpl
def parse(exchange: Exchange) -> Update:
    answer = exchange.message
    if is_refusal(answer):
        raise refusal(answer.status, REFUSALS)
    told, raw = read(answer, Job)
    images, _ = pictures(told.result.outputs, one, "/result/outputs")
    state = translate(told.status, STATES, "/status")
    return Update(id=told.jobId, state=state, images=images, raw=raw)


def one(found: Output, index: int) -> Image:
    return evolve(picture(found.image.url), index=index)
