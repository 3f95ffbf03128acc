"""Whether numbers of an answer reach the neutral value digit for digit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import attrs
from attrs import evolve, frozen

from tintype.errors import TintypeError
from tintype.models import Task
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import is_array, join
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, Broken, Parsed, verdict
from tintype_contracts.strategies.mutations import Mutation, places

_MARK = "tintype-number-here"
# A float keeps neither: 19 digits behind the point, and an odd integer beyond 2**53.
_EXACT = ("0.1234567890123456789", "9007199254740993")


@frozen(kw_only=True)
class NumberFault:
    """A number that was changed on its way.

    Attributes:
        pointer: Where it stands in the answer.
        place: Where it arrived in the neutral value.
        told: As it was told.
        made: What was made of it.
    """

    pointer: str
    place: str
    told: str
    made: object


def number_faults(subject: Subject, answer: Answer) -> Iterator[NumberFault]:
    """The numbers that the plugin passes on, and does not pass on exactly."""
    usual = _numbers(verdict(subject, answer))
    for pointer, value in places(answer.body):
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            continue
        for place in _passed_on(subject, answer, pointer, value) & usual.keys():
            for told in _EXACT:
                made = _numbers(verdict(subject, _telling(answer, pointer, told))).get(place)
                if made is not None and made != Decimal(told):
                    yield NumberFault(pointer=pointer, place=place, told=told, made=made)


def _passed_on(subject: Subject, answer: Answer, pointer: str, value: int | Decimal) -> set[str]:
    """The places of the neutral value where the number at `pointer` arrives as it is."""
    places_of: list[set[str]] = []
    for told in (value + 2, value + 3):
        made = _numbers(verdict(subject, _telling(answer, pointer, str(told))))
        places_of.append({place for place, number in made.items() if number == told})
    return set.intersection(*places_of)


def _telling(answer: Answer, pointer: str, number: str) -> Answer:
    """The answer with a number written out at `pointer`, which no float has touched."""
    marked = Mutation(pointer=pointer, value=_MARK).apply(answer.body)
    text = dump(marked).replace(f'"{_MARK}"', number)
    return answer.bytes(text.encode())


def _numbers(said: Parsed) -> Mapping[str, Decimal | int | float]:
    """Every number of a neutral value by its place; of an error, none."""
    if isinstance(said, TintypeError | Broken):
        return {}
    plain = attrs.asdict(evolve(said, raw={}) if isinstance(said, Task) else said)
    return {place: number for place, number in _leaves(plain, "") if place not in _FLOATS}


# tintype's own types say float here: a share of the whole, and seconds to wait.
_FLOATS = frozenset({"/progress", "/poll_after"})


def _leaves(value: object, place: str) -> Iterator[tuple[str, Decimal | int | float]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, join(place, key))
    elif is_array(value):
        for index, item in enumerate(value):
            yield from _leaves(item, join(place, index))
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        yield place, value
