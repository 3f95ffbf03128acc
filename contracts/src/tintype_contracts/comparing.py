"""JSON values compared: exactly, as a subset, or against a template.

Each comparison yields the places that differ, so a failure can name them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

from tintype_contracts.placeholders import holds_image, pattern, whole
from tintype_contracts.pointers import MISSING, covers, is_array, join

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_Compare: TypeAlias = Callable[[object, object, str], Iterator["Difference"]]


@frozen(kw_only=True)
class Difference:
    """One place where a value is not what it should be."""

    pointer: str
    expected: object
    actual: object

    def __str__(self) -> str:
        """One line."""
        return f"{self.pointer or '(all)'}: expected {self.expected!r}, got {self.actual!r}"


def differences(expected: object, actual: object, pointer: str = "") -> Iterator[Difference]:
    """Where two JSON values differ, type-strictly: 1, 1.0 and true are three values."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        yield from _fields(differences, expected, actual, pointer, {*expected, *actual})
    elif is_array(expected) and is_array(actual) and len(expected) == len(actual):
        yield from _items(differences, expected, actual, pointer)
    elif _json_type(expected) != _json_type(actual) or expected != actual:
        yield Difference(pointer=pointer, expected=expected, actual=actual)


def subset(expected: object, actual: object, pointer: str = "") -> Iterator[Difference]:
    """Where `actual` lacks something of `expected`: other keys of objects do not matter.

    Numbers are compared by value, also with text that is a decimal: money is written so.
    """
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        yield from _fields(subset, expected, actual, pointer, expected)
    elif is_array(expected) and is_array(actual) and len(expected) == len(actual):
        yield from _items(subset, expected, actual, pointer)
    elif not _same(expected, actual):
        yield Difference(pointer=pointer, expected=expected, actual=actual)


def mismatches(
    template: object, printed: object, ignored: Collection[str] = (), pointer: str = ""
) -> Iterator[Difference]:
    """Where a printed JSON value is none that `template` could become.

    A placeholder admits any literal. Values at or below the `ignored` pointers, which
    begin with `pointer`, are not looked at.
    """

    def compare(one: object, other: object, at: str) -> Iterator[Difference]:
        if any(covers(name, at) for name in ignored) or whole(one) is not None:
            return
        if isinstance(one, Mapping) and set(one) == {"$json"}:
            yield from compare(one["$json"], _parsed(other), at)
        elif isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _fields(compare, one, other, at, {*one, *other})
        elif is_array(one) and is_array(other):
            yield from _template_items(compare, one, other, at)
        elif isinstance(one, str) and isinstance(other, str):
            if not pattern(one).fullmatch(other):
                yield Difference(pointer=at, expected=one, actual=other)
        else:
            yield from differences(one, other, at)

    yield from compare(template, printed, pointer)


def _fields(
    compare: _Compare,
    expected: Mapping[str, object],
    actual: Mapping[str, object],
    pointer: str,
    keys: Collection[str],
) -> Iterator[Difference]:
    for key in sorted(keys):
        yield from compare(expected.get(key, MISSING), actual.get(key, MISSING), join(pointer, key))


def _items(
    compare: _Compare, expected: Sequence[object], actual: Sequence[object], pointer: str
) -> Iterator[Difference]:
    for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
        yield from compare(one, other, join(pointer, index))


def _template_items(
    compare: _Compare, template: Sequence[object], printed: Sequence[object], pointer: str
) -> Iterator[Difference]:
    """An array, the one item in it that stands for an image repeated as often as need be."""
    repeated = [index for index, item in enumerate(template) if holds_image(item)]
    if len(repeated) == 1:
        at = repeated[0]
        times = len(printed) - len(template) + 1
        template = [*template[:at], *[template[at]] * times, *template[at + 1 :]]
    if len(template) == len(printed):
        yield from _items(compare, template, printed, pointer)
    else:
        yield Difference(pointer=pointer, expected=template, actual=printed)


def _same(expected: object, actual: object) -> bool:
    one, other = _number(expected), _number(actual)
    if one is not None and other is not None:
        return one == other
    return _json_type(expected) == _json_type(actual) and expected == actual


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    return Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def _json_type(value: object) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float() | Decimal():
            return "fraction"
        case str():
            return "string"
        case Mapping():
            return "object"
        case list() | tuple():
            return "array"
        case _:
            return type(value).__name__


def _parsed(text: object) -> object:
    try:
        return json.loads(text, parse_float=Decimal) if isinstance(text, str) else text
    except ValueError:
        return text
