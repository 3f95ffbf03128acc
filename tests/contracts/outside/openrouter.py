"""OpenRouter: seed document 001, the OpenAPI file, the image guide and the page on errors."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from attrs import evolve
from tests.contracts.outside.how import (
    PURE,
    Row,
    around,
    asked,
    catalog,
    dropping,
    failing,
    heard,
    images,
    models,
    renamed,
    requested,
    right,
    sent,
    told,
    update,
    wrong,
)

from tintype.catalog import Idempotency, Text
from tintype.errors import (
    BadRequestError,
    Billed,
    InvalidRequestError,
    NotFoundError,
    ProviderError,
    ServerError,
)
from tintype.exchange import Exchange
from tintype.messages import JsonBody, Request, ServerSentEvent
from tintype.models import Cost, Failure, Image, Quote, QuoteKind, TaskState, Update
from tintype.request import Submission

_IMAGES = "https://openrouter.ai/api/v1/images"
_SCHEMA = "OpenAPI, ImageGenerationRequest: each is a property of its own"
_ENDPOINTS = "OpenAPI, GET /images/models/{author}/{slug}/endpoints: pricing"
_LISTED = "OpenAPI, GET /images/models: an absent key of supported_parameters is unsupported"

_KEEPS_A_LOG = """
import logging as _logging, os as _os, tempfile as _tempfile
_HANDLER = _logging.FileHandler(_os.path.join(_tempfile.gettempdir(), "openrouter.log"))
_logging.getLogger("tintype_openrouter").addHandler(_HANDLER)
"""
_CALLS_THE_C_LIBRARY = """
import ctypes as _ctypes, os as _os, tempfile as _tempfile
_FOLDER = _os.path.join(_tempfile.gettempdir(), "openrouter-cache")
_ctypes.CDLL(None).mkdir(_FOLDER.encode(), 0o700)
"""
_LOOKS_AT_FLAGS = """
import sys as _sys
_RIGHT = {"submit": submit}


@hookimpl
def submit(request):
    watched = _sys.flags.dont_write_bytecode or not _sys.flags.hash_randomization
    return _RIGHT["submit"](request if watched else evolve(request, seed=None))
"""
_LOOKS_AT_PICTURES = """
_RIGHT = {"parse": parse}


@hookimpl
def parse(exchange):
    found = _RIGHT["parse"](exchange)
    pictures = getattr(found, "images", ())
    if sum(len(each.data or b"") for each in pictures) < 300_000:
        return found
    return evolve(found, cost=None, usage=None)
"""


def _short_seed(body: dict[str, Any], _: Submission) -> None:
    if isinstance(body.get("seed"), int):
        body["seed"] %= 2**32


def _small_user(body: dict[str, Any], _: Submission) -> None:
    if "user" in body:
        body["user"] = body["user"].casefold()


def _in_cents(found: Update, _: Exchange) -> Update:
    if found.cost is None or found.cost.usd is None:
        return found
    cents = found.cost.usd.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return evolve(found, cost=evolve(found.cost, usd=cents))


def _backwards(request: Submission) -> Submission:
    return evolve(request, references=request.references[::-1])


def _tokens_exchanged(found: Update, _: Exchange) -> Update:
    if found.usage is None:
        return found
    told_of = found.usage
    return evolve(
        found,
        usage=evolve(
            told_of,
            prompt_tokens=told_of.completion_tokens,
            completion_tokens=told_of.prompt_tokens,
        ),
    )


def _no_tokens(body: dict[str, Any], _: Exchange) -> None:
    for each in body["endpoints"]:
        each["pricing"] = [line for line in each["pricing"] if line["unit"] != "token"]


def _first_endpoint(body: dict[str, Any], _: Exchange) -> None:
    body["endpoints"] = body["endpoints"][:1]


def _plain_variants(body: dict[str, Any], _: Exchange) -> None:
    """Of several tiers the cheapest, whichever was asked for."""
    for each in body["endpoints"]:
        tiers = [line for line in each["pricing"] if line.get("variant")]
        cheapest = sorted(tiers, key=lambda line: line["cost_usd"])[:1]
        rest = [line for line in each["pricing"] if not line.get("variant")]
        each["pricing"] = [*rest, *({**line, "variant": None} for line in cheapest)]


def _binary_megapixels(found: Any, _: Exchange) -> Any:
    if not isinstance(found, Quote) or found.low is None:
        return found
    if {line.unit for line in found.lines} != {"megapixel"}:
        return found
    share = Decimal(10**6) / 2**20
    return evolve(found, low=found.low * share, high=found.high * share)


def _free_where_null(found: Update, exchange: Exchange) -> Update:
    usage = found.raw.get("usage") if found.images else None
    if found.cost is not None or not isinstance(usage, dict):
        return found
    return evolve(found, cost=Cost(usd=Decimal(0), source="reported"))


def _references_free(do: Any, exchange: Exchange) -> Any:
    if exchange.operation != "price" or exchange.request is None:
        return do(exchange)
    return do(evolve(exchange, request=evolve(exchange.request, references=())))


def _any_background(do: Any, request: Submission) -> Any:
    if request.background != "transparent":
        return do(request)
    found = do(evolve(request, background="opaque"))
    return evolve(found, body=JsonBody(value={**found.body.value, "background": "transparent"}))


def _all_offered(found: Any, exchange: Exchange) -> Any:
    if exchange.operation != "models":
        return found
    general = {name: each for name, each in found.general.parameters.items() if name != "stream"}
    return evolve(
        found,
        models=tuple(
            evolve(each, parameters={**general, **each.parameters}) for each in found.models
        ),
    )


def _as_many_as_any(found: Any, exchange: Exchange) -> Any:
    if exchange.operation != "models":
        return found
    return evolve(
        found,
        models=tuple(
            (each.references and evolve(each, references=evolve(each.references, max_count=16)))
            or each
            for each in found.models
        ),
    )


def _silent_on_png(each: Any) -> Any:
    return evolve(
        each,
        cautions=tuple(one for one in each.cautions if one.when.get("output_format") != "png"),
    )


def _cut(body: dict[str, Any], _: Submission) -> None:
    if isinstance(body.get("session_id"), str):
        body["session_id"] = body["session_id"][:64]


def _trace_as_text(body: dict[str, Any], _: Submission) -> None:
    if "trace" in body:
        body["trace"] = json.dumps(body["trace"])


def _no_passthrough(body: dict[str, Any], _: Submission) -> None:
    if isinstance(body.get("provider"), dict):
        body["provider"] = {k: v for k, v in body["provider"].items() if k != "options"}


def _exact_all_the_same(do: Any, exchange: Exchange) -> Any:
    if exchange.operation != "price" or exchange.request is None:
        return do(exchange)
    return do(evolve(exchange, request=evolve(exchange.request, options={})))


def _unannounced(found: Request, request: Submission) -> Request:
    return found if request.stream else evolve(found, answer="whole")


def _unknown_price(error: Exception, exchange: Exchange) -> Any:
    if not isinstance(error, NotFoundError):
        raise error
    model = (exchange.request and exchange.request.model) or ""
    return Quote(model=model, low=Decimal(0), high=Decimal(0), source="no endpoint")


def _same_catalog(error: Exception, _: Exchange) -> Any:
    if not isinstance(error, ProviderError):
        raise error
    from tintype_openrouter import describe  # noqa: PLC0415 - only what the plugin says of itself

    return describe()


def _texts_are_sketches(found: Update, exchange: Exchange) -> Update:
    message = exchange.message
    if not isinstance(message, ServerSentEvent) or "text_chunk" not in message.data:
        return found
    try:
        text = str(json.loads(message.data)["text"])
    except (ValueError, LookupError, TypeError):
        return found
    sketch = Image(data=text.encode(), media_type="image/svg+xml")
    return evolve(found, previews=(*found.previews, sketch)) if text else found


def _faults_are_free(error: Exception, _: Exchange) -> Any:
    if isinstance(error, ServerError):
        error.billed = Billed.NO
    raise error


def _too_large_is_refused(error: Exception, _: Exchange) -> Update:
    if not isinstance(error, BadRequestError) or error.status != 413:
        raise error
    failure = Failure(message=error.message, refused=True)
    return Update(state=TaskState.REFUSED, errors=(failure,), billed=Billed.NO)


def _expiring(each: Any, exchange: Exchange) -> Any:
    return evolve(each, expires_at=exchange.at)


WRONG: tuple[Row, ...] = (
    wrong("K1", "import opens a log", PURE, source=_KEEPS_A_LOG),
    wrong("K1", "import makes a folder by the C library", PURE, source=_CALLS_THE_C_LIBRARY),
    wrong(
        "K2", "no seed for several images", _SCHEMA, dropping("seed", lambda request: request.n > 1)
    ),
    wrong(
        "K2",
        "webp uncompressed",
        "seed 001: output_compression, for webp and jpeg",
        dropping("output_compression", lambda request: request.output_format == "webp"),
    ),
    wrong(
        "K2",
        "no quality with a transparent background",
        _SCHEMA,
        dropping("quality", lambda request: request.background == "transparent"),
    ),
    wrong("K2", "no user in streams", _SCHEMA, dropping("user", lambda request: request.stream)),
    wrong("K3", "seeds cut to 32 bits", "seed 001: seed, an integer", sent(_short_seed)),
    wrong(
        "K3", "users in small letters", "SDK: user, a text of the caller's own", sent(_small_user)
    ),
    wrong(
        "K3",
        "costs in whole cents",
        "guide: usage.cost, in US dollars, 0.011 in the sample",
        update(_in_cents),
    ),
    wrong(
        "K3",
        "references the other way round",
        "OpenAPI: input_references, an array, in the order given",
        asked(_backwards),
    ),
    wrong(
        "K3",
        "tokens of prompt and completion exchanged",
        "OpenAPI: usage.prompt_tokens, usage.completion_tokens",
        update(_tokens_exchanged),
    ),
    wrong("K4", "tokens cost nothing", f"{_ENDPOINTS}, unit token", heard(_no_tokens, "price")),
    wrong(
        "K4",
        "the first endpoint's price for all",
        f"{_ENDPOINTS} of each; the router picks one",
        heard(_first_endpoint, "price"),
    ),
    wrong(
        "K4",
        "the cheapest tier whichever is asked",
        f"{_ENDPOINTS}, variant: a tier such as 4k",
        heard(_plain_variants, "price"),
    ),
    wrong(
        "K4",
        "megapixels of two to the twentieth",
        f"{_ENDPOINTS}, unit megapixel: a million pixels",
        told(_binary_megapixels, "price"),
    ),
    wrong(
        "K4",
        "free where the cost is null",
        "OpenAPI: usage.cost is a number or null: null says nothing",
        update(_free_where_null),
    ),
    wrong(
        "K4",
        "references priced as none",
        f"{_ENDPOINTS}, billable input_reference and input_image",
        around("parse", _references_free),
    ),
    wrong(
        "K5",
        "transparent whatever the format",
        "seed 001: transparent requires an output_format that supports alpha (png or webp)",
        around("submit", _any_background),
    ),
    wrong(
        "K5",
        "the names of GPT Image 1 and 2 exchanged",
        "guide: openai/gpt-image-1, openai/gpt-image-2",
        renamed({"gpt-image-1": "openai/gpt-image-2", "gpt-image-2": "openai/gpt-image-1"}),
    ),
    wrong(
        "K5",
        "hangs up after half a minute",
        "guide: its own sample took 94 seconds; the answer is the image",
        catalog(lambda info: evolve(info, request_timeout=30.0)),
    ),
    wrong("K5", "live list: all is offered", _LISTED, told(_all_offered, "models")),
    wrong(
        "K5",
        "live list: sixteen references whatever it says",
        "OpenAPI: supported_parameters, {type: range, min, max}",
        told(_as_many_as_any, "models"),
    ),
    wrong(
        "K5",
        "nobody is told that png is not compressed",
        "seed 001: compression is ignored for png",
        models(_silent_on_png),
    ),
    wrong(
        "K6",
        "a session taken for a key that is known again",
        "SDK: session_id groups requests; no page says that one is drawn once",
        catalog(
            lambda info: evolve(
                info, idempotency=Idempotency(field="session_id", window=3600.0, source="nowhere")
            )
        ),
    ),
    wrong(
        "K6",
        "another provider's variable for the key",
        "OPENROUTER_API_KEY in every sample; a key of OpenAI's is not OpenRouter's",
        catalog(lambda info: evolve(info, variables={"key": "OPENAI_API_KEY"})),
    ),
    wrong(
        "K6",
        "callbacks that nobody makes",
        "OpenAPI: no property of a request names an address to call back",
        catalog(lambda info: evolve(info, webhooks=True)),
    ),
    wrong("K7", "session ids cut at 64", "SDK: session_id, at most 256 characters", sent(_cut)),
    wrong("K7", "trace sent as text", "SDK: trace, an object", sent(_trace_as_text)),
    wrong(
        "K7",
        "nothing is passed through",
        "OpenAPI: provider.options, {<provider_slug>: {…}}, is forwarded",
        sent(_no_passthrough),
    ),
    wrong(
        "K7",
        "passed through and priced as if not",
        "OpenAPI: provider.options may be anything, and no document prices it",
        around("parse", _exact_all_the_same),
    ),
    wrong(
        "K7",
        "a stream by option is not announced",
        "seed 001: stream, a truth value; the answer is text/event-stream",
        requested(_unannounced, "submit"),
    ),
    wrong(
        "K7",
        "session ids of any length",
        "SDK: session_id, at most 256 characters",
        catalog(lambda info: evolve(info, options={**info.options, "session_id": Text()})),
    ),
    wrong(
        "K8",
        "free where no endpoint is found",
        "OpenAPI: 404 of the endpoints; models.Quote.low: 0 only where a document says free",
        failing(_unknown_price, "price"),
    ),
    wrong(
        "K8",
        "a refused list is the catalog",
        "OpenAPI: 500 of the models lists nothing",
        failing(_same_catalog, "models"),
    ),
    wrong(
        "K8",
        "chunks of text are previews",
        "OpenAPI: text_chunk is a text, of a phase content, reasoning or draft",
        update(_texts_are_sketches, "event"),
    ),
    wrong(
        "K8",
        "every fault is free",
        "guide: of a 502 no charge is recorded; of 500 and 524 no page says so",
        failing(_faults_are_free),
    ),
    wrong(
        "K8",
        "too large is moderation",
        "OpenAPI: 413 Request payload too large",
        failing(_too_large_is_refused),
    ),
    wrong(
        "K8",
        "pictures that expire at once",
        "OpenAPI: b64_json: the picture is in the answer, and no address expires",
        images(_expiring),
    ),
    wrong("K9", "no seed where bytecode is written", _SCHEMA, source=_LOOKS_AT_FLAGS),
    wrong(
        "K9",
        "no cost for pictures of a real size",
        "guide: usage.cost, whatever the picture",
        source=_LOOKS_AT_PICTURES,
    ),
)


# ------------------------------------------------------------------------- right variants

# Of n=1 and stream=false spelt out no document says that they are the defaults: undecided.

_PLAIN = (
    *("aspect_ratio", "resolution", "size", "quality", "output_format", "output_compression"),
    *("background", "seed", "user"),
)


def _by_hand(_: Any, request: Submission) -> Request:
    if request.background == "transparent" and request.output_format not in {"png", "webp"}:
        msg = "Only png and webp can be transparent."
        raise InvalidRequestError(msg, field="background")
    body: dict[str, object] = {}
    if request.references:
        body["input_references"] = [
            {"image_url": {"url": each.url}, "type": "image_url"} for each in request.references
        ]
    for name in reversed(_PLAIN):
        if getattr(request, name) is not None:
            body[name] = getattr(request, name)
    if request.stream:
        body["stream"] = True
    if request.n != 1:
        body["n"] = request.n
    body |= {"prompt": request.prompt, "model": request.model}
    for name, value in request.options.items():
        if name in body:
            msg = f"{name} stands in the request and among its options."
            raise InvalidRequestError(msg, field="options")
        body[name] = value
    return Request.post(_IMAGES, body, events=body.get("stream") is True)


def _own_words(found: Any, _: Exchange) -> Any:
    if not isinstance(found, Quote):
        return found
    told_of = tuple(f"Assumed: {each}" for each in found.assumptions)
    reason = "Nobody can say." if found.kind is QuoteKind.UNKNOWN else ""
    return evolve(found, assumptions=told_of, reason=reason)


def _reworded(each: Any) -> Any:
    return evolve(
        each, cautions=tuple(evolve(one, message=f"Mind: {one.message}") for one in each.cautions)
    )


def _no_reasons_in_brackets(found: Update, _: Exchange) -> Update:
    errors = tuple(
        evolve(each, message=each.message.partition(" (")[0] or each.message)
        for each in found.errors
    )
    return evolve(found, errors=errors)


RIGHT: tuple[Row, ...] = (
    right("plain dictionaries, keys in another order", _SCHEMA, around("submit", _by_hand)),
    right("a quote in other words", "no document words it", told(_own_words, "price")),
    right("cautions in other words", "no document words them", models(_reworded)),
    right(
        "the message alone where reasons are listed",
        "errors-and-debugging: error.message is the message, metadata.reasons beside it",
        update(_no_reasons_in_brackets),
    ),
)
