"""APIYI's JSON, in its own words.

Source: https://docs.apiyi.com/en/api-capabilities/seedream-image/text-to-image and …/image-edit,
stored copies read 2026-11-20, where nothing else is said. APIYI says that its answers are those
of its upstream, BytePlus ModelArk, and documents neither errors nor events itself.
"""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, optional

from tintype.convert import Id, decisive


@frozen(kw_only=True)
class Generate:
    """The body of `POST /v1/images/generations`. There is no other endpoint for editing."""

    model: str
    prompt: str
    size: str | None = None
    output_format: str | None = None
    watermark: bool | None = None
    stream: bool | None = None
    image: tuple[str, ...] | None = None


@frozen(kw_only=True)
class Error:
    """Why a request, or one image of it, failed (upstream; APIYI prints no error body)."""

    code: Id | None = decisive(None)
    message: str | None = None


@frozen(kw_only=True)
class Refusal:
    """A body under an HTTP error."""

    error: Error | None = None


@frozen(kw_only=True)
class Usage:
    """What was counted. Only `generated_images` is billed; `input_tokens` is OpenAI's."""

    generated_images: int | None = field(default=None, validator=optional(ge(0)))
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None


@frozen(kw_only=True)
class Item:
    """One of `data`: a picture, or in its place an `error` (upstream)."""

    url: str | None = None
    b64_json: str | None = None
    size: str | None = None
    error: Error | None = None


@frozen(kw_only=True)
class ImagesResponse:
    """A complete answer. `error` stands at the top only if nothing was drawn (upstream)."""

    data: tuple[Item | None, ...] | None = None
    usage: Usage | None = None
    error: Error | None = None


@frozen(kw_only=True)
class Event(Item):
    """An event of a stream, of the upstream's family or of OpenAI's.

    `image_index` counts the upstream's images, `partial_image_index` OpenAI's sketches.
    """

    type: str | None = None
    image_index: int | None = None
    partial_image_index: int | None = None
    output_format: str | None = None
    usage: Usage | None = None
    data: tuple[object, ...] | None = None
