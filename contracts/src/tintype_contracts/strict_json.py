"""JSON text read so that nothing in it is lost: fractions as decimals, no key twice."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import NoReturn


def parse(text: str | bytes) -> object:
    """The value that `text` spells.

    Raises:
        ValueError: It is not JSON, has one key twice in an object, or a number that JSON
            has no word for (`NaN`).
    """
    value: object = json.loads(
        text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once
    )
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys all differ."""
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        msg = f"the key {twice!r} stands twice in one object"
        raise ValueError(msg)
    return made


def _refuse(word: str) -> NoReturn:
    msg = f"{word} is no number of JSON"
    raise ValueError(msg)
