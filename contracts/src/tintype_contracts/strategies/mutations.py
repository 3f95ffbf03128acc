"""JSON bodies bent at a single place, in every way that JSON has.

A trial with 28 broken plugins needed nothing else to find all of them. Each mutation has a
name, `POINTER=VALUE`, that a report prints and `tintype contracts replay --mutate` takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from attrs import frozen

from tintype_contracts.case import DROPPED, read, written
from tintype_contracts.fixtures.comparing import differences
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import is_array, join, tokens

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
        return written(self.pointer, self.value)

    @classmethod
    def parse(cls, text: str) -> Mutation:
        """What `str` wrote.

        Raises:
            ValueError: It is not `POINTER=VALUE` with a JSON pointer and JSON, or nothing.
        """
        pointer, value = read(text)
        if pointer and not pointer.startswith("/"):
            msg = f"{text!r} is not POINTER=VALUE, such as /status=null."
            raise ValueError(msg)
        return cls(pointer=pointer, value=value)

    def apply(self, body: object) -> object:
        """`body` with this value in that place; `body` itself is left alone.

        Raises:
            LookupError: There is no such place.
        """
        return _replaced(body, tokens(self.pointer), self.value)


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
    """The same value as another type of JSON would write it: 7 as "7", true as 1.

    An address is put so that nobody can go there: half a host, a port that is none.
    """
    match value:
        case bool():
            yield from (dump(value), int(value))
        case int() | Decimal():
            yield from (dump(value), value + Decimal("0.9"))
        case str():
            yield from ([value], {"value": value}, *no_addresses(value))
        case Mapping():
            yield from (dump(value), [value])
        case list() if value:
            yield from (dump(value), value[0])
        case _:
            return


def no_addresses(value: object) -> Iterator[str]:
    """In the place of an address, what looks like one and leads nowhere."""
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        yield from ("http://[x", "https://cdn.test:99999/1.png")


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
