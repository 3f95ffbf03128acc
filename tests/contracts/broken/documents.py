"""Catalogs that say something else than the documents, and documents that are lacking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Literal

from attrs import evolve
from tests.contracts.broken.row import by_id, by_url, cheapai, openrouter
from tests.contracts.changed import Change, both, catalog, described, documented, model

from tintype.catalog import Choice, Model, Pixels, Price, ProviderInfo
from tintype.credentials import HeaderKey
from tintype_contracts.fixtures.format import (
    Caution,
    Hosts,
    Limit,
    Parameter,
    Results,
    Retirement,
    Rule,
    SizeRow,
    Timeout,
)


def _rule(
    relation: Literal["at most", "excludes", "requires"],
    left: tuple[str, ...],
    right: tuple[str, ...] = (),
    bound: Decimal | None = None,
) -> Change:
    rule = Rule(src="page", kind="adapted", relation=relation, left=left, right=right, bound=bound)
    return documented(rules=(rule,))


def _fields(**changes: dict[str, object]) -> Change:
    """Parameters, by neutral name, with other facts."""
    return documented(
        fields=lambda rows: tuple(evolve(row, **changes.get(row.neutral, {})) for row in rows)
    )


def _references(**changes: object) -> Callable[[Model], Model]:
    """What a model says of references, changed."""

    def change(known: Model) -> Model:
        assert known.references is not None
        return evolve(known, references=evolve(known.references, **changes))  # type: ignore[arg-type]  # each is its field's

    return change


def _square_and_wide(info: ProviderInfo) -> ProviderInfo:
    """A wide picture that is a square."""
    first, *rest = info.models
    sizes = {"2K": {"1:1": "2048x2048", "16:9": "2048x2048"}}
    sized = evolve(described(aspect_ratio=None, size=Pixels())(first), sizes=sizes)
    return evolve(info, models=(sized, *rest))


_CAUTION = Caution(src="page", kind="adapted", fields=("aspect_ratio", "references"))
_TASK = Timeout(src="page", kind="adapted", operation="task", seconds=7200)
_IN_FLIGHT = Limit(src="page", kind="adapted", what="in_flight", most=5)
_GONE = Retirement(src="page", kind="adapted", model="silver-1", day=date(2027, 1, 31))
_MADE_UP: dict[str, object] = {
    "max_in_flight": 5,
    "requests_per_minute": 60,
    "retires": date(2027, 1, 31),
    "successor": "gold-1",
}
_FINISH = Parameter(
    src="page",
    kind="adapted",
    operation="submit",
    wire="/finish",
    type="string",
    enum=("matt", "gloss"),
)
_MATT = catalog(options={"finish": Choice(values=("matt",), source="a rumour")})
_SQUARE = SizeRow(src="page", kind="adapted", tier="2K", sizes={"1:1": "2048x2048"})
_SIZED = documented(sizes=(_SQUARE,))
_RUMOUR = Price(usd=Decimal(1), source="a rumour")
_DRAWS = "openai/gpt-image-1"
_4K = Choice(values=("1K", "2K", "4K"), source="a rumour")

ROWS = {
    "install.fixtures": (by_id(documented(stories={})),),
    "install.loads": (cheapai(catalog(name="acme")),),
    "doc.hosts": (
        by_id(documented(hosts=Hosts(api=("https://b.test",)))),
        by_id(catalog(origins=("https://api.by-id.test", "https://api.by-id.example"))),
    ),
    "doc.auth": (
        by_id(catalog(auth=HeaderKey())),
        by_id(catalog(auth=HeaderKey(header="X-Token", prefix=""))),
    ),
    "doc.webhooks": (by_id(documented(webhooks=None)),),
    "doc.catalog-is-documented": (
        by_id(documented(results=Results(src="page", kind="verbatim", kept_seconds=60))),
        *(by_id(model("silver-1", **{name: value})) for name, value in _MADE_UP.items()),
        by_id(documented(limits=(_IN_FLIGHT,))),
        by_id(documented(retires=(_GONE,))),
        by_id(model("silver-1", _references(max_of={"image": 2}))),
        by_id(model("silver-1", _references(max_bytes=1000))),
        by_id(model("silver-1", described(resolution=evolve(_4K, default="2K")))),
        by_id(_fields(references={"max_items": 2})),
        by_id(documented(names={"silver-1": "gold"})),
        by_id(catalog(general=lambda known: evolve(known, results_kept=5))),
        by_id(catalog(moderation=("a kitten",))),
        by_id(documented(fields=lambda known: (*known, _FINISH))),
        by_id(both(_MATT, documented(fields=lambda rows: (*rows, _FINISH)))),
        by_id(both(_SIZED, model("silver-1", described(aspect_ratio=None)))),
    ),
    "doc.models": (by_id(model("silver-1", id="silver-1x")),),
    "doc.priced-models": (
        by_id(documented(prices=())),
        by_id(catalog(general=lambda known: evolve(known, prices=(_RUMOUR,)))),
    ),
    "doc.offers-only-what-is-documented": (
        by_id(model("silver-1", described(resolution=_4K))),
        openrouter(model(_DRAWS, max_n=99)),
    ),
    "doc.references": (
        by_id(model("silver-1", references=None)),
        by_url(
            documented(fields=lambda it: tuple(row for row in it if row.neutral != "references"))
        ),
    ),
    "doc.catalog-sources": (
        by_id(model("silver-1", source="")),
        by_id(model("silver-1", prices=(Price(usd=Decimal(1), source="x"),))),
    ),
    "doc.draws-a-picture": (
        by_id(documented(stories=lambda known: {"no_credit": known["no_credit"]})),
    ),
    "doc.provenance": (
        by_id(documented(auth=lambda it: evolve(it, kind="inferred", why="Everybody does so."))),
    ),
    "doc.age": (
        by_id(
            documented(
                sources=lambda known: {
                    name: evolve(each, retrieved=date(2025, 1, 1)) for name, each in known.items()
                }
            )
        ),
    ),
    "doc.answers-are-waited-for": (by_id(documented(timeouts=(_TASK,))),),
    "doc.sizes-have-their-ratio": (by_id(catalog(_square_and_wide), "16:9"),),
    "request.rules-between-fields": (
        by_id(_rule("excludes", ("aspect_ratio=9:16",), ("output_format=png",))),
        by_id(_rule("requires", ("aspect_ratio",), ("resolution",))),
        cheapai(_rule("at most", ("n", "references"), bound=Decimal(3))),
    ),
    "request.cautions-are-told": (by_id(documented(cautions=(_CAUTION,))),),
    "request.ignored-fields-are-told": (by_id(_fields(aspect_ratio={"ignored": True})),),
}
