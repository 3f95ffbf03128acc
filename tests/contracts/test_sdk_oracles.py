"""Two official SDKs, which know nothing of us, judge the fixtures and the plugins' requests.

The `openrouter` SDK speaks httpx, so it is given `respx_router`; `openai`, which APIYI is
documented to be used with, speaks httpx2, which respx does not serve: it is given the same
strict scenes by a transport of httpx2's own, and the sandbox.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator, Mapping
from typing import Any, cast

import httpx
import httpx2
import openai
import pydantic
import pytest
from openai import OpenAI
from openai.types import ImagesResponse
from openai.types.image_generate_params import ImageGenerateParamsNonStreaming
from openrouter import OpenRouter, errors
from openrouter.components import ImageGenerationRequest

from tintype._plugins.registry import Registry
from tintype.messages import JsonBody, Request
from tintype_contracts import Fixtures, Sandbox, load, respx_router
from tintype_contracts.fixtures.format import DocumentedExchange, EventsContent, JsonContent
from tintype_contracts.fixtures.placeholders import render
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.expectations import StrictScene
from tintype_contracts.wire.matching import filled
from tintype_contracts.wire.request import RawRequest

KEY = "a-key-of-the-tests"
OPENROUTER, APIYI = load("openrouter"), load("apiyi")
OK = 200

Body = dict[str, Any]


def subject(name: str) -> Subject:
    """An installed plugin with its documents."""
    return Subject(Registry().get(name), load(name))


def body_of(fixtures: Fixtures, exchange: DocumentedExchange) -> Body:
    """The documented request body."""
    content = exchange.request.content if exchange.request else None
    value = content.value if isinstance(content, JsonContent) else {}
    return cast("Body", render(value, filled(fixtures, exchange, KEY)))


def answered(fixtures: Fixtures, *operations: str) -> list[DocumentedExchange]:
    """Every exchange of these operations."""
    return [each for each in fixtures.exchanges.values() if each.operation in operations]


def is_success(exchange: DocumentedExchange) -> bool:
    """Whether the documents show this answer as one without a fault in it."""
    said = exchange.response.status if exchange.response else 0
    return said == OK and exchange.expect.outcome != "error"


def literals(kind: object) -> Iterator[object]:
    """Every value of every `Literal` in a type."""
    if typing.get_origin(kind) is typing.Literal:
        yield from typing.get_args(kind)
        return
    for part in typing.get_args(kind):
        yield from literals(part)


# ----------------------------------------------------------------------------- openrouter

# What the SDK does not take, and why: each is inferred, none is printed in a document.
REFUSED_BY_OPENROUTER = {
    "failed/in_success": "its 200 has no `error`, and must have `created` and `data`",
    "failed/in_success_by_a_word": "likewise",
    "refused_content/in_success": "likewise",
    "failed/without_a_type": "its events are told apart by `type`, which this one lacks",
    "not_json/submit_page": "its 200 is JSON or a stream",
    "not_json/submit_cut": "the JSON is cut off",
}
# Statuses that the page on errors documents, and the SDK's schema of /images does not list.
UNLISTED = {408, 422, 503, 504}
# A gateway's answers are not of the API, and have no class.
NO_JSON = {"server_down/submit_gateway", "server_down/submit_empty"}


def ask_openrouter(sdk: OpenRouter, exchange: DocumentedExchange) -> object:
    """The SDK's own call for an exchange; a stream is read to its end."""
    match exchange.operation:
        case "models":
            return sdk.images.list_models(retries=None)
        case "price":
            url = exchange.request.url if exchange.request else ""
            author, slug = url.partition("/models/")[2].split("/")[:2]
            return sdk.images.list_model_endpoints(author=author, slug=slug, retries=None)
        case _:
            body = body_of(OPENROUTER, exchange)
            made = sdk.images.generate(**body, retries=None)
            return made if hasattr(made, "data") else list(made)


def by_openrouter(exchange: DocumentedExchange) -> object:
    """What the SDK makes of an exchange; the request it sends must be the documented one."""
    scene = next(
        f"{story.name}/{name}"
        for story in OPENROUTER.stories.values()
        for name, ids in story.scenes.items()
        if exchange.id in ids
    )
    router = respx_router(OPENROUTER, scene, key=KEY)
    transport = httpx.MockTransport(router.handler)
    with httpx.Client(transport=transport) as client, OpenRouter(api_key=KEY, client=client) as sdk:
        for before in OPENROUTER.scene(*scene.split("/")):
            if before.id == exchange.id:
                break
            ask_openrouter(sdk, before)
        try:
            return ask_openrouter(sdk, exchange)
        finally:
            assert router.mismatches == ()


OPENROUTER_ANSWERS = answered(OPENROUTER, "submit", "models", "price")


TAKEN = [
    each for each in OPENROUTER_ANSWERS if is_success(each) and each.id not in REFUSED_BY_OPENROUTER
]


@pytest.mark.parametrize("exchange", TAKEN, ids=lambda each: each.id)
def test_the_openrouter_sdk_takes_every_documented_answer(exchange: DocumentedExchange) -> None:
    """It sends the documented request, and its own classes read the answer or the stream."""
    made = by_openrouter(exchange)
    assert made is not None
    content = exchange.response.content if exchange.response else None
    assert isinstance(made, list) is isinstance(content, EventsContent)


@pytest.mark.parametrize("name", REFUSED_BY_OPENROUTER)
def test_what_the_openrouter_sdk_refuses_is_inferred_and_listed(name: str) -> None:
    """The list is no longer than it must be: the SDK refuses each of these, by its schema."""
    exchange = OPENROUTER.exchanges[name]
    assert exchange.kind == "inferred"
    with pytest.raises((errors.ResponseValidationError, errors.OpenRouterDefaultError)):
        by_openrouter(exchange)


@pytest.mark.parametrize(
    "exchange",
    [
        each
        for each in OPENROUTER_ANSWERS
        if each.response and each.response.status != OK and each.id not in NO_JSON
    ],
    ids=lambda each: each.id,
)
def test_the_openrouter_sdk_has_a_class_for_every_documented_refusal(
    exchange: DocumentedExchange,
) -> None:
    """A refusal is read as the class of its status, not as an answer nobody knows."""
    with pytest.raises(errors.OpenRouterError) as caught:
        by_openrouter(exchange)
    status = exchange.response.status if exchange.response else 0
    assert not isinstance(caught.value, errors.ResponseValidationError)
    assert caught.value.status_code == status
    generic = isinstance(caught.value, errors.OpenRouterDefaultError)
    assert generic is (status in UNLISTED)


def requests_of(name: str) -> list[tuple[str, Mapping[str, object]]]:
    """Every JSON body that a plugin builds for a documented submission."""
    played = subject(name)
    built = [(each.id, played.rehearsal.ask(each)) for each in played.exchanges("submit")]
    return [
        (id_, made.body.value)
        for id_, made in built
        if isinstance(made, Request) and isinstance(made.body, JsonBody)
    ]


OPENROUTER_REQUESTS = requests_of("openrouter")


@pytest.mark.parametrize(
    "body", [body for _, body in OPENROUTER_REQUESTS], ids=[id_ for id_, _ in OPENROUTER_REQUESTS]
)
def test_what_the_openrouter_plugin_sends_survives_the_sdk(body: Mapping[str, object]) -> None:
    """The SDK's own request class drops no key of it and coerces no value."""
    made = ImageGenerationRequest.model_validate(body)
    survived = made.model_dump(exclude_unset=True)
    assert json.dumps(survived, sort_keys=True) == json.dumps(body, sort_keys=True)


@pytest.mark.parametrize(
    "wrong", [{"n": "2"}, {"seed": 1.0}, {"nonsense": 1}], ids=["text", "fraction", "unknown"]
)
def test_the_oracle_notices_what_the_sdk_drops_or_coerces(wrong: Mapping[str, object]) -> None:
    """A number as text, a fraction as an integer, a key that nobody documents."""
    body = {"model": "m", "prompt": "p", **wrong}
    made = ImageGenerationRequest.model_validate(body).model_dump(exclude_unset=True)
    assert json.dumps(made, sort_keys=True) != json.dumps(body, sort_keys=True)


ENUMS = [
    pytest.param(row.wire.lstrip("/"), row.enum, id=f"{row.wire}:{'-'.join(map(str, row.enum))}")
    for row in OPENROUTER.parameters
    if row.operation == "submit" and row.enum
]


@pytest.mark.parametrize(("name", "values"), ENUMS)
def test_every_word_of_openrouters_tables_is_one_of_the_sdks(
    name: str, values: tuple[object, ...]
) -> None:
    """The parameter table and the SDK name the same words."""
    hint = typing.get_type_hints(ImageGenerationRequest)[name]
    if name == "size":  # a text to the SDK; its words are those of `resolution`
        hint = typing.get_type_hints(ImageGenerationRequest)["resolution"]
    assert set(values) <= set(literals(hint))


# ---------------------------------------------------------------------------------- apiyi

# What the SDK takes only because it does not look: OpenAI counts tokens, APIYI counts images.
COUNTED_OTHERWISE = {("usage", "input_tokens"), ("usage", "input_tokens_details")}
# Parameters of APIYI's that OpenAI does not have; its documents put them into `extra_body`.
OF_APIYI_ALONE = {
    "image",
    "optimize_prompt_options",
    "seed",
    "sequential_image_generation",
    "sequential_image_generation_options",
    "watermark",
}
# Each is inferred from the upstream, whose events are not OpenAI's.
STREAMS_REFUSED_BY_OPENAI = {
    "streamed/upstream": "`partial_succeeded` is no event of OpenAI's",
    "streamed/upstream_base64": "likewise",
    "stream_broken/one_refused": "likewise",
    "stream_broken/after_an_image": "likewise",
    "stream_broken/cut_short": "likewise",
    "stream_broken/all_refused": "an `error` in an event ends the SDK's stream",
    "stream_broken/whole_request": "likewise",
}


def ask_openai(client: OpenAI, body: Mapping[str, Any]) -> object:
    """The SDK's own call: what it has no name for goes into `extra_body`."""
    named = {key: value for key, value in body.items() if key not in OF_APIYI_ALONE}
    extra = {key: value for key, value in body.items() if key in OF_APIYI_ALONE}
    return client.images.generate(**named, extra_body=extra or None)


def by_openai(exchange: DocumentedExchange, *, strict: bool = False) -> object:
    """What the SDK makes of an exchange; the request it sends must be the documented one."""
    scene = StrictScene(APIYI, [exchange], KEY, strict_headers=False)

    def handle(request: httpx2.Request) -> httpx2.Response:
        heard = RawRequest(
            name=request.url.host,
            line=f"{request.method} {request.url.raw_path.decode()} HTTP/1.1".encode(),
            headers=tuple(request.headers.multi_items()),
            body=request.read(),
        )
        answer = scene.answer(heard)
        return httpx2.Response(answer.status, headers=list(answer.headers), content=answer.body)

    with OpenAI(
        api_key=KEY,
        base_url=f"{APIYI.hosts.api[0]}/v1",
        max_retries=0,
        _strict_response_validation=strict,
        http_client=httpx2.Client(transport=httpx2.MockTransport(handle)),
    ) as client:
        try:
            made = ask_openai(client, body_of(APIYI, exchange))
            return made if isinstance(made, ImagesResponse) else list(cast("Any", made))
        finally:
            assert scene.faults() == ()


BUFFERED = [
    each
    for each in answered(APIYI, "submit")
    if is_success(each)
    and not isinstance(each.response and each.response.content, EventsContent)
    and not body_of(APIYI, each).get("stream")
]


@pytest.mark.parametrize("exchange", BUFFERED, ids=lambda each: each.id)
def test_the_openai_sdk_takes_every_documented_answer_of_apiyi(
    exchange: DocumentedExchange,
) -> None:
    """It sends the documented request and reads as many items as the answer has."""
    made = by_openai(exchange)
    assert isinstance(made, ImagesResponse)
    content = exchange.response.content if exchange.response else None
    assert isinstance(content, JsonContent)
    body = cast("Body", render(content.value, filled(APIYI, exchange, KEY)))
    found = [(each.url, each.b64_json) for each in made.data or ()]
    assert found == [(each.get("url"), each.get("b64_json")) for each in body.get("data", ())]


@pytest.mark.parametrize("exchange", BUFFERED, ids=lambda each: each.id)
def test_the_answers_of_apiyi_differ_from_openais_in_what_they_count(
    exchange: DocumentedExchange,
) -> None:
    """Held strictly against OpenAI's class, nothing but the token counts is missing."""
    content = exchange.response.content if exchange.response else None
    assert isinstance(content, JsonContent)
    body = render(content.value, filled(APIYI, exchange, KEY))
    try:
        ImagesResponse.model_validate(body, strict=True)
    except pydantic.ValidationError as error:
        assert {each["loc"] for each in error.errors()} <= COUNTED_OTHERWISE  # noqa: PT017 - no error is right as well


@pytest.mark.parametrize("name", ["streamed/openai", *STREAMS_REFUSED_BY_OPENAI])
def test_the_openai_sdk_takes_the_stream_that_is_openais(name: str) -> None:
    """It refuses those of the upstream, every one of which is inferred and listed."""
    exchange = APIYI.exchanges[name]
    if name not in STREAMS_REFUSED_BY_OPENAI:
        events = by_openai(exchange, strict=True)
        assert isinstance(events, list)
        assert events[-1].type == "image_generation.completed"
        return
    assert exchange.kind == "inferred"
    with pytest.raises(openai.APIError):
        by_openai(exchange, strict=True)


@pytest.mark.parametrize(
    "exchange",
    [
        each
        for each in answered(APIYI, "submit")
        if each.response is not None and each.response.status != OK
    ],
    ids=lambda each: each.id,
)
def test_the_openai_sdk_reads_every_refusal_of_apiyi(exchange: DocumentedExchange) -> None:
    """As an error of the documented status."""
    with pytest.raises(openai.APIStatusError) as caught:
        by_openai(exchange)
    assert exchange.response is not None
    assert caught.value.status_code == exchange.response.status


APIYI_REQUESTS = requests_of("apiyi")


@pytest.mark.parametrize(
    "body", [body for _, body in APIYI_REQUESTS], ids=[id_ for id_, _ in APIYI_REQUESTS]
)
def test_what_the_apiyi_plugin_sends_survives_the_sdk(body: Mapping[str, object]) -> None:
    """What OpenAI has a name for is of its type; the rest is what APIYI alone has."""
    hints = typing.get_type_hints(ImageGenerateParamsNonStreaming)
    own = {key: value for key, value in body.items() if key in hints and key != "stream"}
    shape = pydantic.TypeAdapter(ImageGenerateParamsNonStreaming)
    assert shape.validate_python(own, strict=True) == own
    assert set(body) - set(hints) <= OF_APIYI_ALONE


@pytest.mark.parametrize("name", ["response_format", "output_format"])
def test_every_word_of_apiyis_tables_is_one_of_the_sdks(name: str) -> None:
    """Of the fields that both have with a list of words. `size` and `model` are APIYI's own."""
    words = [set(row.enum) for row in APIYI.parameters if row.wire == f"/{name}" and row.enum]
    known = set(literals(typing.get_type_hints(ImageGenerateParamsNonStreaming)[name]))
    assert words
    assert set().union(*words) <= known


def test_the_openai_sdk_converses_with_the_sandbox() -> None:
    """A picture by URL and in base64, a bad key, a value outside the table: over a real socket."""
    model = body_of(APIYI, APIYI.exchanges["generated/curl_example"])["model"]
    with Sandbox(["apiyi"], pace=0.0) as sandbox:
        url = f"{sandbox.url('apiyi')}/v1"
        with OpenAI(api_key=sandbox.key("apiyi"), base_url=url, max_retries=0) as client:
            by_url = client.images.generate(model=model, prompt="a cat")
            in_base64 = client.images.generate(
                model=model, prompt="a cat", response_format="b64_json"
            )
            with pytest.raises(openai.BadRequestError):
                client.images.generate(model=model, prompt="a cat", size="9K")
        with (
            OpenAI(api_key="another", base_url=url, max_retries=0) as client,
            pytest.raises(openai.AuthenticationError),
        ):
            client.images.generate(model=model, prompt="a cat")
    assert [(bool(each.url), each.b64_json) for each in by_url.data or ()] == [(True, None)]
    assert [(each.url, bool(each.b64_json)) for each in in_base64.data or ()] == [(None, True)]
