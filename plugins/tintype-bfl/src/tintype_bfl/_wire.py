"""Black Forest Labs' JSON, in its own words (https://docs.bfl.ai/api-reference)."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from tintype.convert import Id, decisive
from tintype.messages import JsonObject


@frozen(kw_only=True)
class Draw:
    """The body of a submission but its images: what the models of the catalog take."""

    prompt: str
    aspect_ratio: str | None = None
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None
    output_format: str | None = None
    webhook_url: str | None = None


@frozen(kw_only=True)
class Accepted:
    """`AsyncResponse`, or `AsyncWebhookResponse`, which names no address to look at."""

    id: Id
    polling_url: str | None = None
    status: str | None = None
    cost: Decimal | None = None


@frozen(kw_only=True)
class Result:
    """What a finished task drew."""

    sample: str | None = None
    seed: int | None = None


@frozen(kw_only=True)
class Look:
    """`ResultResponse`, and what a webhook says of an end."""

    id: Id | None = None
    status: str = decisive("")
    result: Result | None = None
    details: JsonObject | None = None
    cost: Decimal | None = None
    error: str | None = None
    message: str | None = None


@frozen(kw_only=True)
class Problem:
    """One item of the `detail` of a validation error."""

    msg: str | None = None


@frozen(kw_only=True)
class Refusal:
    """A refusal. `detail` is a text or, of a validation error, a list."""

    error: str | None = None
    message: str | None = None
    detail: str | tuple[Problem | None, ...] | None = None
