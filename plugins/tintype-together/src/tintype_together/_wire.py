"""What Together is sent, in its own words (togethercomputer/skills@644d3822, together-images).

What it answers is the dialect's.
"""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Draw:
    """The body of `POST /v1/images/generations`."""

    model: str
    prompt: str
    n: int | None = None
    width: int | None = None
    height: int | None = None
    aspect_ratio: str | None = None
    steps: int | None = None
    seed: int | None = None
    negative_prompt: str | None = None
    guidance: float | None = None
    guidance_scale: float | None = None
    output_format: str | None = None
    image_url: str | None = None
    reference_images: tuple[str, ...] | None = None
