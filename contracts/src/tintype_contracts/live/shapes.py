"""The shape of what was observed against the shape of what is documented; never the values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

from tintype.errors import ProtocolError
from tintype.messages import Response
from tintype_contracts.drift.change import Change, Severity, listed, lost_types
from tintype_contracts.drift.surface import Field
from tintype_contracts.drift.surface_of_fixtures import responses_of, shown_fields
from tintype_contracts.fixtures.format import Fixtures
from tintype_contracts.live.recorder import Observed
from tintype_contracts.live.session import Played

_GOOD = range(200, 300)


def shape_changes(fixtures: Fixtures, played: Played) -> tuple[Change, ...]:
    """Where the live service does not answer in the shape that its documents show."""
    documented = responses_of(fixtures)
    guessed = responses_of(fixtures, inferred=True)
    found = [
        change for observed in played.observed for change in _changes(observed, documented, guessed)
    ]
    return tuple(dict.fromkeys(found))


def _changes(
    observed: Observed, documented: Mapping[str, Field], guessed: Mapping[str, Field]
) -> Iterator[Change]:
    if isinstance(observed.outcome, ProtocolError):
        sentence = f"parse cannot read the answer: {observed.outcome}"
        yield _change("error", observed.operation, sentence)
    message = observed.messages[0] if observed.messages else None
    if not isinstance(message, Response) or message.status not in _GOOD:
        return
    for pointer, kind in shown_fields(_json(message.body)):
        name = f"{observed.operation} {pointer}"
        known = documented.get(name) or guessed.get(name)
        if known is None:
            yield _change("warning", name, "No document shows the field.")
        elif kind != "null" and lost_types(Field(types=frozenset({kind})), known):
            sentence = f"It is {kind}, and documented as {listed(sorted(known.types))}."
            yield _change("error", name, sentence)
        elif name not in documented:
            yield _change("info", name, "It was inferred, and is there.")


def _change(severity: Severity, name: str, message: str) -> Change:
    return Change(severity=severity, table="responses", name=name, message=message)


def _json(body: bytes) -> object:
    try:
        value: object = json.loads(body, parse_float=Decimal)
    except ValueError:
        return None
    return value
