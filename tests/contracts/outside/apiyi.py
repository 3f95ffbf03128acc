"""APIYI: seed document 004, the pages of docs.apiyi.com, and its upstream where they are silent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve
from tests.contracts.changed import (
    Change,
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
    sent,
    update,
)
from tests.contracts.outside.how import (
    CAUTIONS_REWORDED,
    FAULTS_ARE_FREE,
    TURNED,
    failures,
    referring,
    refusing,
    renamed,
    silent,
)

from tintype.catalog import Choice, Idempotency, Integer, Object, Price
from tintype.errors import InvalidRequestError, PermissionDeniedError
from tintype.exchange import Exchange
from tintype.messages import JsonBody, Request
from tintype.models import Update
from tintype.request import Submission

_URL = "https://api.apiyi.com/v1/images/generations"
_FIVE, _LITE, _PRO = "seedream-5-0-260128", "seedream-5-0-lite-260128", "seedream-5-0-pro-260628"

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


def _url_safe(url: str) -> str:
    head, comma, data = url.partition(",")
    if not head.startswith("data:"):
        return url
    return head + comma + data.replace("+", "-").replace("/", "_")


def _without_query(url: str) -> str:
    return url if url.startswith("data:") else url.partition("?")[0]


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
    def lowered(url: str) -> str:
        head, comma, data = url.partition(",")
        return (head.lower() if head[:5].lower() == "data:" else head) + comma + data

    found = do(referring(lowered)(request))
    if not request.references:
        return found
    body = {**found.body.value, "image": [each.url for each in request.references]}
    return evolve(found, body=JsonBody(value=body))


def _sizes_at_4k(each: Any) -> Any:
    if "4K" not in getattr(each.parameters.get("resolution"), "values", ()):
        return each
    return evolve(each, sizes={**each.sizes, "4K": {"16:9": "3840x2160", "1:1": "4096x4096"}})


def _sequences_for_pro(each: Any) -> Any:
    words = {
        "sequential_image_generation": Choice(values=("auto", "disabled")),
        "sequential_image_generation_options": Object(),
    }
    return evolve(each, options={**each.options, **words})


def _renumbered(found: Update, _: Exchange) -> Update:
    drawn = tuple(evolve(each, index=at) for at, each in enumerate(found.images))
    return evolve(found, images=drawn)


def _seeded(each: Any, exchange: Exchange) -> Any:
    asked_for = exchange.request.options.get("seed") if exchange.request else None
    return evolve(each, seed=asked_for if isinstance(asked_for, int) else 1)


def _first_counts(body: dict[str, Any], _: Exchange) -> None:
    """The last of several keys is read first: an answer is no list."""
    if next(iter(body)) != "model":
        body.pop("usage", None)


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


def _by_request(each: Any) -> Any:
    prices = tuple(
        Price(usd=line.usd, unit="request", source=line.source, as_of=line.as_of)
        for line in each.prices
    )
    return evolve(each, prices=prices)


CHANGES: Mapping[str, Change | str] = {
    "import links its own file": _LINKS_ITSELF,
    "import rounds everybody's decimals": _ROUNDS_FOR_ALL,
    "the mark is left to chance at 4K": dropping(
        "watermark", lambda request: request.resolution == "4K"
    ),
    "no format in streams": dropping("output_format", lambda request: request.stream),
    "a tier for exact pixels with two references": sent(_tier_with_two_references),
    "width and height exchanged": TURNED,
    "references in base64 for URLs": asked(referring(_url_safe)),
    "references without their query": asked(referring(_without_query)),
    "a sequence quoted as one image": around("price", _one_of_a_sequence),
    "charged by what is shown": update(_by_what_is_shown),
    "the first reference alone is charged": quoted(_first_reference_alone),
    "5.0 Lite quoted like 5.0": catalog(_as_dear_as_five),
    "hangs up on 5.0 Pro after a minute": model(_PRO, request_timeout=60.0),
    "more than fifteen in all": around("submit", _sum_unchecked),
    "the names of 5.0 and 5.0 Lite exchanged": renamed(
        {"seedream-5.0": _LITE, "seedream-5.0-lite": _FIVE}
    ),
    "pixels at 4K that no page gives": models(_sizes_at_4k),
    "nobody is told that n may draw one": silent(lambda it: it.field == "n"),
    "capitals in a data: URL sent": around("submit", _capitals_sent),
    "a key by which nothing is known again": catalog(
        lambda info: evolve(
            info, idempotency=Idempotency(header="Idempotency-Key", source="nowhere")
        )
    ),
    "callbacks that nobody makes": catalog(webhooks=True),
    "the key for every name below the domain": catalog(
        origins=lambda it: (*it, "https://*.apiyi.com")
    ),
    "up to fifteen by the option n": catalog(
        options=lambda it: {**it, "n": Integer(low=1, high=15)}
    ),
    "sequences for 5.0 Pro": model(_PRO, _sequences_for_pro),
    "response_format is always url": sent(response_format=lambda _: "url"),
    "whatever is forbidden is moderation": failing(PermissionDeniedError, refusing),
    "a gateway's fault is free": FAULTS_ARE_FREE,
    "images numbered anew behind a failed one": update(_renumbered),
    "failures without a place": failures(lambda it: evolve(it, index=None)),
    "seeds that nobody told": images(_seeded),
    "usage only where the model is named first": heard(_first_counts),
    "drops references on real hosts": _LOOKS_AT_THE_HOSTS,
    "drops the mark from 2027 on": _WAITS_FOR_2027,
    "plain dictionaries, rules by hand": around("submit", _by_hand),
    "defaults spelt out": sent(_defaults),
    "own words for a cost and for no reason": update(_own_words),
    "cautions in other words": CAUTIONS_REWORDED,
    "5.0 Pro priced by the request": model(_PRO, _by_request),
}
