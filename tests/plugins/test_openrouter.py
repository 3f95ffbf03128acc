"""OpenRouter: what its plugin sends, and what it makes of the answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from tests.plugins.reading import parsed_by, submission

import tintype_openrouter as plugin
from tintype.catalog import Choice, Flag, Integer, ProviderInfo, Unsupported
from tintype.errors import Billed, InvalidRequestError, ProtocolError, ProviderError, TintypeError
from tintype.exchange import Exchange, Operation
from tintype.messages import JsonBody, Request, Response, ServerSentEvent
from tintype.models import Cost, Quote, QuoteKind, Task, TaskState, Usage
from tintype.request import Reference, Submission

SEEDREAM = "bytedance-seed/seedream-4.5"
GPT = "openai/gpt-image-1"
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff\xe0 a later preview"
AT = datetime(2026, 11, 20, tzinfo=UTC)
REQUEST = submission(prompt="a red panda", model=SEEDREAM)


def b64(data: bytes = PNG) -> str:
    """An image as the API writes it."""
    return base64.b64encode(data).decode()


USAGE = {"prompt_tokens": 0, "completion_tokens": 4175, "total_tokens": 4175, "cost": 0.04}
ANSWER = {
    "created": 1748372400,
    "data": [{"b64_json": b64(), "media_type": "image/png"}],
    "usage": USAGE,
}
PARTIAL = {"type": "image_generation.partial_image", "partial_image_index": 0, "b64_json": b64()}
TEXT = {"type": "image_generation.text_chunk", "text": "<svg>", "phase": "content"}
COMPLETED = {
    "type": "image_generation.completed",
    "b64_json": b64(),
    "media_type": "image/png",
    "created": 1748372400,
    "usage": {"prompt_tokens": 16, "completion_tokens": 272, "total_tokens": 288, "cost": 0.011},
}
BROKEN = {"type": "error", "error": {"message": "Generation failed", "code": "server_error"}}
LISTED = {
    "id": SEEDREAM,
    "name": "Seedream 4.5",
    "description": "A text-to-image model.",
    "created": 1692901234,
    "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["image"]},
    "supported_parameters": {
        "resolution": {"type": "enum", "values": ["1K", "2K", "4K"]},
        "seed": {"type": "boolean"},
    },
    "supports_streaming": False,
    "endpoints": f"/api/v1/images/models/{SEEDREAM}/endpoints",
}
LIST = {"data": [LISTED]}


def line(usd: float, unit: str = "image", billable: str = "output_image", **more: str) -> object:
    """One line of an endpoint's prices."""
    return {"billable": billable, "unit": unit, "cost_usd": usd, **more}


def table(*endpoints: list[object]) -> dict[str, object]:
    """The endpoint table of a model, one list of prices an endpoint."""
    return {
        "id": SEEDREAM,
        "endpoints": [
            {"provider_name": "Bytedance", "provider_tag": None, "pricing": pricing}
            for pricing in endpoints
        ],
    }


def refusal(status: int, message: str = "no", **more: object) -> dict[str, object]:
    """The documented body of an error."""
    return {
        "error": {"code": status, "message": message, "metadata": None, **more},
        "user_id": None,
        "openrouter_metadata": None,
    }


def answered(
    body: object,
    status: int = 200,
    operation: Operation = Operation.SUBMIT,
    request: Submission | None = REQUEST,
) -> Exchange:
    """The exchange that an HTTP answer ends."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    message = Response(status=status, body=data)
    return Exchange(operation=operation, at=AT, message=message, request=request)


def told(event: object, task: Task | None = None) -> Exchange:
    """The exchange that is one event of a stream."""
    data = event if isinstance(event, str) else json.dumps(event)
    message = ServerSentEvent(data=data)
    return Exchange(
        operation=Operation.EVENT, at=AT, message=message, request=REQUEST, task=task or Task()
    )


def drawn(body: object, status: int = 200) -> Task:
    """The task that a submission's answer makes."""
    task = parsed_by(plugin, answered(body, status))
    assert isinstance(task, Task)
    return task


def streamed(*events: object, ends: bool = True) -> Task:
    """The task that a stream of these events makes."""
    task = Task()
    for event in events:
        found = parsed_by(plugin, told(event, task))
        assert isinstance(found, Task)
        task = found
    if ends:
        found = parsed_by(plugin, Exchange(operation=Operation.END, at=AT, task=task or Task()))
        assert isinstance(found, Task)
        task = found
    return task


def quoted(body: object, request: Submission | None = REQUEST) -> Quote:
    """The quote that an endpoint table makes."""
    quote = parsed_by(plugin, answered(body, operation=Operation.PRICE, request=request))
    assert isinstance(quote, Quote)
    return quote


def listed(**more: object) -> ProviderInfo:
    """The provider that a list of one model makes, the sample with these changes."""
    body = {"data": [{**LISTED, **more}]}
    info = parsed_by(plugin, answered(body, operation=Operation.MODELS, request=None))
    assert isinstance(info, ProviderInfo)
    return info


def sent(**fields: object) -> Mapping[str, object]:
    """The body of a submission with these fields."""
    request = plugin.submit(evolve(REQUEST, **fields))  # type: ignore[arg-type]
    assert isinstance(request.body, JsonBody)
    return request.body.value


# ----------------------------------------------------------------------------- catalog


def test_seedream_is_the_default() -> None:
    """Every provider offers seedream-4.5, and here it is the first model."""
    info = plugin.describe()
    assert info.find(None) is info.find("seedream-4.5") is info.find(SEEDREAM)


def test_a_ratio_and_a_resolution_are_words() -> None:
    """`9:19.5` is no pair of integers, and `512` no number."""
    general = plugin.describe().limits("someone/new").parameters
    for field, word in (("aspect_ratio", "9:19.5"), ("resolution", "512"), ("quality", "max")):
        assert general[field].admits(word)
    assert not general["resolution"].admits(512)


def test_a_flag_that_seedream_ignores_says_so() -> None:
    """It is refused as a field, and told of in a notice as the seed document's option."""
    model = plugin.describe().limits(SEEDREAM)
    assert isinstance(model.parameters["stream"], Unsupported)
    assert model.options["stream"].admits(value=True)
    assert "stream" in {caution.field for caution in model.cautions}
    assert model.max_n == 1


def test_every_caution_is_about_a_field_the_model_has() -> None:
    """A caution about a field that is never sent would never be read."""
    for model in (*plugin.describe().models, plugin.describe().general):
        assert {caution.field for caution in model.cautions} <= {*model.parameters, "n"}


# -------------------------------------------------------------------------- submitting


def test_what_is_not_asked_is_not_sent() -> None:
    """A plain request is a model and a prompt."""
    expected = Request.post(
        "https://openrouter.ai/api/v1/images", {"model": SEEDREAM, "prompt": "a red panda"}
    )
    assert plugin.submit(REQUEST) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 2),
        ("aspect_ratio", "9:19.5"),
        ("resolution", "512"),
        ("size", "2048x2048"),
        ("quality", "high"),
        ("output_format", "svg"),
        ("output_compression", 0),
        ("background", "opaque"),
        ("seed", 0),
        ("stream", True),
    ],
)
def test_a_field_keeps_its_name_its_value_and_its_type(field: str, value: object) -> None:
    """Zero is a value, and no word becomes a number."""
    body = sent(**{field: value})
    assert body == {"model": SEEDREAM, "prompt": "a red panda", field: value}
    assert type(body[field]) is type(value)


def test_only_a_stream_is_asked_as_one() -> None:
    """The transport is told what the body says."""
    assert plugin.submit(evolve(REQUEST, stream=True)).answer == "events"
    assert plugin.submit(REQUEST).answer == "whole"


def test_references_are_objects_in_their_order() -> None:
    """URLs and data URLs go in alike."""
    urls = ("https://example.com/a.png", f"data:image/png;base64,{b64()}")
    references = tuple(Reference(url=url) for url in urls)
    assert sent(references=references)["input_references"] == [
        {"type": "image_url", "image_url": {"url": urls[0]}},
        {"type": "image_url", "image_url": {"url": urls[1]}},
    ]


def test_options_stand_beside_the_fields() -> None:
    """Routing preferences and passthrough go in as they are."""
    preferences = {"only": ["openai"], "allow_fallbacks": False}
    options = {"provider": preferences, "session_id": "7"}
    body = sent(options=options)
    assert (body["provider"], body["session_id"]) == (preferences, "7")


def test_an_option_does_not_overwrite_a_field() -> None:
    """A field with a typed name is set in one place only."""
    with pytest.raises(InvalidRequestError, match="prompt"):
        sent(options={"prompt": "another"})


@pytest.mark.parametrize("given", [None, "jpeg", "svg"])
def test_transparency_needs_a_format_that_has_it(given: str | None) -> None:
    """It is refused before anything is sent; a provider's default format is not known."""
    with pytest.raises(InvalidRequestError) as caught:
        sent(background="transparent", output_format=given)
    assert (caught.value.field, caught.value.allowed) == ("output_format", ("png", "webp"))


@pytest.mark.parametrize("given", ["png", "webp"])
def test_transparency_goes_with_png_and_webp(given: str) -> None:
    """These have an alpha channel."""
    assert sent(background="transparent", output_format=given)["output_format"] == given


def test_nothing_is_polled() -> None:
    """The answer to the submission is the end of the task."""
    assert plugin.poll(Task()) is None


# -------------------------------------------------------------------------- the answer


def test_an_answer_is_an_image_and_its_cost() -> None:
    """Bytes, media type, tokens and dollars, exactly."""
    task = drawn(ANSWER)
    assert (task.state, task.billed, task.id) == (TaskState.SUCCEEDED, Billed.YES, "")
    assert [(image.data, image.media_type, image.url) for image in task.images] == [
        (PNG, "image/png", None)
    ]
    assert task.cost == Cost(usd=Decimal("0.04"), source="reported")
    assert task.usage == Usage(prompt_tokens=0, completion_tokens=4175, total_tokens=4175)


def test_raw_holds_no_image() -> None:
    """The provider's words are kept, the bytes once only."""
    assert drawn(ANSWER).raw["data"] == [{"b64_json": "<8 bytes>", "media_type": "image/png"}]


def test_what_is_echoed_is_kept_and_is_no_result() -> None:
    """Keys that no document mentions are tolerated, and references are not images."""
    echo = [{"type": "image_url", "image_url": {"url": "https://example.com/photo.jpg"}}]
    task = drawn({**ANSWER, "input_references": echo})
    assert len(task.images) == 1
    assert task.raw["input_references"] == echo


def test_fewer_images_than_asked_are_a_success_in_order() -> None:
    """`n` is an upper bound."""
    pictures = [{"b64_json": b64(data)} for data in (PNG, JPEG)]
    request = evolve(REQUEST, model=GPT, n=4)
    task = parsed_by(plugin, answered({"data": pictures}, request=request))
    assert isinstance(task, Task)
    assert task.state is TaskState.SUCCEEDED
    assert [(image.data, image.index) for image in task.images] == [(PNG, 0), (JPEG, 1)]


def test_vector_markup_is_an_image() -> None:
    """SVG comes as UTF-8 in base64."""
    markup = "<svg xmlns='http://www.w3.org/2000/svg'><text>é</text></svg>".encode()
    picture = {"b64_json": b64(markup), "media_type": "image/svg+xml"}
    image = drawn({"data": [picture]}).images[0]
    assert (image.data, image.media_type) == (markup, "image/svg+xml")


@pytest.mark.parametrize("usage", [None, {**USAGE, "cost": None}])
def test_a_cost_that_is_not_told_is_unknown(usage: object) -> None:
    """Unknown is not free."""
    assert drawn({**ANSWER, "usage": usage}).cost is None


@pytest.mark.parametrize("data", [[], None])
def test_success_without_an_image_is_none(data: object) -> None:
    """An empty answer is told as what it is."""
    with pytest.raises(TintypeError) as caught:
        drawn({**ANSWER, "data": data})
    assert caught.value.billed is Billed.UNKNOWN


@pytest.mark.parametrize("text", ["", "!", "ftp://example.com/a.png", "bW9kZXJhdGVk"])
def test_an_image_that_is_not_base64_is_refused(text: str) -> None:
    """Nor a web address in its place, which would do."""
    with pytest.raises(TintypeError, match="image"):
        drawn({"data": [{"b64_json": text}]})


@pytest.mark.parametrize(
    "body", [b"", b"<!doctype html>", b"[]", b"null", b'"x"', json.dumps(ANSWER).encode()[:-9]]
)
def test_a_body_no_document_describes_is_told_as_such(body: bytes) -> None:
    """HTML, nothing, another JSON value, half of one: nobody knows what was charged."""
    with pytest.raises(TintypeError) as caught:
        drawn(body)
    assert caught.value.billed is Billed.UNKNOWN


# ---------------------------------------------------------------------- what went wrong


@pytest.mark.parametrize(
    ("status", "name", "billed"),
    [
        (400, "BadRequestError", Billed.NO),
        (401, "AuthenticationError", Billed.NO),
        (402, "InsufficientCreditError", Billed.NO),
        (403, "PermissionDeniedError", Billed.NO),
        (404, "NotFoundError", Billed.NO),
        (408, "ServerError", Billed.UNKNOWN),
        (413, "BadRequestError", Billed.NO),
        (418, "ProtocolError", Billed.UNKNOWN),
        (422, "BadRequestError", Billed.NO),
        (429, "RateLimitError", Billed.NO),
        (500, "ServerError", Billed.UNKNOWN),
        (502, "ServerError", Billed.NO),
        (503, "OverloadedError", Billed.NO),
        (504, "ServerError", Billed.UNKNOWN),
        (524, "ServerError", Billed.UNKNOWN),
        (529, "OverloadedError", Billed.NO),
    ],
)
def test_a_status_means_what_its_document_says(status: int, name: str, billed: Billed) -> None:
    """Under HTTP, and the same as a code under HTTP 200."""
    for under in (status, 200):
        with pytest.raises(TintypeError, match="some words") as caught:
            drawn(refusal(status, "some words"), under)
        assert (type(caught.value).__name__, caught.value.billed) == (name, billed)


@pytest.mark.parametrize("status", [500, 502, 503, 529])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": null}', b'{"error": "x"}'])
def test_a_gateway_does_not_speak_for_the_provider(status: int, body: bytes) -> None:
    """Without the documented body nobody says that nothing was charged."""
    for operation in (Operation.SUBMIT, Operation.PRICE, Operation.MODELS):
        with pytest.raises(ProviderError) as caught:
            parsed_by(plugin, answered(body, status, operation))
        assert (caught.value.status, caught.value.billed) == (status, Billed.UNKNOWN)


def test_the_typed_code_of_an_error_is_kept() -> None:
    """`error_type` tells more than the status."""
    with pytest.raises(ProviderError) as caught:
        drawn(refusal(429, metadata={"error_type": "rate_limit_exceeded"}), 429)
    assert caught.value.code == "rate_limit_exceeded"


@pytest.mark.parametrize("under", [200, 400, 403])
@pytest.mark.parametrize(
    "metadata",
    [
        {"reasons": ["violence"], "flagged_input": "…", "provider_name": "OpenAI"},
        {"reasons": ["violence"], "error_type": "content_policy_violation"},
        {"reasons": ["violence"], "error_type": "refusal"},
    ],
)
def test_moderation_is_a_refused_task(under: int, metadata: object) -> None:
    """However it is told, it is true of the task, and nothing was charged."""
    task = drawn(refusal(403, "Flagged", metadata=metadata), under)
    assert (task.state, task.billed) == (TaskState.REFUSED, Billed.NO)
    assert [(item.message, item.refused) for item in task.errors] == [("Flagged (violence)", True)]
    assert task.raw["user_id"] is None


def test_a_forbidden_key_is_not_moderation() -> None:
    """403 alone says nothing of the prompt."""
    with pytest.raises(ProviderError, match="management"):
        drawn(refusal(403, "Only management keys can perform this operation"), 403)


def test_moderation_of_a_question_is_no_task() -> None:
    """Whoever asks a price gets a quote or an error."""
    body = refusal(403, metadata={"reasons": ["violence"]})
    with pytest.raises(ProviderError):
        parsed_by(plugin, answered(body, 403, Operation.PRICE))


@pytest.mark.parametrize("code", ["server_error", None])
def test_an_error_inside_success_is_a_failed_task(code: str | None) -> None:
    """HTTP 200 may carry a failure, with or without a word for it."""
    task = drawn({"error": {"message": "", "code": code}})
    assert (task.state, task.billed) == (TaskState.FAILED, Billed.NO)
    assert task.errors[0].message == "The provider gave no reason."


# --------------------------------------------------------------------------- the stream


def test_a_stream_ends_in_its_image() -> None:
    """The completed event carries the image, and the end makes it a success."""
    task = streamed(PARTIAL, COMPLETED, "[DONE]", ends=False)
    assert (task.state, task.billed) == (TaskState.RUNNING, Billed.YES)
    task = streamed(PARTIAL, COMPLETED, "[DONE]")
    assert (task.state, [image.data for image in task.images]) == (TaskState.SUCCEEDED, [PNG])
    assert task.cost == Cost(usd=Decimal("0.011"), source="reported")
    assert task.raw["b64_json"] == "<8 bytes>"


def test_a_preview_replaces_the_one_of_its_index() -> None:
    """Out of order or again, each index has one preview."""
    second = {**PARTIAL, "partial_image_index": 1}
    task = streamed(second, PARTIAL, {**second, "b64_json": b64(JPEG)}, ends=False)
    assert [(image.index, image.data) for image in task.previews] == [(0, PNG), (1, JPEG)]
    assert task.images == ()


@pytest.mark.parametrize("event", ["[DONE]", TEXT, {"type": "image_generation.queued", "at": 3}])
def test_an_event_that_holds_no_image_changes_nothing(event: object) -> None:
    """The sentinel, pieces of markup, and types that no document lists yet."""
    before = streamed(PARTIAL, ends=False)
    assert parsed_by(plugin, told(event, before)) == before


def test_several_completed_images_are_kept_in_order() -> None:
    """Such streams are not described; nothing that came is lost."""
    task = streamed(COMPLETED, {**COMPLETED, "b64_json": b64(JPEG)}, "[DONE]")
    assert [(image.index, image.data) for image in task.images] == [(0, PNG), (1, JPEG)]


@pytest.mark.parametrize(
    "event", [BROKEN, {"error": {"message": "Generation failed", "code": 502}}]
)
def test_an_error_event_fails_the_task(event: object) -> None:
    """A stream that breaks is not billed, previews or not."""
    task = streamed(PARTIAL, event, "[DONE]")
    assert (task.state, task.billed) == (TaskState.FAILED, Billed.NO)
    assert task.errors[0].message == "Generation failed"


@pytest.mark.parametrize("field", ["code", "type"])
def test_moderation_in_a_stream_is_a_refused_task(field: str) -> None:
    """The word may stand in either field."""
    error = {"message": "Flagged", field: "content_policy_violation"}
    assert streamed({"type": "error", "error": error}).state is TaskState.REFUSED


@pytest.mark.parametrize("events", [(COMPLETED, BROKEN), (BROKEN, COMPLETED)])
def test_an_image_survives_an_error_in_its_stream(events: tuple[object, ...]) -> None:
    """What is completed is billed in full, whatever comes with it."""
    task = streamed(*events, "[DONE]")
    assert (task.state, task.billed, len(task.images)) == (TaskState.PARTIAL, Billed.YES, 1)


@pytest.mark.parametrize("events", [(), (PARTIAL,), (TEXT, "[DONE]")])
def test_a_stream_without_an_image_is_no_success(events: tuple[object, ...]) -> None:
    """It stays running, for the core to call unknown."""
    assert streamed(*events).state is TaskState.RUNNING


@pytest.mark.parametrize("event", ["", "{", "[]", {}, {"type": "error"}, {"type": 7}])
def test_an_event_no_document_describes_is_an_error_of_its_own(event: object) -> None:
    """The task so far is not touched."""
    with pytest.raises(TintypeError):
        parsed_by(plugin, told(event, Task()))


# ---------------------------------------------------------------------------- the price


def test_the_price_is_asked_of_the_model() -> None:
    """Author and slug are segments of the path."""
    url = f"https://openrouter.ai/api/v1/images/models/{SEEDREAM}/endpoints"
    assert plugin.price(REQUEST, None) == Request.get(url)


@pytest.mark.parametrize("model", ["", "seedream-4.5", "a/b/c", "/b", "a/"])
def test_a_model_without_an_address_has_no_price(model: str) -> None:
    """Only author/slug can be asked for."""
    assert plugin.price(evolve(REQUEST, model=model), None) is None


def test_an_address_is_quoted() -> None:
    """Nothing in an id ends its segment."""
    request = plugin.price(evolve(REQUEST, model="a b/c?d"), None)
    assert request is not None
    assert request.url.endswith("/models/a%20b/c%3Fd/endpoints")


def test_a_price_per_image_is_exact() -> None:
    """As of the day it was asked, from the address it was asked at."""
    quote = quoted(table([line(0.05)]), evolve(REQUEST, n=3))
    assert (quote.usd, quote.model, quote.as_of) == (Decimal("0.15"), SEEDREAM, date(2026, 11, 20))
    assert quote.source.endswith(f"/images/models/{SEEDREAM}/endpoints")
    assert quote.assumptions == ("All 3 images are drawn: n is an upper bound.",)


TIERS = [line(0.04, variant="1k"), line(0.05, variant="2k"), line(0.1, variant="4k")]
BASE = [line(0.045), line(0.09, variant="high_resolution")]
QUALITIES = [line(0.01, variant="low"), line(0.2, variant="high")]


@pytest.mark.parametrize(
    ("lines", "fields", "low", "high"),
    [
        (TIERS, {"resolution": "2K"}, "0.05", "0.05"),
        (TIERS, {}, "0.04", "0.1"),
        (TIERS, {"size": "2048x2048"}, "0.04", "0.1"),
        ([line(0.05), line(0.1, variant="4k")], {"resolution": "2K"}, "0.05", "0.05"),
        ([line(0.05), line(0.1, variant="4k")], {"resolution": "4K"}, "0.1", "0.1"),
        (BASE, {"resolution": "2K"}, "0.045", "0.09"),
        (QUALITIES, {"quality": "high"}, "0.2", "0.2"),
        (QUALITIES, {"quality": "auto"}, "0.01", "0.2"),
        (QUALITIES, {"resolution": "2K"}, "0.01", "0.2"),
        ([line(0.02, "request")], {"n": 4}, "0.02", "0.02"),
        ([line(0.03, "megapixel")], {"size": "1000x2000", "n": 2}, "0.12", "0.12"),
        ([line(0.05), line(0, "token", "input_text")], {}, "0.05", "0.05"),
        ([line(0.05), line(1, billable="input_font")], {}, "0.05", "0.05"),
    ],
)
def test_a_price_is_known_as_far_as_the_table_tells(
    lines: list[object], fields: Mapping[str, object], low: str, high: str
) -> None:
    """By tier where it is given, over all tiers where it is left open."""
    quote = quoted(table(lines), evolve(REQUEST, **fields))  # type: ignore[arg-type]
    assert (quote.low, quote.high) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize("billable", ["input_image", "input_reference"])
def test_references_are_charged_only_where_there_are_some(billable: str) -> None:
    """Each one of them."""
    body = table([line(0.05), line(0.003, billable=billable)])
    references = tuple(Reference(url=f"https://example.com/{name}") for name in "ab")
    assert quoted(body).usd == Decimal("0.05")
    assert quoted(body, evolve(REQUEST, references=references)).usd == Decimal("0.056")


def test_several_endpoints_make_a_range() -> None:
    """The router picks one of them."""
    quote = quoted(table([line(0.05)], [line(0.04)], [line(0.05)]))
    assert (quote.low, quote.high) == (Decimal("0.04"), Decimal("0.05"))
    assert quote.kind is QuoteKind.RANGE
    assert len(quote.lines) == 2


@pytest.mark.parametrize(
    ("endpoints", "fields"),
    [
        ([[line(0.00004, "token")]], {}),
        ([[line(0.05)], [line(0.00004, "token")]], {}),
        ([[line(0.05), line(0.000005, "token", "input_text")]], {}),
        ([[line(0.03, "megapixel")]], {"resolution": "2K"}),
        (
            [[line(0.05), line(1, billable="input_font")]],
            {"options": {"provider": {}}},
        ),
        ([TIERS[:2]], {"resolution": "4K"}),
        ([[line(0.05, "acre")]], {}),
        ([[line(0.05), line(0.01, billable="input_smell")]], {}),
        ([[line(0, "token", "input_text")]], {}),
        ([[]], {}),
        ([], {}),
    ],
)
def test_a_price_that_only_the_work_will_tell_is_unknown(
    endpoints: list[list[object]], fields: Mapping[str, object]
) -> None:
    """Unknown is None with a reason, never zero and never a part of the price."""
    quote = quoted(table(*endpoints), evolve(REQUEST, **fields))  # type: ignore[arg-type]
    assert (quote.low, quote.high) == (None, None)
    assert quote.kind is QuoteKind.UNKNOWN
    assert quote.reason


@pytest.mark.parametrize(
    ("options", "usd"),
    [
        ({"provider": {"only": ["openai"]}, "session_id": "s", "trace": {}}, Decimal("0.05")),
        ({"provider": {"options": {"bytedance": {"layers": 9}}}}, None),
        ({"provider": 7}, None),
    ],
)
def test_options_that_may_change_the_price_make_it_unknown(
    options: Mapping[str, object], usd: Decimal | None
) -> None:
    """Routing and labels draw nothing; of all else the table says nothing."""
    quote = quoted(table([line(0.05)]), evolve(REQUEST, options=options))
    assert (quote.low, quote.high) == (usd, usd)
    assert (quote.reason == "The options may change the price.") is (usd is None)


def test_prices_of_another_model_are_none() -> None:
    """An answer about a cheaper model must not pass for the one asked about."""
    with pytest.raises(ProtocolError, match="another/model") as caught:
        quoted({**table([line(0.05)]), "id": "another/model"}, REQUEST)
    assert caught.value.pointer == "/id"


def test_the_lines_of_an_unknown_price_are_kept() -> None:
    """A caller can still reckon with what a token costs."""
    (found,) = quoted(table([line(0.00004, "token")])).lines
    assert (found.unit, found.quantity, found.unit_price) == ("token", None, Decimal("0.00004"))


def test_nothing_asked_costs_nothing_known() -> None:
    """Without a request there is nothing to count."""
    quote = quoted(table([line(0.05)]), None)
    assert (quote.low, quote.reason) == (None, "Nothing was asked for.")


@pytest.mark.parametrize("price", ["-1", "1e999999", "1e6"])
def test_an_absurd_price_is_none(price: str) -> None:
    """Arithmetic with it would break, or a budget would."""
    body = json.dumps(table([line(0.05)])).replace("0.05", price)
    with pytest.raises(TintypeError, match=r"price|cost_usd"):
        parsed_by(plugin, answered(body.encode(), operation=Operation.PRICE))


# -------------------------------------------------------------------------- the live list


def test_the_list_is_asked_with_a_get() -> None:
    """At its one address."""
    assert plugin.models("") == Request.get("https://openrouter.ai/api/v1/images/models")


def test_a_listed_model_can_what_its_list_says() -> None:
    """An enum, a range and a bare yes; what is absent is unsupported."""
    parameters = {
        "resolution": {"type": "enum", "values": ["2K"]},
        "output_compression": {"type": "range", "min": 0, "max": 90.0},
        "quality": {"type": "boolean"},
        "seed": {"type": "of a kind not known yet"},
        "n": {"type": "range", "min": 1, "max": 4},
        "input_references": {"type": "range", "min": 0, "max": 14},
        "font": {"type": "boolean"},
    }
    model = listed(supported_parameters=parameters, supports_streaming=True).models[0]
    assert isinstance(model.parameters["resolution"], Choice)
    assert model.parameters["resolution"].values == ("2K",)
    assert isinstance(model.parameters["output_compression"], Integer)
    assert model.parameters["output_compression"].high == 90
    assert model.parameters["quality"].admits("max")
    assert model.parameters["seed"].admits(0)
    assert isinstance(model.parameters["stream"], Flag)
    assert {"background", "aspect_ratio", "font"}.isdisjoint(model.parameters)
    assert (model.max_n, model.references and model.references.max_count) == (4, 14)
    assert {note.field for note in model.cautions} == {
        *("resolution", "quality", "output_compression", "seed", "n", "stream")
    }


def test_the_sample_of_the_list_is_read() -> None:
    """Where nothing else is said, one image, and references by the modalities."""
    model = listed().models[0]
    assert (model.id, model.name, model.title) == (SEEDREAM, "seedream-4.5", "Seedream 4.5")
    assert (model.max_n, model.references and model.references.max_count) == (1, 16)
    assert isinstance(model.parameters["stream"], Unsupported)


@pytest.mark.parametrize(
    ("parameters", "modalities", "takes"),
    [
        ({}, ["text"], False),
        ({}, ["text", "image"], True),
        ({"input_references": {"type": "boolean"}}, ["text"], True),
        ({"input_references": {"type": "range", "min": 0, "max": 0}}, ["text", "image"], False),
    ],
)
def test_references_are_taken_where_the_list_says_so(
    parameters: object, modalities: list[str], *, takes: bool
) -> None:
    """A range speaks before the modalities."""
    architecture = {"input_modalities": modalities, "output_modalities": ["image"]}
    info = listed(supported_parameters=parameters, architecture=architecture)
    assert (info.models[0].references is not None) is takes


@pytest.mark.parametrize(
    ("capability", "most"),
    [({"type": "boolean"}, 10), ({"type": "range", "max": 1e300}, 10), ({"type": "range"}, 10)],
)
def test_a_bound_that_is_none_is_the_schemas(capability: object, most: int) -> None:
    """No request is let through for want of a bound, and no number is too big to read."""
    assert listed(supported_parameters={"n": capability}).models[0].max_n == most


@pytest.mark.parametrize("name", ["n", "input_references", "output_compression"])
def test_a_fraction_bounds_nothing_that_is_counted(name: str) -> None:
    """It is told, and not cut to a number that the list does not hold."""
    with pytest.raises(ProtocolError, match=r"2\.9"):
        listed(supported_parameters={name: {"type": "range", "min": 0, "max": 2.9}})


def test_the_default_model_stays_the_first() -> None:
    """In whatever order the list comes."""
    body = {"data": [{**LISTED, "id": GPT}, LISTED]}
    info = parsed_by(plugin, answered(body, operation=Operation.MODELS, request=None))
    assert isinstance(info, ProviderInfo)
    assert [model.id for model in info.models] == [SEEDREAM, GPT]
    assert info.general == plugin.describe().general


def test_an_empty_list_is_no_list() -> None:
    """A provider without a model has no default."""
    with pytest.raises(TintypeError, match="empty"):
        parsed_by(plugin, answered({"data": []}, operation=Operation.MODELS))


# ------------------------------------------------------------------------- whatever comes

MODERATED = refusal(403, metadata={"reasons": ["violence"], "flagged_input": "…"})
PRICES = table(TIERS, [line(0.03, "megapixel"), line(0.01, billable="input_image")])
ABLE = {
    **LISTED,
    "supported_parameters": {
        "n": {"type": "range", "min": 1, "max": 4},
        "seed": {"type": "boolean"},
    },
}
DOCUMENTED = {
    "answer": (answered(ANSWER), Task),
    "error in success": (answered(refusal(502)), Task),
    "refused": (answered(MODERATED, 403), Task),
    "bad request": (answered(refusal(400), 400), Task),
    "not completed": (answered(refusal(502), 502), Task),
    "partial": (told(PARTIAL), Task),
    "text": (told(TEXT), Task),
    "completed": (told(COMPLETED), Task),
    "broken": (told(BROKEN), Task),
    "price": (answered(PRICES, operation=Operation.PRICE), Quote),
    "no price": (answered(refusal(404), 404, Operation.PRICE), Quote),
    "list": (answered({"data": [ABLE]}, operation=Operation.MODELS), ProviderInfo),
}
DROP = object()
OTHERS: tuple[object, ...] = (None, 7, "x", [], {}, True, DROP)


def inside(value: object) -> list[tuple[str | int, object]]:
    """What an object or an array holds, each by its key or its place."""
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def pointers(value: object) -> Iterator[tuple[str | int, ...]]:
    """The path to every value inside a JSON value, itself included."""
    yield ()
    for key, item in inside(value):
        for path in pointers(item):
            yield (key, *path)


def replaced(value: object, path: tuple[str | int, ...], other: object) -> object:
    """A JSON value with another value at `path`, or without it."""
    if not path:
        return None if other is DROP else other
    head, *rest = path
    made = {
        key: replaced(item, tuple(rest), other) if key == head else item
        for key, item in inside(value)
        if not (key == head and not rest and other is DROP)
    }
    return made if isinstance(value, dict) else list(made.values())


@pytest.mark.parametrize("name", DOCUMENTED)
def test_no_answer_breaks_the_plugin(name: str) -> None:
    """Any value anywhere gives what was asked for or an error of tintype's, never a lie."""
    exchange, kind = DOCUMENTED[name]
    message = exchange.message
    assert isinstance(message, Response | ServerSentEvent)
    text = message.body if isinstance(message, Response) else message.data
    document = json.loads(text)
    for path in pointers(document):
        for other in OTHERS:
            changed = json.dumps(replaced(document, path, other))
            if isinstance(message, Response):
                exchange = evolve(exchange, message=evolve(message, body=changed.encode()))
            else:
                exchange = evolve(exchange, message=evolve(message, data=changed))
            try:
                found = parsed_by(plugin, exchange)
            except TintypeError:
                continue
            assert isinstance(found, kind), (path, other)
            if isinstance(found, Task):
                assert found.images or found.state is not TaskState.SUCCEEDED, (path, other)


@pytest.mark.parametrize("name", ["answer", "refused", "not completed", "price", "list"])
def test_an_answer_that_is_cut_off_is_an_error(name: str) -> None:
    """At whichever byte: half an answer is none."""
    exchange, _ = DOCUMENTED[name]
    message = exchange.message
    assert isinstance(message, Response)
    for end in range(len(message.body)):
        with pytest.raises(TintypeError):
            parsed_by(plugin, evolve(exchange, message=evolve(message, body=message.body[:end])))
