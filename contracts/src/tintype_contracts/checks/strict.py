"""strict: what decides is never guessed, and nothing is coerced.

cattrs, `int()`, `str()` and truthiness turn a value of another type into the documented one
without a word (cattrs issues 26, 44, 53 and 316). The oracle is the same for every swap in
the table below: a documented value gives way to one of another type. If what comes of it is
what would have come of the coerced value, and not what comes of an answer without it, then
the plugin has coerced it. A type that any documented answer shows at that place is a
documented type. What is written otherwise and says the same is read, not coerced: an id in
digits, a whole number in a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache, partial
from typing import TypeAlias

from attrs import evolve

from tintype.errors import TintypeError
from tintype.models import Task
from tintype_contracts.case import DROPPED, Case
from tintype_contracts.check import Finding, check, check_each
from tintype_contracts.fixtures.comparing import json_type
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import MISSING, get
from tintype_contracts.fixtures.strict_json import spell
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import (
    Answer,
    Broken,
    Parsed,
    one_a_shape,
    verdict,
)
from tintype_contracts.oracles.paid import documented_types, inner_places, place
from tintype_contracts.oracles.paid_trials import DECISIVE, misread, trials_of
from tintype_contracts.strategies.mutations import Mutation
from tintype_contracts.strategies.tellings import told, usual

_Swap: TypeAlias = tuple[object, tuple[object, ...]]
"""A value of another type than documented, and what a careless reader makes of it."""

_HALF = Decimal("0.9")


_HALF = Decimal("0.9")


def _swaps(value: object) -> tuple[_Swap, ...]:
    """Values of other types for a documented one, each with what it may not be read as."""
    match value:
        case bool():
            no_truths: tuple[object, ...] = ("", 7, [], {})
            others = tuple((wrong, (True, False)) for wrong in no_truths)
            return ("false", (True,)), ("true", (False,)), (0, (True,)), *others
        case int() | Decimal():
            return _of_number(value)
        case str():
            odd = (Decimal("7.9"), True, [value], {"value": value})
            read = tuple((wrong, (dump(wrong), str(wrong), repr(wrong))) for wrong in odd)
            return (None, ("None", "null")), *read
        case list():
            return (
                ("", ([],)),
                ({}, ([],)),
                ("text", (["t", "e", "x", "t"],)),
                ({"key": "value"}, (["key"],)),
                *_without_brackets(value),
            )
        case _:
            return ()


def _of_number(number: int | Decimal) -> tuple[_Swap, ...]:
    """Texts that `int` and `Decimal` read, truth values, null; fractions of a whole number."""
    cut: tuple[_Swap, ...] = (
        (number + _HALF, (number, int(number) + 1)),
        (Decimal("7.9"), (7, 8)),
    )
    return (
        ("", (0,)),
        ("7.9", (7, 8)),
        ("7 credits", (7,)),
        ("1_000", (1000,)),
        ("\u0667", (7,)),
        (True, (1,)),
        (False, (0,)),
        (None, (0,)),
        *(cut if isinstance(number, int) else ()),
    )


def _without_brackets(documented: list[object]) -> tuple[_Swap, ...]:
    """A list of one, written as its only item."""
    return ((documented[0], (documented,)),) if len(documented) == 1 else ()


def _swapped(subject: Subject) -> Iterator[Case]:
    """Each value of each answer as another type, where no document shows that type there."""
    documented = documented_types(subject)
    for answer in _read(subject):
        for pointer, value in inner_places(answer):
            for wrong, _ in _swaps(value):
                if json_type(wrong) not in documented[place(pointer)]:
                    yield Case(place=answer.exchange.id, given={pointer: wrong})


@check_each("strict.nothing-is-coerced", _swapped, level=1)
def nothing_is_coerced(subject: Subject, case: Case) -> Iterator[Finding]:
    """A value of another type than documented is not taken for what Python makes of it.

    `str(None)` is "None", a picture at a URL that was paid for and is lost; `int("1_000")` is
    1000, and `int(7.9)` is 7; True is 1 to `isinstance`, `bool("false")` is True, and
    `tuple("ab")` has two items. What an answer decides with, is charged by or leads to must be
    what it says, or an error.

    Do not call `str()`, `int()`, `float()` or `bool()` on what a provider sent, and compare
    `answer.success is True`. Read answers with `tintype.convert`: of a text it takes whole
    numbers in ASCII digits, of a number its digits, and leaves out the rest.
    """
    answer = usual(subject, case)
    for pointer, wrong in case.given.items():
        heard = partial(_heard, subject, answer, pointer)
        said = heard(wrong)
        if isinstance(said, TintypeError | Broken) or said == _without(
            subject, case.place, pointer
        ):
            continue
        read_as = dict(map(_spelt, _swaps(get(answer.body, pointer)))).get(spell(wrong), ())
        for each in [each for each in read_as if said == heard(each)][:1]:
            what = f"With {case} {dump(wrong)} is read as {dump(each)}."
            yield _finding(answer, f"{what} Read it with tintype.convert.", pointer)


def _spelt(swap: _Swap) -> tuple[str, tuple[object, ...]]:
    return spell(swap[0]), swap[1]


def _no_objects(subject: Subject) -> Iterator[Case]:
    """Each body that is an object as something else, but for what is documented there."""
    read = _read(subject)
    for answer in read:
        operation = answer.exchange.operation
        usual = [each.body for each in read if each.exchange.operation == operation]
        others: tuple[object, ...] = (None, [], [answer.body], "text", "", 7, True, {})
        for wrong in others if isinstance(answer.body, Mapping) else ():
            if wrong not in usual:
                yield Case(place=answer.exchange.id, given={"": wrong})


@check_each("strict.a-body-is-an-object", _no_objects, level=1)
def a_body_is_an_object(subject: Subject, case: Case) -> Iterator[Finding]:
    """A body that is a list, a text, a number or null is a ProtocolError where an object is due.

    cattrs raises an AttributeError for a list where it forbids extra keys, and a TypeError
    for null; `answer["data"]` on a list raises a TypeError. None of them is an error that
    the core waits out. `tintype.convert` raises the right one.
    """
    answer = told(subject, case)
    said = verdict(subject, answer)
    if case.given and not isinstance(said, TintypeError):
        deed = said.deed if isinstance(said, Broken) else "it is read as a success"
        yield _finding(answer, f"With {case.mutations[0]} {deed}.")


@check("strict.nothing-decisive-is-guessed", level=2)
def nothing_decisive_is_guessed(subject: Subject) -> Iterator[Finding]:
    """Where an answer decides, an odd value is an error of that answer: never a success or an end.

    The id in the answer to a create, the status, and the picture itself decide. Each is made
    odd in every way of `strategies.odd_values`. The plugin has to raise a ProtocolError that does
    not deny the money, so that the core keeps the answer, and a poll is asked again. A whole
    number for an id is its digits; an unknown status is an UnknownStatusError.
    """
    mend = "Raise a ProtocolError: the core keeps the answer."
    yield from misread(trials_of(subject, DECISIVE), mend)


# ------------------------------------------------------------------------ the oracle


@lru_cache(maxsize=1)
def _without(subject: Subject, exchange: str, pointer: str) -> Parsed:
    """What comes of an exchange's answer where nothing stands there."""
    return _heard(subject, usual(subject, Case(place=exchange)), pointer, DROPPED)


def _heard(subject: Subject, answer: Answer, pointer: str, value: object) -> Parsed:
    """What comes of a value there, apart from the copy of the answer itself and words about it."""
    mutation = Mutation(pointer=pointer, value=value)
    said = verdict(subject, answer.saying(mutation.apply(answer.body)))
    return evolve(said, raw={}, notices=()) if isinstance(said, Task) else said


def _read(subject: Subject) -> list[Answer]:
    """The answers that a value is made of. What an error makes of a field is no value."""
    return [
        answer
        for answer in one_a_shape(subject)
        if answer.body is not MISSING and answer.exchange.expect.outcome != "error"
    ]


def _finding(answer: Answer, message: str, pointer: str = "") -> Finding:
    return Finding(
        message=message,
        expected="a ProtocolError, or what comes of an answer without that value",
        src=answer.exchange.src,
        pointer=pointer,
    )
