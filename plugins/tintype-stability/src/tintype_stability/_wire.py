"""Stability AI's forms and JSON, with the names that it uses."""

from __future__ import annotations

from attrs import field, frozen

from tintype.convert import Id, decisive


@frozen(kw_only=True)
class Form:
    """The fields of a form that are no files."""

    prompt: str | None = None
    model: str | None = None
    mode: str | None = None
    negative_prompt: str | None = None
    aspect_ratio: str | None = None
    style_preset: str | None = None
    output_format: str | None = None
    seed: int | None = None
    cfg_scale: float | None = None
    strength: float | None = None


@frozen(kw_only=True)
class Drawn:
    """A picture in JSON; or the id of a task that was begun, or goes on."""

    id: Id | None = None
    status: str | None = None
    finish_reason: str | None = decisive(None)
    image: str | None = field(default=None, repr=False)
    seed: int | None = None


@frozen(kw_only=True)
class Refusal:
    """Why a request was refused: what `id` calls it in a support ticket, and the reasons."""

    id: Id | None = None
    name: str | None = None
    errors: tuple[str | None, ...] = ()
