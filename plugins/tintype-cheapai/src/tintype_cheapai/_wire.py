"""CheapAI's JSON, in its own words.

Sources, read 2026-11-20: `[OFF]` https://www.cheapaiapi.com/docs/…, `[UP]` the documentation
of the upstream api.ai33.pro (same paths, same model id, same sample price), which answers
where CheapAI's own page is silent. A field is there only if the plugin reads or sends it.
"""

from __future__ import annotations

from decimal import Decimal

from attrs import field, frozen
from attrs.validators import ge, gt, min_len, optional

from tintype.convert import ErrorObject, Id, decisive


@frozen(kw_only=True)
class ModelParameters:
    """`model_parameters`: an object for a price, its JSON text in the form of a create."""

    aspect_ratio: str | None = None
    resolution: str | None = None


@frozen(kw_only=True)
class Envelope:
    """What answers have in common. A bare task has no `success`."""

    success: bool | None = None


@frozen(kw_only=True)
class Priced(Envelope):
    """The answer to `POST /v1i/task/price` [OFF]."""

    credits: Decimal | None = field(default=None, validator=optional(ge(Decimal(0))))


@frozen(kw_only=True)
class Named:
    """An object that holds a task's id."""

    task_id: Id | None = decisive(None)


@frozen(kw_only=True)
class Created(Envelope):
    """The answer to `POST /v1i/task/generate-image`.

    `task_id` is [UP]. CheapAI prints no answer, so `id` and `data.task_id` count too.
    """

    task_id: Id | None = decisive(None)
    id: Id | None = None
    data: Named | None = None


@frozen(kw_only=True)
class ResultImage:
    """An item of `result_images`: `imageUrl`, `previewUrl` and the rest are [UP].

    CheapAI does not print it, so `url` and `image_url` count as well.
    """

    imageUrl: str | None = None
    url: str | None = None
    image_url: str | None = None
    previewUrl: str | None = None
    mimeType: str | None = None
    width: int | None = field(default=None, validator=optional(gt(0)))
    height: int | None = field(default=None, validator=optional(gt(0)))


@frozen(kw_only=True)
class Metadata:
    """`metadata` of a task. A webhook echoes the inputs here too; they are no results."""

    result_images: tuple[str | ResultImage | None, ...] | None = None


@frozen(kw_only=True)
class Work(Envelope):
    """A task: the answer to `GET /v1/task/{id}`, and the body of a webhook.

    `progress` and `error_message` have been seen as null.
    """

    id: Id | None = None
    status: str | None = None
    progress: Decimal | None = None
    credit_cost: Decimal | None = field(default=None, validator=optional(ge(Decimal(0))))
    metadata: Metadata | None = None
    error_message: str | None = None


@frozen(kw_only=True)
class ListedModel:
    """One model of the live list [UP]."""

    model_id: str = field(validator=min_len(1))
    max_generations: int | None = field(default=None, validator=optional(ge(1)))
    aspect_ratios: tuple[str, ...] | None = None
    resolutions: tuple[str, ...] | None = None
    supports_images: bool | None = None
    requires_reference_images: bool | None = None
    max_assets: int | None = field(default=None, validator=optional(ge(0)))


@frozen(kw_only=True)
class Models(Envelope):
    """The answer to `GET /v1i/models`: the list is in `models` [UP], or seen in `data`."""

    models: tuple[ListedModel, ...] | None = None
    data: tuple[ListedModel, ...] | None = None


@frozen(kw_only=True)
class Refusal:
    """A refusal in any of its three shapes: `error` as text or object [OFF], `message` [UP].

    "Errors are not fully uniform across every endpoint" (docs/error-handling).
    """

    error: ErrorObject | None = None
    message: str | None = None
