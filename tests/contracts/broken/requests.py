"""Plugins that send something else than they are asked for, or quote another price for it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote

from attrs import evolve
from tests.contracts.broken.row import apiyi, by_id, by_url, cheapai, openrouter
from tests.contracts.changed import (
    ABSENT,
    Change,
    Hook,
    around,
    asked,
    catalog,
    described,
    documented,
    instead,
    models,
    parts,
    polled,
    quoted,
    read,
    requested,
    sent,
    without,
)

from tintype.catalog import Pixels, ProviderInfo, Text
from tintype.messages import JsonBody, Request
from tintype.models import Quote
from tintype.request import Submission
from tintype_contracts.fixtures.format import Fixtures

_TASKS = "https://api.by-id.test/v1/tasks"


def _drops(key: str, value: object) -> Change:
    """Drops a field where it has that value."""
    return sent(lambda body, _: body.pop(key) if body.get(key) == value else None)


def _drops_with(key: str, other: str, value: str = "") -> Change:
    """Drops a field where another is given, or has that value."""
    return sent(
        lambda body, _: (
            body.pop(key, None) if other in body and value in {"", str(body[other])} else None
        )
    )


def _elsewhere_if_large(found: Request, request: Submission) -> Request:
    return evolve(found, url=f"{found.url}/large") if request.resolution == "2K" else found


def _keeps_one(body: dict[str, Any], _: Submission) -> None:
    if body.get("resolution") == "2K" and "image_urls" in body:
        body["image_urls"] = body["image_urls"][:1]


def _polls_by(spell: Callable[[str], str]) -> Change:
    return polled(lambda task: f"{_TASKS}/{spell(task.id)}")


def _bare(url: str) -> str:
    return url.partition("?")[0]


def _unformatted(text: str) -> str:
    return "".join(each for each in text if unicodedata.category(each) != "Cf")


def _first_of_equals(found: list[Any], _: Submission) -> list[Any]:
    return list({(each.name, each.data): each for each in found}.values())


def _only_silver_2_has_tiers(fixtures: Fixtures) -> Fixtures:
    rows = [
        evolve(each, models=("silver-2",)) if each.neutral == "resolution" else each
        for each in fixtures.parameters
    ]
    names = [evolve(row, models=("silver-1",)) for row in rows if row.neutral == "output_format"]
    return evolve(fixtures, fields=(*rows, *names))


def _overwrites(do: Hook, request: Submission) -> Request:
    """Puts the options over what the fields have said."""
    found: Request = do(evolve(request, options={}))
    assert isinstance(found.body, JsonBody)
    return evolve(found, body=JsonBody(value={**found.body.value, **request.options}))


# -------------------------------------------------------------------------------- prices


def _money(change: Callable[[Decimal], object]) -> Change:
    """Another price, where it is known in dollars."""
    return quoted(
        lambda it, _: it if it.low is None else evolve(it, low=change(it.low), high=change(it.high))
    )


def _with_a_discount(it: Quote, request: Submission) -> Quote:
    return it if it.high is None else evolve(it, low=(each := it.high / request.n**2), high=each)


def _of_the_first_model(do: Hook, request: Submission, known: object) -> object:
    first = evolve(request, model="silver-1") if request.resolution == "1K" else request
    return do(first, known)


def _with_each_reference(fixtures: Fixtures) -> Fixtures:
    """Documents by which each source image costs a cent more."""
    first = fixtures.prices[0]
    more = evolve(first, unit="reference", when={"references": "yes"}, usd=Decimal("0.01"))
    return evolve(fixtures, surcharges=(more,))


def _in_pixels(info: ProviderInfo) -> ProviderInfo:
    """The tier is turned into pixels, which no row of the prices names."""
    first, *rest = info.models
    sized = evolve(
        described(aspect_ratio=None, size=Pixels())(first), sizes={"2K": {"1:1": "2048x2048"}}
    )
    return evolve(info, models=(sized, *rest))


def _breaks(*given: object) -> None:
    raise KeyError(given)


_ASKED = "(Asked: "

ROWS = {
    "request.documented-example": (
        openrouter(requested(method="PUT")),
        openrouter(requested(accept="image/*")),
        cheapai(requested(auth=False)),
        openrouter(requested(url=lambda it: f"{it}?a=1")),
        openrouter(sent(seed=None)),
        openrouter(sent(n=float)),
        cheapai(parts(lambda found, _: [it for it in found if not it.filename])),
        by_id(requested(headers=(("X-Version", "2"),))),
        by_id(_polls_by(str)),
        by_id(_polls_by(quote)),
        *(
            by_id(_polls_by(lambda text, do=change: quote(do(text), safe="")))
            for change in (str.lower, unquote, ascii)
        ),
    ),
    "request.printed-command": (
        apiyi(requested(auth=False)),
        by_id(requested(url=lambda it: it[:-1])),
    ),
    "request.only-documented-fields": (
        openrouter(sent(steps=4)),
        openrouter(sent(seed=str)),
        by_id(requested(headers=(("X-Version", "2"),))),
    ),
    "request.documented-route": (
        by_id(requested(_elsewhere_if_large)),
        by_id(requested(body=None)),
        by_url(requested(url=lambda it: f"{it}/now")),
    ),
    "request.values-arrive": (
        by_id(_drops("aspect_ratio", "9:16")),
        openrouter(_drops("seed", 0)),
        apiyi(_drops("watermark", value=False)),
        openrouter(sent(stream=ABSENT)),
        by_id(sent(image_urls=lambda urls: urls[:1] * len(urls))),
        by_id(sent(resolution=str.lower)),
        *(by_id(sent(webhook_url=change)) for change in (str.lower, unquote, _bare)),
    ),
    "request.fields-together": (
        by_id(_drops_with("output_format", "resolution", "2K")),
        by_id(_drops_with("webhook_url", "aspect_ratio", "9:16")),
        by_id(sent(_keeps_one)),
        by_id(asked(lambda it: evolve(it, options={}) if it.resolution == "2K" else it)),
    ),
    "request.optional-left-out": (
        openrouter(sent(lambda body, _: body.setdefault("seed", None))),
        openrouter(sent(lambda body, _: body.setdefault("quality", "fine"))),
    ),
    "request.every-parameter-is-reachable": (by_id(asked(options={})),),
    "request.out-of-range-is-refused": (by_id(models(described(aspect_ratio=Text(source="x")))),),
    "request.unsupported-is-refused": (by_id(documented(_only_silver_2_has_tiers)),),
    "request.offered-fields-are-sent": (by_id(sent(output_format=ABSENT)),),
    "request.options-overwrite-no-field": (
        by_url(around("submit", _overwrites)),
        by_id(around("submit", _overwrites), "image_urls"),
    ),
    "request.prompt-unchanged": (
        by_id(sent(prompt=str.strip)),
        by_id(sent(prompt=lambda text: text[:900])),
        by_id(sent(prompt=_unformatted)),
        openrouter(sent(prompt=lambda text: text.encode("ascii", "ignore").decode())),
    ),
    "request.references-unchanged": (
        *(by_id(sent(image_urls=do)) for do in (lambda urls: [*map(unquote, urls)], sorted)),
        by_id(sent(image_urls=ABSENT)),
        cheapai(parts(lambda found, _: found[::-1])),
        cheapai(parts(lambda found, _: found[:-1])),
        cheapai(parts(_first_of_equals)),
    ),
    "request.stream-is-announced": (openrouter(requested(answer="whole")),),
    "request.capability-on-works": (
        openrouter(models(max_n=1), "/capabilities/n"),
        cheapai(instead("price", lambda *_: None)),
        by_id(without("cancel"), "/capabilities/cancel"),
    ),
    "request.capability-off-is-refused": (
        by_url(instead("cancel", lambda it: Request(method="DELETE", url=f"{_TASKS}/{it.id}"))),
    ),
    "price.exact-money": (
        apiyi(_money(float), _ASKED),
        apiyi(quoted(lines=lambda each: tuple(evolve(it, unit_price=0.04) for it in each)), _ASKED),
        apiyi(instead("price", lambda *_: 0.04), "price() "),
        apiyi(instead("price", _breaks), "price() "),
    ),
    "price.documented-table": (
        by_id(_money(lambda usd: usd / 2), _ASKED),
        apiyi(instead("price", lambda *_: None), _ASKED),
        by_url(documented(_with_each_reference), "references=1"),
    ),
    "price.more-images-cost-no-less": (apiyi(quoted(_with_a_discount), _ASKED),),
    "price.unknown-is-not-free": (
        by_url(
            around(
                "price", lambda do, *given: do(*given) or Quote(low=Decimal(0), high=Decimal(0))
            ),
            _ASKED,
        ),
    ),
    "price.names-its-source": (
        apiyi(quoted(source="", as_of=None), _ASKED),
        cheapai(read(Quote, source="")),
    ),
    "price.is-of-what-is-sent": (
        apiyi(_money(lambda usd: usd + Decimal("0.01")), _ASKED),
        by_id(around("price", _of_the_first_model)),
        by_id(catalog(_in_pixels), "0.025"),
    ),
    "price.answers-are-read-as-documented": (
        cheapai(read(Quote, credits_low=Decimal(4000)), "/credits_low"),
    ),
}
