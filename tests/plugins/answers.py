"""What the five first documents print of answers, webhooks, addresses and refusals, one fact a row.

`tests.plugins.seeds` writes them into the table of the docs.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen
from tests.plugins.reading import submission

from tintype._flow.resolve import resolve
from tintype._flow.settle import completed_task
from tintype.errors import InvalidRequestError, TintypeError
from tintype.exchange import Exchange, Operation
from tintype.messages import Delivery, Response
from tintype.models import Quote, Task, Update
from tintype.request import ImageRequest
from tintype_contracts.fixtures.format import DocumentedExchange, JsonContent
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject

_OK = 200
NOW = datetime(2026, 11, 20, tzinfo=UTC)
LINK = "https://example.com/1.png"
OTHER = "https://example.com/2.png"
PNG = base64.b64encode(
    bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
).decode()
SVG = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode()


@frozen(kw_only=True)
class Answer:
    """What a document says of an answer or a webhook.

    Attributes:
        provider: Whose document.
        says: What it says.
        operation: What it answers.
        body: The JSON that it prints, or whose fields it names.
        read: What the plugin makes of it, by the names of `made_of`.
        status: The HTTP status.
        asked: What is asked of the sandbox so that it answers that: `model` and options.
    """

    provider: str
    says: str
    operation: Operation
    body: object
    read: Mapping[str, str]
    status: int = 200
    asked: Mapping[str, object] = field(factory=dict)


_Row: TypeAlias = tuple[str, Operation, object, Mapping[str, str]]
_SUBMIT, _POLL, _WEBHOOK = Operation.SUBMIT, Operation.POLL, Operation.WEBHOOK


def _rows(provider: str, *rows: _Row) -> Iterator[Answer]:
    for says, operation, body, read in rows:
        yield Answer(provider=provider, says=says, operation=operation, body=body, read=read)


def _refusals(provider: str, *rows: tuple[int, str, object, str]) -> Iterator[Answer]:
    for status, says, body, error in rows:
        yield Answer(
            provider=provider,
            says=f"{status} {says}",
            operation=_SUBMIT,
            body=body,
            read={"error": error},
            status=status,
        )


def _work(state: str, **more: object) -> dict[str, object]:
    """What apimodels answers."""
    return {"code": 200, "msg": "success", "data": {"taskId": "t1", "state": state, **more}}


def _called(state: str, result: object, **more: object) -> dict[str, object]:
    """What apimodels posts to a callback address: JSON in JSON."""
    times = {"costTime": 12345, "completeTime": 1705123465000, "createTime": 1705123450000}
    packed = {"model": "doubao/seedream", "param": "{}", "resultJson": result}
    rest = {"failCode": None, "failMsg": None}
    return _work(state, **{**packed, **rest, **times, **more})


def _status(word: str, **more: object) -> dict[str, object]:
    """What API in One answers."""
    return {"code": 200, "message": "success", "data": {"task_id": "t1", "status": word, **more}}


_RESULT = json.dumps({"resultUrls": [LINK]})
_DONE = {"id": "t1", "status": "done", "metadata": {"result_images": [{"imageUrl": LINK}]}}
_USED = {"completion_tokens": 4175, "cost": 0.04, "prompt_tokens": 0, "total_tokens": 4175}
_COUNTED = {"generated_images": 1, "output_tokens": 6240, "total_tokens": 6240}
_DREAM = {"model": "seedream-5-0-260128", "created": 1768518000, "usage": _COUNTED}
_DRAWN = {"state": "succeeded", "urls": LINK}

ANSWERS: tuple[Answer, ...] = (
    *_rows(
        "cheapai",
        (
            "the price endpoint returns credits",
            Operation.PRICE,
            {"success": True, "credits": 1188},
            {"credits": "1188"},
        ),
        ("metadata.result_images when the status is done", _POLL, _DONE, _DRAWN),
        ("a webhook for completion", _WEBHOOK, _DONE, _DRAWN),
    ),
    Answer(
        provider="cheapai",
        says="set spend controls: a key's daily limit",
        operation=_SUBMIT,
        body={"success": False, "error": "Daily spend limit reached"},
        read={"error": "InsufficientCreditError"},
        status=429,
    ),
    *_rows(
        "openrouter",
        (
            "the image in b64_json, with usage and cost",
            _SUBMIT,
            {"created": 1748372400, "data": [{"b64_json": PNG}], "usage": _USED},
            {"state": "succeeded", "inline": "1", "tokens": "4175", "cost": "0.04"},
        ),
        (
            "usage when available: it may be missing",
            _SUBMIT,
            {"created": 1748372400, "data": [{"b64_json": PNG}]},
            {"state": "succeeded", "inline": "1"},
        ),
    ),
    Answer(
        provider="openrouter",
        says="SVG markup in b64_json",
        operation=_SUBMIT,
        body={"created": 1748372400, "data": [{"b64_json": SVG}]},
        read={"state": "succeeded", "inline": "1", "markup": "1"},
        asked={"output_format": "svg"},
    ),
    *_rows(
        "apimodels",
        ("create: taskId and pending", _SUBMIT, _work("pending"), {"id": "t1", "state": "running"}),
        *(
            (f"state {word}", _POLL, _work(word), {"state": "running"})
            for word in ("pending", "processing")
        ),
        (
            "state completed, with resultUrls",
            _POLL,
            _work(
                "completed", resultUrls=[LINK], createTime=1705123450000, completeTime=1705123465000
            ),
            _DRAWN,
        ),
        (
            "state failed, with failMsg Content policy violation",
            _POLL,
            _work("failed", failMsg="Content policy violation"),
            {"state": "refused", "billed": "no"},
        ),
        (
            "callback completed, resultJson as JSON text",
            _WEBHOOK,
            _called("completed", _RESULT),
            _DRAWN,
        ),
        (
            "callback failed, resultJson null",
            _WEBHOOK,
            _called("failed", None, failMsg="No capacity"),
            {"state": "failed", "billed": "no"},
        ),
        (
            "callback failed, resultUrls empty",
            _WEBHOOK,
            _called("failed", '{"resultUrls":[]}', failCode="E1", failMsg="No capacity"),
            {"state": "failed", "billed": "no"},
        ),
    ),
    Answer(
        provider="apimodels",
        says="more than one URL",
        operation=_POLL,
        body=_work("completed", resultUrls=[LINK, OTHER]),
        read={"state": "succeeded", "urls": f"{LINK} {OTHER}"},
        asked={"model": "gpt-image-2-lite", "n": 2},
    ),
    *_refusals(
        "apimodels",
        *(
            (status, says, {}, error)
            for status, says, error in (
                (400, "Bad Request", "BadRequestError"),
                (401, "Unauthorized", "AuthenticationError"),
                (402, "Payment Required", "InsufficientCreditError"),
                (404, "Not Found", "NotFoundError"),
                (500, "Internal Server Error", "ServerError"),
            )
        ),
    ),
    *_rows(
        "apiin",
        (
            "create: task_id and IN_PROGRESS",
            _SUBMIT,
            _status("IN_PROGRESS"),
            {"id": "t1", "state": "running"},
        ),
        ("poll until completed", _POLL, _status("completed", images=[{"url": LINK}]), _DRAWN),
        ("or failed", _POLL, _status("failed"), {"state": "failed"}),
    ),
    *_refusals(
        "apiin",
        (
            400,
            "Invalid parameters",
            {"error": {"code": 400, "message": "Invalid parameters", "type": "invalid_request"}},
            "BadRequestError",
        ),
    ),
    *_rows(
        "apiyi",
        (
            "a URL that is valid for 24 hours, and the real size",
            _SUBMIT,
            {**_DREAM, "data": [{"url": LINK, "size": "2048x2048"}]},
            {**_DRAWN, "size": "2048x2048", "hours": "24", "billed images": "1"},
        ),
        (
            "b64_json without a prefix",
            _SUBMIT,
            {**_DREAM, "data": [{"b64_json": PNG}]},
            {"state": "succeeded", "inline": "1"},
        ),
        (
            "the schema's sample, url and b64_json at once",
            _SUBMIT,
            {**_DREAM, "data": [{"url": LINK, "b64_json": "<string>", "size": "2048x2048"}]},
            _DRAWN,
        ),
    ),
    *_refusals(
        "apiyi",
        (
            400,
            "for unsupported sizes",
            {"error": {"message": "size is not valid", "code": "InvalidParameter"}},
            "BadRequestError",
        ),
    ),
)


def made_of(subject: Subject, fact: Answer, task: str = "t1") -> Mapping[str, str]:
    """What the plugin makes of an answer about a task, in words."""
    body = json.dumps(fact.body).encode()
    message = (
        Delivery(headers=(), body=body)
        if fact.operation is Operation.WEBHOOK
        else Response(status=fact.status, body=body)
    )
    model = subject.info.models[0].id
    known = Task(model=model, id="" if fact.operation is Operation.SUBMIT else task)
    exchange = Exchange(
        operation=fact.operation,
        at=NOW,
        message=message,
        task=known,
        request=submission(prompt="a panda", model=model),
        quote=Quote(final=False),
    )
    try:
        said: object = subject.plugin.hooks.parse(exchange=exchange)
    except TintypeError as error:
        return {"error": type(error).__name__}
    if not isinstance(said, Update):
        return dict(_told(said))
    return dict(_told(completed_task(exchange.task, said, subject.info, None, NOW)))


def _told(found: object) -> Iterator[tuple[str, str]]:
    if isinstance(found, Quote):
        yield "credits", f"{found.credits_high}"
    if not isinstance(found, Task):
        return
    yield from (("id", found.id), ("state", found.state), ("billed", found.billed))
    yield "urls", " ".join(each.url for each in found.images if each.url)
    yield "markup", str(sum(b"<svg" in (each.data or b"")[:300] for each in found.images))
    yield "inline", str(sum(each.data is not None for each in found.images))
    for each in found.images:
        yield "size", f"{each.width}x{each.height}"
        lasts = (each.expires_at or NOW) - NOW
        yield "hours", f"{lasts // timedelta(hours=1)}"
    if found.usage is not None:
        yield from (
            ("tokens", f"{found.usage.total_tokens}"),
            ("billed images", f"{found.usage.images}"),
        )
    if found.cost is not None:
        yield "cost", f"{found.cost.usd}"


def matching(subject: Subject, fact: Answer) -> Iterator[DocumentedExchange]:
    """The exchanges of the fixtures whose answer has the fields that the document prints."""
    for each in subject.fixtures.exchanges.values():
        answer = each.delivery or each.response
        if answer is None or not isinstance(answer.content, JsonContent):
            continue
        status = each.response.status if each.response else 200
        if is_told(fact, each.operation, status, answer.content.value):
            yield each


def is_told(fact: Answer, operation: str, status: int, body: object) -> bool:
    """Whether an answer has the fields that the document prints, under its status."""
    same = operation == fact.operation or fact.status != _OK
    return same and status == fact.status and set(pointers(fact.body)) <= set(pointers(body))


def pointers(value: object, at: str = "") -> Iterator[str]:
    """Every place of a JSON value; items of a list have one."""
    yield at
    if isinstance(value, dict):
        for key, each in value.items():
            yield from pointers(each, f"{at}/{key}")
    elif isinstance(value, list):
        for each in value:
            yield from pointers(each, f"{at}/-")


# ------------------------------------------------------------------ addresses and refusals


@frozen(kw_only=True)
class Address:
    """Where a document says that a task, or a picture, is asked for."""

    provider: str
    operation: Operation
    url: str


ADDRESSES = (
    Address(
        provider="cheapai",
        operation=_SUBMIT,
        url="https://api.cheapaiapi.com/v1i/task/generate-image",
    ),
    Address(provider="cheapai", operation=_POLL, url="https://api.cheapaiapi.com/v1/task/t1"),
    Address(provider="openrouter", operation=_SUBMIT, url="https://openrouter.ai/api/v1/images"),
    Address(
        provider="apimodels",
        operation=_SUBMIT,
        url="https://apimodels.app/api/v1/images/generations",
    ),
    Address(
        provider="apimodels",
        operation=_POLL,
        url="https://apimodels.app/api/v1/images/generations?task_id=t1",
    ),
    Address(provider="apiin", operation=_SUBMIT, url="https://apiin.one/api/v1/images/generations"),
    Address(provider="apiin", operation=_POLL, url="https://apiin.one/api/v1/tasks/t1"),
    Address(provider="apiyi", operation=_SUBMIT, url="https://api.apiyi.com/v1/images/generations"),
)


def address_of(subject: Subject, operation: Operation) -> str:
    """Where the plugin sends it."""
    hooks, model = subject.plugin.hooks, subject.info.models[0]
    asking = submission(prompt="a panda", model=model.id)
    sent = hooks.submit(request=asking) if operation is _SUBMIT else hooks.poll(task=Task(id="t1"))
    return "" if sent is None else sent.url


def has_route(subject: Subject, fact: Address) -> bool:
    """Whether the fixtures know that path."""
    asked = urlsplit(fact.url).path
    for route in subject.fixtures.routes:
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", route.path)
        if route.operation == fact.operation and re.fullmatch(pattern, asked):
            return True
    return False


@frozen(kw_only=True)
class Refusal:
    """What a document says that the API refuses: it is refused before it is sent."""

    provider: str
    says: str
    model: str
    asked: Mapping[str, object]


_5, _45, _4 = "seedream-5-0-260128", "seedream-4-5-251128", "seedream-4-0-250828"
_NEEDS_REFERENCE = "seedream/4.5-edit"
_SEED45 = "bytedance-seed/seedream-4.5"
REFUSALS: tuple[Refusal, ...] = tuple(
    Refusal(provider=provider, says=says, model=model, asked=asked)
    for provider, says, model, asked in (
        (
            "openrouter",
            "conflicting size and resolution",
            _SEED45,
            {"resolution": "4K", "options": {"size": "2K"}},
        ),
        ("openrouter", "n of 1 to 10", "openai/gpt-image-1", {"options": {"n": 0}}),
        (
            "openrouter",
            "compression of 0 to 100",
            _SEED45,
            {"options": {"output_compression": 101}},
        ),
        (
            "openrouter",
            "transparent needs png or webp",
            "openai/gpt-image-1",
            {"background": "transparent", "output_format": "jpeg"},
        ),
        ("openrouter", "n > 1 where a provider draws one", _SEED45, {"options": {"n": 2}}),
        ("openrouter", "16 references at most", _SEED45, {"references": (LINK,) * 17}),
        ("openrouter", "a ratio that is not listed", _SEED45, {"aspect_ratio": "7:3"}),
        ("openrouter", "a quality that is not listed", _SEED45, {"quality": "ultra"}),
        ("openrouter", "a resolution that is not listed", _SEED45, {"resolution": "8K"}),
        ("openrouter", "a background that is not listed", _SEED45, {"background": "red"}),
        ("openrouter", "a format that is not listed", _SEED45, {"output_format": "gif"}),
        (
            "apimodels",
            "aspect_ratio ignored by 5.0 Lite",
            "doubao-seedream-5-0-260128",
            {"aspect_ratio": "16:9"},
        ),
        ("apimodels", "size of 2K or 4K", "doubao-seedream-5-0-260128", {"resolution": "1K"}),
        ("apiin", "image_urls required for seedream/4.5-edit", _NEEDS_REFERENCE, {}),
        (
            "apiin",
            "a ratio that is not listed",
            "seedream/4.5-text-to-image",
            {"aspect_ratio": "5:4"},
        ),
        (
            "apiin",
            "a quality that is not listed",
            "seedream/4.5-text-to-image",
            {"quality": "ultra"},
        ),
        ("apiyi", "no 4K at 5.0", _5, {"resolution": "4K"}),
        ("apiyi", "no 1K at 4.5", _45, {"resolution": "1K"}),
        ("apiyi", "no 3K at 4.0", _4, {"resolution": "3K"}),
        ("apiyi", "at least 1280x720", _5, {"size": "1279x720"}),
        ("apiyi", "at most 4096x4096", _5, {"size": "4097x4096"}),
        ("apiyi", "sides of 1:16 at most", _5, {"size": "8704x512"}),
        ("apiyi", "png at 5.0 only", _45, {"output_format": "png"}),
        ("apiyi", "n of 1 to 4", _5, {"options": {"n": 5}}),
        (
            "apiyi",
            "a response_format that is not listed",
            _5,
            {"options": {"response_format": "raw"}},
        ),
    )
)


def why_refused(subject: Subject, fact: Refusal) -> str:
    """How the refusal of the core or of the plugin names the field; "" where there is none.

    Where a provider draws one picture at a time nothing is refused: each is asked for by itself.
    """
    asked = dict(fact.asked)
    raw = asked.pop("options", {})
    name = subject.info.name
    try:
        request = ImageRequest(prompt="a panda", model=fact.model, options={name: raw}, **asked)  # type: ignore[arg-type, dict-item]  # data
        whole = resolve(request, subject.info, size_policy="exact")
        for each in whole.requests:
            subject.hooks.submit(request=submission_of(each, subject.info))
    except InvalidRequestError as error:
        return f"refused, by {error.field}"
    count = len(whole.requests)
    return f"asked for in {count} submissions" if count > 1 else ""
