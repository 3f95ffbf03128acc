"""The words of image generation: what is asked, what it costs, what came of it.

All are frozen values. `ImageRequest` and `Task` go to JSON and back
(`tintype.to_json`, `tintype.from_json`), so another process can pick them up.
Money is `Decimal` US dollars; credits are kept apart from dollars. Times are
aware datetimes. Durations are seconds.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from attrs import evolve, field, frozen

from tintype.errors import Billed, InvalidRequestError, Outcome, TintypeError
from tintype.messages import JsonObject

ReferenceLike: TypeAlias = "Reference | str | Path | bytes"

_SIZE = re.compile(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})")
_MAX_COMPRESSION = 100
_MAX_IMAGES = 1000


# --------------------------------------------------------------------------- asking


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
    options: Mapping[str, JsonObject] = field(factory=dict)

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


@frozen(kw_only=True)
class Notice:
    """Something the caller should know: a field that is not sent as it was asked.

    Attributes:
        field: The request's field.
        message: What happens to it, as a sentence.
        source: Where that is documented, or "".
    """

    field: str
    message: str
    source: str = ""


@frozen(kw_only=True)
class Resolved:
    """One field's fate: what was asked, what was sent, what came back.

    Each is written as text; None where there is nothing to say.
    """

    field: str
    asked: str | None = None
    sent: str | None = None
    received: str | None = None


# ---------------------------------------------------------------------------- price


class QuoteKind(enum.StrEnum):
    """How much a quote knows."""

    EXACT = "exact"
    RANGE = "range"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class QuoteLine:
    """One thing that is charged for.

    Attributes:
        billable: What is counted, such as `output_image`.
        unit: In what, such as `image`, `megapixel`, `token`, `request`.
        quantity: How many units, or None where only the work itself will tell.
        unit_price: US dollars a unit, or None where the provider counts in credits.
        unit_credits: Credits a unit, or None.
    """

    billable: str
    unit: str
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    unit_credits: Decimal | None = None


@frozen(kw_only=True)
class Quote:
    """What a request would cost.

    Attributes:
        provider: The provider's name; the core sets it.
        model: The provider's own id of the model.
        lines: What is charged for.
        low: The least it can cost in US dollars, or None: unknown. 0 is said only where
            a document says free.
        high: The most, equal to `low` where the price is exact.
        credits_low: The least in credits, or None where the provider has none or says none.
        credits_high: The most in credits.
        assumptions: What was assumed, each as a sentence.
        source: Where the price is written, or was asked.
        as_of: The day the price was true.
        final: False where the plugin has to ask again before it knows.
        handle: The plugin's own notes between two questions.
        reason: Why the price is unknown, or "".
    """

    provider: str = ""
    model: str = ""
    lines: tuple[QuoteLine, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    credits_low: Decimal | None = None
    credits_high: Decimal | None = None
    assumptions: tuple[str, ...] = ()
    source: str = ""
    as_of: date | None = None
    final: bool = True
    handle: JsonObject = field(factory=dict)
    reason: str = ""

    @property
    def kind(self) -> QuoteKind:
        """Exact, a range, or unknown, in dollars where there are dollars, else in credits."""
        low, high = (self.low, self.high) if self.low is not None else self.credits
        if low is None:
            return QuoteKind.UNKNOWN
        return QuoteKind.EXACT if low == high else QuoteKind.RANGE

    @property
    def credits(self) -> tuple[Decimal | None, Decimal | None]:
        """(least, most) in credits."""
        return self.credits_low, self.credits_high

    @property
    def usd(self) -> Decimal | None:
        """The price in US dollars where it is exact, else None."""
        return self.low if self.low == self.high else None


# --------------------------------------------------------------------------- result


@frozen(kw_only=True)
class Image:
    """A picture, at a URL or in memory.

    Attributes:
        url: Where it can be fetched, or None.
        data: The encoded image itself, or None.
        media_type: As the provider says, or "".
        width: Pixels, or None until known.
        height: Pixels, or None until known.
        index: Its place among the images of its task.
        seed: The seed it was drawn with, or None.
        preview_url: A smaller version, or None.
        expires_at: When the URL stops working, or None where nobody says.
    """

    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    media_type: str = ""
    width: int | None = None
    height: int | None = None
    index: int = 0
    seed: int | None = None
    preview_url: str | None = None
    expires_at: datetime | None = None


@frozen(kw_only=True)
class Failure:
    """Why a task, or one image of it, did not come about.

    Attributes:
        message: The provider's words.
        code: The provider's code, or "".
        index: Which image, or None for the whole task.
        refused: Whether moderation is the reason.
    """

    message: str
    code: str = ""
    index: int | None = None
    refused: bool = False


@frozen(kw_only=True)
class Usage:
    """What the provider counted, where it says."""

    images: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


@frozen(kw_only=True)
class Cost:
    """What was charged.

    Attributes:
        usd: US dollars, or None where unknown.
        credits: Credits, or None.
        source: How it is known: what the provider `reported`, or a documented price
            times what it counted.
    """

    usd: Decimal | None = None
    credits: Decimal | None = None
    source: str = ""


class TaskState(enum.StrEnum):
    """Where a task stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELED = "canceled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @property
    def terminal(self) -> bool:
        """Whether the task will not change any more."""
        return self is not TaskState.RUNNING


@frozen(kw_only=True)
class Task:
    """One submission, as it stood when it was last looked at.

    Attributes:
        provider: The provider's name; the core sets it.
        model: The provider's own id of the model.
        id: The provider's id of the task, "" where it answers at once.
        state: Where it stands.
        images: What it drew, in the provider's order.
        previews: Unfinished images of a stream.
        errors: Why it failed, as a whole or image by image.
        progress: From 0 to 1, or None where nobody says.
        usage: What the provider counted.
        cost: What the provider charged, or None where it does not say.
        billed: Whether money was spent.
        created_at: When it was submitted; the core sets it.
        updated_at: When this snapshot was taken; the core sets it.
        request: What was asked, as resolved, with digests in place of images.
        resolved: Asked, sent and received, field by field.
        notices: What the caller should know.
        raw: The provider's last words as JSON, `<N bytes>` in place of images.
        handle: The plugin's own notes, such as an address the provider returned.
        poll_after: Seconds the plugin proposes to wait before the next look, or None.
        entry: The journal's record of it; the core sets it, "" without a journal.
    """

    provider: str = ""
    model: str = ""
    id: str = ""
    state: TaskState = TaskState.RUNNING
    images: tuple[Image, ...] = ()
    previews: tuple[Image, ...] = ()
    errors: tuple[Failure, ...] = ()
    progress: float | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    billed: Billed = Billed.UNKNOWN
    created_at: datetime | None = None
    updated_at: datetime | None = None
    request: ImageRequest | None = None
    resolved: tuple[Resolved, ...] = ()
    notices: tuple[Notice, ...] = ()
    raw: JsonObject = field(factory=dict, repr=False)
    handle: JsonObject = field(factory=dict)
    poll_after: float | None = None
    entry: str = ""


@frozen(kw_only=True)
class Attempt:
    """One submission of a generation: how it was answered, and what came of it.

    Attributes:
        outcome: Whether the submission was accepted.
        task: The last snapshot, or None where there never was a task.
        error: What went wrong, or None.
    """

    outcome: Outcome
    task: Task | None = None
    error: TintypeError | None = None


@frozen(kw_only=True)
class Generation:
    """What `generate` returns: every submission it made, and their images.

    Attributes:
        quote: What the whole was expected to cost.
        attempts: The submissions, in order.
        notices: What the caller should know.
    """

    quote: Quote
    attempts: tuple[Attempt, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that were accepted, in order."""
        return tuple(attempt.task for attempt in self.attempts if attempt.task)

    @property
    def images(self) -> tuple[Image, ...]:
        """All images, in order."""
        return tuple(image for task in self.tasks for image in task.images)

    @property
    def cost(self) -> Cost | None:
        """The sum of what was charged, or None where any provider did not say."""
        costs = [task.cost for task in self.tasks]
        known = [cost for cost in costs if cost is not None]
        if not known or len(known) < len(costs):
            return None
        return Cost(
            usd=_total([cost.usd for cost in known]),
            credits=_total([cost.credits for cost in known]),
            source=known[0].source,
        )


def _total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    amounts = list(amounts)
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


# -------------------------------------------------------------------------- account


def _secret(key: Secret | str | None) -> Secret | None:
    return Secret(key) if isinstance(key, str) else key


class Secret:
    """A key that shows itself only when asked. Its text, repr and pickle are redacted."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself, for the one place that puts it into a header."""
        return self._value

    def __repr__(self) -> str:
        """A redaction."""
        return "Secret('…')"

    __str__ = __repr__

    def __copy__(self) -> Secret:
        """Itself: a copy within the process is no way out of it."""
        return self

    def __deepcopy__(self, _: object) -> Secret:
        """Itself."""
        return self

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        """A pickle that holds nothing."""
        return Secret, ("",)


@frozen(kw_only=True)
class Account:
    """How to reach one provider, and as whom. No plugin ever sees it.

    Attributes:
        provider: The provider's name.
        key: The key, or None where the provider is only looked at.
        base_url: An origin, with a path prefix if need be, in place of the documented one.
        usd_per_credit: What a credit cost you, in US dollars; None is the documented value.
        webhook_secret: What the provider signs its webhooks with, or None.
        trusted_hosts: Hosts in private networks from which results may come all the same.
    """

    provider: str
    key: Secret | None = field(default=None, converter=_secret)
    base_url: str | None = None
    usd_per_credit: Decimal | None = None
    webhook_secret: Secret | None = field(default=None, converter=_secret)
    trusted_hosts: tuple[str, ...] = ()
