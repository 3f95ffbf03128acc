"""What must hold between fields of a request, by the rules that the documents have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from tintype_contracts.fixtures.format import Rule
from tintype_contracts.fixtures.pointers import is_array


def broken(rules: Iterable[Rule], given: Mapping[str, object]) -> Iterator[str]:
    """Why neutral fields that were given do not go together, a sentence each."""
    for rule in rules:
        other = rule.models and given.get("model") not in rule.models
        if other or not all(_holds(term, given) for term in rule.when):
            continue
        left = [term for term in rule.left if _holds(term, given)]
        right = [term for term in rule.right if _holds(term, given)]
        lacking = [term for term in rule.right if term not in right]
        total = sum((_amount(given.get(term)) for term in rule.left), Decimal(0))
        match rule.relation:
            case "excludes" if left and right:
                yield f"{left[0]} cannot go together with {right[0]}."
            case "requires" if left and lacking:
                yield f"{left[0]} requires {' and '.join(lacking)}."
            case "at most" if rule.bound is not None and total > rule.bound:
                yield f"{' and '.join(rule.left)} are {total} together, more than {rule.bound}."


def _holds(term: str, given: Mapping[str, object]) -> bool:
    name, told, value = term.partition("=")
    return name in given and (not told or str(given[name]) == value)


def _amount(value: object) -> Decimal:
    if is_array(value):
        return Decimal(len(value))
    text = str(value)
    return Decimal(text) if text.isdecimal() else Decimal(0)
