"""APIYI: one synchronous call that draws, edits or streams, and bills by the image.

Source of every fact, where no other is named:
https://docs.apiyi.com/en/api-capabilities/seedream-image/ (text-to-image, image-edit, overview,
historical-versions), stored copies read 2026-11-20. "Upstream" is BytePlus ModelArk, whose
answers APIYI passes on. Nothing here was ever run against the live service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve

from tintype.catalog import Integer, ProviderInfo
from tintype.convert import merge_options
from tintype.errors import (
    Billed,
    InsufficientCreditError,
    InvalidRequestError,
    OverloadedError,
    ProviderError,
    refusals,
)
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Request
from tintype.models import Cost, Quote, Task, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_apiyi import _wire
from tintype_apiyi._catalog import INFO
from tintype_openai_dialect import Dialect
from tintype_openai_dialect.wire import Error, Usage

_FORBIDDEN = 403
_TOO_MANY = 429
_GENERATIONS = "https://api.apiyi.com/v1/images/generations"

# References and drawn images together, in one submission (image-edit).
_MAX_IMAGES = 15

# Codes of the upstream that say something else than their status.
_CODES: Mapping[str, type[ProviderError]] = {
    "AccountOverdueError": InsufficientCreditError,
    "ServerOverloaded": OverloadedError,
}

# A 429 is a rate limit or an insufficient balance, and no document says how to tell. These
# are the words of gateways of its kind; any other 429 means: slow down.
_BALANCE = re.compile(
    r"insufficient[ _](user[ _])?(quota|balance|credit)|balance|余额|额度不足", re.IGNORECASE
)


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What APIYI offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By the documented table; a sequence by the images that it turns out to have."""
    known = quote_from_prices(INFO, request)
    most = _images_at_most(request)
    if known is None or known.high is None or most == 1:
        return known
    inputs = _references_usd(request)
    assumption = f"A sequence has 1 to {most} images, and each is billed."
    return evolve(
        known,
        lines=tuple(
            evolve(line, quantity=None) if line.unit == "image" else line for line in known.lines
        ),
        high=(known.high - inputs) * most + inputs,
        assumptions=(*known.assumptions, assumption),
    )


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/images/generations`, for drawing and for editing."""
    _check_references(request)
    _images_at_most(request)
    body = _wire.Generate(
        model=request.model,
        prompt=request.prompt,
        size=request.size or request.resolution,
        output_format=request.output_format,
        watermark=request.watermark,
        stream=request.stream or None,
        image=request.urls or None,
    )
    sent = merge_options(body, request.options)
    return Request.post(_GENERATIONS, sent, events=request.stream)


@hookimpl
def poll(task: Task) -> None:
    """Nothing: every call is synchronous, with "no task ID" (best practices)."""


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task that has ended, or its snapshot after one event of a stream.

    APIYI documents no events. The upstream's `completed` holds only the usage, OpenAI's
    holds the image; how an error of the whole request is framed nobody says.
    """
    return _DIALECT.parse(exchange)


# ------------------------------------------------------------------------- what is sent


def _images_at_most(request: Submission) -> int:
    """The most images of a sequence, or 1 where none is asked for."""
    options = request.options
    if options.get("sequential_image_generation") != "auto":
        return 1
    room = Integer(low=1, high=_MAX_IMAGES - len(request.references))
    limits = options.get("sequential_image_generation_options")
    most = limits.get("max_images", room.high) if isinstance(limits, Mapping) else room.high
    if isinstance(most, int) and room.admits(most):
        return most
    msg = f"max_images={most!r}: references and images together are at most {_MAX_IMAGES}."
    raise InvalidRequestError(msg, field="options", allowed=room.allowed)


def _check_references(request: Submission) -> None:
    """The media type of a `data:` URL is to be in lower case (image-edit)."""
    heads = [url.partition(",")[0] for url in request.urls]
    if any(head.lower().startswith("data:") and head != head.lower() for head in heads):
        msg = "A reference's data: URL has capitals before the comma, which APIYI does not take."
        raise InvalidRequestError(msg, field="references", allowed=("data:image/png;base64,…",))


# --------------------------------------------------------------------- what comes back


def _cost(request: Submission | None, usage: Usage) -> Cost | None:
    """The price of an image times `generated_images`, where any are, and the references."""
    drawn = usage.generated_images
    if request is None or drawn is None:
        return None
    one = quote_from_prices(INFO, evolve(request, n=1, options={}))
    if one is None or one.usd is None:
        return None
    inputs = _references_usd(request)
    source = f"documented price x generated_images{', and the references' if inputs else ''}"
    usd = (one.usd - inputs) * drawn + inputs if drawn else Decimal(0)
    return Cost(usd=usd, source=source)


def _references_usd(request: Submission) -> Decimal:
    """What the references of a submission cost, however many images it draws (inferred)."""
    prices = INFO.limits(request.model).prices
    each = [line.usd for line in prices if line.unit == "reference" and line.usd]
    return sum(each, Decimal(0)) * len(request.references)


# --------------------------------------------------------------------- what went wrong


def _moderated(status: int, error: Error) -> bool:
    """A 403 without a code is what APIYI's table says it is."""
    return status == _FORBIDDEN and not error.code


def _meant(status: int, error: Error) -> type[ProviderError] | None:
    if status == _TOO_MANY and _BALANCE.search(f"{error.code} {error.message}"):
        return InsufficientCreditError
    return _CODES.get(error.code or "")


# Images are billed, and moderation is not (overview).
_DIALECT = Dialect(
    info=INFO,
    refusals=refusals(400, 401, 403, 404, 429, 500),
    meant=_meant,
    moderated=_moderated,
    refused_billed=Billed.NO,
    cost=_cost,
)
