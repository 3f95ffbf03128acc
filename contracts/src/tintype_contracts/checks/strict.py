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

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache, partial
from typing import TypeAlias

from attrs import evolve, frozen

from tintype.errors import TintypeError
from tintype.models import Task
from tintype_contracts.case import DROPPED
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.comparing import json_type
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import MISSING
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

_Swap: TypeAlias = tuple[object, tuple[object, ...]]
"""A value of another type than documented, and what a careless reader makes of it."""

_HALF = Decimal("0.9")


@frozen(kw_only=True)
class _Coercion:
    """One kind of coercion.

    Attributes:
        check: The id of its check.
        tells: What `explain` says of it.
        of: The JSON types that it is about.
        swaps: Values of another type, each with what it may not be read as.
    """

    check: str
    tells: str
    of: tuple[str, ...]
    swaps: Callable[[object], tuple[_Swap, ...]]


_NUMBERS = ("integer", "fraction")
_NO_TRUTHS: tuple[object, ...] = ("", 7, [], {})

_TABLE = (
    _Coercion(
        check="strict.null-is-not-text",
        tells="""A null where a text is documented is not the text "None".

        `str(None)` is "None", and a picture at the URL "None" is one that was paid for and is
        lost. Read the answer with `tintype.convert`, which never calls `str()`.
        """,
        of=("string",),
        swaps=lambda _: ((None, ("None", "null")),),
    ),
    _Coercion(
        check="strict.only-text-is-text",
        tells="""A fraction, a truth value, a list or an object is not the text that Python writes.

        Do not call `str()` on what a provider sent. An id or a code that is a whole number is
        read as its digits; all else is no text.
        """,
        of=("string",),
        swaps=lambda text: tuple(
            (wrong, (dump(wrong), str(wrong), repr(wrong)))
            for wrong in (Decimal("7.9"), True, [text], {"value": text})
        ),
    ),
    _Coercion(
        check="strict.text-is-not-a-number",
        tells="""A text is a number only where it is nothing but that number's digits.

        `int("1_000")` is 1000, and `int` reads Arabic digits; an empty text is not 0, "7.9" is
        not 7, and "7 credits" is not a number at all. `tintype.convert` reads whole numbers in
        ASCII digits, and leaves out the rest.
        """,
        of=_NUMBERS,
        swaps=lambda _: (
            ("", (0,)),
            ("7.9", (7, 8)),
            ("7 credits", (7,)),
            ("1_000", (1000,)),
            ("\u0667", (7,)),
        ),
    ),
    _Coercion(
        check="strict.fractions-are-not-cut",
        tells="""A fraction where a whole number is documented is not cut to one: 7.9 is not 7.

        `int(7.9)` is 7, and a cost of 7.9 credits is not a cost of 7. An `int` field read with
        `tintype.convert` leaves a fraction out; a `Decimal` keeps it.
        """,
        of=("integer",),
        swaps=lambda number: (
            (Decimal(str(number)) + _HALF, (number, int(str(number)) + 1)),
            (Decimal("7.9"), (7, 8)),
        ),
    ),
    _Coercion(
        check="strict.truth-is-not-a-number",
        tells="""True where a number is documented is not 1, and null is not 0.

        `True` is an `int` to Python, so `isinstance(value, int)` lets it pass; and
        `float(value or 0)` makes a price of 0 from a null. `tintype.convert` admits neither.
        """,
        of=_NUMBERS,
        swaps=lambda _: ((True, (1,)), (False, (0,)), (None, (0,))),
    ),
    _Coercion(
        check="strict.only-truth-is-truth",
        tells="""What is neither true nor false is no truth value, and "false" is not True.

        `bool("false")` is True, `bool("")` is False, and `if answer["success"]` decides by
        either. Use a `bool` field read with `tintype.convert`, and compare:
        `answer.success is True`.
        """,
        of=("boolean",),
        swaps=lambda _: (
            ("false", (True,)),
            ("true", (False,)),
            (0, (True,)),
            *((wrong, (True, False)) for wrong in _NO_TRUTHS),
        ),
    ),
    _Coercion(
        check="strict.only-a-list-is-a-list",
        tells="""A text or an object where a list is documented is no list of its letters or keys.

        `tuple("")` and `tuple({})` are empty, `tuple("ab")` has two items: the letters of an
        error message become images. Use a list field read with `tintype.convert`.
        """,
        of=("array",),
        swaps=lambda documented: (
            ("", ([],)),
            ({}, ([],)),
            ("text", (["t", "e", "x", "t"],)),
            ({"key": "value"}, (["key"],)),
            *_without_brackets(documented),
        ),
    ),
)


def _without_brackets(documented: object) -> tuple[_Swap, ...]:
    """A list of one, written as its only item."""
    match documented:
        case [only]:
            return ((only, (documented,)),)
        case _:
            return ()


def _entered(row: _Coercion) -> None:
    def run(subject: Subject) -> Iterator[Finding]:
        yield from _coerced(subject, row)

    run.__doc__ = row.tells
    check(row.check, level=1)(run)


for _each in _TABLE:
    _entered(_each)


@check("strict.a-body-is-an-object", level=1)
def a_body_is_an_object(subject: Subject) -> Iterator[Finding]:
    """A body that is a list, a text, a number or null is a ProtocolError where an object is due.

    cattrs raises an AttributeError for a list where it forbids extra keys, and a TypeError
    for null; `answer["data"]` on a list raises a TypeError. None of them is an error that
    the core waits out. `tintype.convert` raises the right one.
    """
    for answer in _read(subject):
        if answer.streamed or not isinstance(answer.body, Mapping):
            continue
        others: tuple[object, ...] = (None, [], [answer.body], "text", "", 7, True, {})
        for wrong in others:
            said = verdict(subject, answer.saying(wrong))
            if not isinstance(said, TintypeError):
                deed = said.deed if isinstance(said, Broken) else "it is read as a success"
                yield _finding(answer, Mutation(pointer="", value=wrong), f"{deed}.")


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


def _coerced(subject: Subject, row: _Coercion) -> Iterator[Finding]:
    """A finding for each swap that comes to the same as its coerced value."""
    documented = documented_types(subject)
    looked = False
    for answer in _read(subject):
        for pointer, value in inner_places(answer):
            heard = partial(_heard, subject, answer, pointer)
            without = cache(partial(heard, DROPPED))
            for wrong, read_as in row.swaps(value) if json_type(value) in row.of else ():
                looked = True
                if json_type(wrong) not in documented[place(pointer)]:
                    same = _coerced_to(heard, without, wrong, read_as)
                    yield from (_coercion(answer, pointer, wrong, each) for each in same)
    if not looked:
        msg = "No documented answer holds a value of that type."
        raise NotApplicable(msg)


def _coerced_to(
    heard: Callable[[object], Parsed],
    without: Callable[[], Parsed],
    wrong: object,
    read_as: tuple[object, ...],
) -> list[object]:
    """The first of these values that the wrong one is read as; nothing where it is refused."""
    said = heard(wrong)
    if isinstance(said, TintypeError | Broken) or said == without():
        return []
    return [each for each in read_as if said == heard(each)][:1]


def _coercion(answer: Answer, pointer: str, wrong: object, read_as: object) -> Finding:
    what = f"{dump(wrong)} is read as {dump(read_as)}"
    message = f"{what}. Read it with tintype.convert, which does not."
    return _finding(answer, Mutation(pointer=pointer, value=wrong), message)


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


def _finding(answer: Answer, mutation: Mutation, message: str) -> Finding:
    return Finding(
        message=f"With {mutation} {message}",
        expected="a ProtocolError, or what comes of an answer without that value",
        exchange=answer.exchange.id,
        src=answer.exchange.src,
        pointer=mutation.pointer,
        mutations=(str(mutation),),
    )
