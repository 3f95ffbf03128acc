"""Plugins that do not know what the documents say of their provider as a whole."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Literal

from attrs import evolve
from tests.contracts.broken.how import BY_ID, MULTIPART, Row, Way, documented, offers, says

from tintype.catalog import Idempotency, Pixels, ProviderInfo
from tintype_contracts.fixtures.format import Caution, Fixtures, Rule, Timeout


def _rule(
    relation: Literal["at most", "excludes", "requires"],
    left: tuple[str, ...],
    right: tuple[str, ...] = (),
    bound: int | None = None,
) -> Way:
    known = None if bound is None else Decimal(bound)
    rule = Rule(src="page", kind="adapted", relation=relation, left=left, right=right, bound=known)
    return documented(_with(rules=(rule,)))


def _with(**fields: object) -> Callable[[Fixtures], Fixtures]:
    return lambda fixtures: evolve(fixtures, **fields)


def _in_pixels(info: ProviderInfo) -> ProviderInfo:
    """A wide picture that is a square."""
    first, *rest = info.models
    plain = {name: each for name, each in first.parameters.items() if name != "aspect_ratio"}
    sizes = {"2K": {"1:1": "2048x2048", "16:9": "2048x2048"}}
    return evolve(
        info, models=(evolve(first, parameters={**plain, "size": Pixels()}, sizes=sizes), *rest)
    )


def _marked(fixtures: Fixtures) -> Fixtures:
    """A prompt has to name its references."""
    fields = tuple(
        evolve(row, mark="@img{}") if row.neutral == "references" else row
        for row in fixtures.fields
    )
    return evolve(fixtures, fields=fields)


_CAUTION = Caution(src="page", kind="adapted", fields=("aspect_ratio", "references"))
_TIMEOUTS = tuple(
    Timeout(src="page", kind="adapted", operation=name, seconds=seconds)
    for name, seconds in (("submit", 600), ("task", 7200), ("pause", 60))
)

ROWS = (
    Row(
        "request.rules-between-fields",
        BY_ID,
        _rule("excludes", ("aspect_ratio=9:16",), ("output_format=png",)),
    ),
    Row(
        "request.rules-between-fields",
        BY_ID,
        _rule("requires", ("aspect_ratio",), ("resolution",)),
    ),
    Row(
        "request.rules-between-fields",
        MULTIPART,
        _rule("at most", ("n", "references"), bound=3),
    ),
    Row("request.cautions-are-told", BY_ID, documented(_with(cautions=(_CAUTION,)))),
    Row("doc.names-are-of-their-models", BY_ID, documented(_with(names={"silver-2": "silver-1"}))),
    *(
        Row("doc.answers-are-waited-for", BY_ID, documented(_with(timeouts=(each,))))
        for each in _TIMEOUTS
    ),
    Row("request.references-are-named", MULTIPART, documented(_marked), "@img3"),
    Row(
        "doc.keys-are-read-from-documented-variables",
        BY_ID,
        says(variables={"key": "OTHER_API_KEY"}),
        "OTHER_API_KEY",
    ),
    Row(
        "doc.repeats-by-a-documented-key",
        BY_ID,
        says(idempotency=Idempotency(header="Idempotency-Key", window=60.0, source="x")),
    ),
    Row("doc.sizes-have-their-ratio", BY_ID, offers(_in_pixels), "16:9"),
)
