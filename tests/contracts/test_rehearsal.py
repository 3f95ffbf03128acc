"""A plugin played through Acme's documents: the true one passes, each broken one is caught."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest
from attrs import evolve

from tintype.catalog import Model, ProviderInfo
from tintype.convert import decode_image, loads
from tintype.credentials import HeaderKey
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    NotFoundError,
    ServerError,
)
from tintype.exchange import Exchange, Operation
from tintype.hooks import Provider
from tintype.messages import MultipartBody, Part, Request, Response
from tintype.models import Cost, Failure, Image, Quote, Task, TaskState, Update
from tintype.request import ImageRequest
from tintype_contracts import Fixtures
from tintype_contracts.harness.scenario import Rehearsal
from tintype_contracts.oracles.curl import (
    command_differences,
    exchange_printed_in,
    printed_commands,
)

OK = 200
API = "https://api.acme.test/v1"
STATES = {
    "queued": TaskState.RUNNING,
    "drawing": TaskState.RUNNING,
    "done": TaskState.SUCCEEDED,
    "broken": TaskState.FAILED,
    "refused": TaskState.REFUSED,
    "canceled": TaskState.CANCELED,
}
ERRORS = {
    401: AuthenticationError,
    402: InsufficientCreditError,
    404: NotFoundError,
    422: BadRequestError,
}


def _submit(request: ImageRequest) -> Request:
    if request.references:
        file = request.references[0]
        options = json.dumps({"size": request.resolution}).encode()
        parts = (
            Part(name="image", data=file.data or b"", filename=file.name, media_type="image/png"),
            Part(name="prompt", data=request.prompt.encode()),
            Part(name="options", data=options),
        )
        return Request(method="POST", url=f"{API}/edits", body=MultipartBody(parts=parts))
    body: dict[str, object] = {"model": request.model, "prompt": request.prompt}
    body |= {"size": request.resolution} if request.resolution else {}
    body |= {"n": request.n} if request.n > 1 else {}
    body |= {"stream": True} if request.stream else {}
    body |= {"hook": request.webhook_url} if request.webhook_url else {}
    return Request.post(f"{API}/images", {**body, **request.options})


def _parse(exchange: Exchange) -> Quote | Update | ProviderInfo:
    message = exchange.message
    task = Update.of(exchange.task)
    if exchange.operation is Operation.END:
        return evolve(task, state=TaskState.SUCCEEDED, billed=Billed.YES)
    if isinstance(message, Response) and message.status != OK:
        msg = "No."
        raise ERRORS.get(message.status, ServerError)(msg, status=message.status)
    if exchange.operation is Operation.EVENT:
        return _event(task, exchange)
    value = cast("dict[str, str]", loads(message))
    if exchange.operation is Operation.WEBHOOK:
        value = cast("dict[str, str]", loads(value["data"]))
    if exchange.operation is Operation.PRICE:
        return Quote(low=Decimal(value["usd"]), model=value["model"])
    if exchange.operation is Operation.MODELS:
        return evolve(INFO, models=tuple(Model(id=name) for name in value["models"]))
    return _task(task, cast("Mapping[str, object]", value))


def _event(task: Update, exchange: Exchange) -> Update:
    data = getattr(exchange.message, "data", "")
    event = {} if data == "[DONE]" else cast("dict[str, str]", loads(data))
    if event.get("type") != "image":
        return task
    image = Image(data=decode_image(event["b64"]), media_type=event["media_type"])
    return evolve(task, images=(*task.images, image))


def _task(task: Update, value: Mapping[str, object]) -> Update:
    state = STATES[str(value["status"])]
    images = cast("list[dict[str, str]]", value.get("images", []))
    failed = state in {TaskState.FAILED, TaskState.REFUSED}
    failure = Failure(message=str(value.get("why")), refused=state is TaskState.REFUSED)
    progress = cast("int | None", value.get("progress"))
    cost = value.get("cost")
    billed = Billed.NO if state.terminal else Billed.UNKNOWN
    return evolve(
        task,
        id=str(value["id"]),
        state=state,
        images=tuple(Image(url=each["url"], index=n) for n, each in enumerate(images)),
        errors=(failure,) if failed else (),
        billed=Billed.YES if state is TaskState.SUCCEEDED else billed,
        cost=None if cost is None else Cost(usd=Decimal(str(cost)), source="reported"),
        progress=None if progress is None else progress / 100,
    )


INFO = ProviderInfo(
    name="acme",
    title="Acme",
    homepage="https://acme.test",
    origins=("https://api.acme.test",),
    models=(Model(id="acme-1"),),
    general=Model(id=""),
    auth=HeaderKey(header="x-key", prefix=""),
)
TRUE: Mapping[str, Callable[..., object]] = {
    "describe": lambda: INFO,
    "price": lambda request, quote: Request.get(f"{API}/price/{request.model}"),  # noqa: ARG005
    "submit": _submit,
    "poll": lambda task: Request.get(f"{API}/tasks/{task.id}"),
    "cancel": lambda task: Request(method="DELETE", url=f"{API}/tasks/{task.id}"),
    "models": lambda cursor: Request.get(f"{API}/models?kind=image"),  # noqa: ARG005
    "parse": _parse,
}


def rehearsal(fixtures: Fixtures, **other: Callable[..., object]) -> Rehearsal:
    """A rehearsal of Acme's plugin, some hooks replaced."""
    hooks = cast("Provider", SimpleNamespace(**{**TRUE, **other}))
    return Rehearsal(hooks=hooks, fixtures=fixtures)


def faults(played: Rehearsal) -> set[str]:
    """The exchanges in which something is not as documented."""
    return {
        exchange.id
        for exchange in played.fixtures.exchanges.values()
        if played.request_differences(exchange) or played.outcome_differences(exchange)
    }


def test_the_true_plugin_does_all_that_is_documented(acme: Fixtures) -> None:
    """No exchange of any story differs."""
    assert faults(rehearsal(acme)) == set()


def test_the_true_plugin_sends_what_the_printed_commands_send(acme: Fixtures) -> None:
    """A JSON body, a form with a file, a look at a task: three commands."""
    played = rehearsal(acme)
    commands = dict(printed_commands(acme))
    assert sorted(commands) == ["create_curl", "poll_curl", "upload_curl"]
    for source, curl in commands.items():
        exchange = exchange_printed_in(acme, source)
        assert exchange is not None
        assert command_differences(played, exchange, curl) == []


def _changed(change: Callable[[Request], Request]) -> Callable[[ImageRequest], Request]:
    return lambda request: change(_submit(request))


def _with(**fields: object) -> Callable[[Request], Request]:
    def change(request: Request) -> Request:
        if isinstance(request.body, MultipartBody):
            return request
        value = {**getattr(request.body, "value", {}), **fields}
        return Request.post(request.url, {key: each for key, each in value.items() if each != ""})

    return change


def _form_without_a_file(request: Request) -> Request:
    if not isinstance(request.body, MultipartBody):
        return request
    return evolve(request, body=MultipartBody(parts=request.body.parts[1:]))


SUBMITS: list[tuple[str, Callable[[Request], Request]]] = [
    ("a wrong address", lambda request: evolve(request, url=f"{request.url}/x")),
    ("a wrong method", lambda request: evolve(request, method="PUT")),
    ("a query too many", lambda request: evolve(request, url=f"{request.url}?a=1")),
    ("no key", lambda request: evolve(request, auth=False)),
    ("an undocumented field", _with(extra_field=1)),
    ("null in place of nothing", _with(seed=None)),
    ("text in place of a number", _with(n="2")),
    ("a fraction in place of a number", _with(n=2.0)),
    ("a missing prompt", _with(prompt="")),
    ("no body", lambda request: evolve(request, body=None)),
    ("a form without its file", _form_without_a_file),
]


@pytest.mark.parametrize("change", [row[1] for row in SUBMITS], ids=[row[0] for row in SUBMITS])
def test_a_wrong_request_is_caught(acme: Fixtures, change: Callable[[Request], Request]) -> None:
    """By the transcript, and by the printed command as well."""
    played = rehearsal(acme, submit=_changed(change))
    assert faults(played)
    judged = [
        command_differences(played, exchange, curl)
        for source, curl in printed_commands(acme)
        if (exchange := exchange_printed_in(acme, source)) is not None
    ]
    assert any(judged)


def _parsed(change: Callable[[Update], Update]) -> Callable[[Exchange], object]:
    def parse(exchange: Exchange) -> object:
        value = _parse(exchange)
        return change(value) if isinstance(value, Update) else value

    return parse


PARSES: list[tuple[str, Callable[[Update], Update]]] = [
    ("no id", lambda task: evolve(task, id="")),
    ("always running", lambda task: evolve(task, state=TaskState.RUNNING)),
    ("one image lost", lambda task: evolve(task, images=task.images[:1])),
    ("images turned round", lambda task: evolve(task, images=task.images[::-1])),
    ("errors lost", lambda task: evolve(task, errors=())),
    ("no progress", lambda task: evolve(task, progress=None)),
]


@pytest.mark.parametrize("change", [row[1] for row in PARSES], ids=[row[0] for row in PARSES])
def test_a_wrong_reading_is_caught(acme: Fixtures, change: Callable[[Update], Update]) -> None:
    """Some documented answer tells."""
    assert faults(rehearsal(acme, parse=_parsed(change)))


def test_a_value_in_place_of_an_error_is_caught(acme: Fixtures) -> None:
    """And an error of another class, and one that is billed."""

    def kind(exchange: Exchange) -> object:
        try:
            return _parse(exchange)
        except AuthenticationError as error:
            raise BadRequestError(error.message, status=401) from None

    def billed(exchange: Exchange) -> object:
        try:
            return _parse(exchange)
        except AuthenticationError as error:
            raise AuthenticationError(error.message, status=401, billed=Billed.YES) from None

    assert faults(rehearsal(acme, parse=kind)) == {"bad_key/create"}
    assert faults(rehearsal(acme, parse=billed)) == {"bad_key/create"}


def test_another_exception_is_not_swallowed(acme: Fixtures) -> None:
    """A plugin that raises what is no error of tintype's is broken, and shows where."""

    def parse(exchange: Exchange) -> object:
        msg = f"id of {exchange.operation}"
        raise KeyError(msg)

    with pytest.raises(KeyError):
        rehearsal(acme, parse=parse).tell(acme.exchanges["generated/create"])


def test_a_poll_goes_by_what_the_submission_said(acme: Fixtures) -> None:
    """The task in a scene is the one that the plugin itself read from the answer before."""
    seen: list[Task] = []

    def poll(task: Update) -> Request:
        seen.append(task)
        return Request.get(f"{API}/tasks/{task.id}")

    rehearsal(acme, poll=poll).ask(acme.exchanges["generated/done"])
    assert seen[0].id == "task-1"
    assert seen[0].progress == 0.5


def test_a_stream_is_told_with_its_head(acme: Fixtures) -> None:
    """Beside every event, and beside its end; any other answer has its head in itself."""
    heads = []

    def parse(exchange: Exchange) -> object:
        heads.append((exchange.operation, exchange.head))
        return _parse(exchange)

    rehearsal(acme, parse=parse).tell(acme.exchanges["streamed/stream"])
    shown = Response(status=200, headers=(("Content-Type", "text/event-stream"),))
    assert {operation for operation, _ in heads} == {Operation.EVENT, Operation.END}
    assert [head for _, head in heads] == [shown] * len(heads)
    heads.clear()
    rehearsal(acme, parse=parse).tell(acme.exchanges["generated/create"])
    assert heads == [(Operation.SUBMIT, None)]
