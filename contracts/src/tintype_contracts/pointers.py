"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeGuard


class _Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""What `get` answers where there is no value: JSON null is one."""


def tokens(pointer: str) -> list[str]:
    """The reference tokens of `pointer`, unescaped."""
    parts = pointer.split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def join(pointer: str, token: object) -> str:
    """`pointer`, one step deeper."""
    escaped = str(token).replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{escaped}"


def get(value: object, pointer: str) -> object:
    """The value at `pointer`, or `MISSING`."""
    for token in tokens(pointer):
        value = _step(value, token)
    return value


def _step(value: object, token: str) -> object:
    if isinstance(value, Mapping):
        return value.get(token, MISSING)
    if is_array(value) and token.isdecimal() and int(token) < len(value):
        return value[int(token)]
    return MISSING


def is_array(value: object) -> TypeGuard[Sequence[object]]:
    """Whether `value` is a JSON array."""
    return isinstance(value, list | tuple)


def leaves(value: object, pointer: str = "") -> Iterator[tuple[str, object]]:
    """Every value that holds no other, with its pointer; empty containers among them."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from leaves(item, join(pointer, key))
    elif is_array(value) and value:
        for index, item in enumerate(value):
            yield from leaves(item, join(pointer, index))
    else:
        yield pointer, value


def covers(pointer: str, deeper: str) -> bool:
    """Whether `deeper` is `pointer`, or lies below it."""
    return deeper == pointer or deeper.startswith(f"{pointer}/")
