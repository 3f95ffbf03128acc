"""Plugins that change a value on its way, which tame values would not show."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import partial
from urllib.parse import quote, unquote

from attrs import evolve
from tests.contracts.broken.how import (
    BY_ID,
    BY_URL,
    MULTIPART,
    Hook,
    Row,
    Way,
    body,
    body_of,
    hooks,
    reads,
    sends,
    told,
)

from tintype.exchange import Exchange
from tintype.messages import MultipartBody, Part, Request
from tintype.models import Image, Task, Update


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


ROWS = (
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
