"""Plugins that change a value on its way, which tame values would not show."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from importlib import import_module
from urllib.parse import quote, unquote

from attrs import evolve
from tests.contracts.broken.how import (
    AT_ONCE,
    BY_ID,
    BY_URL,
    MULTIPART,
    Hook,
    Row,
    Way,
    body,
    body_of,
    documented,
    good,
    hooks,
    installed,
    reads,
    sends,
    told,
)

from tintype.exchange import Exchange
from tintype.messages import MultipartBody, Part, Request
from tintype.models import Image, Quote, Task, Update
from tintype.request import Submission
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.harness.subject import Subject


def _polls(spell: Callable[[str], str]) -> Way:
    """Asks for the task by its id as `spell` writes it."""

    def poll(task: Task) -> Request:
        return Request.get(f"https://api.by-id.test/v1/tasks/{spell(task.id)}")

    return hooks(poll=poll)


def _escaped(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: quote(change(text), safe="")


def _known_as(change: Callable[[str], str]) -> Way:
    return told(lambda _, task: evolve(task, id=change(task.id)))


def _images(change: Callable[[tuple[Image, ...]], list[Image]]) -> Way:
    def after(_: Exchange, task: Update) -> Update:
        images = [evolve(each, index=at) for at, each in enumerate(change(task.images))]
        return evolve(task, images=tuple(images))

    return told(after)


def _each_url(change: Callable[[str], str]) -> Way:
    return _images(lambda images: [evolve(it, url=it.url and change(it.url)) for it in images])


def _once_a_path(images: tuple[Image, ...]) -> list[Image]:
    return list({(each.url or "").partition("?")[0]: each for each in images}.values())


def _lying(image: Image) -> Image:
    sides = (image.width or 0, image.height or 0)
    return evolve(image, width=max(sides) or None, height=min(sides) or None)


def _text(key: str, change: Callable[[str], str]) -> Way:
    """Changes a text that it submits."""
    return body(lambda sent: sent.update({key: change(str(sent[key]))}) if key in sent else None)


def _addresses(change: Callable[[list[str]], list[str]]) -> Way:
    def edit(sent: dict[str, object]) -> None:
        if "image_urls" in sent:
            sent["image_urls"] = change(list(sent["image_urls"]))

    return body(edit)


def _once(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple({(each.name, each.data): each for each in parts}.values())


def _files(change: Callable[[tuple[Part, ...]], tuple[Part, ...]]) -> Way:
    def changed(request: Request) -> Request:
        assert isinstance(request.body, MultipartBody)
        return evolve(request, body=MultipartBody(parts=change(request.body.parts)))

    return sends(changed)


def _by_the_first_key(parse: Hook, exchange: Exchange) -> object:
    answer = body_of(exchange)
    if isinstance(answer, dict) and "status" in answer and list(answer)[-1] == "status":
        return Update(id="task-1")
    return parse(exchange)


# ------------------------------------------------------------------------------ together


def _drops_with(key: str, other: str, value: object = None) -> Way:
    """Drops a field where another is given, or has that value."""

    def edit(sent: dict[str, object]) -> None:
        if other in sent and value in {None, str(sent[other])}:
            sent.pop(key, None)

    return body(edit)


def _keeps_one(sent: dict[str, object]) -> None:
    if sent.get("resolution") == "2K" and "image_urls" in sent:
        sent["image_urls"] = list(sent["image_urls"])[:1]


def _forgets_options(request: Submission) -> object:
    drawn_large = request.resolution == "2K"
    return good(BY_ID, "submit")(evolve(request, options={}) if drawn_large else request)


def _for_more(change: Callable[[Quote, int], Quote]) -> Way:
    """Misreads a live price of more images than the documents ask for."""

    def read(parse: Hook, exchange: Exchange) -> object:
        said = parse(exchange)
        n = exchange.request.n if exchange.request else 1
        return change(said, n) if isinstance(said, Quote) and n > 1 else said

    return reads(read)


def _ignores_n(name: str) -> Subject:
    parse = import_module(f"tintype_{name}").parse

    def one(exchange: Exchange) -> object:
        request = exchange.request
        return parse(evolve(exchange, request=request and evolve(request, n=1)))

    return installed(name, parse=one)


def _with_each_reference(fixtures: Fixtures) -> Fixtures:
    """Documents by which each source image costs a cent more."""
    first = fixtures.prices[0]
    more = evolve(first, unit="reference", when={"references": "yes"}, usd=Decimal("0.01"))
    return evolve(fixtures, surcharges=(more,))


ROWS = (
    *(
        Row("request.fields-together", BY_ID, way)
        for way in (
            _drops_with("output_format", "aspect_ratio"),
            _drops_with("output_format", "resolution", "2K"),
            _drops_with("resolution", "image_urls"),
            _drops_with("webhook_url", "aspect_ratio", "9:16"),
            body(_keeps_one),
            hooks(submit=_forgets_options),
        )
    ),
    Row("request.fields-together", AT_ONCE, _drops_with("n", "seed")),
    Row("price.documented-table", BY_URL, documented(_with_each_reference), "0.055"),
    Row("price.documented-table", BY_URL, documented(_with_each_reference), "with a reference"),
    Row("price.live-prices-count-images", "openrouter", _ignores_n),
    Row(
        "price.live-prices-count-images",
        MULTIPART,
        _for_more(lambda it, n: evolve(it, credits_low=it.credits_low * n)),
        "credits_low",
    ),
    Row(
        "price.a-credit-is-what-it-costs",
        MULTIPART,
        documented(lambda fixtures: evolve(fixtures, credit_usd=Decimal("0.0123"))),
    ),
    *(
        Row("request.documented-example", BY_ID, _polls(spell))
        for spell in (str, quote, _escaped(str.lower), _escaped(unquote), _escaped(ascii))
    ),
    *(
        Row("parse.documented-answer", BY_ID, _known_as(change))
        for change in (str.lower, unquote, lambda id_: id_.lstrip("0"), lambda id_: id_[:64])
    ),
    *(
        Row("parse.documented-answer", plugin, _each_url(change))
        for plugin in (BY_ID, BY_URL)
        for change in (str.lower, unquote, lambda url: url.partition("?")[0], quote)
    ),
    Row(
        "parse.documented-answer",
        BY_ID,
        _images(lambda images: [_lying(each) for each in images]),
    ),
    Row(
        "parse.documented-answer",
        BY_ID,
        _images(lambda images: [evolve(it, height=it.width) for it in images]),
    ),
    *(
        Row("parse.images-in-order", BY_ID, _images(change))
        for change in (
            _once_a_path,
            partial(sorted, key=lambda image: image.url or ""),
            partial(sorted, key=lambda image: (image.width or 0) * (image.height or 0)),
        )
    ),
    Row("parse.keys-in-any-order", BY_ID, reads(_by_the_first_key)),
    *(
        Row("request.prompt-unchanged", BY_ID, _text("prompt", change))
        for change in (
            partial(unicodedata.normalize, "NFC"),
            partial(unicodedata.normalize, "NFKC"),
            lambda text: text.replace("\u200d", ""),
            lambda text: "".join(each for each in text if unicodedata.category(each) != "Cf"),
            lambda text: " ".join(text.split(" ")[:300]),
        )
    ),
    *(
        Row("request.references-unchanged", BY_ID, _addresses(change))
        for change in (
            lambda urls: [url.partition("?")[0] for url in urls],
            lambda urls: [unquote(url) for url in urls],
            sorted,
        )
    ),
    Row("request.references-unchanged", MULTIPART, _files(_once)),
    Row("request.values-arrive", BY_ID, _addresses(lambda urls: [urls[0]] * len(urls))),
    *(
        Row("request.values-arrive", BY_ID, _text("webhook_url", change))
        for change in (str.lower, unquote, lambda url: url.partition("?")[0])
    ),
    Row("request.values-arrive", BY_ID, _text("resolution", str.lower)),
)
