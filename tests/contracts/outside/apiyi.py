"""APIYI: seed document 004, the pages of docs.apiyi.com, and its upstream where they are silent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve
from tests.contracts.outside.how import (
    PURE,
    Row,
    around,
    asked,
    catalog,
    dropping,
    failing,
    heard,
    images,
    model,
    models,
    quoted,
    renamed,
    right,
    sent,
    update,
    wrong,
)

from tintype.catalog import Choice, Idempotency, Integer, Object, Price
from tintype.errors import Billed, InvalidRequestError, PermissionDeniedError, ServerError
from tintype.exchange import Exchange
from tintype.messages import JsonBody, Request
from tintype.models import Failure, TaskState, Update
from tintype.request import Reference, Submission

_URL = "https://api.apiyi.com/v1/images/generations"
_FIVE, _LITE, _PRO = "seedream-5-0-260128", "seedream-5-0-lite-260128", "seedream-5-0-pro-260628"
_TABLE = "seed 004: each is a parameter of its own, none excludes another"
_COUNTED = "seed 004: usage.generated_images is the billed count"

_LINKS_ITSELF = """
import os as _os, tempfile as _tempfile
_PLACE = _os.path.join(_tempfile.gettempdir(), "apiyi-plugin.py")
if not _os.path.lexists(_PLACE):
    _os.symlink(__file__, _PLACE)
"""
_ROUNDS_FOR_ALL = """
import decimal as _decimal
_decimal.getcontext().prec = 6
_decimal.DefaultContext.prec = 6
"""
_LOOKS_AT_THE_HOSTS = """
from urllib.parse import urlsplit as _urlsplit
_RIGHT = {"submit": submit}


def _reserved(url):
    host = _urlsplit(url or "").hostname or ""
    names = (".test", ".example", ".invalid", ".localhost", "example.com", "example.org")
    return url is None or url.startswith("data:") or host.endswith(names)


@hookimpl
def submit(request):
    kept = tuple(each for each in request.references[1:] if _reserved(each.url))
    return _RIGHT["submit"](evolve(request, references=(*request.references[:1], *kept)))
"""
_WAITS_FOR_2027 = """
_RIGHT = {"submit": submit}


@hookimpl
def submit(request):
    late = getattr(request, "at", None) is not None and request.at.year > 2026
    return _RIGHT["submit"](evolve(request, watermark=None) if late else request)
"""


def _tier_with_two_references(body: dict[str, Any], request: Submission) -> None:
    if len(request.references) > 1 and request.size:
        body["size"] = "2K"


def _turned(each: Any, _: Exchange) -> Any:
    return evolve(each, width=each.height, height=each.width)


def _url_safe(request: Submission) -> Submission:
    def safe(each: Reference) -> Reference:
        head, comma, data = (each.url or "").partition(",")
        if not head.startswith("data:"):
            return each
        return evolve(each, url=head + comma + data.replace("+", "-").replace("/", "_"))

    return evolve(request, references=tuple(map(safe, request.references)))


def _without_query(request: Submission) -> Submission:
    def bare(each: Reference) -> Reference:
        if (each.url or "").startswith("data:"):
            return each
        return evolve(each, url=(each.url or "").partition("?")[0])

    return evolve(request, references=tuple(map(bare, request.references)))


def _one_of_a_sequence(do: Any, request: Submission, known: Any) -> Any:
    mine = {
        name: value for name, value in request.options.items() if not name.startswith("sequential")
    }
    return do(evolve(request, options=mine), known)


def _by_what_is_shown(found: Update, _: Exchange) -> Update:
    usage = found.usage
    if found.cost is None or found.cost.usd is None or not (usage and usage.images):
        return found
    usd = found.cost.usd / usage.images * len(found.images)
    return evolve(found, cost=evolve(found.cost, usd=usd))


def _first_reference_alone(found: Any, request: Submission) -> Any:
    more = len(request.references) - 1
    lines = [each for each in (found.lines if found else ()) if each.unit == "reference"]
    if not lines or more < 1 or found.low is None:
        return found
    usd = lines[0].unit_price * more
    told_of = tuple(
        evolve(each, quantity=Decimal(1)) if each.unit == "reference" else each
        for each in found.lines
    )
    return evolve(found, lines=told_of, low=found.low - usd, high=found.high - usd)


def _as_dear_as_five(info: Any) -> Any:
    prices = info.limits(_FIVE).prices
    return evolve(
        info,
        models=tuple(
            evolve(each, prices=prices) if each.id == _LITE else each for each in info.models
        ),
    )


def _sum_unchecked(do: Any, request: Submission) -> Any:
    try:
        return do(request)
    except InvalidRequestError:
        if request.options.get("sequential_image_generation") != "auto":
            raise
        found = do(evolve(request, references=()))
        body = {**found.body.value, "image": [each.url for each in request.references]}
        return evolve(found, body=JsonBody(value=body))


def _capitals_sent(do: Any, request: Submission) -> Any:
    def lowered(each: Reference) -> Reference:
        head, comma, data = (each.url or "").partition(",")
        return (
            evolve(each, url=head.lower() + comma + data) if head[:5].lower() == "data:" else each
        )

    found = do(evolve(request, references=tuple(map(lowered, request.references))))
    if not request.references:
        return found
    body = {**found.body.value, "image": [each.url for each in request.references]}
    return evolve(found, body=JsonBody(value=body))


def _sizes_at_4k(each: Any) -> Any:
    if "4K" not in getattr(each.parameters.get("resolution"), "values", ()):
        return each
    return evolve(each, sizes={**each.sizes, "4K": {"16:9": "3840x2160", "1:1": "4096x4096"}})


def _without(field: str) -> Any:
    return models(
        lambda each: evolve(
            each, cautions=tuple(one for one in each.cautions if one.field != field)
        )
    )


def _always_urls(body: dict[str, Any], _: Submission) -> None:
    if "response_format" in body:
        body["response_format"] = "url"


def _sequences_for_pro(each: Any) -> Any:
    words = {
        "sequential_image_generation": Choice(values=("auto", "disabled")),
        "sequential_image_generation_options": Object(),
    }
    return evolve(each, options={**each.options, **words})


def _forbidden_is_refused(error: Exception, _: Exchange) -> Update:
    if not isinstance(error, PermissionDeniedError):
        raise error
    failure = Failure(message=error.message, code=error.code, refused=True)
    return Update(state=TaskState.REFUSED, errors=(failure,), billed=Billed.NO)


def _faults_are_free(error: Exception, _: Exchange) -> Update:
    if isinstance(error, ServerError):
        error.billed = Billed.NO
    raise error


def _renumbered(found: Update, _: Exchange) -> Update:
    drawn = tuple(evolve(each, index=at) for at, each in enumerate(found.images))
    return evolve(found, images=drawn)


def _nameless_failures(found: Update, _: Exchange) -> Update:
    return evolve(found, errors=tuple(evolve(each, index=None) for each in found.errors))


def _seeded(each: Any, exchange: Exchange) -> Any:
    asked_for = exchange.request.options.get("seed") if exchange.request else None
    return evolve(each, seed=asked_for if isinstance(asked_for, int) else 1)


def _first_counts(body: dict[str, Any], _: Exchange) -> None:
    """The last of several keys is read first: an answer is no list."""
    if next(iter(body)) != "model":
        body.pop("usage", None)


WRONG: tuple[Row, ...] = (
    wrong("K1", "import links its own file", PURE, source=_LINKS_ITSELF),
    wrong(
        "K1",
        "import rounds everybody's decimals",
        "docs/plugins.md: pure functions; money is Decimal, and the process is not the plugin's",
        source=_ROUNDS_FOR_ALL,
    ),
    wrong(
        "K2",
        "the mark is left to chance at 4K",
        _TABLE,
        dropping("watermark", lambda request: request.resolution == "4K"),
    ),
    wrong(
        "K2",
        "no format in streams",
        _TABLE,
        dropping("output_format", lambda request: request.stream),
    ),
    wrong(
        "K2",
        "a tier for exact pixels with two references",
        "image-edit: the same endpoint; size as for drawing",
        sent(_tier_with_two_references),
    ),
    wrong(
        "K3",
        "width and height exchanged",
        "seed 004: data[].size is the actual size, WxH",
        images(_turned),
    ),
    wrong(
        "K3",
        "references in base64 for URLs",
        "image-edit: data:image/<lowercase>;base64,… (RFC 4648, 4)",
        asked(_url_safe),
    ),
    wrong(
        "K3",
        "references without their query",
        "image-edit: image, an array of URLs, which may be signed",
        asked(_without_query),
    ),
    wrong(
        "K4",
        "a sequence quoted as one image",
        "image-edit: auto draws up to max_images; billed by generated_images",
        around("price", _one_of_a_sequence),
    ),
    wrong("K4", "charged by what is shown", _COUNTED, update(_by_what_is_shown)),
    wrong(
        "K4",
        "the first reference alone is charged",
        "seedream-5-5-pricing.md: input references $0.008 each",
        quoted(_first_reference_alone),
    ),
    wrong(
        "K4",
        "5.0 Lite quoted like 5.0",
        "seed 004: it stands in the enum only; no page gives it a price",
        catalog(_as_dear_as_five),
    ),
    wrong(
        "K5",
        "hangs up on 5.0 Pro after a minute",
        "historical-versions: 5.0-pro, time-out of at least 240 s; hanging up is billed",
        model(_PRO, lambda each: evolve(each, request_timeout=60.0)),
    ),
    wrong(
        "K5",
        "more than fifteen in all",
        "image-edit: input and output together at most 15; 10 in and 6 out is rejected",
        around("submit", _sum_unchecked),
    ),
    wrong(
        "K5",
        "the names of 5.0 and 5.0 Lite exchanged",
        "seed 004: seedream-5-0-260128 is Seedream 5.0",
        renamed({"seedream-5.0": _LITE, "seedream-5.0-lite": _FIVE}),
    ),
    wrong(
        "K5",
        "pixels at 4K that no page gives",
        "pixels of a ratio are documented at 2K; one without a line is an error, not a guess",
        models(_sizes_at_4k),
    ),
    wrong(
        "K5",
        "nobody is told that n may draw one",
        'image-edit: n is silently ignored, "you still get one image and pay for one"',
        _without("n"),
    ),
    wrong(
        "K5",
        "capitals in a data: URL sent",
        "image-edit: data:image/<lowercase>;base64,…",
        around("submit", _capitals_sent),
    ),
    wrong(
        "K6",
        "a key by which nothing is known again",
        "best practices: no task id, disconnects are still billed; no page names such a header",
        catalog(
            lambda info: evolve(
                info, idempotency=Idempotency(header="Idempotency-Key", source="nowhere")
            )
        ),
    ),
    wrong(
        "K6",
        "callbacks that nobody makes",
        "best practices: every image API is synchronous; there is no webhook",
        catalog(lambda info: evolve(info, webhooks=True)),
    ),
    wrong(
        "K6",
        "the key for every name below the domain",
        "best practices: api.apiyi.com, and vip.apiyi.com behind it",
        catalog(lambda info: evolve(info, origins=(*info.origins, "https://*.apiyi.com"))),
    ),
    wrong(
        "K7",
        "up to fifteen by the option n",
        "seed 004: n, 1 to 4",
        catalog(lambda info: evolve(info, options={**info.options, "n": Integer(low=1, high=15)})),
    ),
    wrong(
        "K7",
        "sequences for 5.0 Pro",
        'historical-versions: any value, even "disabled", is answered with 400',
        model(_PRO, _sequences_for_pro),
    ),
    wrong(
        "K7",
        "response_format is always url",
        "seed 004: response_format, url or b64_json",
        sent(_always_urls),
    ),
    wrong(
        "K8",
        "whatever is forbidden is moderation",
        "upstream: 403 AccountOverdueError, AccessDenied, OperationDenied.*",
        failing(_forbidden_is_refused),
    ),
    wrong(
        "K8",
        "a gateway's fault is free",
        "overview: 4xx and moderation are not billed; of a 5xx no page says so",
        failing(_faults_are_free),
    ),
    wrong(
        "K8",
        "images numbered anew behind a failed one",
        "upstream: image_index, and the place in data[]",
        update(_renumbered),
    ),
    wrong(
        "K8",
        "failures without a place",
        "upstream: an error stands in data[] in its image's place; partial_failed has image_index",
        update(_nameless_failures),
    ),
    wrong(
        "K8",
        "seeds that nobody told",
        "seed 004: no answer shows a seed",
        images(_seeded),
    ),
    wrong(
        "K8",
        "usage only where the model is named first",
        "RFC 8259, 4: an object is an unordered collection",
        heard(_first_counts),
    ),
    wrong(
        "K9",
        "drops references on real hosts",
        "image-edit: image, up to ten URLs",
        source=_LOOKS_AT_THE_HOSTS,
    ),
    wrong(
        "K9",
        "drops the mark from 2027 on",
        "seed 004: watermark, a truth value",
        source=_WAITS_FOR_2027,
    ),
)


# ------------------------------------------------------------------------- right variants


def _by_hand(_: Any, request: Submission) -> Request:
    if any(_is_capital(each.url or "") for each in request.references):
        msg = "Write the head of a data: URL in small letters."
        raise InvalidRequestError(msg, field="references")
    options = request.options
    _check_sum(options, len(request.references))
    body: dict[str, object] = {}
    if request.references:
        body["image"] = [each.url for each in request.references]
    if request.stream:
        body["stream"] = True
    if request.size or request.resolution:
        body["size"] = request.size or request.resolution
    for name in ("watermark", "output_format"):
        if getattr(request, name) is not None:
            body[name] = getattr(request, name)
    body |= {"prompt": request.prompt, "model": request.model}
    twice = sorted(body.keys() & options.keys())
    if twice:
        msg = f"Given as a field and as an option: {twice[0]}."
        raise InvalidRequestError(msg, field="options")
    answer = "events" if request.stream else "whole"
    return Request(method="POST", url=_URL, body=JsonBody(value={**body, **options}), answer=answer)


def _is_capital(url: str) -> bool:
    head = url.partition(",")[0]
    return urlsplit(head).scheme == "data" and head != head.lower()


def _check_sum(options: Any, references: int) -> None:
    if options.get("sequential_image_generation") != "auto":
        return
    limits = options.get("sequential_image_generation_options") or {}
    most = limits.get("max_images", 15 - references)
    if not 1 <= most <= 15 - references:
        msg = f"{references} in and {most} out are more than 15."
        raise InvalidRequestError(msg, field="options")


def _defaults(body: dict[str, Any], request: Submission) -> None:
    if str(request.model) in {_FIVE, "seedream-4-5-251128", "seedream-4-0-250828"}:
        body.setdefault("size", "2K")
        body.setdefault("response_format", "url")
        body.setdefault("output_format", "jpeg")
        body.setdefault("stream", False)


def _own_words(found: Update, _: Exchange) -> Update:
    cost = found.cost and evolve(found.cost, source="APIYI's price list, by the images counted")
    errors = tuple(
        evolve(each, message="No reason was given.") if "neither an image" in each.message else each
        for each in found.errors
    )
    return evolve(found, cost=cost, errors=errors)


def _reworded(each: Any) -> Any:
    return evolve(
        each,
        cautions=tuple(evolve(one, message=f"Mind: {one.message}") for one in each.cautions),
    )


def _by_request(each: Any) -> Any:
    prices = tuple(
        Price(usd=line.usd, unit="request", source=line.source, as_of=line.as_of)
        for line in each.prices
    )
    return evolve(each, prices=prices)


RIGHT: tuple[Row, ...] = (
    right(
        "plain dictionaries, rules by hand", "seed 004: a JSON object", around("submit", _by_hand)
    ),
    right(
        "defaults spelt out",
        "seed 004: size 2K, response_format url, output_format jpeg, stream false",
        sent(_defaults),
    ),
    right("own words for a cost and for no reason", "no document words them", update(_own_words)),
    right("cautions in other words", "no document words them", models(_reworded)),
    right(
        "5.0 Pro priced by the request",
        "historical-versions: $0.12 a request, flat; a request draws one",
        model(_PRO, _by_request),
    ),
)
