"""OpenAI: one call that draws or edits with the gpt-image models, whole or as a stream.

Source of every fact, where no other is named: https://github.com/openai/openai-openapi@f85dbe22
(openapi.json), read 2026-11-29. Nothing here was ever run against the live service.
"""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve

from tintype.catalog import ProviderInfo
from tintype.convert import merge_options
from tintype.errors import InsufficientCreditError, InvalidRequestError, ProviderError, refusals
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Request
from tintype.models import Cost, Quote, Task, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_openai import _wire
from tintype_openai._catalog import INFO, RATES
from tintype_openai_dialect import Dialect, form
from tintype_openai_dialect.wire import Error, Usage

_IMAGES = "https://api.openai.com/v1/images"
_QUOTA = "insufficient_quota"  # a 429 of its own (error codes)
_MASK_BYTES = 4_000_000  # "a valid PNG file, less than 4MB"
_ON_TOP = "The tokens of the prompt and of references come on top of the price of an image."


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What OpenAI offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By quality and size where a page prints it; what is given costs on top of that.

    A prompt has no more tokens than bytes. How many a reference has nobody says.
    """
    known = quote_from_prices(INFO, request)
    if known is None or known.low is None:
        return known
    rates = RATES.get(request.model)
    high = None
    if known.high is not None and rates is not None and not request.references:
        high = known.high + rates[0] * len(request.prompt.encode())
    assumptions = (*known.assumptions, _ON_TOP)
    return evolve(known, high=high, assumptions=assumptions, reason=known.reason or _ON_TOP)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/images/generations`, or `…/edits` where there are references."""
    body = _wire.Draw(
        model=request.model,
        prompt=request.prompt,
        n=request.n if request.n > 1 else None,
        size=request.size,
        quality=request.quality,
        background=request.background,
        output_format=request.output_format,
        output_compression=request.output_compression,
        user=request.user,
        stream=request.stream or None,
        partial_images=request.previews,
    )
    _check(request)
    sent = merge_options(body, request.options)
    if not request.references:
        return Request.post(f"{_IMAGES}/generations", sent, events=request.stream)
    return Request(
        method="POST",
        url=f"{_IMAGES}/edits",
        body=form(sent, request.references),
        answer="events" if request.stream else "whole",
    )


@hookimpl
def poll(task: Task) -> None:
    """Nothing: every call is answered with its images."""


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task that has ended, or its snapshot after one event of a stream."""
    return _DIALECT.parse(exchange)


# ------------------------------------------------------------------------- what is sent


def _check(request: Submission) -> None:
    """What an address lacks, what no transparent picture can be, and what a mask has to be."""
    lacking = "moderation" if request.references else "input_fidelity"
    if lacking in request.options:
        verb = "an edit" if request.references else "a drawing without references"
        msg = f"openai: {lacking} is no option of {verb}; leave it out."
        raise InvalidRequestError(msg, field="options")
    if request.background == "transparent" and request.output_format == "jpeg":
        msg = "openai: a transparent background takes output_format png or webp, and no jpeg."
        raise InvalidRequestError(msg, field="output_format", allowed=("png", "webp"))
    mask = request.mask
    if mask and (len(mask.data or b"") > _MASK_BYTES or mask.media_type != "image/png"):
        msg = f"openai: a mask is a PNG of {_MASK_BYTES} bytes at most."
        raise InvalidRequestError(msg, field="references", allowed=("image/png",))


# --------------------------------------------------------------------- what comes back


def _cost(request: Submission | None, usage: Usage) -> Cost | None:
    """The rates of the model times the tokens; input from a cache, which nobody counts, is less."""
    rates = RATES.get(request.model) if request is not None else None
    told = usage.input_tokens_details
    if rates is None or told is None:
        return None
    counted = (told.text_tokens, told.image_tokens, usage.output_tokens)
    parts = [rate * tokens for rate, tokens in zip(rates, counted, strict=True) if tokens]
    if usage.output_tokens is None:
        return None
    return Cost(usd=sum(parts, Decimal(0)), source="documented rates x usage")


# --------------------------------------------------------------------- what went wrong


def _meant(_status: int, error: Error) -> type[ProviderError] | None:
    return InsufficientCreditError if _QUOTA in {error.code, error.type} else None


_DIALECT = Dialect(
    info=INFO,
    refusals=refusals(400, 401, 403, 404, 429, 500),
    meant=_meant,
    cost=_cost,
)
