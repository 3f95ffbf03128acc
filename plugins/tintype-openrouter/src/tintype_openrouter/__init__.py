"""OpenRouter: one call that answers with the image, streams, and prices that are asked.

Source of every fact, where no other is named: the OpenAPI file, the image guide and the
page on errors of https://github.com/OpenRouterTeam/docs@c26125a5 (2026-08-22), read
2026-11-20. Nothing here was ever run against the live service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import TypeAlias, TypeVar
from urllib.parse import quote as quote_url

from attrs import evolve

from tintype.catalog import (
    Choice,
    Descriptor,
    Flag,
    Model,
    ProviderInfo,
    Range,
    References,
)
from tintype.convert import decode_image, merge_options, peek, read, unstructure
from tintype.errors import (
    AuthenticationError,
    BadRequestError,
    Billed,
    InsufficientCreditError,
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    ServerError,
    TintypeError,
    refusal,
)
from tintype.exchange import Exchange, Message, Operation
from tintype.hooks import hookimpl
from tintype.messages import Request, Response, ServerSentEvent
from tintype.models import (
    Cost,
    Failure,
    Image,
    ImageRequest,
    Quote,
    QuoteLine,
    Reference,
    Task,
    TaskState,
    Usage,
)
from tintype_openrouter import _wire
from tintype_openrouter._catalog import (
    ALWAYS,
    BUFFERED,
    CAUTIONS,
    INFO,
    QUALITY,
    REFERENCES,
    RESOLUTION,
)

_OK = 200
_FIRST_SERVER_ERROR = 500
_IMAGES = "https://openrouter.ai/api/v1/images"
_MODELS = f"{_IMAGES}/models"
_SENTINEL = "[DONE]"
_ALPHA = ("png", "webp")
_DEFAULT = INFO.models[0].id

_MEGA = 10**6
_ABSURD = 10**6  # no unit costs a million dollars
_DIGITS = 18  # no bound of a parameter has more

_T = TypeVar("_T")
_Bill: TypeAlias = tuple[tuple[QuoteLine, ...], ...]
_Pick: TypeAlias = Callable[[Iterable[Decimal]], Decimal]

_REFUSALS = {
    400: BadRequestError,
    401: AuthenticationError,
    402: InsufficientCreditError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: ServerError,
    413: BadRequestError,
    422: BadRequestError,
    429: RateLimitError,
    500: ServerError,
    502: ServerError,
    503: OverloadedError,
    504: ServerError,
    524: ServerError,
    529: OverloadedError,
}

# "When a generation does not complete, the request returns a 502 Bad Gateway rather than a
# partial result, and no charge is recorded" (the guide). A 404 says that nothing began. Of a
# 500 and of the three timeouts no document speaks: they stay unknown.
_UNBILLED = {404, 502}

# The page on errors types every provider's error; it is written for chat, so that `/images`
# uses the same words is inferred.
_MODERATION = {"content_policy_violation", "refusal"}


# -------------------------------------------------------------------------------- hooks


@hookimpl
def describe() -> ProviderInfo:
    """What OpenRouter offers."""
    return INFO


@hookimpl
def price(request: ImageRequest, quote: Quote | None) -> Request | None:
    """`GET /api/v1/images/models/{author}/{slug}/endpoints`: every provider's live prices."""
    author, _, slug = (request.model or "").partition("/")
    if not author or not slug or "/" in slug:
        return None  # no address: the id of a model is author/slug
    return Request.get(
        f"{_MODELS}/{quote_url(author, safe='')}/{quote_url(slug, safe='')}/endpoints"
    )


@hookimpl
def submit(request: ImageRequest) -> Request:
    """`POST /api/v1/images`. The answer is the image, or a stream of it."""
    _check_alpha(request)
    body = _wire.Generate(
        model=request.model or "",
        prompt=request.prompt,
        n=request.n if request.n > 1 else None,
        aspect_ratio=request.aspect_ratio,
        resolution=request.resolution,
        size=request.size,
        quality=request.quality,
        output_format=request.output_format,
        output_compression=request.output_compression,
        background=request.background,
        seed=request.seed,
        input_references=_references(request.references),
        stream=request.stream or None,
    )
    options = request.options.get(INFO.name, {})
    return Request.post(_IMAGES, merge_options(unstructure(body), options), stream=request.stream)


@hookimpl
def poll(task: Task) -> None:
    """Nothing: the submission itself answers with the end of the task."""


@hookimpl
def parse(exchange: Exchange) -> Quote | Task | ProviderInfo:
    """A quote, the live list of models, or a task from an answer, an event or a stream's end."""
    match exchange.operation:
        case Operation.PRICE:
            return _quote(exchange)
        case Operation.MODELS:
            return _listing(exchange.message)
        case Operation.EVENT:
            return _event(exchange.task or Task(), exchange.message)
        case Operation.END:
            return _verdict(exchange.task or Task())
        case _:
            return _answer(exchange.task or Task(), exchange.message)


@hookimpl
def models() -> Request:
    """`GET /api/v1/images/models`."""
    return Request.get(_MODELS)


# --------------------------------------------------------------------------- submitting


def _check_alpha(request: ImageRequest) -> None:
    """Refuse a transparent background in a format that has none (seed document 001).

    A format that is left out is the provider's default, and no document names it.
    """
    if request.background == "transparent" and request.output_format not in _ALPHA:
        msg = "background=transparent needs output_format=png or output_format=webp."
        raise InvalidRequestError(msg, field="output_format", allowed=_ALPHA)


def _references(given: tuple[Reference, ...]) -> tuple[_wire.InputReference, ...] | None:
    urls = (_wire.ImageUrl(url=reference.url or "") for reference in given)
    return tuple(_wire.InputReference(image_url=url) for url in urls) or None


# ---------------------------------------------------------------------- the buffered answer


def _answer(task: Task, message: Message | None) -> Task:
    """A task that is over: its images, or why there are none."""
    if isinstance(message, Response) and message.status != _OK:
        return _refused(task, message)
    answer, raw = read(message, _wire.Answer)
    if answer.error is not None:
        return _broken(evolve(task, raw=raw), answer.error)
    if not answer.data:
        msg = "The answer says success and holds no image."
        raise ProtocolError(msg, pointer="/data", status=_OK)
    images = tuple(
        _image(picture, index, f"/data/{index}/b64_json")
        for index, picture in enumerate(answer.data)
    )
    return _verdict(evolve(_charged(task, answer.usage), images=images, raw=raw))


def _image(picture: _wire.Picture | _wire.Completed, index: int, pointer: str) -> Image:
    data = decode_image(picture.b64_json, pointer)
    return Image(data=data, media_type=picture.media_type or "", index=index)


def _charged(task: Task, told: _wire.Usage | None) -> Task:
    """The task with what was counted and charged, where the answer says."""
    if told is None:
        return task
    usage = Usage(
        prompt_tokens=told.prompt_tokens,
        completion_tokens=told.completion_tokens,
        total_tokens=told.total_tokens,
    )
    cost = task.cost if told.cost is None else Cost(usd=told.cost, source="reported")
    return evolve(task, usage=usage, cost=cost)


def _verdict(task: Task) -> Task:
    """Where the task stands, by its images and its failures.

    "Image generation billing is all-or-nothing": what is completed is billed in full, what
    failed or was cut short is not billed. A stream that ended with neither an image nor an
    error stays as it is: its end is not a documented one.
    """
    if task.images:
        state = TaskState.PARTIAL if task.errors else TaskState.SUCCEEDED
        return evolve(task, state=state, billed=Billed.YES)
    if task.errors:
        refused = any(failure.refused for failure in task.errors)
        state = TaskState.REFUSED if refused else TaskState.FAILED
        return evolve(task, state=state, billed=Billed.NO)
    return task


# ------------------------------------------------------------------------- what went wrong


def _refused(task: Task, response: Response) -> Task:
    """A refused task where moderation speaks, else the error of the HTTP status, raised."""
    body = peek(response, _wire.Refusal)
    if body is None or not _moderated(body.error):
        raise _refusal(response.status, body.error if body else None)
    return _failed(evolve(task, raw=read(response, _wire.Refusal)[1]), body.error)


def _broken(task: Task, error: _wire.Error) -> Task:
    """What an `error` under HTTP 200 means: "any error occurred while producing the output".

    With a status for a code it is that status' error, else a failed task as in a stream.
    """
    if isinstance(error.code, int) and not _moderated(error):
        raise _refusal(error.code, error)
    return _failed(task, error)


def _failed(task: Task, error: _wire.Error) -> Task:
    reasons = ", ".join((error.metadata and error.metadata.reasons) or ())
    message = error.message or "The provider gave no reason."
    failure = Failure(
        message=f"{message} ({reasons})" if reasons else message,
        code=_code(error),
        refused=_moderated(error),
    )
    return _verdict(evolve(task, errors=(*task.errors, failure)))


def _moderated(error: _wire.Error) -> bool:
    """Whether moderation speaks: by the metadata it is documented with, or by its own code."""
    told = error.metadata or _wire.Metadata()
    flagged = told.reasons is not None or told.flagged_input is not None
    return flagged or not _MODERATION.isdisjoint({told.error_type, error.code, error.type})


def _code(error: _wire.Error) -> str:
    typed = error.metadata.error_type if error.metadata else None
    return str(typed or error.code or error.type or "")


def _refusal(status: int, error: _wire.Error | None) -> TintypeError:
    """The error for a status. Without the documented body a 5xx is a gateway's own."""
    if error is None and status >= _FIRST_SERVER_ERROR:
        msg = f"A gateway answered with status {status} in place of OpenRouter."
        return ServerError(msg, status=status)
    failure = refusal(
        status,
        _REFUSALS,
        error.message if error else "",
        _code(error) if error else "",
    )
    if error is not None and status in _UNBILLED:
        failure.billed = Billed.NO
    return failure


# --------------------------------------------------------------------------- the stream


def _event(task: Task, message: Message | None) -> Task:
    """The task after one more event. A type that no document lists changes nothing."""
    if isinstance(message, ServerSentEvent) and message.data.strip() == _SENTINEL:
        return task
    event, raw = read(message, _wire.Event)
    if event.error is not None:
        return _failed(evolve(task, raw=raw), event.error)
    match event.type:
        case "image_generation.partial_image":
            return _previewed(task, read(message, _wire.PartialImage)[0])
        case "image_generation.completed":
            return _completed(evolve(task, raw=raw), read(message, _wire.Completed)[0])
        case None | "error":
            msg = "The event has neither a type nor an error."
            raise ProtocolError(msg, pointer="/error" if event.type else "/type")
        case _:
            return task


def _previewed(task: Task, part: _wire.PartialImage) -> Task:
    """The task with a preview in its place: a later one of the same index replaces it."""
    others = [image for image in task.previews if image.index != part.partial_image_index]
    data = decode_image(part.b64_json, "/b64_json")
    previews = [*others, Image(data=data, index=part.partial_image_index)]
    return evolve(task, previews=tuple(sorted(previews, key=lambda image: image.index)))


def _completed(task: Task, done: _wire.Completed) -> Task:
    """The task with one image more, running until the stream ends.

    Streams of several images are not described; of several usages the last one stands.
    """
    image = _image(done, len(task.images), "/b64_json")
    billed = Billed.YES  # "billing keys off completion of the final image"
    return evolve(_charged(task, done.usage), images=(*task.images, image), billed=billed)


# ---------------------------------------------------------------------------- the price


def _quote(exchange: Exchange) -> Quote:
    """What the endpoints of a model ask: a range over them, for the router picks one."""
    table = _told(exchange.message, _wire.Endpoints)
    request = exchange.request
    source = f"{_MODELS}/{table.id}/endpoints"
    quote = Quote(model=table.id, source=source, as_of=exchange.at.date())
    if request is None or not table.endpoints:
        reason = "No endpoint serves this model now." if request else "Nothing was asked for."
        return evolve(quote, reason=reason)
    bills = [_bill(endpoint, request) for endpoint in table.endpoints]
    quote = evolve(
        quote,
        model=request.model or table.id,
        lines=tuple(dict.fromkeys(line for bill in bills for group in bill for line in group)),
        assumptions=tuple(_assumptions(request, bills)),
    )
    lows, highs = ([_total(bill, pick) for bill in bills] for pick in (min, max))
    low, high = _over(lows, min), _over(highs, max)
    if low is None or high is None:
        return evolve(quote, reason="Part of the price depends on what only the work will tell.")
    return evolve(quote, low=low, high=high)


def _bill(endpoint: _wire.Endpoint, request: ImageRequest) -> _Bill:
    """What an endpoint charges for: lines that add up, each one of several variants."""
    groups: dict[tuple[str, str], list[_wire.Pricing]] = {}
    for line in endpoint.pricing:
        if _applies(line, request):
            groups.setdefault((line.billable, line.unit), []).append(line)
    return tuple(
        tuple(_line(line, request) for line in _variants(lines, request))
        for lines in groups.values()
    )


def _applies(line: _wire.Pricing, request: ImageRequest) -> bool:
    """Whether the request has what the line is for. Fonts go in by passthrough alone."""
    match line.billable:
        case "input_image" | "input_reference":
            return bool(request.references)
        case "input_font":
            return "provider" in request.options.get(INFO.name, {})
        case _:
            return True


def _variants(lines: list[_wire.Pricing], request: ImageRequest) -> list[_wire.Pricing]:
    """The lines that may be meant: the variant that was asked for, else all that fit.

    A variant is written in small letters (`2k` for the resolution 2K); which words there
    are is undocumented, so one that names neither a resolution nor a quality may be meant.
    """
    asked = {request.resolution, request.quality} - {None}
    words = {str(word).casefold() for word in asked}
    exact = [line for line in lines if (line.variant or "").casefold() in words]
    return exact or [line for line in lines if not _excluded(line.variant or "", request)]


def _excluded(variant: str, request: ImageRequest) -> bool:
    """Whether the variant names another resolution or quality than the request does."""
    fields = ((request.resolution, RESOLUTION), (request.quality, QUALITY))
    return any(
        variant.casefold() in {word.casefold() for word in known.values}
        for asked, known in fields
        if asked not in {None, "auto"}
    )


def _line(line: _wire.Pricing, request: ImageRequest) -> QuoteLine:
    if not 0 <= line.cost_usd < _ABSURD:
        msg = f"A price of {line.cost_usd:.3e} US dollars is none."
        raise ProtocolError(msg, pointer="/endpoints")
    return QuoteLine(
        billable=line.billable,
        unit=line.unit,
        quantity=_quantity(line, request),
        unit_price=line.cost_usd,
    )


def _quantity(line: _wire.Pricing, request: ImageRequest) -> Decimal | None:
    """How many units are charged, or None where only the work itself will tell."""
    match line.billable, line.unit:
        case _, "request":
            return Decimal(1)
        case "output_image", "image":
            return Decimal(request.n)
        case "output_image", "megapixel" if request.pixels:
            width, height = request.pixels
            return Decimal(width * height * request.n) / _MEGA
        case "input_image" | "input_reference", "image":
            return Decimal(len(request.references))
        case _:
            return None


def _total(bill: _Bill, pick: _Pick) -> Decimal | None:
    """The least or the most an endpoint asks, or None where it does not say.

    An endpoint without a line for the image itself does not say what the image costs.
    """
    amounts = [_over([_amount(line) for line in group], pick) for group in bill]
    known = [amount for amount in amounts if amount is not None]
    drawn = any(line.billable == "output_image" for group in bill for line in group)
    return sum(known, Decimal(0)) if drawn and len(known) == len(amounts) else None


def _over(amounts: list[Decimal | None], pick: _Pick) -> Decimal | None:
    """The least or the most of several amounts, or None where one is unknown."""
    known = [amount for amount in amounts if amount is not None]
    return pick(known) if known and len(known) == len(amounts) else None


def _amount(line: QuoteLine) -> Decimal | None:
    if line.unit_price is None or line.quantity is None:
        return line.unit_price if line.unit_price == 0 else None  # free, however many
    return line.unit_price * line.quantity


def _assumptions(request: ImageRequest, bills: list[_Bill]) -> Iterator[str]:
    if request.n > 1:
        yield f"All {request.n} images are drawn: n is an upper bound."
    if len(bills) > 1:
        yield f"The router picks one of {len(bills)} endpoints."
    if any(len(group) > 1 for bill in bills for group in bill):
        yield "The price depends on the tier, which the request leaves open."
    if any(line.unit == "megapixel" for bill in bills for group in bill for line in group):
        yield "A megapixel is taken as a million pixels; how parts are rounded is undocumented."


# -------------------------------------------------------------------------- the live list


def _listing(message: Message | None) -> ProviderInfo:
    """The provider with the models that it lists now, the default one first."""
    listed = _told(message, _wire.Listing).data
    if not listed:
        msg = "The list of models is empty."
        raise ProtocolError(msg, pointer="/data", status=_OK)
    found = sorted((_model(item) for item in listed), key=lambda model: model.id != _DEFAULT)
    return evolve(INFO, models=tuple(found))


def _model(item: _wire.ListedModel) -> Model:
    """A listed model. Its capabilities are the union over its endpoints."""
    able = item.supported_parameters
    parameters = dict(ALWAYS)
    for name, capability in able.items():
        if name in INFO.general.parameters:
            parameters[name] = _descriptor(capability, INFO.general.parameters[name])
    parameters["stream"] = Flag(source=_MODELS) if item.supports_streaming else BUFFERED
    told = {*able, "stream"} if item.supports_streaming else set(able)
    return Model(
        id=item.id,
        name=item.id.rpartition("/")[2],
        title=item.name,
        parameters=parameters,
        max_n=_most(able.get("n"), INFO.general.max_n),
        references=_takes(item),
        cautions=tuple(caution for caution in CAUTIONS if caution.field in told),
        source=_MODELS,
    )


def _descriptor(capability: _wire.Capability, general: Descriptor) -> Descriptor:
    """An enum or a range as it says; what merely is supported has the schema's limits."""
    match capability:
        case _wire.Capability(type="enum", values=tuple() as values):
            return Choice(values=values, source=_MODELS)
        case _wire.Capability(type="range"):
            low, high = _whole(capability.min), _whole(capability.max)
            return Range(low=low, high=high, source=_MODELS)
        case _:
            return general


def _whole(bound: Decimal | None) -> int | None:
    """A bound as a whole number, or None where there is none that a request could reach."""
    return None if bound is None or bound.adjusted() > _DIGITS else int(bound)


def _most(capability: _wire.Capability | None, general: int) -> int:
    """How many of something: 1 where the parameter is absent, else by its range."""
    if capability is None:
        return 1
    most = _whole(capability.max)
    return general if most is None else max(1, most)


def _takes(item: _wire.ListedModel) -> References | None:
    """How it takes source images, by its range or, where it has none, by its modalities."""
    able = item.supported_parameters.get("input_references")
    most = _whole(able.max) if able else None
    if most is not None:
        return evolve(REFERENCES, max_count=most, source=_MODELS) if most > 0 else None
    return REFERENCES if able or "image" in item.architecture.input_modalities else None


# ------------------------------------------------------------------------- both questions


def _told(message: Message | None, shape: type[_T]) -> _T:
    """The answer to a question that draws nothing, once its status is good."""
    if isinstance(message, Response) and message.status != _OK:
        body = peek(message, _wire.Refusal)
        raise _refusal(message.status, body.error if body else None)
    return read(message, shape)[0]
