"""The documented fields of a model with their values, and values for what a rule names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from tintype.catalog import Model
from tintype_contracts.case import Case
from tintype_contracts.fixtures.format import Parameter
from tintype_contracts.fixtures.relations import holds
from tintype_contracts.strategies.values import PROMPT, fields_of, raw_value

Factors: TypeAlias = Mapping[str, Sequence[object]]
"""Fields, and options by their pointers, each with every value that is documented."""

_OTHER = frozenset({"model", "options", "prompt"})


def factors(rows: Iterable[Parameter], model: Model, *, ignored: bool = False) -> Factors:
    """The fields that are documented for a model.

    Those without effect are among them where `ignored` says so.
    """
    found: dict[str, list[object]] = {}
    for row in rows:
        for name, value in _values(row, model) if ignored or not row.ignored else ():
            known = found.setdefault(name, [])
            if repr(value) not in map(repr, known):
                known.append(value)
    return found


def _values(row: Parameter, model: Model) -> Iterator[tuple[str, object]]:
    if row.neutral is None and (row.place == "query" or row.type == "file"):
        return  # no option says it
    if row.neutral is None:
        values = row.enum or (raw_value(row),)
        yield from ((row.wire, value) for value in values)
    elif row.neutral not in _OTHER:
        yield from fields_of(row, model)


def value_of(fields: Factors, whole: Collection[str], spec: str) -> Mapping[str, object]:
    """A value of a field by its name, or the one that is named behind an equals sign; or none.

    Of the fields in `whole` it may be another whole number than those that are listed.
    """
    if spec == "prompt":
        return {"prompt": PROMPT}
    counted = spec.partition("=")[2]
    for name, values in fields.items():
        more = [int(counted)] if name in whole and counted.isdecimal() else []
        for value in (*values, *more):
            if is_meant(spec, name, value):
                return {name: value}
    return {}


def is_meant(spec: str, name: str, value: object) -> bool:
    """Whether a rule that says `name`, or `name=value`, is of this field with this value."""
    return holds(spec, by_name({name: value}))


def by_name(given: Mapping[str, object]) -> Mapping[str, object]:
    """What is given by the names that rules have for it: of an option the last of its pointer."""
    return {**given, **{name.rpartition("/")[2]: value for name, value in given.items()}}


def is_given(spec: str, case: Case) -> bool:
    """Whether a case gives what a rule names."""
    return holds(spec, by_name(case.asked))
