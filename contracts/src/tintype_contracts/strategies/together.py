"""Requests in which documented fields meet: every two values of every two fields at least once.

A field that is sent when it is given alone may be dropped when another is given with it. All
combinations are too many; all pairs are a few dozen requests, for a request holds many pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain, combinations, product
from typing import TypeAlias

from attrs import evolve, frozen

from tintype.catalog import Model
from tintype.errors import InvalidRequestError
from tintype_contracts.fixtures.comparing import subset
from tintype_contracts.fixtures.format import OperationName, Parameter
from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.harness.calls import Call
from tintype_contracts.harness.scenario import submission_of
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies import prices
from tintype_contracts.strategies.builder import Builder, Built, carries, found_at
from tintype_contracts.strategies.requests import asked_as, fields_of
from tintype_contracts.strategies.values import raw_value, references

_OTHER = frozenset({"model", "options", "prompt"})
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


@frozen(kw_only=True)
class Given:
    """One value that a caller gives: of a neutral field, or of a raw option.

    Attributes:
        name: The neutral field, or the pointer of the option.
        value: The value.
        rows: Where it may arrive.
    """

    name: str
    value: object
    rows: tuple[Parameter, ...]

    def arrives(self, built: Built) -> bool:
        """Whether it is sent."""
        return any(self._stands(built, row) for row in self.rows)

    def _stands(self, built: Built, row: Parameter) -> bool:
        found = found_at(built, row)
        if found is MISSING:
            found = row.default  # spelling out a documented default and leaving it out is one
        raw = self.name.startswith("/")
        return not any(subset(self.value, found)) if raw else carries(row, found, self.value)

    @property
    def asked(self) -> str:
        """`NAME=VALUE`, as `tintype contracts replay` asks for it."""
        return asked_as(self.name, self.value)

    def __str__(self) -> str:
        """The field and its value, for a message."""
        several = isinstance(self.value, tuple)
        value = f"{len(self.value)} given" if several else f"{self.value!r}"  # type: ignore[arg-type]  # it is a tuple
        return f"{self.name}={value[:60]}"


Together: TypeAlias = tuple[Given, ...]


def given_as(given: Given, value: object) -> Given:
    """The same field with another value."""
    return evolve(given, value=value)


def factors(
    builder: Builder, operation: OperationName, model: Model, *, ignored: bool = False
) -> list[list[Given]]:
    """The fields that are documented for a model, each with every value that is.

    Those without effect are among them where `ignored` says so.
    """
    rows = [row for row in builder.rows(operation, model.id) if ignored or not row.ignored]
    found: dict[str, dict[str, Given]] = {}
    for row in rows:
        for name, value in _values(builder, model, row):
            carrying = tuple(each for each in rows if each.neutral == row.neutral != "")
            given = Given(name=name, value=value, rows=carrying if row.neutral else (row,))
            found.setdefault(name, {}).setdefault(repr(value), given)
    return [list(values.values()) for values in found.values()]


def _values(builder: Builder, model: Model, row: Parameter) -> Iterator[tuple[str, object]]:
    if row.neutral is None and row.place == "query":
        return  # no option says it
    if row.neutral is None:
        values = row.enum or (raw_value(row),)
        yield from ((row.wire, value) for value in values)
    elif row.neutral not in _OTHER:
        yield from fields_of(row, model, builder.form(model))


def together(
    builder: Builder, operation: OperationName, model: Model
) -> Iterator[tuple[Together, Built]]:
    """What is sent for requests that hold every pair that is not refused."""
    fields = factors(builder, operation, model)
    places = {id(given): place for place, given in enumerate(chain(*fields))}
    left = {
        (places[id(one)], places[id(other)]): (one, other)
        for some, others in combinations(fields, 2)
        for one, other in product(some, others)
    }
    asked = [
        tuple(values[level] for values, level in zip(fields, levels, strict=True))
        for levels in covering(tuple(map(len, fields)))
    ]
    for number, each in enumerate((*asked, *_priced(builder, operation, model, fields))):
        other = evolve(builder, prompt=_PROMPTS[number % len(_PROMPTS)])
        given, built = most_of(other, operation, model, each)
        if built is not None:
            for pair in combinations(given, 2):
                left.pop((places.get(id(pair[0]), -1), places.get(id(pair[1]), -1)), None)
            yield given, built
    for pair in left.values():
        built = ask(builder, operation, model, pair)
        if built is not None:
            yield pair, built


def _priced(
    builder: Builder, operation: OperationName, model: Model, fields: list[list[Given]]
) -> Iterator[Together]:
    """Every line of the price table, as a submission."""
    rows = {given.name: given.rows for values in fields for given in values}
    for named, when, _ in prices.combinations(builder.subject):
        if named != model.id or operation != "submit":
            continue
        edits = {"references": references(_FEW, builder.form(model))}
        plain = {key: value for key, value in when.items() if key != "references"}
        wanted = {**plain, **(edits if when.get("references") == "yes" else {})}
        yield tuple(
            Given(name=name, value=value, rows=rows[name])
            for name, value in wanted.items()
            if name in rows
        )


def most_of(
    builder: Builder, operation: OperationName, model: Model, given: Together
) -> tuple[Together, Built | None]:
    """What is sent for as many of these as may be given together.

    The field that a refusal names is given up, and the last one where it names none.
    """
    while len(given) > 1:
        try:
            return given, _built(builder, operation, model, given)
        except InvalidRequestError as error:
            blamed = error.field or ""
            left = tuple(each for each in given if each.name.split("/")[0] != blamed.split(".")[0])
            given = left if len(left) < len(given) else given[:-1]
    return given, None


def ask(builder: Builder, operation: OperationName, model: Model, given: Together) -> Built | None:
    """What is sent for these, or None where they are refused."""
    try:
        return _built(builder, operation, model, given)
    except InvalidRequestError:
        return None


def _built(
    builder: Builder, operation: OperationName, model: Model, given: Together
) -> Built | None:
    fields: dict[str, object] = {
        each.name: each.value for each in given if not each.name.startswith("/")
    }
    options = options_of(builder, given)
    return builder.build(operation, model, **fields, **({"options": options} if options else {}))


def options_of(builder: Builder, given: Together) -> Mapping[str, object]:
    """The raw options among these, as a caller gives them."""
    options: Mapping[str, object] = {}
    for each in given:
        if each.name.startswith("/"):
            options = merged(options, builder.raw_options(each.rows[0], each.value))
    return options


def merged(one: Mapping[str, object], other: Mapping[str, object]) -> Mapping[str, object]:
    """Two objects in one; what both have is merged where it is an object in both."""
    made = dict(one)
    for key, value in other.items():
        before = made.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        made[key] = merged(before, value) if both else value  # type: ignore[arg-type]  # both are
    return made


@lru_cache(maxsize=1)
def calls_together(subject: Subject) -> tuple[Call, ...]:
    """Two submissions of each model with all fields that go together, one of a long prompt."""
    long = Builder(subject, prompt=_PROMPTS[-1])
    builders = (long, Builder(subject)) if "submit" in long.operations() else ()
    return tuple(
        Call(
            hook="submit",
            arguments={"request": submission_of(built.resolved, subject.info)},
            exchange="",
            src="",
            hooks=subject.hooks,
        )
        for model in subject.info.models
        for at, builder in enumerate(builders)
        if (built := _row_of_all(builder, model, at)) is not None
    )


def _row_of_all(builder: Builder, model: Model, at: int) -> Built | None:
    fields = factors(builder, "submit", model)
    levels = covering(tuple(map(len, fields)))[at : at + 1]
    given = [values[level] for each in levels for values, level in zip(fields, each, strict=True)]
    return most_of(builder, "submit", model, tuple(given))[1]


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
