"""What the sandbox answers follows from the request, and from no likeness to a fixture."""

from __future__ import annotations

import base64
import io
import json

import pytest
from PIL import Image
from tests.contracts import sweep

from tintype_contracts import Fixtures, load
from tintype_contracts.sandbox import Call, Engine, Reply, Settings, State, Stream

NOW = 1_800_000_000.0


def engine_of(provider: str | Fixtures) -> Engine:
    """A provider, played without a socket."""
    fixtures = load(provider) if isinstance(provider, str) else provider
    settings = Settings(base_url="http://sandbox.test/x", key="k", pace=1.0, plain=True)
    return Engine(state=State(fixtures=fixtures, settings=settings))


def ask(
    engine: Engine, body: dict[str, object], *headers: tuple[str, str], at: float = 0.0
) -> Reply | Stream:
    """Submit JSON."""
    route = next(each for each in engine.state.fixtures.routes if each.operation == "submit")
    shown = (("Authorization", "Bearer k"), ("Content-Type", "application/json"), *headers)
    text = json.dumps({"prompt": "a red panda", **body}).encode()
    call = Call(method=route.method, path=route.path, headers=shown, body=text)
    return engine.answer(call, NOW + at)


def answered(engine: Engine, body: dict[str, object], *headers: tuple[str, str]) -> dict:
    """The JSON of a whole answer."""
    reply = ask(engine, body, *headers)
    assert isinstance(reply, Reply)
    return json.loads(reply.body)


GPT = "openai/gpt-image-1"


@pytest.mark.parametrize("n", [2, 3, 10])
def test_as_many_pictures_come_as_are_asked_for(n: int) -> None:
    """Each can be read, and the cost is the ledger's."""
    engine = engine_of("openrouter")
    answer = answered(engine, {"model": GPT, "n": n, "resolution": "512"})
    pictures = [Image.open(io.BytesIO(base64.b64decode(d["b64_json"]))) for d in answer["data"]]
    assert [picture.size for picture in pictures] == [(512, 512)] * n
    charged = engine.state.account.ledger.of("charged")
    assert [float(each.usd or 0) for each in charged] == [answer["usage"]["cost"]]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_the_media_type_is_that_of_the_bytes(kind: str) -> None:
    """No scene of a drawing in vectors answers it."""
    answer = answered(engine_of("openrouter"), {"model": GPT, "output_format": kind})
    data = base64.b64decode(answer["data"][0]["b64_json"])
    assert answer["data"][0]["media_type"] == f"image/{kind}"
    assert Image.open(io.BytesIO(data)).format == kind.upper()


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


def test_the_previews_of_a_stream_are_pictures() -> None:
    """Nothing printed is sent in their place."""
    stream = ask(engine_of("openrouter"), {"model": GPT, "stream": True, "resolution": "512"})
    assert isinstance(stream, Stream)
    preview = json.loads(stream.events[0].data.removeprefix(b"data: "))
    picture = Image.open(io.BytesIO(base64.b64decode(preview["b64_json"])))
    assert picture.size == (512, 512)


def test_a_price_is_that_of_the_model_that_is_asked_about() -> None:
    """What it is quoted at is what it costs."""
    engine = engine_of("openrouter")
    path = f"/api/v1/images/models/{GPT}/endpoints"
    reply = engine.answer(
        Call(method="GET", path=path, headers=(("Authorization", "Bearer k"),)), NOW
    )
    assert isinstance(reply, Reply)
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


def test_a_scene_that_is_not_there_is_told() -> None:
    """With the names of those that are."""
    reply = ask(engine_of("openrouter"), {"model": GPT}, ("X-Tintype-Scene", "generated/sung"))
    assert isinstance(reply, Reply)
    assert reply.status == 501
    assert b"drawn" in reply.body


def test_a_scene_with_two_submissions_plays_both() -> None:
    """The same submission again is the second one."""
    engine = engine_of("openrouter")
    wanted = ("X-Tintype-Scene", "slow_down/with_a_hint")
    replies = [ask(engine, {"model": GPT}, wanted) for _ in range(2)]
    assert [each.status for each in replies] == [429, 200]


def test_what_is_documented_is_played_before_what_is_inferred() -> None:
    """The seed's own `failed` with its message, not a refusal that no document prints."""
    engine = engine_of("apimodels")
    body = {"model": "doubao-seedream-5-0-260128", "prompt": "sandbox:refused_content"}
    task = answered(engine, body)["data"]["taskId"]
    query = (("task_id", task),)
    call = Call(
        method="GET",
        path="/api/v1/images/generations",
        query=query,
        headers=(("Authorization", "Bearer k"),),
    )
    reply = engine.answer(call, NOW + 60)
    assert isinstance(reply, Reply)
    assert json.loads(reply.body)["data"]["failMsg"] == "Content policy violation"


def test_no_webhook_tells_of_a_task_that_nobody_was_told_of() -> None:
    """A submission that is refused has none."""
    engine = engine_of("apimodels")
    body = {"model": "doubao-seedream-5-0-260128", "callback_url": "http://127.0.0.1:1/hook"}
    wanted = ("X-Tintype-Scene", "refused_content/refused_at_once")
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


@pytest.mark.parametrize("provider", sweep.PROVIDERS)
def test_every_answer_agrees_with_its_request(provider: str) -> None:
    """One in a hundred of all pairs of documented parameters; all of them are swept by hand."""
    made, wrong = sweep.sweep(provider, every=101 if provider != "cheapai" else 7)
    assert made
    assert wrong == []
