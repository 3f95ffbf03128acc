"""apimodels.app's JSON, in its own words.

Source: https://apimodels.app/en/docs/image?p=doubao, stored copy read 2026-11-20, where
nothing else is said.
"""

from __future__ import annotations

from attrs import frozen

from tintype.convert import ErrorObject, Id, decisive


@frozen(kw_only=True)
class Generate:
    """The body of `POST /api/v1/images/generations`.

    `size` is the page's word for a tier, `resolution` the vendor's script's; `quality` and
    `background` are in its guide (stimQQ/apimodels-skill SKILL.md@e588d354).
    """

    model: str
    prompt: str
    size: str | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    quality: str | None = None
    background: str | None = None
    image_url: str | None = None
    image_urls: tuple[str, ...] | None = None
    callback_url: str | None = None


@frozen(kw_only=True)
class Verdict:
    """What every answer begins with. HTTP 200 may carry a `code` that is not 200."""

    code: int | None = None
    msg: str | None = None


@frozen(kw_only=True)
class Refusal(Verdict):
    """A body under an HTTP error. The page prints none; `error` is the MCP server's guess."""

    error: ErrorObject | None = None


@frozen(kw_only=True)
class Result:
    """What `resultJson` holds: JSON in a string."""

    resultUrls: tuple[str | None, ...] | None = None


@frozen(kw_only=True)
class Work:
    """`data` of every answer. A poll gives `resultUrls`, a webhook `resultJson`.

    `resultJson` as an object and `error` beside `failMsg` are what the vendor's script
    also accepts (generate.mjs@1c1a359c).
    """

    taskId: Id | None = None
    state: str | None = decisive(None)
    resultUrls: tuple[str | None, ...] | None = None
    resultJson: Result | None = None
    failCode: Id | None = None
    failMsg: str | None = None
    error: ErrorObject | None = None


@frozen(kw_only=True)
class Envelope:
    """The envelope of an answer that is good."""

    data: Work


@frozen(kw_only=True)
class Listed:
    """One model of the live list, of any kind: images, video, speech, chat."""

    id: str


@frozen(kw_only=True)
class Listing:
    """The answer to `GET /api/v1/models` (stimQQ/apimodels-mcp src/index.ts@0dd8d21d)."""

    data: tuple[Listed, ...]
