"""OpenRouter: seed document 001, the OpenAPI file, the image guide and the page on errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from attrs import evolve
from tests.contracts.changed import (
    Change,
    around,
    asked,
    catalog,
    dropping,
    failing,
    heard,
    images,
    requested,
    sent,
    told,
    update,
)
from tests.contracts.outside.how import (
    CAUTIONS_REWORDED,
    FAULTS_ARE_FREE,
    calling_itself,
    failures,
    reading,
    refusing,
    renamed,
    silent,
)

from tintype.catalog import Idempotency, Text
from tintype.errors import (
    BadRequestError,
    InvalidRequestError,
    NotFoundError,
)
from tintype.exchange import Exchange
from tintype.messages import JsonBody, Request, ServerSentEvent
from tintype.models import Cost, Image, Quote, QuoteKind, Update
from tintype.request import Submission

_IMAGES = "https://openrouter.ai/api/v1/images"

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


def _in_cents(found: Update, _: Exchange) -> Update:
    if found.cost is None or found.cost.usd is None:
        return found
    cents = found.cost.usd.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return evolve(found, cost=evolve(found.cost, usd=cents))


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


def _no_passthrough(body: dict[str, Any], _: Submission) -> None:
    if isinstance(body.get("provider"), dict):
        body["provider"] = {k: v for k, v in body["provider"].items() if k != "options"}


def _unannounced(found: Request, request: Submission) -> Request:
    return found if request.stream else evolve(found, answer="whole")


def _too_large_is_refused(error: Any, exchange: Exchange) -> Update:
    if error.status != 413:
        raise error
    return refusing(error, exchange)


def _unknown_price(_: Exception, exchange: Exchange) -> Quote:
    model = (exchange.request and exchange.request.model) or ""
    return Quote(model=model, low=Decimal(0), high=Decimal(0), source="no endpoint")


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


CHANGES: Mapping[str, Change | str] = {
    "import opens a log": _KEEPS_A_LOG,
    "import makes a folder by the C library": _CALLS_THE_C_LIBRARY,
    "no seed for several images": dropping("seed", lambda request: request.n > 1),
    "webp uncompressed": dropping(
        "output_compression", lambda request: request.output_format == "webp"
    ),
    "no quality with a transparent background": dropping(
        "quality", lambda request: request.background == "transparent"
    ),
    "no user in streams": dropping("user", lambda request: request.stream),
    "seeds cut to 32 bits": sent(seed=lambda it: it % 2**32),
    "users in small letters": sent(user=str.casefold),
    "costs in whole cents": update(_in_cents),
    "references the other way round": asked(references=lambda it: it[::-1]),
    "tokens of prompt and completion exchanged": update(_tokens_exchanged),
    "tokens cost nothing": heard(_no_tokens, "price"),
    "the first endpoint's price for all": heard(_first_endpoint, "price"),
    "the cheapest tier whichever is asked": heard(_plain_variants, "price"),
    "megapixels of two to the twentieth": told(_binary_megapixels, "price"),
    "free where the cost is null": update(_free_where_null),
    "references priced as none": reading("price", references=()),
    "transparent whatever the format": around("submit", _any_background),
    "the names of GPT Image 1 and 2 exchanged": renamed(
        {"gpt-image-1": "openai/gpt-image-2", "gpt-image-2": "openai/gpt-image-1"}
    ),
    "hangs up after half a minute": catalog(request_timeout=30.0),
    "live list: all is offered": told(_all_offered, "models"),
    "live list: sixteen references whatever it says": told(_as_many_as_any, "models"),
    "nobody is told that png is not compressed": silent(
        lambda it: it.when.get("output_format") == "png"
    ),
    "a session taken for a key that is known again": catalog(
        lambda info: evolve(
            info, idempotency=Idempotency(field="session_id", window=3600.0, source="nowhere")
        )
    ),
    "another provider's variable for the key": catalog(variables={"key": "OPENAI_API_KEY"}),
    "callbacks that nobody makes": catalog(webhooks=True),
    "session ids cut at 64": sent(session_id=lambda it: it[:64] if isinstance(it, str) else it),
    "trace sent as text": sent(trace=json.dumps),
    "nothing is passed through": sent(_no_passthrough),
    "passed through and priced as if not": reading("price", options={}),
    "a stream by option is not announced": requested(_unannounced),
    "session ids of any length": catalog(options=lambda it: {**it, "session_id": Text()}),
    "free where no endpoint is found": failing(NotFoundError, _unknown_price, "price"),
    "a refused list is the catalog": calling_itself("openrouter"),
    "chunks of text are previews": update(_texts_are_sketches, "event"),
    "every fault is free": FAULTS_ARE_FREE,
    "too large is moderation": failing(BadRequestError, _too_large_is_refused),
    "pictures that expire at once": images(lambda it, exchange: evolve(it, expires_at=exchange.at)),
    "no seed where bytecode is written": _LOOKS_AT_FLAGS,
    "no cost for pictures of a real size": _LOOKS_AT_PICTURES,
    "plain dictionaries, keys in another order": around("submit", _by_hand),
    "a quote in other words": told(_own_words, "price"),
    "cautions in other words": CAUTIONS_REWORDED,
    "the message alone where reasons are listed": failures(
        lambda it: evolve(it, message=it.message.partition(" (")[0] or it.message)
    ),
}
