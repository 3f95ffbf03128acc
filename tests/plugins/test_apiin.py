"""apiin.one: what the plugin sends, and what it makes of what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Protocol

import pytest
from attrs import evolve
from tests.cases import failing
from tests.plugins.reading import parsed_by, submission

import tintype_apiin as plugin
from tintype._flow.resolve import resolve
from tintype.account import Account
from tintype.catalog import Choice, Text
from tintype.client import Client
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    CostLimitError,
    InsufficientCreditError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    ServerError,
    TintypeError,
    UnknownStatusError,
)
from tintype.exchange import Exchange, Operation
from tintype.messages import Delivery, JsonBody, Request, Response, ServerSentEvent
from tintype.models import Failure, Image, QuoteKind, Task, TaskState
from tintype.request import ImageRequest, Submission

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DRAW = "seedream/4.5-text-to-image"
EDIT = "seedream/4.5-edit"
LAKE = "https://cdn.example.com/lake.png"
HILL = "https://cdn.example.com/hill.png"
PHOTO = "https://example.com/photo.png"
GENERATIONS = "https://apiin.one/api/v1/images/generations"

DRAWING = submission(prompt="a lake", model=DRAW)
EDITING = submission(prompt="make it winter", model=EDIT, references=(PHOTO,))
RUNNING = Task(id="n30x_seed")

CREATED = {"code": 200, "message": "success", "data": {"task_id": "n30x", "status": "IN_PROGRESS"}}
CREATED_OLDER = {
    "id": "task_abc123",
    "status": "pending",
    "model": "kling-3",
    "created_at": "2026-02-24T12:00:00Z",
}
REFUSED = {"error": {"code": 400, "message": "Invalid parameters", "type": "invalid_request"}}


class Ask(Protocol):
    """`submitted` or `polled`."""

    def __call__(self, body: object, status: int = 200) -> Task:
        """What the plugin makes of an answer."""
        ...


def envelope(**data: object) -> dict[str, object]:
    """The newer envelope around a task."""
    return {"code": 200, "message": "success", "data": data}


def response(body: object, status: int = 200) -> Response:
    """An answer with a body: bytes as they are, all else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status=status, body=data)


def submitted(body: object, status: int = 200, request: Submission = DRAWING) -> Task:
    """What the plugin makes of the answer to a create."""
    message = response(body, status)
    return parsed_by(
        plugin, Exchange(operation=Operation.SUBMIT, at=NOON, message=message, request=request)
    )


def polled(
    body: object, status: int = 200, task: Task = RUNNING, request: Submission = DRAWING
) -> Task:
    """What the plugin makes of the answer to a poll."""
    message = response(body, status)
    return parsed_by(
        plugin,
        Exchange(operation=Operation.POLL, at=NOON, message=message, request=request, task=task),
    )


def delivered(body: object, task: Task | None = None) -> Task:
    """What the plugin makes of a webhook."""
    message = Delivery(body=json.dumps(body).encode())
    return parsed_by(
        plugin, Exchange(operation=Operation.WEBHOOK, at=NOON, message=message, task=task or Task())
    )


def sent(request: Submission) -> Mapping[str, object]:
    """The JSON body that a submission carries."""
    made = plugin.submit(request)
    assert isinstance(made.body, JsonBody)
    return made.body.value


# --------------------------------------------------------------------------- describe


def test_the_default_is_seedream_4_5() -> None:
    """The first model is the one every provider has, and editing swaps its id."""
    first = plugin.describe().models[0]
    assert (first.id, first.name, first.edits_with) == (DRAW, "seedream-4.5", EDIT)


def test_editing_needs_references_by_url() -> None:
    """`image_urls` is an array of URLs, required for seedream/4.5-edit."""
    references = plugin.describe().limits(EDIT).references
    assert references is not None
    assert references.required
    assert references.forms == ("url",)
    assert plugin.describe().limits(DRAW).references is None


@pytest.mark.parametrize("model", [DRAW, EDIT])
def test_the_catalog_holds_the_documented_limits(model: str) -> None:
    """Eight ratios, two qualities, a prompt of 3 to 5000 characters, nothing else."""
    limits = plugin.describe().limits(model)
    ratio, quality, prompt = (
        limits.parameters[name] for name in ("aspect_ratio", "quality", "prompt")
    )
    assert isinstance(ratio, Choice)
    assert ratio.values == ("1:1", "4:3", "3:4", "16:9", "9:16", "2:3", "3:2", "21:9")
    assert isinstance(quality, Choice)
    assert quality.values == ("basic", "high")
    assert isinstance(prompt, Text)
    assert [prompt.admits("x" * n) for n in (2, 3, 5000, 5001)] == [False, True, True, False]
    assert set(limits.parameters) == {"aspect_ratio", "quality", "prompt", "negative_prompt"}
    assert limits.max_n == 1


def test_every_fact_of_the_catalog_names_its_source() -> None:
    """No model, parameter or price stands there without a document."""
    info = plugin.describe()
    for model in (*info.models, info.general):
        facts = [model, *model.parameters.values(), *model.prices]
        assert all(fact.source for fact in facts)


def test_keys_go_to_the_one_documented_origin() -> None:
    """The mirror of the documentation is no API host."""
    assert plugin.describe().origins == ("https://apiin.one",)


# ------------------------------------------------------------------------------ price


@pytest.mark.parametrize("request_", [DRAWING, EDITING])
def test_both_modes_cost_twelve_credits(request_: Submission) -> None:
    """The page prices drawing and editing alike; dollars are the core's business."""
    quote = plugin.price(request_, None)
    assert quote is not None
    assert quote.kind is QuoteKind.EXACT
    assert quote.credits == (Decimal(12), Decimal(12))
    assert (quote.low, quote.high) == (None, None)
    assert (quote.as_of, bool(quote.source)) == (date(2026, 11, 20), True)


@pytest.mark.parametrize(("name", "known"), [("seed", True), ("layers", False)])
def test_what_no_page_names_makes_the_price_unknown(name: str, known: bool) -> None:  # noqa: FBT001
    """A documented option costs nothing beside the image; of any other no page speaks."""
    quote = plugin.price(evolve(DRAWING, options={name: 7}), None)
    assert quote is not None
    assert (quote.kind is QuoteKind.EXACT) is known
    assert known or name in quote.reason


def test_a_quote_is_a_range_over_what_the_pages_say_of_a_credit() -> None:
    """A budget that believed the cheaper of two pages would be kept at a fifth of what is paid."""
    with Client(Account(provider="apiin", key="aio_a-key-of-the-tests")) as client:
        quote = client.quote(ImageRequest(prompt="a lake"), provider="apiin")
        with pytest.raises(CostLimitError):
            client.generate(
                ImageRequest(prompt="a lake"), provider="apiin", max_cost=Decimal("0.024")
            )
    assert quote.credits == (12, 12)
    assert (quote.low, quote.high) == (Decimal("0.024"), Decimal("0.12"))
    (assumption,) = quote.assumptions
    assert "$0.002 by https://apiin-one.pages.dev/ja/models/seedream-4-5" in assumption
    assert "$0.01 by https://apiin.one/model/seedream-4-5" in assumption


def test_the_price_of_a_model_outside_the_catalog_is_unknown() -> None:
    """None, not zero and not the price of another."""
    assert plugin.price(submission(prompt="a lake", model="flux-2"), None) is None


# ----------------------------------------------------------------------------- submit


def test_a_submission_is_the_printed_request() -> None:
    """The body of the page's curl command, field for field, with the key left to the core."""
    prompt = "A serene mountain lake at sunrise with reflections, photorealistic"
    asked = submission(prompt=prompt, model=DRAW, aspect_ratio="16:9", quality="high")
    body = {"model": DRAW, "prompt": prompt, "aspect_ratio": "16:9", "quality": "high"}
    assert plugin.submit(asked) == Request.post(GENERATIONS, body)


def test_what_is_not_asked_is_not_sent() -> None:
    """The provider's defaults are left to the provider."""
    assert sent(DRAWING) == {"model": DRAW, "prompt": "a lake"}


def test_references_are_sent_as_image_urls() -> None:
    """The page of the model wins over the general page, which says `input_urls`."""
    two = evolve(EDITING, references=(PHOTO, HILL))
    assert sent(two)["image_urls"] == [PHOTO, HILL]
    assert "input_urls" not in sent(two)


@pytest.mark.parametrize("request_", [DRAWING, EDITING])
def test_a_negative_prompt_is_sent_with_a_notice_and_leaves_the_price_known(
    request_: Submission,
) -> None:
    """One of the API's pages lists it, the model's own does not; neither prices it."""
    asked = evolve(request_, negative_prompt="rain")
    assert sent(asked)["negative_prompt"] == "rain"
    quote = plugin.price(asked, None)
    assert quote is not None
    assert quote == plugin.price(request_, None)
    assert "negative_prompt" in {each.field for each in resolve(asked, plugin.describe()).notices}


def test_a_webhook_is_asked_for_as_callback_url() -> None:
    """Both newer pages name the field."""
    asked = evolve(DRAWING, webhook_url="https://example.com/hook")
    assert sent(asked)["callback_url"] == "https://example.com/hook"


def test_raw_options_are_merged() -> None:
    """Raw options reach the body as they are."""
    asked = evolve(DRAWING, options={"seed": 7})
    assert sent(asked) == {"model": DRAW, "prompt": "a lake", "seed": 7}


# ------------------------------------------------------------------------------- poll


@pytest.mark.parametrize(
    ("task_id", "path"), [("n30xxxx_seed", "n30xxxx_seed"), ("a/../b?c", "a%2F..%2Fb%3Fc")]
)
def test_a_task_is_asked_for_by_its_id(task_id: str, path: str) -> None:
    """An id is one segment of the path, whatever it holds."""
    assert plugin.poll(Task(id=task_id)) == Request.get(f"https://apiin.one/api/v1/tasks/{path}")


# ------------------------------------------------------------------- parse: accepted


@pytest.mark.parametrize(
    ("body", "task_id"),
    [
        (CREATED, "n30x"),
        (CREATED_OLDER, "task_abc123"),
        (envelope(taskId="t", status="IN_PROGRESS"), "t"),
        (envelope(id="t", status="pending"), "t"),
        (envelope(task_id="t", taskId="u", id="v", status="pending"), "t"),
        (envelope(task_id="t", id=77, status="pending"), "t"),
    ],
)
def test_a_created_task_runs_under_its_id(body: object, task_id: str) -> None:
    """Both documented shapes, and the upstream's name; the first name that is there counts."""
    task = submitted(body)
    assert (task.id, task.state, task.billed) == (task_id, TaskState.RUNNING, Billed.UNKNOWN)
    assert task.raw == body


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_success_status_accepts_a_create(status: int) -> None:
    """No document names it."""
    assert submitted(CREATED, status).id == "n30x"


@pytest.mark.parametrize("name", ["task_id", "taskId", "id"])
@pytest.mark.parametrize("value", [None, "", 7.5, True, [], {}])
def test_a_created_task_without_an_id_is_an_error(name: str, value: object) -> None:
    """It could never be asked for again, and nobody knows whether it will be billed."""
    with pytest.raises(ProtocolError) as caught:
        submitted(envelope(**{name: value, "status": "IN_PROGRESS"}))
    assert caught.value.billed is Billed.UNKNOWN


def test_a_known_id_is_kept() -> None:
    """The `id` in a later answer may be that of a record."""
    assert polled(envelope(id="record-9", status="IN_PROGRESS")).id == RUNNING.id


# -------------------------------------------------------------------- parse: statuses


@pytest.mark.parametrize("name", ["status", "state", "task_status"])
@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
@pytest.mark.parametrize(
    ("word", "state"),
    [
        *((word, TaskState.RUNNING) for word in ("in_progress", "pending", "queued")),
        *((word, TaskState.RUNNING) for word in ("processing", "waiting", "queuing")),
        ("generating", TaskState.RUNNING),
        *((word, TaskState.SUCCEEDED) for word in ("completed", "success", "succeeded")),
        *((word, TaskState.SUCCEEDED) for word in ("done", "finished")),
        *((word, TaskState.FAILED) for word in ("failed", "fail", "error")),
        *((word, TaskState.CANCELED) for word in ("canceled", "cancelled")),
    ],
)
def test_a_status_is_read_in_any_case(
    name: str, spell: Callable[[str], str], word: str, state: TaskState
) -> None:
    """One page prints IN_PROGRESS and completed; three names for the status are read."""
    task = polled(envelope(**{name: spell(word), "resultUrls": [LAKE]}))
    assert task.state is state


@pytest.mark.parametrize("word", ["PAUSED", "complete", "0", "in progress"])
def test_an_unknown_status_is_an_error_of_the_exchange(word: str) -> None:
    """Neither success nor failure: it is asked again."""
    with pytest.raises(UnknownStatusError) as caught:
        polled(envelope(task_id="t", status=word, resultUrls=[LAKE]))
    assert caught.value.pointer == "/data/status"


@pytest.mark.parametrize("value", [None, "", 7, 7.5, True, [], ["completed"], {}])
def test_a_status_of_another_type_is_no_status(value: object) -> None:
    """Nothing is coerced, and a missing status is never a success."""
    with pytest.raises(ProtocolError):
        polled(envelope(task_id="t", status=value, resultUrls=[LAKE]))


# ---------------------------------------------------------------------- parse: images


def test_a_completed_task_is_billed_and_has_its_images_in_order() -> None:
    """Billed per successful request."""
    task = polled(envelope(task_id="t", status="completed", resultUrls=[LAKE, HILL]))
    assert (task.state, task.billed, task.errors) == (TaskState.SUCCEEDED, Billed.YES, ())
    assert task.images == (Image(url=LAKE, index=0), Image(url=HILL, index=1))


def _held(name: str) -> object:
    match name:
        case "images":
            return [{"url": LAKE}]
        case "url" | "image_url":
            return LAKE
        case _:
            return [LAKE]


NAMES = ("resultUrls", "result_urls", "image_urls", "images", "urls", "url", "image_url")
HOLDERS = ("output", "result", "response", "resultJson")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("holder", ["", *HOLDERS])
def test_images_are_found_at_every_listed_place(name: str, holder: str) -> None:
    """Nobody documents a completed task, so a closed list of places is read."""
    inner = {name: _held(name)}
    data = {holder: inner} if holder else inner
    task = polled(envelope(task_id="t", status="completed", **data))
    assert task.images == (Image(url=LAKE),)


@pytest.mark.parametrize("name", NAMES)
def test_the_upstream_s_result_is_json_in_a_string(name: str) -> None:
    """`resultJson` is parsed once."""
    text = json.dumps({name: _held(name)})
    task = polled(envelope(taskId="t", state="success", resultJson=text))
    assert task.images == (Image(url=LAKE),)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"resultUrls": [LAKE]}, {"urls": [HILL]}),
        ({"url": LAKE}, {"output": {"resultUrls": [HILL]}}),
        ({"output": {"url": LAKE}}, {"resultJson": '{"resultUrls": ["' + HILL + '"]}'}),
        ({"result": {"urls": [LAKE]}}, {"image_urls": [HILL]}),
    ],
)
def test_the_first_place_wins(earlier: Mapping[str, object], later: Mapping[str, object]) -> None:
    """The list has an order; the task's own image_urls, an input's name too, comes last."""
    task = polled(envelope(task_id="t", status="completed", **later, **earlier))
    assert task.images == (Image(url=LAKE),)


@pytest.mark.parametrize(
    "nothing",
    [
        *({name: None} for name in (*NAMES, *HOLDERS) if name != "image_url"),
        *({name: []} for name in NAMES if name not in {"url", "image_url"}),
        *({name: {}} for name in HOLDERS),
        {"url": ""},
        {"resultJson": ""},
    ],
)
def test_a_place_that_holds_nothing_is_passed_over(nothing: Mapping[str, object]) -> None:
    """Null and empty are no image, and no reason to overlook a later one."""
    task = polled(envelope(**{"task_id": "t", "status": "completed", "image_url": LAKE, **nothing}))
    assert task.images == (Image(url=LAKE),)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"resultUrls": []},
        {"resultUrls": LAKE},
        {"resultUrls": [None]},
        {"resultUrls": [""]},
        {"resultUrls": ["lake.png"]},
        {"resultUrls": ["https://"]},
        {"resultUrls": ["ftp://example.com/lake.png"]},
        {"resultUrls": ["data:text/plain;base64,bW9kZXJhdGVk"]},
        {"images": [LAKE]},
        {"images": [{"href": LAKE}]},
        {"url": [LAKE]},
        {"output": LAKE},
        {"output": [LAKE]},
        {"resultJson": "{"},
        {"resultJson": "null"},
        {"resultJson": "[]"},
        {"resultJson": json.dumps(json.dumps({"resultUrls": [LAKE]}))},
        {"artifacts": [{"url": LAKE}]},
        {"output": {"output": {"url": LAKE}}},
    ],
)
def test_a_completed_task_without_an_image_is_no_success(data: Mapping[str, object]) -> None:
    """Anything outside the list, or of another type, is an error and not a guess."""
    with pytest.raises(ProtocolError):
        polled(envelope(task_id="t", status="completed", **data))


@pytest.mark.parametrize("name", ["input", "param", "params", "request"])
@pytest.mark.parametrize("urls", [[PHOTO], [LAKE]])
def test_an_echoed_request_is_never_read(name: str, urls: object) -> None:
    """Whatever stands there was sent, not drawn."""
    echo = {"image_urls": urls, "url": LAKE}
    with pytest.raises(ProtocolError):
        polled(envelope(task_id="t", status="completed", **{name: echo}))


@pytest.mark.parametrize("urls", [[PHOTO], ["https://apiin.one/copies/photo.png"]])
def test_the_image_urls_of_an_edit_are_its_inputs(urls: object) -> None:
    """Beside the status they are the request's own field, copied elsewhere or not."""
    body = envelope(task_id="t", status="completed", image_urls=urls)
    with pytest.raises(ProtocolError):
        polled(body, request=EDITING)
    with pytest.raises(ProtocolError):
        submitted(body, request=EDITING)


def test_a_url_that_was_sent_is_no_result_anywhere() -> None:
    """The references are left out, and what remains is the result."""
    echo = {"image_urls": [PHOTO], "urls": [PHOTO, LAKE]}
    body = envelope(task_id="t", status="completed", image_urls=[PHOTO], response=echo)
    assert polled(body, request=EDITING).images == (Image(url=LAKE),)


def test_raw_holds_no_image() -> None:
    """Bytes that a provider might inline are replaced by their number."""
    inline = "data:image/png;base64," + "A" * 400
    task = polled(envelope(task_id="t", status="completed", url=LAKE, preview=inline))
    assert "AAAA" not in json.dumps(task.raw)
    assert "<300 bytes>" in json.dumps(task.raw)


# ------------------------------------------------------------------ parse: no success


@pytest.mark.parametrize(
    ("data", "message", "code"),
    [
        ({"error": "Generation failed"}, "Generation failed", ""),
        ({"error": {"message": "No", "type": "server_error", "code": 500}}, "No", "server_error"),
        ({"error": {"message": "No", "code": 500}}, "No", "500"),
        ({"error": {"message": "No", "code": "E7"}}, "No", "E7"),
        ({"error": None, "failMsg": "No", "failCode": "501"}, "No", "501"),
        ({"error": {}}, "The provider gave no reason.", ""),
        ({}, "The provider gave no reason.", ""),
    ],
)
def test_a_failed_task_says_why_and_is_not_billed(
    data: Mapping[str, object], message: str, code: str
) -> None:
    """The reason is read where a public client and the upstream have it."""
    task = polled(envelope(task_id="t", status="failed", **data))
    assert (task.state, task.billed, task.images) == (TaskState.FAILED, Billed.NO, ())
    assert task.errors == (Failure(message=message, code=code),)


def test_a_failed_task_outside_the_envelope_is_a_task() -> None:
    """A status tells it from the error of an exchange."""
    body = {"id": "t", "status": "failed", "error": {"code": 400, "message": "No"}}
    assert polled(body).errors == (Failure(message="No", code="400"),)


def test_a_create_that_fails_at_once_needs_no_id() -> None:
    """There is nothing to ask for any more."""
    task = submitted(envelope(status="failed", error="No"))
    assert (task.id, task.state, task.billed) == ("", TaskState.FAILED, Billed.NO)


@pytest.mark.parametrize("word", ["canceled", "CANCELLED"])
def test_a_canceled_task_is_not_called_failed(word: str) -> None:
    """The word is read as what it says; it is no success, so it is not billed."""
    task = polled(envelope(task_id="t", status=word))
    assert (task.state, task.billed) == (TaskState.CANCELED, Billed.NO)


# ---------------------------------------------------------------------- parse: errors


@pytest.mark.parametrize(
    ("status", "kind", "billed"),
    [
        (400, BadRequestError, Billed.NO),
        (401, AuthenticationError, Billed.NO),
        (402, InsufficientCreditError, Billed.NO),
        (403, PermissionDeniedError, Billed.NO),
        (404, NotFoundError, Billed.UNKNOWN),
        (429, RateLimitError, Billed.NO),
        (500, ServerError, Billed.UNKNOWN),
        (503, ServerError, Billed.UNKNOWN),
    ],
)
@pytest.mark.parametrize("ask", [submitted, polled])
def test_an_error_is_told_by_its_status_or_by_its_code(
    status: int, kind: type[ProviderError], billed: Billed, ask: Ask
) -> None:
    """The documented object says the same under an HTTP error and under HTTP 200."""
    body = {"error": {"code": status, "message": "No", "type": "some_type"}}
    for http_status in (status, 200):
        with pytest.raises(kind) as caught:
            ask(body, http_status)
        error = caught.value
        assert error.message.endswith("No")
        assert (error.status, error.code) == (status, "some_type")
        assert error.billed is billed


@pytest.mark.parametrize("data", [None, "", [], {}])
def test_the_envelope_s_own_code_counts(data: object) -> None:
    """HTTP 200 around a code of 402 is a refusal."""
    with pytest.raises(InsufficientCreditError, match="Insufficient credits"):
        submitted({"code": 402, "message": "Insufficient credits", "data": data})


@pytest.mark.parametrize("code", [500, 501, 402])
def test_the_status_of_a_task_outweighs_the_code_around_it(code: int) -> None:
    """The upstream reports a failed task with code 501: it is the task that failed."""
    body = {"code": code, "data": {"taskId": "t", "state": "fail", "failMsg": "No"}}
    assert delivered(body).state is TaskState.FAILED


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": 200, "message": "success"},
        {"code": 200, "message": "success", "data": None},
        {"code": 200, "message": "success", "data": {"task_id": "t"}},
        {"code": "no", "message": "No"},
        {"error": "Something went wrong"},
        {"error": {"code": "oops", "message": "No"}},
        {"error": {"code": 4.5, "message": "No"}},
        {"error": {"code": 418, "message": "No"}},
        {"error": []},
        {"data": [{"status": "completed", "url": LAKE}]},
        [],
        "completed",
        7,
        None,
        b"",
        b"  ",
        b'{"code":200,"data":{"task_id":"',
        b"<!doctype html><title>API in One</title>",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"data":NaN}',
    ],
)
@pytest.mark.parametrize("ask", [submitted, polled])
def test_what_no_document_describes_is_a_protocol_error(body: object, ask: Ask) -> None:
    """Nothing is guessed from it, and nobody knows whether it was billed."""
    with pytest.raises(ProtocolError) as caught:
        ask(body)
    assert caught.value.billed is Billed.UNKNOWN


@pytest.mark.parametrize("body", [b"", b"<h1>Bad gateway</h1>", {"error": 7}, [], REFUSED])
def test_a_gateway_may_answer_in_anything(body: object) -> None:
    """The HTTP status decides, whatever the body is."""
    with pytest.raises(ServerError) as caught:
        polled(body, 502)
    assert (caught.value.status, caught.value.billed) == (502, Billed.UNKNOWN)


@pytest.mark.parametrize("status", [302, 409, 418, 422])
def test_a_status_that_nobody_names_is_a_protocol_error(status: int) -> None:
    """Its meaning, and whether it was billed, is unknown."""
    with pytest.raises(ProtocolError) as caught:
        submitted(REFUSED, status)
    assert (caught.value.status, caught.value.billed) == (status, Billed.UNKNOWN)


@pytest.mark.parametrize("message", [None, ServerSentEvent(data="[DONE]")])
def test_there_is_no_stream(message: ServerSentEvent | None) -> None:
    """An event or its end is an answer no document describes."""
    with pytest.raises(ProtocolError):
        parsed_by(plugin, Exchange(operation=Operation.END, at=NOON, message=message, task=RUNNING))


# -------------------------------------------------------------------- parse: webhooks


@pytest.mark.parametrize("task", [None, RUNNING])
def test_a_webhook_is_read_like_a_poll(task: Task | None) -> None:
    """Its body is not documented: it may be the poll's or the upstream's."""
    own = delivered(envelope(task_id="n30x_seed", status="completed", url=LAKE), task)
    text = json.dumps({"resultUrls": [LAKE]})
    upstream = {"taskId": "n30x_seed", "state": "success", "resultJson": text}
    passed_on = delivered({"code": 200, "msg": "success", "data": upstream}, task)
    for got in (own, passed_on):
        assert (got.id, got.state) == ("n30x_seed", TaskState.SUCCEEDED)
        assert got.images == (Image(url=LAKE),)


# ------------------------------------------------------------------ parse: everything

BODIES = {
    "created": CREATED,
    "created_older": CREATED_OLDER,
    "refused": REFUSED,
    "completed": envelope(task_id="t", status="completed", resultUrls=[LAKE, HILL]),
    "completed_upstream": envelope(
        taskId="t", state="success", resultJson=json.dumps({"resultUrls": [LAKE]})
    ),
    "completed_nested": envelope(
        task_id="t", status="completed", output={"images": [{"url": LAKE}]}, image_urls=[HILL]
    ),
    "failed": envelope(
        task_id="t", status="failed", error={"code": 500, "message": "No", "type": "server_error"}
    ),
    "failed_upstream": envelope(taskId="t", state="fail", failCode="501", failMsg="No"),
}
_WRONG: tuple[object, ...] = (None, 7, "x", [], {}, True)
_DROPPED = object()


def _paths(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    steps: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    for step, item in steps:
        yield from _paths(item, (*path, step))


def _replaced(body: object, path: tuple[str | int, ...], value: object) -> object:
    """A copy of `body` with `value` at `path`, or without what was there."""
    if not path:
        return {} if value is _DROPPED else value
    copy = deepcopy(body)
    within = copy
    for step in path[:-1]:
        within = within[step]  # type: ignore[index]  # the path leads through containers
    if value is _DROPPED:
        del within[path[-1]]  # type: ignore[attr-defined]
    else:
        within[path[-1]] = value  # type: ignore[index]
    return copy


def _damaged(status: int) -> Iterator[tuple[str, tuple[object, int]]]:
    for name, body in BODIES.items():
        for path in _paths(body):
            for value in (*_WRONG, _DROPPED):
                label = "dropped" if value is _DROPPED else json.dumps(value)
                pointer = "/".join(str(step) for step in path)
                yield f"{name}:/{pointer}={label}", (_replaced(body, path, value), status)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_damaged_answer_is_a_task_or_one_of_our_errors(status: int) -> None:
    """Whatever stands at any place, nothing else escapes, and no success lacks an image."""
    assert failing(_is_told, _damaged(status)) == {}


def _is_told(body: object, status: int) -> None:
    message = response(body, status)
    for operation in (Operation.SUBMIT, Operation.POLL, Operation.WEBHOOK):
        task = RUNNING if operation is Operation.POLL else None
        exchange = Exchange(operation=operation, at=NOON, message=message, task=task or Task())
        try:
            got = parsed_by(plugin, exchange)
        except TintypeError:
            continue
        assert isinstance(got, Task)
        assert status == 200
        assert got.images or got.state is not TaskState.SUCCEEDED
        assert all(image.url in {LAKE, HILL} for image in got.images)
