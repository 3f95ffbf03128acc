"""APIYI: one synchronous call, a stream of one of two families, and a bill by the image."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from tests.plugins.reading import parsed_by, submission

import tintype_apiyi as apiyi
from tintype.catalog import Choice, Pixels, Unsupported
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    ServerError,
    TintypeError,
    UnknownStatusError,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.messages import JsonBody, Request, Response, ServerSentEvent
from tintype.models import Failure, Image, QuoteKind, Task, TaskState, Usage
from tintype.request import Submission

NOW = datetime(2026, 11, 20, tzinfo=UTC)
URL = "https://ark-content-generation-v2-ap-southeast-1.tos-ap-southeast-1.bytepluses.com/1.png"
PNG = b"\x89PNG\r\n\x1a\n and so on"
BASE64 = base64.b64encode(PNG).decode()
V5, V4_5, V4 = "seedream-5-0-260128", "seedream-4-5-251128", "seedream-4-0-250828"
LITE, PRO, V5_5 = "seedream-5-0-lite-260128", "seedream-5-0-pro-260628", "seedream-5-5-261028"

DRAWN = {
    "model": V5,
    "created": 1768518000,
    "data": [{"url": URL, "size": "2048x1024"}],
    "usage": {"generated_images": 1, "output_tokens": 6240, "total_tokens": 6240},
}
SENSITIVE = {
    "code": "OutputImageSensitiveContentDetected",
    "message": "The request failed because the output image may contain sensitive information.",
}
INTERNAL = {"code": "InternalServiceError", "message": "The service failed."}
UNAUTHORIZED = {
    "error": {
        "code": "AuthenticationError",
        "message": "the API key or AK/SK in the request is missing or invalid. request id: ...",
        "param": "",
        "type": "Unauthorized",
    }
}
SUCCEEDED_EVENT = {
    "type": "image_generation.partial_succeeded",
    "model": V5,
    "created": 1757396757,
    "image_index": 0,
    "url": URL,
    "size": "2496x1664",
}
FAILED_EVENT = {
    "type": "image_generation.partial_failed",
    "model": V5,
    "created": 1589478378,
    "image_index": 2,
    "error": SENSITIVE,
}
COMPLETED_EVENT = {
    "type": "image_generation.completed",
    "model": V5,
    "created": 1757396825,
    "usage": {"generated_images": 1, "output_tokens": 48672, "total_tokens": 48672},
}
SKETCH_EVENT = {
    "type": "image_generation.partial_image",
    "b64_json": BASE64,
    "created_at": 1757396700,
    "output_format": "png",
    "partial_image_index": 1,
    "size": "1024x1024",
}
OPENAI_EVENT = {
    "type": "image_generation.completed",
    "b64_json": BASE64,
    "created_at": 1757396800,
    "output_format": "png",
    "size": "1024x1024",
    "usage": {"input_tokens": 50, "output_tokens": 6240, "total_tokens": 6290},
}


def asked(**fields: object) -> Submission:
    """A request as the resolver leaves it."""
    return submission(**{"prompt": "a cat", "model": V5, **fields})  # type: ignore[arg-type]


def body_of(request: Request) -> Mapping[str, object]:
    """The JSON that a request sends."""
    assert isinstance(request.body, JsonBody)
    return request.body.value


def response(body: object, status: int = 200, **headers: str) -> Response:
    """An answer with this JSON, text or bytes."""
    content = json.dumps(body).encode() if isinstance(body, dict | list) else body
    data = content.encode() if isinstance(content, str) else content
    assert isinstance(data, bytes)
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(status=status, headers=named, body=data)


def event(body: object, name: str = "message") -> ServerSentEvent:
    """An event with this JSON or text."""
    return ServerSentEvent(data=body if isinstance(body, str) else json.dumps(body), event=name)


def read(message: Message, request: Submission | None = None) -> Task:
    """What `parse` makes of the answer to a submission."""
    given = request or asked()
    exchange = Exchange(operation=Operation.SUBMIT, at=NOW, message=message, request=given)
    return parsed_by(apiyi, exchange)


def follow(*events: ServerSentEvent, request: Submission | None = None) -> Task:
    """What `parse` makes of a stream, from its first event to its end."""
    task: Task | None = None
    for item in (*events, None):
        operation = Operation.END if item is None else Operation.EVENT
        given = request or asked()
        exchange = Exchange(
            operation=operation, at=NOW, message=item, request=given, task=task or Task()
        )
        task = parsed_by(apiyi, exchange)
    assert task is not None
    return task


# -------------------------------------------------------------------------- the catalog


def test_the_default_is_the_documented_one() -> None:
    """APIYI's documented default model comes first; 4.5 is there under its canonical name."""
    info = apiyi.describe()
    assert info.models[0].id == V5
    assert [model.name for model in info.models if model.name] == [
        "seedream-5.0",
        "seedream-4.5",
        "seedream-4.0",
        "seedream-5.0-lite",
        "seedream-5.0-pro",
        "seedream-5.5",
    ]


@pytest.mark.parametrize(
    ("model", "tiers"),
    [
        (V5, ("2K", "3K")),
        (V4_5, ("2K", "4K")),
        (V4, ("1K", "2K", "4K")),
        (PRO, ("1K", "2K")),
        (V5_5, ("1K", "1.5K", "2K")),
    ],
)
def test_each_version_has_its_own_tiers(model: str, tiers: tuple[str, ...]) -> None:
    """Resolution tiers vary by version."""
    described = apiyi.describe().limits(model).parameters["resolution"]
    assert isinstance(described, Choice)
    assert described.values == tiers


def test_lite_has_no_price() -> None:
    """5.0 Lite stands in the list of ids alone."""
    assert apiyi.price(asked(model=LITE), None) is None


@pytest.mark.parametrize(
    ("model", "formats"),
    [(V5, ("jpeg", "png")), (V4_5, ("jpeg",)), (V4, ("jpeg",)), (PRO, ("jpeg", "png"))],
)
def test_png_is_for_version_5_alone(model: str, formats: tuple[str, ...]) -> None:
    """4.5 and 4.0 draw only jpeg."""
    described = apiyi.describe().limits(model).parameters["output_format"]
    assert isinstance(described, Choice)
    assert described.values == formats


@pytest.mark.parametrize("model", [V5, V4_5, V4, LITE, PRO, V5_5, "some-other-model"])
def test_neither_n_nor_seed_is_sent_by_a_field(model: str) -> None:
    """The newer page says that n is ignored and seed has no effect."""
    limits = apiyi.describe().limits(model)
    assert limits.max_n == 1
    assert isinstance(limits.parameters["seed"], Unsupported)
    assert {"n", "seed"}.isdisjoint(body_of(apiyi.submit(asked(model=model))))


@pytest.mark.parametrize(
    ("size", "admitted"),
    [
        ("1280x720", True),
        ("4096x4096", True),
        ("1279x720", False),
        ("4097x4096", False),
        ("16000x1000", True),
        ("16001x1000", False),
    ],
)
def test_exact_pixels_have_documented_bounds(size: str, admitted: bool) -> None:  # noqa: FBT001
    """1280x720 to 4096x4096 pixels in all, and sides of at most 1:16."""
    described = apiyi.describe().limits(V4).parameters["size"]
    assert isinstance(described, Pixels)
    assert described.admits(size) is admitted


def test_every_size_of_a_ratio_is_within_the_bounds() -> None:
    """The pixels taken from a sibling's list are ones that APIYI's own bounds admit."""
    for model in apiyi.describe().models:
        assert all(
            model.parameters["size"].admits(size)
            for sizes in model.sizes.values()
            for size in sizes.values()
        )


@pytest.mark.parametrize(("model", "seconds"), [(V4, 60), (V4_5, 60), (V5, 120), (PRO, 240)])
def test_nobody_hangs_up_before_the_documented_time(model: str, seconds: int) -> None:
    """Hanging up is billed, so a request waits at least as long as is recommended."""
    assert (apiyi.describe().limits(model).request_timeout or 0) >= seconds


def test_keys_go_to_the_two_documented_hosts() -> None:
    """The backup host is a second origin."""
    assert apiyi.describe().origins == ("https://api.apiyi.com", "https://vip.apiyi.com")


# --------------------------------------------------------------------------- the price


@pytest.mark.parametrize(
    ("model", "usd"), [(V5, "0.035"), (V4_5, "0.04"), (V4, "0.03"), (PRO, "0.12")]
)
def test_a_price_is_by_the_image(model: str, usd: str) -> None:
    """The table's price, times n."""
    quote = apiyi.price(asked(model=model, n=3), None)
    assert quote is not None
    assert quote.usd == 3 * Decimal(usd)


def test_an_unknown_model_has_an_unknown_price() -> None:
    """Outside the catalog nothing is claimed."""
    assert apiyi.price(asked(model="some-other-model"), None) is None


def test_version_5_5_is_priced_by_tier() -> None:
    """Without references the tier tells the price; an open tier leaves a range."""
    fine = apiyi.price(asked(model=V5_5, resolution="2K"), None)
    left_open = apiyi.price(asked(model=V5_5), None)
    assert fine is not None
    assert left_open is not None
    assert fine.usd == Decimal("0.035")
    assert (left_open.low, left_open.high) == (Decimal("0.020"), Decimal("0.035"))


def test_each_reference_of_version_5_5_costs_extra() -> None:
    """The price of the tier, and $0.008 a reference."""
    quote = apiyi.price(asked(model=V5_5, resolution="2K", references=[URL] * 3), None)
    left_open = apiyi.price(asked(model=V5_5, references=[URL]), None)
    assert quote is not None
    assert left_open is not None
    assert quote.usd == Decimal("0.059")
    assert [(line.billable, line.quantity) for line in quote.lines] == [
        ("output_image", 1),
        ("input_image", 3),
    ]
    assert (left_open.low, left_open.high) == (Decimal("0.028"), Decimal("0.043"))


@pytest.mark.parametrize(
    ("options", "references", "most"),
    [({"max_images": 4}, 0, 4), ({}, 0, 15), ({}, 5, 10), (None, 0, 15)],
)
def test_a_sequence_is_quoted_up_to_its_most_images(
    options: dict[str, int] | None, references: int, most: int
) -> None:
    """A sequence is billed by the images it turns out to have, so its price is a range."""
    sequence: dict[str, object] = {"sequential_image_generation": "auto"}
    if options is not None:
        sequence["sequential_image_generation_options"] = options
    request = asked(options=sequence, references=[URL] * references)
    quote = apiyi.price(request, None)
    assert quote is not None
    assert quote.kind is QuoteKind.RANGE
    assert (quote.low, quote.high) == (Decimal("0.035"), most * Decimal("0.035"))
    assert [line.quantity for line in quote.lines] == [None]
    assert quote.assumptions


def test_a_sequence_of_one_has_an_exact_price() -> None:
    """At most one image is one image."""
    options = {
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": {"max_images": 1},
    }
    quote = apiyi.price(asked(options=options), None)
    assert quote is not None
    assert quote.usd == Decimal("0.035")


@pytest.mark.parametrize(
    ("option", "usd"),
    [("response_format", Decimal("0.035")), ("optimize_prompt_options", None)],
)
def test_an_option_of_unknown_cost_makes_the_price_unknown(
    option: str, usd: Decimal | None
) -> None:
    """The table is exact about what it lists, and about nothing else."""
    quote = apiyi.price(asked(options={option: "url"}), None)
    assert (quote and quote.usd) == usd


# ---------------------------------------------------------------------- the submission


def test_the_playground_request_is_reproduced() -> None:
    """A model and a prompt send just that: no default is written out."""
    request = apiyi.submit(asked())
    assert (request.method, request.url) == (
        "POST",
        "https://api.apiyi.com/v1/images/generations",
    )
    assert request.auth
    assert request.answer == "whole"
    assert body_of(request) == {"model": V5, "prompt": "a cat"}


def test_the_curl_example_is_reproduced() -> None:
    """A false watermark is sent as false; response_format is a raw option."""
    options = {"response_format": "url"}
    request = apiyi.submit(asked(resolution="2K", watermark=False, options=options))
    assert body_of(request) == {
        "model": V5,
        "prompt": "a cat",
        "size": "2K",
        "watermark": False,
        "response_format": "url",
    }


def test_exact_pixels_are_the_size() -> None:
    """The wire has one field for a tier and for pixels."""
    assert body_of(apiyi.submit(asked(size="2848x1600")))["size"] == "2848x1600"


def test_references_are_one_array_in_order() -> None:
    """URLs and data URLs mix, and their order is what "image 1" means."""
    inline = f"data:image/png;base64,{BASE64}"
    request = apiyi.submit(asked(references=[URL, inline]))
    assert body_of(request)["image"] == [URL, inline]


def test_a_single_reference_is_an_array_too() -> None:
    """APIYI documents an array, whatever its upstream takes."""
    assert body_of(apiyi.submit(asked(references=[URL])))["image"] == [URL]


def test_a_data_url_with_capitals_is_refused_before_it_is_sent() -> None:
    """The media type has to be in lower case; the payload has capitals of its own."""
    with pytest.raises(InvalidRequestError) as caught:
        apiyi.submit(asked(references=[f"data:image/PNG;base64,{BASE64}"]))
    assert caught.value.field == "references"
    assert caught.value.allowed


def test_a_stream_is_asked_for_and_expected() -> None:
    """The transport hears of a stream that the body asks for."""
    request = apiyi.submit(asked(stream=True))
    assert body_of(request)["stream"] is True
    assert request.answer == "events"


@pytest.mark.parametrize(
    ("references", "most"),
    [(10, 6), (0, 16), (0, 0), (3, 13), (0, "4"), (0, True), (0, 4.0), (0, None)],
)
def test_references_and_images_are_fifteen_together(references: int, most: object) -> None:
    """Ten in and six out is the documented example of a rejection."""
    options = {
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": {"max_images": most},
    }
    with pytest.raises(InvalidRequestError) as caught:
        apiyi.submit(asked(references=[URL] * references, options=options))
    assert caught.value.field == "options"
    assert caught.value.allowed == (f"1…{15 - references}",)


@pytest.mark.parametrize(("references", "most"), [(10, 5), (3, 4), (0, 15), (14, 1)])
def test_fifteen_together_are_sent(references: int, most: int) -> None:
    """The bound itself is allowed."""
    sequence = {
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": {"max_images": most},
    }
    request = apiyi.submit(asked(references=[URL] * references, options=sequence))
    assert sequence.items() <= body_of(request).items()


def test_there_is_nothing_to_poll() -> None:
    """Every call is synchronous."""
    assert apiyi.poll(Task()) is None


# ------------------------------------------------------------------ a complete answer


def test_an_answer_is_a_task_that_has_ended() -> None:
    """Image, size, usage, cost and bill, all from one answer."""
    task = read(response(DRAWN))
    assert task.id == ""
    assert task.state is TaskState.SUCCEEDED
    assert task.images == (Image(url=URL, width=2048, height=1024),)
    assert task.usage == Usage(images=1, completion_tokens=6240, total_tokens=6240)
    assert task.cost is not None
    assert task.cost.usd == Decimal("0.035")
    assert task.cost.source == "documented price x generated_images"
    assert task.billed is Billed.YES


def test_base64_becomes_bytes_and_leaves_no_trace() -> None:
    """`b64_json` is plain base64; `raw` says how long it was."""
    task = read(response({"data": [{"b64_json": BASE64, "size": "2048x2048"}]}))
    assert task.images == (Image(data=PNG, width=2048, height=2048),)
    assert BASE64 not in json.dumps(task.raw)


def test_a_url_beside_base64_wins() -> None:
    """One sample prints both in one item: a placeholder in base64 costs nobody the picture."""
    task = read(response({"data": [{"url": URL, "b64_json": "<string>", "size": "2048x2048"}]}))
    assert task.images == (Image(url=URL, width=2048, height=2048),)


@pytest.mark.parametrize("size", [None, "2K", "", "2048", "0x5", "٣x٤", "9999999x1"])
def test_a_size_that_is_no_size_is_not_told(size: str | None) -> None:
    """The picture counts; its size is unknown."""
    (image,) = read(response({"data": [{"url": URL, "size": size}]})).images
    assert (image.width, image.height) == (None, None)


def test_an_answer_without_usage_has_an_unknown_cost() -> None:
    """The billed count is `generated_images` and nothing else."""
    task = read(response({"data": [{"url": URL}]}))
    assert (task.state, task.usage, task.cost) == (TaskState.SUCCEEDED, None, None)


def test_the_cost_is_what_was_counted_not_what_was_asked() -> None:
    """A sequence may have fewer images than were allowed."""
    answer = {"data": [{"url": URL}] * 3, "usage": {"generated_images": 3}}
    task = read(response(answer), asked(model=V4, n=1))
    assert [image.index for image in task.images] == [0, 1, 2]
    assert task.cost is not None
    assert task.cost.usd == Decimal("0.09")


@pytest.mark.parametrize(("images", "usd"), [(0, "0"), (1, "0.051"), (3, "0.121")])
def test_the_cost_of_version_5_5_has_its_references_once(images: int, usd: str) -> None:
    """Nothing drawn is nothing billed; else the references stand beside the images."""
    answer = {"data": [{"url": URL}], "usage": {"generated_images": images}}
    task = read(response(answer), asked(model=V5_5, resolution="2K", references=[URL] * 2))
    assert task.cost is not None
    assert task.cost.usd == Decimal(usd)
    assert task.cost.source == "documented price x generated_images, and the references"


@pytest.mark.parametrize("model", [LITE, "some-other-model"])
def test_a_model_without_a_price_has_an_unknown_cost(model: str) -> None:
    """Unknown is not free."""
    assert read(response(DRAWN), asked(model=model)).cost is None


def test_the_cost_is_unknown_without_a_request() -> None:
    """Without knowing what was asked nothing is multiplied."""
    task = parsed_by(apiyi, Exchange(operation=Operation.SUBMIT, at=NOW, message=response(DRAWN)))
    assert task.state is TaskState.SUCCEEDED
    assert task.cost is None


def test_an_image_that_moderation_kept_back_leaves_a_partial_result() -> None:
    """An item of `data` is an image, or an error in its place."""
    answer = {**DRAWN, "data": [{"error": SENSITIVE}, {"url": URL}]}
    task = read(response(answer))
    assert task.state is TaskState.PARTIAL
    assert task.images == (Image(url=URL, index=1),)
    assert task.errors == (Failure(**SENSITIVE, index=0, refused=True),)
    assert task.billed is Billed.YES


@pytest.mark.parametrize(
    ("errors", "state", "billed"),
    [
        ([SENSITIVE], TaskState.REFUSED, Billed.NO),
        ([SENSITIVE, SENSITIVE], TaskState.REFUSED, Billed.NO),
        ([INTERNAL], TaskState.FAILED, Billed.NO),
        ([SENSITIVE, INTERNAL], TaskState.FAILED, Billed.NO),
    ],
)
def test_errors_alone_are_no_success(
    errors: list[dict[str, str]], state: TaskState, billed: Billed
) -> None:
    """HTTP 200 may hold nothing but failures; nothing counted is nothing billed."""
    answer = {"data": [{"error": error} for error in errors], "usage": {"generated_images": 0}}
    task = read(response(answer))
    assert (task.state, task.billed) == (state, billed)
    assert len(task.errors) == len(errors)


def test_a_failure_that_counts_nothing_may_have_been_billed() -> None:
    """Without a count nobody knows."""
    task = read(response({"error": INTERNAL}))
    assert (task.state, task.billed) == (TaskState.FAILED, Billed.UNKNOWN)
    assert task.errors == (Failure(**INTERNAL),)


def test_a_moderated_200_is_refused() -> None:
    """A top-level error stands where nothing was drawn."""
    task = read(response({"error": SENSITIVE}))
    assert (task.state, task.billed) == (TaskState.REFUSED, Billed.NO)


@pytest.mark.parametrize("item", [{}, {"url": ""}, {"b64_json": "", "url": None}, {"error": None}])
def test_an_item_that_holds_nothing_is_a_failure(item: dict[str, object]) -> None:
    """Beside a picture it makes the result partial: the picture is not lost."""
    task = read(response({"data": [{"url": URL}, item]}))
    assert task.state is TaskState.PARTIAL
    assert task.errors[0].index == 1
    assert not task.errors[0].refused


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": []},
        {"data": None},
        {"error": None, "data": []},
        {"data": {"url": URL}},
        {"data": [{"b64_json": "no base64!"}]},
        {"data": [[URL]]},
        [],
        [DRAWN],
        "",
        " ",
        "null",
        '"x"',
        "<html></html>",
        b"\xff\xfe",
        "NaN",
        '{"data": [',
    ],
)
def test_an_answer_no_document_describes_is_a_protocol_error(body: object) -> None:
    """No images, wrong types, HTML and broken JSON are no result, and the bill is unknown."""
    with pytest.raises(ProtocolError) as caught:
        read(response(body))
    assert caught.value.billed is Billed.UNKNOWN


def test_inputs_that_are_echoed_are_not_results() -> None:
    """Only `data` holds images."""
    with pytest.raises(ProtocolError):
        read(response({"image": [URL], "input": {"data": [{"url": URL}]}, "data": []}))


def test_unknown_keys_are_kept_in_raw() -> None:
    """What no document mentions is tolerated."""
    assert read(response({**DRAWN, "extra": {"a": 1}})).raw["extra"] == {"a": 1}


# -------------------------------------------------------------------------- a refusal


@pytest.mark.parametrize(
    ("status", "error", "kind", "billed"),
    [
        (400, {"code": "InvalidParameter", "message": "size"}, BadRequestError, Billed.NO),
        (400, {"code": None, "message": "Error when parsing request"}, BadRequestError, Billed.NO),
        (401, UNAUTHORIZED["error"], AuthenticationError, Billed.NO),
        (403, {"code": "AccessDenied", "message": "no"}, PermissionDeniedError, Billed.NO),
        (403, {"code": "AccountOverdueError"}, InsufficientCreditError, Billed.NO),
        (404, {"code": "InvalidEndpointOrModel.NotFound"}, NotFoundError, Billed.NO),
        (429, {"code": "ModelAccountIpmRateLimitExceeded"}, RateLimitError, Billed.NO),
        (429, {"code": "QuotaExceeded", "message": "slow down"}, RateLimitError, Billed.NO),
        (429, {"code": "ServerOverloaded"}, OverloadedError, Billed.NO),
        (429, {"code": "insufficient_user_quota"}, InsufficientCreditError, Billed.NO),
        (429, {"message": "Insufficient balance, top up"}, InsufficientCreditError, Billed.NO),
        (429, {"message": "用户额度不足"}, InsufficientCreditError, Billed.NO),
        (500, INTERNAL, ServerError, Billed.UNKNOWN),
        (502, INTERNAL, ServerError, Billed.UNKNOWN),
    ],
)
def test_a_refusal_means_what_its_status_and_code_say(
    status: int, error: dict[str, str], kind: type[ProviderError], billed: Billed
) -> None:
    """429 may be a balance, 403 may be arrears, and a server error may have been billed."""
    with pytest.raises(ProviderError) as caught:
        read(response({"error": error}, status, X_Request_Id="r-1"))
    assert type(caught.value) is kind
    assert caught.value.billed is billed
    assert caught.value.code == (error.get("code") or "")
    assert caught.value.request_id == "r-1"
    if error.get("message"):
        assert caught.value.message.endswith(error["message"])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (429, RateLimitError),
        (500, ServerError),
        (503, ServerError),
        (504, ServerError),
        (402, ProtocolError),
        (408, ProtocolError),
        (302, ProtocolError),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html><h1>nginx</h1></html>",
        "null",
        [],
        {"error": None},
        {"error": "text"},
        {"error": {"code": 7}},
        '{"error": {"message": "cut',
    ],
    ids=repr,
)
def test_a_refusal_that_says_nothing_goes_by_its_status(
    status: int, kind: type[TintypeError], body: object
) -> None:
    """A gateway may answer for the provider; 403 in HTML is no moderation."""
    with pytest.raises(kind) as caught:
        read(response(body, status))
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"code": "InputTextSensitiveContentDetected", "message": "no"}),
        (400, {"code": "InputImageSensitiveContentDetected", "message": "no"}),
        (403, SENSITIVE),
        (403, {"code": None, "message": "refused by moderation"}),
        (403, {"code": "", "message": "refused by moderation"}),
        (400, {"code": None, "message": "OutputImageSensitiveContentDetected: no"}),
        (400, {"code": "upstream_error", "message": "InputTextSensitiveContentDetected: no"}),
    ],
)
def test_moderation_is_a_refused_task_that_costs_nothing(
    status: int, error: dict[str, str]
) -> None:
    """It is true of the task, so it is returned; rejections are documented as unbilled."""
    task = read(response({"error": error}, status))
    assert (task.id, task.state, task.billed) == ("", TaskState.REFUSED, Billed.NO)
    (failure,) = task.errors
    assert failure.refused
    assert (failure.code, failure.message) == (error["code"] or "", error["message"])
    assert task.raw == {"error": error}


# ------------------------------------------------------------------------------ streams


def test_the_upstreams_stream_ends_without_an_image() -> None:
    """Images come in `partial_succeeded`; `completed` has the usage alone."""
    task = follow(event(SUCCEEDED_EVENT), event(COMPLETED_EVENT), event("[DONE]"))
    assert task.state is TaskState.SUCCEEDED
    assert task.images == (Image(url=URL, width=2496, height=1664),)
    assert task.usage == Usage(images=1, completion_tokens=48672, total_tokens=48672)
    assert task.cost is not None
    assert task.cost.usd == Decimal("0.035")
    assert task.billed is Billed.YES


def test_an_image_counts_before_the_stream_ends() -> None:
    """A snapshot holds the image while the task is running."""
    exchange = Exchange(operation=Operation.EVENT, at=NOW, message=event(SUCCEEDED_EVENT))
    task = parsed_by(apiyi, exchange)
    assert task.state is TaskState.RUNNING
    assert len(task.images) == 1


def test_openais_stream_ends_with_the_image() -> None:
    """Sketches are previews; the same word `completed` carries the picture."""
    task = follow(event(SKETCH_EVENT), event(OPENAI_EVENT))
    assert task.state is TaskState.SUCCEEDED
    sketch, drawn = task.previews[0], task.images[0]
    assert (sketch.data, sketch.index, sketch.media_type) == (PNG, 1, "image/png")
    assert (drawn.data, drawn.index, drawn.media_type, drawn.width) == (PNG, 0, "image/png", 1024)
    assert task.usage == Usage(prompt_tokens=50, completion_tokens=6240, total_tokens=6290)
    assert task.cost is None


def test_a_sketch_is_no_result() -> None:
    """A stream that ends after sketches is left open."""
    task = follow(event(SKETCH_EVENT))
    assert (task.state, task.images) == (TaskState.RUNNING, ())


def test_a_sketch_without_an_image_changes_nothing() -> None:
    """There is nothing to show."""
    assert follow(event({"type": "image_generation.partial_image"})).previews == ()


def test_a_stream_may_end_in_part() -> None:
    """An image that moderation kept back, and one that was drawn."""
    task = follow(event(SUCCEEDED_EVENT), event(FAILED_EVENT), event(COMPLETED_EVENT))
    assert task.state is TaskState.PARTIAL
    assert task.errors == (Failure(**SENSITIVE, index=2, refused=True),)


@pytest.mark.parametrize(
    ("error", "state", "billed"),
    [
        (SENSITIVE, TaskState.REFUSED, Billed.NO),
        (INTERNAL, TaskState.FAILED, Billed.NO),
        (None, TaskState.FAILED, Billed.NO),
    ],
)
def test_a_stream_of_failures_is_no_success(
    error: dict[str, str] | None, state: TaskState, billed: Billed
) -> None:
    """`completed` ends a stream, whatever was in it."""
    completed = {**COMPLETED_EVENT, "usage": {"generated_images": 0}}
    task = follow(event({**FAILED_EVENT, "error": error}), event(completed))
    assert (task.state, task.billed) == (state, billed)


def test_the_kind_of_an_event_is_read_in_any_case() -> None:
    """A failure in capitals is the failure of one image, not of the whole stream."""
    shouted = {**FAILED_EVENT, "type": f" {FAILED_EVENT['type']} ".upper()}
    task = follow(event(SUCCEEDED_EVENT), event(shouted), event(COMPLETED_EVENT))
    assert task == evolve(
        follow(event(SUCCEEDED_EVENT), event(FAILED_EVENT), event(COMPLETED_EVENT)), raw=task.raw
    )


@pytest.mark.parametrize("item", [{}, {"url": None}, {"url": 7}, {"b64_json": []}, {"error": 7}])
def test_an_item_that_is_nothing_is_an_error_of_the_answer(item: dict[str, object]) -> None:
    """Without an image it is kept to be read again; beside one it costs itself alone."""
    with pytest.raises(ProtocolError, match="neither a picture nor an error"):
        read(response({**DRAWN, "data": [item]}))
    task = read(response({**DRAWN, "data": [item, *DRAWN["data"]]}))
    assert (task.state, [image.url for image in task.images]) == (TaskState.PARTIAL, [URL])


def test_a_refusal_with_an_odd_code_is_not_taken_for_moderation() -> None:
    """A 403 without a code is; what a code of another type says nobody knows."""
    with pytest.raises(PermissionDeniedError):
        read(response({"error": {"code": ["odd"], "message": "no"}}, 403))


def test_an_event_that_says_drawn_and_shows_nothing_is_no_failure() -> None:
    """What became of the image is not known, so the provider is not said to have failed."""
    with pytest.raises(ProtocolError, match="holds none"):
        follow(event({**SUCCEEDED_EVENT, "url": 7}))


def test_a_stream_that_shows_nothing_and_is_complete_is_unknown() -> None:
    """Something was counted and nothing arrived: neither a success nor a failure."""
    task = follow(event(COMPLETED_EVENT))
    assert (task.state, task.billed) == (TaskState.UNKNOWN, Billed.UNKNOWN)


def test_a_stream_without_its_end_is_left_open() -> None:
    """The images so far are kept, and the core calls the task unknown."""
    task = follow(event(SUCCEEDED_EVENT), event("[DONE]"))
    assert task.state is TaskState.RUNNING
    assert len(task.images) == 1


def test_the_sentinel_changes_nothing() -> None:
    """`[DONE]` is no JSON and no news."""
    before = Task(model=V5, images=(Image(url=URL),))
    exchange = Exchange(operation=Operation.EVENT, at=NOW, message=event(" [DONE] "), task=before)
    assert parsed_by(apiyi, exchange) == before


def test_a_stream_without_events_is_left_open() -> None:
    """Nothing came, so nothing is known."""
    assert follow() == Task()


@pytest.mark.parametrize("name", ["message", "error", "something"])
def test_an_error_of_the_whole_request_ends_the_stream(name: str) -> None:
    """How it is framed nobody says: the event's name does not matter."""
    task = follow(event({"error": INTERNAL}, name))
    assert (task.state, task.billed) == (TaskState.FAILED, Billed.UNKNOWN)
    assert task.errors == (Failure(**INTERNAL),)


def test_an_error_after_an_image_keeps_the_image() -> None:
    """What was drawn is billed and kept."""
    task = follow(event(SUCCEEDED_EVENT), event({"type": "error", "error": INTERNAL}))
    assert (task.state, task.billed) == (TaskState.PARTIAL, Billed.YES)
    assert len(task.images) == 1


def test_a_moderated_stream_is_refused() -> None:
    """Moderation is told apart by its code, in a stream as elsewhere."""
    assert follow(event({"error": SENSITIVE})).state is TaskState.REFUSED


@pytest.mark.parametrize("error", [SENSITIVE, INTERNAL])
def test_a_count_says_that_it_was_billed_whatever_the_words_are(error: dict[str, str]) -> None:
    """One picture was kept back and another was not understood: the count is of the latter."""
    task = follow(event({**FAILED_EVENT, "error": error}), event(COMPLETED_EVENT))
    assert task.billed is Billed.YES


def test_the_events_name_counts_where_its_data_has_none() -> None:
    """The two are equal where both are there."""
    untyped = {key: value for key, value in SUCCEEDED_EVENT.items() if key != "type"}
    assert len(follow(event(untyped, "image_generation.partial_succeeded")).images) == 1


@pytest.mark.parametrize("index", [None, 0, 3])
def test_images_of_a_stream_keep_their_place(index: int | None) -> None:
    """`image_index` where it is told, else the next one."""
    task = follow(event(FAILED_EVENT), event({**SUCCEEDED_EVENT, "image_index": index}))
    assert task.images[0].index == (1 if index is None else index)


def test_an_event_no_document_lists_is_an_unknown_status() -> None:
    """Neither an image nor an end."""
    with pytest.raises(UnknownStatusError) as caught:
        follow(event({"type": "image_generation.queued"}))
    assert caught.value.pointer == "/type"


@pytest.mark.parametrize("data", ["", "{", "[]", "null", "<html>", '{"type": 7}'])
def test_an_event_that_is_no_object_is_a_protocol_error(data: str) -> None:
    """Nothing is coerced."""
    with pytest.raises(ProtocolError):
        follow(event(data))


def test_a_stream_that_was_not_streamed_is_read_as_json() -> None:
    """The answer decides, not what was asked for."""
    task = read(response(DRAWN), asked(stream=True))
    assert task.state is TaskState.SUCCEEDED


# --------------------------------------------------------------------- anything at all


REPLACEMENTS: tuple[object, ...] = (None, 7, "x", [], {}, True)
DOCUMENTED: tuple[tuple[int, dict[str, object]], ...] = (
    (200, DRAWN),
    (200, {**DRAWN, "data": [{"b64_json": BASE64, "size": "1024x1024"}, {"error": SENSITIVE}]}),
    (200, {"error": INTERNAL, "usage": {"generated_images": 0}}),
    (400, {"error": SENSITIVE}),
    (401, dict(UNAUTHORIZED)),
    (403, {"error": {"code": None, "message": "moderation"}}),
    (429, {"error": {"code": "insufficient_user_quota", "message": "no balance"}}),
    (500, {"error": INTERNAL}),
)
EVENTS = (SUCCEEDED_EVENT, FAILED_EVENT, COMPLETED_EVENT, SKETCH_EVENT, OPENAI_EVENT)


def places(value: object) -> Iterator[tuple[str | int, ...]]:
    """The path of every value inside a JSON value."""
    inside: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        inside = iter(value.items())
    elif isinstance(value, list):
        inside = iter(enumerate(value))
    for key, item in inside:
        yield (key,)
        yield from ((key, *path) for path in places(item))


def mutants(body: object) -> Iterator[object]:
    """The body with each of its values replaced, or dropped, one at a time."""
    yield from REPLACEMENTS
    for *parents, last in places(body):
        for replacement in (*REPLACEMENTS, "dropped"):
            mutant = copy.deepcopy(body)
            parent = mutant
            for key in parents:
                parent = parent[key]  # type: ignore[index]
            if replacement == "dropped":
                del parent[last]  # type: ignore[attr-defined]
            else:
                parent[last] = replacement  # type: ignore[index]
            yield mutant


def check_total(exchange: Exchange) -> None:
    """`parse` gives a task or one of tintype's errors, and no success without an image."""
    try:
        task = parsed_by(apiyi, exchange)
    except TintypeError:
        return
    assert isinstance(task, Task)
    assert task.images or task.state is not TaskState.SUCCEEDED


@pytest.mark.parametrize(("status", "body"), DOCUMENTED, ids=lambda value: str(value)[:40])
def test_any_answer_is_a_task_or_an_error(status: int, body: dict[str, object]) -> None:
    """Whatever stands in the place of a documented value, `parse` is total."""
    for mutant in mutants(body):
        message = response(json.dumps(mutant), status)
        given = asked()
        check_total(Exchange(operation=Operation.SUBMIT, at=NOW, message=message, request=given))


@pytest.mark.parametrize("body", EVENTS, ids=lambda body: str(body["type"]))
def test_any_event_is_a_task_or_an_error(body: dict[str, object]) -> None:
    """The same of events, on their own and after an image."""
    for mutant in mutants(body):
        for task in (None, Task(images=(Image(url=URL),))):
            message = event(json.dumps(mutant))
            check_total(
                Exchange(
                    operation=Operation.EVENT,
                    at=NOW,
                    message=message,
                    request=asked(),
                    task=task or Task(),
                )
            )


def test_an_answer_cut_anywhere_is_a_protocol_error() -> None:
    """Half an answer is none."""
    whole = json.dumps(DRAWN).encode()
    for length in range(len(whole)):
        with pytest.raises(ProtocolError):
            read(response(whole[:length]))


def test_hooks_change_nothing_and_repeat_themselves() -> None:
    """The same values give the same values, and stay what they were."""
    options = {"response_format": "url"}
    request = asked(options=options, references=[URL])
    assert apiyi.submit(request) == apiyi.submit(request)
    assert apiyi.price(request, None) == apiyi.price(request, None)
    assert read(response(DRAWN), request) == read(response(DRAWN), request)
    assert options == {"response_format": "url"}
