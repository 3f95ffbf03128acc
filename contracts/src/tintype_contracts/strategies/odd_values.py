"""Odd values, as servers, gateways and proxies have been seen to send them.

One table for every place of every answer. What is odd at a place depends on what the
documents show there: a truth value is odd for a text, a negative number for any number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from attrs import frozen

from tintype_contracts.case import DROPPED
from tintype_contracts.fixtures.comparing import json_type
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.strict_json import Verbatim, spell
from tintype_contracts.strategies.mutations import no_addresses, swapped


@frozen(kw_only=True)
class Odd:
    """One odd value.

    Attributes:
        kind: Its kind, one of `KINDS`.
        value: The value, `DROPPED`, or what stands verbatim in its place.
        own: Whether it is of a type that the documents show there, or may be read as such.
    """

    kind: str
    value: object
    own: bool = False


NOTHING = "missing, null or empty"
OTHER_TYPE = "another JSON type"
BEYOND = "a number beyond all bounds"
NO_NUMBER = "NaN and infinities"
BAD_TEXT = "half a character, control characters"
TWICE = "the key twice, with two values"
NO_ADDRESS = "half an address, a port that is none"
DEEP = "nested 100 and 5,000 deep"

KINDS = (NOTHING, OTHER_TYPE, BEYOND, NO_NUMBER, BAD_TEXT, NO_ADDRESS, TWICE, DEEP)
"""Every kind, as a report lists them."""


def _verbatim(*texts: str) -> tuple[Verbatim, ...]:
    return tuple(map(Verbatim, texts))


_USUAL: tuple[object, ...] = (
    True,
    False,
    7,
    Decimal("7.9"),
    "text",
    "7",
    ["text"],
    [None],
    {"value": "text"},
)
"""Values that are odd only where no document shows their type."""

_ANYWHERE: Mapping[str, tuple[object, ...]] = {
    NOTHING: (DROPPED, None, "", [], {}),
    BEYOND: (-1, *_verbatim("1e9999999", "-1e9999999", "1e-9999999", "7" * 4301)),
    NO_NUMBER: _verbatim("NaN", "Infinity", "-Infinity"),
    BAD_TEXT: _verbatim('"a cat \\ud83d"', '"two\nlines"', '"a\x01b"', '"a\\u0000b"', '"a\x00b"'),
    DEEP: _verbatim(
        *("[" * depth + "]" * depth for depth in (100, 5000)),
        *('{"a":' * depth + "0" + "}" * depth for depth in (100, 5000)),
    ),
}
_OWN = {BEYOND: {"integer", "fraction"}, BAD_TEXT: {"string"}}


def odd_values(value: object, types: Collection[str], key: str | None) -> Iterator[Odd]:
    """Every value that is odd in the place of `value`.

    Args:
        value: What a document shows there.
        types: Every JSON type that any document shows there.
        key: The key it stands behind, or None for the item of a list.
    """
    for kind, values in _ANYWHERE.items():
        own = not _OWN.get(kind, set()).isdisjoint(types)
        for each in values:
            if not (type(each) is type(value) and each == value):
                yield Odd(kind=kind, value=each, own=own)
    others = [each for each in (*_USUAL, *swapped(value)) if _type(each, types) not in types]
    for each in others:
        digits = isinstance(each, str) and each.isdecimal()
        yield Odd(kind=OTHER_TYPE, value=each, own=digits and "integer" in types)
    yield from (Odd(kind=NO_ADDRESS, value=each) for each in no_addresses(value))
    if key is not None:
        usual = [each for each in _USUAL if _type(each, types) in types and each != value]
        for each in (*others[:1], *usual[:1]):
            yield from _twice(key, spell(value), spell(each))


def _twice(key: str, one: str, other: str) -> Iterator[Odd]:
    for first, second in ((one, other), (other, one)):
        yield Odd(kind=TWICE, value=Verbatim(f"{first},{dump(key)}:{second}"))


def _type(value: object, types: Collection[str]) -> str:
    """The JSON type of `value`; a whole number counts where fractions do."""
    found = json_type(value)
    return "fraction" if found == "integer" and "fraction" in types else found
