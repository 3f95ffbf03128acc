"""What the sandbox answers follows from the request, and from no likeness to a fixture."""

from __future__ import annotations

import base64
import io
import json
from decimal import Decimal

import pytest
from attrs import evolve
from PIL import Image
from tests.contracts import sweep
from tests.core.pictures import PNG

from tintype._http.bodies import encoded
from tintype._keys.verification import is_keyed, signed_by
from tintype.account import Secret
from tintype.messages import Delivery, MultipartBody, Part
from tintype.signatures import standard_webhooks
from tintype_contracts import Fixtures, installed, load
from tintype_contracts.fixtures.format import JsonContent, Rule, Signature
from tintype_contracts.fixtures.relations import broken
from tintype_contracts.sandbox import Engine, SandboxRequest, Settings, State, Stream, WholeResponse
from tintype_contracts.sandbox.engine.deliveries import attempts
from tintype_contracts.sandbox.engine.signing import secret_for

NOW = 1_800_000_000.0


def engine_of(provider: str, *, lenient: bool = False) -> Engine:
    """A provider, played without a socket."""
    settings = Settings(base_url="http://sandbox.test/x", key="k", plain=True, lenient=lenient)
    return Engine(state=State(fixtures=load(provider), settings=settings))


def ask(
    engine: Engine, body: dict[str, object], *headers: tuple[str, str], at: float = 0.0
) -> WholeResponse | Stream:
    """Submit JSON."""
    route = next(each for each in engine.state.fixtures.routes if each.operation == "submit")
    shown = (("Authorization", "Bearer k"), ("Content-Type", "application/json"), *headers)
    text = json.dumps({"prompt": "a red panda", **body}).encode()
    call = SandboxRequest(method=route.method, path=route.path, headers=shown, body=text)
    return engine.answer(call, NOW + at)


def answered(engine: Engine, body: dict[str, object], *headers: tuple[str, str]) -> dict:
    """The JSON of a whole answer."""
    reply = ask(engine, body, *headers)
    assert isinstance(reply, WholeResponse)
    return json.loads(reply.body)


GPT = "openai/gpt-image-1"


@pytest.mark.parametrize("provider", ["apimodels", "cheapai"])
def test_a_delivery_that_is_asked_for_by_name_tells_of_a_picture(provider: str) -> None:
    """A look finds the task at its end, too; it is paid once, and was drawn."""
    engine = sweep.engine_of(load(provider))
    fixtures = engine.state.fixtures
    request = next(sweep.requests(fixtures))
    assert fixtures.webhooks is not None
    body = {**request.body, fixtures.webhooks.field[1:]: "http://127.0.0.1:9/hook"}
    scene = next(iter(fixtures.stories["webhook_completed"].scenes))
    wanted = ("X-Tintype-Scene", f"webhook_completed/{scene}")
    task = engine.answer(sweep.submission(fixtures, body, wanted), NOW).task
    looked = engine.answer(sweep.look(fixtures, task), NOW + 600)
    (webhook,) = engine.due(NOW + 600)
    assert isinstance(looked, WholeResponse)
    assert b"/assets/" in webhook.body
    assert b"/assets/" in looked.body
    assert len(engine.state.account.ledger.paid) == 1


@pytest.mark.parametrize(
    ("fields", "ways"),
    [
        ({}, {"url"}),
        ({"response_format": "url", "size": "2K"}, {"url"}),
        ({"response_format": "b64_json"}, {"b64_json"}),
        ({"response_format": "b64_json", "watermark": False}, {"b64_json"}),
        ({"response_format": "b64_json", "size": "2K", "watermark": True}, {"b64_json"}),
    ],
)
def test_pictures_come_in_the_way_that_is_asked_for(
    fields: dict[str, object], ways: set[str]
) -> None:
    """A URL or base64, never both, and a documented default counts as asked for."""
    answer = answered(engine_of("apiyi"), {"model": "seedream-5-0-260128", **fields})
    assert {"url", "b64_json"} & answer["data"][0].keys() == ways


def test_a_sequence_has_as_many_pictures_as_it_may() -> None:
    """And one where it is disabled."""
    body = {
        "model": "seedream-5-0-260128",
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": {"max_images": 3},
    }
    assert len(answered(engine_of("apiyi"), body)["data"]) == 3
    off = {**body, "sequential_image_generation": "disabled"}
    assert len(answered(engine_of("apiyi"), off)["data"]) == 1


def test_a_null_says_nothing() -> None:
    """Official clients send one for whatever nobody asked, of fields that no table has, too."""
    asked = {"model": "seedream-4-5-251128", "prompt": "a cat", "size": None, "seed": None}
    assert answered(engine_of("ark"), asked)["usage"]["generated_images"] == 1
    assert answered(engine_of("ark"), {**asked, "prompt": None})["error"]


def test_the_previews_of_a_stream_are_pictures() -> None:
    """Nothing printed is sent in their place."""
    stream = ask(engine_of("openrouter"), {"model": GPT, "stream": True, "resolution": "512"})
    assert isinstance(stream, Stream)
    preview = json.loads(stream.events[0].data.removeprefix(b"data: "))
    picture = Image.open(io.BytesIO(base64.b64decode(preview["b64_json"])))
    assert picture.size == (512, 512)


def test_a_scene_stands_at_the_address_that_is_asked() -> None:
    """An edit that streams is told in the events of edits, whatever it is like in its fields."""
    parts = [Part(name="image[]", data=PNG, filename="a.png", media_type="image/png")]
    told = {"model": "gpt-image-2", "prompt": "a cat", "stream": "true", "partial_images": "1"}
    parts += [Part(name=name, data=text.encode()) for name, text in told.items()]
    kind, body = encoded(MultipartBody(parts=tuple(parts)))
    shown = (("Authorization", "Bearer k"), ("Content-Type", kind))
    call = SandboxRequest(method="POST", path="/v1/images/edits", headers=shown, body=body)
    stream = engine_of("openai").answer(call, NOW)
    assert isinstance(stream, Stream)
    events = [json.loads(each.data.split(b"data: ")[1]) for each in stream.events]
    assert [each["type"] for each in events] == ["image_edit.partial_image", "image_edit.completed"]


def test_a_price_is_that_of_the_model_that_is_asked_about() -> None:
    """What it is quoted at is what it costs."""
    engine = engine_of("openrouter")
    path = f"/api/v1/images/models/{GPT}/endpoints"
    reply = engine.answer(
        SandboxRequest(method="GET", path=path, headers=(("Authorization", "Bearer k"),)), NOW
    )
    assert isinstance(reply, WholeResponse)
    endpoint = json.loads(reply.body)["endpoints"][0]
    assert endpoint["pricing"][0]["cost_usd"] == 0.011
    assert endpoint["provider_slug"] == "openai"


def test_a_scene_is_had_by_its_name() -> None:
    """By a header, or by a command in the prompt; an edge only so."""
    engine = engine_of("openrouter")
    body: dict[str, object] = {"model": GPT, "n": 2}
    assert len(answered(engine, body)["data"]) == 2
    assert len(answered(engine, body, ("X-Tintype-Scene", "generated/fewer"))["data"]) == 1
    commanded = {**body, "prompt": "a cat sandbox:generated/fewer"}
    assert len(answered(engine, commanded)["data"]) == 1


def test_a_scene_with_two_submissions_plays_both() -> None:
    """The same submission again is the second one."""
    engine = engine_of("openrouter")
    wanted = ("X-Tintype-Scene", "slow_down/with_a_hint_once")
    replies = [ask(engine, {"model": GPT}, wanted) for _ in range(2)]
    assert [each.status for each in replies] == [429, 200]


def test_what_is_documented_is_played_before_what_is_inferred() -> None:
    """The seed's own `failed` with its message, not a refusal that no document prints."""
    engine = engine_of("apimodels")
    body = {"model": "doubao-seedream-5-0-260128", "prompt": "sandbox:refused_content"}
    task = answered(engine, body)["data"]["taskId"]
    query = (("task_id", task),)
    call = SandboxRequest(
        method="GET",
        path="/api/v1/images/generations",
        query=query,
        headers=(("Authorization", "Bearer k"),),
    )
    reply = engine.answer(call, NOW + 60)
    assert isinstance(reply, WholeResponse)
    assert json.loads(reply.body)["data"]["failMsg"] == "Content policy violation"


def test_no_webhook_tells_of_a_task_that_nobody_was_told_of() -> None:
    """A submission that is refused has none."""
    engine = engine_of("apimodels")
    body = {"model": "doubao-seedream-5-0-260128", "callback_url": "http://127.0.0.1:1/hook"}
    wanted = ("X-Tintype-Scene", "refused_content/create_refused")
    assert ask(engine, body, wanted).status == 400
    assert engine.due(NOW + 1000) == []


@pytest.mark.parametrize(
    ("provider", "model", "pointer"),
    [
        ("apiyi", "seedream-5-0-260128", ("error", "message")),
        ("apimodels", "doubao-seedream-5-0-260128", ("msg",)),
        ("apiin", "seedream/4.5-text-to-image", ("error", "message")),
        ("openrouter", GPT, ("error", "message")),
    ],
)
def test_the_reason_of_a_refusal_stands_where_the_documents_have_the_message(
    provider: str, model: str, pointer: tuple[str, ...]
) -> None:
    """Not in a header alone, which no SDK shows."""
    told: object = answered(engine_of(provider), {"model": model, "colour": "red"})
    for name in pointer:
        assert isinstance(told, dict)
        told = told[name]
    assert "/colour is not a documented parameter" in str(told)


@pytest.mark.parametrize(
    ("provider", "body", "status"),
    [
        ("openrouter", {"model": "nobody/nothing"}, 404),
        ("apiyi", {"model": "gpt-image-9"}, 400),
        ("apimodels", {"model": "gpt-image-9"}, 400),
    ],
)
def test_a_model_that_no_document_names_is_refused(
    provider: str, body: dict[str, object], status: int
) -> None:
    """As documented, and nothing is charged; the lenient sandbox draws."""
    engine = engine_of(provider)
    refused = ask(engine, body)
    assert isinstance(refused, WholeResponse)
    assert refused.status == status
    assert str(body["model"]).encode() in refused.body
    assert len(engine.state.account.ledger) == 0


def test_the_lenient_sandbox_takes_what_no_document_names() -> None:
    """A field, and a model; a value that a document excludes is still refused."""
    engine = engine_of("openrouter", lenient=True)
    assert ask(engine, {"model": "nobody/nothing", "colour": "red"}).status == 200
    assert ask(engine, {"model": GPT, "n": 11}).status == 400


TOGETHER = (
    Rule(src="page", kind="adapted", relation="excludes", left=("size",), right=("resolution",)),
    Rule(
        src="page",
        kind="adapted",
        relation="requires",
        left=("background=transparent",),
        right=("output_format=png",),
    ),
    Rule(
        src="page", kind="adapted", relation="at most", left=("n", "references"), bound=Decimal(4)
    ),
)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"size": "1024x1024"}, ""),
        ({"size": "1024x1024", "resolution": "1K"}, "size cannot go together with resolution."),
        ({"background": "transparent", "output_format": "png"}, ""),
        ({"background": "transparent", "output_format": "jpeg"}, "requires output_format=png."),
        ({"n": 4}, ""),
        ({"n": 4, "references": ["a"]}, "n and references are 5 together, more than 4."),
    ],
)
def test_rules_between_fields_are_kept(fields: dict[str, object], told: str) -> None:
    """A sentence each, as the reason of the refusal."""
    assert "".join(broken(TOGETHER, fields)).endswith(told)
    assert bool(list(broken(TOGETHER, fields))) == bool(told)


def test_a_model_in_the_path_decides_like_one_in_the_body(acme: Fixtures) -> None:
    """What only another model's rows require is not missing."""
    route = next(each for each in acme.routes if each.path == "/v1/images")
    named = next(row for row in acme.parameters if row.wire == "/strength")
    rows = [row for row in acme.parameters if row.wire not in {"/model", "/strength"}]
    fixtures = evolve(
        acme,
        routes=(evolve(route, path="/v1/{model}/images"),),
        fields=(*rows, evolve(named, required=True)),
    )
    engine = Engine(state=State(fixtures=fixtures, settings=Settings(base_url="http://x", key="k")))

    def status(model: str) -> int:
        body = b'{"prompt": "a cat"}'
        headers = (("x-key", "k"), ("Content-Type", "application/json"))
        call = SandboxRequest(method="POST", path=f"/v1/{model}/images", headers=headers, body=body)
        return engine.answer(call, NOW).status

    assert [status("acme-1"), status("acme-2")] == [200, 422]


def test_two_addresses_that_are_polled_in_turn_tell_their_own(acme: Fixtures) -> None:
    """The status address never has the images, and the result address has them at the end."""
    poll = next(each for each in acme.routes if each.operation == "poll")
    result = evolve(poll, path="/v1/results/{id}")
    done = acme.exchanges["generated/done"]
    assert done.request is not None
    assert done.response is not None
    url = "https://api.acme.test/v1/results/{{id:task}}"
    told = {"id": "{{id:task}}", "status": "done"}
    over = evolve(
        acme.exchanges["generated/drawing"],
        name="over",
        response=evolve(done.response, content=JsonContent(value=told)),
    )
    fetched = evolve(done, request=evolve(done.request, url=url))
    story = acme.stories["generated"]
    story = evolve(
        story,
        exchanges={**story.exchanges, "over": over, "done": fetched},
        scenes={"drawn": tuple(f"generated/{n}" for n in ("create", "drawing", "over", "done"))},
    )
    fixtures = evolve(
        acme, routes=(*acme.routes, result), stories={**acme.stories, "generated": story}
    )
    engine = Engine(state=State(fixtures=fixtures, settings=Settings(base_url="http://x", key="k")))
    headers = (("x-key", "k"), ("Content-Type", "application/json"))
    body = b'{"prompt": "a cat"}'
    made = engine.answer(
        SandboxRequest(method="POST", path="/v1/images", headers=headers, body=body), NOW
    )
    assert isinstance(made, WholeResponse)

    def look(place: str, at: float) -> tuple[int, dict]:
        path = f"/v1/{place}/{json.loads(made.body)['id']}"
        reply = engine.answer(SandboxRequest(method="GET", path=path, headers=headers), NOW + at)
        assert isinstance(reply, WholeResponse)
        return reply.status, json.loads(reply.body)

    assert look("tasks", 0)[1]["status"] == "drawing"
    assert look("results", 0)[0] == 404
    assert "images" not in look("tasks", 1)[1]
    assert len(look("results", 1)[1]["images"]) == 1
    assert look("tasks", 99)[1]["status"] == "done"


def test_a_webhook_that_is_not_taken_is_tried_in_the_background() -> None:
    """For half an hour, as the seed has it, after the retries that it lists."""
    hooks = load("apimodels").webhooks
    assert hooks is not None
    waits = attempts(hooks)
    assert waits[:3] == (1, 2, 4)
    assert 900 < sum(waits[3:]) <= 1800


def test_webhooks_are_signed_as_a_document_says(acme: Fixtures) -> None:
    """The core takes them, and no other body with the same headers."""
    printed = Signature(
        src="page",
        kind="adapted",
        scheme="standard-webhooks",
    )
    assert acme.webhooks is not None
    fixtures = evolve(acme, webhooks=evolve(acme.webhooks, signature=printed))
    secret = secret_for("acme")
    settings = Settings(base_url="http://x", key="k", webhook_secret=secret)
    engine = Engine(state=State(fixtures=fixtures, settings=settings))
    headers = (("x-key", "k"), ("Content-Type", "application/json"))
    body = json.dumps({"prompt": "a cat", "hook": "http://127.0.0.1:9/"}).encode()
    engine.answer(SandboxRequest(method="POST", path="/v1/images", headers=headers, body=body), NOW)
    [webhook] = engine.due(NOW + 60)
    delivery = Delivery(body=webhook.body, headers=webhook.headers)
    for each, right in ((delivery, True), (evolve(delivery, body=b"{}"), False)):
        shown = signed_by(standard_webhooks(), each)
        assert is_keyed(standard_webhooks(), shown, [Secret(secret)]) is right


@pytest.mark.parametrize("provider", installed())
def test_every_answer_agrees_with_its_request(provider: str) -> None:
    """About forty of all pairs of documented parameters; all of them are swept by hand."""
    every = len(list(sweep.requests(load(provider)))) // 40 + 1
    made, wrong = sweep.sweep(provider, every)
    assert made
    assert wrong == []


@pytest.mark.parametrize(
    ("prefer", "after", "status"),
    [("", 0, "starting"), ("wait", 4, "succeeded"), ("wait=1", 1, "starting")],
)
def test_an_answer_waits_for_the_end_where_that_is_preferred(
    prefer: str, after: float, status: str
) -> None:
    """As long as is asked for, and no longer than it takes; it is answered as a submission is."""
    settings = Settings(base_url="http://sandbox.test/x", key="k", plain=True, pace=2.0)
    engine = Engine(state=State(fixtures=load("replicate"), settings=settings))
    body, model = {"input": {"prompt": "a cat"}}, "black-forest-labs/flux-schnell"
    request = sweep.submission(engine.state.fixtures, body, ("Prefer", prefer), model=model)
    reply = engine.answer(request, NOW)
    assert isinstance(reply, WholeResponse)
    assert (reply.status, reply.after) == (201, after)
    assert json.loads(reply.body)["status"] == status
