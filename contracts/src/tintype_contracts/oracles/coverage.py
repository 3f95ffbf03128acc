"""What a verdict stands on: how literal and how old the documents are, how much is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tintype_contracts.fixtures.format import (
    DocumentedExchange,
    ErrorRow,
    Fixtures,
    JsonContent,
    Kind,
)
from tintype_contracts.fixtures.placeholders import whole
from tintype_contracts.fixtures.pointers import MISSING, covers, get, leaves
from tintype_contracts.verdict import Provenance

_LITERAL: tuple[Kind, ...] = ("verbatim", "adapted", "observed", "inferred")
_ANSWERS = ("/response", "/response/json", "/response/events", "/delivery/json")
NOTHING = Provenance(
    happy_path="inferred", verbatim=0.0, inferred=(), oldest_source="", docs_validated=""
)
"""What a plugin without fixtures stands on."""


def provenance(fixtures: Fixtures) -> Provenance:
    """How old and how literal the documents are."""
    exchanges = fixtures.exchanges
    kinds = {name: kind_of(exchange) for name, exchange in exchanges.items()}
    verbatim = sum(kind == "verbatim" for kind in kinds.values())
    live = fixtures.validated.live
    return Provenance(
        happy_path=least_literal(kind_of(exchange) for exchange in happy_path(fixtures)),
        verbatim=round(verbatim / max(1, len(kinds)), 2),
        inferred=tuple(name for name, kind in kinds.items() if kind == "inferred"),
        oldest_source=min((str(row.retrieved) for row in fixtures.sources.values()), default=""),
        docs_validated=str(fixtures.validated.docs),
        live_validated=str(live) if live else None,
    )


def kind_of(exchange: DocumentedExchange) -> Kind:
    """How literal an exchange is as a whole: inferred where all of its answer is."""
    whole_answer = any(covers(pointer, side) for pointer in exchange.inferred for side in _ANSWERS)
    return "inferred" if whole_answer else exchange.kind


def least_literal(kinds: Iterable[Kind]) -> Kind:
    """The kind that says the least; of nothing, `inferred`."""
    return max(kinds, key=_LITERAL.index, default="inferred")


def happy_path(fixtures: Fixtures) -> Sequence[DocumentedExchange]:
    """The first scene that ends in a picture, of the story `generated` if it has one."""
    stories = sorted(fixtures.stories.values(), key=lambda story: story.name != "generated")
    for story in stories:
        for name in story.scenes:
            scene = fixtures.scene(story.name, name)
            if scene and scene[-1].expect.fields.get("state") == "succeeded":
                return scene
    return ()


def coverage(fixtures: Fixtures) -> Mapping[str, str]:
    """How much of what is documented some exchange shows."""
    used = {each.id for scene in fixtures.scenes() for each in scene}
    words = _documented_words(fixtures)
    shown = {text for each in fixtures.exchanges.values() for text in _texts(each)}
    errors = [
        any(_shows(each, row) for each in fixtures.exchanges.values()) for row in fixtures.errors
    ]
    return {
        "states": _fraction(len(words & shown), len(words)),
        "errors": _fraction(sum(errors), len(errors)),
        "exchanges": _fraction(len(used), len(fixtures.exchanges)),
        "capabilities": _capabilities(fixtures),
    }


def _capabilities(fixtures: Fixtures) -> str:
    """How much of what the provider can do the plugin does: what is not implemented counts."""
    rows = fixtures.capabilities.values()
    done = sum(row.on for row in rows)
    return _fraction(done, done + sum(row.support == "not_implemented" for row in rows))


def _documented_words(fixtures: Fixtures) -> set[str]:
    states = fixtures.states
    if states is None:
        return set()
    lists = (
        states.running,
        states.succeeded,
        states.failed,
        states.refused,
        states.canceled,
        states.expired,
    )
    return {word for words in lists for word in words}


def _texts(exchange: DocumentedExchange) -> Iterable[str]:
    return (value for _, value in leaves(_answer(exchange)) if isinstance(value, str))


def _answer(exchange: DocumentedExchange) -> object:
    """The JSON that an exchange shows coming in; of a stream, all of its events."""
    message = exchange.response or exchange.delivery
    content = message.content if message else None
    events = getattr(content, "events", ())
    if events:
        return [each.content.value for each in events if isinstance(each.content, JsonContent)]
    return content.value if isinstance(content, JsonContent) else None


def _shows(exchange: DocumentedExchange, row: ErrorRow) -> bool:
    if exchange.response is None or exchange.response.status != row.status:
        return False
    body = _answer(exchange)
    return all(_fits(get(body, pointer), value) for pointer, value in row.match.items())


def _fits(found: object, wanted: object) -> bool:
    return found is not MISSING and (found == wanted or whole(found) is not None)


def _fraction(part: int, all_: int) -> str:
    return f"{part}/{all_}"
