"""What APIYI is sent, in its own words.

Source: https://docs.apiyi.com/en/api-capabilities/seedream-image/text-to-image and …/image-edit,
stored copies read 2026-11-20. APIYI says that its answers are those of its upstream, BytePlus
ModelArk, and documents neither errors nor events itself: what it answers is the dialect's.
"""

from __future__ import annotations

from attrs import frozen


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
