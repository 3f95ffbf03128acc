"""BytePlus ModelArk: one synchronous call that draws, edits or streams, and bills by the image.

Source of every fact, where no other is named: https://docs.byteplus.com/en/docs/ModelArk/1541523
(Image generation API), a stored copy read 2026-11-29. Nothing here was ever run against the live
service.
"""

from __future__ import annotations

from tintype.catalog import ProviderInfo
from tintype.errors import Billed, ProviderError, refusals
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import Request
from tintype.models import Quote, Task, Update
from tintype.request import Submission
from tintype_ark._catalog import INFO
from tintype_openai_dialect import Dialect
from tintype_openai_dialect.seedream import CODES, Seedream
from tintype_openai_dialect.wire import Error

_GENERATIONS = "https://ark.ap-southeast.bytepluses.com/api/v3/images/generations"


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What ModelArk offers."""
    return INFO


@hookimpl
def price(request: Submission, quote: Quote | None) -> Quote | None:
    """By the documented table; a sequence by the images that it turns out to have."""
    return _SEEDREAM.price(request)


@hookimpl
def submit(request: Submission) -> Request:
    """`POST /api/v3/images/generations`, for drawing and for editing."""
    return _SEEDREAM.request(_GENERATIONS, request)


@hookimpl
def poll(task: Task) -> None:
    """Nothing: every call is answered with its images."""


@hookimpl
def parse(exchange: Exchange) -> Update:
    """A task that has ended, or its snapshot after one event of a stream."""
    return _DIALECT.parse(exchange)


# --------------------------------------------------------------------- what went wrong


def _meant(_status: int, error: Error) -> type[ProviderError] | None:
    return CODES.get(error.code or "")


_SEEDREAM = Seedream(INFO)

# "Billing is based on the number of successfully generated images."
_DIALECT = Dialect(
    info=INFO,
    refusals=refusals(400, 401, 403, 404, 429, 500),
    meant=_meant,
    refused_billed=Billed.NO,
    cost=_SEEDREAM.cost,
)
