"""Requests in which documented fields meet: every two values of every two fields at least once.

A field that is sent when it is given alone may be dropped when another is given with it. All
combinations are too many; all pairs are a few dozen requests, for a request holds many pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import combinations, product

from attrs import evolve

from tintype.errors import InvalidRequestError
from tintype_contracts.case import Case
from tintype_contracts.harness.calls import Call
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies import prices
from tintype_contracts.strategies.builder import Builder, builder_of
from tintype_contracts.strategies.named import Factors
from tintype_contracts.strategies.values import PROMPT

_FEW = 2
_PROMPTS = (
    "a lighthouse at night",
    "Zwei Kinder spielen Schach, Aquarell",
    "product photo of a teapot, 85mm, softbox",
    "un gato negro sobre un tejado rojo",
    "logo: the letters QX in blue",
    "雨の夜の路面電車",
    "portrait of an old sailor, oil on canvas",
    f"{'a city of glass towers, ' * 30}at dawn\n\nno people",
)


def together(subject: Subject) -> Iterator[Case]:
    """Requests of every operation and model that hold every pair that is not refused."""
    builder = builder_of(subject)
    for plain in builder.questions():
        yield from _together(builder, plain)


def _together(builder: Builder, plain: Case) -> Iterator[Case]:
    fields = builder.factors(plain)
    left = {
        frozenset({(some, repr(one)), (other, repr(two))}): {some: one, other: two}
        for some, other in combinations(fields, 2)
        for one, two in product(fields[some], fields[other])
    }
    crowds = [*_crowds(fields), *_priced(builder, plain, fields)]
    for number, given in enumerate(crowds):
        case = most_of(builder, plain.giving(**given, about=_PROMPTS[number % len(_PROMPTS)]))
        if case is not None:
            for pair in combinations([(name, repr(it)) for name, it in case.asked.items()], 2):
                left.pop(frozenset(pair), None)
            yield case
    yield from (plain.giving(**pair) for pair in left.values())


def _crowds(fields: Factors) -> Iterator[Mapping[str, object]]:
    """All fields at once, with values so that every two values of two fields meet."""
    for levels in covering(tuple(map(len, fields.values()))):
        yield {name: fields[name][level] for name, level in zip(fields, levels, strict=True)}


def _priced(builder: Builder, plain: Case, fields: Factors) -> Iterator[Mapping[str, object]]:
    """Every line of the price table, as a submission."""
    for case in prices.lines(builder.subject) if plain.place == "submit" else ():
        if case.given["model"] == plain.given["model"]:
            edits = {"references": _FEW} if case.given.get("references") else {}
            wanted = {**case.asked, **edits}
            yield {name: value for name, value in wanted.items() if name in fields}


def most_of(builder: Builder, case: Case) -> Case | None:
    """As many of the given as may be given together; None where not even two may.

    The field that a refusal names is given up, and the last one where it names none.
    """
    while len(case.asked) > _FEW:
        try:
            return case if builder.build(case) else None
        except InvalidRequestError as error:
            blamed = (error.field or "").split(".")[0]
            asked = [name for name in case.asked if name != "about"]
            lost = {name for name in asked if name.split("/")[0] == blamed} or {asked[-1]}
            left = {name: it for name, it in case.given.items() if name not in lost}
            case = evolve(case, given=left)
    return None


@lru_cache(maxsize=1)
def calls_together(subject: Subject) -> tuple[Call, ...]:
    """Two submissions of each model with all fields that go together, one of a long prompt."""
    builder = builder_of(subject)
    return tuple(
        Call(
            hook="submit",
            arguments={"request": submission_of(built.resolved, subject.info)},
            exchange="",
            src="",
            hooks=subject.hooks,
        )
        for plain in builder.submissions()
        if "submit" in builder.operations()
        for given, about in zip(
            _crowds(builder.factors(plain)),
            (_PROMPTS[-1], PROMPT),
            strict=False,
        )
        if (case := most_of(builder, plain.giving(**given, about=about)))
        and (built := builder.tried(case))
    )


@cache
def covering(levels: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Choices of a level of each factor that hold every pair of levels of every two factors."""
    left = {
        (one, other): set(product(range(levels[one]), range(levels[other])))
        for one, other in combinations(range(len(levels)), 2)
    }
    made: list[tuple[int, ...]] = []
    while any(left.values()):
        chosen = _row(levels, left)
        made.append(tuple(chosen[factor] for factor in range(len(levels))))
        for (one, other), pairs in left.items():
            pairs.discard((chosen[one], chosen[other]))
    return tuple(made)


def _row(
    levels: Sequence[int], left: Mapping[tuple[int, int], set[tuple[int, int]]]
) -> dict[int, int]:
    """One choice: a pair that is left, and for each other factor the level with most of them."""
    (one, other), pairs = max(left.items(), key=lambda item: len(item[1]))
    chosen = dict(zip((one, other), min(pairs), strict=True))

    def gain(factor: int, level: int) -> int:
        return sum(
            ((known, factor) in left and (at, level) in left[known, factor])
            or ((factor, known) in left and (level, at) in left[factor, known])
            for known, at in chosen.items()
        )

    for factor in range(len(levels)):
        if factor not in chosen:
            turned = range(levels[factor])
            chosen[factor] = max(turned, key=lambda level: gain(factor, level))
    return chosen
