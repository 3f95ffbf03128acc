"""Replicate's JSON, with the names that it uses (https://replicate.com/docs/reference/http)."""

from __future__ import annotations

from attrs import frozen

from tintype.convert import Id


@frozen(kw_only=True)
class Input:
    """What a model is given; what it takes besides is given as options."""

    prompt: str
    aspect_ratio: str | None = None
    num_outputs: int | None = None
    output_format: str | None = None
    num_inference_steps: int | None = None
    seed: int | None = None


@frozen(kw_only=True)
class Prediction:
    """A prediction. Its output is whatever its model gives: a URL, or several."""

    id: Id | None = None
    status: str
    output: str | tuple[str | None, ...] | None = None
    error: str | None = None


@frozen(kw_only=True)
class Refusal:
    """Problem details (RFC 7807); a throttled request has no more than `detail`."""

    detail: str | None = None
    title: str | None = None
