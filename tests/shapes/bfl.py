"""Black Forest Labs: a task is polled where its create answer says, on any of its regions."""

from __future__ import annotations

from attrs import frozen

from tintype import Failure, Request, Submission, Task, TaskState, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import Id, decisive, is_refusal, picture, read, translate
from tintype.credentials import HeaderKey
from tintype.errors import AuthenticationError, InsufficientCreditError, refusal
from tintype.exchange import Exchange
from tintype.models import Update

HOST = "https://api.bfl.ai"
PRO = Model(id="flux-pro-1.1", results_kept=600)
INFO = ProviderInfo(
    name="bfl",
    title="Black Forest Labs",
    homepage="https://bfl.ai",
    origins=(HOST, "https://*.bfl.ai"),
    models=(PRO,),
    general=PRO,
    auth=HeaderKey(header="x-key", prefix=""),
)
STATES = {"pending": TaskState.RUNNING, "ready": TaskState.SUCCEEDED, "error": TaskState.FAILED}
STATES |= dict.fromkeys(("request moderated", "content moderated"), TaskState.REFUSED)
REFUSALS = {402: InsufficientCreditError, 403: AuthenticationError}


@frozen(kw_only=True)
class Result:
    sample: str | None = None


@frozen(kw_only=True)
class Answer:
    id: Id
    polling_url: str = ""
    status: str = decisive("Pending")
    result: Result | None = None


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def submit(request: Submission) -> Request:
    return Request.post(f"{HOST}/v1/{request.model}", {"prompt": request.prompt})


@hookimpl
def poll(task: Task) -> Request:
    return Request.get(str(task.notes["polling_url"]))


@hookimpl
def parse(exchange: Exchange) -> Update:
    answer = exchange.message
    if is_refusal(answer):
        raise refusal(answer.status, REFUSALS)
    told, _ = read(answer, Answer)
    state = translate(told.status, STATES, "/status")
    notes = {"polling_url": told.polling_url} if told.polling_url else {}
    sample = told.result.sample if told.result else None
    images = (picture(sample, pointer="/result/sample"),) if sample else ()
    failed = state in {TaskState.FAILED, TaskState.REFUSED}
    errors = (Failure(message=told.status),) * failed
    return Update(id=told.id, state=state, notes=notes, images=images, errors=errors)
