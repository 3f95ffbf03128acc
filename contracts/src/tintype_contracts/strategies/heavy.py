"""Answers that are too much, and what reading them costs."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TypeVar

from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import is_array
from tintype_contracts.strategies.mutations import Mutation, places

T = TypeVar("T")

_SECONDS = 5.0
_BYTES = 256 * 1024 * 1024
_MARK = "{heavy}"
_DEEP = 100_000
_DEEP_OBJECTS = 20_000  # each is two tokens, and no stack is as deep
_LEVELS = 300
_ITEMS = 2_000
_DIGITS = 4_000
_LETTERS = 1_000_000

# JSON that no Python value writes, by the type of the value in whose place it is put.
_NUMBERS = {
    "a number of 4,000 digits": "9" * _DIGITS,
    "a number of 10,000 digits": "9" * 10_000,
    "a number as 1e400": "1e400",
    "a number as 1e-400": "1e-400",
}
_WORDS = {"a text of a million letters": f'"{"a" * _LETTERS}"'}
_ANYTHING = {"a list in a list, 300 deep": "[" * _LEVELS + "]" * _LEVELS}


def heavy_bodies(body: object) -> Iterator[tuple[str, bytes]]:
    """Bodies that are too much, each with its name."""
    yield f"lists nested {_DEEP:,} deep", b"[" * _DEEP
    yield f"objects nested {_DEEP_OBJECTS:,} deep", b'{"a":' * _DEEP_OBJECTS
    yield "a body of blanks", b" " * _LETTERS
    for pointer, value in places(body):
        if pointer:
            yield from _at(body, pointer, value)


def _at(body: object, pointer: str, value: object) -> Iterator[tuple[str, bytes]]:
    """The same with too much in one place."""
    for name, text in _texts(value).items():
        marked = dump(Mutation(pointer=pointer, value=_MARK).apply(body))
        yield f"{name} at {pointer}", marked.replace(f'"{_MARK}"', text, 1).encode()
    if is_array(value) and value:
        many = Mutation(pointer=pointer, value=[value[0]] * _ITEMS)
        yield f"{_ITEMS:,} items at {pointer}", dump(many.apply(body)).encode()


def _texts(value: object) -> Mapping[str, str]:
    match value:
        case str():
            return _WORDS
        case bool():
            return {}
        case int() | Decimal():
            return _NUMBERS
        case _:
            return _ANYTHING


def strained(act: Callable[[], T]) -> tuple[T, str]:
    """What `act` came to, and how it took too much, or ""."""
    tracemalloc.start()
    start = time.process_time()
    try:
        said = act()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    took = time.process_time() - start
    if took > _SECONDS:
        return said, f"it takes {took:.0f} s of computing"
    return said, f"it takes {peak // 2**20} MiB of memory" if peak > _BYTES else ""
