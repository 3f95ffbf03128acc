"""fal: webhooks signed by one of its keys (Ed25519), over the digest of the body."""

from __future__ import annotations

from attrs import evolve, frozen

from tintype import Image, Request, Submission, TaskState, Update, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import Id, picture, pictures, read, translate
from tintype.exchange import Exchange
from tintype.signatures import Ed25519

QUEUE, REST = "https://queue.fal.run", "https://rest.alpha.fal.ai"
FRONT = "X-Fal-Webhook"
SIGNED = {"request": "Request-Id", "user": "User-Id", "timestamp": "Timestamp"}
FLUX = Model(id="fal-ai/flux/schnell")
INFO = ProviderInfo(
    name="fal",
    title="fal",
    homepage="https://fal.ai",
    origins=(QUEUE, REST),
    models=(FLUX,),
    general=FLUX,
    webhooks=True,
    signature=Ed25519(
        header=f"{FRONT}-Signature",
        keys_url=f"{REST}/.well-known/jwks.json",
        over="{request}\n{user}\n{timestamp}\n{sha256}",
        headers={name: f"{FRONT}-{said}" for name, said in SIGNED.items()},
    ),
)
STATES = {"ok": TaskState.SUCCEEDED, "error": TaskState.FAILED, "in_queue": TaskState.RUNNING}


@frozen(kw_only=True)
class File:
    url: str


@frozen(kw_only=True)
class Payload:
    images: tuple[File | None, ...] = ()


@frozen(kw_only=True)
class Call:
    request_id: Id
    status: str
    payload: Payload = Payload()


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def submit(request: Submission) -> Request:
    return Request.post(f"{QUEUE}/{request.model}", {"prompt": request.prompt})


@hookimpl
def poll() -> None:
    return None


@hookimpl
def parse(exchange: Exchange) -> Update:
    told, _ = read(exchange.message, Call)
    images, errors = pictures(told.payload.images, one, "/payload/images")
    state = translate(told.status, STATES, "/status")
    return Update(id=told.request_id, state=state, images=images, errors=errors)


def one(file: File, index: int) -> Image:
    return evolve(picture(file.url), index=index)
