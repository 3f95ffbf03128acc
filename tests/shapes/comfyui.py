"""ComfyUI: a graph is sent, and a picture fetched by its name; sources are uploaded. No key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import unquote_plus, urlencode

from attrs import evolve, frozen

from tintype import Reference, Request, Submission, Task, TaskState, hookimpl
from tintype.catalog import Model, ProviderInfo, References
from tintype.convert import picture_body, read, structure
from tintype.exchange import Exchange, Operation
from tintype.messages import MultipartBody, Part
from tintype.models import Update, Upload

HOST = "http://127.0.0.1:8188"
ANY = Model(id="graph", references=References(forms=("url",), uploads=True))
INFO = ProviderInfo(
    name="comfyui", title="ComfyUI", homepage=HOST, origins=(HOST,), models=(ANY,), general=ANY
)


@frozen(kw_only=True)
class Told:
    name: str = ""  # of an upload
    prompt_id: str = ""
    outputs: Mapping[str, Mapping[str, object]] | None = None  # node by node, once it has run


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def upload(reference: Reference) -> Request | None:
    if reference.data is None:
        return None
    body = MultipartBody(parts=(Part(name="image", data=reference.data, filename="source.png"),))
    return Request(method="POST", url=f"{HOST}/upload/image", body=body, auth=False)


@hookimpl
def submit(request: Submission) -> Request:
    text = json.dumps(request.options["graph"])
    text = text.replace('"{prompt}"', json.dumps(request.prompt))
    for each in request.references:
        text = text.replace('"{image}"', json.dumps(unquote_plus(each.url.partition("=")[2])), 1)
    return evolve(Request.post(f"{HOST}/prompt", {"prompt": json.loads(text)}), auth=False)


@hookimpl
def poll(task: Task) -> Request:
    if "at" in task.notes:
        return evolve(Request.get(f"{HOST}/view?{task.notes['at']}"), accept="image/*", auth=False)
    return evolve(Request.get(f"{HOST}/history/{task.id}"), auth=False)


@hookimpl
def parse(exchange: Exchange) -> Update | Upload:
    if "at" in exchange.task.notes:
        return Update(state=TaskState.SUCCEEDED, images=(picture_body(exchange.message),))
    told, raw = read(exchange.message, Told)
    if exchange.operation is Operation.UPLOAD:
        view = f"{HOST}/view?{urlencode({'filename': told.name})}"
        return Upload(reference=Reference(url=view))
    if exchange.operation is Operation.SUBMIT and told.prompt_id:
        return Update(id=told.prompt_id, state=TaskState.RUNNING, poll_after=0.1)
    ran = structure(raw.get(exchange.task.id, {}), Told)
    for file in (file for node in (ran.outputs or {}).values() for file in node["images"]):
        return Update(notes={"at": urlencode(file)}, poll_after=0.0)
    return Update(poll_after=0.1)
