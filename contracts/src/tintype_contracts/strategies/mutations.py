"""JSON bodies bent at a single place, in every way that JSON has.

A trial with 28 broken plugins needed nothing else to find all of them. Each mutation has a
name, `POINTER=VALUE`, that a report prints and `tintype contracts replay --mutate` takes.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, NoReturn

from attrs import frozen

from tintype_contracts.fixtures.comparing import differences
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import is_array, join, tokens
from tintype_contracts.fixtures.spelling import Verbatim, spelt


class _Dropped:
    """The type of `DROPPED`."""

    def __repr__(self) -> str:
        return "DROPPED"


DROPPED: Final = _Dropped()
"""The value of a mutation that takes its place away."""


REPLACEMENTS: tuple[object, ...] = (
    None,
    True,
    False,
    7,
    -1,
    Decimal("7.9"),
    "text",
    "",
    [],
    {},
    [None],
)
"""What is put in the place of every value, whatever it is."""


_MAX_DIGITS = 300


@frozen(kw_only=True)
class Mutation:
    """One value in the place of another.

    Attributes:
        pointer: JSON pointer of the place.
        value: What is put there, or `DROPPED`.
    """

    pointer: str
    value: object

    def __str__(self) -> str:
        """`POINTER=VALUE`; nothing after the sign where the place is taken away."""
        return f"{self.pointer}={'' if self.value is DROPPED else spelt(self.value)}"

    @classmethod
    def parse(cls, text: str) -> Mutation:
        """What `str` wrote.

        Raises:
            ValueError: It is not `POINTER=VALUE` with a JSON pointer and JSON, or nothing.
        """
        pointer, sign, value = text.partition("=")
        if not sign or (pointer and not pointer.startswith("/")):
            msg = f"{text!r} is not POINTER=VALUE, such as /status=null."
            raise ValueError(msg)
        if not value:
            return cls(pointer=pointer, value=DROPPED)
        return cls(pointer=pointer, value=_json(pointer, value))

    def apply(self, body: object) -> object:
        """`body` with this value in that place; `body` itself is left alone.

        Raises:
            LookupError: There is no such place.
        """
        return _replaced(body, tokens(self.pointer), self.value)


def _json(pointer: str, text: str) -> object:
    """What stands behind a key: a value where Python has one, else the text itself."""
    key = dump((tokens(pointer) or [""])[-1])
    try:
        value: object = json.loads(
            text, parse_float=_fraction, parse_constant=_refuse, object_pairs_hook=_single
        )
        dump(value).encode()
    except (ValueError, RecursionError):
        if _can_stand(f"{{{key}:{text}}}"):
            return Verbatim(text)
        written = shlex.quote(f"{pointer}={dump(text)}")
        msg = f"{text!r} is not JSON. A text is written {written}."
        raise ValueError(msg) from None
    return value


def _fraction(text: str) -> Decimal:
    number = Decimal(text)
    return number if abs(number.adjusted()) < _MAX_DIGITS else _refuse(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _single(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _refuse("a key stands twice")


def _can_stand(text: str) -> bool:
    """Whether a text is JSON by the laxest reading."""
    try:
        json.loads(text, strict=False, parse_int=str, parse_float=str)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def mutations(body: object) -> Iterator[Mutation]:
    """Every mutation of `body`: each place, with each value that is not there already."""
    for pointer, value in places(body):
        if pointer:
            yield Mutation(pointer=pointer, value=DROPPED)
        for other in (*REPLACEMENTS, *swapped(value)):
            if any(differences(value, other)):
                yield Mutation(pointer=pointer, value=other)


def places(body: object, pointer: str = "") -> Iterator[tuple[str, object]]:
    """Every value of `body` with its pointer, those that hold others among them."""
    yield pointer, body
    for key, item in _items(body):
        yield from places(item, join(pointer, key))


def swapped(value: object) -> Iterator[object]:
    """The same value as another type of JSON would write it: 7 as "7", true as 1."""
    match value:
        case bool():
            yield from (dump(value), int(value))
        case int() | Decimal():
            yield from (dump(value), value + Decimal("0.9"))
        case str():
            yield from ([value], {"value": value})
        case Mapping():
            yield from (dump(value), [value])
        case list() if value:
            yield from (dump(value), value[0])
        case _:
            return


def _items(body: object) -> Iterator[tuple[object, object]]:
    if isinstance(body, Mapping):
        yield from body.items()
    elif is_array(body):
        yield from enumerate(body)


def _replaced(body: object, path: list[str], value: object) -> object:
    if not path:
        return value
    first, *rest = path
    if isinstance(body, Mapping):
        return _with_key(dict(body), first, rest, value)
    if is_array(body) and first.isdecimal() and int(first) < len(body):
        return _with_item(list(body), int(first), rest, value)
    msg = f"There is no place called {first!r}."
    raise LookupError(msg)


def _with_key(body: dict[str, object], key: str, rest: list[str], value: object) -> object:
    if not rest and value is DROPPED:
        body.pop(key)
    elif rest or key in body:
        body[key] = _replaced(body[key], rest, value)
    else:
        body[key] = value
    return body


def _with_item(body: list[object], index: int, rest: list[str], value: object) -> object:
    if not rest and value is DROPPED:
        del body[index]
    else:
        body[index] = _replaced(body[index], rest, value)
    return body
