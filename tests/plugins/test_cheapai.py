"""CheapAI: what the plugin sends, and what it makes of every answer."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.plugins.reading import parsed_by, submission

import tintype_cheapai as cheapai
from tintype.catalog import ProviderInfo
from tintype.convert import from_json, to_json
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
from tintype.exchange import Exchange, Operation
from tintype.hooks import Extras, Provider
from tintype.messages import Delivery, JsonBody, MultipartBody, Part, Request, Response
from tintype.models import Cost, Image, Quote, Task, TaskState
from tintype.request import Reference, Submission

MODEL = "bytedance-seedream-4.5"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
IMAGE = b"\x89PNG\r\n\x1a\n and so on"

CREATED = {
    "success": True,
    "task_id": "abc123",
    "estimated_credits": 1188,
    "ec_remain_credits": "8812",
}
RUNNING = {
    "id": "abc123",
    "type": "imagen2",
    "status": "doing",
    "progress": 30,
    "credit_cost": 1188,
    "created_at": "2026-02-22T06:00:00.000Z",
}
RESULT = {
    "id": "img_001",
    "imageUrl": "https://cdn.test/1.png",
    "previewUrl": "https://cdn.test/1.small.png",
    "mimeType": "image/png",
    "width": 1920,
    "height": 1080,
}
DONE = {
    "id": "abc123",
    "type": "imagen2",
    "status": "done",
    "progress": 100,
    "credit_cost": 1188,
    "metadata": {"result_images": [RESULT]},
}
FAILED = {
    "id": "abc123",
    "type": "imagen2",
    "status": "error",
    "error_message": "Image generation failed: ...",
    "credit_cost": 1188,
}
LISTED = {
    "model_id": MODEL,
    "max_generations": 4,
    "aspect_ratios": ["16:9", "4:3", "1:1", "3:4", "9:16"],
    "resolutions": ["2K", "4K"],
    "supports_images": True,
    "requires_reference_images": False,
    "supports_enhance_prompt": False,
    "supports_negative_prompt": False,
    "max_assets": 10,
}
SOUND = {
    "id": "task_123",
    "status": "done",
    "progress": 100,
    "type": "sound_effect",
    "metadata": {"output_uri": "https://...", "audio_url": "https://..."},
}
SIMPLE = {"success": False, "error": "Human-readable error description"}
STRUCTURED = {"error": {"message": "Human-readable error description", "type": "error_type"}}
UPSTREAM = {"success": False, "message": "Human-readable error description"}

Json = Mapping[str, object]


def response(body: object, status: int = 200) -> Response:
    """An answer with that JSON, or those bytes, as its body."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status=status, body=data)


def parse(operation: Operation, body: object, status: int = 200, task: Task | None = None) -> Task:
    """The task the plugin makes of an answer."""
    found = parsed_by(
        cheapai,
        Exchange(operation=operation, at=NOW, message=response(body, status), task=task or Task()),
    )
    assert isinstance(found, Task)
    return found


def polled(body: object, status: int = 200) -> Task:
    """The task the plugin makes of the answer to a poll."""
    return parse(Operation.POLL, body, status, Task(id="abc123", model=MODEL))


def submitted(body: object, status: int = 200) -> Task:
    """The task the plugin makes of the answer to a create."""
    return parse(Operation.SUBMIT, body, status)


def quoted(body: object, status: int = 200) -> Quote:
    """The quote the plugin makes of the answer to a price."""
    request = submission(prompt="a cat", model=MODEL)
    found = parsed_by(
        cheapai,
        Exchange(
            operation=Operation.PRICE, at=NOW, message=response(body, status), request=request
        ),
    )
    assert isinstance(found, Quote)
    return found


def offered(body: object, status: int = 200) -> ProviderInfo:
    """The provider the plugin makes of a list of models."""
    message = response(body, status)
    found = parsed_by(cheapai, Exchange(operation=Operation.MODELS, at=NOW, message=message))
    assert isinstance(found, ProviderInfo)
    return found


def parts(request: Submission) -> tuple[Part, ...]:
    """The parts of the form a create sends."""
    body = cheapai.submit(request).body
    assert isinstance(body, MultipartBody)
    return body.parts


def form(request: Submission) -> dict[str, str]:
    """The text fields of the form a create sends."""
    return {part.name: part.data.decode() for part in parts(request) if not part.filename}


def picture(name: str = "", media_type: str = "image/png") -> Reference:
    """A reference as the core resolves it."""
    return Reference(data=IMAGE, name=name, media_type=media_type)


# ------------------------------------------------------------------------- the offer


def test_the_module_is_a_provider_with_a_model_list() -> None:
    """The hooks of the module are those of the specification."""
    hooks: Provider = cheapai
    info = hooks.describe()
    assert info.name == "cheapai"
    assert {name for name in vars(Extras) if hasattr(cheapai, name)} >= {"models"}


def test_seedream_4_5_is_the_default() -> None:
    """The default model is the one all providers share."""
    assert cheapai.describe().find(None) is cheapai.describe().find("seedream-4.5")


def test_a_credit_is_worth_what_the_smallest_package_says() -> None:
    """$25 buy a million credits, so the sample of 1188 is about three cents."""
    info = cheapai.describe()
    assert info.dearest_credit is not None
    assert info.dearest_credit * 1188 == Decimal("0.0297")


def test_every_limit_names_its_source() -> None:
    """No limit stands in the catalog without the document it comes from."""
    info = cheapai.describe()
    for model in (*info.models, info.general):
        described = [*model.parameters.values(), model.references, model]
        assert all(item is not None and item.source for item in described)


def test_the_catalog_goes_to_json_and_back() -> None:
    """The offer is data."""
    info = cheapai.describe()
    assert json.loads(to_json(info))["models"][0]["id"] == MODEL


# --------------------------------------------------------------------------- sending


def test_a_create_is_the_printed_form() -> None:
    """The quick start's command and the plugin send the same fields in the same order."""
    request = submission(
        prompt="A beautiful sunset over the ocean in watercolor style",
        model=MODEL,
        aspect_ratio="16:9",
        resolution="2K",
    )
    sent = cheapai.submit(request)
    assert (sent.method, sent.url, sent.auth) == (
        "POST",
        "https://api.cheapaiapi.com/v1i/task/generate-image",
        True,
    )
    assert list(form(request).items()) == [
        ("prompt", "A beautiful sunset over the ocean in watercolor style"),
        ("model_id", "bytedance-seedream-4.5"),
        ("generations_count", "1"),
        ("model_parameters", '{"aspect_ratio":"16:9","resolution":"2K"}'),
    ]


def test_empty_parameters_are_not_sent() -> None:
    """Without anything to say, model_parameters and receive_url stay away."""
    assert list(form(submission(prompt="a cat", model=MODEL))) == [
        "prompt",
        "model_id",
        "generations_count",
    ]


def test_the_webhook_is_the_receive_url() -> None:
    """The callback goes by the provider's own name for it."""
    request = submission(prompt="a cat", model=MODEL, webhook_url="https://me.test/hook")
    assert form(request)["receive_url"] == "https://me.test/hook"


def test_raw_options_land_inside_the_model_parameters() -> None:
    """A model-specific control is no form field."""
    request = submission(
        prompt="a cat", model=MODEL, resolution="4K", options={"style": "flat", "seed": None}
    )
    fields = form(request)
    assert json.loads(fields["model_parameters"]) == {
        "resolution": "4K",
        "style": "flat",
        "seed": None,
    }
    assert "style" not in fields


def test_a_raw_option_cannot_overwrite_a_typed_field() -> None:
    """Two voices for one parameter are an error, in a price as in a create."""
    options = {"resolution": "2K"}
    request = submission(prompt="a cat", model=MODEL, resolution="4K", options=options)
    with pytest.raises(InvalidRequestError) as submitting:
        cheapai.submit(request)
    with pytest.raises(InvalidRequestError):
        cheapai.price(request, None)
    assert submitting.value.field == "options"


def test_one_reference_is_told_in_the_singular() -> None:
    """The sentence reads as one."""
    request = submission(prompt="a cat", model=MODEL, references=(picture(),))
    with pytest.raises(InvalidRequestError, match="With 1 reference the prompt"):
        cheapai.submit(request)


def test_references_are_repeated_files() -> None:
    """Each reference is a file called assets, in order, with its own or a made-up name."""
    request = submission(
        prompt="Merge @img2 and @img3 into @img1",
        model=MODEL,
        references=(picture(), picture("dog.jpg", "image/jpeg"), picture(media_type="")),
    )
    assert [part for part in parts(request) if part.filename] == [
        Part(name="assets", data=IMAGE, filename="image1.png", media_type="image/png"),
        Part(name="assets", data=IMAGE, filename="dog.jpg", media_type="image/jpeg"),
        Part(name="assets", data=IMAGE, filename="image3.bin", media_type=None),
    ]


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("a cat", 1),
        ("a cat like @img1", 0),
        ("a cat like @img1", 2),
        ("a cat like @img2", 1),
        ("a cat like @img1 and @img2", 1),
        ("a cat like @img0", 1),
        ("a cat like @img01", 1),
        ("a cat like @IMG1", 1),
        ("a cat like @img10", 1),
    ],
)
def test_marks_that_do_not_match_the_references_are_refused(prompt: str, count: int) -> None:
    """Nothing is sent when the prompt names other references than there are."""
    request = submission(prompt=prompt, model=MODEL, references=(picture(),) * count)
    with pytest.raises(InvalidRequestError) as caught:
        cheapai.submit(request)
    assert caught.value.field == "references"
    assert caught.value.allowed == tuple(f"@img{number}" for number in range(1, count + 1))
    assert caught.value.billed is Billed.NO


def test_a_mark_may_be_repeated() -> None:
    """A prompt may speak of a reference twice."""
    prompt = "put @img1 beside @img1, in the style of @img2"
    request = submission(prompt=prompt, model=MODEL, references=(picture(),) * 2)
    assert len(parts(request)) == 5


def test_a_reference_is_a_file_of_at_most_5_mb() -> None:
    """A URL is refused before anything is sent; the catalog has the limit of files."""
    takes = [each.references for each in (*cheapai.INFO.models, cheapai.INFO.general)]
    assert [each.max_bytes for each in takes if each] == [5 * 1024 * 1024] * 2
    link = Reference(url="https://example.test/cat.png")
    request = submission(prompt="like @img1", model=MODEL, references=(link,))
    with pytest.raises(InvalidRequestError) as caught:
        cheapai.submit(request)
    assert caught.value.field == "references"
    assert "bytes" in caught.value.allowed


def test_a_price_is_asked_with_the_number_of_references() -> None:
    """In a price `assets` is a count, the count of images a number, parameters an object."""
    request = submission(
        prompt="Merge @img2 into @img1",
        model=MODEL,
        aspect_ratio="16:9",
        resolution="2K",
        references=(picture(), picture()),
    )
    assert cheapai.price(request, None) == Request(
        method="POST",
        url="https://api.cheapaiapi.com/v1i/task/price",
        body=JsonBody(
            value={
                "model_id": MODEL,
                "generations_count": 1,
                "assets": 2,
                "model_parameters": {"aspect_ratio": "16:9", "resolution": "2K"},
            }
        ),
    )


def test_a_price_without_parameters_does_not_name_them() -> None:
    """An empty object is not sent."""
    body = cheapai.price(submission(prompt="a cat", model=MODEL, n=3), None).body
    assert body == JsonBody(value={"model_id": MODEL, "generations_count": 3, "assets": 0})


@pytest.mark.parametrize(
    ("task_id", "path"), [("abc123", "abc123"), ("a/b?c", "a%2Fb%3Fc"), ("ü", "%C3%BC")]
)
def test_a_poll_goes_to_the_common_endpoint(task_id: str, path: str) -> None:
    """The task stands under /v1, not /v1i, its id quoted."""
    assert cheapai.poll(Task(id=task_id)) == Request.get(
        f"https://api.cheapaiapi.com/v1/task/{path}"
    )


def test_the_model_list_is_asked_by_get() -> None:
    """The list of models has an address of its own."""
    assert cheapai.models("") == Request.get("https://api.cheapaiapi.com/v1i/models")


# ----------------------------------------------------------------------------- price


def test_a_price_is_an_exact_number_of_credits() -> None:
    """The answer is the price of the whole; dollars are left to the core."""
    quote = quoted({"success": True, "credits": 1188})
    assert quote.credits == (Decimal(1188), Decimal(1188))
    assert (quote.low, quote.high, quote.final) == (None, None, True)
    assert (quote.model, quote.as_of) == (MODEL, date(2026, 11, 20))
    assert quote.lines[0].unit_credits == Decimal(1188)
    assert quote.assumptions


@pytest.mark.parametrize("credits_", [None, "1188", True, -1, [], {}])
def test_a_price_that_is_no_number_is_unknown(credits_: object) -> None:
    """Text, null and a negative number are no price."""
    with pytest.raises(ProtocolError):
        quoted({"success": True, "credits": credits_})


def test_a_fraction_of_a_credit_is_kept() -> None:
    """Money is never a float."""
    assert quoted(b'{"success": true, "credits": 0.1}').credits_low == Decimal("0.1")


# ---------------------------------------------------------------------------- create


@pytest.mark.parametrize(
    "body",
    [
        CREATED,
        {"task_id": "abc123"},
        {"success": True, "id": "abc123"},
        {"success": True, "data": {"task_id": "abc123"}},
        {"success": True, "task_id": "abc123", "id": 42, "data": []},
    ],
)
@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_create_gives_a_running_task(body: Json, status: int) -> None:
    """The id is found wherever it may stand; an odd neighbour does not lose it."""
    task = submitted(body, status)
    assert (task.id, task.state, task.billed) == ("abc123", TaskState.RUNNING, Billed.UNKNOWN)
    assert task.cost is None
    assert task.raw == body


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"success": True},
        {"success": True, "task_id": ""},
        {"success": True, "task_id": 7.5},
        {"success": True, "id": True},
        {"success": True, "data": {"task_id": None}},
        {"success": True, "task_id": {"id": "abc123"}, "id": "abc123"},
    ],
)
def test_a_create_without_an_id_is_no_task(body: Json) -> None:
    """An accepted task that cannot be asked for is an error that may have cost money."""
    with pytest.raises(ProtocolError) as caught:
        submitted(body)
    assert caught.value.billed is Billed.UNKNOWN


@pytest.mark.parametrize("body", [SIMPLE, STRUCTURED, UPSTREAM])
def test_a_refusal_under_http_200_is_a_refusal(body: Json) -> None:
    """A body that says no is believed, and nothing is claimed about money."""
    with pytest.raises(ProviderError) as caught:
        submitted(body)
    assert "Human-readable error description" in str(caught.value)
    assert (caught.value.status, caught.value.billed) == (200, Billed.UNKNOWN)
    assert not caught.value.retryable


def test_a_refusal_beside_an_id_is_a_refusal() -> None:
    """`success: false` is not outvoted by an id."""
    with pytest.raises(ProviderError):
        submitted({**SIMPLE, "task_id": "abc123"})


# ------------------------------------------------------------------------------ poll


def test_a_running_task_says_how_far_it_is() -> None:
    """Progress is a share of one; the reserved credits are no cost yet."""
    task = polled(RUNNING)
    assert (task.state, task.progress, task.images) == (TaskState.RUNNING, 0.3, ())
    assert task.cost is None
    assert (task.model, task.billed) == (MODEL, Billed.UNKNOWN)


@pytest.mark.parametrize(
    ("progress", "share"), [(0, 0.0), (100, 1.0), (33.5, 0.335), (None, None), (101, None)]
)
def test_progress_is_a_share_or_nothing(progress: float | None, share: float | None) -> None:
    """Null has been seen; a number outside 0 to 100 says nothing."""
    assert polled({**RUNNING, "progress": progress}).progress == share


def test_a_finished_task_has_its_images_and_its_cost() -> None:
    """Every documented fact of a result is kept."""
    task = polled(DONE)
    assert (task.state, task.progress, task.billed) == (TaskState.SUCCEEDED, 1.0, Billed.YES)
    assert task.cost == Cost(credits=Decimal(1188), source="reported")
    assert task.images == (
        Image(
            url="https://cdn.test/1.png",
            preview_url="https://cdn.test/1.small.png",
            media_type="image/png",
            width=1920,
            height=1080,
        ),
    )


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("https://cdn.test/a.png", "https://cdn.test/a.png"),
        ({"imageUrl": "https://cdn.test/a.png", "url": "https://cdn.test/b.png"}, "…/a.png"),
        ({"url": "https://cdn.test/b.png", "image_url": "https://cdn.test/c.png"}, "…/b.png"),
        ({"image_url": "https://cdn.test/c.png", "previewUrl": "https://x.test"}, "…/c.png"),
        ({"imageUrl": "", "previewUrl": "https://cdn.test/d.png"}, "…/d.png"),
    ],
)
def test_a_result_may_have_any_of_the_likely_shapes(item: object, url: str) -> None:
    """CheapAI does not print an item; the preview is taken last."""
    task = polled({**DONE, "metadata": {"result_images": [item]}})
    assert task.images[0].url == url.replace("…", "https://cdn.test")


def test_images_keep_the_order_of_the_provider() -> None:
    """Several results are numbered as they come."""
    items = ["https://cdn.test/b.png", RESULT]
    images = polled({**DONE, "metadata": {"result_images": items}}).images
    assert [(image.index, image.url) for image in images] == [
        (0, "https://cdn.test/b.png"),
        (1, "https://cdn.test/1.png"),
    ]


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"result_images": None},
        {"result_images": []},
        {"result_images": [""]},
        {"result_images": [{}]},
        {"audio_url": "https://cdn.test/1.png"},
        {"assets": ["https://cdn.test/input.png"], "prompt": "https://cdn.test/x.png"},
    ],
)
def test_a_finished_task_without_images_is_no_success(metadata: object) -> None:
    """Inputs and mirrors are no results: the flow asks again."""
    with pytest.raises(ProtocolError) as caught:
        polled({**DONE, "metadata": metadata})
    assert caught.value.pointer.startswith("/metadata/result_images")


@pytest.mark.parametrize("status", ["error", "failed", "ERROR", "Failed"])
def test_a_failed_task_is_refunded(status: str) -> None:
    """A failure is true of the task, and its credits come back."""
    running = polled(RUNNING)
    task = parse(Operation.POLL, {**FAILED, "status": status}, task=running)
    assert (task.state, task.billed, task.cost) == (TaskState.FAILED, Billed.NO, None)
    assert [failure.message for failure in task.errors] == ["Image generation failed: ..."]
    assert task.raw["credit_cost"] == 1188


@pytest.mark.parametrize("reason", [None, ""])
def test_a_failure_without_a_reason_says_so(reason: str | None) -> None:
    """`error_message` has been seen as null."""
    task = polled({**FAILED, "error_message": reason})
    assert task.errors[0].message == "The provider gave no reason."


@pytest.mark.parametrize("status", ["DONE", "Done"])
def test_the_case_of_a_status_does_not_matter(status: str) -> None:
    """One sample is no promise about capitals."""
    assert polled({**DONE, "status": status}).state is TaskState.SUCCEEDED


@pytest.mark.parametrize("status", ["queued", "success", "succeeded", "canceled", "done!"])
def test_a_status_nobody_documents_is_asked_again(status: str) -> None:
    """An unknown word is neither a success nor a failure."""
    with pytest.raises(UnknownStatusError) as caught:
        polled({**DONE, "status": status})
    assert caught.value.pointer == "/status"


def test_an_answer_without_an_id_is_about_the_task_that_was_asked_for() -> None:
    """The id is known already."""
    body = {key: value for key, value in DONE.items() if key != "id"}
    assert polled(body).id == "abc123"


def test_image_bytes_never_enter_raw() -> None:
    """A data URI among the results is an image itself, and a count of bytes in raw."""
    inline = "data:image/png;base64,iVBORw0KGgoAAAAA"
    task = polled({**DONE, "metadata": {"result_images": [inline]}})
    assert task.images[0].data == b"\x89PNG\r\n\x1a\n\0\0\0\0"
    assert task.raw["metadata"] == {"result_images": ["<12 bytes>"]}


def test_a_task_goes_to_json_and_back() -> None:
    """Another process can pick the task up."""
    task = polled(DONE)
    assert from_json(to_json(task), Task) == task


# --------------------------------------------------------------------------- webhook


def delivered(body: object, task: Task | None = None) -> Task:
    """The task the plugin makes of an inbound webhook."""
    message = Delivery(body=json.dumps(body).encode())
    found = parsed_by(
        cheapai, Exchange(operation=Operation.WEBHOOK, at=NOW, message=message, task=task or Task())
    )
    assert isinstance(found, Task)
    return found


def test_a_webhook_is_a_finished_task_with_its_inputs() -> None:
    """The inputs that are echoed are not taken for results."""
    echoed = {"prompt": "a cat", "modelId": MODEL, "modelParameters": {"url": "https://x.test"}}
    metadata = {**echoed, "result_images": [RESULT]}
    task = delivered({**DONE, "metadata": metadata, "created_at": "2026-02-22T06:00:00.000Z"})
    assert (task.id, task.state) == ("abc123", TaskState.SUCCEEDED)
    assert [image.url for image in task.images] == ["https://cdn.test/1.png"]


def test_a_webhook_may_tell_of_a_failure() -> None:
    """The callback comes when a task completes or fails."""
    assert delivered(FAILED, Task(id="abc123")).state is TaskState.FAILED


def test_the_callback_of_a_sound_is_no_image() -> None:
    """The printed payload is done and holds no image."""
    with pytest.raises(ProtocolError):
        delivered(SOUND)


def test_a_webhook_about_no_task_is_an_error() -> None:
    """Without an id nobody knows whose it is."""
    with pytest.raises(ProtocolError) as caught:
        delivered({"status": "doing"})
    assert caught.value.pointer == "/id"


def test_a_webhook_that_says_no_is_a_refusal_without_a_status() -> None:
    """A delivery has no HTTP status."""
    with pytest.raises(ProviderError) as caught:
        delivered(SIMPLE)
    assert caught.value.status is None


# ---------------------------------------------------------------------------- models


@pytest.mark.parametrize("key", ["models", "data"])
def test_the_live_list_replaces_the_catalog(key: str) -> None:
    """The list is read wherever it stands, and gives what the catalog has."""
    info = offered({"success": True, key: [LISTED]})
    (model,) = info.models
    assert (model.id, model.name, model.max_n) == (MODEL, "seedream-4.5", 4)
    assert model.parameters["resolution"].allowed == ("2K", "4K")
    assert model.parameters["aspect_ratio"].allowed == ("16:9", "4:3", "1:1", "3:4", "9:16")
    assert model.references is not None
    assert (model.references.forms, model.references.max_count) == (("bytes",), 10)


def test_the_default_stays_first_in_the_live_list() -> None:
    """The first model is the default, whatever the order of the list."""
    other = {**LISTED, "model_id": "another", "max_generations": 1}
    info = offered({"models": [other, LISTED]})
    assert [(model.id, model.max_n) for model in info.models] == [(MODEL, 4), ("another", 1)]


def test_what_the_list_leaves_open_stays_as_it_was() -> None:
    """A model that is only named keeps the limits of the catalog."""
    info = offered({"models": [{"model_id": MODEL}]})
    assert info.models == cheapai.describe().models


def test_a_listed_model_may_take_no_references_or_need_one() -> None:
    """The list tells drawing from editing."""
    draws = {**LISTED, "model_id": "draws", "supports_images": False}
    edits = {**LISTED, "model_id": "edits", "requires_reference_images": True}
    first, second = offered({"models": [draws, edits]}).models
    assert first.references is None
    assert second.references is not None
    assert second.references.required


@pytest.mark.parametrize(
    "body",
    [
        {"success": True},
        {"models": []},
        {"models": {}},
        {"models": [{}]},
        {"models": [{"model_id": 7}]},
        {"models": [{**LISTED, "max_generations": 0}]},
    ],
)
def test_a_list_of_no_models_is_an_error(body: Json) -> None:
    """A provider without models offers nothing to default to."""
    with pytest.raises(ProtocolError):
        offered(body)


# ---------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("status", "kind", "billed"),
    [
        (400, BadRequestError, Billed.NO),
        (401, AuthenticationError, Billed.NO),
        (402, InsufficientCreditError, Billed.NO),
        (403, PermissionDeniedError, Billed.NO),
        (404, NotFoundError, Billed.UNKNOWN),
        (422, BadRequestError, Billed.NO),
        (429, RateLimitError, Billed.NO),
        (500, ServerError, Billed.UNKNOWN),
        (502, ServerError, Billed.UNKNOWN),
        (503, OverloadedError, Billed.NO),
        (504, ServerError, Billed.UNKNOWN),
    ],
)
@pytest.mark.parametrize("body", [SIMPLE, STRUCTURED, UPSTREAM])
@pytest.mark.parametrize("read", [submitted, polled, quoted, offered])
def test_a_status_is_an_error_in_each_of_the_three_shapes(
    read: Callable[[object, int], object],
    body: Json,
    status: int,
    kind: type[ProviderError],
    billed: Billed,
) -> None:
    """The class comes from the table, the words from whichever shape the body has."""
    with pytest.raises(ProviderError) as caught:
        read(body, status)
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.billed) == (status, billed)
    assert caught.value.message.endswith("Human-readable error description")
    assert caught.value.code == ("error_type" if body is STRUCTURED else "")


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (401, "Invalid API key", AuthenticationError),
        (401, "Invalid API key or insufficient credits", AuthenticationError),
        (401, "Insufficient credits", InsufficientCreditError),
        (401, "Your balance is too low", InsufficientCreditError),
        (401, "Too many requests", RateLimitError),
        (401, "Rate limit exceeded", RateLimitError),
        (401, "Unauthorized", AuthenticationError),
        (429, "Rate limit or queue full", RateLimitError),
        (429, "Daily spend limit reached", InsufficientCreditError),
        (400, "Not enough credits", BadRequestError),
    ],
)
def test_the_words_decide_what_a_401_or_a_429_means(
    status: int, words: str, kind: type[ProviderError]
) -> None:
    """401 may be an empty account or throttling, 429 the end of the day's budget."""
    with pytest.raises(ProviderError) as caught:
        submitted({"success": False, "error": words}, status)
    assert type(caught.value) is kind


@pytest.mark.parametrize("body", [b"", b"<html>503</html>", b"null", b"[]", b'{"error": 7}', b"{}"])
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_gateway_is_never_taken_for_an_unbilled_refusal(status: int, body: bytes) -> None:
    """Without the API's own words nobody knows whether work had begun."""
    with pytest.raises(ServerError) as caught:
        submitted(body, status)
    assert type(caught.value) is ServerError
    assert caught.value.billed is Billed.UNKNOWN


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b'{"message": {}}'])
def test_a_refusal_without_words_is_known_by_its_status(body: bytes) -> None:
    """An unreadable body does not hide what the status says."""
    with pytest.raises(AuthenticationError):
        submitted(body, 401)


@pytest.mark.parametrize("status", [302, 409, 418, 451])
def test_a_status_nobody_documents_is_a_protocol_error(status: int) -> None:
    """Whether an undocumented refusal cost anything is unknown."""
    with pytest.raises(ProtocolError) as caught:
        submitted(SIMPLE, status)
    assert (caught.value.status, caught.value.billed) == (status, Billed.UNKNOWN)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html><body>Welcome</body></html>",
        b"null",
        b"[]",
        b'"done"',
        b'{"id": "abc123", "status": "do',
        b"\xff\xfe\x00",
        b'{"status": NaN}',
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("operation", list(Operation))
def test_any_bytes_are_an_error_of_this_answer(operation: Operation, body: bytes) -> None:
    """HTML, nothing, half an object and garbage are all told as such."""
    with pytest.raises(ProtocolError):
        parsed_by(cheapai, Exchange(operation=operation, at=NOW, message=response(body)))


def test_a_missing_message_is_an_error() -> None:
    """There are no streams here, so there is nothing to make of their end."""
    with pytest.raises(ProtocolError):
        parsed_by(cheapai, Exchange(operation=Operation.END, at=NOW, task=Task(id="abc123")))


# ------------------------------------------------------------------------ robustness

DOCUMENTED = [
    (Operation.PRICE, 200, {"success": True, "credits": 1188}),
    (Operation.SUBMIT, 200, CREATED),
    (Operation.POLL, 200, RUNNING),
    (Operation.POLL, 200, DONE),
    (Operation.POLL, 200, FAILED),
    (Operation.WEBHOOK, 200, SOUND),
    (Operation.MODELS, 200, {"success": True, "models": [LISTED]}),
    *((Operation.SUBMIT, status, SIMPLE) for status in (200, 401, 429, 503)),
    *((Operation.SUBMIT, status, STRUCTURED) for status in (200, 401, 429, 503)),
    *((Operation.SUBMIT, status, UPSTREAM) for status in (200, 401, 429, 503)),
]
WRONG: tuple[object, ...] = (None, 7, -1, 0.5, "x", "", [], {}, True, ["x"], {"x": 1})
RESULTS = {Operation.PRICE: Quote, Operation.MODELS: ProviderInfo}


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value within a JSON value, its own first."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def mutants(body: object) -> Iterator[object]:
    """The body with each value replaced by each wrong one, or dropped."""
    for path in places(body):
        for wrong in WRONG:
            yield replaced(body, path, wrong)
        if path:
            made = copy.deepcopy(body)
            del at(made, path[:-1])[path[-1]]  # type: ignore[attr-defined]  # a container
            yield made


def at(value: object, path: tuple[str | int, ...]) -> object:
    """The value at the end of a way."""
    for step in path:
        value = value[step]  # type: ignore[index]  # a container
    return value


def replaced(body: object, path: tuple[str | int, ...], value: object) -> object:
    """A copy of the body with another value at the end of a way."""
    if not path:
        return value
    made = copy.deepcopy(body)
    at(made, path[:-1])[path[-1]] = value  # type: ignore[index]  # a container
    return made


@pytest.mark.parametrize(("operation", "status", "body"), DOCUMENTED)
def test_no_wrong_value_escapes(operation: Operation, status: int, body: Json) -> None:
    """Whatever stands in a documented body, parse gives its type or one of our errors."""
    for mutant in mutants(body):
        exchange = Exchange(operation=operation, at=NOW, message=response(mutant, status))
        try:
            found = parsed_by(cheapai, exchange)
        except TintypeError:
            continue
        assert isinstance(found, RESULTS.get(operation, Task))
        if isinstance(found, Task):
            assert found.id
            assert found.state is not TaskState.SUCCEEDED or found.images
        if isinstance(found, ProviderInfo):
            assert found.find(None) is not None


def test_the_same_exchange_gives_the_same_task() -> None:
    """A hook keeps nothing and changes nothing."""
    known = Task(id="abc123", model=MODEL)
    exchange = Exchange(operation=Operation.POLL, at=NOW, message=response(DONE), task=known)
    assert parsed_by(cheapai, exchange) == parsed_by(cheapai, exchange)
    assert known == Task(id="abc123", model=MODEL)
