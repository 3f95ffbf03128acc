"""Together AI: one call that draws, or edits what URLs name, with the models of many makers.

Source of every fact, where no other is named: https://github.com/togethercomputer/skills@644d3822
(together-images) and https://github.com/togethercomputer/openapi@090263aa, both Together's own,
read 2026-11-29. Nothing here was ever run against the live service.
"""

from __future__ import annotations

from attrs import evolve

from tintype.catalog import Integer, ProviderInfo
from tintype.convert import merge_options
from tintype.errors import BadRequestError, OverloadedError, ProviderError, refusals
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Request
from tintype.models import Quote, Task, Update
from tintype.prices import quote_from_prices
from tintype.request import Submission
from tintype_openai_dialect import Dialect
from tintype_openai_dialect.wire import Error
from tintype_together import _wire
from tintype_together._catalog import FLUX_2, INFO, KONTEXT

_GENERATIONS = "https://api.together.xyz/v1/images/generations"
_OVERLOADED = 503
_MORE_STEPS = "More steps than the model's default cost more."


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What Together offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By the megapixel; for more steps than the default, the least that it costs."""
    known = quote_from_prices(INFO, request)
    if known is None or known.low is None or _within_default(request):
        return known
    return evolve(known, high=None, assumptions=(*known.assumptions, _MORE_STEPS))


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/images/generations`, for drawing and for editing."""
    width, height = request.pixels or (None, None)
    alone, two = request.model in KONTEXT, request.model in FLUX_2
    body = _wire.Draw(
        model=request.model,
        prompt=request.prompt,
        n=request.n if request.n > 1 else None,
        width=width,
        height=height,
        aspect_ratio=request.aspect_ratio,
        steps=request.steps,
        seed=request.seed,
        negative_prompt=request.negative_prompt,
        guidance=request.guidance if two else None,
        guidance_scale=None if two else request.guidance,
        output_format=request.output_format,
        image_url=request.urls[0] if alone and request.urls else None,
        reference_images=None if alone else request.urls or None,
    )
    return Request.post(_GENERATIONS, merge_options(body, request.options))


@hookimpl
def poll(task: Task) -> None:
    """Nothing: every call is answered with its images."""


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task that has ended."""
    return _DIALECT.parse(exchange)


# ------------------------------------------------------------------------- what is sent


def _within_default(request: Submission) -> bool:
    """Whether the steps are in the price: none are asked for, or no more than the default."""
    steps = INFO.limits(request.model).parameters.get("steps")
    usual = steps.default if isinstance(steps, Integer) else None
    asked = request.options.get("steps", request.steps)
    return asked is None or (isinstance(asked, int) and asked <= (usual or 0))


# --------------------------------------------------------------------- what went wrong


def _meant(status: int, error: Error) -> type[ProviderError] | None:
    """A 503 in Together's words is an overloaded engine; without them it is a gateway's."""
    return OverloadedError if status == _OVERLOADED and error.message else None


# A 403 is a request that is too long (error-codes), and no want of a permission.
_DIALECT = Dialect(
    info=INFO,
    refusals=refusals(400, 401, 402, 404, 429, 500) | {403: BadRequestError},
    meant=_meant,
)
