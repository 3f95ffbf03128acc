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


_CAUTION = Caution(src="page", kind="adapted", fields=("aspect_ratio", "references"))
_TIMEOUT = Timeout(src="page", kind="adapted", operation="submit", seconds=600)

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
    Row("doc.answers-are-waited-for", BY_ID, documented(_with(timeouts=(_TIMEOUT,)))),
    Row(
        "doc.repeats-by-a-documented-key",
        BY_ID,
        says(idempotency=Idempotency(header="Idempotency-Key", window=60.0, source="x")),
    ),
    Row("doc.sizes-have-their-ratio", BY_ID, offers(_in_pixels), "16:9"),
)
