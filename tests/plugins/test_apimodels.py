"""apimodels.app: what the plugin sends, and what it makes of what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from tests.plugins.reading import parsed_by, submission

import tintype_apimodels as plugin
from tintype.catalog import Choice, Model, ProviderInfo, Unsupported
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    InvalidRequestError,
    NotFoundError,
    ProtocolError,
    ServerError,
    TintypeError,
    UnknownStatusError,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.messages import Delivery, JsonBody, Response
from tintype.models import Quote, QuoteKind, Task, TaskState
from tintype.request import Submission

INFO = plugin.describe()
NOW = datetime(2026, 11, 20, tzinfo=UTC)
SEEDREAM = "doubao-seedream-4-5-251128"
LITE = "doubao-seedream-5-0-260128"
GENERATIONS = "https://apimodels.app/api/v1/images/generations"
IMAGE = "https://r2.apimodels.app/images/xxx.jpeg"
LINKS = ("https://example.com/1.png", "https://example.com/2.png")

PENDING = {"taskId": "clxxx", "state": "pending"}
COMPLETED = {
    "taskId": "clxxx",
    "state": "completed",
    "resultUrls": [IMAGE],
    "createTime": 1705123450000,
    "completeTime": 1705123465000,
}
FAILED = {"taskId": "clxxx", "state": "failed", "failMsg": "Content policy violation"}
CALLED = {
    "taskId": "clxxx",
    "model": "doubao/seedream",
    "state": "completed",
    "param": json.dumps({"prompt": "a cat", "image_url": "https://example.com/input.png"}),
    "resultJson": json.dumps({"resultUrls": [IMAGE]}),
    "failCode": None,
    "failMsg": None,
    "costTime": 12345,
    "completeTime": 1705123465000,
    "createTime": 1705123450000,
}


def envelope(data: object) -> dict[str, object]:
    """What wraps every good answer."""
    return {"code": 200, "msg": "success", "data": data}


def answer(body: object, status: int = 200) -> Response:
    """`body` as the provider would send it."""
    return Response(status=status, body=json.dumps(body).encode())


def exchange(message: Message | None, operation: Operation, task: Task | None) -> Exchange:
    """An answer as the core hands it over."""
    return Exchange(operation=operation, at=NOW, message=message, task=task or Task())


def parsed(
    message: Message | None,
    operation: Operation = Operation.POLL,
    task: Task | None = None,
) -> Task:
    """What `parse` makes of an answer about a task."""
    made = parsed_by(plugin, exchange(message, operation, task))
    assert isinstance(made, Task)
    return made


def sent(request: Submission) -> dict[str, object]:
    """The body that `submit` makes of `request`."""
    body = plugin.submit(request).body
    assert isinstance(body, JsonBody)
    return dict(body.value)


def quoted(**fields: object) -> Quote:
    """The quote of a request with these fields."""
    quote = plugin.price(submission(prompt="a cat", **fields), None)
    assert quote is not None
    return quote


def model(model_id: str) -> Model:
    """A model of the catalog."""
    found = INFO.find(model_id)
    assert found is not None
    return found


# ------------------------------------------------------------------------ describe


def test_seedream_4_5_is_the_default() -> None:
    """The model every provider has stands first."""
    assert INFO.models[0].id == SEEDREAM
    assert INFO.models[0].name == "seedream-4.5"


def test_ids_and_names_are_unique() -> None:
    """No two models share an id, nor a canonical name."""
    ids = [model.id for model in INFO.models]
    names = [model.name for model in INFO.models if model.name]
    assert len(set(ids)) == len(ids)
    assert len(set(names)) == len(names)


def test_both_documented_origins_may_be_given_the_key() -> None:
    """The vendor documents two hosts for one API."""
    assert INFO.origins == ("https://apimodels.app", "https://api.apimodels.app")


def test_every_fact_has_its_source() -> None:
    """Models, descriptors, prices, references and cautions name a document of the list."""
    for entry in (*INFO.models, INFO.general):
        facts = [entry, *entry.parameters.values(), *entry.prices, *entry.cautions]
        facts += [entry.references] if entry.references else []
        assert {fact.source for fact in facts} <= set(INFO.sources)


def test_results_are_kept_seven_days() -> None:
    """Also those of a model outside the catalog."""
    kept = {entry.results_kept for entry in (*INFO.models, INFO.general)}
    assert kept == {7 * 24 * 3600}


def test_one_image_a_submission() -> None:
    """`n` is printed without bounds, so no more than one is asked for."""
    assert {entry.max_n for entry in (*INFO.models, INFO.general)} == {1}


def test_references_are_links() -> None:
    """Neither bytes nor data URIs are documented for this API."""
    forms = {entry.references.forms for entry in INFO.models if entry.references}
    assert forms == {("url",)}


@pytest.mark.parametrize("model_id", ["kling-expand", "kling-multi-image", "real-esrgan"])
def test_some_models_need_an_image(model_id: str) -> None:
    """The table marks two of them; the third enlarges a photo."""
    references = model(model_id).references
    assert references is not None
    assert references.required


@pytest.mark.parametrize(
    ("model_id", "most"), [("gpt-image-2", 16), ("qwen3-image", 3), (SEEDREAM, None)]
)
def test_documented_limits_of_references(model_id: str, most: int | None) -> None:
    """A limit that nobody documents is None."""
    references = model(model_id).references
    assert references is not None
    assert references.max_count == most


def test_5_lite_ignores_the_ratio() -> None:
    """The page says so; the caller is told the reason."""
    ratio = model(LITE).parameters["aspect_ratio"]
    assert isinstance(ratio, Unsupported)
    assert ratio.reason == "aspect_ratio is ignored by 5.0 Lite"


@pytest.mark.parametrize(
    ("model_id", "tiers"),
    [
        (LITE, ("2K", "4K")),
        (SEEDREAM, ("1K", "2K", "4K")),
        ("doubao-seedream-5-0-pro", ("1K", "2K")),
        ("gemini-2.5-flash-image", ("1K",)),
        ("gemini-3.1-flash-image", ("512", "1K", "2K", "4K")),
        ("gpt-image-2-all", ("1K", "2K", "4K")),
        ("kling-v3-image", ("1K", "2K")),
        ("nanobanana2/gemini-3.1-flash-image-preview", ("1K", "2K", "4K")),
    ],
)
def test_the_tiers_of_a_model(model_id: str, tiers: tuple[str, ...]) -> None:
    """They are the keys of its prices, or what a page says, or the script's list."""
    found = model(model_id).parameters["resolution"]
    assert isinstance(found, Choice)
    assert found.values == tiers


def test_the_undocumented_tiers_of_4_5_come_with_a_caution() -> None:
    """The page shows tiers for 5.0 Lite only."""
    assert [caution.field for caution in model(SEEDREAM).cautions] == ["resolution"]


@pytest.mark.parametrize(
    ("model_id", "levels"),
    [
        ("gpt-image-2-all", ("low", "medium", "high")),
        ("gpt-image-2.5-flare", ("low", "medium", "high", "xhigh", "max")),
        ("grok-imagine-image-2.0", ("low", "medium")),
    ],
)
def test_qualities_are_the_keys_of_the_prices(model_id: str, levels: tuple[str, ...]) -> None:
    """A model without such keys has no quality to choose."""
    found = model(model_id).parameters["quality"]
    assert isinstance(found, Choice)
    assert found.values == levels
    assert "quality" not in model("gpt-image-2").parameters


# --------------------------------------------------------------------------- price


@pytest.mark.parametrize(
    ("model_id", "fields", "usd"),
    [
        (SEEDREAM, {}, "0.05"),
        (LITE, {"resolution": "4K"}, "0.055"),
        ("doubao-seedream-5-0-pro", {"resolution": "2K"}, "0.06"),
        ("gpt-image-2", {"resolution": "4K"}, "0.05"),
        ("gpt-image-2-lite", {}, "0.01"),
        ("gpt-image-2-all", {"resolution": "2K", "quality": "high"}, "0.10"),
        ("gemini-3.1-flash-image", {"resolution": "512"}, "0.04"),
        ("kling-v2-1", {}, "0.016"),
        ("kling-v2-1", {"references": LINKS[:1]}, "0.045"),
        ("kling-expand", {"references": LINKS[:1]}, "0.023"),
        ("flux-2-klein-4b", {"references": LINKS}, "0.009"),
        ("qwen3-image", {"resolution": "2K"}, "0.035"),
        ("sparkpix-image-edit", {"references": LINKS}, "0.013"),
    ],
)
def test_a_price_of_the_table(model_id: str, fields: dict[str, object], usd: str) -> None:
    """By tier, by quality, and by whether there are references."""
    quote = quoted(model=model_id, **fields)
    assert quote.kind is QuoteKind.EXACT
    assert quote.usd == Decimal(usd)
    assert quote.as_of is not None


def test_a_tier_left_open_makes_a_range() -> None:
    """The quote says what it depends on."""
    quote = quoted(model="gpt-image-2")
    assert (quote.low, quote.high) == (Decimal("0.025"), Decimal("0.05"))
    assert quote.assumptions == ("resolution is left open; the price depends on it.",)


def test_extra_references_of_qwen_make_a_range() -> None:
    """The guide prices extra references and does not say which are extra."""
    quote = quoted(model="qwen3-image", resolution="1K", references=LINKS)
    assert (quote.low, quote.high) == (Decimal("0.035"), Decimal("0.043"))
    assert [line.unit_price for line in quote.lines] == [
        Decimal(usd) for usd in ("0.035", "0", "0.004")
    ]
    assert [line.billable for line in quote.lines[1:]] == ["input_image"] * 2
    assert quote.lines[-1].quantity == 2


def test_an_undocumented_price_of_references_is_said() -> None:
    """The guide says that extra references usually cost extra, and how much for few."""
    quote = quoted(model="gpt-image-2", resolution="1K", references=LINKS)
    assert quote.assumptions == (
        "Extra references usually cost extra; how much is not documented for this model.",
    )


@pytest.mark.parametrize(
    "model_id", ["somebody/else", "nanobanana2/gemini-3.1-flash-image-preview"]
)
def test_a_price_that_nobody_documents_is_unknown(model_id: str) -> None:
    """None, and not 0."""
    request = submission(prompt="a cat", model=model_id, references=LINKS)
    assert plugin.price(request, None) is None


# -------------------------------------------------------------------------- submit


def test_text_to_image_as_the_page_prints_it() -> None:
    """Nothing is sent that was not asked for."""
    request = submission(prompt="a tree", model=LITE, resolution="2K")
    made = plugin.submit(request)
    assert (made.method, made.url, made.auth) == ("POST", GENERATIONS, True)
    assert sent(request) == {"model": LITE, "prompt": "a tree", "size": "2K"}


def test_one_reference_is_image_url() -> None:
    """As the page prints it."""
    body = sent(submission(prompt="snow", model=LITE, references=LINKS[:1]))
    assert body == {"model": LITE, "prompt": "snow", "image_url": LINKS[0]}


def test_several_references_are_image_urls() -> None:
    """As the vendor's script sends them, in the caller's order."""
    body = sent(submission(prompt="both", model="kling-multi-image", references=LINKS))
    assert body == {"model": "kling-multi-image", "prompt": "both", "image_urls": list(LINKS)}


@pytest.mark.parametrize(
    ("model_id", "wire"),
    [
        (SEEDREAM, "size"),
        (LITE, "size"),
        ("doubao-seedream-5-0-pro", "resolution"),
        ("gpt-image-2", "resolution"),
        ("nanobanana2/gemini-3.1-flash-image-preview", "resolution"),
        ("somebody/else", "resolution"),
    ],
)
def test_the_tier_goes_by_two_names(model_id: str, wire: str) -> None:
    """The Doubao page calls it `size`, everything else `resolution`; the id goes as it is."""
    body = sent(submission(prompt="a cat", model=model_id, resolution="2K"))
    assert body == {"model": model_id, "prompt": "a cat", wire: "2K"}


def test_every_other_field_by_its_documented_name() -> None:
    """Ratio, quality, background and callback."""
    request = submission(
        prompt="a cat",
        model="gpt-image-2-all",
        aspect_ratio="16:9",
        quality="high",
        background="transparent",
        webhook_url="https://example.com/hook",
    )
    assert sent(request) == {
        "model": "gpt-image-2-all",
        "prompt": "a cat",
        "aspect_ratio": "16:9",
        "quality": "high",
        "background": "transparent",
        "callback_url": "https://example.com/hook",
    }


def test_options_go_beside_the_fields() -> None:
    """As they are."""
    options = {"layer_decomposition": True, "n": 2}
    body = sent(submission(prompt="split", model=SEEDREAM, options=options))
    assert body == {"model": SEEDREAM, "prompt": "split", "layer_decomposition": True, "n": 2}


def test_an_option_makes_the_price_unknown() -> None:
    """The table does not say what layers cost."""
    request = submission(prompt="split", model=SEEDREAM, resolution="2K")
    assert plugin.price(request, None) is not None
    options = {"layer_decomposition": True}
    quote = plugin.price(evolve(request, options=options), None)
    assert quote is not None
    assert quote.usd is None
    assert "layer_decomposition" in quote.reason


def test_an_option_never_overwrites_a_field() -> None:
    """It is refused before anything is sent."""
    options = {"size": "4K"}
    request = submission(prompt="a cat", model=LITE, resolution="2K", options=options)
    with pytest.raises(InvalidRequestError) as caught:
        plugin.submit(request)
    assert caught.value.field == "options"
    assert caught.value.billed is Billed.NO


# ------------------------------------------------------------------ poll and models


@pytest.mark.parametrize(
    ("task_id", "query"), [("clxxx", "clxxx"), ("a/b&c=d e", "a%2Fb%26c%3Dd%20e")]
)
def test_a_task_is_asked_for_by_query(task_id: str, query: str) -> None:
    """The id is quoted whole."""
    made = plugin.poll(Task(id=task_id))
    assert (made.method, made.url, made.body) == ("GET", f"{GENERATIONS}?task_id={query}", None)


def test_the_live_list_narrows_the_catalog() -> None:
    """What it lists beside the known image models may be video, speech or chat."""
    listed = answer({"data": [{"id": "gpt-5-5"}, {"id": LITE}, {"id": SEEDREAM}]})
    assert plugin.models("").url == "https://apimodels.app/api/v1/models"
    made = parsed_by(plugin, exchange(listed, Operation.MODELS, None))
    assert isinstance(made, ProviderInfo)
    assert [entry.id for entry in made.models] == [SEEDREAM, LITE]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (answer({"data": [{"id": "gpt-5-5"}]}), ProtocolError),
        (answer({"data": []}), ProtocolError),
        (answer({"data": [{"name": SEEDREAM}]}), ProtocolError),
        (answer({"code": 401, "msg": "Unauthorized"}), AuthenticationError),
        (answer({"msg": "moderation"}, 400), BadRequestError),
    ],
)
def test_a_live_list_that_is_none(message: Response, error: type[TintypeError]) -> None:
    """An empty catalog is never returned, and never a task."""
    with pytest.raises(error):
        parsed_by(plugin, exchange(message, Operation.MODELS, None))


# --------------------------------------------------------------------------- parse


@pytest.mark.parametrize("state", ["pending", "processing"])
@pytest.mark.parametrize("operation", [Operation.SUBMIT, Operation.POLL])
def test_a_task_that_runs(state: str, operation: Operation) -> None:
    """Create and poll answer alike."""
    task = parsed(answer(envelope({"taskId": "clxxx", "state": state})), operation)
    assert (task.id, task.state, task.billed) == ("clxxx", TaskState.RUNNING, Billed.UNKNOWN)


def test_a_snapshot_is_evolved() -> None:
    """What the core had written into the task stays."""
    before = Task(id="clxxx", provider="apimodels", model=SEEDREAM, created_at=NOW)
    task = parsed(answer(envelope(COMPLETED)), task=before)
    assert evolve(task, images=(), billed=Billed.UNKNOWN, raw={}) == evolve(
        before, state=TaskState.SUCCEEDED
    )


def test_a_completed_task() -> None:
    """Its images, in order; what was said is kept."""
    urls = [IMAGE, "https://r2.apimodels.app/images/yyy.jpeg"]
    body = envelope(COMPLETED | {"resultUrls": urls})
    task = parsed(answer(body))
    assert task.state is TaskState.SUCCEEDED
    assert [(image.url, image.index) for image in task.images] == [(urls[0], 0), (urls[1], 1)]
    assert task.billed is Billed.YES
    assert task.raw == body


def test_a_task_may_be_completed_at_once() -> None:
    """The page of the lite model calls it synchronous."""
    task = parsed(answer(envelope(COMPLETED)), Operation.SUBMIT)
    assert (task.id, task.state, len(task.images)) == ("clxxx", TaskState.SUCCEEDED, 1)


@pytest.mark.parametrize(
    "result",
    [
        json.dumps({"resultUrls": [IMAGE]}),
        json.dumps({"resultUrls": [IMAGE], "layers": [{"name": "base"}]}),
        {"resultUrls": [IMAGE]},
    ],
)
@pytest.mark.parametrize("urls", [{}, {"resultUrls": None}, {"resultUrls": []}])
def test_images_inside_result_json(result: object, urls: dict[str, object]) -> None:
    """It is JSON in a string, or an object, as the script takes both."""
    data = {"taskId": "clxxx", "state": "completed", "resultJson": result, **urls}
    assert [image.url for image in parsed(answer(envelope(data))).images] == [IMAGE]


def test_a_task_that_is_completed_at_once_needs_no_id() -> None:
    """Nobody asks for it again; without its pictures somebody would."""
    odd = envelope({**COMPLETED, "taskId": {"odd": True}})
    task = parsed(answer(odd), Operation.SUBMIT)
    assert (task.id, task.state, task.images[0].url) == ("", TaskState.SUCCEEDED, IMAGE)
    with pytest.raises(ProtocolError, match="no id to ask for it by"):
        parsed(answer(envelope({**PENDING, "taskId": None})), Operation.SUBMIT)


def test_an_odd_list_of_images_yields_to_a_whole_one() -> None:
    """`resultJson` tells again what `resultUrls` lost."""
    data = {**COMPLETED, "resultUrls": [None], "resultJson": json.dumps({"resultUrls": [IMAGE]})}
    task = parsed(answer(envelope(data)))
    assert (task.state, task.images[0].url) == (TaskState.SUCCEEDED, IMAGE)


def test_result_urls_go_before_result_json() -> None:
    """Where both are there, the plain array counts."""
    data = COMPLETED | {"resultJson": "of no concern"}
    assert len(parsed(answer(envelope(data))).images) == 1


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"resultUrls": []},
        {"resultUrls": [""]},
        {"resultUrls": ["images/xxx.jpeg"]},
        {"resultUrls": IMAGE},
        {"resultJson": None},
        {"resultJson": ""},
        {"resultJson": "{"},
        {"resultJson": "[]"},
        {"resultJson": "null"},
        {"resultJson": {}},
        {"resultJson": {"resultUrls": None}},
        {"resultJson": json.dumps({"resultUrls": []})},
        {"resultJson": json.dumps({"resultUrls": IMAGE})},
        {"resultJson": json.dumps({"layers": [IMAGE]})},
        {"url": IMAGE},
        {"param": json.dumps({"resultUrls": [IMAGE], "image_url": IMAGE})},
    ],
)
def test_completed_without_images_is_no_success(result: dict[str, object]) -> None:
    """It is asked again; what the caller had sent is never taken for a result."""
    data = {"taskId": "clxxx", "state": "completed", **result}
    with pytest.raises(ProtocolError):
        parsed(answer(envelope(data)))


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (FAILED, "", "Content policy violation"),
        ({"failCode": "CONTENT_MODERATION"}, "CONTENT_MODERATION", "CONTENT_MODERATION"),
        ({"failCode": "CONTENT_MODERATION", "failMsg": "No."}, "CONTENT_MODERATION", "No."),
        ({"failMsg": "Blocked by moderation."}, "", "Blocked by moderation."),
        ({"failMsg": "审核未通过"}, "", "审核未通过"),
        ({"error": "Content policy violation"}, "", "Content policy violation"),
    ],
)
def test_a_refused_task(data: dict[str, object], code: str, message: str) -> None:
    """HTTP 200, code 200, and no image: by the code, or by the words alone."""
    task = parsed(answer(envelope({"taskId": "clxxx", "state": "failed", **data})))
    assert (task.state, task.billed, task.images) == (TaskState.REFUSED, Billed.NO, ())
    (failure,) = task.errors
    assert (failure.message, failure.code, failure.refused) == (message, code, True)


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        ({"failCode": "UPSTREAM_BUSY", "failMsg": "Busy."}, "UPSTREAM_BUSY", "Busy."),
        ({"failCode": "TIMEOUT"}, "TIMEOUT", "TIMEOUT"),
        ({"error": "generation failed"}, "", "generation failed"),
        ({"error": {"message": "generation failed"}}, "", "generation failed"),
        ({"failCode": None, "failMsg": None}, "", "The provider gave no reason."),
        ({"failMsg": "x", "resultJson": "{", "resultUrls": [IMAGE]}, "", "x"),
    ],
)
def test_a_failed_task(data: dict[str, object], code: str, message: str) -> None:
    """Failures are never charged, and their results are not looked at."""
    task = parsed(answer(envelope({"taskId": "clxxx", "state": "failed", **data})))
    assert (task.state, task.billed, task.images) == (TaskState.FAILED, Billed.NO, ())
    (failure,) = task.errors
    assert (failure.message, failure.code, failure.refused) == (message, code, False)


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("body", [{"msg": "Content policy violation"}, {"error": "moderation"}])
def test_a_prompt_that_is_refused_at_once(status: int, body: dict[str, object]) -> None:
    """Moderation is a task's end, also where no task was made."""
    task = parsed(answer(body, status), Operation.SUBMIT)
    assert (task.id, task.state, task.billed) == ("", TaskState.REFUSED, Billed.NO)
    assert task.errors[0].refused


def test_a_prompt_that_is_refused_inside_200() -> None:
    """The code inside counts like a status."""
    message = answer({"code": 400, "msg": "Content policy violation"})
    assert parsed(message, Operation.SUBMIT).state is TaskState.REFUSED


REFUSALS = [
    (400, BadRequestError, Billed.NO),
    (401, AuthenticationError, Billed.NO),
    (402, InsufficientCreditError, Billed.NO),
    (404, NotFoundError, Billed.UNKNOWN),
    (500, ServerError, Billed.UNKNOWN),
    (503, ServerError, Billed.UNKNOWN),
    (403, ProtocolError, Billed.UNKNOWN),
    (429, ProtocolError, Billed.UNKNOWN),
    (0, ProtocolError, Billed.UNKNOWN),
    (201, ProtocolError, Billed.UNKNOWN),
]


@pytest.mark.parametrize(("code", "error", "billed"), REFUSALS)
def test_http_200_with_a_code_of_failure(
    code: int, error: type[ProtocolError], billed: Billed
) -> None:
    """It is never a success, even with a good task beside it."""
    with pytest.raises(error, match="why") as caught:
        parsed(answer(envelope(COMPLETED) | {"code": code, "msg": "why"}))
    assert (caught.value.status, caught.value.billed) == (code, billed)


@pytest.mark.parametrize(("status", "error", "billed"), REFUSALS[:-1])
def test_a_status_of_failure(status: int, error: type[ProtocolError], billed: Billed) -> None:
    """It is never a success, even with a good task in the body."""
    with pytest.raises(error) as caught:
        parsed(answer(envelope(COMPLETED), status))
    assert (caught.value.status, caught.value.billed) == (status, billed)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"code": 401, "msg": "bad key"}', "bad key"),
        (b'{"error": {"message": "bad key"}}', "bad key"),
        (b'{"error": "bad key"}', "bad key"),
        (b'{"msg": null, "error": null}', "status 401"),
        (b'{"error": {}}', "status 401"),
        (b'{"error": ["bad key"]}', "status 401"),
        (b"<html><h1>401</h1></html>", "status 401"),
        (b'{"msg": "bad', "status 401"),
        (b"[]", "status 401"),
        (b"", "status 401"),
    ],
)
def test_the_words_of_a_refusal(body: bytes, words: str) -> None:
    """The page prints no body: `msg`, then `error`, then the status itself."""
    with pytest.raises(AuthenticationError, match=words):
        parsed(Response(status=401, body=body))


def test_the_code_inside_a_refusal_is_the_closer_one() -> None:
    """As in the vendor's script."""
    with pytest.raises(InsufficientCreditError) as caught:
        parsed(answer({"code": 402, "msg": "Payment Required"}, 400))
    assert caught.value.status == 402


@pytest.mark.parametrize("code", [None, 0, 200, 1001, "403", {}])
def test_a_code_that_no_document_names_does_not_hide_the_status(code: object) -> None:
    """HTTP 401 is a bad key, whatever number stands inside."""
    with pytest.raises(AuthenticationError):
        parsed(answer({"code": code, "msg": "why"}, 401))


def test_a_code_may_be_missing() -> None:
    """Then the HTTP status stands in for it, as in the vendor's script."""
    assert parsed(answer({"data": PENDING})).state is TaskState.RUNNING


@pytest.mark.parametrize("state", ["archived", "success", ""])
def test_an_unknown_state_is_none_of_them(state: str) -> None:
    """Neither a success nor a failure nor an endless wait."""
    with pytest.raises(UnknownStatusError) as caught:
        parsed(answer(envelope(COMPLETED | {"state": state})))
    assert caught.value.pointer == "/data/state"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<!doctype html><title>apimodels</title>",
        b'{"code": 200, "msg": "success", "data": {"taskId": "cl',
        b"null",
        b"[]",
        b'"completed"',
        b"{}",
        b'{"code": 200, "msg": "success"}',
        b'{"code": 200, "msg": "success", "data": null}',
        b'{"code": 200, "data": []}',
        b'{"code": 200, "data": {"taskId": "clxxx", "state": 7}}',
        b'{"code": 200, "data": {"taskId": "clxxx", "state": {}}}',
        b"\xff\xfe\x00",
    ],
)
@pytest.mark.parametrize("operation", [Operation.SUBMIT, Operation.POLL])
def test_an_answer_that_no_document_describes(body: bytes, operation: Operation) -> None:
    """It says nothing about the task, so nothing is concluded."""
    with pytest.raises(ProtocolError) as caught:
        parsed(Response(status=200, body=body), operation)
    assert caught.value.billed is Billed.UNKNOWN


def test_keys_that_no_document_names_are_kept() -> None:
    """They are tolerated, and stay in `raw`."""
    body = envelope(PENDING | {"queue": 3}) | {"trace": "t"}
    assert parsed(answer(body)).raw == body


# ------------------------------------------------------------------------- webhook


def called(data: object) -> Delivery:
    """A webhook that carries `data`."""
    return Delivery(body=json.dumps(envelope(data)).encode())


@pytest.mark.parametrize("task", [None, Task(id="clxxx")])
def test_a_webhook_of_a_completed_task(task: Task | None) -> None:
    """The result is JSON inside JSON; the input image in `param` is no result."""
    made = parsed(called(CALLED), Operation.WEBHOOK, task)
    assert (made.id, made.state) == ("clxxx", TaskState.SUCCEEDED)
    assert [image.url for image in made.images] == [IMAGE]


@pytest.mark.parametrize("result", [None, '{"resultUrls":[]}'])
def test_a_webhook_of_a_failed_task(result: str | None) -> None:
    """`resultJson` is null or holds an empty array."""
    data = CALLED | {"state": "failed", "resultJson": result, "failCode": "TIMEOUT"}
    made = parsed(called(data), Operation.WEBHOOK)
    assert (made.state, made.billed) == (TaskState.FAILED, Billed.NO)
    assert made.errors[0].code == "TIMEOUT"


# ----------------------------------------------------------------------- whatever

DOCUMENTED = [
    (200, envelope(PENDING)),
    (200, envelope(COMPLETED)),
    (200, envelope(FAILED)),
    (200, envelope(CALLED)),
    (200, envelope(CALLED | {"resultJson": {"resultUrls": [IMAGE]}})),
    (200, envelope(CALLED | {"state": "failed", "resultJson": None, "failCode": "TIMEOUT"})),
    (200, {"code": 402, "msg": "Payment Required"}),
    (400, {"code": 400, "msg": "Invalid model"}),
    (400, {"code": 400, "msg": "Content policy violation"}),
    (401, {"error": {"message": "Unauthorized"}}),
    (500, {"error": "Internal Server Error"}),
    (200, {"data": [{"id": SEEDREAM}]}),
]
REPLACEMENTS: list[object] = [None, 7, "x", [], {}, True]


def mutants(value: object) -> Iterator[object]:
    """`value` with the value at every pointer replaced by each of a few, and dropped."""
    yield from REPLACEMENTS
    match value:
        case dict():
            for key, inner in value.items():
                yield {name: item for name, item in value.items() if name != key}
                for mutant in mutants(inner):
                    yield {**value, key: mutant}
        case list():
            for index, inner in enumerate(value):
                yield value[:index] + value[index + 1 :]
                for mutant in mutants(inner):
                    yield [*value[:index], mutant, *value[index + 1 :]]


def reading(operation: Operation, status: int, body: bytes) -> Task | ProviderInfo | None:
    """What comes of an answer, or None where it is one of tintype's errors."""
    webhook = operation is Operation.WEBHOOK
    message = Delivery(body=body) if webhook else Response(status=status, body=body)
    try:
        return parsed_by(plugin, exchange(message, operation, None))
    except TintypeError:
        return None


@pytest.mark.parametrize(("status", "body"), DOCUMENTED)
@pytest.mark.parametrize(
    "operation", [Operation.SUBMIT, Operation.POLL, Operation.WEBHOOK, Operation.MODELS]
)
def test_any_documented_body_bent_anywhere_is_told_or_refused(
    operation: Operation, status: int, body: object
) -> None:
    """A value of the right type or one of tintype's errors; no success without images."""
    expected = ProviderInfo if operation is Operation.MODELS else Task
    for mutant in mutants(body):
        made = reading(operation, status, json.dumps(mutant).encode())
        assert made is None or isinstance(made, expected)
        if isinstance(made, Task):
            assert made.images or made.state is not TaskState.SUCCEEDED


@pytest.mark.parametrize(("status", "body"), DOCUMENTED)
def test_any_documented_body_cut_anywhere_is_refused(status: int, body: object) -> None:
    """Half an answer is no answer, unless its status says enough."""
    text = json.dumps(body).encode()
    for end in range(len(text)):
        assert reading(Operation.POLL, status, text[:end]) is None
