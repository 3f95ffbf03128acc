"""DashScope (wan): without the header `X-DashScope-Async: enable` no picture can be asked for."""

from __future__ import annotations

from attrs import evolve, frozen

from tintype import Request, Submission, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import Id, is_refusal, peek, picture, pictures, read, translate
from tintype.errors import refusal, refusals
from tintype.exchange import Exchange
from tintype.models import Failure, Image, Task, TaskState, Update

HOST = "https://dashscope-intl.aliyuncs.com"
ASYNC = (("X-DashScope-Async", "enable"),)
WAN = Model(id="wan2.2-t2i-flash", max_n=4)
INFO = ProviderInfo(
    name="dashscope", title="DashScope", homepage=HOST, origins=(HOST,), models=(WAN,), general=WAN
)
STATES = dict.fromkeys(("pending", "running"), TaskState.RUNNING)
STATES |= {"succeeded": TaskState.SUCCEEDED, "failed": TaskState.FAILED}
REFUSALS = refusals(400, 401, 403)


@frozen(kw_only=True)
class Result:
    url: str | None = None
    code: str = ""  # of one that did not come about, beside those that did
    message: str = ""


@frozen(kw_only=True)
class Output:
    task_id: Id
    task_status: str
    results: tuple[Result | None, ...] = ()


@frozen(kw_only=True)
class Answer:
    output: Output


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None: ...


@hookimpl
def submit(request: Submission) -> Request:
    size = {"size": "1024*1024", "n": request.n}
    body = {"model": request.model, "input": {"prompt": request.prompt}, "parameters": size}
    url = f"{HOST}/api/v1/services/aigc/text2image/image-synthesis"
    return Request.post(url, body, headers=ASYNC)


@hookimpl
def poll(task: Task) -> Request:
    return Request.get(f"{HOST}/api/v1/tasks/{task.id}")


@hookimpl
def parse(exchange: Exchange) -> Update:
    answer = exchange.message
    if is_refusal(answer):
        told = peek(answer, Result())
        raise refusal(answer.status, REFUSALS, told.message, told.code)
    output = read(answer, Answer)[0].output
    state = translate(output.task_status, STATES, "/output/task_status")
    images, errors = pictures(output.results, one, "/output/results")
    state = TaskState.PARTIAL if images and errors else state
    return Update(id=output.task_id, state=state, images=images, errors=errors)


def one(result: Result, index: int) -> Image | Failure:
    if result.code:
        return Failure(message=result.message, code=result.code, index=index)
    return evolve(picture(result.url), index=index)
