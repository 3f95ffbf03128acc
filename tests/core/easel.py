"""A small provider for tests: a create, a poll, a stream, and a price without a question."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve, frozen

from tintype.catalog import Flag, Integer, Model, Price, ProviderInfo, References, Text
from tintype.convert import decisive, decode_image, is_refusal, peek, read, translate
from tintype.errors import Billed, refusal, refusals
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.messages import MultipartBody, Part, Request
from tintype.models import Failure, Image, Quote, Task, TaskState, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission

_PICTURES = "https://api.easel.test/v1/pictures"
_STATES = {
    "drawing": TaskState.RUNNING,
    "done": TaskState.SUCCEEDED,
    "failed": TaskState.FAILED,
}
_REFUSALS = refusals(400, 401, 429, 503)

INFO = ProviderInfo(
    name="easel",
    title="Easel",
    homepage="https://easel.test",
    origins=("https://api.easel.test",),
    models=(
        Model(
            id="oil-1",
            name="oil",
            parameters={"prompt": Text(), "seed": Integer(), "stream": Flag()},
            references=References(forms=("bytes",)),
            prices=(Price(usd=Decimal("0.05"), source="the studio's door"),),
            results_kept=3600,
        ),
        Model(id="chalk-1", parameters={"prompt": Text()}),
    ),
    general=Model(id="", parameters={"prompt": Text()}),
    webhooks=True,
    request_timeout=20.0,
    task_timeout=60.0,
    poll_schedule=(0.05,),
)


@frozen(kw_only=True)
class Answer:
    """A picture as it stands."""

    id: str = decisive("")
    state: str
    urls: tuple[str, ...] = ()
    picture: str | None = None
    preview: str | None = None
    why: str = ""


@frozen(kw_only=True)
class Refusal:
    """Why not."""

    why: str = ""


@hookimpl
def describe() -> ProviderInfo:
    """One model that streams and has a price, and one that has neither."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:  # noqa: ARG001 - the hook's
    """By the list on the studio's door."""
    return quote_from_prices(INFO, request)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/pictures`: JSON, or a form where there are references."""
    if request.references:
        parts = (
            Part(name="prompt", data=request.prompt.encode()),
            *(
                Part(name="source", data=each.data or b"", filename=each.name or "source")
                for each in request.references
            ),
        )
        return Request(method="POST", url=_PICTURES, body=MultipartBody(parts=parts))
    body: dict[str, object] = {"prompt": request.prompt, **request.options}
    if request.webhook_url is not None:
        body["callback"] = request.webhook_url
    return Request.post(_PICTURES, body, events=request.stream)


@hookimpl
def poll(task: Task) -> Request:
    """`GET /v1/pictures/{id}`."""
    return Request.get(f"{_PICTURES}/{task.id}")


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A picture, from an answer, an event or a webhook."""
    update, message = Update.of(exchange.task), exchange.message
    if exchange.operation is Operation.END:
        return update
    if is_refusal(message):
        body = peek(message, Refusal())
        raise refusal(message.status, _REFUSALS, body.why)
    found, raw = read(message, Answer)
    state = translate(found.state, _STATES, "/state")
    images = [Image(url=url, index=index) for index, url in enumerate(found.urls)]
    if found.picture is not None:
        images.append(Image(data=decode_image(found.picture)))
    previews = (Image(data=decode_image(found.preview)),) if found.preview else update.previews
    failed = state is TaskState.FAILED
    return evolve(
        update,
        id=found.id,
        state=state,
        images=(*update.images, *images),
        previews=previews,
        errors=(Failure(message=found.why),) if failed else (),
        billed=Billed.NO if failed else Billed.YES if images else Billed.UNKNOWN,
        raw=raw,
    )
