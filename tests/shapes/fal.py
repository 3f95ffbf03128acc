"""fal's queue: a submission names two addresses, of its status and then of its result."""

from __future__ import annotations

from attrs import evolve, frozen

from tintype import Image, Request, Submission, Task, TaskState, Update, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import Id, is_refusal, picture, pictures, read, translate
from tintype.credentials import HeaderKey
from tintype.errors import refusal, refusals
from tintype.exchange import Exchange, Operation

HOST = "https://queue.fal.run"
FLUX = Model(id="fal-ai/flux/schnell")
INFO = ProviderInfo(
    name="fal", title="fal", homepage=HOST, origins=(HOST,), models=(FLUX,), general=FLUX,
    auth=HeaderKey(prefix="Key "),
)  # fmt: skip
STATES = {"in_queue": False, "in_progress": False, "completed": True}


@frozen(kw_only=True)
class Queued:
    status: str
    request_id: Id
    status_url: str = ""
    response_url: str = ""


@frozen(kw_only=True)
class File:
    url: str


@frozen(kw_only=True)
class Result:
    images: tuple[File | None, ...] = ()


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None: ...


@hookimpl
def submit(request: Submission) -> Request:
    return Request.post(f"{HOST}/{request.model}", {"prompt": request.prompt})


@hookimpl
def poll(task: Task) -> Request:
    return Request.get(str(task.notes["next"]))


@hookimpl
def parse(exchange: Exchange) -> Update:
    answer, notes = exchange.message, exchange.task.notes
    if is_refusal(answer):
        raise refusal(answer.status, refusals(401, 422), "")
    if exchange.operation is Operation.POLL and notes["next"] == notes["result"]:
        images, errors = pictures(read(answer, Result)[0].images, one, "/images")
        return Update(state=TaskState.SUCCEEDED, images=images, errors=errors)
    told, _ = read(answer, Queued)
    done = translate(told.status, STATES, "/status")
    notes = notes or {"next": told.status_url, "result": told.response_url}
    notes = {**notes, "next": notes["result"]} if done else notes
    return Update(id=told.request_id, notes=notes, poll_after=0.0 if done else None)


def one(file: File, index: int) -> Image:
    return evolve(picture(file.url), index=index)
