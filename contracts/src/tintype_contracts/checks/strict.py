"""strict: a provider's answer is evidence, so nothing in it is coerced.

cattrs, `int()`, `str()` and truthiness turn a value of another type into the documented one
without a word (cattrs issues 26, 44, 53 and 316). The oracle of all these checks is the
same: a documented field is given a value of another type. If what comes of it is what would
have come of the coerced value, and something hangs on that field, then the plugin has
coerced it. A type that any documented answer shows at that place is a documented type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from attrs import evolve, frozen

from tintype.errors import TintypeError
from tintype.models import Task
from tintype_contracts.checks.registry import Finding, NotApplicable, check
from tintype_contracts.examining.subject import Subject
from tintype_contracts.fixtures.comparing import json_type
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.rehearsing.mutation import DROPPED, Mutation, places
from tintype_contracts.rehearsing.retelling import (
    Answer,
    Broken,
    Heard,
    documented_answers,
    verdict,
)

_INDEX = re.compile(r"/\d+(?=/|$)")
_NUMBER = re.compile(r"-?\d+")
_HALF = Decimal("0.9")


@frozen(kw_only=True)
class _Swap:
    """A value of another type than documented, and what a lenient reader makes of it."""

    wrong: object
    read_as: tuple[object, ...]


_Swaps: TypeAlias = Callable[[object], Iterator[_Swap]]


@check("strict.null-is-not-text", level=1)
def null_is_not_text(subject: Subject) -> Iterator[Finding]:
    """A null where a text is documented is not the text "None".

    `str(None)` is "None", and a picture at the URL "None" is one that was paid for and is
    lost. Read the answer with `tintype.convert.read` into a class whose field is `str`, or
    `str | None` where the documents show a null.
    """

    def swaps(documented: object) -> Iterator[_Swap]:
        if isinstance(documented, str):
            yield _Swap(wrong=None, read_as=("None", "null"))

    yield from _coerced(subject, swaps)


@check("strict.only-text-is-text", level=1)
def only_text_is_text(subject: Subject) -> Iterator[Finding]:
    """A number, a truth value, a list or an object is not the text that Python writes for it.

    Do not call `str()` on what a provider sent: a field of type `str` in a class that is
    read with `tintype.convert.read` refuses all else. Where the documents show two types,
    write the union, `int | str`.
    """

    def swaps(documented: object) -> Iterator[_Swap]:
        if not isinstance(documented, str):
            return
        others: tuple[object, ...] = (7, Decimal("7.9"), True, [documented], {"value": documented})
        for wrong in others:
            yield _Swap(wrong=wrong, read_as=(dump(wrong), str(wrong), repr(wrong)))
        if _NUMBER.fullmatch(documented):
            yield _Swap(wrong=int(documented), read_as=(documented,))

    yield from _coerced(subject, swaps)


@check("strict.text-is-not-a-number", level=1)
def text_is_not_a_number(subject: Subject) -> Iterator[Finding]:
    """A text that looks like a number is not that number: "7" is not 7.

    A provider that begins to write its numbers as texts has changed its API; what else it
    changed nobody knows. Use `int` and `Decimal` fields read with `tintype.convert.read`.
    """

    def swaps(documented: object) -> Iterator[_Swap]:
        if _is_number(documented):
            yield _Swap(wrong=dump(documented), read_as=(documented,))
            yield _Swap(wrong="7", read_as=(7,))

    yield from _coerced(subject, swaps)


@check("strict.fractions-are-not-cut", level=1)
def fractions_are_not_cut(subject: Subject) -> Iterator[Finding]:
    """A fraction where a whole number is documented is not cut to one: 7.9 is not 7.

    `int(7.9)` is 7, and a cost of 7.9 credits is not a cost of 7. Use an `int` field read
    with `tintype.convert.read`, which refuses a fraction, or `Decimal`, which keeps it.
    """

    def swaps(documented: object) -> Iterator[_Swap]:
        if isinstance(documented, int) and not isinstance(documented, bool):
            yield _Swap(wrong=documented + _HALF, read_as=(documented, documented + 1))
            yield _Swap(wrong=Decimal("7.9"), read_as=(7, 8))

    yield from _coerced(subject, swaps)


@check("strict.truth-is-not-a-number", level=1)
def truth_is_not_a_number(subject: Subject) -> Iterator[Finding]:
    """True where a number is documented is not 1, and null is not 0.

    `True` is an `int` to Python, so `isinstance(value, int)` lets it pass; and
    `float(value or 0)` makes a price of 0 from a null. `tintype.convert.read` admits
    neither.
    """

    def swaps(documented: object) -> Iterator[_Swap]:
        if _is_number(documented):
            yield _Swap(wrong=True, read_as=(1,))
            yield _Swap(wrong=False, read_as=(0,))
            yield _Swap(wrong=None, read_as=(0,))

    yield from _coerced(subject, swaps)


@check("strict.only-truth-is-truth", level=1)
def only_truth_is_truth(subject: Subject) -> Iterator[Finding]:
    """A text or a number where a truth value is documented is none: "false" is not True.

    `bool("false")` is True, and so is `if answer["success"]`. Use a `bool` field read with
    `tintype.convert.read`, and compare: `answer.success is True`.
    """

    def swaps(documented: object) -> Iterator[_Swap]:
        if isinstance(documented, bool):
            others: tuple[object, ...] = ("false", "true", "", 1, 0, 7, [], {})
            for wrong in others:
                yield _Swap(wrong=wrong, read_as=(True, False))

    yield from _coerced(subject, swaps)


@check("strict.only-a-list-is-a-list", level=1)
def only_a_list_is_a_list(subject: Subject) -> Iterator[Finding]:
    """A text or an object where a list is documented is not a list of its letters or keys.

    `tuple("")` and `tuple({})` are empty, `tuple("ab")` has two items: the letters of an
    error message become images. Use a `tuple[…, ...]` field read with
    `tintype.convert.read`.
    """

    def swaps(documented: object) -> Iterator[_Swap]:
        if isinstance(documented, list):
            yield _Swap(wrong="", read_as=([],))
            yield _Swap(wrong={}, read_as=([],))
            yield _Swap(wrong="text", read_as=(["t", "e", "x", "t"],))
            yield _Swap(wrong={"key": "value"}, read_as=(["key"],))
            yield from _unwrapped(documented)

    yield from _coerced(subject, swaps)


@check("strict.a-body-is-an-object", level=1)
def a_body_is_an_object(subject: Subject) -> Iterator[Finding]:
    """A body that is a list, a text, a number or null is a ProtocolError where an object is due.

    cattrs raises an AttributeError for a list where it forbids extra keys, and a TypeError
    for null; `answer["data"]` on a list raises a TypeError. None of them is an error that
    the core waits out. `tintype.convert.read` raises the right one.
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


# ------------------------------------------------------------------------ the oracle


def _coerced(subject: Subject, swaps: _Swaps) -> Iterator[Finding]:
    """A finding for each swap that comes to the same as its coerced value."""
    documented = _documented_types(subject)
    looked = False
    for answer in _read(subject):
        for pointer, value in _fields(answer):
            allowed = documented[_place(pointer)]
            for swap in swaps(value):
                looked = True
                if json_type(swap.wrong) not in allowed:
                    yield from _judged(subject, answer, pointer, swap)
    if not looked:
        msg = "No documented answer holds a value of that type."
        raise NotApplicable(msg)


def _fields(answer: Answer) -> Iterator[tuple[str, object]]:
    """Every value inside a body; the events of a stream are bodies of their own."""
    outermost = 1 if answer.streamed else 0
    for pointer, value in places(answer.body):
        if pointer.count("/") > outermost:
            yield pointer, value


def _judged(subject: Subject, answer: Answer, pointer: str, swap: _Swap) -> Iterator[Finding]:
    mutation = Mutation(pointer=pointer, value=swap.wrong)
    said = _heard(subject, answer, mutation)
    if isinstance(said, TintypeError | Broken):
        return
    same = [each for each in swap.read_as if said == _at(subject, answer, pointer, each)]
    if not same or _is_harmless(subject, answer, mutation, same[0]):
        return
    what = f"{dump(swap.wrong)} is read as {dump(same[0])}"
    yield _finding(answer, mutation, f"{what}. Use tintype.convert.read, which refuses it.")


def _is_harmless(subject: Subject, answer: Answer, mutation: Mutation, read_as: object) -> bool:
    """Whether nothing hangs on a value.

    A null may count as nothing, so it is harmless if it comes to the same as no value. Any
    other value is harmless only where one of the documented type makes no difference either.
    """
    said, pointer = _heard(subject, answer, mutation), mutation.pointer
    if said != _at(subject, answer, pointer, DROPPED):
        return False
    others = (_at(subject, answer, pointer, other) for other in _others(read_as))
    return mutation.value is None or all(said == other for other in others)


def _others(value: object) -> Iterator[object]:
    """Other values of the same type."""
    match value:
        case bool():
            yield not value
        case str():
            yield f"{value}, and more"
        case int() | Decimal():
            yield value + 1
        case list():
            yield [] if value else ["text"]
        case _:
            return


def _at(subject: Subject, answer: Answer, pointer: str, value: object) -> Heard:
    return _heard(subject, answer, Mutation(pointer=pointer, value=value))


def _heard(subject: Subject, answer: Answer, mutation: Mutation) -> Heard:
    """What comes of a mutation, apart from the copy of the answer itself."""
    said = verdict(subject, answer.saying(mutation.apply(answer.body)))
    return evolve(said, raw={}) if isinstance(said, Task) else said


def _read(subject: Subject) -> list[Answer]:
    """The answers that a value is made of. What an error makes of a field is no value."""
    return [
        answer
        for answer in documented_answers(subject)
        if answer.body is not MISSING and answer.exchange.expect.outcome != "error"
    ]


@lru_cache(maxsize=1)
def _documented_types(subject: Subject) -> Mapping[str, set[str]]:
    """The types that the documents show at each place; all items of a list are one place."""
    found: dict[str, set[str]] = {}
    for answer in documented_answers(subject):
        for pointer, value in places(answer.body) if answer.body is not MISSING else ():
            found.setdefault(_place(pointer), set()).add(json_type(value))
    return found


def _place(pointer: str) -> str:
    return _INDEX.sub("/*", pointer)


def _unwrapped(documented: list[object]) -> Iterator[_Swap]:
    """A list of one written without its brackets."""
    if len(documented) == 1:
        yield _Swap(wrong=documented[0], read_as=(documented,))


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _finding(answer: Answer, mutation: Mutation, message: str) -> Finding:
    return Finding(
        message=f"With {mutation} {message}",
        expected="a ProtocolError, or what comes of an answer without that value",
        exchange=answer.exchange.id,
        src=answer.exchange.src,
        pointer=mutation.pointer,
        mutations=(str(mutation),),
    )
