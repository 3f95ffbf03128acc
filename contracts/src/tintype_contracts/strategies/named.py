"""Values for fields that a rule or a caution of the documents names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tintype_contracts.case import Case
from tintype_contracts.strategies.builder import PROMPT, Builder
from tintype_contracts.strategies.together import factors


def all_of(builder: Builder, plain: Case, specs: Sequence[str]) -> Mapping[str, object]:
    """A value for each of these fields; none where the model lacks one of them."""
    found = [value_of(builder, plain, spec) for spec in specs]
    return {name: it for each in found for name, it in each.items()} if all(found) else {}


def value_of(builder: Builder, plain: Case, spec: str) -> Mapping[str, object]:
    """A value of a field by its name, or the one that is named behind an equals sign; or none."""
    if spec == "prompt":
        return {"prompt": PROMPT}
    for name, values in factors(builder, plain, ignored=True).items():
        fitting = [each for each in values if is_meant(spec, name, each)]
        counted = (
            spec.partition("=")[2] if builder.rows_of(plain, name)[0].type == "integer" else ""
        )
        if fitting or (is_meant(spec, name, counted) and counted.isdecimal()):
            return {name: fitting[0] if fitting else int(counted)}
    return {}


def is_meant(spec: str, name: str, value: object) -> bool:
    """Whether a rule that says `name`, or `name=value`, is of this field with this value."""
    field, sign, wanted = spec.partition("=")
    spelt = {str(value), str(value).lower() if isinstance(value, bool | Decimal) else ""}
    return field in {name, name.rpartition("/")[2]} and (not sign or wanted in spelt)


def is_given(spec: str, case: Case) -> bool:
    """Whether a case gives what a rule names."""
    return any(is_meant(spec, name, value) for name, value in case.asked.items())
