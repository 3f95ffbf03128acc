"""What OpenAI is sent, in its own words (openai-openapi@f85dbe22, openapi.json).

What it answers is the dialect's.
"""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Draw:
    """The fields of a drawing, and of an edit beside its files."""

    model: str
    prompt: str
    n: int | None = None
    size: str | None = None
    quality: str | None = None
    background: str | None = None
    output_format: str | None = None
    output_compression: int | None = None
    user: str | None = None
    stream: bool | None = None
    partial_images: int | None = None
