"""The dialect's JSON, in its own words: fields that one of its providers has, and another lacks.

Source: https://github.com/openai/openai-openapi@f85dbe22 (openapi.json), read 2026-11-29. An item
with an error in its place, `image_index` and `generated_images` are BytePlus ModelArk's.
"""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, optional

from tintype.convert import Id, decisive


@frozen(kw_only=True)
class Error:
    """Why a request, or one image of it, failed."""

    code: Id | None = decisive(None)
    message: str | None = None
    type: str | None = None


@frozen(kw_only=True)
class Refusal:
    """A body under an HTTP error."""

    error: Error | None = None


@frozen(kw_only=True)
class Inputs:
    """What the tokens of a request are."""

    text_tokens: int | None = field(default=None, validator=optional(ge(0)))
    image_tokens: int | None = field(default=None, validator=optional(ge(0)))


@frozen(kw_only=True)
class Usage:
    """What was counted. `generated_images` is what ModelArk bills by."""

    generated_images: int | None = field(default=None, validator=optional(ge(0)))
    input_tokens: int | None = None
    input_tokens_details: Inputs | None = None
    output_tokens: int | None = field(default=None, validator=optional(ge(0)))
    total_tokens: int | None = None


@frozen(kw_only=True)
class Item:
    """One of `data`: a picture, or in its place an `error`."""

    url: str | None = None
    b64_json: str | None = None
    size: str | None = None
    error: Error | None = None


@frozen(kw_only=True)
class ImagesResponse:
    """A complete answer. `error` stands at the top only if nothing was drawn (ModelArk)."""

    data: tuple[Item | None, ...] | None = None
    usage: Usage | None = None
    error: Error | None = None


@frozen(kw_only=True)
class Event(Item):
    """An event of a stream, of ModelArk's family or of OpenAI's.

    `image_index` counts ModelArk's images, `partial_image_index` OpenAI's sketches.
    """

    type: str | None = None
    image_index: int | None = None
    partial_image_index: int | None = None
    output_format: str | None = None
    usage: Usage | None = None
    data: tuple[object, ...] | None = None


@frozen(kw_only=True)
class Draw:
    """What ModelArk is sent. There is no other endpoint for editing."""

    model: str
    prompt: str
    size: str | None = None
    output_format: str | None = None
    watermark: bool | None = None
    stream: bool | None = None
    image: tuple[str, ...] | None = None
