"""apiin.one's JSON, in its own words, and in the words of its upstream.

Documented (https://apiin-one.pages.dev/ja/models/seedream-4-5 and https://apiin.one/docs,
stored copies read 2026-11-20): the body of a create, its two answers, and the error object.
Everything else is inferred, from the upstream (kie.ai), a public client and
sister sites; each inference has a fixture that says why.
"""

from __future__ import annotations

from attrs import frozen

from tintype.convert import ErrorObject, Id


@frozen(kw_only=True)
class Generate:
    """The body of `POST /api/v1/images/generations`."""

    model: str
    prompt: str
    negative_prompt: str | None = None
    aspect_ratio: str | None = None
    quality: str | None = None
    image_urls: tuple[str, ...] | None = None
    callback_url: str | None = None


@frozen(kw_only=True)
class Refusal:
    """An answer without a task: documented with `error`, inferred with the envelope's `code`."""

    code: int | None = None
    message: str | None = None
    error: ErrorObject | None = None


@frozen(kw_only=True)
class Failed:
    """What a failed task says: `error` by a public client, the others are kie.ai's."""

    error: ErrorObject | None = None
    failCode: Id | None = None
    failMsg: str | None = None


@frozen(kw_only=True)
class Picture:
    """An item of `images`."""

    url: str


@frozen(kw_only=True)
class Pictures:
    """The names under which URLs of images are looked for; one is read at a time."""

    resultUrls: tuple[str | None, ...] | None = None
    result_urls: tuple[str | None, ...] | None = None
    image_urls: tuple[str | None, ...] | None = None
    images: tuple[Picture | None, ...] | None = None
    urls: tuple[str | None, ...] | None = None
    url: str | None = None
    image_url: str | None = None

    def listed(self) -> tuple[str | None, ...]:
        """All URLs under all names, None for what is none."""
        many = (self.resultUrls, self.result_urls, self.image_urls, self.urls)
        objects = tuple(None if each is None else each.url for each in self.images or ())
        single = tuple(url for url in (self.url, self.image_url) if url)
        return (*(url for urls in many for url in urls or ()), *objects, *single)


# What a task calls its id and its status, the first that is there. Documented are `task_id` with
# `status`, and on an older page `id` with `status`; `taskId` and `state` are kie.ai's.
ID_NAMES = ("task_id", "taskId", "id")
STATUS_NAMES = ("status", "state", "task_status")

_NAMES = ("resultUrls", "result_urls", "image_urls", "images", "urls", "url", "image_url")
_HOLDERS = ("output", "result", "response", "resultJson")

# Where images are looked for, in this order, and nowhere else: (the object in the task, or ""
# for the task itself; the name). `input`, `param`, `params` and `request` are not here, for they
# echo what was sent. The task's own `image_urls` comes last: it is also the name of the input.
PLACES = (
    *(("", name) for name in _NAMES if name != "image_urls"),
    *((holder, name) for holder in _HOLDERS for name in _NAMES),
    ("", "image_urls"),
)
