"""A picture, asked for in words that no provider owns."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cached_property, partial
from itertools import compress
from operator import attrgetter, is_not
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import attrs
from attrs import evolve, field, frozen

from tintype._doors import a_line
from tintype._excerpts import guess, quoted
from tintype.errors import InvalidRequestError
from tintype.messages import JsonObject

Role: TypeAlias = Literal["image", "mask", "style", "subject", "control", "first"]
ReferenceLike: TypeAlias = "Reference | str | Path | bytes"

ROLES: tuple[Role, ...] = get_args(Role)
_SIZE = re.compile(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})")
# The longest name that a file has on the usual systems, and what base64 is written with.
_LONGEST_NAME = 255
_BASE64 = re.compile(r"[A-Za-z0-9+/_\s-]+={0,2}\s*")
_MAX_COMPRESSION = 100
_MAX_IMAGES = 1000
_DEEPEST_OPTIONS = 32
_WIDEST_NUMBER = 1024  # bits
_WIDEST_FRACTION = 2**53  # every whole number below it is a float


def _looks_encoded(text: str) -> bool:
    """Whether a text is an image in base64, and no path; JPEGs begin as if they were one."""
    path = text.startswith(("/", ".", "~")) and not text.startswith("/9j/")
    return len(text) > _LONGEST_NAME and not path and _BASE64.fullmatch(text) is not None


def _sha256(data: bytes) -> str:
    from hashlib import sha256  # noqa: PLC0415 - it brings OpenSSL along, for references only

    return sha256(data).hexdigest()


def _fraction(given: float | None) -> float | None:
    """A whole number as the fraction that it is; anything else stays, to be refused by name."""
    value: object = given
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(given) if whole and abs(given) <= _WIDEST_FRACTION else given  # type: ignore[arg-type]  # it is an int


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
        role: What it is for: `image`, a picture to draw from; `mask`, which marks the part of
            that picture to change; `style` and `subject`, whose look or whose figure is taken
            over; `control`, whose outlines, pose or depth are kept to; `first`, the picture
            that the drawing begins with.
        weight: How much it counts, 0 or more, or None: as the model has it.
    """

    url: str | None = None
    path: str | None = None
    data: bytes | None = field(default=None, repr=False)
    digest: str | None = None
    media_type: str = ""
    name: str = ""
    role: Role = "image"
    weight: float | None = field(default=None, converter=_fraction)

    def __attrs_post_init__(self) -> None:
        """Refuse a reference that is none of the four, or several; and an odd role or weight."""
        given = [self.url, self.path, self.data, self.digest]
        if sum(item is not None for item in given) != 1 or self.data == b"":
            msg = "A reference is one of a URL, a file, or the bytes of an image."
            raise InvalidRequestError(msg, field="references", allowed=("url", "path", "data"))
        if self.role not in ROLES:
            near = guess(str(self.role), ROLES)
            msg = (
                f"A reference's role cannot be {quoted(self.role)}: it is {', '.join(ROLES)}.{near}"
            )
            raise InvalidRequestError(msg, field="references", allowed=ROLES)
        weight: object = self.weight
        if weight is not None and not (isinstance(weight, float) and 0 <= weight < math.inf):
            msg = f"A reference's weight cannot be {quoted(weight)}: it is 0 or more."
            raise InvalidRequestError(msg, field="references", allowed=("0 and more",))

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
            case str() if _looks_encoded(source):
                msg = f"{quoted(source)} looks like base64: give bytes or a data: URL."
                raise InvalidRequestError(msg, field="references", allowed=("bytes", "data:…"))
            case str() | Path() if str(source):
                return cls(path=str(source))
            case _:
                msg = f"A reference cannot be {quoted(source)}: give a URL, a path, or bytes."
                raise InvalidRequestError(msg, field="references")

    def digested(self) -> Reference:
        """The same reference with a digest in place of the image's bytes."""
        return self._digested

    @cached_property
    def _digested(self) -> Reference:
        """Made once, for it is written down twice a submission, in its intent and in its task."""
        if self.data is not None:
            return evolve(self, data=None, digest=_sha256(self.data))
        if self.url is not None and self.url[:5].lower() == "data:":
            return evolve(self, url=None, digest=_sha256(self.url.encode()))
        return self


_LOOKED_AT = frozenset({Reference})


def _references(sources: Iterable[ReferenceLike]) -> tuple[Reference, ...]:
    if type(sources) is tuple and {*map(type, sources)} <= _LOOKED_AT:
        return sources  # they were looked at: a request in its place shares them
    if isinstance(sources, str | bytes | Path | Reference):
        sources = (sources,)
    try:
        return tuple(Reference.of(source) for source in sources)
    except TypeError:
        msg = f"references cannot be {quoted(sources)}: give URLs, paths, or bytes."
        raise InvalidRequestError(msg, field="references") from None


def _options(given: Mapping[str, JsonObject]) -> Mapping[str, JsonObject]:
    """A copy of raw fields, held to what JSON can say."""
    values: object = given
    if not isinstance(values, Mapping):
        return given  # refused with the other types
    return {name: _json_value(item, f"options[{quoted(name)}]") for name, item in values.items()}  # type: ignore[misc]  # each is looked at


def _json_value(value: object, place: str, depth: int = 0) -> object:
    """A copy of a value that JSON can spell.

    Raises:
        InvalidRequestError: JSON cannot; the message says where it stands.
    """
    match value:
        case None | bool():
            return value
        case str() if _is_unicode(value):
            return str(value)
        case int() if value.bit_length() <= _WIDEST_NUMBER:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case Mapping() | list() | tuple() if depth < _DEEPEST_OPTIONS:
            return _json_items(value, place, depth + 1)
        case _:
            msg = (
                f"{place} cannot be {quoted(value)}: options hold what JSON can say.{_hint(value)}"
            )
            raise InvalidRequestError(msg, field="options")


def _json_items(
    value: Mapping[object, object] | list[object] | tuple[object, ...], place: str, depth: int
) -> object:
    if not isinstance(value, Mapping):
        return [_json_value(each, place, depth) for each in value]
    for key in value:
        if not isinstance(key, str) or not _is_unicode(key):
            msg = f"{place} has the key {quoted(key)}: a key is text."
            raise InvalidRequestError(msg, field="options")
    return {str(key): _json_value(item, place, depth) for key, item in value.items()}


def _hint(value: object) -> str:
    match value:
        case Decimal():
            return " Give a float or a text."
        case bytes() | bytearray():
            return " Give base64, as the provider's document says."
        case Mapping() | list() | tuple():
            return f" They nest at most {_DEEPEST_OPTIONS} deep."
        case _:
            return ""


def _digested(value: object) -> object:
    """A copy of an option with a digest in place of each `data:` URL and other long base64."""
    match value:
        case str() if len(value) > _LONGEST_NAME and (
            value[:5].lower() == "data:" or _BASE64.fullmatch(value)
        ):
            return f"sha256:{_sha256(value.encode())}"
        case Mapping():
            return {key: _digested(item) for key, item in value.items()}
        case list():
            return [_digested(item) for item in value]
        case _:
            return value


@frozen(kw_only=True, init=False, repr=False, eq=False)  # nobody makes one of these
class _Asked:
    """What is asked for in words that no provider owns: `ImageRequest` says what each means."""

    prompt: str = ""
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
    negative_prompt: str | None = None
    guidance: float | None = field(default=None, converter=_fraction)
    steps: int | None = None
    strength: float | None = field(default=None, converter=_fraction)
    style: str | None = None
    user: str | None = None
    references: tuple[Reference, ...] = field(default=(), converter=_references)
    webhook_url: str | None = None
    stream: bool = False
    previews: int | None = None

    @property
    def pixels(self) -> tuple[int, int] | None:
        """`size` as (width, height), or None."""
        found = _SIZE.fullmatch(self.size or "")
        return (int(found[1]), int(found[2])) if found else None

    @property
    def sources(self) -> tuple[Reference, ...]:
        """The references that are pictures: all but masks. These are counted and priced."""
        return tuple(each for each in self.references if each.role != "mask")

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the references are, in their order, of a model that takes them as URLs."""
        return tuple(each.url or "" for each in self.references)

    @property
    def mask(self) -> Reference | None:
        """The reference that marks what to change, or None."""
        return next((each for each in self.references if each.role == "mask"), None)


@frozen(kw_only=True)
class ImageRequest(_Asked):
    """A picture, asked for in words that no provider owns.

    A field left at None (or False, or empty) is not sent.

    Attributes:
        prompt: What to draw. It may be left out where there are references and the model
            needs none, as to make a picture larger.
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
        negative_prompt: What not to draw.
        guidance: How closely the prompt is kept to (`cfg_scale`); what it may be, and what
            it means, is the model's.
        steps: How many steps of sampling, 1 or more.
        strength: How much of the source image is changed: 0 nothing, 1 all.
        style: A style the model knows, such as `vivid` or `anime`.
        user: Your own user on whose behalf you ask, as providers want to know it.
        references: Source images: URLs, paths or bytes, each of them with a role.
        webhook_url: Where the provider should report the end of the task.
        stream: Whether to ask for images as they are made.
        previews: How many unfinished images of a stream to ask for; goes with `stream`.
        tag: Your own label, a line of at most 200 characters. It stands in journal and
            results, and is never sent.
        options: Raw fields for one provider, as `{"openrouter": {...}}`: what JSON can say,
            at most 32 deep.

    Raises:
        InvalidRequestError: A value nobody could send, or two fields that contradict
            one another. The error names the field.
    """

    model: str | None = None
    tag: str | None = None
    options: Mapping[str, JsonObject] = field(factory=dict, hash=False, converter=_options)

    def __attrs_post_init__(self) -> None:
        """Refuse what nobody could send."""
        held = _held(self)
        given = dict(compress(zip(_KINDS, held, strict=True), map(is_not, held, _UNSET)))
        _check_types(given)
        _check_words(self, given)
        for name in given:
            if name in _RULES:
                _RULES[name](self, given)
        if self.references:
            _check_mask(self)

    def digested(self) -> ImageRequest:
        """The same request as it is written down: digests stand in place of images."""
        if not (self.references or self.options):
            return self
        references = tuple(each.digested() for each in self.references)
        options = {name: _digested(fields) for name, fields in self.options.items()}
        return evolve(self, references=references, options=options)  # type: ignore[arg-type]  # objects stay objects


# What each field is of, but for references, which are looked at as they are made.
_TYPES: Mapping[str, type] = {"str": str, "int": int, "bool": bool, "float": float}
_KINDS: Mapping[str, type] = {
    each.name: _TYPES.get(str(each.type).removesuffix(" | None"), Mapping)
    for each in attrs.fields(ImageRequest)
    if each.name != "references"
}
# What each is where nobody gives it: that needs no look.
_UNSET = tuple(getattr(attrs.fields(ImageRequest), name).default for name in _KINDS)
_held = attrgetter(*_KINDS)
_Given: TypeAlias = Mapping[str, object]


def _check_types(given: _Given) -> None:
    for name, value in given.items():
        kind = _KINDS[name]
        truth_for_number = isinstance(value, bool) and kind is not bool
        if not isinstance(value, kind) or truth_for_number:
            msg = f"{name} cannot be {quoted(value)}."
            raise InvalidRequestError(msg, field=name)


def _check_words(request: ImageRequest, given: _Given) -> None:
    left_out = request.prompt == "" and bool(request.references)
    if not left_out and not request.prompt.strip():
        msg = "The prompt is empty: say what to draw."
        raise InvalidRequestError(msg, field="prompt")
    for name, value in given.items():
        if value == "" and name != "prompt":
            msg = f"{name} is empty: leave it out, or give it a value."
            raise InvalidRequestError(msg, field=name)
        if isinstance(value, str) and not _is_unicode(value):
            msg = f"{name} holds bytes that are not text in UTF-8."
            raise InvalidRequestError(msg, field=name)


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_n(request: ImageRequest, _: _Given) -> None:
    if not 1 <= request.n <= _MAX_IMAGES:
        n = quoted(request.n)
        msg = f"n={n} is outside 1 to {_MAX_IMAGES}: ask for more in several requests."
        raise InvalidRequestError(msg, field="n", allowed=(f"1 to {_MAX_IMAGES}",))


def _check_bounds(name: str, request: ImageRequest, _: _Given) -> None:
    (low, high, allowed), value = _BOUNDS[name], getattr(request, name)
    if not low <= value <= high:  # NaN is neither
        msg = f"{name}={quoted(value)} is outside {allowed}."
        raise InvalidRequestError(msg, field=name, allowed=(allowed,))


_LARGEST = 1.7e308
# What nobody could send; what a model takes is in its catalog entry.
_BOUNDS: Mapping[str, tuple[float, float, str]] = {
    "output_compression": (0, _MAX_COMPRESSION, f"0 to {_MAX_COMPRESSION}"),
    "guidance": (-_LARGEST, _LARGEST, "what is a number"),
    "steps": (1, math.inf, "1 and more"),
    "strength": (0, 1, "0 to 1"),
    "previews": (0, math.inf, "0 and more"),
}


def _check_size(request: ImageRequest, given: _Given) -> None:
    if request.pixels is None:
        msg = f"size={quoted(request.size)} is not WIDTHxHEIGHT; a tier such as 2K is a resolution."
        raise InvalidRequestError(msg, field="size", allowed=("WIDTHxHEIGHT",))
    for name in ("aspect_ratio", "resolution"):
        if name in given:
            msg = f"size and {name} contradict one another: give exact pixels or a tier, not both."
            raise InvalidRequestError(msg, field="size", allowed=("size", name))


def _check_webhook(request: ImageRequest, _: _Given) -> None:
    url = request.webhook_url or ""
    if not url.lower().startswith(("https://", "http://")):
        msg = f"webhook_url={quoted(url)} is not an http(s) URL."
        raise InvalidRequestError(msg, field="webhook_url", allowed=("https://…",))


def _check_mask(request: ImageRequest) -> None:
    masks = len(request.references) - len(request.sources)
    if masks and not request.sources:
        msg = "A mask marks a part of a picture: give the picture as a reference, too."
        raise InvalidRequestError(msg, field="references", allowed=ROLES)
    if masks > 1:
        msg = f"There are {masks} masks among the references: give one."
        raise InvalidRequestError(msg, field="references", allowed=("one mask",))


def _check_tag(request: ImageRequest, _: _Given) -> None:
    a_line(request.tag or "", "tag")


def _check_options(request: ImageRequest, _: _Given) -> None:
    given: Mapping[str, object] = request.options
    for provider, options in given.items():
        if not isinstance(options, Mapping):
            msg = f"options[{quoted(provider)}] is not an object of fields for that provider."
            raise InvalidRequestError(msg, field="options", allowed=('{"provider": {…}}',))


# What holds of a field that is given, beside its type.
_RULES: Mapping[str, Callable[[ImageRequest, _Given], None]] = {
    "n": _check_n,
    **{name: partial(_check_bounds, name) for name in _BOUNDS},
    "size": _check_size,
    "webhook_url": _check_webhook,
    "tag": _check_tag,
    "options": _check_options,
}


@frozen(kw_only=True)
class Submission(_Asked):
    """A request as it was resolved: what the hooks `price`, `submit` and `parse` are given.

    It has every field of an `ImageRequest` but `tag`. What is set the model takes, and
    references have a form that it takes.

    Attributes:
        model: The provider's own id of the model.
        options: This provider's own options, by name.
        nonce: Something unique to this submission, the same whenever it is sent again: for ids
            that a client makes. "" where nothing is submitted.
        at: When it was asked for, as an aware datetime.
    """

    model: str
    options: JsonObject = field(factory=dict, hash=False)
    nonce: str = field(default="", repr=False)
    at: datetime

    @classmethod
    def of(cls, request: ImageRequest, provider: str, at: datetime, nonce: str = "") -> Submission:
        """A resolved request as the hooks of that provider are given it."""
        shared = dict(zip(_SHARED, _shared(request), strict=True))
        own = request.options.get(provider, {})
        return cls(**shared, model=request.model or "", options=own, at=at, nonce=nonce)


_SHARED = tuple(each.name for each in attrs.fields(_Asked))
_shared = attrgetter(*_SHARED)
