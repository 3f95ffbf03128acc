"""Azure OpenAI: the customer's resource is the host, and the deployment stands in the path."""

from __future__ import annotations

from attrs import frozen

from tintype import Request, Submission, TaskState, Update, hookimpl
from tintype.catalog import Model, ProviderInfo
from tintype.convert import is_refusal, peek, picture, pictures, read
from tintype.credentials import HeaderKey
from tintype.errors import refusal, refusals
from tintype.exchange import Exchange

HOST = "https://{resource}.openai.azure.com"
DRAW = HOST + "/openai/deployments/{deployment}/images/generations?api-version={api_version}"
GPT = Model(id="gpt-image-1", max_n=10)
INFO = ProviderInfo(
    name="azure",
    title="Azure OpenAI",
    homepage="https://ai.azure.com",
    origins=(HOST,),
    models=(GPT,),
    general=GPT,
    auth=HeaderKey(header="api-key", prefix=""),
    variables={"key": "AZURE_OPENAI_API_KEY"},
    settings={"resource": "", "deployment": "", "api_version": "2025-04-01-preview"},
)
REFUSALS = refusals(400, 401, 404)


@frozen(kw_only=True)
class Drawn:
    b64_json: str


@frozen(kw_only=True)
class Error:
    code: str = ""
    message: str = ""


@frozen(kw_only=True)
class Answer:
    data: tuple[Drawn | None, ...] = ()
    error: Error = Error()


@hookimpl
def describe() -> ProviderInfo:
    return INFO


@hookimpl
def price() -> None:
    return None


@hookimpl
def submit(request: Submission) -> Request:
    return Request.post(DRAW, {"prompt": request.prompt, "n": request.n})


@hookimpl
def poll() -> None:
    return None


@hookimpl
def parse(exchange: Exchange) -> Update:
    answer = exchange.message
    if is_refusal(answer):
        error = peek(answer, Answer()).error
        raise refusal(answer.status, REFUSALS, error.message, error.code)
    images, errors = pictures(
        read(answer, Answer)[0].data, lambda drawn, _: picture(drawn.b64_json), "/data"
    )
    return Update(state=TaskState.SUCCEEDED, images=images, errors=errors)
