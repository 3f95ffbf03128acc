"""fal's JSON, in its own words: of the queue, of a result, of a webhook, and of what went wrong."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, optional

from tintype.convert import Id, decisive


@frozen(kw_only=True)
class Size:
    """`ImageSize`: an exact size, in pixels."""

    width: int
    height: int


@frozen(kw_only=True)
class Draw:
    """The body of a submission: what the models described in the catalog take."""

    prompt: str
    image_size: str | Size | None = None
    aspect_ratio: str | None = None
    num_images: int | None = None
    seed: int | None = None
    output_format: str | None = None
    num_inference_steps: int | None = None
    guidance_scale: float | None = None


@frozen(kw_only=True)
class Queued:
    """The answer to a submission, to a look at its status, and to a cancellation.

    `error` and `error_type` stand beside COMPLETED where it came to nothing.
    """

    request_id: Id | None = None
    status: str | None = decisive(None)
    status_url: str | None = None
    response_url: str | None = None
    cancel_url: str | None = None
    error: str | None = None
    error_type: str | None = None


@frozen(kw_only=True)
class File:
    """An image of a result."""

    url: str
    width: int | None = field(default=None, validator=optional(ge(1)))
    height: int | None = field(default=None, validator=optional(ge(1)))
    content_type: str | None = None


@frozen(kw_only=True)
class Problem:
    """One item of the `detail` of a model's error."""

    msg: str | None = None
    type: str | None = None


@frozen(kw_only=True)
class Result:
    """What a model drew, or why it did not. Some models draw one `image` and no `images`.

    One that has a `status` is no result: it is the queue that speaks.
    """

    status: str | None = decisive(None)
    images: tuple[File | None, ...] | None = None
    image: File | None = None
    seed: int | None = None
    has_nsfw_concepts: tuple[bool | None, ...] | None = None
    detail: tuple[Problem | None, ...] | None = None


@frozen(kw_only=True)
class Delivery:
    """A webhook: a result, wrapped."""

    request_id: Id
    status: str
    payload: Result | None = None
    error: str | None = None
    payload_error: str | None = None


@frozen(kw_only=True)
class Refusal:
    """The `detail` of a refusal that is a text, and the kind of an error of the infrastructure."""

    detail: str | None = None
    error_type: str | None = None
