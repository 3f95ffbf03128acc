"""What a check tries: a place and what is other than usual there, as data.

A case is written `NAME=VALUE …`, as `tintype contracts replay` takes it, and is made smaller
by leaving out and shortening what it holds, whatever the check: so what a report names is
the smallest case, and exactly that case can be tried again.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final, NoReturn

from attrs import evolve, field, frozen

from tintype._excerpts import quoted
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import tokens
from tintype_contracts.fixtures.strict_json import Verbatim, spell


class _Dropped:
    """The type of `DROPPED`."""

    def __repr__(self) -> str:
        return "DROPPED"


DROPPED: Final = _Dropped()
"""The value of a place that is taken away."""

_KEPT = frozenset({"model"})
"""What says of whom something is asked, and not what."""

_FREE = frozenset({"prompt", "negative_prompt", "user", "letters", "about", "cut", "id", "url"})
"""What may be shortened: any value of it is one that a caller, or a provider, may choose."""

_MAX_TRIES = 400
_MAX_DIGITS = 300


@frozen(kw_only=True)
class Case:
    """One thing that a check tries.

    Attributes:
        place: The operation that is asked, or the exchange whose answer is told; "" for none.
        given: What is asked for, or what is other than documented, by its name: a field, or
            a JSON pointer.
    """

    place: str = ""
    given: Mapping[str, object] = field(factory=dict)

    @property
    def mutations(self) -> tuple[str, ...]:
        """`NAME=VALUE` of each, as `tintype contracts replay` takes them."""
        return tuple(written(name, value) for name, value in self.given.items())

    @classmethod
    def of(cls, place: str, mutations: Iterable[str]) -> Case:
        """What `mutations` wrote.

        Raises:
            ValueError: One is not `NAME=VALUE`, or its value is no JSON where it has to be.
        """
        return cls(place=place, given=dict(map(read, mutations)))

    def __str__(self) -> str:
        """What is given, for a message: `quality='high', n=2 of model-1`."""
        shown = [f"{name}={quoted(value)}" for name, value in self.asked.items()]
        model = self.given.get("model")
        return f"{', '.join(shown) or 'nothing'}{f' of {model}' if model else ''}"

    @property
    def asked(self) -> Mapping[str, object]:
        """What is given, but for what it is given to."""
        return {name: value for name, value in self.given.items() if name not in _KEPT}

    def only(self, *names: str) -> Case:
        """The same case with nothing but what has these names."""
        return evolve(self, given={name: self.given[name] for name in names if name in self.given})

    def giving(self, **others: object) -> Case:
        """The same case with these values as well."""
        return evolve(self, given={**self.given, **others})


def smallest(case: Case, fails: Callable[[Case], bool]) -> Case:
    """The same case without all that can be left out of it while it still fails."""
    tries = iter(range(_MAX_TRIES))
    found: Case | None = case
    while found is not None:
        case = found
        found = next(
            (each for each, _ in zip(_smaller(case), tries, strict=False) if fails(each)), None
        )
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """The case with one thing less, then with one value shorter."""
    for name in case.asked:
        yield evolve(case, given={key: it for key, it in case.given.items() if key != name})
    for name, value in case.given.items():
        for shorter in _shorter(value) if name in _FREE else ():
            yield case.giving(**{name: shorter})


def _shorter(value: object) -> Iterator[object]:
    """A number nearer to 0, a text without some of it: the most first."""
    size = len(value) if isinstance(value, str) else value if isinstance(value, int) else 0
    step = size
    while step:
        if isinstance(value, str):
            starts = range(0, size, step)
            yield from (value[:start] + value[start + step :] for start in starts if step < size)
        else:
            yield size - step
        step //= 2


def written(name: str, value: object) -> str:
    """`NAME=VALUE`: JSON behind a pointer, nothing where it is dropped; else as plain as it can be.

    A text that would be read as something else is written as JSON.
    """
    if _is_pointer(name):
        return f"{name}={'' if value is DROPPED else spell(value)}"
    plain = isinstance(value, str) and _json_or_text(value) == value
    return f"{name}={value if plain else dump(value)}"


def read(text: str) -> tuple[str, object]:
    """The name and the value that `written` wrote.

    Raises:
        ValueError: It is not `NAME=VALUE`, or behind a pointer no JSON.
    """
    name, sign, value = text.partition("=")
    if not sign:
        msg = f"{text!r} is not POINTER=VALUE, such as /status=null, nor NAME=VALUE."
        raise ValueError(msg)
    if not _is_pointer(name):
        return name, _json_or_text(value)
    return name, _json(name, value) if value else DROPPED


def _is_pointer(name: str) -> bool:
    return not name or name.startswith("/")


def _json_or_text(text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value


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
        as_text = shlex.quote(f"{pointer}={dump(text)}")
        msg = f"{text!r} is not JSON. A text is written {as_text}."
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
