"""Kling: a token made for each request, signed with the secret of a pair of keys."""

from __future__ import annotations

from attrs import evolve, frozen

from tintype import Image, Request, Submission, Task, TaskState, Update, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import Id, is_refusal, peek, picture, pictures, read, translate
from tintype.credentials import Jwt
from tintype.errors import refusal, refusals
from tintype.exchange import Exchange

HOST = "https://api-singapore.klingai.com"
KLING = Model(id="kling-v2")
AUTH = Jwt(claims={"iss": "{key}"}, times={"nbf": -5}, lifetime=1800)
NAMED = {"key": "KLING_ACCESS_KEY", "secret": "KLING_SECRET_KEY"}
INFO = ProviderInfo(
    name="kling", title="Kling", homepage=HOST, origins=(HOST,), models=(KLING,), general=KLING
)
INFO = evolve(INFO, auth=AUTH, variables=NAMED, homepage="https://app.klingai.com/global/dev")
STATES = dict.fromkeys(("submitted", "processing"), TaskState.RUNNING)
STATES |= {"succeed": TaskState.SUCCEEDED, "failed": TaskState.FAILED}
REFUSALS = refusals(400, 401, 429)


@frozen(kw_only=True)
class Picture:
    url: str


@frozen(kw_only=True)
class Result:
    images: tuple[Picture | None, ...] = ()


@frozen(kw_only=True)
class Data:
    task_id: Id = ""
    task_status: str = ""
    task_result: Result = Result()


@frozen(kw_only=True)
class Answer:
    message: str = ""
    data: Data = Data()


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def submit(request: Submission) -> Request:
    body = {"model_name": request.model, "prompt": request.prompt}
    return Request.post(f"{HOST}/v1/images/generations", body)


@hookimpl
def poll(task: Task) -> Request:
    return Request.get(f"{HOST}/v1/images/generations/{task.id}")


@hookimpl
def parse(exchange: Exchange) -> Update:
    answer = exchange.message
    if is_refusal(answer):
        raise refusal(answer.status, REFUSALS, peek(answer, Answer()).message)
    told, raw = read(answer, Answer)
    state = translate(told.data.task_status, STATES, "/data/task_status")
    images, _ = pictures(told.data.task_result.images, one, "/data/task_result/images")
    return Update(id=told.data.task_id, state=state, images=images, raw=raw)


def one(found: Picture, index: int) -> Image:
    return evolve(picture(found.url), index=index)
