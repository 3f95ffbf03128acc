"""Names in braces, such as `{region}`: what somebody else fills in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

HOLE = re.compile(r"\{(\w+)\}")
BRACE = re.compile("[{}]")


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON value, however deep, without the names of fields."""
    match value:
        case str():
            yield value
        case Mapping():
            yield from chain.from_iterable(map(texts_in, value.values()))
        case list() | tuple():
            yield from chain.from_iterable(map(texts_in, value))
        case _:
            pass


def with_texts(value: object, told: Callable[[str], str]) -> object:
    """A JSON value with something else in place of each of its texts."""
    match value:
        case str():
            return told(value)
        case Mapping():
            return {name: with_texts(each, told) for name, each in value.items()}
        case list() | tuple():
            return [with_texts(each, told) for each in value]
        case _:
            return value
