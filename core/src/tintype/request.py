"""A picture, asked for in words that no provider owns."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import TypeAlias

from attrs import evolve, field, frozen

from tintype.errors import InvalidRequestError
from tintype.messages import JsonObject

ReferenceLike: TypeAlias = "Reference | str | Path | bytes"

_SIZE = re.compile(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})")
_MAX_COMPRESSION = 100
_MAX_IMAGES = 1000


@frozen(kw_only=True)
class Reference:
    """A source image. Exactly one of `url`, `path`, `data` and `digest` is set.

    Attributes:
        url: An http(s) URL, or a `data:` URL with the image in it.
        path: A local file, read when the request is resolved.
        data: The image itself.
        digest: The SHA-256 of `data` in hexadecimal, which stands for the image in a
            recorded task.
        media_type: The media type of `data`, or "" until it is sniffed.
        name: A file name for `data`, or "".
    """

    url: str | None = None
    path: str | None = None
    data: bytes | None = field(default=None, repr=False)
    digest: str | None = None
    media_type: str = ""
    name: str = ""

    def __attrs_post_init__(self) -> None:
        """Refuse a reference that is none of the four, or several."""
        given = [self.url, self.path, self.data, self.digest]
        if sum(item is not None for item in given) != 1 or self.data == b"":
            msg = "A reference is one of a URL, a file, or the bytes of an image."
            raise InvalidRequestError(msg, field="references", allowed=("url", "path", "data"))

    @classmethod
    def of(cls, source: ReferenceLike) -> Reference:
        """A reference to a URL (`http:`, `https:` or `data:`), a file, or bytes."""
        match source:
            case Reference():
                return source
            case bytes():
                return cls(data=source)
            case str() if source.lower().startswith(("http://", "https://", "data:")):
                return cls(url=source)
            case str() | Path() if str(source):
                return cls(path=str(source))
            case _:
                msg = f"A reference cannot be {source!r}: give a URL, a path, or bytes."
                raise InvalidRequestError(msg, field="references")

    def digested(self) -> Reference:
        """The same reference with a digest in place of the image's bytes."""
        if self.data is not None:
            digest = hashlib.sha256(self.data).hexdigest()
            return evolve(self, data=None, digest=digest)
        if self.url is not None and self.url.lower().startswith("data:"):
            digest = hashlib.sha256(self.url.encode()).hexdigest()
            return evolve(self, url=None, digest=digest)
        return self


def _references(sources: Iterable[ReferenceLike]) -> tuple[Reference, ...]:
    if isinstance(sources, str | bytes | Path | Reference):
        sources = (sources,)
    try:
        return tuple(Reference.of(source) for source in sources)
    except TypeError:
        msg = f"references cannot be {sources!r}: give URLs, paths, or bytes."
        raise InvalidRequestError(msg, field="references") from None


@frozen(kw_only=True)
class ImageRequest:
    """A picture, asked for in words that no provider owns.

    A field left at None (or False, or empty) is not sent.

    Attributes:
        prompt: What to draw.
        model: A canonical name such as `seedream-4.5`, or a provider's own id. None is
            the provider's default model.
        n: How many images. More than a model draws at once become several submissions.
        aspect_ratio: Such as `16:9`.
        resolution: A tier such as `2K`.
        size: Exact pixels as `WIDTHxHEIGHT`; excludes `aspect_ratio` and `resolution`.
        quality: A level the model knows, such as `high`.
        output_format: `png`, `jpeg`, `webp` or `svg`, as far as the model can.
        output_compression: 0 to 100, for jpeg and webp.
        background: `transparent`, `opaque` or `auto`.
        watermark: Whether the provider may stamp its mark.
        seed: For repeatable sampling, where the model honours it.
        references: Source images: URLs, paths or bytes.
        webhook_url: Where the provider should report the end of the task.
        stream: Whether to ask for images as they are made.
        options: Raw fields for one provider, as `{"openrouter": {...}}`.

    Raises:
        InvalidRequestError: A value nobody could send, or two fields that contradict
            one another. The error names the field.
    """

    prompt: str
    model: str | None = None
    n: int = 1
    aspect_ratio: str | None = None
    resolution: str | None = None
    size: str | None = None
    quality: str | None = None
    output_format: str | None = None
    output_compression: int | None = None
    background: str | None = None
    watermark: bool | None = None
    seed: int | None = None
    references: tuple[Reference, ...] = field(default=(), converter=_references)
    webhook_url: str | None = None
    stream: bool = False
    options: Mapping[str, JsonObject] = field(factory=dict, converter=deepcopy)

    def __attrs_post_init__(self) -> None:
        """Refuse what nobody could send."""
        for rule in _RULES:
            rule(self)

    @property
    def pixels(self) -> tuple[int, int] | None:
        """`size` as (width, height), or None."""
        found = _SIZE.fullmatch(self.size or "")
        return (int(found[1]), int(found[2])) if found else None


def _check_types(request: ImageRequest) -> None:
    kinds: Mapping[str, type | tuple[type, ...]] = {
        "prompt": str,
        "n": int,
        "stream": bool,
        **dict.fromkeys(_OPTIONAL_TEXT, (str, type(None))),
        **dict.fromkeys(("output_compression", "seed"), (int, type(None))),
        "watermark": (bool, type(None)),
        "options": Mapping,
    }
    for name, kind in kinds.items():
        value = getattr(request, name)
        numeric = name in {"n", "output_compression", "seed"}
        if not isinstance(value, kind) or (numeric and isinstance(value, bool)):
            msg = f"{name} cannot be {value!r}."
            raise InvalidRequestError(msg, field=name)


_OPTIONAL_TEXT = (
    "model",
    "aspect_ratio",
    "resolution",
    "size",
    "quality",
    "output_format",
    "background",
    "webhook_url",
)


def _check_words(request: ImageRequest) -> None:
    if not request.prompt.strip():
        msg = "The prompt is empty: say what to draw."
        raise InvalidRequestError(msg, field="prompt")
    for name in ("prompt", *_OPTIONAL_TEXT):
        value = getattr(request, name)
        if value == "":
            msg = f"{name} is empty: leave it out, or give it a value."
            raise InvalidRequestError(msg, field=name)
        if value is not None and not _is_unicode(value):
            msg = f"{name} holds bytes that are not text in UTF-8."
            raise InvalidRequestError(msg, field=name)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_counts(request: ImageRequest) -> None:
    if not 1 <= request.n <= _MAX_IMAGES:
        msg = f"n={request.n} is outside 1 to {_MAX_IMAGES}: ask for more in several requests."
        raise InvalidRequestError(msg, field="n", allowed=(f"1 to {_MAX_IMAGES}",))
    compression = request.output_compression
    if compression is not None and not 0 <= compression <= _MAX_COMPRESSION:
        msg = f"output_compression={compression} is outside 0 to {_MAX_COMPRESSION}."
        raise InvalidRequestError(msg, field="output_compression", allowed=("0 to 100",))


def _check_size(request: ImageRequest) -> None:
    if request.size is None:
        return
    if request.pixels is None:
        msg = f"size={request.size!r} is not WIDTHxHEIGHT; a tier such as 2K is a resolution."
        raise InvalidRequestError(msg, field="size", allowed=("WIDTHxHEIGHT",))
    for name in ("aspect_ratio", "resolution"):
        if getattr(request, name) is not None:
            msg = f"size and {name} contradict one another: give exact pixels or a tier, not both."
            raise InvalidRequestError(msg, field="size", allowed=("size", name))


def _check_webhook(request: ImageRequest) -> None:
    url = request.webhook_url
    if url is not None and not url.lower().startswith(("https://", "http://")):
        msg = f"webhook_url={url!r} is not an http(s) URL."
        raise InvalidRequestError(msg, field="webhook_url", allowed=("https://…",))


def _check_options(request: ImageRequest) -> None:
    given: Mapping[str, object] = request.options
    for provider, options in given.items():
        if not isinstance(options, Mapping):
            msg = f"options[{provider!r}] is not an object of fields for that provider."
            raise InvalidRequestError(msg, field="options", allowed=('{"provider": {…}}',))


_RULES = (_check_types, _check_words, _check_counts, _check_size, _check_webhook, _check_options)
