"""apimodels.app's JSON, in its own words.

Source: https://apimodels.app/en/docs/image?p=doubao, stored copy read 2026-11-20, where
nothing else is said.
"""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Generate:
    """The body of `POST /api/v1/images/generations`."""

    model: str
    prompt: str
    size: str | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    background: str | None = None
    image_url: str | None = None
    image_urls: tuple[str, ...] | None = None
    callback_url: str | None = None


@frozen(kw_only=True)
class Work:
    """`data` of every answer. A poll gives `resultUrls`, a webhook `resultJson`."""

    taskId: str
    state: str
    resultUrls: tuple[str, ...] | None = None
    resultJson: str | None = None
    failCode: str | None = None
    failMsg: str | None = None


@frozen(kw_only=True)
class Answer:
    """The envelope. HTTP 200 may carry a `code` that is not 200."""

    code: int
    msg: str | None = None
    data: Work | None = None


@frozen(kw_only=True)
class Result:
    """What `resultJson` holds, once parsed."""

    resultUrls: tuple[str, ...] = ()


@frozen(kw_only=True)
class ErrorObject:
    """`error` as an object; its shape is the official MCP client's guess."""

    message: str | None = None


@frozen(kw_only=True)
class Refusal:
    """A body under an HTTP error. Only `msg` is documented."""

    msg: str | None = None
    error: str | ErrorObject | None = None
