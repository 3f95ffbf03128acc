"""Runway: the version of the API is a header of every request."""

from __future__ import annotations

from attrs import evolve, frozen

from tintype import Request, Response, Submission, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import Id, decisive, is_refusal, peek, picture, pictures, read, translate
from tintype.errors import refusal, refusals
from tintype.exchange import Exchange
from tintype.models import Failure, Image, Task, TaskState, Update

HOST = "https://api.dev.runwayml.com"
VERSION = (("X-Runway-Version", "2024-11-06"),)
GEN4 = Model(id="gen4_image")
INFO = ProviderInfo(
    name="runway", title="Runway", homepage=HOST, origins=(HOST,), models=(GEN4,), general=GEN4
)
STATES = dict.fromkeys(("pending", "throttled", "running"), TaskState.RUNNING)
STATES |= {"succeeded": TaskState.SUCCEEDED, "failed": TaskState.FAILED}
REFUSALS = refusals(400, 401, 429)


@frozen(kw_only=True)
class Answer:
    id: Id
    status: str = decisive("pending")  # a create answers with an id alone
    output: tuple[str | None, ...] = ()
    failure: str = ""


@frozen(kw_only=True)
class Refusal:
    error: str = ""


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def submit(request: Submission) -> Request:
    body = {"model": request.model, "promptText": request.prompt, "ratio": "1024:1024"}
    return Request.post(f"{HOST}/v1/text_to_image", body, headers=VERSION)


@hookimpl
def poll(task: Task) -> Request:
    return Request.get(f"{HOST}/v1/tasks/{task.id}", headers=VERSION)


@hookimpl
def cancel(task: Task) -> Request:
    return Request(method="DELETE", url=f"{HOST}/v1/tasks/{task.id}", headers=VERSION)


@hookimpl
def parse(exchange: Exchange) -> Update:
    answer = exchange.message
    if isinstance(answer, Response) and answer.status == 204:
        return Update(state=TaskState.CANCELED)
    if is_refusal(answer):
        raise refusal(answer.status, REFUSALS, peek(answer, Refusal()).error)
    told, raw = read(answer, Answer)
    state = translate(told.status, STATES, "/status")
    images, _ = pictures(told.output, one, "/output")
    errors = (Failure(message=told.failure),) if state is TaskState.FAILED else ()
    return Update(id=told.id, state=state, images=images, errors=errors, raw=raw)


def one(url: str, index: int) -> Image:
    return evolve(picture(url), index=index)
