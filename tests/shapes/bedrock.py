"""Amazon Bedrock (Nova Canvas): every request is signed, at once and in base64."""

from __future__ import annotations

from attrs import frozen

from tintype import Image, Request, Submission, TaskState, Update, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import decode_image, is_refusal, peek, pictures, read
from tintype.credentials import SigV4
from tintype.errors import refusal, refusals
from tintype.exchange import Exchange

HOST = "https://bedrock-runtime.us-east-1.amazonaws.com"
CANVAS = Model(id="amazon.nova-canvas-v1:0")
INFO = ProviderInfo(
    name="bedrock",
    title="Amazon Bedrock",
    homepage="https://console.aws.amazon.com/iam",
    origins=(HOST,),
    models=(CANVAS,),
    general=CANVAS,
    auth=SigV4(service="bedrock"),
    settings={"region": "us-east-1"},
    variables={
        "key": "AWS_ACCESS_KEY_ID",
        "secret": "AWS_SECRET_ACCESS_KEY",
        "session_token": "AWS_SESSION_TOKEN",
        "region": "AWS_REGION",
    },
)
REFUSALS = refusals(400, 403, 429)


@frozen(kw_only=True)
class Answer:
    images: tuple[str | None, ...] = ()


@frozen(kw_only=True)
class Refusal:
    message: str = ""


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def submit(request: Submission) -> Request:
    text = {"text": request.prompt}
    body = {"taskType": "TEXT_IMAGE", "textToImageParams": text}
    return Request.post(f"{HOST}/model/{request.model}/invoke", body)


@hookimpl
def poll() -> None:
    return None


@hookimpl
def parse(exchange: Exchange) -> Update:
    answer = exchange.message
    if is_refusal(answer):
        raise refusal(answer.status, REFUSALS, peek(answer, Refusal()).message)
    told, raw = read(answer, Answer)
    images, _ = pictures(told.images, one, "/images")
    return Update(state=TaskState.SUCCEEDED, images=images, raw=raw)


def one(text: str, index: int) -> Image:
    return Image(data=decode_image(text), index=index)
