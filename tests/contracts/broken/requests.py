"""Plugins that send something else than they are asked for."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve
from tests.contracts.broken.how import (
    AT_ONCE,
    BY_ID,
    BY_URL,
    MULTIPART,
    Row,
    Way,
    body,
    documented,
    good,
    hooks,
    offers,
    sends,
)

from tintype.catalog import Flag, Model, ProviderInfo, Text
from tintype.messages import MultipartBody, Request
from tintype.models import Task
from tintype.request import ImageRequest
from tintype_contracts import Fixtures


def _drops(key: str, value: object) -> Way:
    """Drops a field where it has that value."""
    return body(lambda sent: sent.pop(key) if sent.get(key) == value else None)


def _elsewhere_if_large(request: Request) -> Request:
    large = b"2K" in repr(request.body).encode()
    return evolve(request, url=f"{request.url}/large") if large else request


def _parts(change: Callable[[tuple[object, ...]], tuple[object, ...]]) -> Way:
    def changed(request: Request) -> Request:
        assert isinstance(request.body, MultipartBody)
        return evolve(request, body=MultipartBody(parts=change(request.body.parts)))

    return sends(changed)


def _turned_round(sent: dict[str, object]) -> None:
    if "quality" in sent:
        sent["quality"] = "draft" if sent["quality"] == "fine" else "fine"


def _flags_as_text(sent: dict[str, object]) -> None:
    flags = {key: str(value) for key, value in sent.items() if isinstance(value, bool)}
    sent.update(flags)


def _in_ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode()


def _addresses_backwards(sent: dict[str, object]) -> None:
    if "image_urls" in sent:
        sent["image_urls"] = list(sent["image_urls"])[::-1]


def without_options(request: ImageRequest) -> object:
    """Forgets the caller's raw options."""
    return good(BY_ID, "submit")(evolve(request, options={}))


def _cancels(task: Task) -> Request:
    return Request(method="DELETE", url=f"https://api.by-url.test/v2/results/{task.id}")


def _of_every_model(**fields: object) -> Way:
    return _models(lambda model: evolve(model, **fields))


def _admitting(**fields: object) -> Way:
    return _models(lambda model: evolve(model, parameters={**model.parameters, **fields}))


def _models(change: Callable[[Model], Model]) -> Way:
    def changed(info: ProviderInfo) -> ProviderInfo:
        models = tuple(change(model) for model in info.models)
        return evolve(info, models=models, general=info.general and change(info.general))

    return offers(changed)


def _only_silver_2_has_tiers(fixtures: Fixtures) -> Fixtures:
    rows = [
        evolve(each, models=("silver-2",)) if each.neutral == "resolution" else each
        for each in fixtures.parameters
    ]
    names = [evolve(row, models=("silver-1",)) for row in rows if row.neutral == "output_format"]
    return evolve(fixtures, fields=(*rows, *names))


ROWS = (
    Row("request.documented-example", AT_ONCE, sends(lambda sent: evolve(sent, method="PUT"))),
    Row("request.documented-example", MULTIPART, sends(lambda sent: evolve(sent, auth=False))),
    Row("request.documented-example", BY_ID, _drops("style", "wet plate")),
    Row(
        "request.documented-example",
        BY_ID,
        sends(lambda sent: evolve(sent, url=f"{sent.url}?key={{key}}"), "poll"),
    ),
    Row(
        "request.documented-example",
        BY_URL,
        body(lambda sent: sent.update(model_id=sent.pop("model"))),
    ),
    Row("request.documented-example", BY_ID, sends(lambda sent: evolve(sent, auth=False), "poll")),
    Row("request.documented-example", BY_ID, sends(lambda it: evolve(it, url=it.url[:-1]), "poll")),
    Row("request.printed-command", AT_ONCE, sends(lambda sent: evolve(sent, auth=False))),
    Row("request.printed-command", BY_ID, sends(lambda sent: evolve(sent, url=sent.url[:-1]))),
    Row("request.only-documented-fields", AT_ONCE, body(lambda sent: sent.update(steps=4))),
    Row(
        "request.only-documented-fields",
        AT_ONCE,
        body(lambda sent: "seed" in sent and sent.update(seed="7")),
    ),
    Row("request.only-documented-fields", AT_ONCE, body(_flags_as_text)),
    Row("request.only-documented-fields", AT_ONCE, _drops("model", "plate-2")),
    Row(
        "request.only-documented-fields",
        BY_ID,
        sends(lambda sent: evolve(sent, headers=(("X-Version", "2"),))),
    ),
    Row(
        "request.documented-example",
        BY_ID,
        sends(lambda sent: evolve(sent, headers=(("X-Version", "2"),))),
    ),
    Row("request.documented-example", AT_ONCE, sends(lambda sent: evolve(sent, accept="image/*"))),
    Row("request.documented-route", BY_ID, sends(_elsewhere_if_large)),
    Row("request.documented-route", BY_ID, sends(lambda sent: evolve(sent, body=None))),
    Row(
        "request.documented-route", BY_URL, sends(lambda sent: evolve(sent, url=f"{sent.url}/now"))
    ),
    Row("request.values-arrive", BY_ID, _drops("aspect_ratio", "9:16")),
    Row("request.values-arrive", BY_ID, _drops("resolution", "2K")),
    Row("request.values-arrive", AT_ONCE, _drops("stream", value=True)),
    Row("request.values-arrive", AT_ONCE, body(_turned_round)),
    *(
        Row("request.values-arrive", plugin, body(lambda sent, key=key: sent.pop(key, None)))
        for plugin, key in ((AT_ONCE, "n"), (AT_ONCE, "seed"), (BY_ID, "webhook_url"))
    ),
    Row("request.values-arrive", AT_ONCE, _drops("seed", 0)),
    Row("request.values-arrive", AT_ONCE, _drops("watermark", value=False)),
    Row("request.optional-left-out", AT_ONCE, body(lambda sent: sent.setdefault("seed", None))),
    Row("request.optional-left-out", AT_ONCE, body(lambda it: it.setdefault("quality", "fine"))),
    Row("request.optional-left-out", BY_ID, body(lambda sent: sent.setdefault("resolution", "2K"))),
    Row("request.every-parameter-is-reachable", BY_ID, hooks(submit=without_options)),
    Row(
        "request.out-of-range-is-refused",
        BY_ID,
        _admitting(prompt=Text(source="x"), resolution=Text(source="x")),
    ),
    Row("request.out-of-range-is-refused", BY_ID, _admitting(aspect_ratio=Text(source="x"))),
    Row("request.unsupported-is-refused", BY_ID, documented(_only_silver_2_has_tiers)),
    Row("request.unsupported-is-refused", AT_ONCE, _admitting(watermark=Flag(source="x"))),
    Row("request.offered-fields-are-sent", BY_ID, body(lambda sent: sent.pop("output_format", ""))),
    Row("request.prompt-unchanged", BY_ID, body(lambda sent: _edit(sent, str.strip))),
    Row("request.prompt-unchanged", BY_ID, body(lambda sent: _edit(sent, lambda it: it[:900]))),
    Row(
        "request.prompt-unchanged",
        AT_ONCE,
        body(lambda sent: _edit(sent, lambda it: it.replace("\n", " "))),
    ),
    Row("request.prompt-unchanged", AT_ONCE, body(lambda sent: _edit(sent, _in_ascii))),
    Row("request.references-unchanged", BY_ID, body(_addresses_backwards)),
    Row("request.references-unchanged", BY_ID, body(lambda sent: sent.pop("image_urls", None))),
    Row("request.references-unchanged", MULTIPART, _parts(lambda parts: parts[::-1])),
    Row("request.references-unchanged", MULTIPART, _parts(lambda parts: parts[:-1])),
    Row("request.stream-is-announced", AT_ONCE, sends(lambda sent: evolve(sent, answer="whole"))),
    Row("request.capability-on-works", AT_ONCE, _of_every_model(max_n=1), "/capabilities/n"),
    Row("request.capability-on-works", MULTIPART, hooks(price=lambda request, quote: None)),  # noqa: ARG005
    Row("request.capability-on-works", BY_ID, hooks(cancel=None), "/capabilities/cancel"),
    Row("request.capability-off-is-refused", BY_URL, hooks(cancel=_cancels)),
)


def _edit(sent: dict[str, object], change: Callable[[str], str]) -> None:
    sent["prompt"] = change(str(sent["prompt"]))
