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
# True is an int to Python, and an enum's member a text.
_JSON_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    ((float, Decimal), "fraction"),
    (str, "string"),
    (Mapping, "object"),
    ((list, tuple), "array"),
)
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
    elif json_type(expected) != json_type(actual) or expected != actual:
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
    if isinstance(template, Mapping) and set(template) == {"$json"}:
        template, printed = template["$json"], _parsed(printed)
    if whole(template) is not None or any(covers(name, pointer) for name in ignored):
        return

    def deeper(one: object, other: object, at: str) -> Iterator[Difference]:
        return mismatches(one, other, ignored, at)

    if isinstance(template, Mapping) and isinstance(printed, Mapping):
        yield from _fields(deeper, template, printed, pointer, {*template, *printed})
    elif is_array(template) and is_array(printed):
        yield from _template_items(deeper, template, printed, pointer)
    elif not _could_be(template, printed):
        yield Difference(pointer=pointer, expected=template, actual=printed)


def _could_be(template: object, printed: object) -> bool:
    """Whether a value that holds no other is one that `template` could become."""
    if isinstance(template, str) and isinstance(printed, str):
        return pattern(template).fullmatch(printed) is not None
    return not any(differences(template, printed))


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
    return json_type(expected) == json_type(actual) and expected == actual


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    return Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def json_type(value: object) -> str:
    """The type that JSON has for `value`; whole numbers and fractions are two."""
    names = (name for kind, name in _JSON_TYPES if isinstance(value, kind))
    return next(names, "null")


def _parsed(text: object) -> object:
    try:
        return json.loads(text, parse_float=Decimal) if isinstance(text, str) else text
    except ValueError:
        return text
