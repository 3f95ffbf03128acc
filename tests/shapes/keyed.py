"""An API whose webhooks show a keyed hash and its time in one header: `t=…,v1=…`."""

from __future__ import annotations

from attrs import frozen

from tintype import Request, Submission, Task, TaskState, Update, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import Id, picture, read, translate
from tintype.exchange import Exchange
from tintype.signatures import Hmac

HOST = "https://api.keyed.test"
ONE = Model(id="one")
INFO = ProviderInfo(
    name="keyed",
    title="Keyed",
    homepage="https://keyed.test",
    origins=(HOST,),
    models=(ONE,),
    general=ONE,
    webhooks=True,
    signature=Hmac(
        header="X-Signature[v1]",
        over="{timestamp}.{body}",
        headers={"timestamp": "X-Signature[t]"},
    ),
)
STATES = {"drawing": TaskState.RUNNING, "done": TaskState.SUCCEEDED}


@frozen(kw_only=True)
class Answer:
    id: Id
    state: str
    url: str = ""


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def submit(request: Submission) -> Request:
    return Request.post(f"{HOST}/pictures", {"prompt": request.prompt})


@hookimpl
def poll(task: Task) -> Request:
    return Request.get(f"{HOST}/pictures/{task.id}")


@hookimpl
def parse(exchange: Exchange) -> Update:
    told, _ = read(exchange.message, Answer)
    images = (picture(told.url),) if told.url else ()
    state = translate(told.state, STATES, "/state")
    return Update(id=told.id, state=state, images=images)
