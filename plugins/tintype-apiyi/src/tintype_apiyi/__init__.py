"""APIYI: one synchronous call that draws, edits or streams, and bills by the image.

Source of every fact, where no other is named:
https://docs.apiyi.com/en/api-capabilities/seedream-image/ (text-to-image, image-edit, overview,
historical-versions), stored copies read 2026-11-20. "Upstream" is BytePlus ModelArk, whose
answers APIYI passes on. Nothing here was ever run against the live service.
"""

from __future__ import annotations

import re

from tintype.catalog import ProviderInfo
from tintype.errors import Billed, InsufficientCreditError, ProviderError, refusals
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Request
from tintype.models import Quote, Task, Update
from tintype.request import Submission
from tintype_apiyi._catalog import INFO
from tintype_openai_dialect import Dialect
from tintype_openai_dialect.seedream import CODES, Seedream
from tintype_openai_dialect.wire import Error

_FORBIDDEN = 403
_TOO_MANY = 429
_GENERATIONS = "https://api.apiyi.com/v1/images/generations"

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
    return _SEEDREAM.price(request)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /v1/images/generations`, for drawing and for editing."""
    return _SEEDREAM.request(_GENERATIONS, request)


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


# --------------------------------------------------------------------- what went wrong


def _moderated(status: int, error: Error) -> bool:
    """A 403 without a code is what APIYI's table says it is."""
    return status == _FORBIDDEN and not error.code


def _meant(status: int, error: Error) -> type[ProviderError] | None:
    if status == _TOO_MANY and _BALANCE.search(f"{error.code} {error.message}"):
        return InsufficientCreditError
    return CODES.get(error.code or "")


_SEEDREAM = Seedream(INFO)

# Images are billed, and moderation is not (overview).
_DIALECT = Dialect(
    info=INFO,
    refusals=refusals(400, 401, 403, 404, 429, 500),
    meant=_meant,
    moderated=_moderated,
    refused_billed=Billed.NO,
    cost=_SEEDREAM.cost,
)
