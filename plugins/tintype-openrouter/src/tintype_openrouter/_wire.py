"""OpenRouter's JSON, in its own words.

Source: the OpenAPI file and the image guide of OpenRouterTeam/docs@c26125a5, and the official
Python SDK openrouter 1.3.84, read 2026-11-20. Only fields that are read or sent are here.
"""

from __future__ import annotations

from decimal import Decimal

from attrs import field, frozen
from attrs.validators import ge, min_len, optional


@frozen(kw_only=True)
class ImageUrl:
    """Where a reference is: an HTTP(S) URL, or a base64 data URL."""

    url: str


@frozen(kw_only=True)
class InputReference:
    """One source image. Both keys are required."""

    image_url: ImageUrl
    type: str = "image_url"


@frozen(kw_only=True)
class Generate:
    """The body of `POST /api/v1/images`."""

    model: str
    prompt: str
    n: int | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    size: str | None = None
    quality: str | None = None
    output_format: str | None = None
    output_compression: int | None = None
    background: str | None = None
    seed: int | None = None
    user: str | None = None
    input_references: tuple[InputReference, ...] | None = None
    stream: bool | None = None


@frozen(kw_only=True)
class Picture:
    """One image. There is no URL; `media_type` is left out where nobody could tell."""

    b64_json: str
    media_type: str | None = None


@frozen(kw_only=True)
class Usage:
    """What was counted. `cost` is in US dollars, and may be null."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cost: Decimal | None = field(default=None, validator=optional(ge(Decimal(0))))


@frozen(kw_only=True)
class Metadata:
    """`error.metadata`: of a provider's error, or of moderation."""

    error_type: str | None = None
    reasons: tuple[str, ...] | None = None
    flagged_input: str | None = None


@frozen(kw_only=True)
class Error:
    """An error. Under HTTP its `code` is the status; in a stream it is a word, or null."""

    message: str
    code: int | str | None = None
    type: str | None = None
    metadata: Metadata | None = None


@frozen(kw_only=True)
class Refusal:
    """A body under an HTTP error."""

    error: Error | None = None


@frozen(kw_only=True)
class ImagesResponse:
    """The answer to a generation. HTTP 200 may hold an `error` in place of `data`."""

    data: tuple[Picture | None, ...] | None = None
    usage: Usage | None = None
    error: Error | None = None


@frozen(kw_only=True)
class Event:
    """What all events of a stream have in common. An error may come without a `type`."""

    type: str | None = None
    error: Error | None = None


@frozen(kw_only=True)
class PartialImage:
    """The event `image_generation.partial_image`: an unfinished image, and in whose place."""

    partial_image_index: int = 0
    b64_json: str | None = None


@frozen(kw_only=True)
class Completed:
    """The event `image_generation.completed`: one image."""

    b64_json: str
    media_type: str | None = None
    usage: Usage | None = None


@frozen(kw_only=True)
class Pricing:
    """One billable line of an endpoint. `variant` is a tier, such as `2k`."""

    billable: str
    unit: str
    cost_usd: Decimal
    variant: str | None = None


@frozen(kw_only=True)
class Endpoint:
    """One provider that serves a model."""

    pricing: tuple[Pricing, ...]


@frozen(kw_only=True)
class Endpoints:
    """The answer of `GET /api/v1/images/models/{author}/{slug}/endpoints`."""

    id: str
    endpoints: tuple[Endpoint, ...]


@frozen(kw_only=True)
class Capability:
    """What a parameter accepts: an `enum`, a `range`, or anything at all (`boolean`)."""

    type: str
    values: tuple[str, ...] | None = None
    min: Decimal | None = None
    max: Decimal | None = None


@frozen(kw_only=True)
class Architecture:
    """What goes in and what comes out."""

    input_modalities: tuple[str, ...]


@frozen(kw_only=True)
class ListedModel:
    """One model of the live list. A parameter that is absent is unsupported."""

    id: str = field(validator=min_len(1))
    name: str
    architecture: Architecture
    supported_parameters: dict[str, Capability]
    supports_streaming: bool


@frozen(kw_only=True)
class Listing:
    """The answer of `GET /api/v1/images/models`."""

    data: tuple[ListedModel, ...]
